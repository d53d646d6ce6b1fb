#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What made messages slow, from the stall to the words about it.

usage: slow_test.py BUSMARK SCHEMA
"""

import csv
import io
import os
import signal
import sys
import time
import unittest
from pathlib import Path

import cli_test

CONFIG = """
[run]
repetitions = 1
until = "planned"
retries = 0
warmup = "2ms"
duration = "1500ms"
[[scenario]]
name = "one"
load = "10k/s"
wait = "park"
oversubscribe = true
slow_over = "50ms"
budget = "p95 < 60s"
"""
STOPPED_MS = 200


class Tail(cli_test.Case):
    def validated(self, path):
        result = cli_test.strict_json(path)
        cli_test.check_schema(result, SCHEMA)
        return result

    def stopped_run(self, *arguments):
        """Stops the process for STOPPED_MS once it measures; returns its output and result."""
        config = self.write("slow.toml", CONFIG)
        process = self.start("run", config, "--json", "out.json", *arguments)
        wanted = b"producer-0"
        threads = Path(f"/proc/{process.pid}/task")
        while process.poll() is None:
            try:
                names = [(thread / "comm").read_bytes().strip() for thread in threads.iterdir()]
            except OSError:
                continue
            if wanted in names:
                break
        time.sleep(0.3)
        os.kill(process.pid, signal.SIGSTOP)
        time.sleep(STOPPED_MS / 1000)
        os.kill(process.pid, signal.SIGCONT)
        output, errors = process.communicate(timeout=60)
        return output, errors, self.validated(self.folder / "out.json")

    def test_a_stop_of_the_process_is_seen_in_full_and_explained(self):
        output, errors, result = self.stopped_run()
        (scenario,) = result["scenarios"]
        (repetition,) = scenario["repetitions"]
        longest = scenario["latency_ns"]["response"]["max"]
        self.assertGreaterEqual(longest, STOPPED_MS * 1_000_000, errors)
        self.assertEqual(repetition["pauses"], 1)
        self.assertTrue(repetition["disturbed"])
        self.assertIn("continued once (SIGCONT), as after SIGSTOP", repetition["disturbance"])
        worst = repetition["slow"]["worst"][0]
        self.assertEqual(worst["cause"], "stopped")
        self.assertEqual(worst["evidence"]["pauses"], 1)
        self.assertLess(abs(worst["response_ns"] - longest), 1_000_000)
        self.assertRegex(output, r"one +stopped +\d+ +\d+ +\d+ms +the process was stopped")
        self.assertIn("continued once (SIGCONT)", output)
        # All that was due meanwhile was slow, but for what stood at its end.
        least = 10_000 * (STOPPED_MS - 50) / 1000 * 0.8
        self.assertGreaterEqual(repetition["slow"]["messages"], least)
        code, rows, errors = self.run_it("report", "out.json", "--to", "csv-slow")
        self.assertEqual(code, 0, errors)
        (row, *_) = csv.DictReader(io.StringIO(rows))
        self.assertEqual(row["cause"], "stopped")
        self.assertEqual(int(row["response_ns"]), worst["response_ns"])
        self.assertEqual(int(row["pauses"]), 1)

    def test_a_run_without_a_stop_tells_of_none(self):
        config = self.write("slow.toml", CONFIG.replace('"1500ms"', '"100ms"'))
        _, _, errors = self.run_it("run", config, "--json", "out.json")
        (repetition,) = self.validated(self.folder / "out.json")["scenarios"][0]["repetitions"]
        self.assertNotIn("pauses", repetition, errors)
        self.assertEqual(repetition["slow"]["over_ns"], 50_000_000)

    def test_who_did_not_ask_gets_no_tail(self):
        config = self.write("slow.toml", CONFIG.replace('slow_over = "50ms"\n', "")
                            .replace('"1500ms"', '"20ms"'))
        _, output, _ = self.run_it("run", config, "--json", "out.json")
        (repetition,) = self.validated(self.folder / "out.json")["scenarios"][0]["repetitions"]
        self.assertNotIn("slow", repetition)
        self.assertNotIn("slow because", output)

    def test_a_threshold_of_nothing_is_refused(self):
        config = self.write("slow.toml", CONFIG.replace('"50ms"', '"0us"'))
        self.refused("run", config, says='slow.toml:13:13: slow_over: must be above 0, not "0us"')


if __name__ == "__main__":
    cli_test.PROGRAM, SCHEMA = map(os.path.abspath, sys.argv[1:3])
    unittest.main(argv=sys.argv[:1], verbosity=2)
