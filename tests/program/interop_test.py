#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Lets Java's HdrHistogram read the log of a run just made: it must find what busmark reports.

usage: interop_test.py BUSMARK
Skipped without java. Debian: default-jre-headless, libhdrhistogram-java.
"""

import csv
import glob
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

BUSMARK = os.path.abspath(sys.argv[1])
JARS = sorted(glob.glob("/usr/share/java/[Hh]dr[Hh]istogram*.jar"))
SCENARIO = "pair"
KINDS = ("response", "service")
CONFIG = f"""\
[run]
repetitions = 2
retries = 0
warmup = "5ms"
duration = "100ms"
[[scenario]]
name = "{SCENARIO}"
oversubscribe = true
load = "50k/s"
interval = "25ms"
"""


@unittest.skipUnless(shutil.which("java"), "java is not installed")
class InteropTest(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        if not JARS:
            raise RuntimeError("HdrHistogram's jar is missing; install libhdrhistogram-java")
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = Path(folder.name)
        (cls.folder / "run.toml").write_text(CONFIG, encoding="ascii")
        done = subprocess.run([BUSMARK, "run", "run.toml", "--out", "out"], cwd=cls.folder,
                              capture_output=True, encoding="utf-8", timeout=120, check=False)
        # A disturbed machine makes figures invalid (4) or budgets undecided (6); they must agree
        # all the same.
        if done.returncode not in (0, 4, 6):
            raise RuntimeError(f"the run ended with {done.returncode}: {done.stderr}")
        (cls.log,) = cls.folder.glob("out/*/result.hlog")
        (scenario,) = json.loads(cls.log.with_suffix(".json").read_text())["scenarios"]
        cls.result = scenario["latency_ns"]

    def hist(self, *arguments):
        return subprocess.run([BUSMARK, "hist", *arguments, str(self.log)], capture_output=True,
                              encoding="utf-8", timeout=60, check=True).stdout

    def java(self, *arguments):
        return subprocess.run(
            ["java", "-cp", JARS[0], "org.HdrHistogram.HistogramLogProcessor",
             "-i", str(self.log), *arguments],
            cwd=self.folder, env={**os.environ, "LC_ALL": "C"}, capture_output=True,
            encoding="utf-8", timeout=120, check=True).stdout

    def java_report(self, kind, *arguments):
        """(rows of the intervals, distribution) of one tag."""
        out = self.folder / f"{kind}{len(arguments)}"
        self.java("-tag", f"{SCENARIO}:{kind}", "-o", str(out), *arguments)
        # Two comment lines stand above each.
        intervals, distribution = (path.read_text(encoding="ascii").split("\n", 2)[2]
                                   for path in (out, Path(f"{out}.hgrm")))
        return intervals, distribution

    def test_java_finds_the_tags(self):
        first, *tags = self.java("-listtags").split("\n")
        self.assertTrue(first)
        self.assertEqual(sorted(filter(None, tags)), [f"{SCENARIO}:{kind}" for kind in KINDS])
        self.assertEqual(sorted(self.hist("--list-tags").split()),
                         [f"{SCENARIO}:{kind}" for kind in KINDS])

    def test_java_prints_the_same_distribution(self):
        for kind in KINDS:
            with self.subTest(kind=kind):
                _, text = self.java_report(kind)
                self.assertEqual(
                    self.hist("--tag", f"*:{kind}", "--hgrm", "--scale", "1000000"), text)

    def test_java_finds_the_counts_and_percentiles_of_result_and_hist(self):
        for kind in KINDS:
            with self.subTest(kind=kind):
                intervals, distribution = self.java_report(kind, "-csv",
                                                           "-outputValueUnitRatio", "1")
                self.assertEqual(self.hist("--tag", f"*:{kind}", "--csv", "--raw"), distribution)
                rows = list(csv.DictReader(intervals.splitlines()))
                self.compare_intervals(kind, rows)
                self.compare_totals(kind, rows[-1])

    def compare_intervals(self, kind, rows):
        """Each interval of `hist` is one of Java's."""
        lines = self.hist("--tag", f"*:{kind}", "--intervals", "--raw").splitlines()[1:]
        found = [line.split() for line in lines]
        self.assertEqual([int(cells[3]) for cells in found],
                         [int(row["Int_Count"]) for row in rows])
        for cells, row in zip(found, rows):
            if cells[4] != "-":
                self.assertEqual(int(cells[4]), float(row["Int_50%"]))

    def compare_totals(self, kind, total):
        """The last row of Java is the whole run."""
        titles, cells = (line.split() for line in self.hist(
            "--tag", f"*:{kind}", "--raw", "--percentiles", "50,90,99,99.9").splitlines())
        hist = dict(zip(titles, cells))
        result = self.result[kind]
        self.assertEqual(int(total["Total_Count"]), result["count"])
        self.assertEqual(int(hist["count"]), result["count"])
        self.assertIsNotNone(result["p99"])
        self.assertEqual(int(hist["max"]), float(total["Total_Max"]))
        for name in ("p50", "p90", "p99", "p99.9"):
            java = int(float(total[f"Total_{name[1:]}%"]))
            if result[name] is None:  # Withheld: its samples are worth too few independent ones.
                continue
            if hist[name] != "-":
                self.assertEqual(int(hist[name]), java, name)
            # A bucket's highest value, unless the exact maximum lies below it.
            self.assertEqual(result[name], min(java, result["max"]), name)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
