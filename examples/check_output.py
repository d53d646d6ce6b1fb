#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""usage: check_output.py PROGRAM EXPECTED: runs PROGRAM and compares what it prints."""

import subprocess
import sys

program, expected = sys.argv[1:]
run = subprocess.run([program], capture_output=True, text=True, timeout=60, check=False)
wanted = open(expected, encoding="utf-8").read()
if run.returncode != 0 or run.stdout != wanted:
    sys.exit(f"exit code {run.returncode}, printed:\n{run.stdout}{run.stderr}expected:\n{wanted}")
