#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs report as its users do, on results made from the recorded example.

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

    def runs(self, folder, factor=1.0, runs=3):
        """A folder of runs of one program, whose levels differ by a per mille."""
        for number in range(runs):
            place = self.folder / folder / f"example-{number}"
            place.mkdir(parents=True)
            result = repeated(factor * (1 + 0.001 * number), repetitions=3)
            (place / "result.json").write_text(json.dumps(result))
        return folder

    def ends(self, code, *arguments, **options):
        ended, output, errors = self.run_it(*arguments, **options)
        self.assertEqual(ended, code, output + errors)
        return output + errors


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
        for form in ("text", "md", "csv", "junit", "prom", "gbench", "gab", "gab-rate", "bmf"):
            with self.subTest(form=form):
                output = self.ends(0, "report", name, "--to", form)
                self.assertNotIn("\x1b", output)
        ElementTree.fromstring(self.ends(0, "report", name, "--to", "junit"))
        json.loads(self.ends(0, "report", name, "--to", "bmf"))
        self.ends(0, "report", name, "--to", "hgrm", "--output", "x.hgrm")


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
                (("report", "r.json", "--report", "x.jsn"), ".gab.json"),
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
