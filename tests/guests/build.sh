#!/bin/sh
# Builds the guests that the tests use: the small Raft of sdk/c and sdk/rust, and the same with one bug each.
# Needs clang and wasm-ld (Debian: clang-19 lld-19), wasm-opt (binaryen) for the one with threads, and cargo with the
# target wasm32-unknown-unknown and protoc for those in Rust; the built modules are in the repository.
set -eu
cd "$(dirname "$0")"
cc=${CC:-clang-19}
build() {
    "$cc" --target=wasm32 -O2 -nostdlib -ffreestanding -mbulk-memory "$1" -I../../sdk/c -o "$2" ${3:+-D$3} \
        -Wall -Wno-unused-parameter -Werror \
        -Wl,--no-entry -Wl,--strip-all -Wl,-z,stack-size=16384
}
build ../../sdk/c/raft.c raft_c.wasm
build ../../sdk/c/echo.c echo_c.wasm
build ../../sdk/c/service.c service_c.wasm
for bug in LOCAL_GET REPLIES_EARLY; do
    build ../../sdk/c/service.c "bug_$(echo $bug | tr A-Z a-z).wasm" "BUG_$bug"
done
threads=$(mktemp -d)
cp -r ../../sdk/threads/. ../../sdk/c/raftlab.h ../../sdk/build.sh "$threads"
CC="$cc" sh "$threads/build.sh"
wasm-opt --strip-debug --enable-bulk-memory --enable-sign-ext --enable-mutable-globals "$threads/raft.wasm" -o raft_threads.wasm
rm -r "$threads"
for bug in VOTES_FOR_OLD_LOGS FORGETS_VOTE COMMITS_OLD_TERMS KEEPS_CONFLICTS IGNORES_PREVIOUS_TERM COMMITS_UNMATCHED \
    RESETS_ON_ANY_RPC CANDIDATE_KEEPS_STANDING REFUSES_REPEATED_VOTE; do
    build ../../sdk/c/raft.c "bug_$(echo $bug | tr A-Z a-z).wasm" "BUG_$bug"
done
for part in rogue_*.c; do
    build "$part" "${part%.c}.wasm"
done
rust() {
    at=$(mktemp -d)
    cp -r "../../sdk/$1/src" "$at"
    cp ../../sdk/rust/src/raftlab.rs "$at/src"
    cp "../../sdk/$1/manifest.toml" "$at/Cargo.toml"
    # No path of this machine in what panics say.
    RUSTFLAGS="-Clink-arg=-zstack-size=65536 --remap-path-prefix=$at/=/ --remap-path-prefix=$HOME/.cargo/registry/src/=/" \
        cargo build --release --target wasm32-unknown-unknown --manifest-path "$at/Cargo.toml"
    cp "$at/target/wasm32-unknown-unknown/release/my_raft.wasm" "$2"
    rm -r "$at"
}
rust rust raft_rust.wasm
rust raft-rs raft_rs.wasm
