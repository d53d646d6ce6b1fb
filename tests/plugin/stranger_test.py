#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a stranger does who has nothing but the installed package, and what is left behind by a
plugin with a server of its own.

usage: stranger_test.py BUSMARK SCHEMA BUILD ROOT COMPILER...
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "program"))
import cli_test  # noqa: E402


@unittest.skipUnless(shutil.which("pkg-config"), "pkg-config is not installed")
class Stranger(cli_test.Case):
    """Has the installed package, a compiler and a folder of their own."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.root = Path(folder.name)
        subprocess.run(["meson", "install", "-C", BUILD, "--no-rebuild", "--tags", "devel",
                        "--destdir", folder.name], check=True, capture_output=True)
        pc = next(cls.root.rglob("busmark.pc"))
        environment = {**os.environ, "PKG_CONFIG_SYSROOT_DIR": folder.name,
                       "PKG_CONFIG_PATH": str(pc.parent)}
        # fmt and zlib belong to programs that link the library; a plugin takes the flags alone.
        cls.flags = subprocess.run(["pkg-config", "--cflags", "busmark"], env=environment,
                                   check=True, capture_output=True, text=True).stdout.split()

    def build(self, source, target, compiler):
        done = subprocess.run([*compiler, "-O2", "-shared", "-fPIC", *self.flags, str(source),
                               "-o", str(self.folder / target)], check=False,
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        return "./" + target

    def check_and_run(self, library):
        code, output, errors = self.run_it("plugin", "check", library)
        self.assertEqual(code, 0, output + errors)
        code, output, errors = self.run_it(
            "run", library, "--json", "out.json", "--set", "run.repetitions=1", "--set",
            "scenario.duration=50ms", "--set", "scenario.oversubscribe=true", "--set",
            "run.retries=0", "--set", "scenario.wait=yield")
        result = cli_test.strict_json(self.folder / "out.json")
        cli_test.check_schema(result, SCHEMA)
        self.assertEqual(code, cli_test.worst_exit(result), output + errors)
        return result

    def test_fifteen_lines_come_to_a_judged_result_in_two_commands(self):
        source = ROOT / "examples/plugins/boost_spsc.cpp"
        self.assertLessEqual(len(source.read_text("utf-8").splitlines()), 15)
        library = self.build(source, "mine.so", COMPILER)
        result = self.check_and_run(library)
        ours, mine = result["scenarios"]
        self.assertEqual((ours["transport"], mine["transport"]),
                         ("queue/spsc", "plugin/boost-spsc"))
        self.assertEqual(mine["counts"]["lost"], 0)
        self.assertIn(mine["verdict"], ("PASS", "WARN", "INCONCLUSIVE", "FAIL", "INVALID"))
        self.assertTrue(mine["budgets"])

    @unittest.skipUnless(shutil.which("cc"), "there is no C compiler")
    def test_a_queue_in_c_needs_the_c_header_alone(self):
        flags = [flag for flag in self.flags if not flag.startswith("-std=")]
        self.flags = [*flags, "-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]
        library = self.build(ROOT / "examples/plugins/ring.c", "ring.so", ["cc"])
        self.assertEqual(self.check_and_run(library)["plugins"][0]["title"], "c-ring")

    @unittest.skipUnless(shutil.which("rustc"), "there is no Rust compiler")
    def test_a_channel_in_rust_speaks_the_same_abi(self):
        subprocess.run(["rustc", "-O", "--edition", "2021", "--crate-type", "cdylib",
                        ROOT / "examples/plugins/channel.rs", "-o", self.folder / "channel.so"],
                       check=True, capture_output=True)
        self.assertEqual(self.check_and_run("./channel.so")["plugins"][0]["title"],
                         "rust-channel")

    def test_what_new_writes_builds_keeps_every_promise_and_runs(self):
        code, output, errors = self.run_it("plugin", "new", "queue", "my-queue")
        self.assertEqual((code, errors), (0, ""))
        self.assertEqual(self.files(), ["my-queue.cpp", "my-queue.toml", "one.toml"])
        library = self.build(self.folder / "my-queue.cpp", "my-queue.so", COMPILER)
        self.assertIn("busmark plugin check ./my-queue.so", output)
        self.check_and_run(library)
        code, output, errors = self.run_it("plan", "my-queue.toml")
        self.assertEqual((code, errors), (0, ""))
        self.assertIn("plugin/my-queue", output)

    def test_new_writes_over_nothing(self):
        self.write("mine.toml", "# mine\n")
        self.refused("plugin", "new", "queue", "mine", says="\"mine.toml\" is there already")
        self.refused("plugin", "new", "queue", "../mine", says="is no name for a plugin")
        self.refused("plugin", "new", "broker", "x", says="write `busmark plugin new queue NAME`")
        self.assertEqual((self.folder / "mine.toml").read_text("utf-8"), "# mine\n")


def children_of(pid):
    """The processes that it has started, by the kernel's word."""
    try:
        return Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
    except OSError:
        return []


@unittest.skipUnless(shutil.which("redis-server"), "there is no redis-server")
class Rung(cli_test.Case):
    def test_a_server_of_a_plugin_dies_with_busmark_whatever_kills_it(self):
        subprocess.run([*COMPILER, "-std=c++20", "-O2", "-shared", "-fPIC", f"-I{ROOT}/include",
                        str(ROOT / "plugins/redis_pubsub.cpp"), "-o", str(self.folder / "r.so")],
                       check=True, capture_output=True)
        for number in (signal.SIGINT, signal.SIGKILL):
            with self.subTest(signal=number):
                running = subprocess.Popen(
                    [cli_test.PROGRAM, "run", "./r.so", "--only", "redis*", "--set",
                     "scenario.duration=20s", "--set", "scenario.oversubscribe=true", "--set",
                     "scenario.wait=park"],
                    cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                self.addCleanup(running.kill)
                # The one of the repetition: a first one is there while the plugin is tried.
                server = self.server_of(running.pid)
                running.send_signal(number)
                running.wait(60)
                deadline = time.monotonic() + 30
                while self.is_redis(server) and time.monotonic() < deadline:
                    time.sleep(0.01)
                self.assertFalse(self.is_redis(server))

    def is_redis(self, pid):
        try:
            return Path(f"/proc/{pid}/comm").read_text("ascii").startswith("redis-server")
        except OSError:
            return False

    def server_of(self, pid):
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            for child in children_of(pid):
                if self.is_redis(child):
                    return child
            time.sleep(0.01)
        self.fail("no redis-server was started")


if __name__ == "__main__":
    cli_test.PROGRAM, SCHEMA, BUILD, root = map(os.path.abspath, sys.argv[1:5])
    ROOT, COMPILER = Path(root), sys.argv[5:]
    unittest.main(argv=sys.argv[:1], verbosity=2)
