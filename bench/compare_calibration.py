#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Does `busmark compare` call identical runs of this machine different? Run it on a quiet machine.

usage: compare_calibration.py BUSMARK [--runs N] [--sets N] [--size N] [--duration TIME]
       [--threshold SHARE] [--keep DIR]

Makes N (16) runs of one config, one after the other: 3 scenarios, 8 repetitions of 150ms. Then
compares all pairs of them, --sets (40) pairs of sets of --size (5) runs drawn from them without a
run in both, the first half of all runs with the second, and each run with all others. Told is how
many comparisons confirm a difference. --keep DIR writes the runs there, or uses those that are
there. Exit code 0: at most 5 % of the pairs, and of the sets, confirm anything; 1: not.
"""

import argparse
import itertools
import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path

CONFIG = """
[run]
name = "equals"
repetitions = 8
duration = "{duration}"
[[scenario]]
name = "spsc"
transport = "queue/spsc"
load = "1M/s"
[[scenario]]
name = "mpmc"
transport = "queue/mpmc"
load = "1M/s"
[[scenario]]
name = "bus"
transport = "bus/spsc"
load = "1M/s"
"""
MOST = 0.05


def make_runs(arguments, folder):
    config = folder / "equals.toml"
    config.write_text(CONFIG.format(duration=arguments.duration))
    files = []
    for number in range(1, arguments.runs + 1):
        file = folder / f"{number:03}.json"
        files.append(str(file))
        if file.exists():
            continue
        done = subprocess.run([arguments.busmark, "run", config, "--json", file,
                               "--out", folder / "results"], capture_output=True, text=True)
        if done.returncode not in (0, 1, 4):
            sys.exit(f"the run ended with {done.returncode}: {done.stderr}")
        print(f"\r{number}/{arguments.runs} runs", end="", file=sys.stderr)
    print(file=sys.stderr)
    return files


def confirms(arguments, old, new):
    """Whether anything is called, and how many measures are called unchanged."""
    command = [arguments.busmark, "compare", "--old", *old, "--new", *new,
               "--threshold", arguments.threshold]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode not in (0, 3, 4):
        sys.exit(f"{' '.join(command)}\nended with {done.returncode}: {done.stderr}")
    verdicts = [line.rsplit("  ", 1)[-1].strip() for line in done.stdout.splitlines()]
    return (any(one in ("regressed", "improved") for one in verdicts),
            verdicts.count("no change"))


def spreads(files):
    """Medians of the runs' p50 over their median, by scenario: what equals differ by here."""
    lines = []
    results = [json.loads(Path(file).read_text())["scenarios"] for file in files]
    for scenario in range(len(results[0])):
        levels = sorted(one[scenario]["latency_ns"]["response"]["p50"] for one in results)
        middle = levels[len(levels) // 2]
        lines.append(f"{results[0][scenario]['name']}: p50 of the runs {levels[0] / middle:.2f} to "
                     f"{levels[-1] / middle:.2f} of their median")
    return lines


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("\n\n")[1])
    parser.add_argument("busmark")
    parser.add_argument("--runs", type=int, default=16)
    parser.add_argument("--sets", type=int, default=40)
    parser.add_argument("--size", type=int, default=5)
    parser.add_argument("--duration", default="150ms")
    parser.add_argument("--threshold", default="10%")
    parser.add_argument("--keep")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(arguments.keep or temporary)
        folder.mkdir(parents=True, exist_ok=True)
        files = make_runs(arguments, folder)
        draw = random.Random(1)
        drawn = [draw.sample(files, 2 * arguments.size) for _ in range(arguments.sets)]
        half = len(files) // 2
        parts = {
            "one against one": [([a], [b]) for a, b in itertools.combinations(files, 2)],
            f"{arguments.size} against {arguments.size}":
                [(one[:arguments.size], one[arguments.size:]) for one in drawn],
            "the first half against the second": [(files[:half], files[half:])],
            "all others against one":
                [([f for f in files if f != one], [one]) for one in files],
        }
        print("\n".join(spreads(files)) + "\n")
        print("| runs of equals | comparisons | confirm a difference | measures unchanged |\n"
              "|---|---|---|---|")
        wrong = []
        for name, pairs in parts.items():
            told = [confirms(arguments, *pair) for pair in pairs]
            called = sum(one for one, _ in told)
            same = sum(two for _, two in told) / len(told)
            print(f"| {name} | {len(told)} | {called} ({100 * called / len(told):.0f} %) "
                  f"| {same:.1f} |", flush=True)
            if "against the" not in name and "others" not in name and called > MOST * len(told):
                wrong.append(name)
    print("\n" + ("too often: " + ", ".join(wrong) if wrong else "all within the limits"))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
