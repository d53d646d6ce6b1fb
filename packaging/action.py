#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The step of action.yml: builds what is missing, runs `busmark ab`, tells GitHub.

Reads the inputs as ACTION_* and what GitHub sets. Exit code 1 for a confirmed regression, and where
the head cannot be built or run; everything else that hinders a comparison is a warning.
"""

import json
import os
import shlex
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

MARKER = "<!-- busmark ab -->"
VERDICTS = {0: "no-regression", 3: "regression", 4: "invalid", 125: "inconclusive"}
SENTENCES = {
    "no-regression": "No regression was found.",
    "regression": "The head is confirmed to be slower, or fails more often.",
    "invalid": "The runner was too busy, or a side could not keep its rate: no statement about "
               "the code. Run the job again.",
    "inconclusive": "It cannot be told whether the head is slower: give it more time (--at-most).",
}


class Stop(Exception):
    """Ends the step: (annotation level, sentence)."""


def setting(name):
    return os.environ.get("ACTION_" + name, "").strip()


def event():
    path = os.environ.get("GITHUB_EVENT_PATH")
    return json.loads(Path(path).read_text("utf-8")) if path and Path(path).is_file() else {}


def append(variable, text):
    path = os.environ.get(variable)
    if path:
        with open(path, "a", encoding="utf-8") as file:
            file.write(text + "\n")


def annotate(level, sentence):
    print(f"::{level} title=busmark::{sentence}", flush=True)


def built(folder, level, name):
    """The program of a checkout, built there."""
    program = folder / setting("PROGRAM")
    if subprocess.run(["bash", "-c", setting("BUILD")], cwd=folder, check=False).returncode != 0:
        raise Stop(level, f"the {name} could not be built by '{setting('BUILD')}'")
    if not program.is_file():
        raise Stop(level, f"'{setting('BUILD')}' has left no {setting('PROGRAM')} of the {name}")
    return program


def head_program(workspace):
    given = setting("HEAD")
    if not given:
        return built(workspace, "error", "head")
    if not (workspace / given).is_file():
        raise Stop("error", f"there is no program of the head at '{given}'")
    return workspace / given


def base_program(workspace):
    given = setting("BASE")
    if given:
        if not (workspace / given).is_file():
            raise Stop("warning", f"there is no program of the base at '{given}', so nothing was "
                                  "compared")
        return workspace / given
    ref = setting("BASE_REF")
    if not ref:
        raise Stop("warning", "this event has no base, and neither base nor base-ref is given: "
                              "nothing was compared")
    folder = Path(os.environ.get("RUNNER_TEMP", "/tmp")) / "busmark-base"
    commands = (["git", "fetch", "--depth=1", "origin", ref],
                ["git", "worktree", "add", "--force", "--detach", folder, "FETCH_HEAD"])
    if any(subprocess.run(command, cwd=workspace, check=False).returncode for command in commands):
        raise Stop("warning", f"the base '{ref}' could not be fetched, so nothing was compared")
    return built(folder, "warning", "base")


def compare(workspace, out):
    """(verdict, Markdown): what `busmark ab` says."""
    head = head_program(workspace)
    base = base_program(workspace)
    out.mkdir(parents=True, exist_ok=True)
    table = out / "table.md"
    command = [head, "ab", setting("CONFIG"), "--gha", "--json", out / "ab.json",
               "--a-binary", base, "--b-binary", head, *shlex.split(setting("OPTIONS"))]
    code = subprocess.run(command, cwd=workspace, check=False,
                          env={**os.environ, "GITHUB_STEP_SUMMARY": str(table)}).returncode
    if code not in VERDICTS:
        raise Stop("error", f"`busmark ab` ended with exit code {code}; its own sentence is above")
    verdict = VERDICTS[code]
    if verdict == "no-regression" and undecided(out / "ab.json"):
        verdict = "inconclusive"
    return verdict, table.read_text("utf-8") if table.is_file() else ""


def undecided(path):
    stored = json.loads(path.read_text("utf-8"))
    return any(measure["verdict"] == "inconclusive"
               for scenario in stored["scenarios"] for measure in scenario["measures"])


def call(method, url, body=None):
    request = urllib.request.Request(
        url, method=method, data=json.dumps(body).encode() if body else None,
        headers={"Authorization": f"Bearer {setting('TOKEN')}",
                 "Accept": "application/vnd.github+json", "Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def comment(text):
    """Writes or renews the comment; a sentence when it does not."""
    pull = event().get("pull_request")
    if setting("COMMENT") != "true" or not pull:
        return ""
    repository = os.environ.get("GITHUB_REPOSITORY", "")
    source = (pull["head"].get("repo") or {}).get("full_name")
    if source != repository:
        return "a pull request from a fork may not comment: the table is in the step's summary"
    if not setting("TOKEN"):
        return "there is no token to comment with: the table is in the step's summary"
    issues = f"{os.environ['GITHUB_API_URL']}/repos/{repository}/issues"
    try:
        comments = call("GET", f"{issues}/{pull['number']}/comments?per_page=100")
        mine = [known["id"] for known in comments if MARKER in known["body"]]
        if mine:
            call("PATCH", f"{issues}/comments/{mine[0]}", {"body": f"{MARKER}\n{text}"})
        else:
            call("POST", f"{issues}/{pull['number']}/comments", {"body": f"{MARKER}\n{text}"})
    except (urllib.error.URLError, OSError, ValueError, KeyError) as error:
        return f"the comment could not be written ({error}): the table is in the step's summary"
    return ""


def main():
    workspace = Path(os.environ.get("GITHUB_WORKSPACE", ".")).resolve()
    out = workspace / setting("OUT")
    try:
        verdict, table = compare(workspace, out)
    except Stop as stop:
        level, sentence = stop.args
        annotate(level, sentence)
        append("GITHUB_STEP_SUMMARY", f"**busmark**: {sentence}.")
        append("GITHUB_OUTPUT", "verdict=not-compared")
        return 1 if level == "error" else 0
    text = f"**busmark**: {SENTENCES[verdict]}\n\n{table}"
    append("GITHUB_STEP_SUMMARY", text)
    append("GITHUB_OUTPUT", f"verdict={verdict}\njson={out / 'ab.json'}")
    silent = comment(text)
    if silent:
        annotate("notice", silent)
    if verdict != "no-regression":
        annotate("error" if verdict == "regression" else "warning", SENTENCES[verdict])
    return 1 if verdict == "regression" else 0


if __name__ == "__main__":
    sys.exit(main())
