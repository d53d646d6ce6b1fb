#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Three nats-servers that form a cluster on the loopback interface, in temporary folders.

usage: nats_cluster.py [NODES]   prints their URLs, and ends them all at Ctrl-C, SIGTERM or its end.
"""

import ctypes
import json
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

SERVER = shutil.which("nats-server") or shutil.which("nats-server", path="/usr/sbin")
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)
START = 20  # seconds until all nodes know each other


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def end_with_parent():
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Node:
    def __init__(self, folder, number, routes, more=""):
        self.folder = Path(folder) / f"node{number}"
        self.folder.mkdir()
        others = ", ".join(f'"nats://127.0.0.1:{port}"' for port in routes)
        config = self.folder / "server.conf"
        config.write_text(
            f'server_name: "node{number}"\n'
            'listen: "127.0.0.1:-1"\nhttp: "127.0.0.1:-1"\n'
            f'ports_file_dir: "{self.folder}"\n'
            f'cluster {{ name: busmark, listen: "127.0.0.1:{routes[number]}", '
            f'routes: [{others}] }}\n' + more, "utf-8")
        self.process = subprocess.Popen(
            [SERVER, "-c", str(config), "-l", str(self.folder / "log")],
            preexec_fn=end_with_parent, start_new_session=True)
        self.url = self.monitor = None

    def ready(self, routes):
        """Whether it is connected to so many others."""
        if self.process.poll() is not None:
            raise RuntimeError(f"nats-server ended: {(self.folder / 'log').read_text('utf-8')}")
        for ports in self.folder.glob("*.ports"):
            try:
                known = json.loads(ports.read_text("utf-8"))
            except ValueError:
                continue  # half-written
            self.url, self.monitor = known["nats"][0], known["monitoring"][0]
        if not self.url:
            return False
        with urllib.request.urlopen(f"{self.monitor}/routez", timeout=5) as page:
            return json.load(page)["num_routes"] >= routes

    def end(self, how=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(how)
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


class Cluster:
    def __init__(self, nodes=3, more=""):
        self.folder = tempfile.TemporaryDirectory(prefix="busmark-cluster-")
        self.nodes = []
        try:
            routes = free_ports(nodes)
            for number in range(nodes):
                self.nodes.append(Node(self.folder.name, number, routes, more))
            deadline = time.monotonic() + START
            while not all(node.ready(nodes - 1) for node in self.nodes):
                if time.monotonic() > deadline:
                    raise RuntimeError("the nodes do not find each other")
                time.sleep(0.02)
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        for node in self.nodes:
            node.end()
        self.folder.cleanup()


def main():
    if not SERVER:
        sys.exit("nats-server is not installed; apt-get install nats-server")

    def leave(*_):
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, leave)
    try:
        with Cluster(int(sys.argv[1]) if len(sys.argv) > 1 else 3) as cluster:
            print(",".join(node.url for node in cluster.nodes), flush=True)
            print("Ctrl-C ends them", file=sys.stderr, flush=True)
            signal.pause()
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
