#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A load in stages, from the config to its rows in the result, and what clumsy users are told.

usage: stages_test.py BUSMARK SCHEMA
"""

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
[defaults]
oversubscribe = true
load = "20k/s"
budget = "p95 < 60s"
[[scenario]]
name = "spike"
stages = ["1x for 40ms", "10x for 20ms", "1x for 40ms"]
[[scenario]]
name = "all"
producers = 2
transport = "queue/mpmc"
arrivals = "poisson"
stages = ["ramp to 2x over 20ms", "step -10k/s every 10ms to 10k/s", "quiet for 5ms",
          "burst of 20 every 5ms for 10ms", "on 1ms off 3ms at 4x for 12ms"]
"""
ONE = '[[scenario]]\nname = "one"\n'


class Stages(cli_test.Case):
    def setUp(self):
        super().setUp()
        self.config = self.write("stages.toml", CONFIG)

    def test_every_stage_has_its_row_and_every_message_its_stage(self):
        code, output, errors = self.run_it("run", self.config, "--json", "out.json")
        result = cli_test.strict_json(self.folder / "out.json")
        self.assertEqual(code, cli_test.worst_exit(result), errors)
        cli_test.check_schema(result, SCHEMA)
        spike, mixed = result["scenarios"]
        self.assertEqual([stage["stage"] for stage in spike["stages"]],
                         ["1x for 40ms", "10x for 20ms", "1x for 40ms"])
        self.assertEqual([stage["raised"] for stage in spike["stages"]], [False, True, False])
        self.assertEqual([stage["stage"] for stage in mixed["stages"]],
                         ["ramp to 2x over 20ms", "step to 30k/s", "step to 20k/s",
                          "step to 10k/s", "quiet for 5ms", "burst of 20 every 5ms for 10ms",
                          "on 1ms off 3ms at 4x for 12ms"])
        for scenario in (spike, mixed):
            (repetition,) = scenario["repetitions"]
            for parts in (scenario["stages"], repetition["load_series"]):
                self.assertEqual(sum(part["received"] for part in parts),
                                 scenario["counts"]["received"])
                ends = [0] + [part["start_ns"] + part["length_ns"] for part in parts]
                self.assertEqual([part["start_ns"] for part in parts], ends[:-1])
                self.assertEqual(ends[-1], scenario["parameters"]["duration_ns"])
            self.assertEqual(sum(stage["published"] for stage in scenario["stages"]),
                             scenario["counts"]["published"])
        for interval in spike["repetitions"][0]["load_series"]:
            self.assertLessEqual(abs(interval["due"] - interval["intended"]), 1.01)
        self.assertIn("10x for 20ms", output)
        self.assertIn("p95 back", output)

    def test_the_plan_shows_when_which_stage_begins(self):
        code, output, errors = self.run_it("plan", self.config)
        self.assertEqual(code, 0, errors)
        rows = [line.split() for line in output.splitlines()]
        self.assertIn("spike 10x for 20ms 40ms 20ms 200k/s 4000".split(), rows)
        self.assertIn("all ramp to 2x over 20ms 0ns 20ms 20k/s to 40k/s 600".split(), rows)
        self.assertIn("all step to 30k/s 20ms 10ms 30k/s 300".split(), rows)

    def test_a_spike_into_a_full_queue_that_drops_is_invalid_and_named(self):
        self.write("drop.toml", ONE + 'oversubscribe = true\ncapacity = 2\non_full = "drop"\n'
                   'load = "1k/s"\n'
                   'stages = ["1x for 20ms", "burst of 100000 every 20ms for 20ms"]\n')
        code, output, errors = self.run_it("run", "drop.toml", "--set", "run.repetitions=1",
                                           "--json", "out.json")
        self.assertEqual(code, 4, errors)
        (scenario,) = cli_test.strict_json(self.folder / "out.json")["scenarios"]
        self.assertGreater(scenario["stages"][1]["refused"], 1000)
        self.assertIn('stage 2 of 2 ("burst of 100000 every 20ms for 20ms") missed its 5M/s',
                      output)

    def test_mistakes_are_told_with_their_place_and_what_to_write(self):
        self.write("typo.toml", ONE + 'stages = ["1x for 1s", "10x fro 500ms"]\n')
        self.refused("run", "typo.toml",
                     says=["typo.toml:3:24: stages: \"10x fro 500ms\" is no stage",
                           "\"burst of 1000 every 100ms for 2s\""])
        self.write("both.toml", ONE + 'stages = "1x for 1s"\nduration = "1s"\n')
        self.refused("plan", "both.toml", says="both.toml:4:12: duration: stands beside stages")
        self.write("max.toml", ONE + 'stages = "1x for 1s"\nload = "max"\n')
        self.refused("run", "max.toml", says="max.toml:3:10: stages: go by a rate")
        self.refused("run", self.config, "--set", "scenario.stages=quiet 5ms",
                     says="--set scenario.stages: stages: \"quiet 5ms\" is no stage")

    def test_what_needs_a_steady_load_refuses_stages(self):
        self.refused("search", self.config, says="search tries steady rates; leave out stages")
        self.refused("run", self.config, "--agents", "2",
                     says="scenario spike: agents share one steady load; leave out stages")

    def test_an_interrupted_run_shows_the_stages_so_far(self):
        self.write("long.toml", ONE + 'oversubscribe = true\nload = "1k/s"\n'
                   'stages = ["1x for 50ms", "2x for 1h"]\n')
        process = self.start("run", "long.toml", "--json", "out.json")
        while not any("producer" in name for name in self.threads_of(process)):
            self.assertIsNone(process.poll())
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=cli_test.HANG)
        self.assertEqual(process.returncode, 130, errors)
        (scenario,) = cli_test.strict_json(self.folder / "out.json")["scenarios"]
        self.assertEqual(len(scenario["stages"]), 2)
        self.assertEqual(sum(stage["published"] for stage in scenario["stages"]),
                         scenario["counts"]["published"])

    @staticmethod
    def threads_of(process):
        try:
            return [t.read_text() for t in Path(f"/proc/{process.pid}/task").glob("*/comm")]
        except OSError:
            return []  # one has just ended

    def test_a_stored_result_has_a_form_for_stages(self):
        self.run_it("run", self.config, "--json", "out.json")
        code, output, errors = self.run_it("report", "out.json", "--to", "csv-stages")
        self.assertEqual(code, 0, errors)
        self.assertEqual(len(output.splitlines()), 1 + 3 + 7)


if __name__ == "__main__":
    cli_test.PROGRAM, SCHEMA = map(os.path.abspath, sys.argv[1:3])
    unittest.main(argv=sys.argv[:1], verbosity=2)
