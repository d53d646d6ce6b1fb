// SPDX-License-Identifier: Apache-2.0

// Package server: this file is compiled into nats-server's package of that name (see run.sh),
// because what a Sublist holds cannot be made outside of it.
//
// What nats-server's interest tree costs on the work that bench/bus_bench.cpp gives busmark's
// SubjectTree: the same patterns, subjects and counts.
package server

import (
	"fmt"
	"sort"
	"time"
)

func busmarkPattern(i int) string {
	switch i % 4 {
	case 0:
		return fmt.Sprintf("a%d.*.c%d", i%100, i)
	case 1:
		return fmt.Sprintf("a%d.b%d.>", i%100, i)
	case 2:
		return fmt.Sprintf("*.b%d.c%d", i, i)
	default:
		return fmt.Sprintf("a%d.*.*.d%d", i%100, i)
	}
}

func busmarkSubject(i int) string {
	if i%4 == 3 {
		return fmt.Sprintf("a%d.b%d.c%d.d%d", i%100, i, i, i)
	}
	return fmt.Sprintf("a%d.b%d.c%d", i%100, i, i)
}

// busmarkFill inserts count patterns and returns the nanoseconds that one took.
func busmarkFill(list *Sublist, count int) float64 {
	subscriptions := make([]*subscription, count)
	for i := range subscriptions {
		subscriptions[i] = &subscription{subject: []byte(busmarkPattern(i))}
	}
	start := time.Now()
	for _, one := range subscriptions {
		if err := list.Insert(one); err != nil {
			panic(err)
		}
	}
	return float64(time.Since(start).Nanoseconds()) / float64(count)
}

// busmarkCold returns p50 and p95 of a match that no cache knows.
func busmarkCold(list *Sublist, count int) (int64, int64) {
	var times []int64
	for i := 0; i < 2000; i++ {
		wanted := busmarkSubject(i * 7919 % count)
		before := time.Now()
		result := list.Match(wanted)
		times = append(times, time.Since(before).Nanoseconds())
		if len(result.psubs) == 0 {
			panic("no match for " + wanted)
		}
	}
	sort.Slice(times, func(a, b int) bool { return times[a] < times[b] })
	return times[len(times)/2], times[len(times)*95/100]
}

// busmarkWarm returns the best mean of 15 rounds of a match that the cache knows.
func busmarkWarm(list *Sublist) float64 {
	const matches = 200_000
	wanted := busmarkSubject(0)
	best := 1e12
	for round := 0; round < 15; round++ {
		start := time.Now()
		for i := 0; i < matches; i++ {
			list.Match(wanted)
		}
		if took := float64(time.Since(start).Nanoseconds()) / matches; took < best {
			best = took
		}
	}
	return best
}

// BusmarkSublist prints one row for each count of subscriptions, in nanoseconds.
func BusmarkSublist() {
	fmt.Printf("Sublist of nats-server %s, ns\n", VERSION)
	fmt.Printf("%13s %10s %10s %10s %12s\n", "subscriptions", "insert", "cold p50", "cold p95",
		"warm match")
	for count := 1; count <= 1_000_000; count *= 10 {
		cold := NewSublistNoCache()
		insert := busmarkFill(cold, count)
		p50, p95 := busmarkCold(cold, count)
		warm := NewSublistWithCache()
		busmarkFill(warm, count)
		fmt.Printf("%13d %10.0f %10d %10d %12.1f\n", count, insert, p50, p95, busmarkWarm(warm))
	}
}
