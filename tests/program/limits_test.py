#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the verbs say where memory, files and threads are scarce: a sentence, and never a signal.

usage: limits_test.py BUSMARK GOLDEN   (the program, tests/golden)
"""

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

BUSMARK, GOLDEN = os.path.abspath(sys.argv[1]), Path(sys.argv[2]).resolve()
HANG = 120
NOBODY = 65534
MB = 1_000_000

CONFIG = """\
[run]
repetitions = 1
retries = 0
warmup = "20ms"
duration = "100ms"

[[scenario]]
name = "q"
load = "10k/s"
"""

VERBS = (
    ("doctor", "--probe", "10ms"),
    ("noise", "--duration", "20ms"),
    ("cores",),
    ("plan", "base.toml"),
    ("report", "result.json"),
    ("compare", "result.json", "result.json"),
    ("hist", "intervals.hlog"),
)


class LimitsTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.folder.chmod(0o777)
        (self.folder / "base.toml").write_text(CONFIG)
        shutil.copy(GOLDEN / "report" / "example.json", self.folder / "result.json")
        shutil.copy(GOLDEN / "hdr" / "hlog" / "intervals.hlog", self.folder)
        self.program = shutil.copy(BUSMARK, self.folder)  # to where nobody may reach it

    def start(self, verb, kind, most, nobody=False):
        def limit():
            if nobody and os.geteuid() == 0:  # no limit holds root
                os.setuid(NOBODY)
            resource.setrlimit(kind, (most, most))

        return subprocess.run([self.program, *verb], cwd=self.folder, preexec_fn=limit,
                              capture_output=True, text=True, timeout=HANG, check=False)

    def check(self, done, verb):
        told = f"{verb}: {done.returncode}, {done.stdout}, {done.stderr}"
        self.assertGreaterEqual(done.returncode, 0, told)
        if "error while loading shared libraries" in done.stderr:
            return  # by the loader, before anything of ours has begun
        self.assertIn(done.returncode, (0, 1, 2, 3, 4, 6), told)
        if done.returncode == 2:
            self.assertTrue(done.stderr.startswith("busmark: "), told)
            self.assertNotIn("std::", done.stderr, told)

    def everywhere(self, kind, limits, nobody=False):
        for verb in VERBS:
            for most in limits:
                with self.subTest(verb=verb[0], most=most):
                    self.check(self.start(verb, kind, most, nobody), verb)

    def test_little_address_space(self):
        self.everywhere(resource.RLIMIT_AS, [size * MB for size in range(20, 201, 10)])

    def test_few_open_files(self):
        self.everywhere(resource.RLIMIT_NOFILE, range(3, 21))

    def test_few_threads(self):
        self.everywhere(resource.RLIMIT_NPROC, range(1, 6), nobody=True)

    def test_the_want_of_address_space_is_called_so(self):
        done = self.start(("run", "base.toml"), resource.RLIMIT_AS, 60 * MB)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("ulimit -v", done.stderr)

    def test_a_file_that_may_grow_no_further_is_no_end_by_a_signal(self):
        for most in (0, 1024, 8192):
            with self.subTest(most=most):
                done = self.start(("run", "base.toml", "--out", f"out-{most}"),
                                  resource.RLIMIT_FSIZE, most)
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertIn("cannot be written: File too large", done.stderr)
                left = [path for path in self.folder.rglob("result*.*.*")]
                self.assertEqual(left, [])

    def test_a_mask_is_no_limit_where_the_cpuset_is_wider(self):
        cores = sorted(os.sched_getaffinity(0))
        if len(cores) < 2:
            self.skipTest("one core")
        done = subprocess.run(
            (self.program, "run", "base.toml", "--set", f"run.cores=[{cores[0]}, {cores[1]}]",
             "--json", "masked.json"), cwd=self.folder, capture_output=True, text=True,
            timeout=HANG, check=False, preexec_fn=lambda: os.sched_setaffinity(0, cores[:1]))
        self.assertIn(done.returncode, (0, 4, 6), done.stderr)
        scenario = json.loads((self.folder / "masked.json").read_text())["scenarios"][0]
        self.assertEqual(scenario["placement"]["cpus"], cores[:2])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
