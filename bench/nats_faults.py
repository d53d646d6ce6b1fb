#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Kills and restarts a nats-server under load, again and again, and checks what busmark says of it.

usage: nats_faults.py BUSMARK [--runs 20] [--only GLOB]

Of every run: it ends within its deadline; published = received + refused + lost; the ranges of lost
sequence numbers add up to the lost; the report has a fault; no process and no file is left. Prints
a line for each run. Exit code 0: all held; 1: not; 77: skipped, with the reason.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CONFIG = Path(__file__).resolve().parent.parent / "bench_configs" / "nats-faults.toml"
SKIPPED = 77


def complaints(result):
    for scenario in result["scenarios"]:
        for repetition in scenario["repetitions"]:
            name, counts, fault = scenario["name"], repetition["counts"], repetition.get("fault")
            accounted = counts["received"] + counts["dropped"] + counts["refused"] + counts["lost"]
            if counts["published"] != accounted:
                yield f"{name}: {counts['published']} published, {accounted} accounted for"
            if fault is None:
                yield f"{name}: the fault did not happen"
                continue
            named = sum(r["last"] - r["first"] + 1 for r in fault["lost"])
            if fault["lost_ranges"] == len(fault["lost"]) and named != counts["lost"]:
                yield f"{name}: {counts['lost']} lost, {named} of them named"
            if counts["corrupt"]:
                yield f"{name}: {counts['corrupt']} corrupt"


def milliseconds(value):
    return "-" if value is None else f"{value / 1e6:.1f} ms"


def one_run(program, only, deadline):
    """(line to print, complaints)"""
    with tempfile.TemporaryDirectory() as folder:
        temporary = Path(folder, "tmp")
        temporary.mkdir()
        environment = {**os.environ, "TMPDIR": str(temporary)}
        command = [program, "run", str(CONFIG), "--only", only, "--json", "result.json"]
        start = time.monotonic()
        try:
            subprocess.run(command, cwd=folder, env=environment, timeout=deadline, check=False,
                           capture_output=True)
        except subprocess.TimeoutExpired:
            return f"still running after {deadline} s", ["it outlasted its deadline"]
        took = time.monotonic() - start
        try:
            result = json.loads(Path(folder, "result.json").read_text("utf-8"))
        except OSError as error:
            return "no result", [str(error)]
        wrong = list(complaints(result))
        left = [str(path) for path in temporary.iterdir()]
        wrong += [f"{path} was left behind" for path in left]
        line = f"{took:5.1f} s"
        for scenario in result["scenarios"]:
            repetition = scenario["repetitions"][-1]
            fault = repetition.get("fault") or {}
            line += (f"  {scenario['name']}: silent {milliseconds(fault.get('outage_ns'))},"
                     f" lost {repetition['counts']['lost']} in {fault.get('lost_ranges')} ranges")
        return line, wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("busmark")
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--only", default="kill")
    options = parser.parse_args()
    path = os.environ.get("PATH", "") + ":/usr/sbin"
    if not shutil.which("nats-server", path=path):
        print("skipped: nats-server is not installed; apt-get install nats-server")
        return SKIPPED
    failed = 0
    for number in range(1, options.runs + 1):
        line, wrong = one_run(os.path.abspath(options.busmark), options.only, 120)
        print(f"{number:3}  {line}", flush=True)
        for complaint in wrong:
            print(f"     {complaint}", flush=True)
        failed += bool(wrong)
    print(f"{options.runs - failed} of {options.runs} runs kept their books")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
