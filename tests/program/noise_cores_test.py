#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`busmark noise` and `busmark cores` as their users run them, the hostile ones included.

usage: noise_cores_test.py BUSMARK
"""

import csv
import json
import os
import pty
import resource
import shutil
import signal
import subprocess
import sys
import time
import unittest
from pathlib import Path

import cli_test
from cli_test import HANG

CPUS = sorted(os.sched_getaffinity(0))
TWO = unittest.skipIf(len(CPUS) < 2, "needs two cpus")


class Case(cli_test.Case):
    def setUp(self):
        super().setUp()
        (self.folder / self.config).unlink()  # these verbs need no config

    def run_well(self, *arguments, **options):
        code, output, errors = self.run_it(*arguments, **options)
        self.assertEqual((code, errors), (0, ""))
        return output

    def refused(self, *arguments, says, **options):
        """A mistake: exit code 2, one sentence, and no file is left."""
        code, output, errors = self.run_it(*arguments, **options)
        self.assertEqual(code, 2, errors)
        self.assertEqual(output, "")
        self.assertIn(says, errors)
        self.assertEqual(len(errors.splitlines()), 1, errors)
        self.assertTrue(all(c.isprintable() or c == "\n" for c in errors), repr(errors))
        self.assertEqual(list(self.folder.iterdir()), [])

    def wait_until_it_catches_interrupts(self, process):
        bit = 1 << (signal.SIGINT - 1)
        while process.poll() is None:
            status = Path(f"/proc/{process.pid}/status").read_text("utf-8")
            caught = next(line for line in status.splitlines() if line.startswith("SigCgt:"))
            if int(caught.split()[1], 16) & bit:
                return
            time.sleep(0.01)

    def fits(self, text):
        self.assertLessEqual(max(map(len, text.splitlines())), 80, text)


class Noise(Case):
    def test_mistakes_are_named_with_a_cure(self):
        missing = str(max(CPUS) + 1000)
        for arguments, says in (
                (("--cores", "x"), "is no list of cpus"),
                (("--cores", "3-1"), "is no list of cpus"),
                (("--cores", ""), "the value is empty"),
                (("--cores", missing), f"cpu {missing} cannot be used"),
                (("--cores", "\x1b[31m"), "is no list of cpus"),
                (("--duration", "10"), "--duration"),
                (("--duration", "0s"), "is not from 100ms to"),
                (("--duration", "2h"), "is not from 100ms to"),
                (("--duration", "-1s"), "--duration"),
                (("--hlog", "no/such/folder"), "--hlog"),
                (("--hlog", ""), "the value is empty"),
                (("extra",), 'leave "extra" out'),
                (("--core", "1"), 'did you mean "--cores"?')):
            with self.subTest(arguments=arguments):
                self.refused("noise", *arguments, says=says)

    def test_a_core_outside_the_affinity_mask_is_watched_where_the_cpuset_has_it(self):
        if len(CPUS) < 2:
            self.skipTest("needs two cpus")
        output = self.run_well("noise", "--cores", str(CPUS[1]), "--duration", "100ms",
                               preexec_fn=lambda: os.sched_setaffinity(0, {CPUS[0]}))
        self.assertIn(f"\ncpu {CPUS[1]}\n", output)

    def test_a_core_that_cannot_be_had_is_refused(self):
        self.refused("noise", "--cores", str(CPUS[-1] + 1), says="cannot be used")

    def test_the_tables_fit_80_columns_and_name_each_core(self):
        output = self.run_well("noise", "--duration", "200ms")
        self.fits(output)
        for cpu in CPUS:
            self.assertIn(f"\ncpu {cpu}\n", output)
        self.assertNotIn("\x1b", output)

    def test_json_and_log_tell_the_same(self):
        core = CPUS[-1]
        output = self.run_well("noise", "--cores", str(core), "--duration", "300ms", "--json",
                               "--hlog", "noise.hlog")
        root = json.loads(output)
        self.assertEqual(root["schema"], "busmark.noise/1")
        cli_test.check_document(root)
        self.assertFalse(root["interrupted"])
        (noise,) = root["cores"]
        self.assertEqual(noise["cpu"], core)
        self.assertGreaterEqual(noise["observed_ns"], 299_000_000)
        self.assertGreater(noise["sleeps"], 0)
        shares = noise["causes"]
        self.assertAlmostEqual(shares["in_place_share"] + shares["switched_share"],
                               shares["lost_share"])
        over = [noise["gaps_over_per_second"][size] for size in ("1us", "10us", "100us", "1ms")]
        self.assertEqual(over, sorted(over, reverse=True))
        table = self.run_well("hist", "--raw", "noise.hlog")
        rows = {line.split()[0]: line.split() for line in table.splitlines()[1:]}
        count = table.splitlines()[0].split().index("count")
        self.assertEqual(int(rows[f"cpu{core}:late"][count]), noise["sleeps"])
        if noise["gaps"]:
            self.assertEqual(int(rows[f"cpu{core}:gaps"][count]), noise["gaps"])

    def test_an_interrupt_leaves_what_is_known_so_far(self):
        process = self.start("noise", "--cores", str(CPUS[0]), "--duration", "1h", "--json",
                             "--hlog", "noise.hlog")
        self.wait_until_it_catches_interrupts(process)
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=HANG)
        self.assertEqual(process.returncode, 130, errors)
        root = json.loads(output)
        cli_test.check_document(root)
        self.assertTrue(root["interrupted"])
        self.assertLess(root["cores"][0]["observed_ns"], 3_600 * 10**9)
        self.assertTrue((self.folder / "noise.hlog").exists())


class Cores(Case):
    def test_mistakes_are_named_with_a_cure(self):
        for arguments, says in (
                (("--cores", "x"), "is no list of cpus"),
                (("--suggest", "0"), "is not a number of cores"),
                (("--suggest", "two"), "is not a number of cores"),
                (("--csv", "no/such/folder"), "--csv"),
                (("--duration", "1s"), "belongs to --watch"),
                (("--watch", "--json"), "leave --csv, --json"),
                (("--watch", "--wake"), "leave --csv, --json"),
                (("--watch", "--duration", "x"), "--duration"),
                (("--cores", str(CPUS[0])), "two cpus at least")):
            with self.subTest(arguments=arguments):
                self.refused("cores", *arguments, says=says)

    @TWO
    def test_more_cores_than_there_are_cannot_be_suggested(self):
        self.refused("cores", "--suggest", "100000", says="ask for fewer")

    @TWO
    def test_the_matrix_is_plain_where_nobody_looks_and_fits_80_columns(self):
        output = self.run_well("cores", "--wake", "--suggest", "2")
        self.fits(output)
        self.assertNotIn("\x1b", output)
        for part in ("futex wake-up", "eventfd wake-up", "clock_gettime", "cores = ["):
            self.assertIn(part, output)

    @TWO
    def test_the_matrix_is_coloured_on_a_terminal_unless_refused(self):
        for extra, coloured in (({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)):
            with self.subTest(extra=extra):
                environment = {**os.environ, "TERM": "xterm", **extra}
                if "NO_COLOR" not in extra:
                    environment.pop("NO_COLOR", None)
                leader, follower = pty.openpty()
                process = self.start("cores", "--cores", f"{CPUS[0]},{CPUS[1]}",
                                     stdout=follower, env=environment)
                os.close(follower)
                text = b""
                try:
                    while chunk := os.read(leader, 4096):
                        text += chunk
                except OSError:  # Linux ends a pseudo terminal so.
                    pass
                os.close(leader)
                process.communicate(timeout=HANG)
                self.assertEqual(process.returncode, 0)
                self.assertEqual(b"\x1b[" in text, coloured, text)

    @TWO
    def test_json_and_csv_hold_each_pair(self):
        pair = f"{CPUS[0]},{CPUS[1]}"
        root = json.loads(self.run_well("cores", "--cores", pair, "--json", "--csv", "cores.csv"))
        self.assertEqual(root["schema"], "busmark.cores/1")
        cli_test.check_document(root)
        self.assertEqual(root["cores"], CPUS[:2])
        (measured,) = root["pairs"]
        self.assertIn(measured["class"], ("close", "near", "far"))
        times = measured["one_way_ns"]
        self.assertLessEqual(times["min"], times["median"])
        with open(self.folder / "cores.csv", encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual([(int(r["from_cpu"]), int(r["to_cpu"])) for r in rows],
                         [tuple(CPUS[:2]), tuple(reversed(CPUS[:2]))])
        self.assertEqual(rows[0]["class"], measured["class"])

    @TWO
    def test_a_watch_ends_by_itself_or_by_an_interrupt_with_its_table(self):
        pair = f"{CPUS[0]},{CPUS[1]}"
        output = self.run_well("cores", "--cores", pair, "--watch", "--duration", "500ms")
        self.assertIn("looks", output)
        process = self.start("cores", "--cores", pair, "--watch")
        self.wait_until_it_catches_interrupts(process)
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=HANG)
        self.assertEqual(process.returncode, 130, errors)
        self.assertIn("median", output)


class Help(Case):
    @TWO
    def test_a_second_thread_that_cannot_be_had_hangs_nobody(self):
        def as_nobody():
            os.setuid(65534 if os.geteuid() == 0 else os.geteuid())  # no limit holds root
            resource.setrlimit(resource.RLIMIT_NPROC, (2, 2))

        self.folder.chmod(0o777)
        program = shutil.copy(cli_test.PROGRAM, self.folder)  # to where nobody may reach it
        done = subprocess.run([program, "cores"], cwd=self.folder, timeout=HANG, check=False,
                              preexec_fn=as_nobody, capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stdout), (2, ""), done.stderr)
        self.assertIn("no thread could be started: allow this user more", done.stderr)

    def test_help_fits_80_columns(self):
        for verb in ("noise", "cores"):
            output = self.run_well(verb, "--help")
            self.fits(output)
            self.assertIn("130", output)


if __name__ == "__main__":
    cli_test.PROGRAM = os.path.abspath(sys.argv[1])
    unittest.main(argv=sys.argv[:1], verbosity=2)
