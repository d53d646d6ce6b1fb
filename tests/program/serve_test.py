#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Watches a run through --serve as browsers, Prometheus and those who mean no good would.

usage: serve_test.py BUSMARK
"""

import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import unittest
import urllib.error
import urllib.request
from pathlib import Path

import cli_test

PATIENCE = 30  # seconds; a test that needs them has failed

CONFIG = """
[run]
name = "served"
repetitions = 1
until = "planned"
retries = 0
warmup = "10ms"
duration = "2s"
cores = [{core}]
[[scenario]]
name = "served"
transport = ["queue/spsc", "queue/mpmc"]
load = "5k/s"
interval = "50ms"
oversubscribe = true
budget = "p95 < 60s"
""".replace("{core}", str(min(os.sched_getaffinity(0))))
EVERYWHERE = re.sub("cores = .*\n", "", CONFIG).replace("2s", "4s")  # two cores: none is free


class Case(cli_test.Case):
    def setUp(self):
        super().setUp()
        self.serving = None
        self.addCleanup(self.stop)

    def serve(self, *arguments, config=CONFIG):
        """Starts a run and learns where it listens, and from which core."""
        config = self.write("served.toml", config)
        self.serving = subprocess.Popen(
            [cli_test.PROGRAM, "run", config, "--serve", "127.0.0.1:0", *arguments],
            cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        line = self.serving.stderr.readline()
        self.assertRegex(line, r"^busmark: serving http://127\.0\.0\.1:\d+ from \S+")
        port, self.place = re.search(r":(\d+) from (.*)", line).groups()
        self.address = ("127.0.0.1", int(port))

    def stop(self):
        if self.serving is not None:
            self.serving.terminate()
            self.serving.stderr.close()
            self.serving.wait(PATIENCE)

    def get(self, path):
        url = f"http://{self.address[0]}:{self.address[1]}{path}"
        with urllib.request.urlopen(url, timeout=PATIENCE) as reply:
            return reply.read().decode()

    def wait_for(self, path, wanted):
        """The reply of `path`, once `wanted` is found in it."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            with contextlib.suppress(urllib.error.URLError, ConnectionError):
                reply = self.get(path)
                if re.search(wanted, reply):
                    return reply
            time.sleep(0.05)
        self.fail(f"{path} never had {wanted}")

    def client(self, sent=b""):
        connection = socket.create_connection(self.address, timeout=PATIENCE)
        self.addCleanup(connection.close)
        connection.sendall(sent)
        return connection


class Serve(Case):
    def test_every_page_is_there(self):
        self.serve()
        self.assertEqual(self.get("/healthz"), "ok\n")
        self.assertIn("EventSource('/events')", self.get("/"))
        metrics = self.wait_for("/metrics", r"busmark_live_response_seconds_count\{.*\} [1-9]")
        self.assertRegex(metrics, r'busmark_live_budget_seconds\{.*percentile="95"\} 60')
        self.assertIn("busmark_live_running 1", metrics)
        if shutil.which("promtool"):
            done = subprocess.run(["promtool", "check", "metrics"], input=metrics, text=True,
                                  capture_output=True, check=False)
            self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""))
        result = json.loads(self.wait_for("/result.json", "queue/spsc"))
        self.assertEqual(len(result["scenarios"]), 1)
        self.assertTrue(result["interrupted"])
        self.assertIn("busmark_scenario_verdict{", self.wait_for("/metrics", "queue/mpmc"))

    def test_promtool_takes_the_rules_and_the_dashboard_names_what_is_there(self):
        dashboards = Path(__file__).resolve().parents[2] / "docs/dashboards"
        self.serve()
        metrics = self.wait_for("/metrics", "queue/mpmc")
        metrics += self.wait_for("/metrics", "busmark_live_rate_messages_per_second{")
        names = set(re.findall(r"^(busmark_\w+)", metrics, re.M))
        for file in ("alerts.yml", "grafana.json"):
            for name in re.findall(r"busmark_[a-z0-9_]+", (dashboards / file).read_text("utf-8")):
                self.assertIn(name, names, file)
        json.loads((dashboards / "grafana.json").read_text("utf-8"))
        if shutil.which("promtool") is None:
            self.skipTest("promtool is not installed (Debian: prometheus)")
        done = subprocess.run(["promtool", "check", "rules", dashboards / "alerts.yml"],
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_what_is_not_there_is_said(self):
        self.serve()
        for path in ("/nothing", "/..%2f..%2fetc/passwd", "//"):
            with self.assertRaises(urllib.error.HTTPError) as caught:
                self.get(path)
            self.assertEqual(caught.exception.code, 404)
            caught.exception.close()
        body = b"Content-Length: 2000000\r\n\r\n" + bytes(100_000)
        for sent, status in ((b"DELETE / HTTP/1.1\r\n\r\n", b"405"),
                             (b"HEAD / HTTP/1.1\r\n\r\n", b"405"),
                             (b"POST /metrics HTTP/1.1\r\n" + body, b"405"),
                             (b"\x16\x03\x01\x02\x00\x01\r\n", b"400"),
                             (b"GET /" + b"x" * 20_000, b"400")):
            with self.subTest(sent=sent[:20]):
                self.assertEqual(self.client(sent).recv(100).split()[1], status)

    @unittest.skipIf(len(os.sched_getaffinity(0)) < 2, "one core: none is free")
    def test_the_server_keeps_off_the_measured_core_and_the_result_says_where(self):
        self.serve("--json", "out.json")
        core = re.fullmatch(r"cpu (\d+)(, the SMT sibling of a measured one)?", self.place)
        self.assertIsNotNone(core, self.place)
        self.assertNotEqual(int(core.group(1)), min(os.sched_getaffinity(0)))
        self.assertEqual(self.get("/healthz"), "ok\n")
        tasks = Path(f"/proc/{self.serving.pid}/task")
        server = [t for t in tasks.iterdir() if (t / "comm").read_text() == "server\n"]
        self.assertEqual(len(server), 1)
        self.assertEqual(os.sched_getaffinity(int(server[0].name)), {int(core.group(1))})
        self.serving.terminate()
        self.serving.wait(PATIENCE)
        result = json.loads((self.folder / "out.json").read_text("utf-8"))
        step = [s for s in result["environment"]["tuning"] if s["name"] == "serve"]
        self.assertEqual(step, [{"name": "serve", "done": core.group(2) is None,
                                 "detail": f"on {self.place}"}])

    def test_events_tell_of_the_run_until_its_end(self):
        self.serve()
        stream = self.client(b"GET /events HTTP/1.1\r\nHost: x\r\n\r\n").makefile("rb")
        views = [json.loads(line[6:]) for line in stream if line.startswith(b"data: ")]
        self.assertGreater(len(views), 2)
        self.assertTrue(views[-1]["over"])
        self.assertTrue(any(view["rate"] for view in views))
        self.assertTrue(any(view["p95"] for view in views))
        ended = [one["name"] for view in views for one in view["ended"]]
        self.assertEqual(len(ended), 2)  # each told once
        self.assertIn(self.serving.wait(PATIENCE), (0, 4, 6))

    def test_slow_rude_and_many_clients_neither_stop_it_nor_each_other(self):
        self.serve("--json", "out.json", config=EVERYWHERE)
        slow = [self.client(b"GET /hea") for _ in range(40)]
        for rude in (b"\x00\xff" * 5000, b"GET / HTTP/9.9\r\n\r\n", b"X" * 100_000,
                     b"POST / HTTP/1.1\r\nContent-Length: 999999999\r\n\r\n", b""):
            with contextlib.suppress(OSError):
                self.client(rude).close()
        many = []
        for _ in range(1000):
            connection = socket.socket()
            connection.setblocking(False)
            connection.connect_ex(self.address)
            many.append(connection)
        self.wait_for("/healthz", r"^ok\n$")  # while all places are taken it resets
        for connection in slow:
            connection.settimeout(PATIENCE)
            with contextlib.suppress(ConnectionResetError):
                self.assertEqual(connection.recv(100), b"")  # cut off
        for connection in many:
            connection.close()
        self.assertIn(self.serving.wait(PATIENCE), (0, 4, 6))
        result = json.loads((self.folder / "out.json").read_text("utf-8"))
        self.assertEqual(len(result["scenarios"]), 2)
        steps = {step["name"] for step in result["environment"]["tuning"]}
        self.assertIn("serve", steps)

    def test_an_address_that_cannot_be_had_is_refused_before_anything_runs(self):
        config = self.write("served.toml", CONFIG)
        for address in ("nonsense", "127.0.0.1", "127.0.0.1:99999", "host:80", "127.0.0.1:",
                        ":9464", "127.0.0.1:80x"):
            with self.subTest(address=address):
                self.refused("run", config, "--serve", address, says="127.0.0.1:9464")
        with socket.create_server(("127.0.0.1", 0)) as taken:
            address = f"127.0.0.1:{taken.getsockname()[1]}"
            self.refused("run", config, "--serve", address, "--json", "out.json",
                         says="Address already in use")
        self.refused("run", config, "--serve", "192.0.2.1:9464", says="192.0.2.1 port 9464")

    def test_an_address_beyond_this_machine_is_taken_with_a_warning(self):
        code, _, errors = self.run_it("run", self.config, "--serve", "0.0.0.0:0")
        self.assertNotEqual(code, 2, errors)
        self.assertIn("no password", errors)
        self.assertRegex(errors, r"serving http://0\.0\.0\.0:\d+ from ")


if __name__ == "__main__":
    cli_test.PROGRAM = os.path.abspath(sys.argv[1])
    unittest.main(argv=sys.argv[:1], verbosity=2)
