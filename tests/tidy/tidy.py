#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The rules of the house that no compiler checks. A rule is a function from Tree to complaints.

usage: tidy.py ROOT [BUILD]   prints complaints as file:line: what; exit code 1 when there are any.
With BUILD, a configured build folder, every header is compiled alone as well.
"""

import collections
import concurrent.futures
import json
import os
import re
import shlex
import subprocess
import sys
from functools import cached_property
from pathlib import Path

from names import a_source_says_whose_part_it_is, tests_stand_in_the_room_they_test

# Lowest first, as in src/meson.build.
ROOMS = ("base", "histogram", "stat", "queue", "bus", "record", "machine", "toml", "transport",
         "engine", "aspect", "config", "judge", "tell", "plan", "cli", "live", "verb")
# Who includes what stands right of it all the same: to be mended, never to be added to.
DEBTS = {
    ("machine", "plan"), ("record", "machine"),
}
# Rooms of verbs and aspects that know another one.
FRIENDS = {"run": ("agent", "doctor", "history"), "ab": ("tune",), "tune": ("ab", "doctor"),
           "fault": ("stages",)}
# What computes or renders and touches nothing: no thread, file, clock or device.
PURE = re.compile(r"src/(?:(?:stat|record|judge|tell)/|"
                  r"(?:verb|aspect)/\w+/(?:judge|text|tell|fields|summary))")
IMPURE = re.compile(r"(?:thread|mutex|condition_variable|filesystem|fstream|atomic|sys/.*|"
                    r"(?!zlib)\w+\.h)$|"
                    r"(?:machine|transport|engine|cli|live)/")
IMPURE_DEBTS = {
    ("src/aspect/floor/summary.cpp", "machine/probe/spin_probe.hpp"),
    ("src/aspect/stages/summary.cpp", "engine/load_curve.hpp"),
    ("src/judge/more_repetitions.cpp", "engine/load_curve.hpp"),
    ("src/judge/more_repetitions.hpp", "engine/runner.hpp"),
    ("src/judge/summary.cpp", "engine/load_curve.hpp"),
    ("src/record/run_result.hpp", "machine/examination.hpp"),
    ("src/verb/cores/tell.hpp", "machine/topology.hpp"),
    ("src/verb/doctor/judge.hpp", "machine/examination.hpp"),
    ("src/verb/selftest/judge.hpp", "engine/self_overhead.hpp"),
    ("src/verb/soak/judge.hpp", "machine/memory_usage.hpp"),
}
# Where a library of others may be named.
PLACES = {"toml++": r"src/toml/tree\.cpp", "CLI": r"src/program\.cpp",
          "nlohmann": r"src/(base/json|record/store/|verb/(\w+/json|agent/|history/tell)|live/page|"
                      r"tell/(trackers|html/data)|transport/nats/(server|connection)|"
                      r"engine/drive/drive_operations)"}
# Headers and how many sources may include them, if only through others.
STANDARD = ("thread", "mutex", "filesystem")
FAN_OUT = {"src/transport/nats/": 40, "thread": 120, "mutex": 120, "filesystem": 155}
MOST_PUBLIC_HEADERS = 31  # without detail/, which is promised to nobody
MOST_FILES = 30
FOLDERS = {"src/record": 43}  # to be made smaller
LONGEST_LINE = 100
LONGEST_FILE = 400
# Recorded data is not ours to tidy.
DATA = ("tests/golden/", "tests/fuzz/corpus/")
NOT_OURS = re.compile(r"^(\.git|build[^/]*|results|subprojects/[^/.]+|.*__pycache__)$")
BINARY = (".png", ".gz", ".hdr", ".ico")
CODE = (".cpp", ".hpp", ".py", ".build")
INCLUDE = re.compile(r'^\s*#\s*include\s+(["<])([^">]+)[">]')
HEAVY = ("toml++", "CLI11", "CLI/", "nlohmann/")
LIGHT = "nlohmann/json_fwd.hpp"  # declares, defines nothing
# Headers for sources that have the JSON library anyway.
JSON_HEADERS = re.compile(r"src/(record/store/(field_(reader|schema|writer)|measured_fields)|"
                          r"verb/agent/peers)\.hpp")
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
ONE_MACHINE = re.compile(r"(?<![\w.:/-])/(?:home|work|Users)/|/tmp/(?:build|brief)|\.\./shared/")
OWNERLESS = re.compile(r"\b(TODO|FIXME|XXX)\b(?!\()")


class Tree:
    """The repository's own text files, whether committed yet or not."""

    def __init__(self, root, build=None):
        self.root = Path(root).resolve()
        self.build = Path(build).resolve() if build else None

    @cached_property
    def files(self):
        """Path from the root -> text."""
        found = {}
        for folder, folders, names in os.walk(self.root):
            where = Path(folder).relative_to(self.root)
            folders[:] = [f for f in folders if not NOT_OURS.match((where / f).as_posix())]
            for name in names:
                path = (where / name).as_posix()
                if not path.startswith(DATA) and not path.endswith((*BINARY, ".swp", ".git")):
                    found[path] = (self.root / path).read_bytes().decode(errors="replace")
        return found

    def code(self, *suffixes):
        """(path, text) of program text, or of the given suffixes, in the order of paths."""
        return sorted((p, t) for p, t in self.files.items() if p.endswith(suffixes or CODE))

    @property
    def public_headers(self):
        return [p for p, _ in self.code(".hpp") if p.startswith("include/busmark/")]

    @property
    def headers(self):
        """Of the library and of the rooms."""
        return [p for p, _ in self.code(".hpp")
                if p.startswith(("include/busmark/", "src/")) and "/pch/" not in p]


def lines(text):
    return enumerate(text.splitlines(), 1)


def room_of(path):
    match = re.match(r"(?:include/busmark|src)/(\w+)/", path)
    return match and match.group(1)


def rooms_include_only_what_stands_left(tree):
    for path, text in tree.code(".hpp", ".cpp"):
        room = room_of(path)
        if room is None:
            continue
        if room not in ROOMS:
            yield f"{path}:1: '{room}' is not a room"
            continue
        for number, line in lines(text):
            include = INCLUDE.match(line)
            target = include and re.match(r"(?:busmark/)?(\w+)/", include.group(2))
            if include is None or include.group(1) == "<" or target is None:
                continue
            other = target.group(1)
            if other in ROOMS[ROOMS.index(room) + 1:] and (room, other) not in DEBTS:
                yield f"{path}:{number}: {room} must not include {other}"


def the_library_stands_alone(tree):
    for path in tree.public_headers:
        for number, line in lines(tree.files[path]):
            include = INCLUDE.match(line)
            if include and include.group(1) == '"' and not include.group(2).startswith("busmark/"):
                yield f"{path}:{number}: \"{include.group(2)}\" is not of the library"
    promised = [path for path in tree.public_headers if "/detail/" not in path]
    if len(promised) > MOST_PUBLIC_HEADERS:
        yield (f"include/busmark:1: {len(promised)} headers, {MOST_PUBLIC_HEADERS} are "
               "allowed: the library is what is promised to others")


def inner_room_of(path):
    """`ab` of src/verb/ab/judge.cpp, and nothing of what lies beside the rooms."""
    match = re.match(r"(?:src/)?(?:verb|aspect)/(\w+)/", path)
    return match and match.group(1)


def verbs_and_aspects_keep_to_themselves(tree):
    for path, text in tree.code(".hpp", ".cpp"):
        inner = inner_room_of(path)
        for number, line in lines(text) if inner else ():
            include = INCLUDE.match(line)
            other = include and inner_room_of(include.group(2))
            same_kind = other and include.group(2).split("/")[0] == path.split("/")[1]
            if same_kind and other != inner and other not in FRIENDS.get(inner, ()):
                yield f"{path}:{number}: {inner} must not include {other}"


def pure_rooms_touch_no_machine(tree):
    for path, text in tree.code(".hpp", ".cpp"):
        if not PURE.match(path):
            continue
        for number, line in lines(text):
            include = INCLUDE.match(line)
            name = include and include.group(2)
            if name and (IMPURE.match(name)) and (path, name) not in IMPURE_DEBTS:
                yield f"{path}:{number}: <{name}> does not belong into what is pure"


def libraries_stay_in_their_room(tree):
    for path, text in tree.code(".hpp", ".cpp"):
        for number, line in lines(text):
            include = INCLUDE.match(line)
            for library, places in PLACES.items():
                if include and path.startswith("src/") and include.group(2).startswith(library):
                    if include.group(2) != LIGHT and not re.match(places, path):
                        yield f"{path}:{number}: {library} is included in {places} alone"


def a_header_reaches_few_sources(tree):
    included = {path: [INCLUDE.match(line).group(2) for line in text.splitlines()
                       if INCLUDE.match(line)]
                for path, text in tree.code(".hpp", ".cpp") if room_of(path)}

    def closure(path):
        found, todo = set(), [path]
        while todo:
            for name in included.get(todo.pop(), ()):
                own = "include/" + name if name.startswith("busmark/") else "src/" + name
                name = own if own in included else name
                if name not in found:
                    found.add(name)
                    todo.append(name)
        return found

    reached = [closure(path) for path in included if path.endswith(".cpp")]
    for header, most in FAN_OUT.items():
        for name in {header} if header in STANDARD else {h for h in included if header in h}:
            count = sum(name in headers for headers in reached)
            if count > most:
                yield f"{name}:1: reaches {count} sources, {most} are allowed"


def no_folder_is_too_full(tree):
    count = collections.Counter(os.path.dirname(path) for path, _ in tree.code(".hpp", ".cpp")
                                if room_of(path))
    for folder, files in count.items():
        if files > FOLDERS.get(folder, MOST_FILES):
            yield f"{folder}/meson.build:1: {files} files, {MOST_FILES} are allowed: make rooms"


def heavy_headers_stay_in_source_files(tree):
    for path, text in tree.code(".hpp"):
        # Precompiled for the sources of one folder.
        if path.endswith("_pch.hpp") or JSON_HEADERS.fullmatch(path):
            continue
        for number, line in lines(text):
            include = INCLUDE.match(line)
            if include and include.group(2) != LIGHT and include.group(2).startswith(HEAVY):
                yield f"{path}:{number}: <{include.group(2)}> belongs in a .cpp file"


def every_header_compiles_alone(tree):
    if tree.build is None:
        return
    commands = json.loads((tree.build / "compile_commands.json").read_text("utf-8"))
    flags, compiler = {}, ["c++"]
    for command in commands:
        if "/src/" not in command.get("file", "/src/"):
            continue  # tests have defines of their own, which may differ
        words = shlex.split(command["command"])
        driver_end = next(i for i, word in enumerate(words) if word.startswith("-"))
        compiler = words[:driver_end]
        flags.update((w, None) for w in words if w.startswith(("-I", "-isystem", "-D", "-std=")))
    strict = ["-Wall", "-Wextra", "-Wconversion", "-Wno-interference-size", "-Werror"]
    if "clang" in " ".join(compiler):
        strict.append("-Wno-unknown-warning-option")

    def compile_alone(header):
        name = header.removeprefix("include/").removeprefix("src/")
        run = subprocess.run(
            [*compiler, *flags, *strict, "-fsyntax-only", "-x", "c++", "-"],
            input=f'#include "{name}"\n#include "{name}"\n',
            cwd=tree.build, capture_output=True, text=True, check=False)
        error = next((e for e in run.stderr.splitlines() if "error:" in e), run.stderr[:300])
        return f"{header}:1: does not compile alone: {error}" if run.returncode else None

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        yield from filter(None, pool.map(compile_alone, tree.headers))


def every_public_header_is_tested(tree):
    """Each is included by some test, if only through another header."""
    todo = [path for path, _ in tree.code(".cpp", ".hpp") if path.startswith("tests/")]
    reached = set()
    while todo:
        path = todo.pop()
        if path not in reached and path in tree.files:
            reached.add(path)
            names = (INCLUDE.match(line) for line in tree.files[path].splitlines())
            todo.extend(folder + name.group(2) for name in names if name
                        for folder in ("include/", "src/"))
    for header in tree.public_headers:
        if header not in reached:
            yield f"{header}:1: no test includes it"


def every_test_file_is_built(tree):
    for path, _ in tree.code("_test.cpp", "_fuzz.cpp", "_bench.cpp"):
        name, folder = Path(path).name, Path(path).parent
        # A list may give the bare name or the name without its ending.
        named = re.compile(rf"['/]{name.rsplit('_', 1)[0]}(_\w+)?(\.cpp)?'")
        builds = [(f / "meson.build").as_posix() for f in (folder, *folder.parents)]
        if not any(named.search(tree.files.get(build, "")) for build in builds):
            yield f"{path}:1: no meson.build names it"


def no_line_is_too_long(tree):
    for path, text in tree.code(*CODE, "dev", ".toml"):
        for number, line in lines(text):
            if len(line) > LONGEST_LINE:
                yield f"{path}:{number}: {len(line)} columns, {LONGEST_LINE} are allowed"


def no_file_is_too_long(tree):
    for path, text in tree.code(".cpp", ".hpp", ".py"):
        length = text.count("\n")
        if length > LONGEST_FILE:
            yield f"{path}:{length}: {length} lines, {LONGEST_FILE} are allowed"


def every_source_file_names_the_licence(tree):
    for path, text in tree.code(".cpp", ".hpp", ".py", "dev", ".ci/run"):
        if not any("SPDX-License-Identifier: Apache-2.0" in line for line in text.split("\n")[:2]):
            yield f"{path}:1: no SPDX line at the top"


def text_is_clean(tree):
    for path, text in tree.code(""):
        if path == "LICENSE":
            continue
        for number, line in enumerate(text.split("\n"), 1):
            # gofmt wants tabs, and so does make.
            if "\r" in line or ("\t" in line and not path.endswith((".go", "debian/rules"))):
                yield f"{path}:{number}: a tab or a carriage return"
            elif line != line.rstrip():
                yield f"{path}:{number}: space at the end of the line"
        if text and not (text.endswith("\n") and not text.endswith("\n\n")):
            yield f"{path}:{text.count(chr(10))}: does not end with exactly one newline"


def nothing_names_one_machine_or_an_unowned_task(tree):
    for path, text in tree.code(""):
        for number, line in lines(text):
            for pattern in (ONE_MACHINE, OWNERLESS):
                match = pattern.search(line)
                # This file has to spell out what it looks for.
                if match and not path.startswith("tests/tidy/"):
                    yield f"{path}:{number}: '{match.group(0)}' does not belong here"


def anchors(text):
    """The anchors GitHub makes for the headings of a page."""
    for heading in re.findall(r"^#+ +(.*)$", text, re.M):
        yield re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def every_link_leads_somewhere(tree):
    for path, text in tree.code(".md"):
        for number, line in lines(text):
            for link in LINK.findall(line):
                if re.match(r"\w+:", link):
                    continue
                name, _, anchor = link.partition("#")
                beside = os.path.join(os.path.dirname(path), name)
                target = os.path.normpath(beside) if name else path
                if not (tree.root / target).exists():
                    yield f"{path}:{number}: there is no {link}"
                elif anchor and anchor not in anchors(tree.files.get(target, "")):
                    yield f"{path}:{number}: {target} has no heading '{anchor}'"


def every_decision_is_listed(tree):
    index = tree.files.get("docs/decisions/README.md", "")
    for path, _ in tree.code(".md"):
        name = path.removeprefix("docs/decisions/")
        if re.match(r"\d{4}-", name) and f"({name})" not in index:
            yield f"{path}:1: docs/decisions/README.md does not list it"


RULES = (
    rooms_include_only_what_stands_left,
    the_library_stands_alone,
    verbs_and_aspects_keep_to_themselves,
    pure_rooms_touch_no_machine,
    libraries_stay_in_their_room,
    a_header_reaches_few_sources,
    no_folder_is_too_full,
    a_source_says_whose_part_it_is,
    heavy_headers_stay_in_source_files,
    every_header_compiles_alone,
    every_public_header_is_tested,
    tests_stand_in_the_room_they_test,
    every_test_file_is_built,
    no_line_is_too_long,
    no_file_is_too_long,
    every_source_file_names_the_licence,
    text_is_clean,
    nothing_names_one_machine_or_an_unowned_task,
    every_link_leads_somewhere,
    every_decision_is_listed,
)


def main(arguments):
    tree = Tree(*arguments)
    complaints = [complaint for rule in RULES for complaint in rule(tree)]
    print("\n".join(complaints) if complaints else "tidy")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
