#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`busmark ab` as a user has it: settings, binaries, mistakes and interruption.

usage: ab_test.py BUSMARK
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
[transport.synthetic]
service = "20us"
shape = "constant"
[[scenario]]
name = "one"
transport = "synthetic"
load = "2k/s"
oversubscribe = true
"""
FACTOR = "transport.synthetic.latency_factor"
SHORT = ("--rounds", "6", "--block", "10ms")


class Ab(cli_test.Case):
    def setUp(self):
        super().setUp()
        self.config = self.write("one.toml", CONFIG)

    def ab(self, *arguments):
        return self.run_it("ab", self.config, *SHORT, *arguments)

    def test_a_difference_of_settings_is_measured_and_stored(self):
        # A factor of 50 is 1 ms beside 20 us: no busy machine hides it in most rounds.
        code, output, errors = self.ab("--b", f"{FACTOR}=50", "--measures", "p50",
                                       "--json", "out.json")
        self.assertIn(code, (0, 3, 4), errors)
        self.assertIn(f"B         {FACTOR}=50", output)
        stored = cli_test.strict_json(self.folder / "out.json")
        self.assertEqual(stored["schema"], "busmark.ab/1")
        cli_test.check_document(stored)
        self.assertEqual(stored["planned_rounds"], 6)
        self.assertEqual(len(stored["scenarios"][0]["blocks"]["again"]["p50"]), 6)
        self.assertEqual(len(list(self.folder.glob("results/one-ab-*/ab.json"))), 1)
        if code == 3:
            self.assertEqual(stored["scenarios"][0]["measures"][0]["verdict"], "regressed")

    def test_another_binary_runs_the_blocks_of_its_side(self):
        code, output, errors = self.run_it(
            "ab", self.config, "--rounds", "1", "--block", "10ms", "--b-binary", cli_test.PROGRAM,
            "--measures", "p50")
        self.assertIn(code, (0, 4), errors)
        self.assertIn(os.path.realpath(cli_test.PROGRAM), output)

    def test_a_session_ends_when_it_is_decided(self):
        code, _, errors = self.run_it(
            "ab", self.config, "--b", f"{FACTOR}=50", "--measures", "p50", "--until", "decided",
            "--at-most", "20s", "--json", "out.json")
        self.assertIn(code, (0, 3, 4), errors)
        stored = cli_test.strict_json(self.folder / "out.json")
        self.assertEqual(stored["at_most_ns"], 20_000_000_000)
        self.assertGreaterEqual(stored["looks"], 1)
        self.assertLess(stored["look_share"], 0.5)
        self.assertLess(stored["block_ns"], 200_000_000)
        if code == 3:
            self.assertTrue(stored["decided"])
            self.assertTrue(stored["scenarios"][0]["measures"][0]["primary"])

    def test_a_call_is_repeated_in_a_fresh_process(self):
        code, output, errors = self.ab("--b", f"{FACTOR}=50", "--measures", "p50", "--confirm", "1",
                                       "--json", "out.json")
        self.assertIn(code, (0, 3, 4), errors)
        stored = cli_test.strict_json(self.folder / "out.json")
        measures = stored["scenarios"][0]["measures"]
        if stored["confirmations"] == 0:  # nothing was called: a busy machine
            self.assertTrue(all(one["confirmed"] is None for one in measures))
            return
        self.assertRegex(output, r"session +scenario +measure")
        for one in measures:
            if one["verdict"] in ("regressed", "improved"):
                self.assertEqual(one["confirmed"], 1)

    def test_what_cannot_be_compared_is_refused_in_one_line(self):
        for arguments, words in (
                ((), "nothing is to differ"),
                (("--b", "queue/spsc"), "is no KEY=VALUE"),
                (("--b", "transport=queue/spcs"), 'did you mean "queue/spsc"'),
                (("--b-binary", "./none"), "is no program"),
                (("--b", "payload=[1,2]"), "scenarios of the same names"),
                (("--b", "batch=2", "--until", "noon"), "--until"),
                (("--b", "batch=2", "--until", "decided"), "leave out --rounds"),
                (("--b", "batch=2", "--confirm", "101"), "--confirm"),
                (("--b", "batch=2", "--at-most", "5s"), "--until decided"),
                (("--b", "batch=2", "--block", "5"), "--block")):
            code, _, errors = self.ab(*arguments)
            self.assertEqual(code, 2, errors)
            self.assertIn(words, errors)
            self.assertEqual(errors.count("\n"), 1, errors)
        fake = self.folder / "fake"
        fake.write_text("#!/bin/sh\necho no such thing >&2\nexit 1\n")
        fake.chmod(0o755)
        code, _, errors = self.ab("--b-binary", str(fake))
        self.assertEqual(code, 2)
        self.assertIn("gave no result", errors)
        self.assertIn("no such thing", errors)

    def test_an_interrupt_leaves_what_is_known(self):
        process = self.start("ab", self.config, "--b", "batch=2", "--rounds", "1000", "--block",
                             "10ms")
        threads = Path("/proc", str(process.pid), "task")
        end = time.monotonic() + cli_test.HANG
        while not any(t.read_text().startswith("producer") for t in threads.glob("*/comm")):
            self.assertLess(time.monotonic(), end, "the program never came so far")
            time.sleep(0.002)
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=cli_test.HANG)
        self.assertEqual(process.returncode, 130, errors)
        self.assertIn("result   results/one-ab-", output)
        (result,) = self.folder.glob("results/*/ab.json")
        self.assertTrue(cli_test.strict_json(result)["interrupted"])

    def test_an_interrupt_before_the_first_round_says_that_nothing_is_compared(self):
        process = self.start("ab", self.config, "--b", "batch=2", "--block", "60s")
        threads = Path("/proc", str(process.pid), "task")
        end = time.monotonic() + cli_test.HANG
        while not any(t.read_text().startswith("producer") for t in threads.glob("*/comm")):
            self.assertLess(time.monotonic(), end, "the program never came so far")
            time.sleep(0.002)
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=cli_test.HANG)
        self.assertEqual(process.returncode, 130, errors)
        self.assertIn("no round was completed", output)

    def test_a_history_grows_by_a_line_with_every_run(self):
        # As fast as can be: a rate that a busy machine misses would leave a run without figures.
        arguments = ("run", self.config, "--set", "run.repetitions=1", "--set", "run.retries=0",
                     "--set", "scenario.duration=20ms", "--set", "scenario.load=max",
                     "--history", "kept/history.jsonl")
        for label in ("first", "second"):
            code, _, errors = self.run_it(*arguments, "--label", label, "--note", "tried",
                                          "--json", "out.json")
            self.assertIn(code, (0, 1, 4, 6), errors)
        self.assertEqual(cli_test.strict_json(self.folder / "out.json")["label"], "second")
        kept = self.folder / "kept/history.jsonl"
        for line in kept.read_text().splitlines():
            cli_test.check_document(json.loads(line))
        with kept.open("a") as file:
            file.write('{"schema": "busmark.his')  # a crash
        self.run_it(*arguments, "--label", "third")
        self.assertEqual([json.loads(line)["label"] for line in kept.read_text().splitlines()
                          if line.endswith("}")], ["first", "second", "third"])
        code, output, errors = self.run_it("history", "kept/history.jsonl", "--measure", "rate")
        self.assertEqual(code, 0, errors)
        self.assertIn("line 3 is no JSON object", errors)
        self.assertRegex(output, r"one +\d")
        code, _, errors = self.run_it("history", "kept/history.jsonl", "--only", "none*")
        self.assertEqual(code, 2, errors)
        self.assertIn('matches "none*"', errors)
        (self.folder / "empty.jsonl").touch()
        code, _, errors = self.run_it("history", str(self.folder / "empty.jsonl"))
        self.assertEqual(code, 2, errors)
        code, _, errors = self.run_it("history")
        self.assertEqual(code, 2)
        self.assertIn("there is no history", errors)
        code, _, errors = self.run_it("run", self.config, "--history", "/dev/null/x")
        self.assertEqual(code, 2)
        self.assertIn("--history", errors)


if __name__ == "__main__":
    cli_test.PROGRAM = os.path.abspath(sys.argv[1])
    unittest.main(argv=sys.argv[:1], verbosity=2)
