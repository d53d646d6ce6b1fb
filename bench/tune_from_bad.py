#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Does `busmark tune --auto` find its way out of a bad config, and can its ledger be repeated?

usage: tune_from_bad.py BUSMARK [--duration TIME] [--load RATE] [--folder DIR]

Starts from queue/mutex, wait = yield, batch = 1 and wants a config whose p95 is at least twice as
good by the session's own last trial, the start against the end; has `busmark plan` read it; then
runs the commands of that trial and of each line that was kept and wants "improved" again. Takes
four minutes on two cores, which should be quiet. Exit code 0: all of it held; 1: not.
"""

import argparse
import json
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

START = """
[run]
name = "bad"
[[scenario]]
name = "one"
transport = "queue/mutex"
wait = "yield"
batch = 1
load = "{load}"
"""
WANTED = 2


def run(words, folder):
    print("$", shlex.join(map(str, words)), flush=True)
    return subprocess.run(words, cwd=folder, stderr=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, check=False)


def repeat(busmark, line, folder):
    words = shlex.split(line["command"])
    done = run([busmark, *words[1:], "--json", "ab.json"], folder)
    if done.returncode not in (0, 3):
        return f"exit code {done.returncode}"
    measures = json.loads((folder / "ab.json").read_text())["scenarios"][0]["measures"]
    return measures[0]["verdict"] if measures else "no measure"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("busmark", type=Path)
    parser.add_argument("--duration", default="2m")
    parser.add_argument("--load", default="100k/s")
    parser.add_argument("--folder", type=Path)
    arguments = parser.parse_args()
    folder = arguments.folder or Path(tempfile.mkdtemp(prefix="busmark-tune-"))
    folder.mkdir(exist_ok=True)
    busmark = arguments.busmark.resolve()
    (folder / "bad.toml").write_text(START.format(load=arguments.load))
    done = run([busmark, "tune", "--auto", "bad.toml", "--duration", arguments.duration,
                "--json", "tune.json"], folder)
    print(done.stdout)
    ledger = json.loads((folder / "tune.json").read_text())
    failures = []
    whole = ledger["whole"]
    if whole is None or whole["verdict"] != "improved":
        failures.append("nothing was kept and confirmed")
    elif whole["judged"]["before"] < WANTED * whole["judged"]["after"]:
        failures.append("less than twice as good by its own last trial")
    tuned = max(folder.glob("results/bad-tune-*/tuned.toml"))
    if run([busmark, "plan", tuned], folder).returncode != 0:
        failures.append("tuned.toml is no config")
    for line in [line for line in (*ledger["lines"], whole) if line and line["command"]]:
        if line["kept"] or line is whole:
            verdict = repeat(busmark, line, folder)
            print(f"{line['to'] or line['knob']}: {verdict}")
            if verdict != "improved":
                failures.append(f"{line['to'] or line['knob']} is {verdict} when repeated")
    print("\n".join(failures) if failures else "all of it held")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
