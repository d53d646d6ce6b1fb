#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Does `busmark ab` cry wolf, and does it see what is there? Run it on a quiet machine.

usage: ab_calibration.py BUSMARK [--part SHARE] [--only WORD] [--rounds N] [--block DURATION]
       [--at-most DURATION] [--json FILE]

Sessions of a thing with itself, sessions with a planted factor on latency, and sessions in which B
is INVALID in some of its blocks, all `--until decided`; with --rounds of so many rounds instead.
Told are: sessions that call any difference, sessions that find the planted one in p95, what they
took, how often the interval of p95 holds the planted factor, and for B that fails whether that is
told. --part 0.1 makes a tenth of the sessions, --only A/A those of equals. Exit code 0: within the
limits that docs/ab.md promises; 1: not.
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
name = "full"
transport = "synthetic"
arrivals = "poisson"
load = "145k/s"
on_full = "drop"
capacity = 1024
[[scenario]]
name = "spsc"
transport = "queue/spsc"
load = "100k/s"
[[scenario]]
name = "mpmc"
transport = "queue/mpmc"
load = "100k/s"
"""

FACTOR = "transport.synthetic.latency_factor"

# What, scenario, what B sets, planted factor on p95, sessions. With the short queue of "B fails"
# B cannot send all there is in about a fifth of its blocks, and is INVALID in those.
PARTS = [("A/A, synthetic", "synthetic", f"{FACTOR}=1", 1.0, 80),
         ("A/A, queue/spsc", "spsc", f"{FACTOR}=1", 1.0, 10),
         ("A/A, queue/mpmc", "mpmc", f"{FACTOR}=1", 1.0, 10),
         ("+3 %, synthetic", "synthetic", f"{FACTOR}=1.03", 1.03, 100),
         ("+10 %, synthetic", "synthetic", f"{FACTOR}=1.1", 1.1, 100),
         ("+30 %, synthetic", "synthetic", f"{FACTOR}=1.3", 1.3, 20),
         ("B fails", "full", "capacity=8", None, 20)]


def session(arguments, folder, scenario, setting, seed):
    """What one `busmark ab` has stored."""
    out = Path(folder) / "ab.json"
    command = [arguments.busmark, "ab", str(Path(folder) / "calibration.toml"), "--only", scenario,
               "--b", setting, "--set", f"run.seed={seed}",
               "--json", str(out), "--out", str(Path(folder) / "results")]
    if arguments.rounds:
        command += ["--rounds", str(arguments.rounds)]
    else:
        command += ["--until", "decided", "--at-most", arguments.at_most]
    if arguments.block:
        command += ["--block", arguments.block]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode not in (0, 3, 4):
        sys.exit(f"{' '.join(command)}\nended with {done.returncode}: {done.stderr}")
    return json.loads(out.read_text())["scenarios"][0]


def run_part(arguments, folder, part):
    name, scenario, setting, factor, wanted = part
    sessions = max(1, round(wanted * arguments.part))
    row = {"part": name, "asked": sessions, "sessions": 0, "called": 0, "found": 0, "covered": 0,
           "told": 0, "noise": [], "seconds": [], "rounds": [], "invalid": []}
    for i in range(sessions):
        start = time.monotonic()
        # Far apart: each of the 3 N blocks of a session draws with a seed of its own.
        stored = session(arguments, folder, scenario, setting, 1_000_000 * (i + 1))
        row["seconds"].append(time.monotonic() - start)
        measures = {one["measure"]: one for one in stored["measures"]}
        fails = stored["blocks"]["b"]["invalid"]
        row["rounds"].append(len(fails))
        row["invalid"].append(sum(fails) / max(1, len(fails)))
        row["told"] += any(measures.get(one, {}).get("verdict") == "regressed"
                           for one in ("invalid", "undelivered"))
        print(f"\r{name}: {i + 1}/{sessions}", end="", file=sys.stderr)
        p95 = measures.get("p95")
        if p95 is None:
            continue  # most blocks of a side were invalid: nothing was said of it
        row["sessions"] += 1
        row["called"] += any(one["verdict"] in ("improved", "regressed")
                             for one in measures.values())
        row["found"] += p95["verdict"] == "regressed"
        if factor and p95["low"] is not None:
            high = math.inf if p95["high"] is None else p95["high"]
            row["covered"] += p95["low"] <= factor - 1 <= high
        row["noise"].append(p95["noise"])
    print(file=sys.stderr)
    return row


def share(count, of):
    return f"{100 * count / of:.0f} %" if of else "-"


def middle(values):
    return sorted(values)[len(values) // 2] if values else math.nan


def table(rows):
    lines = ["| sessions | with a verdict | any difference called | p95 regressed | interval holds "
             "the truth | time, median | rounds, median | noise, median | B INVALID | told |",
             "|---|---|---|---|---|---|---|---|---|---|"]
    for row in rows:
        done = row["sessions"]
        lines.append(f"| {row['part']} | {done} of {row['asked']} "
                     f"| {row['called']} ({share(row['called'], done)}) "
                     f"| {row['found']} ({share(row['found'], done)}) "
                     f"| {share(row['covered'], done)} "
                     f"| {middle(row['seconds']):.1f} s | {middle(row['rounds'])} "
                     f"| {100 * middle(row['noise']):.1f} % "
                     f"| {100 * middle(row['invalid']):.1f} % | {row['told']} |")
    return "\n".join(lines)


def faults(rows):
    """What breaks a promise by more than chance (three standard errors) would."""
    found = []

    def least(row, what, count, wanted):
        done = row["sessions"]
        slack = 3 * math.sqrt(wanted * (1 - wanted) / done) if done else 0
        if done and count / done < wanted - slack:
            found.append(f"{row['part']}: {what} {count} of {done}, wanted {wanted:.0%}")

    equals = {"part": "A/A", "sessions": 0, "called": 0}
    for row in rows:
        if row["part"] == "B fails":
            if row["told"] < row["asked"]:
                found.append(f"B fails: told in {row['told']} of {row['asked']}")
            continue
        if row["part"].startswith("A/A"):
            equals["sessions"] += row["sessions"]
            equals["called"] += row["called"]
        else:
            wanted = {"+3 ": 0.5, "+10": 0.9, "+30": 1.0}[row["part"][:3]]
            least(row, "found", row["found"], wanted)
        least(row, "interval holds in", row["covered"], 0.95)
    least(equals, "nothing called in", equals["sessions"] - equals["called"], 0.95)
    return found


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("\n\n")[1])
    parser.add_argument("busmark")
    parser.add_argument("--part", type=float, default=1.0)
    parser.add_argument("--only", default="")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--block")
    parser.add_argument("--at-most", default="60s")
    parser.add_argument("--json")
    arguments = parser.parse_args()
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "calibration.toml").write_text(CONFIG)
        rows = [run_part(arguments, folder, part) for part in PARTS if arguments.only in part[0]]
    print(table(rows))
    wrong = faults(rows)
    how = f"{arguments.rounds} rounds" if arguments.rounds else f"at most {arguments.at_most}"
    print(f"\n{time.monotonic() - start:.0f} s, {how}, blocks of "
          f"{arguments.block or 'the usual length'}; {'; '.join(wrong) or 'all within the limits'}")
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(rows, indent=1) + "\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
