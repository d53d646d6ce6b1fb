#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Searches the highest rate of a programmed server, and what the search says to clumsy users.

usage: search_test.py BUSMARK
"""

import json
import os
import signal
import sys
import time
import unittest
from pathlib import Path

import cli_test

CONFIG = """
[run]
name = "server"
[transport.synthetic]
service = "20us"
[[scenario]]
name = "server"
transport = "synthetic"
oversubscribe = true
"""
FAST = ("--trial", "60ms", "--precision", "50%")


class Search(cli_test.Case):
    def setUp(self):
        super().setUp()
        self.config = self.write("server.toml", CONFIG)

    def refused(self, *arguments):
        code, output, errors = self.run_it("search", self.config, *arguments)
        self.assertEqual((code, output), (2, ""), errors)
        self.assertNotIn("results", self.files())
        return errors

    def test_the_curve_and_the_answer_agree(self):
        # How fast the machine is decides the answer, not whether it fits its own curve.
        code, output, errors = self.run_it("search", self.config, *FAST, "--json", "found.json")
        stored = json.loads((self.folder / "found.json").read_text())
        cli_test.check_document(stored)
        found = stored["scenarios"][0]
        self.assertTrue(found["complete"], errors)
        self.assertEqual(found["budget"], ["p95 < 5ms", "lost == 0"])
        rates = [step["rate"] for step in found["curve"]]
        self.assertEqual(rates, sorted(set(rates)))
        labels = {step["rate"]: step["label"] for step in found["curve"]}
        answer = found["sustainable_rate"]
        hidden = found["unclear"] or (answer and not found["confirmed"])
        self.assertEqual(code, 4 if hidden else 0 if answer else 1)
        self.assertEqual([goal["budget"] for goal in found["goals"]], found["budget"])
        for goal in found["goals"]:
            if goal["lower_bound"] and goal["upper_bound"]:
                self.assertLessEqual(goal["lower_bound"], goal["upper_bound"])
        if found["sustainable_rate"] is None:
            return
        self.assertEqual(labels[found["sustainable_rate"]], "OK")
        self.assertLessEqual(found["recommended_rate"], found["sustainable_rate"] * 0.81)
        self.assertIn("sustainable  ", output)
        if found["first_missed_rate"] is not None:
            self.assertNotEqual(labels[found["first_missed_rate"]], "OK")
            self.assertIn("limit  ", output)

    def test_a_budget_that_nothing_can_hold_and_one_that_everything_holds(self):
        code, output, _ = self.run_it("search", self.config, *FAST, "--budget", "p50 < 1ns",
                                      "--start", "2k/s", "--min", "1k/s")
        self.assertIn(code, (1, 4))
        self.assertRegex(output, "no rate holds, not even 1k/s|cannot be told")
        code, output, errors = self.run_it("search", self.config, *FAST, "--budget", "max < 60s",
                                           "--start", "1k/s", "--max", "2k/s")
        self.assertIn(code, (0, 4), errors)
        self.assertRegex(output, "every rate up to 2k/s holds|cannot be told|unclear")

    def test_what_cannot_be_meant_is_refused_with_the_cure(self):
        self.assertIn("lies above --max", self.refused("--min", "2k/s", "--max", "1k/s"))
        self.assertIn("--budget", self.refused("--budget", "p95 > 5ms"))
        self.assertIn("--precision", self.refused("--precision", "2"))
        self.assertIn("0.1%", self.refused("--precision", "0.01%"))
        self.assertIn("--trial", self.refused("--trial", "1us"))
        self.assertIn("--start", self.refused("--start", "fast"))
        self.assertIn("one placement", self.refused("--set", "run.cores=sweep"))

    def test_an_interrupt_keeps_the_curve_so_far(self):
        process = self.start("search", self.config, "--trial", "10s", "--json", "found.json")
        status = Path(f"/proc/{process.pid}/status")
        while not int(status.read_text().split("SigCgt:")[1].split()[0], 16) >> 1 & 1:
            time.sleep(0.01)  # until it catches SIGINT
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=cli_test.HANG)
        self.assertEqual(process.returncode, 130)
        self.assertIn("missed: lost, refused", output)
        stored = json.loads((self.folder / "found.json").read_text())
        cli_test.check_document(stored)
        self.assertTrue(stored["interrupted"])


if __name__ == "__main__":
    cli_test.PROGRAM = os.path.abspath(sys.argv[1])
    unittest.main(argv=sys.argv[:1], verbosity=2)
