#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`busmark profile` as a user has it: with a perf, without one, with one that refuses or dies.

usage: profile_test.py BUSMARK

Most of it runs with a perf of our own, which any machine has; where the real one is installed and
may record, that runs as well.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
import unittest
from pathlib import Path

import cli_test

CONFIG = """
[run]
repetitions = 1
warmup = "5ms"
duration = "150ms"

[[scenario]]
name = "one"
wait = "park"
load = "5k/s"
oversubscribe = true
"""
TWO = CONFIG + '[[scenario]]\nname = "two"\nload = "5k/s"\noversubscribe = true\n'
SOFTWARE = ("task-clock", "page-faults")

# Says what perf says, and takes a sample of each thread every two milliseconds. $FAKE: what else.
FAKE = r"""
import os, pathlib, signal, sys, time
words, fake = sys.argv[1:], os.environ.get("FAKE", "")
def option(name):
    return words[words.index(name) + 1]
if words == ["--version"]:
    if fake == "wrapper":
        print("WARNING: perf not found for kernel 9.9.9", file=sys.stderr)
        sys.exit(2)
    print("perf version 9.9.fake")
elif words[0] == "record":
    if fake == "refuse":
        print("Error:\nAccess to performance monitoring and observability operations is limited.\n"
              "Consider adjusting /proc/sys/kernel/perf_event_paranoid", file=sys.stderr)
        sys.exit(255)
    if fake == "old":
        print("  Error: unknown option `control=fifo:x'\n\n Usage: perf record", file=sys.stderr)
        sys.exit(129)
    over = []
    signal.signal(signal.SIGINT, lambda *_: over.append(True))
    commands, answers = option("--control").removeprefix("fifo:").split(",")
    tasks = pathlib.Path("/proc", option("-p"), "task")
    with open(commands) as pipe:
        assert pipe.readline() == "enable\n"
    with open(answers, "w") as pipe:
        pipe.write("ack\n")
    with open(pathlib.Path(os.environ["TMPDIR"]).parent / "recordings", "a") as log:
        log.write("one\n")
    with open(option("-o"), "w") as data:
        while not over:
            for task in tasks.iterdir():
                try:
                    name = (task / "comm").read_text().strip()
                except OSError:
                    continue
                if fake == "die" and name == "producer-0":
                    print("perf: a sad story", file=sys.stderr)
                    sys.exit(1)
                now = time.monotonic_ns()
                data.write(f"{name} {option('-p')}/{task.name} {now // 10**9}.{now % 10**9:09}: \n"
                           "\t 10 void busmark::hot<A<B> >(int) (/bin/busmark)\n"
                           "\t 20 start_thread (/lib/libc.so.6)\n\n")
            time.sleep(0.002)
        data.write("x 1/2 3.000000000: PERF_RECORD_LOST lost 5\nrubbish\n")
elif words[0] == "script":
    if fake == "no script":
        print("incompatible file format", file=sys.stderr)
        sys.exit(255)
    print("a warning beside the samples", file=sys.stderr)
    sys.stdout.write(open(option("-i")).read())
"""


class Profile(cli_test.Case):
    def setUp(self):
        super().setUp()
        self.config = self.write("one.toml", CONFIG)
        self.tools = self.folder / "tools"
        self.tools.mkdir()
        for tool in ("rm", "sleep"):  # of the helper that tidies up
            (self.tools / tool).symlink_to(shutil.which(tool))
        self.temporary = self.folder / "temporary"
        self.temporary.mkdir()

    def environment(self, fake=None):
        if fake is not None:
            perf = self.tools / "perf"
            perf.write_text(f"#!{sys.executable}\n{FAKE}")
            perf.chmod(0o755)
        return {**os.environ, "PATH": str(self.tools), "FAKE": fake or "",
                "TMPDIR": str(self.temporary)}

    def profile(self, *arguments, fake=None):
        return self.run_it("profile", self.config, *arguments, env=self.environment(fake))

    def result(self):
        found = cli_test.strict_json(next(self.folder.glob("results/*-profile-*/profile.json")))
        cli_test.check_document(found)
        return found

    def left(self):
        return sorted(path.name for path in self.folder.glob("results/*-profile-*/*"))

    def nothing_stays(self):
        """Neither perf nor its files, after a moment."""
        end = time.monotonic() + cli_test.HANG
        while any(self.temporary.iterdir()) or self.perfs():
            self.assertLess(time.monotonic(), end, (self.perfs(), self.left()))
            time.sleep(0.02)

    def perfs(self):
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if str(self.temporary).encode() in (process / "cmdline").read_bytes():
                    found.append(process.name)
            except OSError:
                continue
        return found

    def check_counters(self, result):
        counters = result["counters"]
        self.assertEqual([role["role"] for role in counters["roles"]], ["producer", "consumer"])
        for role in counters["roles"]:
            for event, figure in role["per_message"].items():
                problem = counters["events"][event]["problem"]
                self.assertEqual(figure is None, problem is not None, (event, problem))
                if figure is not None and event == "task-clock":
                    self.assertGreater(figure["median"], 0)
        self.assertGreater(counters["messages"], 0)


class Mistakes(Profile):
    def test_a_mistake_is_named_with_a_cure(self):
        self.write("two.toml", TWO)
        for arguments, says in (
                (("two.toml",), "profile works on one scenario, and two.toml has 2; choose with "
                                "--only one of: one, two"),
                (("two.toml", "--only", "t"), "no scenario matches"),
                (("one.toml", "--set", 'run.cores="sweep"'), "looks at one placement"),
                (("one.toml", "--stacks", "dwarf,7"), "is no way to find stacks"),
                (("one.toml", "--frequency", "0"), "--frequency"),
                (("one.toml", "--top", "0"), "--top"),
                (("one.toml", "--svg", "no/such/folder.svg"), "--svg"),
                (("one.toml", "--json", "tools"), "--json"),
                (("one.toml", "--counters", "--svg", "x.svg"), "--counters takes no samples"),
                (("one.toml", "--quick"), "--quick")):
            with self.subTest(arguments=arguments):
                self.refused("profile", *arguments, says=says)

    def test_help_fits_80_columns(self):
        code, output, _ = self.run_it("profile", "--help")
        self.assertEqual(code, 0)
        self.assertLessEqual(max(map(len, output.splitlines())), 80)


class Sampled(Profile):
    def test_samples_of_the_measured_windows_become_tables_and_a_flame_graph(self):
        code, output, errors = self.profile("--svg", "flame.svg", "--json", "copy.json",
                                            "--perf-data", "perf.data", "--set",
                                            "run.repetitions=2", fake="")
        self.assertEqual(code, 0, errors)
        self.assertEqual(self.left(), ["flame.svg", "profile.json", "stacks.folded"])
        result = self.result()
        self.assertEqual(result, cli_test.strict_json(self.folder / "copy.json"))
        self.assertEqual((result["schema"], result["scenario"]), ("busmark.profile/1", "one"))
        self.check_counters(result)
        self.assertEqual(result["counters"]["repetitions"], 2)
        profile = result["profile"]
        self.assertEqual(profile["perf"], "perf version 9.9.fake")
        self.assertEqual((profile["lost"], profile["malformed_lines"]), (5, 1))
        # The threads of probes and of the repetitions' ends are not in the windows.
        self.assertGreater(profile["outside"], 0)
        roles = {role["role"]: role for role in profile["roles"]}
        for name in ("producer", "consumer"):
            (function,) = roles[name]["functions"]
            self.assertEqual(function["symbol"], "void busmark::hot<A<B> >(int)")
            self.assertEqual(function["samples"], roles[name]["samples"])
            self.assertLess(function["share_low"], 1)
        self.assertEqual(sum(role["samples"] for role in roles.values()), profile["samples"])
        self.assertIn("\nproducer: ", output)
        self.assertIn("busmark::hot\n", output)
        self.assertIn("5 LOST", output)
        self.assertIn("not to be compared", output)
        self.assertLessEqual(max(map(len, output.split("\nprofile  ")[0].splitlines())), 80)
        folded = next(self.folder.glob("results/*/stacks.folded")).read_text()
        self.assertIn("producer;start_thread;void busmark::hot<A<B> >(int) ", folded)
        svg = (self.folder / "flame.svg").read_text()
        self.assertIn("void busmark::hot&lt;A&lt;B&gt; &gt;(int)", svg)
        if shutil.which("xmllint"):
            subprocess.run(["xmllint", "--noout", "--nonet", self.folder / "flame.svg"], check=True)
        self.assertIn("LOST lost 5", (self.folder / "perf.data").read_text())
        self.nothing_stays()

    def start_sampling(self):
        """In the middle of the second recording; the first one only tries whether perf may."""
        process = self.start("profile", self.config, "--set", 'scenario.duration="2s"',
                             env=self.environment(""))
        log = self.folder / "recordings"
        end = time.monotonic() + cli_test.HANG
        while not log.exists() or log.read_text().count("\n") < 2:
            self.assertLess(time.monotonic(), end)
            self.assertIsNone(process.poll())
            time.sleep(0.005)
        return process

    def test_an_interrupt_leaves_whole_files_and_no_perf(self):
        process = self.start_sampling()
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=cli_test.HANG)
        self.assertEqual(process.returncode, 130, errors)
        self.assertIn("interrupted", output)
        result = self.result()
        self.assertTrue(result["interrupted"])
        self.check_counters(result)
        self.nothing_stays()

    def test_nothing_stays_when_it_is_killed(self):
        process = self.start_sampling()
        process.kill()
        process.communicate()
        self.nothing_stays()
        self.assertEqual(self.left(), [])


class Missing(Profile):
    def only_counted(self, says, **options):
        code, output, errors = self.profile("--svg", "flame.svg", **options)
        self.assertEqual(code, 2, errors)
        self.assertIn(says, errors)
        self.assertIn("; what can be counted without perf is shown", errors)
        self.assertIn("Not sampled: ", output)
        self.assertEqual(self.left(), ["profile.json"])
        self.assertFalse((self.folder / "flame.svg").exists())
        result = self.result()
        self.assertIn(says, result["no_profile"])
        self.assertIsNone(result["profile"])
        self.check_counters(result)
        self.nothing_stays()

    def test_without_perf_the_package_is_named_and_counters_are_shown(self):
        self.only_counted("there is no perf in $PATH; install linux-perf (Debian)")

    def test_a_perf_that_may_not_record(self):
        self.only_counted("sysctl -w kernel.perf_event_paranoid=1", fake="refuse")

    def test_a_perf_of_another_kernel(self):
        self.only_counted("is not for this kernel", fake="wrapper")

    def test_a_perf_that_is_too_old(self):
        self.only_counted("--control came with perf 5.10", fake="old")

    def test_a_perf_that_dies_in_the_middle_of_the_run(self):
        self.only_counted('perf ended in the middle of the run: perf says "perf: a sad story"',
                          fake="die")

    def test_a_recording_that_cannot_be_read(self):
        self.only_counted('perf script failed: perf says "incompatible file format"',
                          fake="no script")

    def test_counters_alone_need_no_perf(self):
        code, output, errors = self.profile("--counters")
        self.assertEqual(code, 0, errors)
        self.assertNotIn("perf", errors)
        self.assertNotIn("Not sampled", output)
        self.check_counters(self.result())
        for event in SOFTWARE:
            self.assertIn(event, output)


class Real(Profile):
    def test_the_perf_of_this_machine_finds_the_loops(self):
        if shutil.which("perf") is None:
            self.skipTest("perf is not installed")
        code, output, errors = self.run_it("profile", self.config, "--set",
                                           'scenario.load="max"', "--set",
                                           'scenario.transport="queue/spsc"',
                                           env={**os.environ, "TMPDIR": str(self.temporary)})
        if code == 2 and "perf" in errors:
            self.skipTest(errors)
        self.assertEqual(code, 0, errors)
        profile = self.result()["profile"]
        roles = {role["role"]: role for role in profile["roles"]}
        for name in ("producer", "consumer"):
            self.assertGreater(roles[name]["samples"], 0)
        folded = next(self.folder.glob("results/*/stacks.folded")).read_text()
        self.assertRegex(folded, "(?m)^consumer;.*busmark::consume<")
        self.assertEqual(self.left(), ["flame.svg", "profile.json", "stacks.folded"])
        self.nothing_stays()


if __name__ == "__main__":
    cli_test.PROGRAM = os.path.abspath(sys.argv[1])
    unittest.main(argv=sys.argv[:1] + sys.argv[2:], verbosity=2)
