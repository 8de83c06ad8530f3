#!/bin/sh
# Builds raft.wasm from raft.c, or NAME.wasm from NAME.c: sh build.sh NAME
# Needs clang 15 or newer with its WebAssembly linker, and where threads.c is, binaryen for wasm-opt (Debian, Ubuntu:
# apt install clang lld binaryen; Fedora: dnf install clang lld binaryen; macOS: brew install llvm lld binaryen, for
# Apple's own clang has no WebAssembly).
set -eu
cd "$(dirname "$0")"
name=${1:-raft}
cc=${CC:-}
for found in clang clang-22 clang-21 clang-20 clang-19 clang-18 clang-17 clang-16 clang-15 \
    /opt/homebrew/opt/llvm/bin/clang /usr/local/opt/llvm/bin/clang; do
    [ -n "$cc" ] && break
    if "$found" --target=wasm32 --version >/dev/null 2>&1; then cc=$found; fi
done
[ -n "$cc" ] || { echo "build.sh: no clang found: install clang and lld, or say CC=..." >&2; exit 1; }
set -- "$name.c"
if [ -f threads.c ]; then
    command -v wasm-opt >/dev/null || { echo "build.sh: no wasm-opt found: install binaryen" >&2; exit 1; }
    set -- "$@" -Iinclude -I. threads.c library.c
fi
"$cc" --target=wasm32 -O2 -Wall -nostdlib -ffreestanding -mbulk-memory "$@" -o "$name.wasm" \
    -Wl,--no-entry -Wl,-z,stack-size=65536
if [ -f threads.c ]; then
    # Threads that wait leave their stacks in memory, and come back: that is what asyncify is for.
    wasm-opt --asyncify --pass-arg=asyncify-ignore-imports -O2 --enable-bulk-memory --enable-sign-ext \
        --enable-mutable-globals "$name.wasm" -o "$name.wasm"
fi
echo "$name.wasm: raftlab --raft $name.wasm"
