#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Repetitions beyond the planned ones, and the exit code of what stays undecided.

usage: until_test.py BUSMARK SCHEMA
"""

import os
import sys
import unittest

import cli_test

# Every message has a service time of its own draw.
CONFIG = """
[run]
repetitions = 2
retries = 0
warmup = "0s"
duration = "100ms"
[transport.synthetic]
service = "100us"
sigma = 1.0
[[scenario]]
name = "one"
transport = "synthetic"
load = "1000/s"
wait = "park"
oversubscribe = true
budget = "p50 < 60s"
"""


class Until(cli_test.Case):
    def measured(self, config, *arguments):
        path = self.write("until.toml", config)
        code, output, errors = self.run_it("run", path, "--json", "out.json", *arguments)
        result = cli_test.strict_json(self.folder / "out.json")
        cli_test.check_schema(result, SCHEMA)
        return code, output + errors, result["scenarios"][0]

    def test_a_clear_budget_has_the_planned_repetitions(self):
        # From three an interval is known, whatever their sections say.
        code, output, one = self.measured(CONFIG.replace("repetitions = 2", "repetitions = 3"),
                                          "--set", "run.retries=9")
        self.assertEqual(code, cli_test.worst_exit({"scenarios": [one]}), output)
        if one["verdict"] == "PASS":
            self.assertEqual(one["stopping"], {"planned": 3, "run": 3,
                                               "reason": "every budget is decided"})
            self.assertNotIn("planned,", output)

    def test_a_precision_out_of_reach_ends_at_the_bound(self):
        _, output, one = self.measured(CONFIG, "--until", "p50:0.2%")
        if one["verdict"] == "INVALID":
            self.skipTest("the machine was too busy to be believed")
        self.assertEqual(one["stopping"], {"planned": 2, "run": 8,
                                           "reason": "8 repetitions are the most"})
        self.assertGreaterEqual(len(one["repetitions"]), 8)
        self.assertIn("one: 2 planned, 8 run; 8 repetitions are the most", output)

    def test_a_precision_within_reach_is_met(self):
        _, output, one = self.measured(CONFIG, "--until", "p50:100%")
        if one["verdict"] == "INVALID":
            self.skipTest("the machine was too busy to be believed")
        self.assertIn("every interval narrow enough", one["stopping"]["reason"], output)

    def test_time_bounds_them_in_place_of_a_number(self):
        _, output, one = self.measured(CONFIG, "--until", "p50:0.2%", "--at-most", "4s")
        if one["verdict"] == "INVALID":
            self.skipTest("the machine was too busy to be believed")
        self.assertEqual(one["stopping"]["reason"], "at_most leaves no time for another one")
        self.assertGreaterEqual(one["stopping"]["run"], 2)

    def test_a_planned_run_is_not_extended(self):
        _, _, one = self.measured(CONFIG, "--until", "planned")
        self.assertEqual(one["stopping"]["run"], 2)
        self.assertEqual(one["stopping"]["reason"], "only the planned ones were asked for")

    def test_what_stays_undecided_has_its_own_exit_code(self):
        # No run of this length has the samples that a p99.99 takes.
        config = CONFIG.replace("p50 < 60s", "p99.99 < 60s")
        code, output, one = self.measured(config)
        if one["verdict"] == "INVALID":
            self.skipTest("the machine was too busy to be believed")
        self.assertEqual(one["verdict"], "INCONCLUSIVE", output)
        self.assertEqual(code, 6)
        self.assertEqual(one["stopping"]["run"], 2)
        self.assertIn("p99.99 needs 36887 samples", one["stopping"]["reason"])
        self.assertEqual(self.measured(config, "--strict")[0], 1)
        code, output, _ = self.measured(config, "--lenient")
        self.assertEqual(code, 0)
        self.assertIn("--lenient passes p99.99 < 60s of one, which is undecided", output)

    def test_a_plan_tells_the_bound_and_what_cannot_be_judged(self):
        path = self.write("until.toml", CONFIG.replace("p50 < 60s", "p99.99 < 60s"))
        code, output, _ = self.run_it("plan", path)
        self.assertEqual(code, 0)
        self.assertIn("until each budget is decided: at most 8 repetitions each", output)
        self.assertIn("one: p99.99 < 60s cannot be judged: 8 repetitions have 800 messages and it "
                      'takes 36887; duration = "4.62s" would do', output)
        code, output, _ = self.run_it("plan", path, "--at-most", "10s", "--until", "p50:5%")
        self.assertIn("until p50:5%: at most 10s in all", output)
        self.assertNotIn("at most", self.run_it("plan", path, "--until", "planned")[1])

    def test_bad_values_are_told(self):
        path = self.write("until.toml", CONFIG)
        self.refused("run", path, "--until", "soon", says='--until: "soon" is no end of a run')
        self.refused("run", path, "--at-most", "60", says="--at-most")
        self.refused("run", path, "--set", "run.duration=60s", "--at-most", "5s",
                     says="--at-most 5s is less than the planned repetitions take")
        self.refused("run", path, "--strict", "--lenient", says="--lenient")


if __name__ == "__main__":
    cli_test.PROGRAM, SCHEMA = map(os.path.abspath, sys.argv[1:3])
    unittest.main(argv=sys.argv[:1], verbosity=1)
