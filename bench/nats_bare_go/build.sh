#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# usage: build.sh OUTPUT: builds main.go with Debian's copy of the official Go client
# (golang-github-nats-io-go-nats-dev). Called by `./dev bench nats`, which installs what it needs.
set -eu
cd "$(dirname "$0")"
cache=$(mktemp -d)
trap 'rm -rf "$cache"' EXIT INT TERM
GO111MODULE=off GOFLAGS= GOPATH=/usr/share/gocode GOCACHE="$cache" go build -o "$1" .
