#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""busmark and a real nats-server: what the result says of it, and that nothing of it is left.

usage: nats_test.py BUSMARK SCHEMA
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

import cli_test
from cli_test import HANG, RUN, strict_json, worst_exit

NATS = '''[transport.nats]
url = "own"
[[scenario]]
name = "wire"
transport = "nats/wire"
oversubscribe = true
payload = 64
load = "5k/s"
checksum = true
budget = ["p95 < 60s", "lost == 0"]
'''
SERVER = shutil.which("nats-server") or shutil.which("nats-server", path="/usr/sbin")


def runs(pid):
    """False for a process that is gone, or dead and not fetched by its parent."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def name_of(pid):
    try:
        return Path(f"/proc/{pid}/comm").read_text("utf-8").strip()
    except OSError:
        return ""


def children(pid):
    text = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True,
                          check=False).stdout
    return [int(word) for word in text.split()]


@unittest.skipUnless(SERVER, "nats-server is not installed; apt-get install nats-server")
class Nats(cli_test.Case):
    def setUp(self):
        super().setUp()
        self.config = self.write("nats.toml", RUN + NATS)
        self.temporary = self.folder / "tmp"
        self.temporary.mkdir()
        self.environment = {**os.environ, "TMPDIR": str(self.temporary)}
        self.environment.pop("NATS_URL", None)

    def comes_true(self, condition, what):
        deadline = time.monotonic() + HANG
        while not condition():
            self.assertLess(time.monotonic(), deadline, what)
            time.sleep(0.005)

    def start_long(self):
        """A run of an hour with its server, and the processes that belong to it."""
        self.write("long.toml", (RUN + NATS).replace("20ms", "1h"))
        process = self.start("run", "long.toml", env=self.environment)
        self.comes_true(lambda: any(self.temporary.glob("*/*.ports")) or process.poll() is not None,
                        "no server was started")
        found = children(process.pid)
        self.assertGreaterEqual(len(found), 2)
        return process, found

    def nothing_is_left(self, found):
        self.comes_true(lambda: not any(map(runs, found)), "a process is left")
        self.comes_true(lambda: not any(self.temporary.iterdir()), "a file is left")

    def test_a_result_names_the_server_and_what_it_did(self):
        code, output, errors = self.run_it("run", self.config, "--json", "out.json",
                                           env=self.environment)
        self.assertEqual(errors, "")
        result = strict_json(self.folder / "out.json")
        self.assertEqual(code, worst_exit(result), output)
        self.assertIn("\nserver   nats-server ", output)
        self.assertIn(", server on cpu ", output)
        for repetition in result["scenarios"][0]["repetitions"]:
            nats = repetition["nats"]
            self.assertRegex(nats["server"], r"^nats-server [0-9.]+, started on cpu [0-9, ]+$")
            received = repetition["counts"]["received"]
            self.assertGreaterEqual(nats["load"]["in_messages"], received)
            self.assertEqual(nats["load"]["slow_consumers"], 0)
            self.assertEqual([e["role"].split()[0] for e in sorted(
                nats["endpoints"], key=lambda e: e["role"])], ["consumer", "producer"])
            self.assertFalse(any(e["ended"] for e in nats["endpoints"]))
            self.assertEqual(repetition["counts"]["lost"], 0)
        try:
            import jsonschema
        except ImportError:
            pass
        else:
            jsonschema.validate(result, json.loads(Path(SCHEMA).read_text("utf-8")))
        self.assertEqual(list(self.temporary.iterdir()), [])

    def test_nothing_of_a_server_is_left_however_busmark_ends(self):
        for number in (signal.SIGINT, signal.SIGKILL, signal.SIGTERM):
            with self.subTest(number.name):
                process, found = self.start_long()
                process.send_signal(number)
                process.communicate(timeout=HANG)
                self.nothing_is_left(found)

    def test_a_fault_is_measured_reported_and_leaves_nothing(self):
        config = (RUN + NATS).replace("20ms", "300ms").replace('"lost == 0"', '"corrupt == 0"')
        self.write("fault.toml", config + 'drain = "100ms"\nfault = "kill at 80ms for 40ms"\n')
        code, output, errors = self.run_it("run", "fault.toml", "--json", "out.json",
                                           env=self.environment)
        self.assertEqual(errors, "")
        result = strict_json(self.folder / "out.json")
        self.assertEqual(code, worst_exit(result), output)
        self.assertIn("wire      kill at 80ms for 40ms", output)
        self.assertRegex(output, r"\nsaid +wire: producer 0: it .*the connection")
        for repetition in result["scenarios"][0]["repetitions"]:
            counts, fault = repetition["counts"], repetition["fault"]
            self.assertEqual(counts["published"],
                             counts["received"] + counts["refused"] + counts["lost"])
            self.assertEqual(sum(r["last"] - r["first"] + 1 for r in fault["lost"]), counts["lost"])
            self.assertGreaterEqual(fault["outage_ns"], 40_000_000)
        self.assertEqual(list(self.temporary.iterdir()), [])
        form = self.run_it("report", "out.json")
        self.assertIn("## Faults", form[1])

    def test_a_fault_is_done_to_no_server_of_others(self):
        with tempfile.TemporaryDirectory() as folder:
            other = subprocess.Popen([SERVER, "-a", "127.0.0.1", "-p", "-1", "--ports_file_dir",
                                      folder], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                ports = Path(folder, f"nats-server_{other.pid}.ports")
                self.comes_true(ports.exists, "the other server does not start")
                self.comes_true(lambda: ports.read_text("utf-8").endswith("}"), "no ports")
                url = json.loads(ports.read_text("utf-8"))["nats"][0]
                config = (RUN + NATS).replace('"own"', f'"{url}"')
                self.write("fault.toml", config + 'fault = "kill at 5ms for 5ms"\n')
                code, _, errors = self.run_it("run", "fault.toml", env=self.environment)
                self.assertEqual(code, 2)
                self.assertIn("needs a server of our own", errors)
                self.write("shared.toml", config)
                code, output, _ = self.run_it("run", "shared.toml", env=self.environment)
                self.assertIn("left to the server, which is not ours to pin", output)
                self.assertIn(f" at {url}", output)
                self.assertIsNone(other.poll())
            finally:
                other.terminate()
                other.wait(HANG)

    def test_nothing_is_left_of_a_server_that_was_started_again(self):
        config = (RUN + NATS).replace("20ms", "1h") + 'fault = "kill at 30ms for 10ms"\n'
        self.write("long.toml", config)
        process = self.start("run", "long.toml", env=self.environment)
        seen = set()

        def two_servers():
            seen.update(pid for pid in children(process.pid) if name_of(pid) == "nats-server")
            return len(seen) > 1 or process.poll() is not None

        self.comes_true(two_servers, "the server was not started again")
        self.assertEqual(len(seen), 2)
        found = set(children(process.pid)) | seen
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=HANG)
        self.nothing_is_left(found)

    def test_a_producer_that_waits_tells_the_server_that_it_lives(self):
        port = 28000 + os.getpid() % 4000
        config = self.folder / "ping.conf"
        config.write_text(f'host: 127.0.0.1\nport: {port}\nping_interval: "100ms"\nping_max: 1\n')
        server = subprocess.Popen([SERVER, "-c", str(config)], stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL)
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)
        text = (RUN + NATS).replace('"own"', '"auto"').replace("5k/s", "2/s")
        text = text.replace("20ms", "1500ms").replace("repetitions = 2", "repetitions = 1")
        path = self.write("slow.toml", text)
        code, output, errors = self.run_it(
            "run", path, "--json", "slow.json",
            env={**self.environment, "NATS_URL": f"nats://127.0.0.1:{port}"})
        self.assertNotIn("Stale", output + errors)
        for one in strict_json(self.folder / "slow.json")["scenarios"][0]["repetitions"]:
            self.assertEqual((one["counts"]["published"], one["counts"]["received"]), (3, 3), code)

    def test_a_server_that_does_not_answer_is_a_mistake_of_setup(self):
        code, output, errors = self.run_it(
            "run", self.config, "--set", "transport.nats.url=nats://127.0.0.1:1",
            env=self.environment)
        self.assertEqual((code, output), (2, ""))
        self.assertIn("cannot connect to nats://127.0.0.1:1: Connection refused", errors)

    def test_secrets_of_the_url_show_nowhere(self):
        url = "nats://me:s3cret@127.0.0.1:1"
        for environment, table in (({"NATS_URL": url}, "auto"), ({}, url)):
            self.write("secret.toml", (RUN + NATS).replace('"own"', f'"{table}"'))
            code, output, errors = self.run_it("run", "secret.toml",
                                               env={**self.environment, **environment})
            self.assertEqual(code, 2)
            self.assertNotIn("s3cret", output + errors)
            self.assertIn("nats://127.0.0.1:1", errors)


if __name__ == "__main__":
    cli_test.PROGRAM, SCHEMA = map(os.path.abspath, sys.argv[1:3])
    unittest.main(argv=sys.argv[:1], verbosity=2)
