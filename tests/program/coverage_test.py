#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""docs/coverage.md has every row, and every form that it names exists.

usage: coverage_test.py BUSMARK ROOT
"""

import re
import subprocess
import sys
import unittest
from pathlib import Path

ROWS = [*range(1, 97), *range(138, 151)]
ROW = re.compile(r"^\| (\d+) \| [A-D]+ \| [^|]+ \| ([^|]+) \|$")
FORM = re.compile(r"`([^`]+)`")


def rows():
    lines = (ROOT / "docs/coverage.md").read_text("utf-8").splitlines()
    return [(int(m[1]), m[2]) for m in map(ROW.match, lines) if m]


def help_of(command):
    done = subprocess.run([PROGRAM, *command, "--help"], text=True, capture_output=True,
                          check=False, timeout=60)
    return done.stdout if done.returncode == 0 else ""


class Coverage(unittest.TestCase):
    def test_every_row_is_there_once(self):
        self.assertEqual([number for number, _ in rows()], ROWS)

    def test_every_form_exists(self):
        keys = set(re.findall(r"^\| `([a-z_.]+)`", (ROOT / "docs/config.md").read_text("utf-8"),
                              re.MULTILINE))
        metrics = (ROOT / "docs/config.md").read_text("utf-8")
        for number, text in rows():
            for form in FORM.findall(text):
                with self.subTest(row=number, form=form):
                    words = form.split()
                    if words[0] == "busmark":
                        self.assertTrue(words[1] in help_of([]))
                        if len(words) > 2:
                            self.assertRegex(help_of([words[1]]), rf"\n +{words[2]}\b")
                    elif words[0] == "./dev":
                        self.assertIn(f"\n  {words[1]} ", (ROOT / "dev").read_text("utf-8"))
                    elif "/" in form or form.endswith(".md"):
                        self.assertTrue((ROOT / form).is_file())
                    elif "." in form:
                        self.assertIn(form, keys)
                    else:  # a metric of a budget, or a part of result.json
                        self.assertTrue(f"`{form}`" in metrics or form == "environment")

    def test_a_row_without_a_form_says_why(self):
        for number, text in rows():
            with self.subTest(row=number):
                self.assertTrue(FORM.search(text) or "none: " in text or "not yet: " in text
                                or "hints in every report" in text)


if __name__ == "__main__":
    PROGRAM, ROOT = str(Path(sys.argv[1]).resolve()), Path(sys.argv[2]).resolve()
    table = [text for _, text in rows()]
    owed, refused = (sum(word in text for text in table) for word in ("not yet: ", "none: "))
    print(f"{len(table)} rows: {owed} owe something, {refused} have no form for a reason",
          file=sys.stderr)
    unittest.main(argv=sys.argv[:1], verbosity=2)
