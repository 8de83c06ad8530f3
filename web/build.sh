#!/usr/bin/env bash
# Builds the page: the lab in one file, web/dist/raftlab.html, for a browser, with or without a server; and
# beside it raftlab-guests.bin, the lab that hosts Rafts of others, which the page loads when one is opened.
# Says what is missing, and how to get it; then it ends with status 2. `web/build.sh --quick` is for tests:
# built in less time, slower and larger, as target/web/quick/raftlab.html, with the module of tests/wasm.rs
# beside it.
set -euo pipefail
web=$(cd "$(dirname "$0")" && pwd)
target=wasm32-unknown-unknown

missing() {
    echo "web/build.sh: $1" >&2
    exit 2
}
command -v openssl >/dev/null || missing "openssl is missing: it comes with nearly every system, as the package openssl"
command -v xz >/dev/null || missing "xz is missing: the package xz-utils, or xz (Fedora, Homebrew)"

rustc=${RUSTC:-rustc} cargo=${CARGO:-cargo} extra=()
has_target() { [[ -d $("$1" --print target-libdir --target $target 2>/dev/null) ]]; }
if ! has_target "$rustc"; then
    # Debian's compiler for the web, where the target is built from source along with the lab.
    if [[ -x /usr/bin/rustc && -d /usr/lib/rustlib/src ]] && command -v rust-lld >/dev/null; then
        export RUSTC_BOOTSTRAP=1
        rustc=/usr/bin/rustc cargo=/usr/bin/cargo extra=(-Z build-std=std,panic_abort)
    else
        missing "the target $target is missing. Get it by one of
    rustup target add $target
    apt-get install rustc-web cargo-web rust-web-src lld-22     (Debian)"
    fi
fi
export RUSTC=$rustc

if [[ ${1:-} == --quick ]]; then profile=page folder=$web/../target/web/quick; else profile=web folder=$web/dist; fi
made=$web/../target/web/$target/$profile
mkdir -p "$folder"
packed=$(mktemp -d)
trap 'rm -rf "$packed"' EXIT

build() {
    "$cargo" build --locked --manifest-path "$web/Cargo.toml" --profile $profile --target $target \
        --target-dir "$web/../target/web" "${extra[@]}" "$@"
}
# A module as it travels: what web/unpack unpacks.
pack() { xz --format=lzma --lzma1=preset=9e,dict=8MiB --stdout "$1"; }
shrink() {
    if command -v wasm-opt >/dev/null; then
        wasm-opt -O2 --enable-bulk-memory --enable-sign-ext --enable-mutable-globals \
            --enable-nontrapping-float-to-int --enable-reference-types "$1" -o "$2"
    else
        cp "$1" "$2"
    fi
}

page=$packed/page.wasm unpack=$packed/unpack.wasm guests=$packed/guests.wasm
if [[ $profile == page ]]; then
    # Both hold the same lab, which takes the time; so it is the one with guests that all tests ask.
    build --package raftlab-web --features raftlab-web/guests --package raftlab-unpack --package raftlab-wasm
    cp "$made/raftlab_wasm.wasm" "$folder"
    cp "$made/raftlab_unpack.wasm" "$unpack"
    cp "$made/raftlab_web.wasm" "$page"
    guests=$page
else
    command -v wasm-opt >/dev/null ||
        echo "web/build.sh: without wasm-opt (package binaryen) the page is larger than it need be" >&2
    build --package raftlab-web --package raftlab-unpack
    shrink "$made/raftlab_web.wasm" "$page"
    shrink "$made/raftlab_unpack.wasm" "$unpack"
    build --package raftlab-web --features raftlab-web/guests
    shrink "$made/raftlab_web.wasm" "$guests"
fi
# Which build both are of: a page hosts a Raft by its own engine, or not at all.
stamp=$(cat "$page" "$guests" | openssl dgst -sha256 -r | cut -c 1-16)
{
    printf 'raftlab-guests %s\n' "$stamp"
    pack "$guests"
} >"$folder/raftlab-guests.bin"
echo "$folder/raftlab-guests.bin: $(wc -c <"$folder/raftlab-guests.bin") bytes"

out=$folder/raftlab.html
script=$(cat "$web"/page/{lab,screen,keep,hands,menu,said,worker,hunt,follow,main}.js)
style=$(cat "$web/page/style.css")
digest() { printf '%s' "$1" | openssl dgst -sha256 -binary | openssl base64 -A; }
# Only these very lines of script run, whatever else gets into the page; and it can reach nobody but
# whom it came from.
policy="default-src 'none'; script-src 'sha256-$(digest "$script")' 'wasm-unsafe-eval';"
policy+=" style-src 'sha256-$(digest "$style")'; connect-src 'self'; worker-src blob:; base-uri 'none'; form-action 'none'"
{
    cat <<HEAD
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="$policy">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<meta name="raftlab-build" content="$stamp">
<title>raftlab</title>
HEAD
    printf '<style>%s</style>\n</head>\n<body>\n' "$style"
    cat "$web/page/body.html"
    # Should the end be lost on the way, the script says so.
    printf '<!--scene-->\n<script type="module">%s</script>\n' "$script"
    printf '<script type="application/octet-stream" id="unpack">'
    openssl base64 -A -in "$unpack"
    printf '</script>\n<script type="application/octet-stream" id="module">'
    pack "$page" | openssl base64 -A
    printf '</script>\n</body>\n</html>\n'
} >"$out.part"
mv "$out.part" "$out"
bytes=$(wc -c <"$out")
echo "$out: $bytes bytes, $(gzip -9nc "$out" | wc -c) compressed"
