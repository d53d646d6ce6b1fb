// SPDX-License-Identifier: Apache-2.0
//! std::sync::mpsc::sync_channel over the C ABI, without bindgen: many producers, one consumer.
//! rustc -O --edition 2021 --crate-type cdylib channel.rs -o channel.so
use std::os::raw::{c_char, c_void};
use std::sync::mpsc::{sync_channel, Receiver, SyncSender, TrySendError};
use std::sync::Mutex;

#[repr(C, align(64))]
#[derive(Clone, Copy)]
pub struct Message([u8; 64]);

#[repr(C)]
pub struct Options {
    size: u32,
    producers: u32,
    consumers: u32,
    capacity: u32,
}

type Open = unsafe extern "C" fn(*const Options, *mut c_char) -> *mut c_void;
type Make = unsafe extern "C" fn(*mut c_void, u32, *mut c_char) -> *mut c_void;
type End = unsafe extern "C" fn(*mut c_void);
type Move = unsafe extern "C" fn(*mut c_void, *mut Message, usize) -> usize;

#[repr(C)]
pub struct Table {
    size: u32,
    abi_major: u16,
    abi_minor: u16,
    name: *const u8,
    version: *const u8,
    summary: *const u8,
    max_producers: u32,
    max_consumers: u32,
    min_payload: u32,
    max_payload: u32,
    patterns: u32,
    flags: u32,
    open: Open,
    close: End,
    producer: Make,
    end_producer: End,
    consumer: Make,
    end_consumer: End,
    push: Move,
    pop: Move,
    // wait, dropped, capacity, extension
    none: [*const c_void; 4],
}
unsafe impl Sync for Table {}

struct Bus {
    sender: SyncSender<Message>,
    receiver: Mutex<Receiver<Message>>, // one consumer at a time: never contended
}

unsafe extern "C" fn open(options: *const Options, _: *mut c_char) -> *mut c_void {
    let (sender, receiver) = sync_channel((*options).capacity as usize);
    Box::into_raw(Box::new(Bus { sender, receiver: Mutex::new(receiver) })) as *mut c_void
}
unsafe extern "C" fn close(bus: *mut c_void) {
    drop(Box::from_raw(bus as *mut Bus));
}
unsafe extern "C" fn producer(bus: *mut c_void, _: u32, _: *mut c_char) -> *mut c_void {
    Box::into_raw(Box::new((*(bus as *mut Bus)).sender.clone())) as *mut c_void
}
unsafe extern "C" fn end_producer(producer: *mut c_void) {
    drop(Box::from_raw(producer as *mut SyncSender<Message>));
}
unsafe extern "C" fn consumer(bus: *mut c_void, _: u32, _: *mut c_char) -> *mut c_void {
    bus
}
unsafe extern "C" fn end_consumer(_: *mut c_void) {}

unsafe extern "C" fn push(producer: *mut c_void, messages: *mut Message, n: usize) -> usize {
    let sender = &*(producer as *mut SyncSender<Message>);
    for i in 0..n {
        if let Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) =
            sender.try_send(*messages.add(i))
        {
            return i;
        }
    }
    n
}
unsafe extern "C" fn pop(bus: *mut c_void, messages: *mut Message, n: usize) -> usize {
    let receiver = (*(bus as *mut Bus)).receiver.lock().unwrap();
    for i in 0..n {
        match receiver.try_recv() {
            Ok(message) => *messages.add(i) = message,
            Err(_) => return i,
        }
    }
    n
}

static TABLE: Table = Table {
    size: std::mem::size_of::<Table>() as u32,
    abi_major: 1,
    abi_minor: 0,
    name: b"rust-channel\0".as_ptr(),
    version: b"1.0\0".as_ptr(),
    summary: b"std::sync::mpsc::sync_channel\0".as_ptr(),
    max_producers: 0,
    max_consumers: 1,
    min_payload: 0,
    max_payload: 0,
    patterns: 1 | 2, // one-way, fan-in
    flags: 0,
    open,
    close,
    producer,
    end_producer,
    consumer,
    end_consumer,
    push,
    pop,
    none: [std::ptr::null(); 4],
};

#[no_mangle]
pub extern "C" fn busmark_plugin_table() -> *const Table {
    &TABLE
}
