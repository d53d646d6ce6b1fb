#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What `run --serve` costs the run it watches: the same scenario with and without, by turns.

usage: effect.py BUSMARK [PAIRS [TRANSPORT [LOAD [CORES]]]]     (6, queue/spsc, 100k/s, auto)

CORES such as [0] leave the server a core on a small machine; two threads then share one.

While it serves, two scrapers ask for /metrics once a second and a watcher reads /events. Prints the
median p50 and p99 of each side, the median of the pairs' quotients, and where the server ran.
"""

import json
import math
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import urllib.request
from pathlib import Path

CONFIG = """
[run]
name = "effect"
repetitions = 3
retries = 0
warmup = "200ms"
duration = "1s"
cores = {cores}
[[scenario]]
name = "effect"
transport = "{transport}"
load = "{load}"
oversubscribe = true
budget = "p95 < 60s"
"""


def ask(url, done, again):
    """Reads `url` until `done`, every second where `again`."""
    while not done.is_set():
        try:
            with urllib.request.urlopen(url, timeout=10) as reply:
                while reply.read1(65536) and not done.is_set():
                    pass
        except OSError:
            pass
        if not again:
            return
        done.wait(1)


def measure(program, folder, serve):
    """(p50, p99, place of the server) of one run."""
    command = [program, "run", "effect.toml", "--json", "out.json"]
    run = subprocess.Popen(command + (["--serve", "127.0.0.1:0"] if serve else []), cwd=folder,
                           stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    done, clients, place = threading.Event(), [], ""
    if serve:
        url, place = re.search(r"serving (\S+) from (.*)", run.stderr.readline()).groups()
        for path, again in (("/metrics", True), ("/metrics", True), ("/events", False)):
            clients.append(threading.Thread(target=ask, args=(url + path, done, again)))
            clients[-1].start()
    run.communicate()
    done.set()
    for client in clients:
        client.join()
    scenario = json.loads((folder / "out.json").read_text())["scenarios"][0]
    response = scenario["latency_ns"]["response"]
    return response["p50"], response["p99"], place


def sign_interval(ordered):
    """95 % interval of the median, whatever the distribution: as the sign test has it."""
    count, cut = len(ordered), 0
    while 2 * sum(math.comb(count, i) for i in range(cut + 1)) <= 0.05 * 2 ** count:
        cut += 1
    return ordered[max(cut - 1, 0)], ordered[count - 1 - max(cut - 1, 0)]


def main():
    program = str(Path(sys.argv[1]).resolve())
    pairs = int(sys.argv[2]) if len(sys.argv) > 2 else 6
    transport = sys.argv[3] if len(sys.argv) > 3 else "queue/spsc"
    load = sys.argv[4] if len(sys.argv) > 4 else "100k/s"
    cores = sys.argv[5] if len(sys.argv) > 5 else '"auto"'
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "effect.toml").write_text(CONFIG.format(transport=transport, load=load,
                                                         cores=cores))
        sides = {False: [], True: []}
        for pair in range(pairs):
            for serve in (pair % 2 == 0, pair % 2 != 0):  # A B B A ...
                sides[serve].append(measure(program, folder, serve))
    print(f"server on {sides[True][0][2]}; {transport}, {load}, "
          f"cores {cores}, {pairs} pairs")
    for figure, label in ((0, "p50"), (1, "p99")):
        alone, served = ([run[figure] for run in sides[serve]] for serve in (False, True))
        quotients = sorted(s / a for s, a in zip(served, alone))
        print(f"{label}: alone {statistics.median(alone):.0f} ns, served "
              f"{statistics.median(served):.0f} ns, quotient "
              f"{statistics.median(quotients):.3f}, its 95 % interval "
              "[{:.3f} .. {:.3f}]".format(*sign_interval(quotients)))


if __name__ == "__main__":
    main()
