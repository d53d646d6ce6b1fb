#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What was measured is on disk whatever ends the run, and the rest can be measured later.

usage: journal_test.py BUSMARK SCHEMA
"""

import os
import re
import signal
import subprocess
import sys
import time
import unittest
import zlib
from pathlib import Path

import cli_test

HEAD = """
[run]
repetitions = 3
retries = 0
until = "planned"
warmup = "1ms"
duration = "60ms"
[defaults]
wait = "yield"
oversubscribe = true
load = "2k/s"
budget = "p95 < 60s"
"""
TWO = HEAD + '[[scenario]]\nname = "first"\n[[scenario]]\nname = "second"\n'
HANG = cli_test.HANG


class Journal(cli_test.Case):
    def setUp(self):
        super().setUp()
        self.two = self.write("two.toml", TWO)

    def folder_of_run(self, out="out"):
        folders = sorted((self.folder / out).iterdir())
        self.assertEqual(len(folders), 1, folders)
        return folders[0]

    def lines(self):
        """Whole lines of the only journal; 0: there is none yet."""
        journals = list(self.folder.glob("out/*/journal.jsonl"))
        return journals[0].read_bytes().count(b"\n") if journals else 0

    def cut(self, repetitions, ending=signal.SIGKILL):
        """A run that is ended when so many repetitions are noted; returns its folder."""
        process = self.start("run", self.two, "--out", "out")
        deadline = time.monotonic() + HANG
        while self.lines() < repetitions + 2:
            self.assertIsNone(process.poll(), "it ended by itself")
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.002)
        process.send_signal(ending)
        process.communicate(timeout=HANG)
        return self.folder_of_run()

    def result(self, folder):
        code, _, errors = self.run_it("report", str(folder), "--to", "json", "--output", "r.json")
        self.assertEqual((code, errors), (0, ""), errors)
        result = cli_test.strict_json(self.folder / "r.json")
        cli_test.check_schema(result, SCHEMA)
        return result

    def ended_as(self, folder, code):
        """The exit code is what the verdicts ask for; returns the result."""
        result = cli_test.strict_json(folder / "result.json")
        cli_test.check_schema(result, SCHEMA)
        self.assertEqual(code, cli_test.worst_exit(result))
        return result

    def check_counts(self, result):
        """All messages that were due, unless the machine was too busy to send them."""
        for scenario in result["scenarios"]:
            for one in scenario["repetitions"]:
                counts = one["counts"]
                self.assertEqual(counts["published"], counts["received"] + counts["dropped"] +
                                 counts["refused"] + counts["lost"])
                if scenario["verdict"] != "INVALID":
                    self.assertEqual(counts["published"], 120)

    @staticmethod
    def repetitions(result):
        return [len(one["repetitions"]) for one in result["scenarios"]]

    def test_a_run_that_ends_well_leaves_no_journal(self):
        code, _, _ = self.run_it("run", self.two, "--out", "out")
        self.ended_as(self.folder_of_run(), code)
        self.assertEqual(sorted(p.name for p in self.folder_of_run().iterdir()),
                         ["result.hlog", "result.json"])

    def test_what_was_measured_before_a_kill_reads_back_as_incomplete(self):
        folder = self.cut(4)
        self.assertFalse((folder / "result.json").exists())
        result = self.result(folder)
        self.assertTrue(result["interrupted"])
        self.assertRegex(result["incomplete"], r"without a word after [456] of 6 repetitions")
        self.assertEqual(self.repetitions(result)[0], 3)
        self.check_counts(result)
        _, output, _ = self.run_it("report", str(folder), "--to", "text")
        self.assertIn("cut      the run ended without a word", output)

    def test_a_run_that_was_cut_is_taken_up_and_is_then_as_one_that_was_not(self):
        folder = self.cut(2)
        code, output, _ = self.run_it("run", self.two, "--resume", str(folder))
        self.assertIn("resumed  at 2", output)
        self.assertEqual(sorted(p.name for p in folder.iterdir()), ["result.hlog", "result.json"])
        result = self.ended_as(folder, code)
        self.assertFalse(result["interrupted"])
        self.assertNotIn("incomplete", result)
        self.assertRegex(result["resumed"], r"after [2-6] of 6 repetitions")
        self.assertEqual(self.repetitions(result), [3, 3])
        self.check_counts(result)

    def test_an_interrupted_run_keeps_result_and_journal_and_is_taken_up_too(self):
        folder = self.cut(2, signal.SIGINT)
        self.assertEqual(sorted(p.name for p in folder.iterdir()),
                         ["journal.jsonl", "result.hlog", "result.json"])
        code, _, _ = self.run_it("run", self.two, "--resume", str(folder))
        result = self.ended_as(folder, code)
        self.assertFalse(result["interrupted"])
        self.assertEqual(self.repetitions(result), [3, 3])

    def test_a_journal_cut_in_the_middle_of_a_line_loses_that_line_alone(self):
        folder = self.cut(4)
        journal = folder / "journal.jsonl"
        whole = journal.read_bytes()
        fourth = b"\n".join(whole.split(b"\n")[:5]) + b"\n" + whole.split(b"\n")[5][:100]
        journal.write_bytes(fourth)
        result = self.result(folder)
        self.assertEqual(self.repetitions(result), [3, 0])
        self.assertIn("while it wrote the next one", result["incomplete"])
        code, _, _ = self.run_it("run", self.two, "--resume", str(folder))
        self.assertEqual(self.repetitions(self.ended_as(folder, code)), [3, 3])

    def test_another_config_is_refused_with_the_line_that_differs(self):
        folder = self.cut(1)
        self.write("two.toml", TWO.replace("2k/s", "3k/s"))
        self.refused("run", self.two, "--resume", str(folder),
                     says=["cannot be taken up", "the config has changed in line 11"])
        self.write("two.toml", TWO)
        self.refused("run", self.two, "--resume", str(folder), "--set", "run.seed=7",
                     says=["cannot be taken up", "command line"])

    def test_another_build_is_refused(self):
        folder = self.cut(1)
        journal = folder / "journal.jsonl"
        lines = journal.read_bytes().splitlines(keepends=True)
        body = re.sub(rb'"program":"[^"]*"', b'"program":"0.0.0 0"', lines[0][9:-1])
        lines[0] = b"%08x %s\n" % (zlib.crc32(body), body)
        journal.write_bytes(b"".join(lines))
        self.refused("run", self.two, "--resume", str(folder), says="busmark is another build")

    def test_what_cannot_be_taken_up_is_refused_with_the_reason(self):
        self.run_it("run", self.two, "--out", "out")
        self.refused("run", self.two, "--resume", str(self.folder_of_run()),
                     says="is complete: there is nothing to take up")
        self.refused("run", self.two, "--resume", "nowhere", says="holds no run that was cut")
        self.refused("run", self.two, "--resume", "x", "--out", "y", says="leave --out away")
        self.refused("run", self.two, "--resume", "x", "--agents", "2", says="this machine alone")

    def test_a_run_that_goes_on_can_be_read_and_not_taken_up(self):
        self.write("long.toml", TWO.replace("60ms", "400ms").replace("repetitions = 3",
                                                                     "repetitions = 20"))
        process = self.start("run", "long.toml", "--out", "out")
        while self.lines() < 3:
            self.assertIsNone(process.poll())
            time.sleep(0.002)
        folder = self.folder_of_run()
        self.assertIn("the run goes on", self.result(folder)["incomplete"])
        code, _, errors = self.run_it("run", "long.toml", "--resume", str(folder))
        self.assertEqual(code, 2)
        self.assertIn("has not ended; wait for it, or stop it", errors)
        process.kill()
        process.communicate(timeout=HANG)

    def test_a_server_that_goes_away_makes_its_scenario_invalid_and_the_rest_runs(self):
        if not any((Path(p) / "nats-server").exists() for p in
                   os.environ["PATH"].split(":") + ["/usr/sbin"]):
            self.skipTest("nats-server is not installed")
        port = 24000 + os.getpid() % 4000
        server = subprocess.Popen(["nats-server", "-a", "127.0.0.1", "-p", str(port)],
                                  env={**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin"},
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)
        self.write("server.toml", HEAD + f"""
[transport.nats]
url = "nats://127.0.0.1:{port}"
[[scenario]]
name = "plain"
[[scenario]]
name = "bus"
transport = "nats/wire"
payload = 64
duration = "500ms"
[[scenario]]
name = "last"
""")
        process = self.start("run", "server.toml", "--out", "out")
        while self.lines() < 2 + 4:
            self.assertIsNone(process.poll(), "it ended by itself")
            time.sleep(0.002)
        server.kill()
        output, errors = process.communicate(timeout=HANG)
        self.assertEqual(process.returncode, 4, errors + output)
        result = self.ended_as(self.folder_of_run(), 4)
        self.assertEqual(self.repetitions(result)[0::2], [3, 3])
        self.assertEqual(result["scenarios"][1]["verdict"], "INVALID")
        self.assertRegex(output, r"repetition [23] could not be run: cannot connect")

    def test_no_secret_of_the_config_is_in_the_journal(self):
        self.two = self.write("two.toml", TWO + '[transport.nats]\npassword = "pa55word"\n')
        folder = self.cut(1)
        self.assertNotIn(b"pa55word", (folder / "journal.jsonl").read_bytes())


if __name__ == "__main__":
    cli_test.PROGRAM, SCHEMA = map(os.path.abspath, sys.argv[1:3])
    unittest.main(argv=sys.argv[:1], verbosity=1)
