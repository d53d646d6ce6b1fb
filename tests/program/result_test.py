#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What real runs write is true to the schema, adds up, and asks for the exit code they ended with.

usage: result_test.py BUSMARK SCHEMA
"""

import os
import copy
import json
import sys
import unittest
import warnings
from pathlib import Path

import cli_test
from cli_test import RUN

SCENARIOS = '''
[defaults]
oversubscribe = true
budget = ["p95 < 60s", "lost == 0"]
[[scenario]]
name = "paced"
transport = ["queue/spsc", "queue/mpmc", "queue/moodycamel", "queue/mutex"]
load = "20k/s"
checksum = true
[[scenario]]
name = "full"
transport = "queue/mpmc"
load = "max"
capacity = 2
on_full = "drop"
[[scenario]]
name = "crowd"
transport = ["queue/mpmc", "queue/moodycamel", "queue/mutex"]
producers = 2
consumers = 2
load = "max"
wait = "park"
batch = 8
[[scenario]]
name = "few"
load = "300/s"
'''
LATENCIES = ("p50", "p75", "p90", "p95", "p99", "p99.9", "p99.99", "max")


MISSING = object()


def places(value, place=()):
    """Of each list the first element, and of parts that are alike one."""
    parts = value.items() if isinstance(value, dict) else enumerate(value[:1])
    for key, part in parts:
        yield (*place, key)
        if isinstance(part, (dict, list)) and key not in ("service", "pacing_ns", "after"):
            yield from places(part, (*place, key))


def mutations(document):
    """(place, what stands there, document) where one value is missing, null, or of another kind."""
    for place in places(document):
        for wrong in (MISSING, None, -1):
            broken = copy.deepcopy(document)
            holder = broken
            for key in place[:-1]:
                holder = holder[key]
            if wrong is MISSING:
                del holder[place[-1]]
            else:
                holder[place[-1]] = wrong
            yield place, wrong, broken


class Result(cli_test.Case):
    @classmethod
    def setUpClass(cls):
        """One run serves all tests: they only read."""
        super().setUpClass()
        case = cls("setUp")
        case.setUp()
        cls.addClassCleanup(case.doCleanups)
        config = case.write("all.toml", RUN + SCENARIOS)
        cls.code, cls.output, cls.errors = case.run_it("run", config, "--json", "out.json")
        cls.given = (case.folder / "out.json").read_bytes()
        cls.kept = [path.read_bytes() for path in case.folder.glob("results/all-*/result.json")]
        cls.result = cli_test.strict_json(case.folder / "out.json")

    def repetitions(self):
        for scenario in self.result["scenarios"]:
            for repetition in scenario["repetitions"]:
                yield scenario, repetition

    def test_both_copies_of_the_result_are_the_same(self):
        self.assertEqual(self.kept, [self.given])

    def test_the_result_follows_the_published_schema(self):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import jsonschema
            schema = json.loads(Path(SCHEMA).read_text("utf-8"))
            jsonschema.validate(self.result, schema)
            broken = copy.deepcopy(self.result)
            broken["scenarios"][0]["verdict"] = "GOOD"
            with self.assertRaises(jsonschema.ValidationError):
                jsonschema.validate(broken, schema)

    def test_the_schema_is_as_strict_as_the_reader(self):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import jsonschema
        schema = jsonschema.Draft7Validator(json.loads(Path(SCHEMA).read_text("utf-8")))
        small = copy.deepcopy(self.result)
        small["scenarios"] = small["scenarios"][:1]
        small["scenarios"][0]["repetitions"] = small["scenarios"][0]["repetitions"][:1]
        self.assertTrue(schema.is_valid(small))
        refused = 0
        for place, wrong, broken in mutations(small):
            (self.folder / "broken.json").write_text(json.dumps(broken))
            code, _, errors = self.run_it("report", "broken.json", "--to", "csv")
            self.assertIn(code, (0, 2), errors)
            with self.subTest(place=place, wrong=wrong):
                if code == 2:
                    refused += 1
                    # That a percentile which is there has an interval no schema can say.
                    self.assertTrue("interval_95" in place or not schema.is_valid(broken), errors)
                elif wrong is MISSING and "parameters" not in place:
                    self.assertTrue(schema.is_valid(broken))
        self.assertGreater(refused, 300)

    def test_every_scenario_is_there_with_all_its_repetitions(self):
        names = [scenario["name"] for scenario in self.result["scenarios"]]
        self.assertEqual(len(names), 9)
        self.assertEqual(len(set(names)), 9)
        for scenario in self.result["scenarios"]:
            # Two of 20 ms may leave a budget undecided, and then there are more.
            self.assertEqual(scenario["stopping"]["planned"], 2)
            self.assertEqual(len(scenario["repetitions"]), scenario["stopping"]["run"],
                             scenario["name"])
            self.assertTrue(any(r["used"] for r in scenario["repetitions"]), scenario["name"])

    def test_no_message_is_unaccounted_for(self):
        for scenario, repetition in self.repetitions():
            with self.subTest(scenario=scenario["name"]):
                counts = repetition["counts"]
                self.assertEqual(counts["published"], counts["received"] + counts["dropped"]
                                 + counts["refused"] + counts["lost"])
                self.assertEqual((counts["lost"], counts["corrupt"], counts["duplicated"]),
                                 (0, 0, 0))
                # Each message that was received in the window is one sample, none is dropped.
                for kind in ("response", "service"):
                    self.assertEqual(repetition["latency_ns"][kind]["count"], counts["received"])

    def test_a_scenario_sums_up_the_repetitions_it_used(self):
        for scenario in self.result["scenarios"]:
            used = [r["counts"] for r in scenario["repetitions"] if r["used"]]
            for key, total in scenario["counts"].items():
                self.assertEqual(total, sum(counts[key] for counts in used), scenario["name"])
            self.assertEqual(scenario["latency_ns"]["response"]["count"],
                             scenario["counts"]["received"])

    def test_a_full_queue_that_may_drop_refuses_and_loses_nothing(self):
        (full,) = [s for s in self.result["scenarios"] if s["name"] == "full"]
        self.assertGreater(full["counts"]["refused"], 0)
        self.assertEqual(full["counts"]["lost"], 0)

    def test_percentiles_rise(self):
        parts = [part["latency_ns"][kind] for pair in self.repetitions() for part in pair
                 for kind in ("response", "service")]
        parts += [part["pacing_ns"] for pair in self.repetitions() for part in pair
                  if part["pacing_ns"]]
        for latency in parts:
            values = [latency[key] for key in LATENCIES if latency[key] is not None]
            self.assertEqual(values, sorted(values))
            if values and "min" in latency:
                self.assertLessEqual(latency["min"], values[0])
                self.assertTrue(latency["min"] <= latency["mean"] <= latency["max"])

    def test_too_few_samples_withhold_the_percentile_and_leave_the_budget_undecided(self):
        (few,) = [s for s in self.result["scenarios"] if s["name"] == "few"]
        latency = few["latency_ns"]["response"]
        self.assertLess(latency["count"], 72)
        self.assertIsNone(latency["p95"])
        self.assertEqual(few["verdict"], "INCONCLUSIVE")
        self.assertIn(self.code, (1, 4, 6))

    def test_the_table_names_every_scenario_and_the_place_of_the_result(self):
        for scenario in self.result["scenarios"]:
            self.assertIn(scenario["name"], self.output)
        self.assertRegex(self.output, "results/all-[0-9TZ]+/result.json")

    def test_report_prints_the_stored_result_as_run_printed_it(self):
        name = self.write("r.json", self.given)
        code, told, errors = self.run_it("report", name, "--to", "text")
        self.assertEqual((code, errors), (0, ""))
        place = [line for line in self.output.splitlines(True) if line.startswith("result ")]
        self.assertEqual(told + "".join(place), self.output)


class BesideTheRun(cli_test.Case):
    """What is done around the measured threads, which no machine has to allow."""

    def measured(self, *settings):
        config = self.write("slot.toml", RUN + """
[[scenario]]
name = "slot"
transport = "op/slot"
load = "max"
budget = "p95 < 60s"
""")
        code, output, errors = self.run_it("run", config, "--json", "out.json", "--lenient",
                                           *settings)  # One repetition may leave it undecided.
        self.assertEqual(code, 0, errors)
        result = cli_test.strict_json(self.folder / "out.json")
        cli_test.check_schema(result, SCHEMA)
        steps = {step["name"]: step for step in result["environment"]["tuning"]}
        return steps, result["scenarios"][0], output

    def test_what_a_free_core_did_is_told_or_why_none_was_watched(self):
        steps, scenario, output = self.measured("--set", "run.repetitions=1")
        step = steps["floor_during"]
        self.assertTrue(step["detail"])
        self.assertEqual("floor_during" in scenario, step["done"], step)
        if not step["done"]:
            return
        floor = scenario["floor_during"]
        self.assertEqual(step["detail"], f"cpu {floor['cpu']}")
        self.assertNotEqual(floor["cpu"], scenario["placement"]["cpus"][0])
        self.assertGreater(floor["watched_ns"], 0)
        self.assertLessEqual(floor["foreign_share"], floor["lost_share"])
        self.assertIn(f"beside   cpu {floor['cpu']}, which nothing measured", output)

    def test_where_every_core_is_measured_none_is_watched(self):
        cores = sorted(os.sched_getaffinity(0))
        config = self.write("all.toml", RUN + f"""
[[scenario]]
name = "one"
oversubscribe = true
producers = {len(cores)}
transport = "queue/mpmc"
load = "1k/s"
budget = "lost == 0"
""")
        _, output, errors = self.run_it("run", config, "--json", "out.json")
        result = cli_test.strict_json(self.folder / "out.json")
        self.assertNotIn("floor_during", result["scenarios"][0], errors)
        self.assertNotIn("\nbeside ", output)

    def test_huge_pages_are_reached_or_the_reason_is_told(self):
        steps, _, output = self.measured("--set", "run.huge_pages=on")
        step = steps["huge_pages"]
        self.assertRegex(step["detail"], r"^\d+ of \d+ KiB" if step["done"] else ".")
        self.assertEqual("huge_pages had no effect" in output, not step["done"])
        self.assertTrue(self.measured("--set", "run.huge_pages=off")[0]["huge_pages"]["done"])
        self.assertNotIn("huge_pages", self.measured()[0])


class ExitCode(cli_test.Case):
    def ended(self, *settings):
        code, _, errors = self.run_it("run", self.config, "--json", "out.json", *settings)
        self.assertTrue((self.folder / "out.json").exists(), errors)
        result = cli_test.strict_json(self.folder / "out.json")
        self.assertEqual(code, cli_test.worst_exit(result))
        return code, result["scenarios"][0]

    def test_a_budget_that_every_machine_meets_passes(self):
        _, scenario = self.ended("--set", "run.duration=100ms", "--set", "run.retries=9")
        used = sum(repetition["used"] for repetition in scenario["repetitions"])
        # Three repetitions always know an interval; where the machine spoils them, it is told.
        self.assertIn(scenario["verdict"], ("PASS",) if used >= 3 and not scenario["reasons"]
                      else ("PASS", "INVALID", "INCONCLUSIVE"), scenario["reasons"])
        if scenario["verdict"] != "PASS":
            self.assertTrue(scenario["reasons"])

    def test_a_budget_that_no_machine_meets_fails(self):
        # A rate, because a latency may be missed by the floor of these cores alone.
        _, scenario = self.ended("--set", 'scenario.budget=["rate > 1000000M/s"]',
                                 "--set", "scenario.load=max", "--set", "run.retries=9")
        # A miss is no verdict where the machine moved during every repetition.
        quiet = any(not repetition["disturbed"] for repetition in scenario["repetitions"])
        self.assertEqual(scenario["verdict"], "FAIL" if quiet else "INVALID", scenario["budgets"])

    def test_quick_marks_the_result_and_only_selects(self):
        code, _, errors = self.run_it("run", self.config, "--quick", "--only", "o*", "--json",
                                      "out.json", "--strict")
        self.assertIn(code, (0, 1, 4), errors)
        self.assertTrue(cli_test.strict_json(self.folder / "out.json")["quick"])


if __name__ == "__main__":
    cli_test.PROGRAM, SCHEMA = map(os.path.abspath, sys.argv[1:3])
    unittest.main(argv=sys.argv[:1], verbosity=2)
