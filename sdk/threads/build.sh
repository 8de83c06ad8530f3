#!/bin/sh
# Builds raft.wasm from raft.c with threads.c and library.c, or NAME.wasm from NAME.c: sh build.sh NAME
# Needs clang 15 or newer with its WebAssembly linker, and binaryen for wasm-opt (Debian, Ubuntu: apt install
# clang lld binaryen; Fedora: dnf install clang lld binaryen; macOS: brew install llvm lld binaryen, for Apple's own
# clang has no WebAssembly).
set -eu
cd "$(dirname "$0")"
name=${1:-raft}
cc=${CC:-}
for found in clang clang-20 clang-19 clang-18 clang-17 clang-16 clang-15 /opt/homebrew/opt/llvm/bin/clang /usr/local/opt/llvm/bin/clang; do
    [ -n "$cc" ] && break
    if "$found" --target=wasm32 --version >/dev/null 2>&1; then cc=$found; fi
done
[ -n "$cc" ] || { echo "build.sh: no clang found: install clang and lld, or say CC=..." >&2; exit 1; }
command -v wasm-opt >/dev/null || { echo "build.sh: no wasm-opt found: install binaryen" >&2; exit 1; }
"$cc" --target=wasm32 -O2 -Wall -nostdlib -ffreestanding -mbulk-memory -Iinclude -I. "$name.c" threads.c library.c \
    -o "$name.plain.wasm" -Wl,--no-entry -Wl,-z,stack-size=65536
# Threads that wait leave their stacks in memory, and come back: that is what asyncify is for.
wasm-opt --asyncify --pass-arg=asyncify-ignore-imports -O2 --enable-bulk-memory --enable-sign-ext \
    --enable-mutable-globals "$name.plain.wasm" -o "$name.wasm"
rm "$name.plain.wasm"
echo "$name.wasm: raftlab --raft $name.wasm"
