#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Does `busmark search` find the capacity of a server that is known, and does its answer hold?

usage: search_calibration.py BUSMARK [--searches N] [--fresh N] [--json FILE]

Searches bench_configs/synthetic.toml, a server of 200k/s, N times (10), each in a process of its
own; every answer has to be confirmed and within 3 % of it. Then the last answer is tried
in --fresh (10) fresh runs as long as a trial, of which nine in ten have to hold. Run it on
an otherwise idle machine; a search takes about 40 s. Exit code 0: all of it held; 1: not.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CONFIG = Path(__file__).resolve().parent.parent / "bench_configs" / "synthetic.toml"
CAPACITY = 200e3
TOLERANCE = 0.03


def run(command, allowed):
    """How the command ended, and the seconds that it took."""
    began = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode not in allowed:
        sys.exit(f"{' '.join(command)}\nended with {done.returncode}: {done.stderr}")
    return done.returncode, time.monotonic() - began


def search(busmark, folder, number):
    """The answer of one search, and what it took."""
    out = folder / f"search-{number}.json"
    _, seconds = run([busmark, "search", str(CONFIG), "--json", str(out),
                      "--out", str(folder / "results")], (0, 1, 4))
    found = json.loads(out.read_text(encoding="utf-8"))["scenarios"][0]
    trials = sum(len(step["trials"]) for step in found["curve"])
    return {"rate": found["sustainable_rate"], "confirmed": found["confirmed"],
            **found["bounds"], "trials": trials, "seconds": seconds}


def holds(busmark, folder, rate):
    """Whether one fresh run at the rate misses nothing."""
    code, _ = run([busmark, "run", str(CONFIG), "--out", str(folder / "results"),
                   "--set", f"scenario.load={rate}/s", "--set", "run.repetitions=1",
                   "--set", "run.retries=0", "--set", "scenario.warmup=250ms",
                   "--set", "scenario.duration=500ms"], range(0, 10))
    return code not in (1, 4)


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("usage: ")[1].replace("%", "%%"))
    parser.add_argument("busmark")
    parser.add_argument("--searches", type=int, default=10)
    parser.add_argument("--fresh", type=int, default=10)
    parser.add_argument("--json")
    arguments = parser.parse_args()
    rows = []
    faults = []
    print("| search | sustainable | lower | upper | trials | seconds |\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number in range(1, arguments.searches + 1):
            one = search(arguments.busmark, folder, number)
            rows.append(one)
            print(f"| {number} | {one['rate']} | {one['lower_bound']} | {one['upper_bound']} "
                  f"| {one['trials']} | {one['seconds']:.0f} |", flush=True)
            if not one["confirmed"] or abs(one["rate"] / CAPACITY - 1) > TOLERANCE:
                faults.append(f"search {number}: {one['rate']}, confirmed: {one['confirmed']}")
        rate = rows[-1]["rate"]
        held = sum(holds(arguments.busmark, folder, rate) for _ in range(arguments.fresh)
                   ) if rate else 0
    print(f"\n{held} of {arguments.fresh} fresh runs at {rate}/s hold")
    if held < 0.9 * arguments.fresh:
        faults.append(f"{held} of {arguments.fresh} fresh runs hold")
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(rows, indent=1), encoding="utf-8")
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
