#!/bin/sh
# Builds the guests that the tests use: the small Rafts of sdk, and the same with one bug each: bugs/NAME.patch
# makes bug_NAME.wasm of one of them.
# Needs clang and wasm-ld (Debian: clang-19 lld-19), wasm-opt (binaryen) for the one with threads, and cargo with the
# target wasm32-unknown-unknown and protoc for those in Rust; the built modules are in the repository. With names of
# bugs and of folders of sdk, only those.
set -eu
cd "$(dirname "$0")"
only=$*
cc=${CC:-clang-19}
root=../..
# What is built lies here: the SDK with a bug, and what the builds in Rust share.
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
wanted() {
    case " $only " in
    "  " | *" $1 "*) return 0 ;;
    *) return 1 ;;
    esac
}
c() {
    "$cc" --target=wasm32 -O2 -nostdlib -ffreestanding -mbulk-memory "$1" -I"$root/sdk/c" -o "$2" \
        -Wall -Wno-unused-parameter -Werror \
        -Wl,--no-entry -Wl,--strip-all -Wl,-z,stack-size=16384
}
rust() {
    at="$work/$1"
    mkdir "$at"
    cp -r "$root/sdk/$1/src" "$at"
    cp "$root/sdk/rust/src/raftlab.rs" "$at/src"
    cp "$root/sdk/$1/manifest.toml" "$at/Cargo.toml"
    if [ -n "${3:-}" ]; then patch -s "$at/src/lib.rs" "$3"; fi
    # No path of this machine in what panics say.
    RUSTFLAGS="-Clink-arg=-zstack-size=65536 --remap-path-prefix=$at/=/ --remap-path-prefix=$HOME/.cargo/registry/src/=/ --remap-path-prefix=/usr/lib/rustlib/src/=/" \
        CARGO_TARGET_DIR="$work/target" ${CARGO:-cargo} build --release --target wasm32-unknown-unknown \
        ${CARGO_MORE:-} --manifest-path "$at/Cargo.toml"
    cp "$work/target/wasm32-unknown-unknown/release/my_raft.wasm" "$2"
    rm -r "$at"
}
if wanted c; then
    for part in raft echo service; do
        c "$root/sdk/c/$part.c" "${part}_c.wasm"
    done
    for part in rogue_*.c; do
        c "$part" "${part%.c}.wasm"
    done
fi
if wanted threads; then
    cp -r "$root/sdk/threads/." "$root/sdk/c/raftlab.h" "$root/sdk/build.sh" "$work"
    CC="$cc" sh "$work/build.sh"
    wasm-opt --strip-debug --enable-bulk-memory --enable-sign-ext --enable-mutable-globals "$work/raft.wasm" \
        -o raft_threads.wasm
fi
if wanted rust; then rust rust raft_rust.wasm; fi
if wanted raft-rs; then rust raft-rs raft_rs.wasm; fi
for bug in bugs/*.patch; do
    name=$(basename "$bug" .patch)
    wanted "$name" || continue
    case $name in
    *_rust) rust rust "bug_$name.wasm" "$bug" ;;
    *)
        file=$(sed -n 's|^--- sdk/c/||p' "$bug")
        cp "$root"/sdk/c/*.c "$root"/sdk/c/*.h "$work"
        patch -s "$work/$file" "$bug"
        c "$work/$file" "bug_$name.wasm"
        ;;
    esac
done
