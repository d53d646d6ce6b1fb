#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`busmark noise` against oslat of rt-tests, right after each other on one core, in pairs.

usage: noise_against_oslat.py BUSMARK [--core N] [--pairs 5] [--seconds 5]

Compares medians over the pairs: gaps of 10 us and more per second, p99.9 of the gaps of 1 us and
more, and p99.9 of the wait at a random moment, which follows from oslat's buckets as well. Exit
code 0: all within a factor of 1.5; 1: not; 77: skipped, with the reason. A machine that others use
tells little, so each pair is printed.
"""

import argparse
import csv
import io
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile

FACTOR = 1.5
BUCKETS = 1024  # As many as oslat has, each 1 us; the last one holds all that is longer.
SKIPPED = 77


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(SKIPPED)


def run(*command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        skip(f"{command[0]} cannot be run: {error.strerror}")
    if done.returncode != 0:
        skip(f"{command[0]} ended with {done.returncode}: {(done.stderr or done.stdout).strip()}")
    return done.stdout


def busmark_figures(program, core, seconds, folder):
    log = os.path.join(folder, "noise.hlog")
    said = run(program, "noise", "--cores", str(core), "--duration", f"{seconds}s", "--json",
               "--hlog", log)
    noise = json.loads(said)["cores"][0]
    # Where few gaps carry a percentile the tables withhold it; here a median of pairs does.
    rows = csv.DictReader(io.StringIO(run(program, "hist", "--raw", "--csv", "--ticks", "1000",
                                          "--tag", f"cpu{core}:gaps", log)))
    p999 = next(float(row["Value"]) for row in rows if float(row["Percentile"]) >= 0.999)
    return {"gaps over 10 us per s": noise["gaps_over_per_second"]["10us"],
            "p99.9 of gaps, us": p999 / 1e3,
            "p99.9 of waits, us": in_us(noise["wait_ns"]["p99.9"])}


def in_us(nanoseconds):
    return None if nanoseconds is None else nanoseconds / 1e3


def oslat_figures(core, seconds, folder):
    file = os.path.join(folder, "oslat.json")
    main_core = next((c for c in sorted(os.sched_getaffinity(0)) if c != core), core)
    run("oslat", "-c", str(core), "-C", str(main_core), "-D", str(seconds), "-b", str(BUCKETS),
        f"--json={file}")
    with open(file, encoding="utf-8") as opened:
        thread = json.load(opened)["thread"]["0"]
    counts = {int(label): count for label, count in thread["histogram"].items()}
    # Label n counts gaps of n - 1 to n us; label 1 is the loop itself.
    gaps = {label - 0.5: count for label, count in counts.items() if 1 < label < BUCKETS}
    beyond = counts.get(BUCKETS, 0)
    if beyond:
        labels = sum(label * count for label, count in counts.items())
        extra = max(0.0, thread["avg"] * sum(counts.values()) - labels)
        gaps[BUCKETS - 0.5 + extra / beyond] = beyond
    observed = thread["duration"] * 1e6
    return {"gaps over 10 us per s": sum(c for us, c in gaps.items() if us > 10) / observed * 1e6,
            "p99.9 of gaps, us": within_buckets(percentile(gaps, 0.999)),
            "p99.9 of waits, us": within_buckets(wait(gaps, observed, 0.999))}


def within_buckets(us):
    """Of longer gaps oslat knows no more than their mean."""
    return us if us < BUCKETS - 1 else None


def percentile(gaps, share):
    rank, seen = share * sum(gaps.values()), 0
    for length, count in sorted(gaps.items()):
        seen += count
        if seen >= rank:
            return length
    return 0.0


def wait(gaps, observed, share):
    """The w for which the parts of all gaps beyond w add up to 1 - share of the time."""
    wanted, count, total = (1 - share) * observed, 0, 0.0
    for length, number in sorted(gaps.items(), reverse=True):
        if total - count * length >= wanted:
            break
        count, total = count + number, total + number * length
    return max(0.0, (total - wanted) / count) if count else 0.0


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("busmark")
    parser.add_argument("--core", type=int, default=max(os.sched_getaffinity(0)))
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=5)
    arguments = parser.parse_args()
    if shutil.which("oslat") is None:
        skip("oslat is not installed; on Debian: apt-get install rt-tests")

    pairs = []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(1, arguments.pairs + 1):
            ours = busmark_figures(arguments.busmark, arguments.core, arguments.seconds, folder)
            theirs = oslat_figures(arguments.core, arguments.seconds, folder)
            pairs.append((ours, theirs))
            print(f"pair {number}: " + "; ".join(
                f"{name} {shown(ours[name])} | {shown(theirs[name])}" for name in ours), flush=True)
    return verdict(pairs, arguments.core)


def shown(value):
    return "-" if value is None else f"{value:.4g}"


def verdict(pairs, core):
    print(f"\n{'median, cpu ' + str(core):24}{'busmark':>10}{'oslat':>10}{'ratio':>8}")
    code = 0
    for name in pairs[0][0]:
        known = [(a[name], b[name]) for a, b in pairs if None not in (a[name], b[name])]
        if len(known) <= len(pairs) / 2:
            print(f"{name:24}too disturbed: beyond oslat's buckets, or a few gaps carry it")
            code = code or SKIPPED
            continue
        ours, theirs = (statistics.median(side) for side in zip(*known))
        ratio = ours / theirs if theirs else float("inf") if ours else 1.0
        within = 1 / FACTOR <= ratio <= FACTOR
        code = code if within else 1
        print(f"{name:24}{ours:10.4g}{theirs:10.4g}{ratio:8.2f}{'' if within else '  apart'}")
    return code


if __name__ == "__main__":
    sys.exit(main())
