#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Agents and their coordinator over a cluster of nats-servers, of which some part may die.

usage: agents_test.py BUSMARK SCHEMA
"""

import base64
import json
import os
import signal
import struct
import subprocess
import sys
import time
import unittest
import urllib.request
import zlib
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))

import cli_test  # noqa: E402
import nats_cluster  # noqa: E402
from cli_test import HANG, RUN, strict_json, worst_exit  # noqa: E402

SCENARIO = '''[[scenario]]
name = "wire"
transport = "nats/wire"
oversubscribe = true
wait = "park"
payload = 64
load = "4k/s"
checksum = true
budget = ["p95 < 60s"]
'''
LONG = '''[run]
repetitions = 1
retries = 0
warmup = "2ms"
duration = "1500ms"
[defaults]
drain = "300ms"
'''


def decode(text):
    """Counts by bucket of a histogram in the compressed V2 encoding, from its specification."""
    packed = base64.b64decode(text)
    raw = zlib.decompress(packed[8:8 + struct.unpack(">i", packed[4:8])[0]])
    counts, index, at, end = {}, 0, 40, 40 + struct.unpack(">i", raw[4:8])[0]
    while at < end:
        value = shift = 0
        for position in range(9):
            byte = raw[at]
            at += 1
            value |= (byte if position == 8 else byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
        number = (value >> 1) ^ -(value & 1)
        if number < 0:
            index -= number
        else:
            counts[index] = number
            index += 1
    return {index: count for index, count in counts.items() if count}


def add_log(path, counts):
    """Adds all intervals of a .hlog up, by tag and bucket."""
    for line in Path(path).read_text("utf-8").splitlines():
        if line.startswith("Tag="):
            tag, *_, histogram = line.split(",")
            for index, count in decode(histogram).items():
                sums = counts.setdefault(tag.removeprefix("Tag="), {})
                sums[index] = sums.get(index, 0) + count
    return counts


@unittest.skipUnless(nats_cluster.SERVER,
                     "nats-server is not installed; apt-get install nats-server")
class OverNats(cli_test.Case):
    NODES = 3
    SERVER_OPTIONS = ""

    def setUp(self):
        super().setUp()
        self.cluster = nats_cluster.Cluster(self.NODES, self.SERVER_OPTIONS)
        self.addCleanup(self.cluster.close)
        self.urls = [node.url for node in self.cluster.nodes]
        self.write("run.toml", RUN + SCENARIO)
        self.write("long.toml", LONG + SCENARIO)

    def agent(self, name, *urls, **options):
        process = self.start("agent", *(("--nats", ",".join(urls)) if urls else ()), "--name",
                             name, "--out", "of-" + name, **options)
        self.addCleanup(process.communicate)  # runs after the kill
        self.addCleanup(process.kill)
        self.assertIn("waits at", process.stderr.readline())
        return process

    def agents(self):
        """One at the first node, one at the second; both know the third."""
        return (self.agent("a", self.urls[0], self.urls[2]),
                self.agent("b", self.urls[1], self.urls[2]))

    def coordinate(self, config):
        return self.start("run", config, "--agents", "2", "--nats", self.urls[2], "--json",
                          "out.json")

    def finish(self, process):
        output, errors = process.communicate(timeout=HANG)
        try:
            result = strict_json(self.folder / "out.json")
        except OSError:
            self.fail(output + errors)
        return process.returncode, result, output

    @staticmethod
    def connections(node):
        with urllib.request.urlopen(node.monitor + "/connz", timeout=5) as page:
            return json.load(page)["connections"]

    def await_messages(self, run, node, name="busmark producer"):
        """Returns once a producer at `node` has sent hundreds of messages."""
        while run.poll() is None:
            for one in self.connections(node):
                if one.get("name", "").startswith(name) and one["in_msgs"] > 300:
                    return
            time.sleep(0.01)
        self.fail("no messages flow: " + run.stderr.read())

    def check_sums(self, result, agents):
        """Nothing is lost or counted twice on the way to the coordinator."""
        [folder] = [p.parent for p in self.folder.glob("results/*/result.json")]
        merged = add_log(folder / "result.hlog", {})
        parts = {}
        for name in agents:
            [own] = self.folder.glob(f"of-{name}/*/result.hlog")
            self.assertEqual(own.read_text("utf-8"),
                             (folder / f"agent-{name}.hlog").read_text("utf-8"))
            add_log(own, parts)
        self.assertEqual(merged, parts)
        [scenario] = result["scenarios"]
        response = sum(merged["wire:response"].values())
        self.assertEqual(response, sum(decode(scenario["histograms"]["response"]).values()))
        counts = scenario["counts"]
        self.assertEqual(counts["duplicated"], 0)
        self.assertEqual(counts["received"], response)
        self.assertEqual(counts["published"], counts["received"] + counts["lost"] +
                         counts["refused"] + counts["dropped"])
        # An agent counts disturbed repetitions too.
        self.assertEqual(sum(agent["received"] for agent in result["agents"]),
                         sum(one["counts"]["received"] for one in scenario["repetitions"]))
        try:
            import jsonschema
        except ImportError:
            return
        schema = json.loads(Path(SCHEMA).read_text("utf-8"))
        for one in (result, *(strict_json(folder / f"agent-{name}.json") for name in agents)):
            jsonschema.validate(one, schema)


class Agents(OverNats):
    def test_two_agents_measure_at_once_and_their_parts_add_up(self):
        self.agents()
        code, result, output = self.finish(self.coordinate("run.toml"))
        self.assertEqual(code, worst_exit(result), output)
        self.check_sums(result, "ab")
        self.assertEqual([agent["name"] for agent in result["agents"]], ["a", "b"])
        for agent in result["agents"]:
            # On one machine there is one clock: the truth is known.
            self.assertLessEqual(abs(agent["clock_offset_ns"]), agent["clock_bound_ns"])
            self.assertIsNone(agent["fault"])
        self.assertEqual(result["scenarios"][0]["rate"]["intended"], 4000)
        # Two repetitions of 20 ms at 4000 a second, whoever sends them.
        published = [one["counts"]["published"] for one in result["scenarios"][0]["repetitions"]]
        self.assertEqual(published, [80, 80])
        self.assertIn("\nagent    a on ", output)
        self.assertIn("each latency is by the clock of one agent", output)
        # A stored result can be read back, clocks that are behind included.
        code, _, errors = self.run_it("report", "out.json")
        self.assertEqual((code, errors), (0, ""))

    def test_a_node_that_is_killed_costs_no_count_and_makes_the_run_invalid(self):
        self.agents()
        run = self.coordinate("long.toml")
        self.await_messages(run, self.cluster.nodes[0])
        self.cluster.nodes[0].end(signal.SIGKILL)
        code, result, output = self.finish(run)
        self.assertEqual((code, result["scenarios"][0]["verdict"]), (4, "INVALID"), output)
        self.assertRegex(output, r"nats-server and (producer|consumer) 0 of a: it ")
        self.check_sums(result, "ab")
        received = {agent["name"]: agent["received"] for agent in result["agents"]}
        self.assertGreater(received["a"], 0)
        self.assertGreater(received["b"], received["a"])

    def test_an_agent_that_is_killed_makes_the_run_invalid_with_the_part_that_is_known(self):
        _, other = self.agents()
        run = self.coordinate("long.toml")
        self.await_messages(run, self.cluster.nodes[1])
        other.kill()
        code, result, output = self.finish(run)
        self.assertEqual((code, result["scenarios"][0]["verdict"]), (4, "INVALID"), output)
        self.assertIn("agent b has failed: it did not answer within 3s", output)
        self.check_sums(result, "a")

    def test_agents_serve_on_after_a_run_that_was_interrupted_and_after_they_froze(self):
        _, other = self.agents()
        run = self.coordinate("long.toml")
        self.await_messages(run, self.cluster.nodes[0])
        run.send_signal(signal.SIGINT)
        code, result, _ = self.finish(run)
        self.assertEqual((code, result["interrupted"]), (130, True))
        self.check_sums(result, "ab")
        self.check_next_run()
        run = self.coordinate("long.toml")
        self.await_messages(run, self.cluster.nodes[1])
        other.send_signal(signal.SIGSTOP)
        code, result, output = self.finish(run)
        other.send_signal(signal.SIGCONT)
        self.assertEqual((code, result["scenarios"][0]["verdict"]), (4, "INVALID"), output)
        self.assertIn("agent b has failed: it did not answer within 3s", output)
        self.check_next_run()

    def check_next_run(self):
        code, result, output = self.finish(self.coordinate("run.toml"))
        self.assertEqual(code, worst_exit(result), output)
        self.assertFalse(result["interrupted"])
        published = [one["counts"]["published"] for one in result["scenarios"][0]["repetitions"]]
        self.assertEqual(published, [80, 80])


class Password(OverNats):
    NODES = 1
    SERVER_OPTIONS = 'authorization { user: me, password: s3cret }\n'

    def test_coordinators_take_turns_and_nobody_sees_the_password(self):
        url = self.urls[0].replace("nats://", "nats://me:s3cret@")
        environment = {**os.environ, "NATS_URL": url}
        agent = self.agent("a", env=environment)
        first = self.start("run", "long.toml", "--agents", "1", "--json", "first.json",
                           env=environment)
        self.await_messages(first, self.cluster.nodes[0])
        second = self.start("run", "run.toml", "--agents", "1", "--json", "out.json",
                            env=environment)
        for process in (agent, first, second):
            self.assertNotIn("s3cret", Path(f"/proc/{process.pid}/cmdline").read_text("utf-8"))
        said = "".join(first.communicate(timeout=HANG) + second.communicate(timeout=HANG))
        for name in ("first.json", "out.json"):
            result = strict_json(self.folder / name)
            self.assertEqual(result["agents"][0]["server"], self.urls[0])
            self.assertGreater(result["scenarios"][0]["counts"]["received"], 0)
        self.assertEqual(second.returncode, worst_exit(result), said)
        agent.terminate()
        said += agent.communicate(timeout=HANG)[1]
        self.assertNotIn("s3cret", said)
        for path in self.folder.rglob("*.*"):
            if path.is_file():
                self.assertNotIn("s3cret", path.read_text("utf-8"), path)

    def test_a_search_that_is_interrupted_leaves_nothing(self):
        environment = {**os.environ, "NATS_URL": self.urls[0].replace("//", "//me:s3cret@")}
        before = self.files()
        run = self.start("run", "run.toml", "--agents", "2", env=environment)
        while not self.connections(self.cluster.nodes[0]):
            self.assertIsNone(run.poll())
        run.send_signal(signal.SIGINT)
        output, errors = run.communicate(timeout=HANG)
        self.assertEqual((run.returncode, output), (130, ""))
        self.assertIn("before anything was measured", errors)
        self.assertEqual(self.files(), before)

    def test_a_wrong_password_is_one_sentence(self):
        url = self.urls[0].replace("nats://", "nats://me:wr0ng@")
        for arguments in (["agent"], ["run", "run.toml", "--agents", "1"]):
            with self.subTest(arguments):
                self.refused(*arguments, says=["no nats-server answers", "Authorization"],
                             env={**os.environ, "NATS_URL": url})


class Mistakes(cli_test.Case):
    def test_mistakes_are_named_with_a_cure(self):
        self.write("wire.toml", RUN + SCENARIO)
        self.write("fault.toml", RUN + SCENARIO + 'fault = "kill at 5ms for 5ms"\n')
        self.write("url.toml", RUN + SCENARIO + '[transport.nats]\nurl = "nats://u:p@host"\n')
        for arguments, says in (
                (["run", "wire.toml", "--nats", "host"], "write --agents N"),
                (["run", "wire.toml", "--agents", "2", "--nats", "nats://me:s3cret@host"],
                 "put the URL into $NATS_URL"),
                (["run", self.config, "--agents", "2"], "agents measure nats/wire alone"),
                (["run", "url.toml", "--agents", "2"], "leave url, user, password and token"),
                (["run", "wire.toml", "--agents", "2", "--nats", "nats://127.0.0.1:1"],
                 "no nats-server answers"),
                (["run", "wire.toml", "--agents", "2", "--set", "run.cores=[0]"],
                 "busmark agent --cores"),
                (["agent", "--nats", "nats://127.0.0.1:1"], "no nats-server answers"),
                (["run", "fault.toml", "--agents", "2"], "agents break nothing on purpose"),
                (["run", "wire.toml", "--agents", "0"], "--agents"),
                (["run", "wire.toml", "--agents", "257"], "--agents"),
                (["run", "wire.toml", "--agents", "2", "--nats", "tls://host"], "TLS"),
                (["agent", "--nats", "http://host"], "nats://"),
                (["agent", "--name", "a/b"], "letters, digits"),
                (["agent", "--nats", "nats://me:s3cret@host"], "put the URL into $NATS_URL")):
            with self.subTest(arguments):
                self.refused(*arguments, says=says)


if __name__ == "__main__":
    cli_test.PROGRAM, SCHEMA = map(os.path.abspath, sys.argv[1:3])
    unittest.main(argv=sys.argv[:1], verbosity=2)
