#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Whoever has the installed library, pkg-config and a compiler builds a program with it.

usage: installed_test.py BUILD SOURCE EXPECTED COMPILER...
"""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

BUILD, SOURCE, EXPECTED, COMPILER = None, None, None, []


@unittest.skipUnless(shutil.which("pkg-config"), "pkg-config is not installed")
class Installed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.root = Path(folder.name)
        subprocess.run(["meson", "install", "-C", BUILD, "--no-rebuild", "--tags", "devel",
                        "--destdir", folder.name], check=True, capture_output=True)
        cls.pc = next(cls.root.rglob("busmark.pc"))

    def pkg_config(self, *arguments):
        environment = {**os.environ, "PKG_CONFIG_SYSROOT_DIR": str(self.root)}
        environment["PKG_CONFIG_PATH"] = str(self.pc.parent)
        return subprocess.run(["pkg-config", *arguments, "busmark"], env=environment, check=True,
                              capture_output=True, text=True).stdout.split()

    def compile(self, source):
        program = self.root / "program"
        subprocess.run([*COMPILER, "-O1", *self.pkg_config("--cflags"), str(source), "-o", program,
                        *self.pkg_config("--libs"), "-pthread"], check=True)
        return subprocess.run([program], check=True, capture_output=True, text=True).stdout

    def test_the_example_of_the_bus_builds_and_says_what_it_should(self):
        self.assertEqual(self.compile(SOURCE), Path(EXPECTED).read_text("utf-8"))

    def test_every_installed_header_compiles_alone(self):
        headers = sorted(self.root.rglob("*.hpp"))
        self.assertGreater(len(headers), 20)
        source = self.root / "all.cpp"
        source.write_text("".join(f'#include "{header}"\n' for header in headers)
                          + "int main() {}\n", "utf-8")
        self.assertEqual(self.compile(source), "")

    def test_nothing_of_the_program_is_installed_with_it(self):
        names = {path.name for path in self.root.rglob("include/busmark/*")}
        self.assertEqual(names, {"base", "bus", "histogram", "plugin.h", "plugin.hpp", "queue"})


if __name__ == "__main__":
    BUILD, SOURCE, EXPECTED, *COMPILER = sys.argv[1:]
    unittest.main(argv=sys.argv[:1], verbosity=2)
