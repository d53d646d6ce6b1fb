#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the built program as its users do, the clumsy and the hostile ones included.

usage: cli_test.py BUSMARK

No assertion rests on how fast the machine is: budgets are so loose or so tight that no machine can
decide otherwise, and what a disturbed machine may change is derived from the result itself.
"""

import fcntl
import json
import os
import pty
import signal
import stat
import struct
import subprocess
import sys
import tempfile
import termios
import time
import unittest
import warnings
from pathlib import Path

RUN = '[run]\nrepetitions = 2\nretries = 0\nwarmup = "2ms"\nduration = "20ms"\n'
ONE = RUN + '[[scenario]]\nname = "one"\noversubscribe = true\nload = "max"\nbudget = "p95 < 60s"\n'
LONG = ONE.replace("20ms", "1h").replace('"max"', '"1k/s"')
HANG = 120  # Seconds after which a program counts as hung.
PROGRAM = ""


class Case(unittest.TestCase):
    """A folder of its own for each test, and ways to run the program in it."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.config = self.write("one.toml", ONE)

    def write(self, name, content):
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return name

    def start(self, *arguments, **options):
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
        process = subprocess.Popen([PROGRAM, *arguments], cwd=self.folder, text=True,
                                   stdin=subprocess.DEVNULL, **options)
        self.addCleanup(process.kill)
        return process

    def run_it(self, *arguments, **options):
        process = self.start(*arguments, **options)
        output, errors = process.communicate(timeout=HANG)
        return process.returncode, output, errors

    def files(self):
        return sorted(str(p.relative_to(self.folder)) for p in self.folder.rglob("*"))

    def refused(self, *arguments, says, lines=1, **options):
        """The arguments are a mistake: exit code 2, one sentence for it, and nothing is left."""
        before = self.files()
        code, output, errors = self.run_it(*arguments, **options)
        self.assertEqual(code, 2, errors)
        self.assertEqual(output, "")
        for part in [says] if isinstance(says, str) else says:
            self.assertIn(part, errors)
        self.assertEqual(len(errors.splitlines()), lines, errors)
        self.assertTrue(errors.startswith("busmark: "), errors)
        self.assertTrue(all(c.isprintable() or c == "\n" for c in errors), repr(errors))
        self.assertEqual(self.files(), before)


def strict_json(path):
    def refuse(constant):
        raise ValueError(f"{constant} is no JSON")
    return json.loads(Path(path).read_text("utf-8"), parse_constant=refuse)


def check_schema(result, schema):
    """Raises when the result is not as the schema in that file says."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import jsonschema
        jsonschema.validate(result, json.loads(Path(schema).read_text("utf-8")))


def check_document(document, program=None):
    """Raises when a JSON document is not as `busmark generate schema` says."""
    name = document["schema"].removeprefix("busmark.").partition("/")[0]
    with tempfile.NamedTemporaryFile("w") as schema:
        subprocess.run([program or PROGRAM, "generate", "schema", name], stdout=schema, check=True)
        check_schema(document, schema.name)

def worst_exit(result):
    """The exit code that the verdicts of a result ask for."""
    verdicts = {scenario["verdict"] for scenario in result["scenarios"]}
    for verdict, code in (("INVALID", 4), ("FAIL", 1), ("INCONCLUSIVE", 6)):
        if verdict in verdicts:
            return code
    return 0 if verdicts - {"SKIP"} else 5


class Usage(Case):
    def test_mistakes_of_the_command_line_are_named_with_a_cure(self):
        for arguments, says in (
                ((), "a subcommand is missing"),
                (("rnu",), 'did you mean "run"?'),
                (("x\x1b[31m.toml",), "unknown subcommand"),
                (("--versoin",), 'did you mean "--version"?'),
                (("run",), "needs a CONFIG"),
                (("plan",), "needs a CONFIG"),
                (("run", "one.toml", "--jsno", "x"), 'did you mean "--json"?'),
                (("run", "one.toml", "two.toml"), '"two.toml" is one too many'),
                (("list", "x"), 'leave "x" out'),
                (("run", "one.toml", "--json"), "--json"),
                (("run", "one.toml", "--json", ""), "the value is empty"),
                (("run", "one.toml", "--out", ""), "the value is empty"),
                (("run", "one.toml", "--only", ""), "the value is empty"),
                (("run", "one.toml", "--only", "z*"), "no scenario matches"),
                (("run", "one.toml", "--set", "x"), "scenario.KEY=VALUE"),
                (("run", "one.toml", "--set", ""), "scenario.KEY=VALUE"),
                (("run", "one.toml", "--set", "scenario.lod=1"), 'did you mean "load"?'),
                (("run", "one.toml", "--set", "run.repetitions=0"), "from 1 to"),
                (("run", "one.toml", "--set", "run.seed=" + "9" * 40), "seed")):
            with self.subTest(arguments=arguments):
                self.refused(*arguments, says=says)

    def test_help_fits_80_columns_and_names_the_exit_codes(self):
        for arguments in ((), ("run",), ("plan",), ("list",), ("agent",), ("tune",)):
            code, output, errors = self.run_it(*arguments, "--help")
            self.assertEqual((code, errors), (0, ""))
            self.assertIn(" ".join(("Usage: busmark", *arguments)), output)
            self.assertIn("130", output)
            self.assertLessEqual(max(map(len, output.splitlines())), 80)

    def test_the_version_names_compiler_flags_and_allocator(self):
        code, output, _ = self.run_it("--version")
        self.assertEqual(code, 0)
        for word in ("busmark ", "compiler", "flags", "allocator"):
            self.assertIn(word, output)

    def test_list_and_plan_run_nothing(self):
        before = self.files()
        code, output, _ = self.run_it("list")
        self.assertEqual(code, 0)
        self.assertIn("queue/spsc", output)
        code, output, _ = self.run_it("plan", self.config)
        self.assertEqual(code, 0)
        self.assertIn("nothing was run", output)
        self.assertEqual(self.files(), before)


class Config(Case):
    def test_a_file_that_is_no_config_is_refused(self):
        (self.folder / "folder").mkdir()
        self.write("empty.toml", "")
        self.write("garbage.toml", os.urandom(1 << 20) * 10)
        self.write("control.toml", '[run]\nname = "a\x1b[31m"\n')
        self.write("binary.toml", b"\x00\x01\xff\n")
        for name, says, lines in (("none.toml", "no such file", 1), ("folder", "is a directory", 1),
                                  ("empty.toml", "[[scenario]]", 5),
                                  ("garbage.toml", "larger than 1 MiB", 1),
                                  ("control.toml", "control.toml:2:10", 1),
                                  ("binary.toml", "binary.toml:1:", 1)):
            with self.subTest(name=name):
                self.refused("run", name, says=says, lines=lines)
                self.refused("plan", name, says=says, lines=lines)

    def test_a_wrong_value_is_named_with_its_place(self):
        for line, says in (
                ("producer = 1", 'did you mean "producers"?'),
                ('duration = "20 parsecs"', "use ns, us, ms"),
                ('load = "-5k/s"', "must not be negative"),
                ("producers = 0", "from 1 to 1024, not 0"),
                ("capacity = 99999999999999999999", "64 bits"),
                ('duration = "99999999999h"', "too large"),
                ('transport = "queue/spcs"', 'did you mean "queue/spsc"?')):
            with self.subTest(line=line):
                self.write("wrong.toml", RUN + '[[scenario]]\nname = "a"\n' + line + "\n")
                self.refused("run", "wrong.toml", says=("wrong.toml:8:", says))

    def test_all_mistakes_are_told_at_once(self):
        self.write("wrong.toml", '[[scenario]]\nname = "a"\nlaod = 1\npayload = "x"\nwait = "no"\n')
        self.refused("run", "wrong.toml", says=(":3:", ":4:", ":5:"), lines=3)

    def test_what_transport_or_machine_cannot_do_is_refused(self):
        scenario = '[[scenario]]\nname = "a"\n'
        for text, says in (
                (scenario + "producers = 2\n", "at most 1 producer"),
                (scenario + scenario, "too"),
                ("[run]\ncores = [0, 65000]\n" + scenario, "cpu 65000 does not exist"),
                (scenario + 'transport = "queue/mpmc"\nproducers = 999\nconsumers = 999\n',
                 "1998 spinning threads")):
            with self.subTest(text=text):
                self.write("wrong.toml", text)
                self.refused("run", "wrong.toml", says=says)


class Output(Case):
    def test_a_place_that_cannot_be_written_is_refused_before_the_run(self):
        (self.folder / "folder").mkdir()
        for arguments, says in ((("--json", "none/x.json"), "--json"),
                                (("--json", "folder"), "Is a directory"),
                                (("--out", "one.toml"), "Not a directory"),
                                (("--out", "one.toml/x"), "Not a directory"),
                                (("--out", "/proc/none"), "--out"),
                                (("--set", "run.out=/proc"), "--out")):
            with self.subTest(arguments=arguments):
                self.refused("run", self.config, *arguments, says=(says, "cannot be written"))

    def mount(self, *arguments):
        target = self.folder / "mounted"
        target.mkdir()
        command = ["mount", *arguments, str(target)]
        try:
            done = subprocess.run(command, capture_output=True, check=False).returncode == 0
        except OSError:
            done = False
        if not done:
            self.skipTest("file systems cannot be mounted here")
        self.addCleanup(subprocess.run, ["umount", str(target)], check=False)
        return target

    def test_a_read_only_folder_is_refused_before_the_run(self):
        self.mount("-t", "tmpfs", "-o", "ro", "tmpfs")
        self.refused("run", self.config, "--out", "mounted", says="Read-only file system")

    def test_a_full_disk_is_refused_before_the_run(self):
        disk = self.mount("-t", "tmpfs", "-o", "size=4k", "tmpfs")
        (disk / "full").write_bytes(b"x" * 4096)
        self.refused("run", self.config, "--out", "mounted/a/b", says="No space left")

    def test_a_disk_that_fills_up_costs_neither_the_table_nor_leaves_half_a_result(self):
        disk = self.mount("-t", "tmpfs", "-o", "size=4k", "tmpfs")
        code, output, errors = self.run_it("run", self.config, "--out", "mounted")
        self.assertEqual(code, 2, errors)
        self.assertIn("No space left", errors)
        self.assertIn("verdict", output)
        self.assertEqual(list(disk.iterdir()), [])

    def test_a_device_is_written_and_stays_a_device(self):
        device = Path("/dev/full")
        if os.geteuid() == 0:  # who could destroy the real one
            device = self.folder / "full"
            os.mknod(device, stat.S_IFCHR | 0o666, os.makedev(1, 7))
        code, output, errors = self.run_it("run", self.config, "--json", str(device))
        self.assertTrue(device.is_char_device())
        self.assertEqual(code, 2)
        self.assertIn("No space left", errors)
        self.assertIn("verdict", output)

    def test_a_link_is_followed_and_the_last_of_two_places_wins(self):
        (self.folder / "link.json").symlink_to("real.json")
        (self.folder / "real.json").write_text("old")
        self.run_it("run", self.config, "--json", "x.json", "--json", "link.json")
        self.assertTrue((self.folder / "link.json").is_symlink())
        self.assertIn("scenarios", strict_json(self.folder / "real.json"))
        self.assertFalse((self.folder / "x.json").exists())

    def test_a_reader_that_went_away_is_no_error(self):
        read, write = os.pipe()
        os.close(read)
        code, _, errors = self.run_it("run", self.config, "--json", "out.json", stdout=write)
        os.close(write)
        self.assertEqual(code, worst_exit(strict_json(self.folder / "out.json")))
        self.assertNotIn("cannot be written", errors)

    def test_a_closed_standard_output_is_refused(self):
        shell = '"$0" "$@" >&-'
        for arguments in (["list"], ["run", self.config]):
            done = subprocess.run(["sh", "-c", shell, PROGRAM, *arguments], cwd=self.folder,
                                  capture_output=True, text=True, check=False, timeout=HANG)
            self.assertEqual(done.returncode, 2)
            self.assertIn("standard output is closed", done.stderr)
        self.assertEqual(self.files(), [self.config])

    def test_too_much_memory_ends_in_a_sentence(self):
        if "mimalloc" not in self.run_it("--version")[1]:
            self.skipTest("only the shipped allocator refuses at once")
        code, _, errors = self.run_it("run", self.config, "--set", "scenario.capacity=67108864",
                                      "--set", "scenario.payload=64MiB")
        self.assertEqual(code, 2, errors)
        self.assertEqual(self.files(), [self.config])


class Terminal(Case):
    def on_terminal(self, columns, **environment):
        """What the program writes to a terminal of this width."""
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        clean = {k: v for k, v in os.environ.items() if k != "NO_COLOR"}
        process = self.start("run", self.config, stdout=slave, stderr=slave,
                             env={**clean, "TERM": "xterm", **environment})
        os.close(slave)
        seen = b""
        while True:
            try:
                part = os.read(master, 65536)
            except OSError:  # the last holder of the other end has gone
                break
            if not part:
                break
            seen += part
        os.close(master)
        process.wait(timeout=HANG)
        return seen.decode()

    def test_a_terminal_shows_colours_and_a_line_within_its_width(self):
        for columns in (80, 30):
            seen = self.on_terminal(columns)
            self.assertRegex(seen, "\x1b\\[3[1-6]m[A-Z]+\x1b\\[0m")
            frames = seen.split("\r\x1b[K")[1:-1]
            for frame in frames:
                self.assertLess(len(frame), columns)

    def test_no_color_keeps_the_line_and_drops_the_colours(self):
        self.assertNotIn("\x1b[3", self.on_terminal(80, NO_COLOR="1"))
        self.assertIn("\x1b[3", self.on_terminal(80, NO_COLOR=""))

    def test_a_dumb_terminal_and_a_pipe_get_plain_text(self):
        self.assertNotIn("\x1b", self.on_terminal(80, TERM="dumb"))
        _, output, errors = self.run_it("run", self.config)
        self.assertNotIn("\x1b", output + errors)


class Interrupt(Case):
    def setUp(self):
        super().setUp()
        signal.signal(signal.SIGHUP, signal.SIG_DFL)  # under nohup it would be ignored, rightly
        self.config = self.write("one.toml", LONG)

    def wait_until(self, process, condition):
        end = time.monotonic() + HANG
        while not condition(Path("/proc", str(process.pid))):
            self.assertIsNone(process.poll(), "the program has ended early")
            self.assertLess(time.monotonic(), end, "the program never came so far")
            time.sleep(0.002)

    def measuring(self):
        def producing(proc):
            try:
                return any(t.read_text().startswith("producer") for t in proc.glob("task/*/comm"))
            except (FileNotFoundError, ProcessLookupError):
                return False  # a thread has just ended
        process = self.start("run", self.config)
        self.wait_until(process, producing)
        return process

    def finishes(self, process):
        output, errors = process.communicate(timeout=HANG)
        self.assertEqual(process.returncode, 130, errors)
        self.assertIn("verdict", output)
        self.assertIn("interrupted", output)
        (result,) = self.folder.glob("results/*/result.json")
        self.assertTrue(strict_json(result)["interrupted"])

    def test_an_interrupt_ends_the_run_with_a_result_marked_so(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with self.subTest(signal=number):
                process = self.measuring()
                process.send_signal(number)
                self.finishes(process)
                subprocess.run(["rm", "-r", str(self.folder / "results")], check=True)

    def test_an_interrupt_during_set_up_counts_too(self):
        def catching(proc):
            caught = proc.joinpath("status").read_text().split("SigCgt:")[1].split()[0]
            return int(caught, 16) >> (signal.SIGINT - 1) & 1
        process = self.start("run", self.config)
        self.wait_until(process, catching)
        process.send_signal(signal.SIGINT)
        self.finishes(process)

    def test_the_second_interrupt_leaves_at_once_and_leaves_nothing(self):
        process = self.measuring()
        process.send_signal(signal.SIGSTOP)
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGTERM)  # two of one kind would be merged
        process.send_signal(signal.SIGCONT)
        output, _ = process.communicate(timeout=HANG)
        self.assertEqual((process.returncode, output), (130, ""))
        self.assertEqual(self.files(), [self.config])

    def test_a_killed_run_leaves_nothing(self):
        process = self.measuring()
        process.kill()
        process.communicate(timeout=HANG)
        self.assertEqual(self.files(), [self.config])


if __name__ == "__main__":
    PROGRAM = os.path.abspath(sys.argv[1])
    unittest.main(argv=sys.argv[:1], verbosity=2)
