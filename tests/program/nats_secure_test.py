#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""nats/client against a real nats-server with TLS and with users: it gets in, or says why not.

usage: nats_secure_test.py BUSMARK
"""

import base64
import binascii
import json
import os
import shutil
import subprocess
import sys
import time
import unittest
from pathlib import Path

import cli_test
from cli_test import HANG, RUN, strict_json

SCENARIO = '''[[scenario]]
name = "secure"
transport = "nats/client"
oversubscribe = true
payload = 64
load = "2k/s"
budget = ["p95 < 60s", "lost == 0"]
'''
SECRET = "s3cret-pass"
SERVER = shutil.which("nats-server") or shutil.which("nats-server", path="/usr/sbin")
EC = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]


def openssl(*arguments, folder):
    return subprocess.run(["openssl", *map(str, arguments)], cwd=folder, check=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE).stdout


def make_authority(name, folder):
    openssl("req", "-x509", *EC, "-keyout", f"{name}.key", "-out", f"{name}.pem", "-days", 2,
            "-subj", f"/CN={name}", "-addext", "basicConstraints=critical,CA:TRUE", folder=folder)


def make_certificate(name, names, days, folder):
    openssl("req", "-new", *EC, "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj",
            f"/CN={name}", folder=folder)
    (folder / f"{name}.ext").write_text(f"subjectAltName={names}\n", "utf-8")
    openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
            "-CAcreateserial", "-days", days, "-extfile", f"{name}.ext", "-out", f"{name}.pem",
            folder=folder)


def make_nkey(folder):
    """A user's key as NATS writes it: base32 of prefix, 32 bytes and a CRC-16. Returns the public
    part and the file of the seed."""
    openssl("genpkey", "-algorithm", "ed25519", "-outform", "DER", "-out", "user.der",
            folder=folder)
    seed = (folder / "user.der").read_bytes()[-32:]
    public = openssl("pkey", "-inform", "DER", "-in", "user.der", "-pubout", "-outform", "DER",
                     folder=folder)[-32:]
    kind, seed_kind = 20 << 3, 18 << 3

    def encode(data):
        crc = binascii.crc_hqx(data, 0).to_bytes(2, "little")
        return base64.b32encode(data + crc).decode().rstrip("=")

    text = encode(bytes([seed_kind | kind >> 5, (kind & 31) << 3]) + seed)
    (folder / "user.nk").write_text(text, "utf-8")
    return encode(bytes([kind]) + public), folder / "user.nk"


@unittest.skipUnless(SERVER, "nats-server is not installed; apt-get install nats-server")
@unittest.skipUnless(shutil.which("openssl"), "openssl is not installed; apt-get install openssl")
class Secure(cli_test.Case):
    def setUp(self):
        super().setUp()
        listed = subprocess.run([cli_test.PROGRAM, "list"], capture_output=True, text=True,
                                check=True).stdout
        if "without libnats" in listed:
            self.skipTest("busmark was built without libnats")
        make_authority("ca", self.folder)

    def serve(self, config):
        """Starts a server with this configuration; returns its port."""
        path = self.folder / "server.conf"
        path.write_text(f'host: "127.0.0.1"\nport: -1\nports_file_dir: "{self.folder}"\n' + config,
                        "utf-8")
        server = subprocess.Popen([SERVER, "-c", path], stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL)
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)
        ports = self.folder / f"nats-server_{server.pid}.ports"
        deadline = time.monotonic() + HANG
        while True:
            self.assertLess(time.monotonic(), deadline, "the server named no port")
            try:
                return json.loads(ports.read_text("utf-8"))["nats"][0].rpartition(":")[2]
            except (OSError, ValueError):
                time.sleep(0.005)

    def run_with(self, table):
        self.write("secure.toml", RUN + "[transport.nats]\n" + table + SCENARIO)
        code, output, errors = self.run_it("run", "secure.toml", "--json", "out.json")
        everything = output + errors
        if (self.folder / "out.json").exists():
            everything += (self.folder / "out.json").read_text("utf-8")
        self.assertNotIn(SECRET, everything)
        return code, errors

    def gets_in(self, table):
        code, errors = self.run_with(table)
        self.assertEqual(errors, "")
        self.assertIn(code, (0, 4, 6))
        counts = strict_json(self.folder / "out.json")["scenarios"][0]["repetitions"][0]["counts"]
        self.assertGreater(counts["received"], 0)
        self.assertEqual(counts["lost"], 0)

    def is_refused(self, table, *words):
        code, errors = self.run_with(table)
        self.assertEqual(code, 2, errors)
        self.assertEqual(errors.count("\n"), 1, errors)
        for word in words:
            self.assertIn(word, errors)

    def tls(self, certificate):
        return self.serve(f'tls {{ cert_file: "{self.folder}/{certificate}.pem", '
                          f'key_file: "{self.folder}/{certificate}.key" }}\n')

    def test_tls_with_the_right_authority_carries_messages(self):
        make_certificate("good", "DNS:localhost,IP:127.0.0.1", 2, self.folder)
        port = self.tls("good")
        self.gets_in(f'url = "tls://127.0.0.1:{port}"\ntls_ca = "ca.pem"\n')
        self.is_refused(f'url = "nats://127.0.0.1:{port}"\n', "wants TLS", "tls_ca")
        make_authority("other", self.folder)
        self.is_refused(f'url = "tls://127.0.0.1:{port}"\ntls_ca = "other.pem"\n',
                        "is not trusted: its certificate was signed by nobody")
        self.is_refused(f'url = "tls://127.0.0.1:{port}"\ntls_ca = "none.pem"\n',
                        'tls_ca: cannot read "none.pem": No such file')

    def test_a_certificate_for_another_host_is_refused(self):
        make_certificate("named", "DNS:elsewhere.example", 2, self.folder)
        port = self.tls("named")
        url = f'url = "tls://127.0.0.1:{port}"\ntls_ca = "ca.pem"\n'
        self.is_refused(url, "its certificate is not for 127.0.0.1; write", "tls_host")
        self.gets_in(url + 'tls_host = "elsewhere.example"\n')

    def test_an_expired_certificate_is_refused(self):
        make_certificate("old", "DNS:localhost,IP:127.0.0.1", -1, self.folder)
        port = self.tls("old")
        self.is_refused(f'url = "tls://127.0.0.1:{port}"\ntls_ca = "ca.pem"\n',
                        "its certificate has expired")

    def test_a_server_without_tls_is_not_taken_for_one_with_it(self):
        self.is_refused(f'url = "tls://127.0.0.1:{self.serve("")}"\n', "does not speak TLS")

    def test_user_and_password_are_right_or_refused(self):
        port = self.serve(f'authorization {{ user: me, password: "{SECRET}" }}\n')
        url = f'url = "nats://127.0.0.1:{port}"\n'
        self.gets_in(url + f'user = "me"\npassword = "{SECRET}"\n')
        self.is_refused(url + 'user = "me"\npassword = "wrong-one"\n', "refuses the user, password")
        self.is_refused(url, "refuses the user, password")

    def test_a_token_is_right_or_refused(self):
        port = self.serve(f'authorization {{ token: "{SECRET}" }}\n')
        self.gets_in(f'url = "nats://{SECRET}@127.0.0.1:{port}"\n')
        self.is_refused(f'url = "nats://127.0.0.1:{port}"\ntoken = "wrong-one"\n', "refuses the")

    def test_an_nkey_is_right_or_refused(self):
        public, seed = make_nkey(self.folder)
        port = self.serve(f'authorization {{ users: [ {{ nkey: "{public}" }} ] }}\n')
        url = f'url = "nats://127.0.0.1:{port}"\n'
        # Several times: libnats signs wrongly for one nonce in ten, for some keys for every second.
        for _ in range(6):
            self.gets_in(url + f'nkey = "{public}"\nnkey_seed = "{seed}"\n')
        other, seed = make_nkey(self.folder)
        self.is_refused(url + f'nkey = "{other}"\nnkey_seed = "{seed}"\n', "refuses the")


if __name__ == "__main__":
    cli_test.PROGRAM = os.path.abspath(sys.argv[1])
    unittest.main(argv=sys.argv[:1], verbosity=2)
