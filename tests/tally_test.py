#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
import contextlib
import io
import json
import os
import tempfile
import unittest

from tally import Count, count, main

DOCTEST = "[doctest] test cases: {:2} | {:2} passed | {:2} failed | {} skipped\n[doctest] Status"


def record(result, stdout="", stderr=""):
    return {"name": "busmark:unit / x", "result": result, "stdout": stdout, "stderr": stderr}


class Tally(unittest.TestCase):
    def test_doctest_cases_count_one_by_one(self):
        self.assertEqual(count(record("OK", DOCTEST.format(12, 12, 0, 0))), Count(12, 0, 0))

    def test_cases_that_a_filter_left_out_do_not_count(self):
        self.assertEqual(count(record("OK", DOCTEST.format(12, 12, 0, 3))), Count(12, 0, 0))

    def test_failed_doctest_cases_count_one_by_one(self):
        self.assertEqual(count(record("FAIL", DOCTEST.format(12, 9, 3, 0))), Count(9, 3, 0))

    def test_coloured_output_is_read_as_well(self):
        output = ("\x1b[36m[doctest] \x1b[0mtest cases:  2 | \x1b[32m 2 passed\x1b[0m | "
                  "0 failed | 0 skipped")
        self.assertEqual(count(record("OK", output)), Count(2, 0, 0))

    def test_only_the_last_summary_of_a_program_counts(self):
        output = DOCTEST.format(5, 5, 0, 0) + "\n" + DOCTEST.format(2, 2, 0, 0)
        self.assertEqual(count(record("OK", output)), Count(2, 0, 0))

    def test_unittest_cases_count_one_by_one(self):
        output = "Ran 7 tests in 0.1s\n\nFAILED (failures=1, errors=2, skipped=1)\n"
        self.assertEqual(count(record("FAIL", stderr=output)), Count(3, 3, 1))
        output = "Ran 2 tests in 0.1s\n\nOK (expected failures=1)\n"
        self.assertEqual(count(record("OK", stderr=output)), Count(2, 0, 0))

    def test_a_script_without_a_summary_is_one_case(self):
        self.assertEqual(count(record("OK", "fine")), Count(1, 0, 0))
        self.assertEqual(count(record("FAIL", "bad")), Count(0, 1, 0))
        self.assertEqual(count(record("SKIP")), Count(0, 0, 1))

    def test_a_crash_or_a_time_out_is_a_failed_case(self):
        for result in ("ERROR", "TIMEOUT", "INTERRUPT", "UNEXPECTEDPASS"):
            self.assertEqual(count(record(result)), Count(0, 1, 0), result)

    def test_a_bad_end_after_a_good_summary_is_a_failed_case(self):
        self.assertEqual(count(record("FAIL", DOCTEST.format(4, 4, 0, 0))), Count(4, 1, 0))

    def test_a_program_that_ran_no_case_fails(self):
        self.assertEqual(count(record("OK", DOCTEST.format(0, 0, 0, 9))), Count(0, 1, 0))


class LastLine(unittest.TestCase):
    def run_on(self, records):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "testlog.json")
            if records is not None:
                with open(path, "w", encoding="utf-8") as log:
                    log.writelines(json.dumps(entry) + "\n" for entry in records)
            out = io.StringIO()
            with contextlib.redirect_stdout(out):
                code = main(path)
            return code, out.getvalue().splitlines()[-1]

    def test_it_adds_up_and_the_exit_code_is_zero(self):
        records = [record("OK", DOCTEST.format(12, 12, 0, 3)), record("OK")]
        self.assertEqual(self.run_on(records), (0, "13 passed, 0 failed"))

    def test_skipped_tests_are_named_only_when_there_are_any(self):
        self.assertEqual(self.run_on([record("OK"), record("SKIP")]),
                         (0, "1 passed, 0 failed, 1 skipped"))

    def test_one_failure_makes_the_exit_code_one(self):
        self.assertEqual(self.run_on([record("OK"), record("TIMEOUT")]), (1, "1 passed, 1 failed"))

    def test_no_log_or_an_empty_one_is_a_failure(self):
        self.assertEqual(self.run_on(None), (1, "0 passed, 1 failed"))
        self.assertEqual(self.run_on([]), (1, "0 passed, 1 failed"))


if __name__ == "__main__":
    unittest.main()
