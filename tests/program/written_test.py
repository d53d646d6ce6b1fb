#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Configs from pipes, and files that are named after what a config says.

usage: written_test.py BUSMARK
"""

import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

BUSMARK = os.path.abspath(sys.argv[1])
HANG = 120
LONG = "x" * 90
CONFIG = """\
[run]
repetitions = 1
retries = 0
warmup = "20ms"
duration = "100ms"

[[scenario]]
name = "q"
load = "10k/s"
budget = "lost == 0"
"""


class WrittenTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        (self.folder / "base.TOML").write_text(CONFIG)

    def start(self, *words, config=None):
        return subprocess.run([BUSMARK, *map(str, words)], cwd=self.folder, input=config, text=True,
                              capture_output=True, timeout=HANG, check=False)

    def shell(self, command):
        return subprocess.run(["bash", "-c", command], cwd=self.folder, text=True,
                              capture_output=True, timeout=HANG, check=False)

    def test_a_config_is_read_from_a_pipe_and_from_standard_input(self):
        wanted = self.start("plan", "base.TOML").stdout
        self.assertIn("queue/spsc", wanted)
        for done in (self.start("plan", "-", config=CONFIG),
                     self.start("plan", "--", "-", config=CONFIG),
                     self.shell(f"{BUSMARK} plan <(cat base.TOML)"),
                     self.shell(f"cat base.TOML | {BUSMARK} plan /dev/stdin"),
                     self.shell(f"mkfifo f; cat base.TOML > f & {BUSMARK} plan f")):
            self.assertEqual((done.returncode, done.stdout, done.stderr), (0, wanted, ""))
        done = self.start("plan", "-", config=CONFIG + "wait = 5\n")
        self.assertEqual(done.returncode, 2)
        self.assertTrue(done.stderr.startswith("busmark: <stdin>:11:8: wait: "), done.stderr)

    def test_a_config_from_a_pipe_is_there_for_all_that_read_it(self):
        done = self.shell(f"{BUSMARK} run <(cat base.TOML) --out out")
        self.assertIn(done.returncode, (0, 4, 6), done.stderr)
        self.assertIn("out/run-", done.stdout)
        done = self.start("ab", "-", "--b", "batch=2", "--duration", "5ms", "--rounds", "2",
                          "--a-binary", BUSMARK, config=CONFIG)
        self.assertNotIn("no such file", done.stderr)

    def test_endings_may_be_in_capitals(self):
        done = self.start("run", "base.TOML", "--out", "out", "--report", "a.XML", "--report",
                          "b.Md", "--report", "c.HGRM", "--json", "d.JSON")
        self.assertIn(done.returncode, (0, 4, 6), done.stderr)
        self.assertTrue((self.folder / "a.XML").read_text().startswith("<?xml"))
        self.assertTrue((self.folder / "b.Md").exists())
        self.assertTrue((self.folder / "c.HGRM").exists())

    def test_one_file_for_two_forms_is_refused(self):
        done = self.start("run", "base.TOML", "--report", "a.xml", "--report", "./a.xml")
        self.assertEqual(done.returncode, 2)
        self.assertIn("--report: \"./a.xml\" is what --report writes too", done.stderr)

    def test_long_names_are_files_of_one_length_and_cost_no_exit_code(self):
        sweep = CONFIG.replace('name = "q"', f'name = "{LONG}"').replace(
            'load = "10k/s"', 'load = ["10k/s", "20k/s"]\ntransport = ["queue/moodycamel"]\n'
            'payload = [16]\nproducers = [1]\nconsumers = [1]\nwait = ["yield"]\nbatch = [1]')
        (self.folder / "long.toml").write_text(sweep)
        done = self.start("run", "long.toml", "--out", "out", "--hgrm", "--report", "x.hgrm")
        self.assertIn(done.returncode, (0, 4, 6), done.stderr)
        self.assertIn("result   out/", done.stdout)
        beside = sorted(path.stem for path in (self.folder / "out").rglob("*.hgrm"))
        reports = sorted(path.stem.removeprefix("x-") for path in self.folder.glob("x-*.hgrm"))
        self.assertEqual(len(beside), 2)
        self.assertEqual(beside, reports)
        self.assertTrue(all(len(name) == 150 for name in beside), beside)

    def test_capacity_asked_and_held_are_in_the_result(self):
        done = self.start("run", "base.TOML", "--set", "scenario.transport=queue/moodycamel",
                          "--set", "scenario.capacity=1", "--json", "r.json", "--out", "out")
        self.assertIn(done.returncode, (0, 1, 4, 6), done.stderr)
        scenario = json.loads((self.folder / "r.json").read_text())["scenarios"][0]
        self.assertEqual(scenario["parameters"]["capacity"], 1)
        self.assertEqual(scenario["parameters"]["capacity_held"], 32)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
