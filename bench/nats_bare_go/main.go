// SPDX-License-Identifier: Apache-2.0

// The plainest use of nats.go, the official Go client, as a peer of bench/nats_bare.cpp: one
// connection to publish, one to subscribe, a callback that reads the time. Prints one line of JSON.
//
// usage: nats_bare_go URL BYTES SECONDS RATE
//
// RATE 0: as fast as the library takes it.
package main

import (
	"encoding/binary"
	"fmt"
	"log"
	"os"
	"runtime"
	"sort"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
)

// As long as busmark's on a server that is not its own.
const subject = "bare01234567.busmark.0"

var epoch = time.Now()

func now() int64 { return int64(time.Since(epoch)) }

func number(text string) float64 {
	value, err := strconv.ParseFloat(text, 64)
	check(err)
	return value
}

func check(err error) {
	if err != nil {
		log.Fatal("nats_bare_go: ", err)
	}
}

func connect(url string) *nats.Conn {
	connection, err := nats.Connect(url)
	check(err)
	return connection
}

// publish returns how many messages it sent. Each is stamped with the time when it was due.
func publish(out *nats.Conn, bytes int, seconds, rate float64) uint64 {
	payload := make([]byte, bytes)
	start := now()
	end := start + int64(seconds*1e9)
	for sent := uint64(0); ; sent++ {
		due := now()
		if rate > 0 {
			planned := start + int64(float64(sent)*1e9/rate)
			for planned > due { // a goroutine of the library writes what is buffered
				runtime.Gosched()
				due = now()
			}
			due = planned
		}
		if due >= end {
			check(out.Flush())
			return sent
		}
		binary.LittleEndian.PutUint64(payload, uint64(due))
		check(out.Publish(subject, payload))
	}
}

func main() {
	if len(os.Args) != 5 {
		log.Fatal("nats_bare_go: see the head of main.go")
	}
	bytes := int(number(os.Args[2]))
	if bytes < 8 {
		bytes = 8
	}
	latencies := make([]int64, 0, 1<<20)
	var received atomic.Uint64
	var last atomic.Int64
	in, out := connect(os.Args[1]), connect(os.Args[1])
	subscription, err := in.Subscribe(subject, func(message *nats.Msg) {
		at := now()
		if len(latencies) < cap(latencies) {
			latencies = append(latencies, at-int64(binary.LittleEndian.Uint64(message.Data)))
		}
		last.Store(at)
		received.Add(1)
	})
	check(err)
	check(subscription.SetPendingLimits(-1, -1))
	check(in.Flush())

	start := now()
	sent := publish(out, bytes, number(os.Args[3]), number(os.Args[4]))
	deadline := time.Now().Add(10 * time.Second)
	for received.Load() < sent && time.Now().Before(deadline) {
		time.Sleep(time.Millisecond)
	}
	count := received.Load()
	in.Close()
	out.Close()
	if len(latencies) == 0 {
		log.Fatal("nats_bare_go: nothing was received")
	}
	sort.Slice(latencies, func(i, j int) bool { return latencies[i] < latencies[j] })
	at := func(part float64) float64 {
		return float64(latencies[int(part*float64(len(latencies)-1))]) / 1e3
	}
	fmt.Printf("{\"sent\": %d, \"received\": %d, \"rate\": %.0f, \"p50_us\": %.1f, \"p95_us\": %.1f}\n",
		sent, count, float64(count)*1e9/float64(last.Load()-start), at(0.5), at(0.95))
}
