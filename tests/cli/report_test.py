#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs compare, baseline and report as their users do, on results made from the recorded example.

usage: report_test.py BUSMARK GOLDEN

What a form is for is asked for its opinion where the machine has it: xmllint, promtool and
google-benchmark's compare.py. Where it is missing the test says so and is skipped.
"""

import copy
import json
import os
import shutil
import subprocess
import sys
import unittest
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import cli_test

GOLDEN = Path()
NASTY = "<script>alert(1)</script>|`\n::error::x \"'\\ =1 & \x1b[31m"
COMPARE_PY = "/usr/share/benchmark/compare.py"


def example(*names):
    """The recorded result, of these scenarios only where some are named."""
    result = json.loads((GOLDEN / "report/example.json").read_text("utf-8"))
    if names:
        result["scenarios"] = [s for s in result["scenarios"] if s["name"] in names]
    return result


def repeated(factor=1.0, repetitions=8, spread=0.002):
    """The example's first scenario with so many repetitions, their latencies times `factor`."""
    result = example("passes")
    scenario = result["scenarios"][0]
    model = scenario["repetitions"][0]
    scenario["repetitions"] = []
    for number in range(repetitions):
        one = copy.deepcopy(model)
        for part in one["latency_ns"].values():
            for key, value in part.items():
                if key.startswith("p") and value is not None:
                    part[key] = round(100_000 * factor * (1 + spread * (number % 4)))
        one["resources"]["producers"]["user_ns"] = 1_000_000
        scenario["repetitions"].append(one)
    return result


class Case(cli_test.Case):
    def store(self, name, result):
        return self.write(name, json.dumps(result))

    def ends(self, code, *arguments, **options):
        ended, output, errors = self.run_it(*arguments, **options)
        self.assertEqual(ended, code, output + errors)
        return output + errors


class Compare(Case):
    def test_a_regression_ends_with_3_and_an_improvement_with_0(self):
        old = self.store("old.json", repeated())
        new = self.store("new.json", repeated(1.3))
        self.assertIn("regressed", self.ends(3, "compare", old, new))
        self.assertIn("improved", self.ends(0, "compare", new, old))
        self.assertIn("no change", self.ends(0, "compare", old, old))

    def test_what_is_inconclusive_ends_with_0_or_with_125_on_request(self):
        old = self.store("old.json", repeated(repetitions=3))
        new = self.store("new.json", repeated(1.3, repetitions=3))
        self.assertIn("run.repetitions=", self.ends(0, "compare", old, new))
        self.ends(125, "compare", old, new, "--fail-inconclusive")

    def test_unlike_machines_confirm_nothing_unless_forced(self):
        old = self.store("old.json", repeated())
        other = repeated(1.3)
        other["environment"]["cpu_model"] = "Another CPU"
        new = self.store("new.json", other)
        self.assertIn("Another CPU", self.ends(0, "compare", old, new))
        self.ends(3, "compare", old, new, "--force")

    def test_an_invalid_scenario_ends_with_4_and_is_not_compared(self):
        old = self.store("old.json", repeated())
        bad = repeated(1.3)
        bad["scenarios"][0].update(verdict="INVALID", reasons=["3 messages were lost"])
        new = self.store("new.json", bad)
        self.assertIn("3 messages were lost", self.ends(4, "compare", old, new))

    def test_the_threshold_and_the_measures_can_be_chosen(self):
        old = self.store("old.json", repeated())
        new = self.store("new.json", repeated(1.3))
        self.ends(0, "compare", old, new, "--threshold", "50%")
        self.ends(0, "compare", old, new, "--measures", "rate,cpu")
        output = self.ends(3, "compare", old, new, "--measures", "p95")
        self.assertNotIn("p99", output)

    def test_mistakes_are_named_with_a_cure(self):
        old = self.store("old.json", repeated())
        for arguments, says in (
                (("compare",), "needs OLD and NEW"),
                (("compare", old), "needs NEW"),
                (("compare", old, "nowhere"), "neither a result.json"),
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
        old = self.store("old.json", repeated())
        new = self.store("new.json", repeated(1.3))
        summary = self.folder / "summary.md"
        summary.write_text("before\n")
        code, _, errors = self.run_it("compare", old, new, "--gha",
                                      env={**os.environ, "GITHUB_STEP_SUMMARY": str(summary)})
        self.assertEqual(code, 3)
        self.assertIn("::error title=", errors)
        self.assertTrue(summary.read_text().startswith("before\n## busmark compare"))


class Hostile(Case):
    def refused_result(self, content, says):
        name = self.write("bad.json", content)
        for arguments in (("report", name), ("compare", name, name),
                          ("baseline", "save", "b", name)):
            with self.subTest(arguments=arguments):
                self.refused(*arguments, says=("bad.json", says))

    def test_what_is_no_result_is_refused_in_one_sentence(self):
        whole = json.dumps(example())
        self.refused_result(whole[:3000], "cut short")
        self.refused_result(b"", "cut short")
        self.refused_result(b"\x00\xff\x1b[31m" * 99, "is no JSON")
        self.refused_result(whole.replace('"busmark.result/1"', '"busmark.result/7"'), "result/7")
        self.refused_result(whole.replace('"wall_ns": 12300000000', '"wall_ns": NaN'), "is no JSON")
        self.refused_result(whole.replace('"wall_ns": 12300000000', '"wall_ns": 1e400'), "number")
        self.refused_result("[" * 100_000, "deeper")
        self.refused_result("{}", "schema")

    def test_a_file_without_end_is_not_read_to_its_end(self):
        self.refused("report", "/dev/zero", says="longer than 256MiB")

    def test_a_folder_without_a_result_and_a_missing_file_are_named(self):
        (self.folder / "empty").mkdir()
        self.refused("report", "empty", says="neither a result.json")
        self.refused("report", "no\x1b[31mne", says="neither a result.json")

    def test_hostile_names_move_no_cursor_and_break_no_form(self):
        result = repeated(1.0)
        result["name"] = NASTY
        result["scenarios"][0].update(name=NASTY, transport=NASTY)
        name = self.store("nasty.json", result)
        self.assertNotIn("\x1b", self.ends(0, "compare", name, name))
        for form in ("md", "csv", "junit", "prom", "gbench", "gab", "gab-rate", "bmf"):
            with self.subTest(form=form):
                output = self.ends(0, "report", name, "--to", form)
                self.assertNotIn("\x1b", output)
        ElementTree.fromstring(self.ends(0, "report", name, "--to", "junit"))
        json.loads(self.ends(0, "report", name, "--to", "bmf"))
        self.ends(0, "report", name, "--to", "hgrm", "--output", "x.hgrm")


class Baseline(Case):
    def test_a_baseline_is_saved_listed_shown_compared_and_removed(self):
        old = self.store("old.json", repeated())
        new = self.store("new.json", repeated(1.3))
        self.assertIn("no baseline", self.ends(0, "baseline", "list"))
        self.ends(0, "baseline", "save", "main", old)
        self.assertIn("main", self.ends(0, "baseline", "list"))
        self.assertIn("# busmark: example", self.ends(0, "baseline", "show", "main"))
        self.ends(3, "compare", "main", new)
        self.ends(0, "report", "main", "--to", "csv")
        self.ends(0, "baseline", "rm", "main")
        self.refused("baseline", "show", "main", says="busmark baseline list")

    def test_a_baseline_is_not_replaced_by_accident(self):
        old = self.store("old.json", repeated())
        new = self.store("new.json", repeated(1.3))
        self.ends(0, "baseline", "save", "main", old)
        self.refused("baseline", "save", "main", new, says="--replace")
        self.ends(0, "compare", "main", old)
        self.ends(0, "baseline", "save", "main", new, "--replace")
        self.ends(0, "compare", "main", new)

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
        self.assertIn("Medians over whole repetitions", output)
        self.assertTrue((self.folder / "r.md").read_text().startswith("# busmark: one"))
        ElementTree.parse(self.folder / "r.xml")


class Burner(Case):
    def test_a_burdened_machine_is_named_wherever_it_is_called_a_regression(self):
        config = self.write("paced.toml", '[run]\nrepetitions = 8\nretries = 0\nwarmup = "2ms"\n'
                            'duration = "30ms"\n[[scenario]]\nname = "one"\noversubscribe = true\n'
                            'load = "20k/s"\nbudget = "p95 < 60s"\n')
        self.run_it("run", config, "--json", "quiet.json")
        burners = [subprocess.Popen([sys.executable, "-c", "while True: pass"])
                   for _ in range(os.cpu_count())]
        try:
            self.run_it("run", config, "--json", "burnt.json")
        finally:
            for burner in burners:
                burner.kill()
                burner.wait()
        code, output, errors = self.run_it("compare", "quiet.json", "burnt.json")
        self.assertIn(code, (0, 3, 4), errors)
        if code == 3:
            self.assertRegex(output, "left out|differs +load|witness class")


class Report(Case):
    def setUp(self):
        super().setUp()
        self.result = self.store("r.json", example())

    def write_form(self, form, file):
        self.ends(0, "report", self.result, "--to", form, "--output", file)
        return self.folder / file

    def test_every_form_goes_to_a_file_by_its_ending_or_to_standard_output(self):
        endings = [path.name.removeprefix("example")
                   for path in (GOLDEN / "report/forms").glob("example.*")]
        self.assertGreater(len(endings), 9)
        self.assertNotIn(".html", endings)  # html_test.py has it
        reports = [word for ending in endings for word in ("--report", "x" + ending)]
        self.ends(0, "report", self.result, *reports)
        for ending in set(endings) - {".hgrm"}:
            self.assertTrue((self.folder / ("x" + ending)).exists(), ending)
        printed = self.ends(0, "report", self.result, "--to", "csv")
        self.assertEqual(printed, (self.folder / "x.csv").read_text())

    def test_a_form_of_many_files_names_them_by_scenario(self):
        self.ends(0, "report", self.result, "--report", "x.hgrm")
        self.assertIn("x-passes.hgrm", self.files())
        self.refused("report", self.result, "--to", "hgrm", says="--only")
        printed = self.ends(0, "report", self.result, "--to", "hgrm", "--only", "passes")
        self.assertIn("#[Mean", printed)

    def test_mistakes_are_named_with_a_cure(self):
        for arguments, says in (
                (("report",), "needs RESULT"),
                (("report", "r.json", "--to", "junt"), 'did you mean "junit"?'),
                (("report", "r.json", "--report", "x.json"), ".gab.json"),
                (("report", "r.json", "--report", "no/x.md"), "cannot be written"),
                (("report", "r.json", "--only", "z*"), "no scenario"),
                (("run", "one.toml", "--report", "x.pdf"), ".md")):
            with self.subTest(arguments=arguments):
                self.refused(*arguments, says=says)

    def test_help_lists_every_form_in_80_columns(self):
        for command in (("report",), ("compare",), ("run",), ("baseline",), ("baseline", "save")):
            output = self.ends(0, *command, "--help")
            self.assertLessEqual(max(map(len, output.splitlines())), 80, output)
        self.assertIn("csv-intervals", self.ends(0, "report", "--help"))

    def test_github_gets_a_summary_and_annotations_beside_a_form(self):
        summary = self.folder / "summary.md"
        code, output, errors = self.run_it("report", self.result, "--to", "csv", "--gha",
                                           env={**os.environ, "GITHUB_STEP_SUMMARY": str(summary)})
        self.assertEqual(code, 0, errors)
        self.assertTrue(output.startswith("scenario,"))
        self.assertIn("::warning title=busmark%3A warns::WARN p95 < 5ms", errors)
        self.assertTrue(summary.read_text().startswith("# busmark: example"))

    def test_junit_follows_the_schema(self):
        if shutil.which("xmllint") is None:
            self.skipTest("xmllint is not installed (Debian: libxml2-utils)")
        file = self.write_form("junit", "x.xml")
        schema = GOLDEN / "junit/junit.xsd"
        done = subprocess.run(["xmllint", "--noout", "--schema", schema, file],
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_the_junit_tally_is_right(self):
        root = ElementTree.parse(self.write_form("junit", "x.xml")).getroot()
        for suite in [root, *root]:
            cases = list(suite.iter("testcase"))
            self.assertEqual(int(suite.get("tests")), len(cases))
            for attribute, element in (("failures", "failure"), ("errors", "error"),
                                       ("skipped", "skipped")):
                self.assertEqual(int(suite.get(attribute)), len(list(suite.iter(element))))

    def test_promtool_finds_nothing_to_complain_of(self):
        promtool = shutil.which("promtool")
        if promtool is None:
            self.skipTest("promtool is not installed (Debian: prometheus)")
        text = self.write_form("prom", "x.prom").read_bytes()
        done = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True,
                              check=False)
        self.assertEqual((done.returncode, done.stdout + done.stderr), (0, b""))

    def test_google_benchmarks_compare_reads_the_form(self):
        file = self.write_form("gbench", "x.json")
        ready = subprocess.run(["/usr/bin/python3", "-c", "import scipy.stats, numpy"],
                               capture_output=True, check=False)
        if not Path(COMPARE_PY).exists() or ready.returncode != 0:
            self.skipTest("compare.py is not installed (Debian: libbenchmark-tools, python3-scipy)")
        done = subprocess.run(["/usr/bin/python3", COMPARE_PY, "benchmarks", file, file],
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("passes/p95", done.stdout)

    def test_google_benchmarks_form_has_what_compare_py_reads(self):
        result = json.loads(self.write_form("gbench", "x.json").read_text())
        for entry in result["benchmarks"]:
            for key, kind in (("name", str), ("run_name", str), ("real_time", float),
                              ("cpu_time", float), ("time_unit", str), ("iterations", int)):
                self.assertIsInstance(entry[key], kind)
            self.assertIn(entry["run_type"], ("iteration", "aggregate"))
            self.assertEqual("aggregate_name" in entry, entry["run_type"] == "aggregate")

    def test_the_trackers_forms_have_their_shapes(self):
        for form in ("gab", "gab-rate"):
            for entry in json.loads(self.write_form(form, "x.json").read_text()):
                self.assertEqual(set(entry), {"name", "unit", "value", "range", "extra"})
                self.assertIsInstance(entry["value"], (int, float))
        for measures in json.loads(self.write_form("bmf", "y.json").read_text()).values():
            for measure in measures.values():
                self.assertLessEqual(measure["lower_value"], measure["value"])
                self.assertLessEqual(measure["value"], measure["upper_value"])


if __name__ == "__main__":
    cli_test.PROGRAM = os.path.abspath(sys.argv[1])
    GOLDEN = Path(sys.argv[2]).resolve()
    unittest.main(argv=sys.argv[:1], verbosity=2)
