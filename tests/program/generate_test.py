#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Completes command lines in the shells that are installed, lints the man page, reads the schemas.

usage: generate_test.py BUSMARK DOCS
"""

import json
import os
import re
import shutil
import subprocess
import sys
import unittest
import warnings
from pathlib import Path

import cli_test

COMMANDS = ("run", "plan", "compare", "doctor")


class Generate(cli_test.Case):
    def generated(self, what):
        code, output, errors = self.run_it("generate", what)
        self.assertEqual((code, errors), (0, ""))
        path = self.folder / what
        path.write_text(output)
        return path

    def shell(self, *command):
        if shutil.which(command[0]) is None:
            self.skipTest(f"{command[0]} is not installed")
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, timeout=60)
        self.assertEqual(done.stderr, "")
        return done.stdout

    def bash(self, line):
        """What bash offers for the last word of the line."""
        script = self.generated("bash")
        words = re.findall(r"=|[^\s=]+", line) + ([""] if line.endswith(" ") else [])
        quoted = " ".join(f"'{word}'" for word in words)
        return self.shell(
            "bash", "-c",
            f"compopt() {{ :; }}; source {script}; COMP_WORDS=({quoted}); "
            f"COMP_CWORD={len(words) - 1}; _busmark; printf '%s\\n' \"${{COMPREPLY[@]}}\"").split()

    def fish(self, line):
        script = self.generated("fish")
        output = self.shell("fish", "--no-config", "-c", f"source {script}; complete -C '{line}'")
        return [offer.split("\t")[0] for offer in output.splitlines()]

    def complete(self, offers):
        for name in ("a.toml", "a.json"):
            (self.folder / name).touch()
        (self.folder / "inner").mkdir(exist_ok=True)
        self.assertLessEqual({*COMMANDS}, {*offers("busmark ")})
        self.assertEqual(offers("busmark comp"), ["compare"])
        self.assertIn("--history", offers("busmark run --"))
        self.assertNotIn("--rounds", offers("busmark run --"))
        self.assertIn("a.toml", offers("busmark run "))
        self.assertIn("a.json", offers("busmark run --json "))
        self.assertNotIn("a.json", offers("busmark run --out "))
        self.assertEqual([name.rstrip("/") for name in offers("busmark run --out inn")], ["inner"])
        self.assertEqual({*offers("busmark baseline ")}, {"save", "list", "show", "rm"})
        self.assertIn("--replace", offers("busmark baseline save --"))

    def test_bash_offers_what_the_command_line_takes(self):
        self.complete(self.bash)
        self.assertIn("a.json", self.bash("busmark run --json="))
        self.assertEqual(self.bash("busmark run --label "), [])
        self.assertNotIn("a.json", self.bash("busmark run "))  # fish shows the rest behind *.toml

    def test_fish_offers_what_the_command_line_takes(self):
        self.complete(self.fish)

    def test_zsh_reads_its_script(self):
        script = self.generated("zsh")
        self.shell("zsh", "-n", str(script))
        self.shell("zsh", "-fc", f"autoload -U compinit; compinit -D; source {script}; "
                   "[[ $_comps[busmark] == _busmark ]] || echo 'not registered' >&2")

    def test_every_option_of_the_help_is_in_every_form(self):
        forms = {what: self.generated(what).read_text() for what in ("bash", "zsh", "fish", "man")}
        for command in COMMANDS:
            _, output, _ = self.run_it(command, "--help")
            options = re.findall(r"^  (?:-\w,)?--([\w-]+)", output, re.MULTILINE)
            self.assertGreater(len(options), 3)
            for option in options:
                if option == "help":
                    continue
                self.assertIn(f"--{option}", forms["bash"])
                self.assertIn(f"--{option}", forms["zsh"])
                self.assertIn(f"-l {option}", forms["fish"])
                self.assertIn("\\-\\-" + option.replace("-", "\\-"), forms["man"])

    def test_the_man_page_has_no_fault(self):
        page = self.generated("man")
        if shutil.which("mandoc") is None:
            self.skipTest("mandoc is not installed")
        done = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", str(page)],
                              capture_output=True, text=True, timeout=60)
        faults = [line for line in done.stdout.splitlines() if "missing date" not in line]
        self.assertEqual(faults, [])

    def test_what_cannot_be_generated_is_refused(self):
        code, output, errors = self.run_it("generate", "powershell")
        self.assertEqual((code, output), (2, ""))
        self.assertIn("use bash, zsh, fish, man or schema", errors)
        self.refused("generate", "schema", "weather", says=["no document", "weather", "result"])
        self.refused("generate", "man", "result", says=["too much", "man"])

    def documents(self):
        """Names as the help lists them."""
        _, output, _ = self.run_it("generate", "--help")
        listed = re.search(r"Which schema \(default: (\w+)\), of those\s+((?:\w+,\s+)+\w+)", output)
        self.assertEqual(listed[1], "result")
        return re.findall(r"\w+", listed[2])

    def test_every_document_of_the_help_has_a_schema_of_its_own(self):
        titles = set()
        for name in self.documents():
            with self.subTest(document=name), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                import jsonschema
                code, output, errors = self.run_it("generate", "schema", name)
                self.assertEqual((code, errors), (0, ""))
                schema = json.loads(output)
                jsonschema.Draft7Validator.check_schema(schema)
                self.assertEqual(schema["properties"]["schema"]["const"], schema["title"])
                self.assertRegex(schema["title"], rf"^busmark\.{name}/\d+$")
                self.assertIn("schema", schema["required"])
                titles.add(schema["title"])
        self.assertEqual(len(titles), len(self.documents()))

    def test_the_published_schema_is_the_one_that_is_generated(self):
        _, output, _ = self.run_it("generate", "schema")
        published = Path(DOCS) / "result.schema.json"
        self.assertTrue(output == published.read_text("utf-8"),
                        f"renew it: busmark generate schema result > {published}")


if __name__ == "__main__":
    cli_test.PROGRAM = os.path.abspath(sys.argv[1])
    DOCS = sys.argv[2]
    unittest.main(argv=sys.argv[:1], verbosity=2)
