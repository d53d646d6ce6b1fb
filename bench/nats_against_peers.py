#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""nats/wire, nats/client, a bare libnats loop and the Go client, on one pinned nats-server.

usage: nats_against_peers.py BUSMARK NATS_BARE [--go NATS_BARE_GO] [--rounds 5] [--seconds 0.5]
       [--delivery sync] [--latency-only | --throughput-only]

They take turns, round by round; shown are medians, [lowest, highest], and quotients of medians. The
server runs on cpu 0, whoever measures on cpu 1, and the Go client, whose threads roam,
on both. Run it on an idle machine: the head says how idle it was.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SERVER = shutil.which("nats-server") or shutil.which("nats-server", path="/usr/sbin")
SIZES = (16, 128, 1024)
MEASURED_CPU = 1
SERVER_CPU = 0
CONFIG = '''[run]
name = "nats-bench"
repetitions = 1
retries = 0
cores = [{cpu}]
out = "{folder}"
[transport.nats]
pending = 1000000000
delivery = "{delivery}"
flush = "{flush}"
[[scenario]]
name = "one"
transport = "{transport}"
oversubscribe = true
payload = {size}
wait = "{wait}"
load = "{load}"
batch = {batch}
warmup = "{warmup}s"
duration = "{seconds}s"
drain = "10s"
budget = "lost == 0"
'''


class Bench:
    def __init__(self, options, folder, server, url):
        self.options, self.folder, self.server, self.url = options, folder, server, url

    def busmark(self, transport, size, rate):
        options = self.options
        text = CONFIG.format(
            cpu=MEASURED_CPU, folder=self.folder, delivery=options.delivery, flush=options.flush,
            transport=transport, size=size, load=f"{rate}/s" if rate else "max",
            batch=64 if rate else 256, wait="spin" if rate else "park",
            warmup=0.1 if rate else 0, seconds=options.seconds)
        config, result = self.folder / "bench.toml", self.folder / "bench.json"
        config.write_text(text, "utf-8")
        run = subprocess.run([options.busmark, "run", config, "--json", result], text=True,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False,
                             env={**os.environ, "NATS_URL": self.url}, timeout=120)
        if run.returncode not in (0, 3, 4):
            sys.exit(f"busmark says: {run.stderr or run.stdout}")
        one = json.loads(result.read_text("utf-8"))["scenarios"][0]
        counts = one["counts"]
        if counts["received"] != counts["published"]:
            print(f"# {transport}, {size} B: {counts}", file=sys.stderr)
        latency = one["latency_ns"]["response"]
        return {"rate": one["rate"]["received"], "p50_us": microseconds(latency, "p50"),
                "p95_us": microseconds(latency, "p95")}

    def bare(self, size, rate):
        options = self.options
        run = subprocess.run([options.bare, self.url, str(size), str(options.seconds), str(rate),
                              options.delivery, options.flush, str(MEASURED_CPU)], text=True,
                             stdout=subprocess.PIPE, check=True, timeout=120)
        return json.loads(run.stdout)

    def bare_go(self, size, rate):
        run = subprocess.run([self.options.go, self.url, str(size), str(self.options.seconds),
                              str(rate)], text=True, stdout=subprocess.PIPE, check=True,
                             timeout=120)
        return json.loads(run.stdout)

    def turns(self, size, rate):
        """Results of all rounds, by contestant."""
        contestants = {
            "nats/wire": lambda: self.busmark("nats/wire", size, rate),
            "nats/client": lambda: self.busmark("nats/client", size, rate),
            "bare libnats": lambda: self.bare(size, rate),
        }
        if self.options.go:
            contestants["bare nats.go"] = lambda: self.bare_go(size, rate)
        results = {name: [] for name in contestants}
        for _ in range(self.options.rounds):
            for name, measure in contestants.items():
                before = cpu_seconds(self.server.pid)
                results[name].append(measure())
                results[name][-1]["server"] = cpu_seconds(self.server.pid) - before
        return results


def microseconds(latency, name):
    return float("nan") if latency[name] is None else latency[name] / 1e3


def summary(values, form):
    return (f"{form(statistics.median(values))} [{form(min(values))}, {form(max(values))}]")


def cpu_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def start_server(folder):
    config = folder / "server.conf"
    config.write_text(f'host: "127.0.0.1"\nport: -1\nports_file_dir: "{folder}"\n', "utf-8")
    server = subprocess.Popen(["taskset", "-c", str(SERVER_CPU), SERVER, "-c", config],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    ports = folder / f"nats-server_{server.pid}.ports"
    for _ in range(2000):
        try:
            return server, json.loads(ports.read_text("utf-8"))["nats"][0]
        except (OSError, ValueError):
            time.sleep(0.005)
    server.kill()
    sys.exit("nats-server named no port")


def throughput(bench):
    print("\nmessages per second, end to end, as fast as possible; in brackets lowest, highest and"
          "\nthe server's processor time as a share of the measured time\n")
    for size in SIZES:
        results = bench.turns(size, 0)
        rates = {name: [one["rate"] for one in all_of] for name, all_of in results.items()}
        median = {name: statistics.median(values) for name, values in rates.items()}
        busy = {name: statistics.median(one["server"] for one in all_of) / bench.options.seconds
                for name, all_of in results.items()}
        if size == SIZES[0]:
            print(f"| bytes | {' | '.join(rates)} | wire / libnats | client / libnats |")
            print("|---" * (3 + len(rates)) + "|")
        cells = [summary(values, lambda v: f"{v / 1e3:.0f}k")[:-1] + f", {busy[name]:.0%}]"
                 for name, values in rates.items()]
        print(f"| {size} | {' | '.join(cells)} "
              f"| {median['nats/wire'] / median['bare libnats']:.2f} "
              f"| {median['nats/client'] / median['bare libnats']:.2f} |", flush=True)


def latency(bench):
    print("\none way at 100k/s, 16 bytes, from the moment due\n")
    print("| | p50 us | p95 us |")
    print("|---|---|---|")
    for name, all_of in bench.turns(16, 100_000).items():
        cells = [summary([one[key] for one in all_of], lambda v: f"{v:.0f}")
                 for key in ("p50_us", "p95_us")]
        print(f"| {name} | {' | '.join(cells)} |", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("busmark")
    parser.add_argument("bare")
    parser.add_argument("--go")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.5)
    parser.add_argument("--delivery", default="sync", choices=("sync", "async"))
    parser.add_argument("--flush", default="default", choices=("default", "asap"))
    parser.add_argument("--latency-only", action="store_true")
    parser.add_argument("--throughput-only", action="store_true")
    options = parser.parse_args()
    if not SERVER:
        sys.exit("nats-server is not installed; apt-get install nats-server")
    if (os.cpu_count() or 1) < 2:
        sys.exit("two cores are needed: one for the server, one to measure on")
    with tempfile.TemporaryDirectory() as folder:
        server, url = start_server(Path(folder))
        try:
            print(f"load average {os.getloadavg()[0]:.2f}; {options.rounds} rounds of "
                  f"{options.seconds} s; delivery {options.delivery}, flush {options.flush}")
            bench = Bench(options, Path(folder), server, url)
            if not options.latency_only:
                throughput(bench)
            if not options.throughput_only:
                latency(bench)
        finally:
            server.kill()
            server.wait()


if __name__ == "__main__":
    main()
