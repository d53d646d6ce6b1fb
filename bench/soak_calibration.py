#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Does `busmark soak` find a leak of known size, and does it cry wolf?

usage: soak_calibration.py BUSMARK [--tries N] [--duration TIME] [--interval TIME] [--planted SIZE]
       [--leaks N] [--beside N] [--json FILE]

Soaks of the synthetic transport, each in a process of its own: --leaks of them (1) lose --planted
(100MB) an hour and have to be called leaks with a slope within 15 %, --tries of them (20) lose
nothing and must never be called leaks. --beside of them (1) run at the same time: their load is
light, and memory does not mind. With the defaults, 3 minutes at intervals of 10 s, it takes an hour
and three minutes. Exit code 0: all of it held; 1: not.
"""

import argparse
import concurrent.futures
import json
import subprocess
import sys
import tempfile
from pathlib import Path

CONFIG = """
[run]
name = "calibration"
[transport.synthetic]
service = "5us"
shape = "log-normal"
sigma = 0.5
[[scenario]]
name = "server"
transport = "synthetic"
arrivals = "poisson"
load = "1k/s"
wait = "park"
oversubscribe = true
"""
MB = 1e6
TOLERANCE = 0.15


def megabytes(size):
    """`100MB` as a number of MB."""
    if not size.endswith("MB"):
        sys.exit(f"--planted {size}: write it in MB, as in 100MB")
    return float(size[:-2])


def soak(arguments, folder, leak, seed):
    """What one soak says of its memory."""
    out = Path(folder) / f"soak-{seed}.json"
    command = [arguments.busmark, "soak", str(Path(folder) / "calibration.toml"),
               "--duration", arguments.duration, "--interval", arguments.interval,
               "--set", f"transport.synthetic.leak_per_hour={leak}", "--set", f"run.seed={seed}",
               "--json", str(out), "--out", str(Path(folder) / "results")]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode not in (0, 1, 4):
        sys.exit(f"{' '.join(command)}\nended with {done.returncode}: {done.stderr}")
    scenario = json.loads(out.read_text())["scenarios"][0]
    memory = scenario["memory"]
    slope = (memory["rss"] or {}).get("per_hour") or {}
    return {"planted": leak, "class": memory["class"], "verdict": scenario["verdict"],
            "growth": memory["rss"]["growth"] if memory["rss"] else None,
            **{name: slope.get(name) for name in ("slope", "low", "high", "stretch")}}


def row(number, one):
    def figure(name):
        return "-" if one[name] is None else f"{one[name] / MB:.2f}"
    return (f"| {number} | {one['planted']} | {one['class']} | {figure('slope')} | {figure('low')} "
            f"| {figure('high')} | {figure('growth')} |")


def faults(arguments, rows):
    found = []
    wanted = megabytes(arguments.planted)
    for one in rows:
        leaks = one["class"] == "leak"
        if one["planted"] == "0":
            if leaks:
                found.append(f"called a leak where there is none: {one['slope'] / MB:.1f} MB/h")
        elif not leaks:
            found.append(f"{one['planted']} an hour is called {one['class']}")
        elif abs(one["slope"] / MB / wanted - 1) > TOLERANCE:
            found.append(f"{one['planted']} an hour is measured as {one['slope'] / MB:.1f} MB/h")
    return found


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("\n\n")[1])
    parser.add_argument("busmark")
    parser.add_argument("--tries", type=int, default=20)
    parser.add_argument("--leaks", type=int, default=1)
    parser.add_argument("--duration", default="3m")
    parser.add_argument("--interval", default="10s")
    parser.add_argument("--planted", default="100MB")
    parser.add_argument("--beside", type=int, default=1)
    parser.add_argument("--json")
    arguments = parser.parse_args()
    plan = [arguments.planted] * arguments.leaks + ["0"] * arguments.tries
    rows = []
    print("| run | planted per hour | class | slope, MB/h | low | high | growth, MB |\n"
          "|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "calibration.toml").write_text(CONFIG)
        with concurrent.futures.ThreadPoolExecutor(arguments.beside) as pool:
            seeds = range(1, len(plan) + 1)
            for one in pool.map(lambda seed: soak(arguments, folder, plan[seed - 1], seed), seeds):
                rows.append(one)
                print(row(len(rows), one), flush=True)
    wrong = faults(arguments, rows)
    print(f"\n{len(rows)} soaks of {arguments.duration} at intervals of {arguments.interval}: "
          + ("; ".join(wrong) or "all as they should be"))
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(rows, indent=1) + "\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
