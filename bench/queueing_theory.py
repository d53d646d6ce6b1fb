#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Does open-loop timing agree with queueing theory? Run it on a quiet machine; it takes 5 minutes.

usage: queueing_theory.py BUSMARK [--seconds S] [--json FILE]

Poisson arrivals at one exponential server (M/M/1) by the synthetic transport, at 50, 80 and 90 %
load. The time that a message spends there is exponential with mean 1 / (capacity - load), so
percentile p is -ln(1 - p) / (capacity - load). Exit code 0: P50, P95 and P99 agree within 5 %.

The service takes 100 us, so that a core that is away for some hundred is no event of its own. What
chance leaves falls slowly at high loads: neighbours in a queue are alike for about
1 / (capacity (1 - sqrt(load))^2), so the time is given to the loads accordingly.
"""

import argparse
import json
import math
import subprocess
import sys
import tempfile
from pathlib import Path

SERVICE_US = 100
CAPACITY = 1e6 / SERVICE_US
REPETITIONS = 5
LIMIT = 0.05
SHARES = {0.5: 0.1, 0.8: 0.25, 0.9: 0.65}  # load: part of the time
CONFIG = """
[run]
name = "mm1"
repetitions = {repetitions}
[transport.synthetic]
service = "{service}us"
shape = "exponential"
[defaults]
transport = "synthetic"
arrivals = "poisson"
capacity = 65536
warmup = "1s"
"""
SCENARIO = """
[[scenario]]
name = "mm1-{share:g}"
load = "{load:g}/s"
duration = "{duration}ms"
"""


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("\n\n")[1])
    parser.add_argument("busmark")
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--json")
    arguments = parser.parse_args()
    text = CONFIG.format(repetitions=REPETITIONS, service=SERVICE_US)
    for share, part in SHARES.items():
        duration = round(arguments.seconds * part / REPETITIONS * 1000)
        text += SCENARIO.format(share=share, load=CAPACITY * share, duration=duration)
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "mm1.toml"
        config.write_text(text)
        out = Path(folder) / "out.json"
        subprocess.run([arguments.busmark, "run", str(config), "--json", str(out), "--out", folder],
                       stdout=subprocess.DEVNULL, check=False)
        result = json.loads(out.read_text())
    print("| load | messages | percentile | theory | measured | error |\n|---|---|---|---|---|---|")
    worst = 0.0
    for share, scenario in zip(SHARES, result["scenarios"]):
        response = scenario["latency_ns"]["response"]
        for percentile in (50, 95, 99):
            theory = -math.log(1 - percentile / 100) / (CAPACITY * (1 - share)) * 1e9
            measured = response[f"p{percentile}"]
            error = measured / theory - 1 if measured else math.inf
            worst = max(worst, abs(error))
            print(f"| {share:.0%} | {response['count']} | P{percentile} | {theory / 1000:.1f} us "
                  f"| {(measured or math.nan) / 1000:.1f} us | {error:+.1%} |")
    disturbed = sum(r["disturbed"] for s in result["scenarios"] for r in s["repetitions"])
    print(f"\nworst error {worst:.1%}, limit {LIMIT:.0%}; {disturbed} disturbed repetitions")
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(result))
    return 0 if worst <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
