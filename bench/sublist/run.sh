#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds bench.go into a copy of Debian's nats-server library (golang-github-nats-io-nats-server-dev)
# and runs it. Called by `./dev bench sublist`, which installs what it needs.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
packaged=/usr/share/gocode/src
mkdir -p "$work/src/github.com/nats-io/nats-server"
cp -r "$packaged/github.com/nats-io/nats-server" "$work/src/github.com/nats-io/nats-server/v2"
cp "$here/bench.go" "$work/src/github.com/nats-io/nats-server/v2/server/busmark_bench.go"
mkdir "$work/src/bench"
cat > "$work/src/bench/main.go" <<'MAIN'
package main

import "github.com/nats-io/nats-server/v2/server"

func main() { server.BusmarkSublist() }
MAIN
cd "$work/src/bench"
GO111MODULE=off GOFLAGS= GOPATH="$work:/usr/share/gocode" GOCACHE="$work/cache" \
  go build -o "$work/sublist" .
"$work/sublist"
