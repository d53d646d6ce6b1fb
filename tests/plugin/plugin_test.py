#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The door for transports of one's own: what is refused, what `plugin check` finds, and what every
verb does with it.

usage: plugin_test.py BUSMARK SCHEMA BUILD
"""

import hashlib
import os
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "program"))
import cli_test  # noqa: E402

# The numbers of broken.cpp.
REFUSED = {
    1: "speaks ABI 2.0 and this busmark 1.0; build it against",
    2: "its table has 40 bytes and that of ABI 1.0 has",
    3: "its function push is null",
    4: "busmark_plugin_table() returned null",
    5: "has no function busmark_plugin_table; write BUSMARK_PLUGIN",
    6: "its name is \"my queue\"; write",
    7: "its flags are 0x40000000",
    8: "loading it crashes (SIGSEGV)",
    9: "open crashes (SIGSEGV)",
    10: "open throws \"no ring today\"",
    11: "open is refused: \"the moon is full\"",
    12: "consumer crashes (SIGBUS)",
}
BROKEN = {
    13: ("messages arrive once", "that were taken never came, the first is number 49"),
    14: ("messages arrive once", "came more than once"),
    15: ("messages arrive once", "the order of one producer's messages is not kept"),
    16: ("messages arrive once", "pop was asked for 1, returned 1 and wrote to place 2"),
    17: ("a full bus refuses", "push blocks for longer than 1s"),
    18: ("messages arrive once", "push throws \"a hundred is enough\""),
    19: ("push and pop allocate nothing", "push takes memory from the allocator in 2000 of 2000"),
    20: ("a full bus refuses", "it took 65536 messages where 64 were asked for, and refused none"),
    21: ("a full bus refuses", "it holds 32 messages where 64 were asked for"),
    22: ("messages arrive once", "push returned 2 where 1 were offered"),
    23: ("a full bus refuses", "push changed a message that it refused"),
    24: ("can be closed", "close with messages inside crashes (SIGSEGV)"),
    25: ("messages arrive once", "came with other bytes than it was sent with"),
    26: ("an empty bus gives nothing", "an empty bus gave 1 message"),
    27: ("many threads at once", ""),
    28: ("messages arrive once", "push ends the process (exit code 7)"),
}

CONFIG = """
[plugins]
mine = "{file}"
[run]
repetitions = 2
retries = 0
warmup = "10ms"
duration = "50ms"
{run}
[defaults]
load = "20k/s"
wait = "yield"
oversubscribe = true
budget = "p50 < 60s"
{scenario}
[[scenario]]
name = "ours"
transport = "queue/mpmc"
[[scenario]]
name = "mine"
transport = "plugin/mine"
"""


def broken(number):
    return str(Path(BUILD) / "tests" / "plugin" / f"broken{number}.so")


class Refused(cli_test.Case):
    def test_a_library_that_is_none_of_ours_is_refused_in_one_sentence(self):
        for number, says in REFUSED.items():
            with self.subTest(fault=number):
                config = self.write("p.toml", CONFIG.format(file=broken(number), run="",
                                                            scenario=""))
                self.refused("run", config, says=[says, f"broken{number}.so", "p.toml:3"])
                self.refused("plugin", "check", broken(number), says=says)

    def test_what_is_no_library_is_refused_before_it_is_loaded(self):
        self.write("text.so", "int main() {}\n")
        self.write("cut.so", b"\x7fELF\x02\x01\x01")
        (self.folder / "folder.so").mkdir()
        for name, says in (("text.so", "is no shared library; build one with"),
                           ("cut.so", "cannot be loaded: "),
                           ("folder.so", "is no file; name a shared library"),
                           ("none.so", "no such file; name a shared library")):
            with self.subTest(file=name):
                self.refused("plugin", "check", name, says=says)
                self.refused("plan", self.config, "--plugin", name, says=says)

    def test_names_that_cannot_be_are_refused(self):
        self.refused("plan", self.config, "--plugin", "a=", says="is neither FILE nor NAME=FILE")
        self.refused("plan", self.config, "--plugin", "a b=" + broken(0),
                     says="a plugin cannot be named \"a b\"")
        config = self.write("p.toml", '[plugins]\n"a/b" = "x.so"\nc = 1\n'
                                      '[[scenario]]\nname = "a"\n')
        self.refused("plan", config, says=["p.toml:2:1: \"a/b\" names no plugin", "p.toml:3:"],
                     lines=2)

    def test_a_transport_of_a_plugin_that_nobody_named_says_how(self):
        config = self.write("p.toml", '[[scenario]]\nname = "a"\ntransport = "plugin/mine"\n')
        self.refused("plan", config, says="write [plugins] with mine = \"FILE.so\", or --plugin")
        self.refused("plan", config, "--plugin", "min=" + broken(0),
                     says="did you mean \"plugin/min\"?")

    def test_plugins_that_may_be_missing_skip_their_scenarios(self):
        config = self.write("p.toml", CONFIG.format(
            file="none.so", run='missing_plugins = "skip"', scenario=""))
        code, output, errors = self.run_it("run", config, "--json", "out.json")
        result = cli_test.strict_json(self.folder / "out.json")
        self.assertEqual([one["verdict"] == "SKIP" for one in result["scenarios"]], [False, True])
        self.assertEqual(code, cli_test.worst_exit(result), output + errors)
        self.assertIn("SKIP          mine: plugin \"none.so\": no such file", output)
        self.refused("run", config, "--plugin", "other=none.so", says="no such file")

    def test_one_name_is_one_file(self):
        self.refused("plan", self.config, "--plugin", "a=" + broken(0), "--plugin",
                     "a=" + broken(13), says="plugin/a is")


class Checked(cli_test.Case):
    def check_it(self, file, *arguments):
        code, output, errors = self.run_it("plugin", "check", str(file), *arguments)
        self.assertEqual(errors, "")
        return code, output

    def test_each_broken_promise_is_told_by_its_name(self):
        for number, (promise, says) in BROKEN.items():
            with self.subTest(fault=number):
                code, output = self.check_it(broken(number), "--at-most", "1s" if number == 17
                                             else "20s")
                self.assertEqual(code, 1, output)
                lines = output.splitlines()
                rows = [i for i, line in enumerate(lines)
                        if line.startswith("BROKEN") and promise in line]
                self.assertEqual(len(rows), 1, output)
                self.assertIn(says, output)

    def test_a_whole_one_keeps_every_promise(self):
        code, output = self.check_it(broken(0))
        self.assertEqual(code, 0, output)
        self.assertNotIn("BROKEN", output)
        self.assertTrue(output.endswith("every promise is kept\n"), output)


class Used(cli_test.Case):
    def config_of(self, run="", scenario="", file=None):
        return self.write("p.toml", CONFIG.format(file=file or broken(0), run=run,
                                                  scenario=scenario))

    def measured(self, *arguments):
        code, output, errors = self.run_it("run", *arguments, "--json", "out.json")
        result = cli_test.strict_json(self.folder / "out.json")
        cli_test.check_schema(result, SCHEMA)
        self.assertEqual(code, cli_test.worst_exit(result), output + errors)
        return result, output

    def test_a_result_names_file_version_hash_abi_and_what_the_door_costs(self):
        result, output = self.measured(self.config_of())
        content = Path(broken(0)).read_bytes()
        self.assertEqual(result["plugins"], [
            {"name": "mine", "file": broken(0), "title": "broken", "version": "0.1", "abi": "1.0",
             "sha256": hashlib.sha256(content).hexdigest()}])
        (door,) = result["plugin_door"]
        self.assertEqual(door["batch"], 1)
        self.assertLessEqual(door["low_ns"], door["added_ns"])
        self.assertLessEqual(door["added_ns"], door["high_ns"])
        self.assertIn("plugin/mine: broken 0.1, ABI 1.0", output)
        self.assertRegex(output, r"door +\S+ ns a message at batch 1 \(")
        for scenario in result["scenarios"]:
            self.assertEqual(scenario["counts"]["lost"], 0)
            self.assertEqual(scenario["counts"]["received"], scenario["counts"]["published"])

    def test_a_run_without_a_plugin_says_nothing_of_them(self):
        result, output = self.measured(self.config_of(), "--only", "ours")
        self.assertNotIn("plugins", result)
        self.assertNotIn("plugin_door", result)
        self.assertNotIn("door", output)

    def test_payloads_checksums_batches_and_many_threads_arrive(self):
        keys = ('payload = ["0B", "16B", "300B"]\nchecksum = true\nbatch = [1, 8]\n'
                'producers = 2\nconsumers = 2\npattern = "queue-group"\n')
        result, output = self.measured(self.config_of(scenario=keys), "--only", "mine*")
        self.assertEqual(len(result["scenarios"]), 6)
        for scenario in result["scenarios"]:
            counts = scenario["counts"]
            self.assertGreater(counts["received"], 0, output)
            self.assertEqual((counts["lost"], counts["corrupt"]), (0, 0), output)

    def test_consumers_that_sleep_are_woken_by_the_host(self):
        result, output = self.measured(
            self.config_of(scenario='payload = "100B"\n'), "--set", "scenario.wait=park")
        self.assertEqual(result["scenarios"][1]["counts"]["lost"], 0, output)

    def test_a_plugin_that_loses_messages_is_invalid(self):
        result, output = self.measured(self.config_of(file=broken(13)))
        self.assertEqual(result["scenarios"][1]["verdict"], "INVALID", output)
        self.assertIn("lost", " ".join(result["scenarios"][1]["reasons"]))

    def test_limits_of_a_plugin_are_those_of_the_plan(self):
        config = self.config_of(scenario='pattern = "fan-out"\n')
        self.refused("plan", config, "--only", "mine",
                     says="plugin/mine does not serve pattern = \"fan-out\"")

    def test_every_verb_takes_it(self):
        config = self.config_of()
        plugin = ("--only", "mine", "--plugin", "mine=" + broken(0))
        for arguments in (
                ("plan", config, *plugin),
                ("ab", config, *plugin, "--b", "transport=queue/mpmc", "--rounds", "6", "--block",
                 "5ms"),
                ("ab", config, *plugin, "--a-binary", cli_test.PROGRAM, "--rounds", "1", "--block",
                 "5ms"),
                ("search", config, *plugin, "--budget", "p95 < 60s", "--min", "1k/s", "--max",
                 "2k/s", "--trial", "50ms"),
                ("soak", config, *plugin, "--duration", "3s", "--interval", "1s"),
                ("profile", config, *plugin, "--counters"),
                ("run", config, *plugin, "--quick", "--json", "out.json")):
            with self.subTest(verb=arguments[0]):
                code, output, errors = self.run_it(*arguments)
                if arguments[0] == "profile" and "perf_event" in errors:
                    continue  # the kernel lets nobody count
                self.assertIn(code, (0, 1, 3, 4, 6), output + errors)
                self.assertIn("mine", output)
        for arguments in (("report", "out.json", "--to", "md"),
                          ("compare", "out.json", "out.json")):
            code, output, errors = self.run_it(*arguments)
            self.assertIn(code, (0, 4), output + errors)
            self.assertIn("mine", output)


class Interleaved(cli_test.Case):
    def measured(self, run, *arguments):
        config = self.write("p.toml", CONFIG.format(file=broken(0), run=run, scenario=""))
        _, output, errors = self.run_it("run", config, "--json", "out.json", *arguments)
        result = cli_test.strict_json(self.folder / "out.json")
        cli_test.check_schema(result, SCHEMA)
        return result, output + errors

    def test_by_turns_each_row_is_held_against_the_one_above(self):
        result, output = self.measured('order = "interleaved"', "--set", "run.repetitions=4")
        self.assertEqual(result["order"], "interleaved")
        first, second = result["scenarios"]
        self.assertNotIn("above", first)
        if any(one["disturbed"] for scenario in result["scenarios"]
               for one in scenario["repetitions"]):
            self.skipTest("the machine was too busy: rounds are missing")
        self.assertEqual([one["measure"] for one in second["above"]][0], "p50")
        self.assertTrue(all(one["rounds"] <= 4 for one in second["above"]))
        for one in second["above"]:
            if one["rounds"] >= 3:
                self.assertLessEqual(one["low"], one["share"])
                self.assertLessEqual(one["share"], one["high"])
        rows = output.partition("by turns")[2].splitlines()
        self.assertIn("p50 against the row above", rows[0])
        self.assertRegex(rows[1], r"^ours +\S+ +\S+ +- +-$")
        self.assertRegex(rows[2], r"^mine +\S+ +\S+ +- +[-+0-9.]+ (%|x)")
        code, page, errors = self.run_it("report", "out.json", "--to", "html")
        self.assertEqual((code, errors), (0, ""))
        self.assertRegex(page, r'<section id="turns">[^$]*class="bar"><span style="width:')

    def test_one_after_the_other_there_is_no_such_row(self):
        result, output = self.measured("")
        self.assertNotIn("order", result)
        self.assertTrue(all("above" not in one for one in result["scenarios"]))
        self.assertNotIn("by turns", output)
        self.assertNotIn('<section id="turns">',
                         self.run_it("report", "out.json", "--to", "html")[1])

    def test_what_needs_one_scenario_after_the_other_refuses(self):
        config = self.write("p.toml", CONFIG.format(file=broken(0), run='order = "interleaved"',
                                                    scenario=""))
        for flags in (("--fail-fast",), ("--serve", "127.0.0.1:0")):
            self.refused("run", config, *flags, says=[flags[0], "run.order = \"sequential\""])


if __name__ == "__main__":
    cli_test.PROGRAM, SCHEMA, BUILD = map(os.path.abspath, sys.argv[1:4])
    unittest.main(argv=sys.argv[:1], verbosity=2)
