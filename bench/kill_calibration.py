#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Is everything that a run called finished on disk, however it ends?

usage: kill_calibration.py BUSMARK [--kills N] [--full N] [--repetition TIME]

Starts a run of 6 scenarios, 5 repetitions each, on a terminal and kills it with SIGKILL at a random
moment, N (100) times: each repetition that the live line had left behind must be in the folder and
read back, and --resume must complete the run to the counts of one that was not disturbed. Then N
(20) runs whose disk, a tmpfs of a random size, becomes full on the way: what the journal could take
must read back. Exit code 0: all of it held; 1: not. Needs root for the tmpfs; --full 0 leaves it
out.
"""

import argparse
import json
import os
import pty
import random
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SCENARIOS, REPETITIONS = 6, 5
CONFIG = """
[run]
name = "kill"
repetitions = {repetitions}
retries = 0
warmup = "5ms"
duration = "{duration}"
[defaults]
wait = "yield"
oversubscribe = true
load = "20k/s"
budget = "lost == 0"
"""
LIVE = re.compile(rb"\[(\d+)/\d+\][^\r\n]*?(\d+)/(\d+)")


def results(busmark, folder, scratch):
    """What report makes of it, or None."""
    out = scratch / "read.json"
    done = subprocess.run([busmark, "report", folder, "--to", "json", "--output", out],
                          capture_output=True, text=True, check=False)
    if done.returncode != 0:
        print(done.stderr, end="")
        return None
    return json.loads(out.read_text("utf-8"))


def measured(result):
    return sum(len(one["repetitions"]) for one in result["scenarios"])


def run_until(busmark, config, out, seconds):
    """Kills the run after so long; how many repetitions the live line had left behind."""
    parent, child = pty.openpty()
    process = subprocess.Popen([busmark, "run", config, "--out", out], stdout=subprocess.DEVNULL,
                               stderr=child, stdin=subprocess.DEVNULL)
    os.close(child)
    end = time.monotonic() + seconds
    text = b""
    while time.monotonic() < end and process.poll() is None:
        if select.select([parent], [], [], 0.005)[0]:
            try:
                text += os.read(parent, 65536)
            except OSError:
                break
    process.send_signal(signal.SIGKILL)
    process.wait()
    os.close(parent)
    seen = LIVE.findall(text)
    if not seen:
        return 0
    scenario, repetition, _ = map(int, seen[-1])
    return (scenario - 1) * REPETITIONS + repetition - 1


def kill_once(busmark, folder, config, length):
    out = folder / "out"
    shutil.rmtree(out, ignore_errors=True)
    finished = run_until(busmark, config, out, random.uniform(0, length))
    runs = list(out.glob("*")) if out.exists() else []
    if not runs:
        return finished == 0
    result = results(busmark, runs[0], folder)
    if result is None or measured(result) < finished:
        print(f"finished {finished}, on disk {result and measured(result)}")
        return False
    if (runs[0] / "result.json").exists():
        return True
    subprocess.run([busmark, "run", config, "--resume", runs[0]], capture_output=True, check=False)
    whole = results(busmark, runs[0], folder)
    due = {one["counts"]["published"] for scenario in whole["scenarios"]
           if scenario["verdict"] != "INVALID" for one in scenario["repetitions"]}
    complete = measured(whole) == SCENARIOS * REPETITIONS and not whole["interrupted"]
    if not complete or len(due) > 1:
        print(f"resumed: {measured(whole)} repetitions, messages {sorted(due)}")
    return complete and len(due) <= 1


def fill_once(busmark, folder, config):
    disk = folder / "disk"
    disk.mkdir(exist_ok=True)
    size = random.randrange(16, 160) * 1024
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", disk], check=True)
    try:
        done = subprocess.run([busmark, "run", config, "--out", disk / "out"], capture_output=True,
                              text=True, check=False)
        runs = list(disk.glob("out/*"))
        if not runs:
            return done.returncode == 2 and "No space left" in done.stderr
        result = results(busmark, runs[0], folder)
        half = [p.name for p in runs[0].iterdir()
                if p.name not in ("journal.jsonl", "result.json", "result.hlog")]
        if half:
            print("left behind:", half)
        return result is not None and measured(result) > 0 and not half
    finally:
        subprocess.run(["umount", disk], check=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("busmark", type=Path)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--full", type=int, default=20)
    parser.add_argument("--repetition", default="20ms")
    arguments = parser.parse_args()
    busmark = arguments.busmark.resolve()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        config = folder / "kill.toml"
        text = CONFIG.format(repetitions=REPETITIONS, duration=arguments.repetition)
        names = [f'[[scenario]]\nname = "s{i}"\n' for i in range(SCENARIOS)]
        config.write_text(text + "".join(names))
        begun = time.monotonic()
        subprocess.run([busmark, "run", config, "--out", folder / "whole"], capture_output=True,
                       check=False)
        length = time.monotonic() - begun
        held = sum(kill_once(busmark, folder, config, length) for _ in range(arguments.kills))
        print(f"{'killed, read back and completed':<40}{held:>4} of {arguments.kills}"
              f"   a run takes {length:.1f} s")
        full = sum(fill_once(busmark, folder, config) for _ in range(arguments.full))
        print(f"{'disk full on the way, read back':<40}{full:>4} of {arguments.full}")
    return 0 if (held, full) == (arguments.kills, arguments.full) else 1


if __name__ == "__main__":
    sys.exit(main())
