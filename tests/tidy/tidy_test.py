#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The tree keeps every rule, and every rule finds a planted violation.

usage: tidy_test.py ROOT BUILD
"""

import sys
import tempfile
import unittest
from pathlib import Path

import tidy

SPDX = "// SPDX-License-Identifier: Apache-2.0\n"

# Rule -> the file that breaks it, its text, and the line that must be named.
PLANTED = {
    "rooms_include_only_what_stands_left":
        ("src/base/x.cpp", SPDX + '#include "engine/y.hpp"\n', 2),
    "the_library_stands_alone":
        ("include/busmark/base/x.hpp", SPDX + '#include "base/y.hpp"\n', 2),
    "verbs_and_aspects_keep_to_themselves":
        ("src/verb/ab/x.cpp", SPDX + '#include "verb/soak/y.hpp"\n', 2),
    "pure_rooms_touch_no_machine": ("src/verb/ab/judge.cpp", SPDX + "#include <thread>\n", 2),
    "a_header_reaches_few_sources": ("src/transport/nats/x.hpp", SPDX, 1),
    "no_folder_is_too_full": ("src/live/meson.build", "live\n", 1),
    "libraries_stay_in_their_room":
        ("src/config/x.cpp", SPDX + "#include <toml++/toml.h>\n", 2),
    "a_source_says_whose_part_it_is": ("src/base/x.cpp", SPDX, 1),
    "heavy_headers_stay_in_source_files":
        ("include/busmark/base/x.hpp", SPDX + "\n#include <toml++/toml.h>\n", 3),
    "every_header_compiles_alone":
        ("include/busmark/base/x.hpp", SPDX + "#pragma once\ninline std::string name;\n", 1),
    "every_public_header_is_tested": ("include/busmark/base/x.hpp", SPDX, 1),
    "tests_stand_in_the_room_they_test": ("tests/analysis/x_test.cpp", SPDX, 1),
    "every_test_file_is_built": ("tests/base/x_test.cpp", SPDX, 1),
    "no_line_is_too_long": ("src/base/x.cpp", SPDX + "//" + "x" * 99 + "\n", 2),
    "no_file_is_too_long": ("src/base/x.cpp", SPDX * 401, 401),
    "every_source_file_names_the_licence": ("src/base/x.cpp", "\n\n" + SPDX, 1),
    "text_is_clean": ("README.md", "# Title\n\ntext \n", 3),
    "nothing_names_one_machine_or_an_unowned_task":
        ("README.md", "# Title\n\nsee /ho" + "me/me/notes\n", 3),
    "every_link_leads_somewhere": ("README.md", "# Title\n\n[more](docs/none.md)\n", 3),
    "every_decision_is_listed": ("docs/decisions/0001-x.md", "# X\n", 1),
}
# Files that stand beside it.
COMPANY = {
    "a_header_reaches_few_sources":
        {f"src/live/x{i}.cpp": SPDX + '#include "transport/nats/x.hpp"\n' for i in range(41)},
    "a_source_says_whose_part_it_is": {"src/base/y.hpp": SPDX, "src/base/y_x.cpp": SPDX},
    "no_folder_is_too_full": {f"src/live/x{i}.cpp": SPDX for i in range(31)},
    "tests_stand_in_the_room_they_test": {"src/judge/x.cpp": SPDX},
}
# Further texts that must be found, and texts that look like violations and are none.
ALSO_BAD = {
    "libraries_stay_in_their_room": ("#include <CLI/CLI.hpp>\n",),
    "text_is_clean": ("a\tb\n", "a\r\nb\r\n", "no newline", "two newlines\n\n"),
    "nothing_names_one_machine_or_an_unowned_task":
        ("in /tmp/bui" + "ld-me\n", "TO" + "DO: later\n"),
    "every_link_leads_somewhere": ("# A\n[b](#c)\n",),
}
ALSO_GOOD = {
    "verbs_and_aspects_keep_to_themselves":
        ('#include "verb/ab/y.hpp"\n#include "aspect/mix/mix.hpp"\n',),
    "pure_rooms_touch_no_machine": ("#include <fmt/format.h>\n#include <vector>\n",),
    "rooms_include_only_what_stands_left": ('#include "busmark/base/y.hpp"\n#include <map>\n',),
    "heavy_headers_stay_in_source_files": ("#include <string>\n",),
    "no_line_is_too_long": ("é" * 100 + "\n",),
    "no_file_is_too_long": ("\n" * 400,),
    "text_is_clean": ("", "a\n"),
    "nothing_names_one_machine_or_an_unowned_task":
        ("https://example.org/ho" + "me/me and ./wo" + "rk/\n", "TO" + "DO(ann): later\n"),
    "every_link_leads_somewhere": ("# A `b` c\n[b](#a-b-c) [c](https://example.org/x)\n",),
}


def complaints(rule, path, text):
    """What `rule` says of a tree that holds this file and its company only."""
    with tempfile.TemporaryDirectory() as folder:
        for name, written in {**COMPANY.get(rule.__name__, {}), path: text}.items():
            file = Path(folder, name)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(written.encode("utf-8"))
        tree = tidy.Tree(folder)
        if rule is tidy.every_header_compiles_alone:
            Path(folder, "compile_commands.json").write_text(
                '[{"command": "c++ -Iinclude -std=c++20 -c x.cpp"}]', "utf-8")
            tree.build = tree.root
        return list(rule(tree))


class Tidy(unittest.TestCase):
    """Its tests are made below, two for each rule."""

    tree = None


def tree_keeps(rule):
    def test(self):
        found = list(rule(self.tree))
        if found:
            self.fail("\n" + "\n".join(found))
    return test


def violations_are_found(rule):
    def test(self):
        path, text, line = PLANTED[rule.__name__]
        found = complaints(rule, path, text)
        self.assertTrue(found and found[0].startswith(f"{path}:{line}: "), found)
        for text in ALSO_BAD.get(rule.__name__, ()):
            self.assertTrue(complaints(rule, path, text), repr(text))
        for text in ALSO_GOOD.get(rule.__name__, ()):
            self.assertEqual(complaints(rule, path, text), [], repr(text))
    return test


for rule_ in tidy.RULES:
    setattr(Tidy, f"test_{rule_.__name__}", tree_keeps(rule_))
    setattr(Tidy, f"test_a_violation_is_found_by_{rule_.__name__}", violations_are_found(rule_))

if __name__ == "__main__":
    Tidy.tree = tidy.Tree(*sys.argv[1:3])
    unittest.main(argv=sys.argv[:1])
