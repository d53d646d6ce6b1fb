#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs `busmark doctor` as its users do.

usage: doctor_test.py BUSMARK GOLDEN TUNING_MD

What the live machine is like decides nothing here; recorded machines do.
"""

import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import sys
import tempfile
import termios
import unittest
from pathlib import Path

import cli_test

PROGRAM = GOLDEN = TUNING = ""
HANG = 120  # Seconds after which a program counts as hung.


def numbers(text):
    for part in text.split(","):
        first, _, last = part.partition("-")
        yield from range(int(first), int(last or first) + 1)


def expand(path):
    match = re.search(r"\{([0-9,-]+)\}", path)
    if match is None:
        yield path
        return
    for number in numbers(match.group(1)):
        yield from expand(path[:match.start()] + str(number) + path[match.end():])


def unpack(name, root):
    """The format of tests/golden/topology/README.md."""
    for line in (Path(GOLDEN) / f"{name}.txt").read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        if line.startswith("include "):
            unpack(line.removeprefix("include "), root)
            continue
        path, _, content = line.partition(":")
        for one in expand(path):
            file = root / one
            file.parent.mkdir(parents=True, exist_ok=True)
            with file.open("a") as out:
                out.write(content[1:] + "\n")


def run(*arguments, **options):
    done = subprocess.run([PROGRAM, "doctor", *arguments], capture_output=True, text=True,
                          timeout=HANG, check=False, **options)
    return done.returncode, done.stdout, done.stderr


class Recorded(unittest.TestCase):
    def tree(self, name):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        unpack(f"doctor/{name}", Path(folder.name))
        return folder.name

    def test_a_tuned_server_is_fit(self):
        code, output, errors = run("--root", self.tree("tuned_server"), "--cores", "2,3",
                                   "--budget", "p95 < 50us")
        self.assertEqual((code, errors), (0, ""))
        self.assertIn("0 failed, 0 to improve", output)
        self.assertTrue(output.endswith("FIT\n"))

    def test_a_throttled_container_is_not(self):
        code, output, _ = run("--root", self.tree("container_quota"))
        self.assertEqual(code, 4)
        self.assertIn("UNFIT: failed: cpuset, cpu-quota, throttled\n", output)

    def test_a_budget_that_sleeping_threads_cannot_meet_is_not_served(self):
        tree = self.tree("laptop_powersave")
        arguments = ("--root", tree, "--cores", "2,4", "--budget", "p95 < 50us")
        self.assertEqual(run(*arguments)[0], 0)
        code, output, _ = run(*arguments, "--sleeps")
        self.assertEqual(code, 4)
        self.assertIn("p95 < 50us: NOT possible, idle-states delays 100 % of the messages by 680us",
                      output)

    def test_programs_read_the_same(self):
        code, output, _ = run("--root", self.tree("desktop_smt"), "--cores", "2,10", "--json")
        result = json.loads(output)
        self.assertEqual(code, 4)
        self.assertEqual(result["schema"], "busmark.doctor/1")
        cli_test.check_document(result, PROGRAM)
        self.assertEqual(result["cpus"], [2, 10])
        self.assertFalse(result["fit"])
        levels = {each["id"]: each["level"] for each in result["findings"]}
        self.assertEqual(levels["smt-siblings"], "fail")
        self.assertEqual(sum(result["counts"].values()), len(levels))

    def test_a_tree_is_only_read(self):
        tree = Path(self.tree("laptop_powersave"))
        def state():
            return {p: (p.stat().st_mtime_ns, p.stat().st_size) for p in tree.rglob("*")}
        before = state()
        run("--root", str(tree), "--all")
        self.assertEqual(state(), before)

    def test_every_check_is_explained_in_the_manual(self):
        _, output, _ = run("--root", self.tree("arm_server"), "--json")
        manual = Path(TUNING).read_text()
        told = re.findall(r"^\| `([a-z-]+)` \| (\w+) \|", manual, re.M)
        known = [(each["id"], each["severity"]) for each in json.loads(output)["findings"]]
        self.assertEqual(told, known)


class Live(unittest.TestCase):
    def test_this_machine_is_examined_without_asking_for_anything(self):
        code, output, errors = run("--probe", "50ms", "--all")
        self.assertIn(code, (0, 4))
        self.assertEqual(errors, "")
        self.assertRegex(output, r"score \d+ of 100")
        self.assertRegex(output, r"core-floor: cpu \d+")
        self.assertNotIn("\x1b", output)

    def test_files_only_measures_nothing(self):
        for probe in ("0s", "20ms"):
            code, output, _ = run("--probe", probe, "--json")
            result = json.loads(output)
            self.assertIn(code, (0, 4))
            self.assertEqual(result["measured"] is None, probe == "0s")
            cli_test.check_document(result, PROGRAM)

    def terminal_output(self, **changes):
        environment = {**os.environ, "TERM": "xterm", **changes}
        environment = {key: value for key, value in environment.items() if value is not None}
        main, side = pty.openpty()
        fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        with subprocess.Popen([PROGRAM, "doctor", "--probe", "0s"], stdout=side,
                              stderr=subprocess.DEVNULL, env=environment) as process:
            os.close(side)
            output = b""
            while True:
                try:
                    piece = os.read(main, 65536)
                except OSError:  # Linux's way to say that the other side is closed
                    break
                if not piece:
                    break
                output += piece
            process.wait(HANG)
        os.close(main)
        return output.decode()

    def test_a_terminal_gets_colours_unless_it_asks_for_none(self):
        self.assertIn("\x1b[", self.terminal_output(NO_COLOR=None))
        self.assertNotIn("\x1b[", self.terminal_output(NO_COLOR="1"))
        self.assertNotIn("\x1b[", self.terminal_output(NO_COLOR=None, TERM="dumb"))


class Mistakes(unittest.TestCase):
    def refused(self, sentence, *arguments):
        code, output, errors = run(*arguments)
        self.assertEqual((code, output), (2, ""))
        self.assertEqual(errors.count("\n"), 1, errors)
        self.assertIn(sentence, errors)

    def test_each_is_one_sentence_with_the_flag(self):
        self.refused('--cores: "2;3" is not a list of CPUs such as 2,3 or 2-5', "--cores", "2;3")
        self.refused("--cores: there is no cpu 65000; this machine has", "--cores", "65000")
        self.refused("--budget: \"p95\" is not a budget: the comparison is missing",
                     "--budget", "p95")
        self.refused("limits no latency", "--budget", "rate >= 100k/s")
        self.refused("--probe: ", "--probe", "soon")
        self.refused("at most 1m", "--probe", "2h")
        self.refused("is no folder", "--root", "/nowhere/at/all")
        self.refused("did you mean", "--core", "2")
        self.refused("doctor takes no argument", "now")

    def test_a_folder_without_a_machine_is_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            self.refused("holds neither proc nor sys", "--root", folder)

    def test_the_help_fits_a_terminal(self):
        code, output, _ = run("--help")
        self.assertEqual(code, 0)
        for line in output.splitlines():
            self.assertLessEqual(len(line), 80, line)


if __name__ == "__main__":
    PROGRAM, GOLDEN, TUNING = (os.path.abspath(path) for path in sys.argv[1:4])
    unittest.main(argv=[sys.argv[0], *sys.argv[4:]])
