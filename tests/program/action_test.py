#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""action.yml as GitHub would run it: sets what GitHub sets, plays the steps, reads what they wrote.

usage: action_test.py BUSMARK ACTION
Exit code 77, which the test runner reads as skipped, where Python has no YAML.
"""

import http.server
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import unittest
from pathlib import Path

try:
    import yaml
except ImportError:
    print("there is no python3-yaml")
    sys.exit(77)

PROGRAM, ACTION = "", Path()
CONFIG = """
[transport.synthetic]
service = "20us"
shape = "constant"
[[scenario]]
name = "one"
transport = "synthetic"
load = "2k/s"
oversubscribe = true
"""
# A `busmark ab` that ends with this exit code, for those that a machine gives by chance.
ACTED = """#!/bin/sh
echo "$@" >>"$RUNNER_TEMP/arguments"
while [ $# -gt 0 ]; do
  [ "$1" != --json ] || echo '{"scenarios": [{"measures": [{"verdict": "VERDICT"}]}]}' >"$2"
  shift
done
echo '| p95 | 1 % |' >>"$GITHUB_STEP_SUMMARY"
exit CODE
"""


class Api(http.server.BaseHTTPRequestHandler):
    """GitHub's comments of one pull request."""

    def answer(self):
        length = int(self.headers.get("Content-Length", 0))
        body = json.loads(self.rfile.read(length)) if length else None
        self.server.calls.append((self.command, self.path, body, self.headers["Authorization"]))
        known = self.server.comments if self.command == "GET" else {}
        self.send_response(self.server.status)
        self.end_headers()
        self.wfile.write(json.dumps(known).encode())

    do_GET = do_POST = do_PATCH = answer

    def log_message(self, *_):
        pass


class Action(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.workspace = self.folder / "work space"
        self.workspace.mkdir()
        (self.workspace / "one.toml").write_text(CONFIG, "utf-8")
        (self.folder / "temp").mkdir()
        self.api = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Api)
        self.api.calls, self.api.comments, self.api.status = [], [], 200
        threading.Thread(target=self.api.serve_forever, daemon=True).start()
        self.addCleanup(self.api.server_close)
        self.addCleanup(self.api.shutdown)

    def program(self, name, text):
        path = self.workspace / name
        path.write_text(text, "utf-8")
        path.chmod(0o755)
        return name

    def acted(self, code, verdict="no change"):
        """The name of a program that plays a `busmark ab` which ends so."""
        return self.program("head", ACTED.replace("CODE", str(code)).replace("VERDICT", verdict))

    def play(self, inputs, fork=False, token="secret"):
        """Runs the action; (exit code, log, summary, outputs, the steps that it `uses`)."""
        action = yaml.safe_load(ACTION.read_text("utf-8"))
        github = {"github.token": token, "github.base_ref": "main"}
        given = {"inputs." + name: inputs.get(name, str(about.get("default", "")))
                 for name, about in action["inputs"].items()}
        self.assertLessEqual(set(inputs), set(action["inputs"]))

        def filled(text, values):
            return re.sub(r"\$\{\{ *([\w.-]+) *\}\}", lambda found: values[found.group(1)], text)

        values = {**{name: filled(text, github) for name, text in given.items()}, **github}
        (self.folder / "event.json").write_text(json.dumps({"pull_request": {
            "number": 7, "head": {"repo": {"full_name": "other/fork" if fork else "own/repo"}}}}))
        for name in ("summary", "output"):
            (self.folder / name).write_text("", "utf-8")
        set_by_github = {
            "GITHUB_WORKSPACE": str(self.workspace), "GITHUB_ACTION_PATH": str(ACTION.parent),
            "GITHUB_EVENT_PATH": str(self.folder / "event.json"), "GITHUB_REPOSITORY": "own/repo",
            "GITHUB_API_URL": f"http://127.0.0.1:{self.api.server_port}",
            "GITHUB_STEP_SUMMARY": str(self.folder / "summary"),
            "GITHUB_OUTPUT": str(self.folder / "output"), "RUNNER_TEMP": str(self.folder / "temp")}
        code, log, used = 0, "", []
        for step in action["runs"]["steps"]:
            if code and step.get("if") != "always()":
                continue
            if "uses" in step:
                used.append(step["uses"])
                continue
            env = {name: filled(text, values) for name, text in step.get("env", {}).items()}
            run = subprocess.run(
                ["bash", "-e", "-o", "pipefail", "-c", step["run"]], cwd=self.workspace, text=True,
                env={**os.environ, **set_by_github, **env}, capture_output=True, check=False)
            code, log = code or run.returncode, log + run.stdout + run.stderr
        outputs = dict(line.split("=", 1) for line in
                       (self.folder / "output").read_text("utf-8").splitlines())
        return code, log, (self.folder / "summary").read_text("utf-8"), outputs, used

    def compare(self, head, **options):
        self.program("base", "#!/bin/sh\n")
        return self.play({"config": "one.toml", "base": "base", "head": head}, **options)

    def test_two_programs_are_compared_with_a_table_a_comment_and_what_is_kept(self):
        same = self.program("same", f'#!/bin/sh\nexec "{PROGRAM}" "$@"\n')
        # So few rounds may decide nothing: what the step does must agree with what is told.
        code, log, summary, outputs, used = self.play({
            "config": "one.toml", "base": same, "head": same, "options":
            "--b transport.synthetic.latency_factor=50 --rounds 3 --block 20ms --measures p50"})
        self.assertIn(outputs["verdict"], ("regression", "inconclusive", "invalid"), log)
        self.assertEqual(code, 1 if outputs["verdict"] == "regression" else 0, log)
        self.assertIn("| one | ", summary)
        self.assertIn("title=busmark::", log)
        self.assertEqual(json.loads(Path(outputs["json"]).read_text("utf-8"))["schema"],
                         "busmark.ab/1")
        self.assertEqual(used, ["actions/upload-artifact@v4"])
        method, path, body, token = self.api.calls[-1]
        self.assertEqual((method, path, token),
                         ("POST", "/repos/own/repo/issues/7/comments", "Bearer secret"))
        self.assertIn("| one | ", body["body"])

    def test_only_a_confirmed_regression_fails(self):
        for exit_code, measure, verdict, fails in (
                (0, "no change", "no-regression", 0), (0, "improved", "no-regression", 0),
                (0, "inconclusive", "inconclusive", 0), (125, "inconclusive", "inconclusive", 0),
                (4, "inconclusive", "invalid", 0), (3, "regressed", "regression", 1)):
            with self.subTest(exit_code=exit_code, measure=measure):
                code, log, summary, outputs, _ = self.compare(self.acted(exit_code, measure))
                self.assertEqual((code, outputs["verdict"]), (fails, verdict), log)
                self.assertIn("| p95 | 1 % |", summary)

    def test_head_runs_the_comparison_with_both_programs_and_the_options(self):
        self.compare(self.acted(0))
        arguments = (self.folder / "temp/arguments").read_text("utf-8")
        for part in ("ab one.toml --gha", f"--a-binary {self.workspace}/base",
                     f"--b-binary {self.workspace}/head", "--until decided --at-most 120s"):
            self.assertIn(part, arguments)

    def test_a_comment_is_renewed_and_not_repeated(self):
        self.api.comments = [{"id": 1, "body": "hello"},
                             {"id": 2, "body": "<!-- busmark ab -->\nold"}]
        self.compare(self.acted(0))
        self.assertEqual([call[:2] for call in self.api.calls][1:],
                         [("PATCH", "/repos/own/repo/issues/comments/2")])

    def test_a_fork_has_its_table_in_the_summary_alone(self):
        code, log, summary, outputs, _ = self.compare(self.acted(0), fork=True, token="")
        self.assertEqual((code, outputs["verdict"], self.api.calls), (0, "no-regression", []))
        self.assertIn("| p95 | 1 % |", summary)
        self.assertIn("a pull request from a fork may not comment", log)

    def test_a_token_that_is_missing_or_refused_is_said_and_fails_nothing(self):
        code, log, *_ = self.compare(self.acted(0), token="")
        self.assertEqual((code, self.api.calls), (0, []))
        self.assertIn("there is no token to comment with", log)
        self.api.status = 403
        code, log, *_ = self.compare(self.acted(0))
        self.assertEqual(code, 0, log)
        self.assertIn("the comment could not be written (HTTP Error 403", log)

    def test_without_a_base_nothing_is_compared_and_nothing_fails(self):
        code, log, summary, outputs, used = self.play(
            {"config": "one.toml", "base": "gone", "head": self.acted(0)})
        self.assertEqual((code, outputs["verdict"]), (0, "not-compared"), log)
        self.assertIn("there is no program of the base at 'gone'", summary)
        self.assertIn("::warning", log)
        self.assertEqual(len(used), 1)

    def test_a_head_that_is_missing_or_cannot_be_built_fails(self):
        code, log, *_ = self.play({"config": "one.toml", "base": "x", "head": "gone"})
        self.assertEqual(code, 1)
        self.assertIn("there is no program of the head at 'gone'", log)
        code, log, summary, *_ = self.play({"config": "one.toml", "build": "exit 1"})
        self.assertEqual(code, 1)
        self.assertIn("the head could not be built by 'exit 1'", summary)

    def test_a_mistake_in_the_config_fails_with_its_own_sentence(self):
        self.program("base", "#!/bin/sh\n")
        self.program("real", f'#!/bin/sh\nexec "{PROGRAM}" "$@"\n')
        code, log, _, outputs, _ = self.play(
            {"config": "none.toml", "base": "base", "head": "real"})
        self.assertEqual((code, outputs["verdict"]), (1, "not-compared"))
        self.assertIn("none.toml", log)

    def test_base_and_head_are_built_where_no_program_is_given(self):
        origin = self.folder / "origin"
        git = ["git", "-c", "user.name=a", "-c", "user.email=a@b", "-C"]
        subprocess.run(["git", "init", "-q", "-b", "main", origin], check=True)
        (origin / "build.sh").write_text("cp program busmark; echo built >>$RUNNER_TEMP/built\n")
        (origin / "program").write_text(ACTED.replace("CODE", "0"), "utf-8")
        (origin / "program").chmod(0o755)
        subprocess.run([*git, origin, "add", "."], check=True)
        subprocess.run([*git, origin, "commit", "-qm", "base"], check=True)
        self.workspace = self.folder / "clone"
        subprocess.run(["git", "clone", "-q", origin, self.workspace], check=True)
        code, log, _, outputs, _ = self.play(
            {"config": "one.toml", "build": "sh build.sh", "program": "busmark"})
        self.assertEqual((code, outputs["verdict"]), (0, "no-regression"), log)
        self.assertEqual((self.folder / "temp/built").read_text(), "built\nbuilt\n")


if __name__ == "__main__":
    PROGRAM, ACTION = os.path.realpath(sys.argv[1]), Path(sys.argv[2]).resolve()
    unittest.main(argv=sys.argv[:1], verbosity=2)
