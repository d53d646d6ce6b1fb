#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Opens the HTML report in headless Chromium, where the machine has one.

usage: html_test.py BUSMARK GOLDEN
"""

import copy
import html
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import cli_test
import report_test

NASTY = ("</script><script>document.title='owned'</script>"
         "<img src=x onerror=alert(1)>{{data}}\u2028'\"")


def with_intervals(result, number=20):
    """Every repetition gets this many intervals."""
    for scenario in result["scenarios"]:
        for repetition in scenario["repetitions"]:
            latency = {**repetition["latency_ns"]["response"], "p50": 1000, "max": 90_000}
            repetition["intervals"] = [
                {"start_ns": i * 10**7, "length_ns": 10**7, "response_ns": latency}
                for i in range(number)]
    return result


class Case(report_test.Case):
    def setUp(self):
        super().setUp()
        self.result = self.store("r.json", with_intervals(report_test.example()))

    def page(self, *arguments, result=None):
        """The text of the report; skips where the build has no charts."""
        code, _, errors = self.run_it("report", result or self.result, "--report", "x.html",
                                      *arguments)
        if "libjs-chart.js" in errors:
            self.skipTest("busmark was built without Chart.js (Debian: libjs-chart.js)")
        self.assertEqual(code, 0, errors)
        return (self.folder / "x.html").read_text("utf-8")

    def opened(self, *arguments, result=None):
        """What Chromium makes of the report, and what it says on its console."""
        chromium = shutil.which("chromium")
        if chromium is None:
            self.skipTest("chromium is not installed (./dev setup all)")
        self.page(*arguments, result=result)
        with tempfile.TemporaryDirectory() as profile:
            done = subprocess.run(
                [chromium, "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run",
                 "--enable-logging=stderr", f"--user-data-dir={profile}", "--window-size=1280,2000",
                 "--virtual-time-budget=10000", "--dump-dom",
                 (self.folder / "x.html").resolve().as_uri()],
                capture_output=True, text=True, check=False, timeout=120)
        self.assertEqual(done.returncode, 0, done.stderr)
        console = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
        return done.stdout, console

    def points(self, dom):
        """Points of each chart, as the page tells them."""
        told = re.search(r'<html[^>]* data-points="([^"]*)"', dom)
        self.assertIsNotNone(told, dom[:300])
        return {name: int(number) for name, number in
                (one.split("=") for one in told.group(1).split())}


class Page(Case):
    def test_it_loads_nothing_and_holds_every_scenario(self):
        page = self.page()
        self.assertIn("default-src 'none'", page)
        self.assertIsNone(re.search(r'(?:src|href)="(?!data:)', page))
        for scenario in report_test.example()["scenarios"]:
            self.assertIn(f">{scenario['name']}</td>", page)
        self.assertIn("PASS", page)

    def test_no_name_becomes_markup(self):
        result = with_intervals(report_test.example())
        result["name"] = NASTY
        result["command"] = ["busmark", "run", NASTY]
        result["environment"]["host"] = NASTY
        for scenario in result["scenarios"]:
            scenario.update(name=NASTY, transport=NASTY, reasons=[NASTY])
            scenario["parameters"]["load"] = NASTY
            for budget in scenario["budgets"]:
                budget.update(budget=NASTY, reason=NASTY)
        page = self.page("--baseline", self.store("n.json", result),
                         result=self.store("n.json", result))
        bare = self.page()
        for tag in ("<script", "</script", "<img"):
            self.assertEqual(page.count(tag), bare.count(tag), tag)
        dom, console = self.opened(result="n.json")
        self.assertEqual(console, [])
        self.assertNotIn("<title>owned", dom)
        self.assertIn(html.escape(NASTY, quote=False)[:40], dom)

    def test_the_command_can_be_run_again(self):
        result = report_test.example()
        result["command"] = ["busmark", "run", "a b.toml", "--set", "run.name='x'"]
        page = self.page(result=self.store("c.json", result))
        shown = re.search(r'<pre id="command">(.*?)</pre>', page, re.S).group(1)
        words = subprocess.run(["sh", "-c", "printf '%s\\n' " + html.unescape(shown)],
                               capture_output=True, text=True, check=True).stdout.splitlines()
        self.assertEqual(words, result["command"])

    def test_a_run_keeps_its_command(self):
        code, _, errors = self.run_it("run", self.config, "--json", "out.json",
                                      "--report", "y.html")
        if "libjs-chart.js" in errors:
            self.skipTest("busmark was built without Chart.js (Debian: libjs-chart.js)")
        self.assertIn(code, (0, 4, 6), errors)
        self.assertIn("--json out.json --report y.html</pre>",
                      (self.folder / "y.html").read_text("utf-8"))

    def test_a_thousand_scenarios_fit_in_five_megabytes(self):
        result = with_intervals(report_test.example("passes"), 30)
        model = result["scenarios"][0]
        result["scenarios"] = []
        for number in range(1000):
            one = copy.deepcopy(model)
            one["name"] = f"bench/transport=queue/spsc/capacity={number}/load=100k"
            one["parameters"]["capacity"] = number
            result["scenarios"].append(one)
        page = self.page(result=self.store("k.json", result))
        self.assertLess(len(page), 5_000_000)
        self.assertGreaterEqual(page.count("capacity=999/"), 3)  # table, budgets, charts


class Chromium(Case):
    def test_every_chart_has_points_and_the_console_is_silent(self):
        old = with_intervals(report_test.repeated())
        new = with_intervals(report_test.repeated(1.3))
        for result in (old, new):
            other = copy.deepcopy(result["scenarios"][0])
            other["name"] = "other"
            other["parameters"]["load"] = "50k/s"
            result["scenarios"].append(other)
        dom, console = self.opened("--baseline", self.store("old.json", old),
                                   result=self.store("new.json", new))
        self.assertEqual(console, [])
        points = self.points(dom)
        self.assertEqual(set(points), {"spectrum", "heat", "rate", "curve", "changes"})
        for name, number in points.items():
            self.assertGreater(number, 1, name)
        self.assertIn('id="trouble" hidden', dom)

    def test_a_result_of_an_older_version_has_tables_and_no_empty_charts(self):
        result = report_test.example()
        for scenario in result["scenarios"]:
            scenario.pop("histograms", None)
            for repetition in scenario["repetitions"]:
                repetition.pop("intervals", None)
        dom, console = self.opened(result=self.store("old.json", result))
        self.assertEqual(console, [])
        self.assertRegex(dom, r'<section id="spectrum-section" hidden')
        self.assertRegex(dom, r'<section id="timeline-section" hidden')


if __name__ == "__main__":
    cli_test.PROGRAM = os.path.abspath(sys.argv[1])
    report_test.GOLDEN = Path(sys.argv[2]).resolve()
    unittest.main(argv=sys.argv[:1], verbosity=2)
