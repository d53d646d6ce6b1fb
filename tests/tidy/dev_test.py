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
         "libtomlplusplus-dev libcli11-dev libfmt-dev nlohmann-json3-dev zlib1g-dev libssl-dev "
         "libboost-dev libjs-chart.js libnats-dev").split()
TEST = ("python3 python3-jsonschema python3-yaml libhdrhistogram-java nats-server libxml2-utils "
        "openssl relacy-dev default-jre-headless").split()

FAKES = {
    "dpkg-query": 'for last; do :; done\ngrep -qx -- "$last" "$FAKE/installed" && printf installed',
    "apt-get": 'echo "apt-get $*" >>"$FAKE/log"\n'
               'case "$*" in\n'
               '  *update*) rm -f "$FAKE/stale" ;;\n'
               '  *install*) test ! -f "$FAKE/stale" ;;\n'
               'esac',
    "id": 'cat "$FAKE/uid"',
    "meson": 'case $1 in\n'
             '  --version) cat "$FAKE/meson" ;;\n'
             '  *) cat "$FAKE/setup"; exit 1 ;;\n'
             'esac',
    "sudo": 'echo sudo >>"$FAKE/log"; exec "$@"',
}


class Setup(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.fake = Path(self.folder.name)
        self.bin = self.fake / "bin"
        self.bin.mkdir()
        for tool in ("sh", "dirname", "env", "grep", "cat", "rm", "mktemp", "mkdir", "sed", "head"):
            (self.bin / tool).symlink_to(shutil.which(tool))
        for name, body in FAKES.items():
            (self.bin / name).write_text(f"#!{shutil.which('sh')}\n{body}\n", "utf-8")
            (self.bin / name).chmod(0o755)
        self.have([], uid=0)

    def meson(self, version, says):
        """A Meson of that version, whose every set-up fails."""
        (self.fake / "meson").write_text(version + "\n", "utf-8")
        (self.fake / "setup").write_text(says + "\n", "utf-8")
        self.have(BUILD + TEST, uid=0)

    def have(self, installed, uid):
        (self.fake / "installed").write_text("\n".join(installed) + "\n", "utf-8")
        (self.fake / "uid").write_text(f"{uid}\n", "utf-8")

    def dev(self, *arguments, **more):
        environment = {"PATH": str(self.bin), "FAKE": str(self.fake), **more}
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

    def test_a_meson_that_is_too_old_is_refused_with_where_a_newer_one_is(self):
        self.meson("0.56.2", "")
        run = self.dev("build", BUSMARK_BUILDS=str(self.fake / "builds"))
        self.assertEqual((run.returncode, run.stdout), (1, ""))
        self.assertEqual(run.stderr, "dev: Meson 0.56.2 is too old, 1.0 or newer is needed: Debian "
                                     "12 has it, elsewhere 'pipx install meson'\n")

    def test_a_full_disk_is_said_and_where_else_to_build(self):
        self.meson("1.0.1", "ERROR: [Errno 28] No space left on device")
        builds = str(self.fake / "builds")
        run = self.dev("build", BUSMARK_BUILDS=builds)
        self.assertEqual(run.returncode, 1)
        says = f"dev: the disk of '{builds}' is full: make room, or name another folder in"
        self.assertEqual(run.stderr.splitlines()[-1], says + " BUSMARK_BUILDS")

    def test_a_folder_that_cannot_be_written_is_said_and_what_to_set(self):
        self.meson("1.0.1", "")
        run = self.dev("build", BUSMARK_BUILDS="/proc/none")
        self.assertEqual((run.returncode, run.stdout), (1, ""))
        says = "dev: '/proc/none/build' cannot be written: name a folder that can in"
        self.assertEqual(run.stderr, says + " BUSMARK_BUILDS\n")

    def test_without_a_network_it_names_what_could_not_be_installed(self):
        (self.bin / "apt-get").write_text("#!/bin/sh\nexit 100\n", "utf-8")
        self.have(set(BUILD) - {"meson"}, uid=0)
        run = self.dev("build")
        self.assertEqual((run.returncode, run.stdout), (1, ""))
        says = "dev: Debian's packages cannot be reached, is there a network? To be installed:"
        self.assertEqual(run.stderr.splitlines()[-1], says + " meson")

    def test_a_root_is_for_root_alone_and_of_a_known_debian(self):
        self.have(BUILD, uid=1000)
        run = self.dev("on", "trixie", "test")
        self.assertEqual((run.returncode, run.stdout), (1, ""))
        self.assertIn("sudo ./dev on trixie", run.stderr)
        run = self.dev("on", "../etc", "test")
        self.assertIn("no Debian is named '../etc'", run.stderr)
        self.assertEqual((run.returncode, self.dev("on", "trixie").returncode), (2, 2))

    def test_an_unknown_verb_is_a_usage_error(self):
        run = self.dev("biuld")
        self.assertEqual((run.returncode, run.stdout), (2, ""))
        self.assertIn("there is no verb 'biuld'", run.stderr)
        self.assertEqual(self.dev("help").returncode, 0)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
