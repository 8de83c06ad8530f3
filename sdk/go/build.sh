#!/bin/sh
# Builds raft.wasm. Needs Go 1.24 or newer.
set -eu
cd "$(dirname "$0")"
GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared -trimpath -ldflags="-s -w" -o raft.wasm .
echo "raft.wasm: raftlab --raft raft.wasm"
