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

# Every message takes 2 ms of a server that is soon free again after a stall.
CONFIG = """
[run]
repetitions = 3
retries = 20
warmup = "0s"
[defaults]
transport = "synthetic"
load = "200/s"
wait = "park"
oversubscribe = true
interval = "10ms"
[transport.synthetic]
service = "2ms"
shape = "constant"
[[scenario]]
name = "hopeless"
duration = "20s"
budget = ["p95 < 1ms", "p50 < 60s", "lost == 0"]
abort_on_fail = true
[[scenario]]
name = "behind"
duration = "50ms"
load = "max"
transport = "queue/spsc"
budget = "lost == 0"
"""


STEADY = CONFIG.replace("200/s", "400/s").replace('warmup = "0s"', 'warmup = "auto 8s"')
STEADY = STEADY.replace("repetitions = 3", "repetitions = 1")
STEADY = STEADY.replace("retries = 20", "retries = 1")
STEADY = STEADY[:STEADY.index("[[scenario]]")] + """[[scenario]]
name = "steady"
duration = "500ms"
budget = "lost == 0"
"""


class Ending(cli_test.Case):
    def validated(self):
        result = cli_test.strict_json(self.folder / "out.json")
        cli_test.check_schema(result, SCHEMA)
        return result

    def measured(self, config, *arguments):
        path = self.write("ending.toml", config)
        code, output, errors = self.run_it("run", path, "--json", "out.json", *arguments)
        result = self.validated()
        self.assertEqual(code, cli_test.worst_exit(result), output + errors)
        return output + errors, result

    def test_a_hopeless_repetition_ends_early_and_fails(self):
        output, result = self.measured(CONFIG)
        hopeless, behind = result["scenarios"]
        # A machine that is busy with something else misses such a budget by itself.
        busy = "the machine misses" in output or "was missed: of" in output
        failed = "INVALID" if busy else "FAIL"
        self.assertEqual(hopeless["verdict"], failed, output)
        last = hopeless["repetitions"][-1]
        ended = last["called_off"]
        self.assertEqual(ended["budget"], "p95 < 1ms")
        self.assertEqual(ended["planned"], 4_001)
        self.assertGreaterEqual(ended["beyond"], ended["enough"])
        self.assertLess(ended["after_ns"], 20e9)
        self.assertTrue(last["ended_early"])
        self.assertFalse(last["interrupted"])
        self.assertFalse(result["interrupted"])
        counts = last["counts"]
        parts = counts["received"] + counts["dropped"] + counts["refused"] + counts["lost"]
        self.assertEqual(counts["published"], parts)
        self.assertEqual(counts["lost"], 0)
        # Each is one miss of several; what is withheld is withheld everywhere.
        undisturbed = [one for one in hopeless["repetitions"] if not one["disturbed"]]
        self.assertGreaterEqual(len(undisturbed), 1 if busy else 3)
        self.assertEqual(hopeless["stopping"]["planned"], 3)
        self.assertIsNone(hopeless["latency_ns"]["response"]["p95"])
        verdicts = [budget["verdict"] for budget in hopeless["budgets"]]
        if not busy:
            self.assertEqual(verdicts, ["FAIL", "INCONCLUSIVE", "INCONCLUSIVE"])
            self.assertRegex(output, r"FAIL +hopeless: p95 < 1ms: certain after .* of 20s: \d+ of "
                                     r"at most 4001 messages were beyond the limit, and \d+ deci")
        self.assertRegex(output, r"ended early +hopeless: repetition 1 of \d+ ended after .* of "
                                 r"20s: p95 < 1ms was certain to be missed")
        self.assertNotEqual(behind["verdict"], "SKIP")
        self.assertEqual(len(behind["repetitions"]) >= 3, True)

    def test_fail_fast_ends_the_run_with_it(self):
        _, result = self.measured(CONFIG, "--fail-fast")
        self.assertEqual(result["scenarios"][1]["verdict"], "SKIP")

    def test_who_did_not_ask_measures_to_the_end(self):
        short = CONFIG.replace('"20s"', '"200ms"').replace("abort_on_fail = true\n", "")
        _, result = self.measured(short)
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

    def test_a_warm_up_by_rule_is_recorded(self):
        output, result = self.measured(STEADY)
        (scenario,) = result["scenarios"]
        self.assertEqual(scenario["parameters"]["warmup"], "auto")
        for repetition in scenario["repetitions"]:
            warmup = repetition["warmup"]
            if not warmup["steady"]:  # as on a busy machine
                self.assertEqual(warmup["length_ns"], 8_000_000_000)
            self.assertGreaterEqual(warmup["length_ns"], 3_000_000_000)
            self.assertEqual(warmup["limit_ns"], 8_000_000_000)
            self.assertRegex(warmup["found"], r"^p50 moved by .* over the last \d+ windows"
                                              r"|\d+ of 60 windows had come")
            # Of 500 ms at 400/s, wherever the window came to lie.
            self.assertAlmostEqual(repetition["counts"]["published"], 200, delta=1)
        self.assertRegex(output, r"warm-up +steady: (not )?steady after ")

    def test_a_level_that_is_never_steady_is_told_and_measured(self):
        # Work comes in at three times the rate at which it is done: the backlog grows.
        config = STEADY.replace('"auto 8s"', '"auto 4s"').replace("400/s", "1500/s")
        config = config.replace("retries = 1", "retries = 0").replace(
            "[[scenario]]", "[[scenario]]\ncapacity = 100000\ndrain = \"60s\"")
        output, result = self.measured(config)
        warmup = result["scenarios"][0]["repetitions"][-1]["warmup"]
        self.assertFalse(warmup["steady"])
        self.assertEqual(warmup["length_ns"], 4_000_000_000)
        self.assertRegex(output, r"warm-up +steady: not steady after 4s in \d+ of \d+ repet")
        self.assertIn("measured before the level was shown to be steady", output)

    def test_operations_have_no_level_to_reach(self):
        config = ('[[scenario]]\nname = "a"\ntransport = "op/build"\nload = "max"\n'
                  'warmup = "auto"\n')
        self.refused("run", self.write("op.toml", config), says="could tell when it is warm")

    def test_bad_values_are_told(self):
        for value, says in [('"yes"', 'abort_on_fail: must be true or false, not "yes"'),
                            ("1", "abort_on_fail: must be true or false, not 1")]:
            config = CONFIG.replace("abort_on_fail = true", f"abort_on_fail = {value}")
            self.refused("run", self.write("bad.toml", config), says=says)


if __name__ == "__main__":
    cli_test.PROGRAM, SCHEMA = map(os.path.abspath, sys.argv[1:3])
    unittest.main(argv=sys.argv[:1], verbosity=1)
