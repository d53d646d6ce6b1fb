#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Budgets of memory and processor time, and payloads that are broken on purpose: from the config to
the result.

usage: process_test.py BUSMARK SCHEMA
"""

import os
import sys
import unittest

import cli_test

CONFIG = """
[run]
repetitions = 1
until = "planned"
retries = 0
warmup = "30ms"
duration = "200ms"
[defaults]
oversubscribe = true
wait = "park"
load = "5k/s"
transport = "bus/mpmc"
"""
MEMORY = CONFIG + """
[transport.synthetic]
leak_per_hour = "64GiB"
[[scenario]]
name = "leak"
transport = "synthetic"
budget = ["p95 < 60s", "rss < 64GiB", "memory.growth < 500kB"]
"""
CPU = CONFIG + """
[[scenario]]
name = "work"
work = "20us"
budget = ["cpu_overhead < 1000000%", "cpu_overhead < 60s"]
"""
CORRUPT = CONFIG + """
[[scenario]]
name = "bits"
checksum = true
payload = 100
fault = "corrupt at 50ms for 100ms"
budget = "p95 < 60s"
"""
SLOPE = CONFIG + '[[scenario]]\nname = "slope"\nbudget = "memory.growth < 10MB/h"\n'


class Process(cli_test.Case):
    def scenario(self, config, *arguments):
        self.write("a.toml", config)
        code, output, errors = self.run_it("run", "a.toml", "--json", "out.json", *arguments)
        result = cli_test.strict_json(self.folder / "out.json")
        cli_test.check_schema(result, SCHEMA)
        self.assertEqual(code, cli_test.worst_exit(result), errors)
        return result["scenarios"][0], output

    def test_memory_that_is_lost_fails_its_budget_and_stands_in_the_result(self):
        scenario, output = self.scenario(MEMORY)
        _, rss, growth = scenario["budgets"]
        (repetition,) = scenario["repetitions"]
        memory = repetition["memory_bytes"]
        self.assertEqual(growth["verdict"], "FAIL", growth)
        self.assertEqual(growth["value"], memory["after"] - memory["before"] - memory["own"])
        self.assertGreater(growth["value"], 1e6)
        if memory["peak"] is not None:
            self.assertEqual((rss["verdict"], rss["value"]), ("PASS", memory["peak"]))
            self.assertGreaterEqual(memory["peak"], memory["after"])
        self.assertRegex(output, r"FAIL +leak: memory.growth < 500kB: [0-9.]+ MB, missed")

    def test_a_slope_is_for_soaks(self):
        self.write("slope.toml", SLOPE)
        self.refused("run", "slope.toml", says="limits a slope, which busmark soak alone measures")
        self.refused("run", "slope.toml", "--set", "scenario.budget=rss > 1MB",
                     says="memory is limited with < or <=")

    def test_processor_time_has_an_interval_from_six_repetitions_on(self):
        scenario, output = self.scenario(CPU)
        self.assertIn(scenario["verdict"], ("INCONCLUSIVE", "INVALID"))
        scenario, output = self.scenario(CPU, "--set", "run.repetitions=6")
        self.assertEqual(len(scenario["repetitions"]), 6)
        for repetition in scenario["repetitions"]:
            cpu = repetition["cpu_per_message_ns"]
            self.assertGreater(cpu["transport"], 0)
            self.assertGreater(cpu["direct"], 0)
        overhead = scenario["cpu_overhead"]
        self.assertLessEqual(overhead["added_ns"]["low"], overhead["added_ns"]["value"])
        self.assertLessEqual(overhead["added_ns"]["value"], overhead["added_ns"]["high"])
        self.assertRegex(output, r"\ncpu +work: [0-9.]+us of processor time per message, ")

    def test_processor_time_is_for_runs(self):
        self.write("cpu.toml", CPU)
        self.refused("soak", "cpu.toml", says="soak is one repetition, and cpu_overhead needs six")
        self.refused("search", "cpu.toml", says="too few times for cpu_overhead")
        self.refused("run", "cpu.toml", "--set", "scenario.work=0ns", says="write work")
        self.refused("run", "cpu.toml", "--set", "scenario.wait=spin",
                     says="says nothing of threads that spin")

    def test_every_payload_that_was_broken_is_found(self):
        scenario, output = self.scenario(CORRUPT)
        (repetition,) = scenario["repetitions"]
        corrupt = repetition["fault"]["corrupt"]
        self.assertEqual(corrupt["planted"], corrupt["found"])
        self.assertEqual(repetition["counts"]["corrupt"], corrupt["found"])
        self.assertAlmostEqual(corrupt["planted"], 500, delta=1)
        self.assertIn(f"bits: {corrupt['planted']} payloads broken on purpose", output)
        self.refused("run", "a.toml", "--set", "scenario.checksum=false",
                     says="needs checksum = true")


if __name__ == "__main__":
    cli_test.PROGRAM, SCHEMA = map(os.path.abspath, sys.argv[1:3])
    unittest.main(argv=sys.argv[:1], verbosity=2)
