#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Repetitions whose length follows what they measure.

usage: ending_test.py BUSMARK SCHEMA
"""

import os
import signal
import sys
import time
import unittest

import cli_test

# Every message is held for 10 ms, by a server that is never busy: p95 < 1ms is hopeless.
CONFIG = """
[run]
repetitions = 3
retries = 20
warmup = "0s"
[defaults]
transport = "synthetic"
load = "5k/s"
wait = "park"
oversubscribe = true
interval = "10ms"
[transport.synthetic]
service = "100us"
shape = "constant"
latency_factor = 100
[[scenario]]
name = "hopeless"
duration = "20s"
budget = ["p95 < 1ms", "p50 < 60s", "lost == 0"]
abort_on_fail = true
[[scenario]]
name = "behind"
duration = "50ms"
budget = "lost == 0"
"""


class Ending(cli_test.Case):
    def validated(self):
        result = cli_test.strict_json(self.folder / "out.json")
        cli_test.check_schema(result, SCHEMA)
        return result

    def measured(self, config, *arguments, code=0):
        path = self.write("ending.toml", config)
        found, output, errors = self.run_it("run", path, "--json", "out.json", *arguments)
        self.assertEqual(found, code, output + errors)
        return output + errors, self.validated()

    def test_a_hopeless_repetition_ends_early_and_fails(self):
        output, result = self.measured(CONFIG, code=1)
        hopeless, behind = result["scenarios"]
        self.assertEqual(hopeless["verdict"], "FAIL", output)
        last = hopeless["repetitions"][-1]
        ended = last["called_off"]
        self.assertEqual(ended["budget"], "p95 < 1ms")
        self.assertEqual(ended["planned"], 100_001)
        self.assertGreaterEqual(ended["beyond"], ended["enough"])
        self.assertLess(ended["after_ns"], 20e9)
        self.assertTrue(last["ended_early"])
        self.assertFalse(last["interrupted"])
        self.assertFalse(result["interrupted"])
        counts = last["counts"]
        parts = counts["received"] + counts["dropped"] + counts["refused"] + counts["lost"]
        self.assertEqual(counts["published"], parts)
        self.assertEqual(counts["lost"], 0)
        # Nothing after the one that settled it; what is withheld is withheld everywhere.
        undisturbed = [one for one in hopeless["repetitions"] if not one["disturbed"]]
        self.assertEqual(len(undisturbed), 1)
        self.assertIsNone(hopeless["latency_ns"]["response"]["p95"])
        verdicts = [budget["verdict"] for budget in hopeless["budgets"]]
        self.assertEqual(verdicts, ["FAIL", "INCONCLUSIVE", "INCONCLUSIVE"])
        self.assertRegex(output, r"ended early +hopeless: repetition 1 of 3 ended after .* of 20s: "
                                 r"p95 < 1ms was certain to be missed; the other 2 were not run")
        self.assertRegex(output, r"FAIL +hopeless: p95 < 1ms: .*certain after .* of 20s: \d+ of at "
                                 r"most 100001 messages were beyond the limit, and \d+ decide it")
        self.assertNotEqual(behind["verdict"], "SKIP")
        self.assertEqual(len(behind["repetitions"]) >= 3, True)

    def test_fail_fast_ends_the_run_with_it(self):
        _, result = self.measured(CONFIG, "--fail-fast", code=1)
        self.assertEqual(result["scenarios"][1]["verdict"], "SKIP")

    def test_who_did_not_ask_measures_to_the_end(self):
        short = CONFIG.replace('"20s"', '"200ms"').replace("abort_on_fail = true\n", "")
        _, result = self.measured(short, code=1)
        for repetition in result["scenarios"][0]["repetitions"]:
            self.assertNotIn("called_off", repetition)
            self.assertFalse(repetition["ended_early"])

    def test_an_interrupt_stays_one(self):
        # Nothing is certain in so long a window; the flag is up when the signal comes.
        long = CONFIG.replace('"20s"', '"600s"')
        process = self.start("run", self.write("long.toml", long), "--json", "out.json")
        self.wait_for_threads(process)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130)
        result = self.validated()
        self.assertTrue(result["interrupted"])
        self.assertNotIn("called_off", result["scenarios"][0]["repetitions"][-1])

    def wait_for_threads(self, process):
        threads = f"/proc/{process.pid}/task"
        while process.poll() is None:
            names = []
            for thread in os.listdir(threads):
                try:
                    with open(f"{threads}/{thread}/comm", encoding="ascii") as name:
                        names.append(name.read().strip())
                except OSError:
                    pass
            if "producer-0" in names:
                break
        time.sleep(0.3)

    def test_bad_values_are_told(self):
        for value, says in [('"yes"', 'abort_on_fail: must be true or false, not "yes"'),
                            ("1", "abort_on_fail: must be true or false, not 1")]:
            config = CONFIG.replace("abort_on_fail = true", f"abort_on_fail = {value}")
            self.refused("run", self.write("bad.toml", config), says=says)


if __name__ == "__main__":
    cli_test.PROGRAM, SCHEMA = map(os.path.abspath, sys.argv[1:3])
    unittest.main(argv=sys.argv[:1], verbosity=1)
