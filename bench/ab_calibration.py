#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Does `busmark ab` cry wolf, and does it see what is there? Run it on a quiet machine.

usage: ab_calibration.py BUSMARK [--part SHARE] [--only WORD] [--rounds N] [--block DURATION]
       [--json FILE]

Sessions of a thing with itself (80 on the synthetic transport, 20 on real queues), and sessions
with a planted factor on latency (40 with +10 %, 20 with +30 %). Told are: sessions that call any
difference, sessions that find the planted one in p95, and how often the 95 % interval of p95 holds
the planted factor. --part 0.1 makes a tenth of the sessions, --only A/A those
of equals. Exit code 0: within the limits that
docs/ab.md promises; 1: not.
"""

import argparse
import json
import math
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CONFIG = """
[run]
name = "calibration"
[transport.synthetic]
service = "5us"
shape = "log-normal"
sigma = 0.5
[[scenario]]
name = "synthetic"
transport = "synthetic"
arrivals = "poisson"
load = "50k/s"
[[scenario]]
name = "spsc"
transport = "queue/spsc"
load = "100k/s"
[[scenario]]
name = "mpmc"
transport = "queue/mpmc"
load = "100k/s"
"""

# What, scenario, planted factor, sessions.
PARTS = [("A/A, synthetic", "synthetic", 1.0, 80),
         ("A/A, queue/spsc", "spsc", 1.0, 10),
         ("A/A, queue/mpmc", "mpmc", 1.0, 10),
         ("+10 %, synthetic", "synthetic", 1.1, 40),
         ("+30 %, synthetic", "synthetic", 1.3, 20)]


def session(arguments, folder, scenario, factor, seed):
    """The measures of one `busmark ab` by name."""
    out = Path(folder) / "ab.json"
    key = "transport.synthetic.latency_factor"
    command = [arguments.busmark, "ab", str(Path(folder) / "calibration.toml"), "--only", scenario,
               "--a", f"{key}=1", "--b", f"{key}={factor}", "--set", f"run.seed={seed}",
               "--rounds", str(arguments.rounds), "--block", arguments.block,
               "--json", str(out), "--out", str(Path(folder) / "results")]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode not in (0, 3, 4):
        sys.exit(f"{' '.join(command)}\nended with {done.returncode}: {done.stderr}")
    stored = json.loads(out.read_text())
    return {one["measure"]: one for one in stored["scenarios"][0]["measures"]}


def run_part(arguments, folder, part):
    name, scenario, factor, wanted = part
    sessions = max(1, round(wanted * arguments.part))
    row = {"part": name, "sessions": 0, "called": 0, "found": 0, "covered": 0, "noise": []}
    for i in range(sessions):
        # Far apart: each of the 3 N blocks of a session draws with a seed of its own.
        measures = session(arguments, folder, scenario, factor, 1_000_000 + i * 10_000)
        p95 = measures.get("p95")
        if p95 is None:
            continue  # most rounds were invalid: nothing was said
        row["sessions"] += 1
        row["called"] += any(one["verdict"] in ("improved", "regressed")
                             for one in measures.values())
        row["found"] += p95["verdict"] == "regressed"
        row["covered"] += p95["low"] <= factor - 1 <= p95["high"]
        row["noise"].append(p95["noise"])
        print(f"\r{name}: {i + 1}/{sessions}", end="", file=sys.stderr)
    print(file=sys.stderr)
    row["asked"] = sessions
    return row


def share(count, of):
    return f"{100 * count / of:.0f} %" if of else "-"


def table(rows):
    lines = ["| sessions | with a verdict | any difference called | p95 regressed "
             "| p95's interval holds the truth | noise of p95, median |",
             "|---|---|---|---|---|---|"]
    for row in rows:
        done = row["sessions"]
        noise = sorted(row["noise"])[done // 2] * 100 if done else math.nan
        lines.append(f"| {row['part']} | {done} of {row['asked']} "
                     f"| {row['called']} ({share(row['called'], done)}) "
                     f"| {row['found']} ({share(row['found'], done)}) "
                     f"| {share(row['covered'], done)} | {noise:.1f} % |")
    return "\n".join(lines)


def faults(rows):
    """What breaks a promise by more than chance (three standard errors) would."""
    found = []

    def least(row, count, wanted):
        done = row["sessions"]
        slack = 3 * math.sqrt(wanted * (1 - wanted) / done) if done else 0
        if done and count / done < wanted - slack:
            found.append(f"{row['part']}: {count} of {done}, wanted {wanted:.0%}")

    equals = {"part": "A/A", "sessions": 0, "called": 0}
    for row in rows:
        if row["part"].startswith("A/A"):
            equals["sessions"] += row["sessions"]
            equals["called"] += row["called"]
        elif row["part"].startswith("+10"):
            least(row, row["found"], 0.9)
        else:
            least(row, row["found"], 1.0)
        least(row, row["covered"], 0.95)
    least(equals, equals["sessions"] - equals["called"], 0.95)
    return found


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("\n\n")[1])
    parser.add_argument("busmark")
    parser.add_argument("--part", type=float, default=1.0)
    parser.add_argument("--only", default="")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--block", default="50ms")
    parser.add_argument("--json")
    arguments = parser.parse_args()
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "calibration.toml").write_text(CONFIG)
        rows = [run_part(arguments, folder, part) for part in PARTS if arguments.only in part[0]]
    print(table(rows))
    wrong = faults(rows)
    print(f"\n{time.monotonic() - start:.0f} s, {arguments.rounds} rounds of blocks of "
          f"{arguments.block}; " + ("; ".join(wrong) or "all within the limits"))
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(rows, indent=1) + "\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
