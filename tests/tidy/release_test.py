#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`./dev release` in a small tree: what it says when the names of a version differ.

usage: release_test.py ROOT
"""

import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()


@unittest.skipUnless(shutil.which("git"), "git is not installed")
class Release(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.tree = Path(folder.name)
        shutil.copy(ROOT / "dev", self.tree)
        shutil.copytree(ROOT / "packaging", self.tree / "packaging")
        self.write("meson.build", "project('busmark', 'cpp',\n  version: '1.2.3',\n")
        self.write("CHANGELOG.md", "# Changes\n\n## 1.2.3, 2026-12-01\n")
        self.write("debian/changelog", "busmark (1.2.3) unstable; urgency=medium\n")
        self.write("build/src/cli/busmark", "#!/bin/sh\necho 'busmark 1.2.3 (abc)'\n").chmod(0o755)
        self.git("init", "-q")
        self.git("commit", "-q", "--allow-empty", "-m", "all")

    def write(self, name, text):
        path = self.tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        return path

    def git(self, *arguments):
        subprocess.run(["git", "-C", self.tree, "-c", "user.name=a", "-c", "user.email=a@b",
                        *arguments], check=True)

    def release(self):
        run = subprocess.run([self.tree / "dev", "release"], capture_output=True, text=True,
                             check=False)
        return run.returncode, run.stderr

    def test_where_all_agree_it_says_how_to_tag(self):
        code, said = self.release()
        self.assertEqual(code, 0, said)
        self.assertIn("git tag -a v1.2.3 -m 'busmark 1.2.3'", said)
        self.git("tag", "-a", "v1.2.3", "-m", "busmark 1.2.3")
        code, said = self.release()
        self.assertEqual((code, "git tag" in said), (0, False), said)

    def test_each_that_differs_is_named_with_a_cure(self):
        self.write("CHANGELOG.md", "# Changes\n\n## Unreleased: 1.2.3\n")
        self.write("debian/changelog", "busmark (1.2.2) unstable; urgency=medium\n")
        self.write("build/src/cli/busmark", "#!/bin/sh\necho 'busmark 1.2.30'\n")
        code, said = self.release()
        self.assertEqual((code, len(said.splitlines())), (1, 3), said)
        for part in ("CHANGELOG.md begins with 'Unreleased: 1.2.3'",
                     "debian/changelog says 1.2.2, meson.build 1.2.3",
                     "busmark --version says '1.2.30'"):
            self.assertIn(part, said)

    def test_a_tag_of_another_version_or_text_is_wrong(self):
        self.git("tag", "-a", "v1.2.3", "-m", "a release")
        code, said = self.release()
        self.assertEqual(code, 1)
        self.assertIn("it should say 'busmark 1.2.3'", said)
        self.git("tag", "-d", "v1.2.3")
        self.git("tag", "-a", "v1.2.4", "-m", "busmark 1.2.4")
        code, said = self.release()
        self.assertEqual(code, 1)
        self.assertIn("this commit has the tag v1.2.4", said)

    def test_without_a_program_the_version_is_not_taken_on_trust(self):
        (self.tree / "build/src/cli/busmark").unlink()
        code, said = self.release()
        self.assertEqual(code, 1)
        self.assertIn("there is no program to ask", said)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
