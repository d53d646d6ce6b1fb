#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes files as constants of a C++ source.

usage: embed.py OUTPUT NAME=FILE...   several FILEs of one NAME follow each other; FILE may be empty
"""

import sys
from pathlib import Path

PLAIN = {c for c in range(0x20, 0x7F)} - set(b'"\\?')


def literal(content):
    """Lines of C++ string literals; a compiler takes any number of them."""
    for start in range(0, len(content), 4000):
        piece = content[start:start + 4000]
        # Octal escapes end after three digits, hexadecimal ones with the text.
        yield '"' + "".join(chr(c) if c in PLAIN else f"\\{c:03o}" for c in piece) + '"'


def main():
    output, *arguments = sys.argv[1:]
    contents = {}
    for argument in arguments:
        name, file = argument.split("=", 1)
        contents.setdefault(name, b"")
        contents[name] += Path(file).read_bytes() if file else b""
    text = '#include "tell/html/assets.hpp"\n\nnamespace busmark {\n\n'
    for name, content in contents.items():
        lines = "\n".join(literal(content)) or '""'
        text += f"const std::string_view {name}{{\n{lines},\n{len(content)}}};\n\n"
    Path(output).write_text(text + "}  // namespace busmark\n", "ascii")


if __name__ == "__main__":
    main()
