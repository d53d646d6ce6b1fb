#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Counts test cases, not programs: reads Meson's testlog.json, ends with `N passed, N failed`.

A program counts as many cases as its doctest or unittest summary says, a program without one as a
single case. Whatever ends badly without naming a failed case (crash, time-out, sanitizer, no case
run at all) counts as one failed case. Cases that doctest calls "skipped" were filtered out, perhaps
for another run of the same program, so they are not counted.
"""

import json
import re
import sys
from typing import NamedTuple

GOOD = ("OK", "EXPECTEDFAIL")
DOCTEST = re.compile(r"^\[doctest\] test cases: +\d+ \| +(\d+) passed \| +(\d+) failed", re.M)
UNITTEST_RAN = re.compile(r"^Ran (\d+) tests? in ", re.M)
UNITTEST_PART = re.compile(
    r"(expected failures|unexpected successes|failures|errors|skipped)=(\d+)")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class Count(NamedTuple):
    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def plus(self, other):
        return Count(*(mine + theirs for mine, theirs in zip(self, other)))


def stated(output):
    """What the program's own summary says, or None when it printed none."""
    doctest = DOCTEST.findall(output)
    if doctest:
        return Count(int(doctest[-1][0]), int(doctest[-1][1]))
    ran = list(UNITTEST_RAN.finditer(output))
    if ran:
        parts = {"skipped": 0}
        for name, number in UNITTEST_PART.findall(output[ran[-1].end():]):
            if name != "expected failures":
                parts[name] = int(number)
        skipped = parts.pop("skipped")
        failed = sum(parts.values())
        # One case may fail in several ways (sub-tests, tear-down), hence the bound.
        return Count(max(0, int(ran[-1].group(1)) - failed - skipped), failed, skipped)
    return None


def count(record):
    """The cases of one program, as a record of testlog.json describes it."""
    result = record["result"]
    if result == "SKIP":
        return Count(skipped=1)
    output = COLOUR.sub("", (record.get("stdout") or "") + "\n" + (record.get("stderr") or ""))
    cases = stated(output)
    if result not in GOOD:
        cases = cases or Count()
        return cases if cases.failed else cases.plus(Count(failed=1))
    if cases is None:
        return Count(passed=1)
    return cases if any(cases) else Count(failed=1)


def text(total):
    line = f"{total.passed} passed, {total.failed} failed"
    return line + (f", {total.skipped} skipped" if total.skipped else "")


def main(path):
    try:
        with open(path, encoding="utf-8") as log:
            records = [json.loads(line) for line in log if line.strip()]
    except (OSError, ValueError) as error:
        print(f"no test results: {error}")
        records = []
    total = Count()
    for record in records:
        cases = count(record)
        total = total.plus(cases)
        if cases.failed:
            print(f"failed: {record['name']} ({record['result']}, {text(cases)})")
        elif cases.skipped:
            print(f"skipped: {record['name']} ({text(cases)})")
    if total.passed + total.failed == 0:
        print("no test case ran")
        total = total.plus(Count(failed=1))
    print(text(total), flush=True)
    return 1 if total.failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
