#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Proves by disassembly that the workers' loops contain all their work per message.

usage: hot_loop_listing.py PROGRAM [--list]

Looks up every produce_open_loop, produce_saturated, consume and AnsweringPause::take in PROGRAM (an
optimised build) and fails when one calls anything but what ALLOWED names, or uses an instruction
that hypervisors mask. --list prints the calls of each loop.
Exit code 77, which the test runner reads as skipped, where there is no objdump.
"""

import re
import shutil
import subprocess
import sys
from collections import Counter

KINDS = ("produce_open_loop", "produce_saturated", "consume", "take")
LOOPS = re.compile(r"busmark::(produce_open_loop|produce_saturated|consume)<"
                   r"|^(?:bool )?busmark::AnsweringPause<.*>::(take)\(")
FUNCTION = re.compile(r"^[0-9a-f]+ <(.*)>:$")
# A jump to another function's start is a call too; one into its own middle has an offset.
CALL = re.compile(r"\t(?:call|jmp|j[a-z]+)q?\s+(?:[0-9a-f]+ <(.*)>|(\*.*))$")
# Virtual machines run where it is an illegal instruction.
MASKED = re.compile(r"\t(rdtscp)\b")

# What may be called, and why. Everything else is work per message that belongs inside the loop.
ALLOWED = {
    r"busmark::AnsweringPause<.*>::take\(": "answers, between two requests; itself looked up",
    r"clock_gettime": "the clock where there is no invariant counter",
    r"sched_yield": "wait = yield, on the idle path",
    r"nanosleep|clock_nanosleep": "wait = park, between two due times",
    r"busmark::EventCount::(wait|wake)\(": "wait = park: a futex call when somebody sleeps",
    r"busmark::SequenceAudit::open_cell\(":
        "a corrupt header; in an audit window one message in 32, whose latency is taken before",
    r"busmark::SequenceAudit::settle\(": "one idle turn in 64",
    r"busmark::WarmupSamples::note\(": "warmup = auto: in the warm-up alone",
    r"busmark::SlowEpisodes::add\(": "slow_over: a slow message, its latency taken before",
    r"busmark::payload_checksum\(": "checksum = true: reads every byte of the payload",
    r"log": "arrivals = poisson: one logarithm per gap",
    r"sqrt": "a ramp of stages: called for what is negative only, which nothing here is",
    r"memcpy|memmove": "copies a payload, or a run of messages in a bulk call",
}
ALLOWED_IN = {
    "BusTransport": {
        r"busmark::Route<.*>::refresh\(": "only when somebody subscribed since the last message",
    },
    "NatsWireTransport": {
        r"busmark::NatsWireTransport::(Publisher|Subscription|Relay)::.*\(":
            "copies to and from the socket; a system call for each batch is what it is about",
    },
    "busmark::JetStream": {
        r"busmark::JetStream::(Publisher|Subscription)::.*\(":
            "calls libnats, which is what this transport is about",
    },
    "NatsClientTransport": {
        r"busmark::NatsClientTransport::(Publisher|Subscription|Relay)::.*\(":
            "calls libnats, which is what this transport is about",
    },
    "MutexQueue": {
        r"pthread_mutex_(lock|unlock)": "the lock that this transport is about",
        r"std::__throw_system_error\(": "a broken mutex, never taken",
    },
    "PluginTransport": {
        r"computed \*0x[0-9a-f]+\(%r\w+\)":
            "the plugin's own function, once for a batch: what the door is",
    },
    "SyntheticTransport": {
        r"cos|exp|log|sqrt": "draws the latencies it is told to have; for proofs alone",
    },
}


def loops(program):
    """(name of a loop, Counter of the functions it calls), in the order of the program."""
    command = ["objdump", "-d", "-C", "-w", "--no-show-raw-insn", program]
    listing = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    name, calls = None, Counter()
    for line in [*listing.splitlines(), "0 <end>:"]:
        head = FUNCTION.match(line)
        if head:
            if name and LOOPS.search(name):
                yield name, calls
            name, calls = head.group(1), Counter()
        elif name and LOOPS.search(name):
            call = CALL.search(line)
            masked = MASKED.search(line)
            if masked:
                calls[f"the masked instruction {masked.group(1)}"] += 1
            elif call:
                target = call.group(1) or f"computed {call.group(2)}"
                if not target.startswith(name + "+0x") and target != name:
                    calls[target.replace("@plt", "")] += 1


def allowed(loop, target):
    rules = dict(ALLOWED)
    for transport, more in ALLOWED_IN.items():
        if transport in loop:
            rules.update(more)
    return any(re.match(rf"(?:{rule})($|(?<=\())", target) for rule in rules)


def main(arguments):
    if not shutil.which("objdump"):
        print("there is no objdump: install binutils")
        return 77
    seen, faults = Counter(), []
    for name, calls in loops(arguments[0]):
        kind = LOOPS.search(name)[LOOPS.search(name).lastindex]
        seen[kind] += 1
        if "--list" in arguments:
            print(name.split("(busmark")[0])
            for target, count in sorted(calls.items()):
                print(f"    {count} x {target}")
        # A computed jump is a switch inside the loop's own code; a computed call is a stranger.
        faults += [f"{name.split('(')[0]}: calls {target}" for target in sorted(calls)
                   if not allowed(name, target)]
    for kind in KINDS:
        if not seen[kind]:
            faults.append(f"no {kind} in {arguments[0]}: is it stripped, or was the loop renamed?")
    print("\n".join(faults) or f"{sum(seen.values())} loops call nothing that they should not")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
