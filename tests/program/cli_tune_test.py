#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`busmark tune` as a user has it: knobs tried by themselves, a live view with marks, what is left
behind by either, and a terminal that is as it was however the session ends.

usage: cli_tune_test.py BUSMARK
"""

import fcntl
import os
import pty
import re
import select
import shlex
import signal
import struct
import subprocess
import sys
import termios
import time
import unittest

import cli_test

CONFIG = """
[[scenario]]
name = "one"
transport = "queue/mutex"
wait = "park"
load = "5k/s"
budget = "p95 < 60s"
"""
SHORT = ("--rounds", "6", "--block", "20ms")
LIVE = ("--rounds", "6", "--block", "20ms", "--settle", "0s")


class Tune(cli_test.Case):
    def setUp(self):
        super().setUp()
        self.config = self.write("one.toml", CONFIG)

    def ledger(self):
        return cli_test.strict_json(next(self.folder.glob("results/one-tune-*/tune.json")))

    def has_line(self):
        return any(self.folder.glob("results/one-tune-*/tune.json"))

    def wait_for(self, condition, *failing):
        end = time.monotonic() + cli_test.HANG
        while not condition():
            self.assertLess(time.monotonic(), end, failing)
            time.sleep(0.02)


class Auto(Tune):
    def test_it_leaves_a_ledger_whose_lines_can_be_repeated_and_a_config_that_runs(self):
        code, output, errors = self.run_it("tune", "--auto", self.config, *SHORT,
                                           "--duration", "3s", "--json", "copy.json")
        self.assertIn(code, (0, 4), errors)
        ledger = self.ledger()
        self.assertEqual(ledger, cli_test.strict_json(self.folder / "copy.json"))
        self.assertEqual((ledger["schema"], ledger["mode"]), ("busmark.tune/1", "auto"))
        cli_test.check_document(ledger)
        self.assertFalse(ledger["interrupted"])
        self.assertEqual([line["knob"] for line in ledger["lines"][:2]], ["transport"] * 2)
        self.assertEqual(ledger["lines"][0]["from"], "transport=queue/mutex")
        self.assertIn("mlockall", [line["knob"] for line in ledger["lines"]])
        tried = [line for line in ledger["lines"] if line["tried"]]
        self.assertTrue(tried)
        for line in ledger["lines"]:
            self.assertTrue(line["tried"] or line["reason"], line)
            self.assertEqual(line["tried"], line["command"] is not None)
            self.assertIn(line["to"].split("=")[-1] if line["to"] else line["knob"], output)
        words = shlex.split(tried[0]["command"])
        self.assertEqual(words[:3], ["busmark", "ab", self.config])
        code, output, errors = self.run_it(*words[1:])
        self.assertIn(code, (0, 3, 4), errors)
        self.assertIn("B         " + tried[0]["to"], output)
        tuned = next(self.folder.glob("results/one-tune-*/tuned.toml"))
        code, output, errors = self.run_it("plan", str(tuned))
        self.assertEqual(code, 0, errors)
        text = tuned.read_text()
        for key, value in ledger["kept"].items():
            self.assertRegex(text, rf'(?m)^{key.split(".")[1]} = "?{re.escape(value)}"?  # was ')

    def test_what_was_found_survives_an_interrupt(self):
        process = self.start("tune", "--auto", self.config, *SHORT, "--duration", "1h")
        self.wait_for(self.has_line)
        process.send_signal(signal.SIGTERM)
        output, errors = process.communicate(timeout=cli_test.HANG)
        self.assertEqual(process.returncode, 130, errors)
        self.assertTrue(self.ledger()["interrupted"])
        self.assertIn("Interrupted", output)
        tuned = next(self.folder.glob("results/one-tune-*/tuned.toml"))
        self.assertEqual(self.run_it("plan", str(tuned))[0], 0)

    def test_mistakes_are_refused_with_a_cure_before_anything_is_measured(self):
        self.write("two.toml", CONFIG + CONFIG.replace('"one"', '"two"'))
        self.write("swept.toml", CONFIG.replace('"park"', '["park", "yield"]'))
        self.write("fault.toml", CONFIG + 'fault = "stall at 100ms for 100ms"\n')
        for arguments, says in (
                (("two.toml",), "choose with --only one of: one, two"),
                (("swept.toml", "--only", "*park"), "--set scenario.wait=park"),
                (("fault.toml",), "it has a fault"),
                ((self.config, "--set", "scenario.stages=1x for 1s"), "it has stages"),
                ((self.config, "--set", "scenario.transport=op/slot", "--set",
                  "scenario.load=max"), "carries no messages"),
                ((self.config, "--set", "run.cores=sweep"), "one placement"),
                ((self.config, "--measure", "p96"), "did you mean"),
                ((self.config, "--threshold", "2"), "share"),
                ((self.config, "--duration", "1"), "--duration"),
                ((self.config, "--block", "1ms"), "--block"),
                ((self.config, "--rounds", "0"), "--rounds"),
                ((self.config, "--out", "one.toml"), "one.toml"),
                ((self.config, "--json", "no/such/file"), "--json")):
            with self.subTest(arguments=arguments):
                self.refused("tune", "--auto", *arguments, says=says)

    def test_a_swept_key_is_tuned_from_the_value_that_set_gives_it(self):
        config = self.write("one.toml", CONFIG.replace('"park"', '["park", "yield"]'))
        code, _, errors = self.run_it("tune", "--auto", config, "--set", "scenario.wait=yield",
                                      *SHORT, "--duration", "1s")
        self.assertIn(code, (0, 4), errors)
        lines = [line for line in self.ledger()["lines"] if line["knob"] == "wait"]
        self.assertEqual(lines[0]["from"], "wait=yield")


class Terminal:
    """busmark on a terminal of its own."""

    def __init__(self, test, *arguments, columns=80, rows=24, **environment):
        self.test = test
        self.seen = b""
        clean = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "TERM")}
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            os.chdir(test.folder)
            os.execve(cli_test.PROGRAM, [cli_test.PROGRAM, "tune", *arguments],
                      {**clean, "TERM": "xterm", **environment})
        test.addCleanup(self.end)
        self.resize(columns, rows)
        self.before = self.modes()
        self.code = None

    def modes(self):
        return termios.tcgetattr(self.master)

    def raw(self):
        return not self.modes()[3] & termios.ICANON

    def resize(self, columns, rows):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read(self):
        """What there is now; the terminal's modes can be asked for afterwards, too."""
        while select.select([self.master], [], [], 0)[0]:
            try:
                part = os.read(self.master, 65536)
            except OSError:
                return False
            if not part:
                return False
            self.seen += part
        return True

    def until(self, condition):
        def looked():
            self.read()
            return condition()
        self.test.wait_for(looked, self.seen[-3000:])

    def picture(self):
        """The lines of the last whole picture."""
        for part in reversed(self.seen.split(b"\x1b[H")[1:]):
            if b"\x1b[J" in part:
                text = part[:part.index(b"\x1b[J")].decode()
                return re.sub("\x1b\\[[0-9;?]*[a-zA-Z]|\r", "", text).split("\n")
        return []

    def shows(self, text):
        return any(text in line for line in self.picture())

    def press(self, keys):
        os.write(self.master, keys.encode())

    def wait_for_end(self):
        def ended():
            self.read()
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.code = os.waitstatus_to_exitcode(status)
            return pid != 0
        self.test.wait_for(ended, self.seen[-3000:])

    def end(self):
        if self.code is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.master)


class Live(Tune):
    def terminal(self, *arguments, **options):
        return Terminal(self, self.config, *LIVE, *arguments, **options)

    def is_restored(self, terminal):
        self.assertEqual(terminal.modes(), terminal.before)
        self.assertIn(b"\x1b[?1049l", terminal.seen)
        self.assertGreater(terminal.seen.rfind(b"\x1b[?1049l"),
                           terminal.seen.rfind(b"\x1b[?1049h"))

    def test_a_mark_is_named_judged_and_in_the_ledger(self):
        terminal = self.terminal()
        terminal.until(lambda: terminal.shows("response") and terminal.shows("machine floor"))
        terminal.until(lambda: terminal.shows("6 blocks") or terminal.shows("7 blocks"))
        terminal.press("mquiet")
        terminal.until(lambda: terminal.shows("name of the mark (Enter): quiet_"))
        terminal.press("\n")
        terminal.until(lambda: terminal.shows("quiet: "))
        terminal.until(lambda: terminal.shows("quiet: ") and not terminal.shows("no verdict yet"))
        terminal.press("q")
        terminal.wait_for_end()
        self.assertEqual(terminal.code, 0)
        self.is_restored(terminal)
        ledger = self.ledger()
        self.assertEqual((ledger["mode"], len(ledger["lines"])), ("watch", 1))
        line = ledger["lines"][0]
        self.assertEqual(line["knob"], "quiet")
        self.assertFalse(line["open"])
        self.assertIn("quiet", terminal.seen.split(b"\x1b[?1049l")[-1].decode())

    def test_the_picture_fits_the_window_and_follows_it(self):
        terminal = self.terminal(columns=80, rows=24)
        for columns, rows in ((80, 24), (200, 60), (40, 10), (80, 24)):
            terminal.read()
            terminal.resize(columns, rows)
            start = len(terminal.seen)
            # The second picture from here was begun after the new size was there.
            terminal.until(lambda: terminal.seen[start:].count(b"\x1b[J") >= 3)
            picture = terminal.picture()
            self.assertLessEqual(len(picture), rows)
            self.assertLessEqual(max(len(line) for line in picture), columns, picture)
            self.assertTrue(any(line.startswith("m marks a change") for line in picture), picture)
        self.assertIn(b"\x1b[1m", terminal.seen)

    def test_no_color_draws_without_colours(self):
        terminal = self.terminal(NO_COLOR="1")
        terminal.until(lambda: terminal.shows("response"))
        self.assertNotRegex(terminal.seen, rb"\x1b\[[0-9;]*m")

    def test_the_terminal_is_as_it_was_after_any_end(self):
        for signals in ((signal.SIGINT,), (signal.SIGTERM,), (signal.SIGINT, signal.SIGINT)):
            with self.subTest(signals=signals):
                terminal = self.terminal()
                terminal.until(lambda: terminal.raw() and terminal.shows("response"))
                for number in signals:
                    os.kill(terminal.pid, number)
                terminal.wait_for_end()
                self.assertEqual(terminal.code, 130)
                self.is_restored(terminal)

    def test_it_can_be_stopped_and_continued(self):
        terminal = self.terminal()
        terminal.until(lambda: terminal.raw() and terminal.shows("response"))
        terminal.press("\x1a")  # Ctrl-Z

        def stopped():
            pid, status = os.waitpid(terminal.pid, os.WNOHANG | os.WUNTRACED)
            return pid != 0 and os.WIFSTOPPED(status)
        terminal.until(stopped)
        terminal.until(lambda: b"\x1b[?1049l" in terminal.seen)  # it may still be on its way here
        self.is_restored(terminal)
        os.kill(terminal.pid, signal.SIGCONT)
        terminal.until(terminal.raw)
        start = len(terminal.seen)
        terminal.until(lambda: terminal.seen[start:].count(b"\x1b[J") >= 2)
        terminal.press("q")
        terminal.wait_for_end()
        self.assertEqual(terminal.code, 0)
        self.is_restored(terminal)

    def test_a_dumb_terminal_gets_plain_lines_and_gives_lines(self):
        terminal = self.terminal(TERM="dumb")
        terminal.until(lambda: b"p95 " in terminal.seen)
        self.assertFalse(terminal.raw())
        terminal.press("m plain\n")
        terminal.press("q\n")
        terminal.wait_for_end()
        self.assertEqual(terminal.code, 0)
        self.assertNotIn(b"\x1b", terminal.seen)
        self.assertEqual(self.ledger()["lines"][0]["knob"], "plain")


class Piped(Tune):
    def test_lines_and_a_signal_mark_where_there_is_no_terminal(self):
        process = subprocess.Popen([cli_test.PROGRAM, "tune", self.config, *LIVE],
                                   cwd=self.folder, text=True, stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(process.kill)
        first = process.stdout.readline()
        self.assertIn("SIGUSR1 marks a change", first)
        process.stdin.write("m first change\n")
        process.stdin.flush()
        self.wait_for(self.has_line)
        process.send_signal(signal.SIGUSR1)
        # The mark is taken between two blocks; the second file of the session tells.
        self.wait_for(lambda: len(self.ledger()["lines"]) >= 1)
        output, errors = process.communicate("q\n", timeout=cli_test.HANG)
        self.assertEqual(process.returncode, 0, errors)
        self.assertNotIn("\x1b", output)
        names = [line["knob"] for line in self.ledger()["lines"]]
        self.assertEqual(names, ["first change", "mark 2"])

    def test_it_ends_after_its_time_and_closed_input_ends_nothing(self):
        code, output, errors = self.run_it("tune", self.config, *LIVE, "--duration", "1s")
        self.assertEqual(code, 0, errors)
        self.assertIn("p95", output)
        self.assertEqual(self.ledger()["lines"], [])


if __name__ == "__main__":
    cli_test.PROGRAM = os.path.abspath(sys.argv[1])
    unittest.main(argv=sys.argv[:1] + sys.argv[2:], verbosity=2)
