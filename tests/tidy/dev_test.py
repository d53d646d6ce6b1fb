#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""./dev against a faked Debian: what it installs, and what it says when it cannot.

usage: dev_test.py ROOT
"""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

DEV = Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve() / "dev"
BUILD = ("g++ meson ninja-build pkg-config libmimalloc-dev libconcurrentqueue-dev doctest-dev "
         "libtomlplusplus-dev libcli11-dev libfmt-dev nlohmann-json3-dev zlib1g-dev "
         "libboost-dev libjs-chart.js libnats-dev").split()
TEST = ("python3 python3-jsonschema libhdrhistogram-java nats-server libxml2-utils openssl "
        "default-jre-headless").split()

FAKES = {
    "dpkg-query": 'for last; do :; done\ngrep -qx -- "$last" "$FAKE/installed" && printf installed',
    "apt-get": 'echo "apt-get $*" >>"$FAKE/log"\n'
               'case "$*" in\n'
               '  *update*) rm -f "$FAKE/stale" ;;\n'
               '  *install*) test ! -f "$FAKE/stale" ;;\n'
               'esac',
    "id": 'cat "$FAKE/uid"',
    "sudo": 'echo sudo >>"$FAKE/log"; exec "$@"',
}


class Setup(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.fake = Path(self.folder.name)
        self.bin = self.fake / "bin"
        self.bin.mkdir()
        for tool in ("sh", "dirname", "env", "grep", "cat", "rm"):
            (self.bin / tool).symlink_to(shutil.which(tool))
        for name, body in FAKES.items():
            (self.bin / name).write_text(f"#!{shutil.which('sh')}\n{body}\n", "utf-8")
            (self.bin / name).chmod(0o755)
        self.have([], uid=0)

    def have(self, installed, uid):
        (self.fake / "installed").write_text("\n".join(installed) + "\n", "utf-8")
        (self.fake / "uid").write_text(f"{uid}\n", "utf-8")

    def dev(self, *arguments):
        environment = {"PATH": str(self.bin), "FAKE": str(self.fake)}
        return subprocess.run([DEV, *arguments], env=environment, capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, check=False)

    def log(self):
        log = self.fake / "log"
        return log.read_text("utf-8").splitlines() if log.exists() else []

    def test_nothing_missing_means_apt_is_not_asked(self):
        self.have(BUILD + TEST, uid=1000)
        self.assertEqual(self.dev("setup").returncode, 0)
        self.assertEqual(self.log(), [])

    def test_only_what_is_missing_is_installed_and_named(self):
        self.have(set(BUILD + TEST) - {"meson", "libfmt-dev"}, uid=0)
        run = self.dev("setup")
        self.assertEqual((run.returncode, run.stdout), (0, ""))
        self.assertIn("dev: installing meson libfmt-dev\n", run.stderr)
        self.assertTrue(self.log()[-1].endswith("--no-install-recommends meson libfmt-dev"))
        self.assertFalse([line for line in self.log() if "update" in line or "sudo" in line])

    def test_stale_package_lists_are_updated_once(self):
        (self.fake / "stale").touch()
        self.assertEqual(self.dev("setup").returncode, 0)
        self.assertEqual(len([line for line in self.log() if "update" in line]), 1)
        self.assertIn("install", self.log()[-1])

    def test_without_root_it_goes_through_sudo(self):
        self.have(BUILD, uid=1000)
        self.assertEqual(self.dev("setup").returncode, 0)
        self.assertIn("sudo", self.log())

    def test_without_root_and_sudo_it_says_what_to_run(self):
        (self.bin / "sudo").unlink()
        self.have(set(BUILD) - {"meson"}, uid=1000)
        run = self.dev("run", "x.toml")
        self.assertEqual((run.returncode, run.stdout), (1, ""))
        self.assertIn("neither root nor have sudo", run.stderr)
        self.assertIn("apt-get install --no-install-recommends meson\n", run.stderr)

    def test_elsewhere_than_on_debian_it_lists_what_is_needed(self):
        (self.bin / "apt-get").unlink()
        run = self.dev("build")
        self.assertEqual(run.returncode, 1)
        for package in BUILD:
            self.assertIn(package, run.stderr)

    def test_an_unknown_verb_is_a_usage_error(self):
        run = self.dev("biuld")
        self.assertEqual((run.returncode, run.stdout), (2, ""))
        self.assertIn("there is no verb 'biuld'", run.stderr)
        self.assertEqual(self.dev("help").returncode, 0)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
