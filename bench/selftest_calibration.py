#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Is `busmark selftest` right about itself? Run it on a quiet machine.

usage: selftest_calibration.py BUSMARK [--tests UNIT_TESTS] [--runs N] [--only WORD]

Counts of N runs (20): exit 0 with the CPU's counter and with clock_gettime; beside a busy loop on
one of the cores never exit 1, which calls the instrument wrong (4, too disturbed, is right there);
and with --tests, the self-test's own tests (build/tests/unit_tests), that each fault
planted into the engine is found. --only calm, busy or planted does that part alone. Faults planted
into intervals and gates are counted by `./dev bench selftest_rules`. Exit code 0: all as it has to
be; 1: not. About 15 s a run.
"""

import argparse
import collections
import os
import signal
import subprocess
import sys

PLANTED = {"a stamp 200 ns early": "a stamp 200 ns before*",
           "a lost sample": "a recorder that forgets one sample*"}


def self_test(busmark, clock):
    """Exit code and the lines that say WRONG or NOT DECIDED."""
    done = subprocess.run([busmark, "selftest", "--clock", clock], capture_output=True, text=True)
    lines = done.stdout.splitlines()
    return done.returncode, [line for line in lines if line.endswith(("WRONG", "NOT DECIDED"))]


def row(what, right, runs, more=""):
    print(f"{what:<46}{right:>3} of {runs:<4}{more}", flush=True)
    return right == runs


def runs_of(arguments, what, clocks, is_right):
    codes = collections.Counter()
    examples = []
    for i in range(arguments.runs):
        code, lines = self_test(arguments.busmark, clocks[i % len(clocks)])
        codes[code] += 1
        if not is_right(code):
            examples += lines
    told = ", ".join(f"exit {code}: {count}" for code, count in sorted(codes.items()))
    right = sum(count for code, count in codes.items() if is_right(code))
    fine = row(what, right, arguments.runs, told)
    for line in examples[:6]:
        print("    " + " ".join(line.split()))
    return fine


def busy_loop():
    """The process id of one that never rests, on the last core that it may use."""
    child = os.fork()
    if child == 0:
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
        while True:
            pass
    return child


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("busmark")
    parser.add_argument("--tests")
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--only", default="")
    arguments = parser.parse_args()
    fine = True
    clocks = ["system"]
    if self_test(arguments.busmark, "counter")[0] == 2:
        print("this CPU has no counter that can be trusted; its part is left out")
    else:
        clocks.append("counter")
    if "calm".startswith(arguments.only):
        for clock in reversed(clocks):
            fine &= runs_of(arguments, f"calm, clock {clock}: exit 0", [clock],
                            lambda code: code == 0)
    if "busy".startswith(arguments.only):
        child = busy_loop()
        try:
            fine &= runs_of(arguments, "beside a busy loop: never WRONG", clocks,
                            lambda code: code in (0, 4))
        finally:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
    if arguments.tests and "planted".startswith(arguments.only):
        for what, name in PLANTED.items():
            found = 0
            for _ in range(arguments.runs):
                test = subprocess.run([arguments.tests, f"--test-case={name}"],
                                      capture_output=True, text=True)
                found += test.returncode == 0 and " 0 passed" not in test.stdout
            fine &= row(f"{what}: found", found, arguments.runs)
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
