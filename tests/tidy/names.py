# SPDX-License-Identifier: Apache-2.0
"""The rules of tidy.py about names and places of files."""

import collections
import os
import re
from pathlib import Path

# Sources of a kind that many rooms have: what they define is declared in the room's header.
KINDS = re.compile(r"src/(\w+\.cpp|tell/|verb/doctor/checks/|engine/drive/|"
                   r".*/(all|command|json|text)\.cpp)")
# Whose names do not tell by which header they are found: to be mended, never to be added to.
ORPHANS = {
    "src/config/quick_mode.cpp", "src/judge/hints.cpp", "src/machine/examined_files.cpp",
    "src/record/store/json_reader.cpp", "src/record/store/schema.cpp",
    "src/transport/nats/reconnect.cpp", "src/verb/ab/looks.cpp", "src/verb/agent/merge.cpp",
    "src/verb/compare/baseline.cpp", "src/verb/compare/report.cpp", "src/verb/noise/log.cpp",
    "src/verb/run/plan_command.cpp", "src/verb/search/step.cpp", "src/verb/search/trial.cpp",
    "src/verb/selftest/plans.cpp", "src/verb/tune/auto.cpp", "src/verb/tune/watch.cpp",
}
# Folders of tests/ that test no single room.
NO_ROOMS = ("fuzz", "golden", "library", "program", "support", "tidy")


def a_source_says_whose_part_it_is(tree):
    """By the name of its header, alone or as its first or last words."""
    headers = collections.defaultdict(set)
    for path, _ in tree.code(".hpp"):
        headers[os.path.dirname(path)].add(Path(path).stem)
    for path, _ in tree.code(".cpp"):
        if not path.startswith("src/") or KINDS.match(path) or path in ORPHANS:
            continue
        folder, name = os.path.dirname(path), f"_{Path(path).stem}_"
        known = headers[folder] | headers[folder.replace("src/", "include/busmark/", 1)]
        if not any(name.startswith(f"_{one}_") or name.endswith(f"_{one}_") for one in known):
            yield f"{path}:1: no header beside it has its name, or a part of it"


def tests_stand_in_the_room_they_test(tree):
    folders = {os.path.dirname(path).removeprefix(top) for path in tree.files
               for top in ("src/", "include/busmark/")}
    for path, _ in tree.code("_test.cpp"):
        room = os.path.dirname(path).removeprefix("tests/")
        if room.split("/")[0] not in NO_ROOMS and room not in folders:
            yield f"{path}:1: there is no room src/{room}"
