#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Mixes and users, from the config to the result, and what clumsy users are told.

usage: mix_test.py BUSMARK SCHEMA
"""

import csv
import io
import os
import sys
import unittest

import cli_test

HEAD = """
[run]
repetitions = 1
until = "planned"
retries = 0
warmup = "2ms"
duration = "100ms"
[defaults]
oversubscribe = true
wait = "park"
budget = "p95 < 60s"
"""
MIX = HEAD + """
[[scenario]]
name = "queries"
transport = "bus/mpmc"
load = "20k/s"
batch = 8
checksum = true
producers = 2
[[scenario.mix]]
name = "simple"
weight = 80
[[scenario.mix]]
name = "deep"
weight = 15
payload = "4KiB"
work = "20us"
budget = ["p95 < 1ns", "lost == 0"]
[[scenario.mix]]
name = "special"
weight = 5
payload = 0
budget = "rate > 1/s"
"""
USERS = HEAD + """
[[scenario]]
name = "callers"
transport = "bus/mpmc"
pattern = "request-reply"
users = 8
think = "uniform(500us, 1500us)"
"""
ONE = '[[scenario]]\nname = "one"\n'


class Mixes(cli_test.Case):
    def validated(self, path):
        result = cli_test.strict_json(path)
        cli_test.check_schema(result, SCHEMA)
        return result

    def test_every_class_has_its_row_and_its_verdict(self):
        config = self.write("mix.toml", MIX)
        code, output, errors = self.run_it("run", config, "--json", "out.json", "--report",
                                           "out.classes.csv", "--report", "out.xml")
        result = self.validated(self.folder / "out.json")
        self.assertEqual(code, cli_test.worst_exit(result), errors)
        self.assertIn(code, (1, 4, 6))  # no machine receives within a nanosecond
        (scenario,) = result["scenarios"]
        classes = {one["class"]: one for one in scenario["classes"]}
        self.assertEqual(list(classes), ["simple", "deep", "special"])
        self.assertEqual([one["asked_share"] for one in classes.values()], [0.8, 0.15, 0.05])
        self.assertEqual([one["payload_bytes"] for one in classes.values()], [16, 4096, 0])
        for count in ("published", "received", "refused", "lost"):
            self.assertEqual(sum(one[count] for one in classes.values()),
                             scenario["counts"][count], count)
        self.assertEqual(scenario["counts"]["corrupt"], 0)
        for one in classes.values():
            self.assertAlmostEqual(one["share"], one["asked_share"], delta=0.06)
            self.assertEqual(one["response_ns"]["count"], one["received"])
        self.assertIsNone(classes["simple"]["verdict"])
        self.assertIn(classes["deep"]["verdict"], ("FAIL", "INVALID", "INCONCLUSIVE"))
        self.assertEqual([(one.get("class"), one["budget"]) for one in scenario["budgets"]],
                         [(None, "p95 < 60s"), ("deep", "p95 < 1ns"), ("deep", "lost == 0"),
                          ("special", "rate > 1/s")])
        self.assertIn("simple 80, 16B; deep 15, 4KiB, work 20us; special 5, 0B",
                      scenario["parameters"]["mix"])
        self.assertRegex(output, r"queries: deep: p95 < 1ns: ")
        self.assertRegex(output, r"\nqueries +deep +15 % ")
        rows = list(csv.DictReader(io.StringIO((self.folder / "out.classes.csv").read_text())))
        self.assertEqual([row["published"] for row in rows],
                         [str(one["published"]) for one in classes.values()])
        self.assertIn("deep: p95 &lt; 1ns", (self.folder / "out.xml").read_text())

    def test_the_same_seed_makes_the_same_classes(self):
        config = self.write("mix.toml", MIX)
        counts = []
        for seed in ("5", "5", "6"):
            self.run_it("run", config, "--json", "out.json", "--set", f"run.seed={seed}")
            (scenario,) = cli_test.strict_json(self.folder / "out.json")["scenarios"]
            # Whatever was refused at the end of an interrupted machine would be unsent.
            self.assertEqual(scenario["counts"]["refused"], 0)
            counts.append([one["published"] for one in scenario["classes"]])
        self.assertEqual(counts[0], counts[1])
        self.assertNotEqual(counts[0], counts[2])

    def test_the_plan_shows_what_the_classes_ask_for(self):
        code, output, errors = self.run_it("plan", self.write("mix.toml", MIX))
        self.assertEqual(code, 0, errors)
        rows = [line.split() for line in output.splitlines()]
        self.assertIn("queries deep 15 % 3k/s 4KiB 20us".split(), rows)

    def test_a_closed_loop_is_called_one_and_accounts_for_its_users(self):
        config = self.write("users.toml", USERS)
        code, output, errors = self.run_it("run", config, "--json", "out.json")
        result = self.validated(self.folder / "out.json")
        self.assertEqual(code, cli_test.worst_exit(result), errors)
        (scenario,) = result["scenarios"]
        loop = scenario["closed_loop"]
        self.assertEqual((loop["users"], scenario["parameters"]["load_model"]), (8, "closed loop"))
        self.assertEqual(loop["turns"], scenario["counts"]["received"])
        # A turn that lies across an end of the window is counted whole or not at all.
        edges = 2 * scenario["latency_ns"]["response"]["max"] / 100e6
        self.assertAlmostEqual(loop["users_by_littles_law"], 8, delta=8 * (0.12 + edges))
        self.assertIsNone(scenario["rate"]["intended"])
        self.assertIn("closed loop", scenario["latency_ns"]["meaning"])
        for words in ("closed loop   callers: ", "coordinated omission", " 8 users "):
            self.assertIn(words, output)
        self.assertNotIn("saturation", output)

    def test_a_load_from_the_command_line_takes_the_place_of_users(self):
        config = self.write("users.toml", USERS)
        code, output, errors = self.run_it("plan", config, "--set", "scenario.load=2k/s")
        self.assertEqual(code, 0, errors)
        self.assertIn(" 2k/s ", output)

    def test_mistakes_are_told_with_their_place_and_what_to_write(self):
        self.write("typo.toml", ONE + 'mix = [{ name = "a", wieght = 1 }]\n')
        self.refused("run", "typo.toml",
                     says="typo.toml:3:22: mix: unknown key \"wieght\"; did you mean \"weight\"?")
        self.write("max.toml", ONE + 'load = "max"\nmix = [{ name = "a", weight = 1 }]\n')
        self.refused("plan", "max.toml", says="max.toml:4:7: mix: goes by a rate")
        self.write("wire.toml", ONE + 'transport = "nats/wire"\npayload = 64\nmix = [{ name = "a", '
                   'weight = 1 }, { name = "b", weight = 1, payload = 128 }]\n')
        self.refused("plan", "wire.toml", says="carries payloads of one size and the mix has")
        self.write("way.toml", ONE + "users = 5\n")
        self.refused("run", "way.toml", says="users: await answers, which pattern = \"one-way\"")
        self.refused("run", self.write("users.toml", USERS), "--set", "scenario.think=soon",
                     says="--set scenario.think: think: \"soon\" is no thinking time")
        self.refused("run", self.write("mix.toml", MIX), "--agents", "2",
                     says="agents send messages of one kind; leave out mix")


if __name__ == "__main__":
    cli_test.PROGRAM, SCHEMA = map(os.path.abspath, sys.argv[1:3])
    unittest.main(argv=sys.argv[:1], verbosity=2)
