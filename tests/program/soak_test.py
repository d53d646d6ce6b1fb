#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Watches a programmed server for seconds, and what the soak says to clumsy users.

usage: soak_test.py BUSMARK
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
leak_per_hour = "LEAK"
[[scenario]]
name = "server"
transport = "synthetic"
oversubscribe = true
load = "2k/s"
warmup = "50ms"
budget = "p95 < 60s"
"""
# In seconds a small machine tells only large leaks from none.
LEAK = "40GB"
FAST = ("--duration", "3s", "--interval", "100ms")
COUNTED = ("received", "dropped", "refused", "lost")


class Soak(cli_test.Case):
    def setUp(self):
        super().setUp()
        self.config = self.write("server.toml", CONFIG.replace("LEAK", "0"))

    def soak(self, *arguments):
        code, output, errors = self.run_it("soak", *arguments, "--json", "soak.json")
        stored = cli_test.strict_json(self.folder / "soak.json")
        self.assertEqual(stored["schema"], "busmark.soak/1", errors)
        cli_test.check_document(stored)
        for scenario in stored["scenarios"]:
            counts = scenario["counts"]
            self.assertEqual(counts["published"], sum(counts[name] for name in COUNTED))
            self.assertEqual(sum(s["received"] for s in scenario["samples"]), counts["received"])
        return code, output, stored

    def test_a_planted_leak_is_found_with_its_size(self):
        config = self.write("leak.toml", CONFIG.replace("LEAK", LEAK))
        code, output, stored = self.soak(config, *FAST)
        memory = stored["scenarios"][0]["memory"]
        self.assertEqual((code, memory["class"]), (1, "leak"), output)
        # Two seconds on a machine that may be busy: the planted size within a factor of two.
        self.assertGreater(memory["rss"]["per_hour"]["slope"], 20e9)
        self.assertLess(memory["rss"]["per_hour"]["slope"], 80e9)
        self.assertIn("verdict    FAIL: memory leak", output)

    def test_without_a_leak_the_verdict_follows_from_what_was_measured(self):
        code, output, stored = self.soak(self.config, *FAST)
        scenario = stored["scenarios"][0]
        samples = len(scenario["samples"])  # fewer where the machine let none be taken for long
        self.assertTrue(3 <= samples <= 30, samples)
        self.assertIsNone(scenario["samples"][-1]["rss"])
        self.assertEqual(scenario["start_up_intervals"], (samples + 9) // 10)
        codes = {"PASS": 0, "WARN": 0, "FAIL": 1, "INVALID": 4, "INCONCLUSIVE": 4}
        self.assertEqual(code, codes[scenario["verdict"]], output)
        kind = scenario["memory"]["class"]
        self.assertIn(f"memory {kind}", output)
        if kind == "inconclusive":
            self.assertIn("it would have seen a leak of", output)
        # Its own copy and the log lie in the folder of the run.
        results = list((self.folder / "results").glob("server-soak-*"))
        self.assertEqual(len(results), 1)
        self.assertEqual(json.loads((results[0] / "soak.json").read_text()), stored)
        log = (results[0] / "soak.hlog").read_text().splitlines()
        lines = [line for line in log if line.startswith("Tag=")]
        self.assertEqual(len(lines), 2 * samples)

    def test_the_log_can_go_elsewhere_and_every_scenario_gets_its_time(self):
        more = self.write("two.toml", CONFIG.replace("LEAK", "0") + CONFIG[
            CONFIG.index("[[scenario]]"):].replace('"server"', '"second"'))
        process = self.start("soak", more, "--duration", "300ms", "--interval", "100ms",
                             "--hlog", "own.hlog", "--json", "soak.json")
        output, errors = process.communicate(timeout=cli_test.HANG)
        self.assertIn("soak of 2 scenarios, 3 intervals of 100ms each: 0 h 01 min in all", errors)
        stored = cli_test.strict_json(self.folder / "soak.json")
        names = [scenario["name"] for scenario in stored["scenarios"]]
        self.assertEqual(names, ["server", "second"])
        # Three intervals bound no slope.
        self.assertEqual(process.returncode, 4, output)
        self.assertIn("which bound no slope", output)
        log = (self.folder / "own.hlog").read_text()
        self.assertIn("Tag=server:response", log)
        self.assertIn("Tag=second:service", log)
        self.assertFalse([f for f in self.files() if f.endswith("soak.hlog")])

    def test_what_cannot_be_meant_is_refused_with_the_cure(self):
        def refused(*arguments, says):
            self.refused("soak", self.config, *arguments, says=says)
        refused("--duration", "20s", says=("shorter than 3 intervals of 10s", "write 30s or more"))
        refused("--duration", "1us", says="--duration")
        refused("--duration", "100h", says="--duration")
        refused("--interval", "1ms", says="--interval")
        refused("--duration", "24h", "--interval", "10ms", says="100000 are the most")
        refused("--duration", "soon", says="--duration")
        refused("--only", "z*", says="no scenario matches")
        refused("--set", "run.cores=sweep", says="one placement")
        refused("--set", "scenario.fault=stall at 100ms for 100ms", says="has a fault")
        refused("--hlog", "no/folder/x.hlog", says="--hlog")
        refused("--json", "", says="the value is empty")

    def test_an_interrupt_keeps_the_samples_so_far_and_the_books(self):
        process = self.start("soak", self.config, "--duration", "1h", "--interval", "100ms",
                             "--json", "soak.json", "--hlog", "own.hlog")
        log = self.folder / "own.hlog"
        start = time.monotonic()
        while not log.exists() or log.read_text().count("Tag=") < 6:
            time.sleep(0.01)
            self.assertLess(time.monotonic() - start, cli_test.HANG)
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=cli_test.HANG)
        self.assertEqual(process.returncode, 130, errors)
        self.assertIn("books      published", output)
        stored = json.loads((self.folder / "soak.json").read_text())
        self.assertTrue(stored["interrupted"])
        scenario = stored["scenarios"][0]
        self.assertTrue(scenario["interrupted"])
        self.assertGreaterEqual(len(scenario["samples"]), 3)
        counts = scenario["counts"]
        self.assertEqual(counts["published"], sum(counts[name] for name in COUNTED))
        self.assertEqual(sum(s["received"] for s in scenario["samples"]), counts["received"])

    def test_a_soak_that_is_killed_leaves_its_log(self):
        process = self.start("soak", self.config, "--duration", "1h", "--interval", "100ms",
                             "--hlog", "own.hlog")
        log = Path(self.folder / "own.hlog")
        start = time.monotonic()
        while not log.exists() or log.read_text().count("Tag=") < 4:
            time.sleep(0.01)
            self.assertLess(time.monotonic() - start, cli_test.HANG)
        process.kill()
        process.communicate(timeout=cli_test.HANG)
        code, output, errors = self.run_it("hist", "own.hlog")
        self.assertEqual(code, 0, errors)
        self.assertIn("server:response", output)


if __name__ == "__main__":
    cli_test.PROGRAM = os.path.abspath(sys.argv[1])
    unittest.main(argv=sys.argv[:1], verbosity=2)
