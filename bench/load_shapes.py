#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Does the load have the shape that was asked for? Run it on a quiet machine; half a minute.

usage: load_shapes.py BUSMARK [--transport NAME] [--load RATE] [--json FILE]

Runs every shape of a load in stages and holds its record, interval by interval, against the stages:
the messages by the time they were due, and by the time they were sent. Both must be within 2 % of
what was intended (or within a message; for random arrivals within four standard deviations). An
interval in or beside which a message took longer than 1 % of the interval was disturbed: what was
sent there is not judged, only counted. Exit code 0: every shape holds; 1: one does not; 4: more
than half of a shape's intervals were disturbed.
"""

import argparse
import json
import math
import subprocess
import sys
import tempfile
from pathlib import Path

LIMIT = 0.02
INTERVAL_MS = 50
SHAPES = {
    "constant": ["1x for 1s"],
    "step": ["1x for 500ms", "step +1x every 250ms to 5x"],
    "step-down": ["5x for 250ms", "step -1x every 250ms to 1x"],
    "ramp": ["1x for 250ms", "ramp to 5x over 1s", "ramp to 0.5x over 500ms"],
    "spike": ["1x for 1s", "10x for 250ms", "1x for 1s"],
    "peak": ["1x for 500ms", "2x for 500ms", "1x for 500ms"],
    "burst": ["1x for 250ms", "burst of 1000 every 100ms for 1s", "quiet for 250ms",
              "1x for 250ms"],
    "on-off": ["1x for 250ms", "on 10ms off 90ms at 2x for 1s", "1x for 250ms"],
    "poisson": ["1x for 500ms", "4x for 500ms", "ramp to 1x over 500ms"],
}


def config(arguments):
    lines = ['[run]', 'name = "shapes"', 'repetitions = 1', 'retries = 2', '[defaults]',
             f'transport = "{arguments.transport}"', f'load = "{arguments.load}"',
             f'interval = "{INTERVAL_MS}ms"', 'capacity = 65536',
             'budget = ["p95 < 5s", "lost == 0"]']
    for name, stages in SHAPES.items():
        lines += ["[[scenario]]", f'name = "{name}"', f"stages = {json.dumps(stages)}"]
        if name == "poisson":
            lines.append('arrivals = "poisson"')
    return "\n".join(lines) + "\n"


def error(count, intended, random):
    """Share by which a count is off, beyond what a message or chance may make of it."""
    slack = 4 * math.sqrt(intended) if random else 1.01
    beyond = max(0.0, abs(count - intended) - slack)
    return 0.0 if beyond == 0 else beyond / intended if intended else math.inf


def is_disturbed(interval, latencies):
    """Whether some message received in or beside the interval took long."""
    begin = interval["start_ns"] - interval["length_ns"]
    end = interval["start_ns"] + 2 * interval["length_ns"]
    return any((one["response_ns"]["max"] or 0) > interval["length_ns"] / 100
               for one in latencies
               if one["start_ns"] < end and one["start_ns"] + one["length_ns"] > begin)


def judge(scenario):
    random = scenario["name"] == "poisson"
    repetition = next(r for r in scenario["repetitions"] if r["used"])
    worst_due, worst_sent, judged, messages = 0.0, 0.0, 0, 0.0
    for interval in repetition["load_series"]:
        intended = interval["intended"]
        messages += intended
        worst_due = max(worst_due, error(interval["due"], intended, random))
        if is_disturbed(interval, repetition["intervals"]):
            continue
        judged += 1
        worst_sent = max(worst_sent, error(interval["sent"], intended, random))
    return len(repetition["load_series"]), judged, messages, worst_due, worst_sent


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("\n\n")[1])
    parser.add_argument("busmark")
    parser.add_argument("--transport", default="queue/spsc")
    parser.add_argument("--load", default="50k/s")
    parser.add_argument("--json")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "shapes.toml"
        file.write_text(config(arguments))
        out = Path(folder) / "out.json"
        run = subprocess.run([arguments.busmark, "run", str(file), "--json", str(out), "--out",
                              folder], capture_output=True, text=True, check=False)
        if not out.exists():
            sys.exit(run.stderr)
        result = json.loads(out.read_text())
    print("| shape | messages | intervals | undisturbed | worst by due time | worst by sent time | "
          "p95 back | verdict |\n|---|---|---|---|---|---|---|---|")
    code = 0
    for scenario in result["scenarios"]:
        intervals, judged, messages, due, sent = judge(scenario)
        back = [f"{s['recovery_ns'] / 1e6:.0f} ms" for s in scenario["stages"]
                if s["recovery_ns"] is not None]
        if max(due, sent) > LIMIT:
            verdict, code = "WRONG", 1
        elif judged * 2 < intervals:
            verdict, code = "disturbed", code or 4
        else:
            verdict = "holds"
        print(f"| {scenario['name']} | {messages:.0f} | {intervals} | {judged} | {due:.2%} | "
              f"{sent:.2%} | {', '.join(back) or '-'} | {verdict} |")
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(result))
    return code


if __name__ == "__main__":
    sys.exit(main())
