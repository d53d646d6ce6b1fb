#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs compare and baseline as their users do, on results made from the recorded example.

usage: compare_test.py BUSMARK GOLDEN
"""

import json
import os
import subprocess
import sys
import unittest
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import cli_test
import report_test
from report_test import Case, example, repeated


class Compare(Case):
    def test_a_regression_ends_with_3_and_an_improvement_with_0(self):
        old = self.runs("old")
        new = self.runs("new", 1.3)
        self.assertIn("regressed", self.ends(3, "compare", old, new))
        self.assertIn("improved", self.ends(0, "compare", new, old))
        self.assertIn("no change", self.ends(0, "compare", old, old))

    def test_the_runs_of_a_side_can_be_named_one_by_one(self):
        old = [self.store(f"old{i}.json", repeated(1 + 0.001 * i)) for i in range(3)]
        new = [self.store(f"new{i}.json", repeated(1.3 + 0.001 * i)) for i in range(3)]
        by_name = self.ends(3, "compare", "--old", *old, "--new", *new)
        self.assertIn("3 runs from example of", by_name)
        self.assertEqual(self.ends(3, "compare", "--new", *new, "--old", *old), by_name)

    def test_one_run_against_one_run_is_inconclusive_and_says_what_would_decide(self):
        old = self.store("old.json", repeated())
        new = self.store("new.json", repeated(3.0))
        output = self.ends(0, "compare", old, new)
        self.assertIn("+200.", output)
        self.assertIn("one run against one run", output)
        self.assertIn("3 runs on each side (busmark run CONFIG --out OLD", output)
        self.ends(125, "compare", old, new, "--fail-inconclusive")

    def test_what_is_inconclusive_ends_with_0_or_with_125_on_request(self):
        old = self.runs("old", runs=2)
        new = self.runs("new", 1.3, runs=2)
        self.assertIn("2 and 2 runs are too few", self.ends(0, "compare", old, new))
        self.ends(125, "compare", old, new, "--fail-inconclusive")

    def test_unlike_machines_confirm_nothing_unless_forced(self):
        old = self.runs("old")
        for number in range(3):
            other = repeated(1.3 + 0.001 * number)
            other["environment"]["cpu_model"] = "Another CPU"
            (self.folder / "new" / str(number)).mkdir(parents=True)
            self.store(f"new/{number}/result.json", other)
        self.assertIn("Another CPU", self.ends(0, "compare", old, "new"))
        self.ends(3, "compare", old, "new", "--force")

    def test_an_invalid_scenario_ends_with_4_and_is_not_compared(self):
        old = self.runs("old")
        bad = repeated(1.3)
        bad["scenarios"][0].update(verdict="INVALID", reasons=["3 messages were lost"])
        new = self.store("new.json", bad)
        self.assertIn("3 messages were lost", self.ends(4, "compare", old, new))

    def test_a_repetition_that_failed_is_not_left_out(self):
        new = self.runs("new")
        for file in (self.folder / new).glob("*/result.json"):
            result = json.loads(file.read_text())
            for one in result["scenarios"][0]["repetitions"][:2]:
                one["drain_timed_out"] = True
            file.write_text(json.dumps(result))
        output = self.ends(3, "compare", self.runs("old"), new)
        self.assertIn("repetitions 1, 2 of new run 1 are taken for worse than all others", output)

    def test_the_threshold_and_the_measures_can_be_chosen(self):
        old = self.runs("old")
        new = self.runs("new", 1.3)
        self.ends(0, "compare", old, new, "--threshold", "50%")
        self.ends(0, "compare", old, new, "--measures", "rate,cpu")
        output = self.ends(3, "compare", old, new, "--measures", "p95")
        self.assertNotIn("p99", output)

    def test_mistakes_are_named_with_a_cure(self):
        old = self.store("old.json", repeated())
        for arguments, says in (
                (("compare",), "needs OLD and NEW"),
                (("compare", old), "needs NEW"),
                (("compare", "--old", old, old), "needs NEW"),
                (("compare", "--new", old, old), "needs OLD"),
                (("compare", old, "--new", old), "stands beside --old and --new"),
                (("compare", old, "nowhere"), "neither a result.json"),
                (("compare", "--old", old, "nowhere", "--new", old), "neither a result.json"),
                (("compare", old, old, "--threshold", "0.1"), "for example 10%"),
                (("compare", old, old, "--threshold", "-1%"), "for example 10%"),
                (("compare", old, old, "--measures", "p59"), "p59"),
                (("compare", old, old, "--froce"), 'did you mean "--force"?'),
                (("compare", old, old, "--gha"), "GITHUB_STEP_SUMMARY")):
            environment = {k: v for k, v in os.environ.items() if not k.startswith("GITHUB_")}
            with self.subTest(arguments=arguments):
                code, _, errors = self.run_it(*arguments, env=environment)
                self.assertEqual(code, 2, errors)
                self.assertIn(says, errors)
                self.assertEqual(len(errors.splitlines()), 1, errors)

    def test_github_gets_a_summary_and_an_annotation(self):
        old = self.runs("old")
        new = self.runs("new", 1.3)
        summary = self.folder / "summary.md"
        summary.write_text("before\n")
        code, _, errors = self.run_it("compare", old, new, "--gha",
                                      env={**os.environ, "GITHUB_STEP_SUMMARY": str(summary)})
        self.assertEqual(code, 3)
        self.assertIn("::error title=", errors)
        self.assertTrue(summary.read_text().startswith("before\n## busmark compare"))


class Baseline(Case):
    def test_a_baseline_is_saved_listed_shown_compared_and_removed(self):
        old = self.store("old.json", repeated())
        new = self.runs("new", 1.3, runs=5)
        self.assertIn("no baseline", self.ends(0, "baseline", "list"))
        self.ends(0, "baseline", "save", "main", old)
        self.assertIn("main", self.ends(0, "baseline", "list"))
        self.assertIn("# busmark: example", self.ends(0, "baseline", "show", "main"))
        self.ends(3, "compare", "main", new)
        self.ends(0, "report", "main", "--to", "csv")
        self.ends(0, "baseline", "rm", "main")
        self.refused("baseline", "show", "main", says="busmark baseline list")

    def test_a_baseline_is_a_set_of_runs_by_which_one_run_is_judged(self):
        for number in range(5):
            result = repeated(1 + 0.001 * number)
            result["started_at"] = f"2026-01-0{number + 1}T00:00:00Z"
            self.ends(0, "baseline", "save", "main", self.store("old.json", result), "--add")
        self.assertRegex(self.ends(0, "baseline", "list"), r"main +example +2026-01-05\S+ +5 ")
        self.assertIn("The newest of 5 runs", self.ends(0, "baseline", "show", "main"))
        new = self.store("new.json", repeated(1.3))
        self.assertIn("5 runs from example", self.ends(3, "compare", "main", new))
        self.ends(0, "compare", "main", self.store("same.json", repeated()))
        self.ends(0, "baseline", "save", "main", new, "--replace")
        self.assertIn("one run against one run", self.ends(0, "compare", "main", new))
        self.ends(0, "baseline", "save", "set", self.runs("runs"), new)
        self.assertIn("set is 4 runs",
                      self.ends(0, "baseline", "save", "set", "runs", new, "--replace"))
        self.ends(0, "baseline", "rm", "set")
        self.assertEqual([*(self.folder / "results/baselines").glob("set*")], [])

    def test_a_baseline_is_not_replaced_by_accident(self):
        old = self.store("old.json", repeated())
        new = self.store("new.json", repeated(1.3))
        self.ends(0, "baseline", "save", "main", old)
        self.refused("baseline", "save", "main", new, says=("--replace", "--add"))
        self.refused("baseline", "save", "main", new, "--add", "--replace", says="write one")
        self.assertIn("+0.0", self.ends(0, "compare", "main", old))
        self.ends(0, "baseline", "save", "main", new, "--replace")
        self.assertIn("+0.0", self.ends(0, "compare", "main", new))

    def test_the_newest_result_is_saved_by_default(self):
        self.refused("baseline", "save", "main", says="no result")
        for age, name in ((100, "new"), (200, "old")):
            folder = self.folder / "results" / name
            folder.mkdir(parents=True)
            file = folder / "result.json"
            file.write_text(json.dumps({**example(), "name": name}))
            os.utime(file, (2_000_000_000 - age,) * 2)
        self.assertIn('"new"', self.ends(0, "baseline", "save", "main"))

    def test_a_name_that_is_a_path_is_refused(self):
        old = self.store("old.json", repeated())
        for name in ("../x", "a/b", ".hidden", "", "x" * 101, "a\nb"):
            with self.subTest(name=name):
                self.refused("baseline", "save", name, old, says="letters, digits")

    def test_a_baseline_without_a_verb_names_them(self):
        self.refused("baseline", says="save, list, show or rm")
        self.refused("baseline", "save", says="needs NAME")

    def test_a_run_is_compared_with_a_baseline_that_is_read_first(self):
        self.refused("run", self.config, "--baseline", "none", says="neither a result.json")
        bare = {k: v for k, v in os.environ.items() if not k.startswith("GITHUB_")}
        self.refused("run", self.config, "--gha", says="GITHUB_STEP_SUMMARY", env=bare)
        other = self.store("other.json", example())
        self.refused("run", self.config, "--baseline", other, says="no scenario of this config")
        code, _, errors = self.run_it("run", self.config, "--json", "out.json")
        self.assertIn(code, (0, 4, 6), errors)
        self.ends(0, "baseline", "save", "main", "out.json")
        code, output, errors = self.run_it("run", self.config, "--baseline", "main", "--report",
                                           "r.md", "--report", "r.xml")
        self.assertIn(code, (0, 4, 6), errors)
        self.assertIn("Means of the runs' medians", output)
        self.assertTrue((self.folder / "r.md").read_text().startswith("# busmark: one"))
        ElementTree.parse(self.folder / "r.xml")


class Burner(Case):
    def test_a_burdened_machine_is_named_wherever_it_is_called_a_regression(self):
        config = self.write("paced.toml", '[run]\nrepetitions = 8\nretries = 0\nwarmup = "2ms"\n'
                            'duration = "30ms"\n[[scenario]]\nname = "one"\noversubscribe = true\n'
                            'load = "20k/s"\nbudget = "p95 < 60s"\n')
        for _ in range(5):
            self.run_it("run", config, "--out", "quiet")
        burners = [subprocess.Popen([sys.executable, "-c", "while True: pass"])
                   for _ in range(os.cpu_count())]
        try:
            self.run_it("run", config, "--out", "burnt")
        finally:
            for burner in burners:
                burner.kill()
                burner.wait()
        code, output, errors = self.run_it("compare", "quiet", "burnt")
        self.assertIn(code, (0, 3, 4), errors)
        if code == 3:
            self.assertRegex(output, "left out|differs +load|witness class")


if __name__ == "__main__":
    cli_test.PROGRAM = os.path.abspath(sys.argv[1])
    report_test.GOLDEN = Path(sys.argv[2]).resolve()
    unittest.main(argv=sys.argv[:1], verbosity=2)
