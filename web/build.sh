#!/usr/bin/env bash
# Builds the page: the lab in one file, web/dist/raftlab.html, for a browser, with or without a server; and
# beside it raftlab-guests.bin, the lab that hosts Rafts of others, which the page loads when one is opened.
# Says what is missing, and how to get it; then it ends with status 2. `web/build.sh --quick` is for tests:
# built in less time, slower and larger, as target/web/quick/raftlab.html, with the module of tests/wasm.rs
# beside it. `web/build.sh FILE.wasm OUT.html`
# only packs a module that has been built.
set -euo pipefail
web=$(cd "$(dirname "$0")" && pwd)
target=wasm32-unknown-unknown

missing() {
    echo "web/build.sh: $1" >&2
    exit 2
}
for tool in gzip openssl; do
    command -v $tool >/dev/null || missing "$tool is missing: it comes with nearly every system, as the package $tool"
done

# The page travels, so it is packed as small as it gets; tests need no more than a packed one.
pack() {
    if [[ $profile == web ]] && command -v zopfli >/dev/null; then zopfli --i3 -c "$1"; else gzip -9nc "$1"; fi
}

profile=web packages=(--package raftlab-web)
if [[ ${1:-} == --quick ]]; then
    # Both hold the same lab, which takes the time; so it is the one with guests that all tests ask.
    profile=page packages+=(--package raftlab-wasm --features raftlab-web/guests)
    set -- "" "$web/../target/web/quick/raftlab.html"
fi
module=${1:-}
out=${2:-$web/dist/raftlab.html}
if [[ -z $module ]]; then
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
    made=$web/../target/web/$target/$profile
    build() {
        "$cargo" build --locked --manifest-path "$web/Cargo.toml" --profile $profile --target $target \
            --target-dir "$web/../target/web" "${packages[@]}" "${extra[@]}" "$@"
    }
    mkdir -p "$(dirname "$out")"
    guests=$(dirname "$out")/raftlab-guests.bin
    module=$made/raftlab_web.wasm
    if [[ $profile == page ]]; then
        build
        cp "$made/raftlab_wasm.wasm" "$(dirname "$out")"
        pack "$module" >"$guests"
    else
        packed=$(mktemp -d)
        trap 'rm -rf "$packed"' EXIT
        shrink() {
            if command -v wasm-opt >/dev/null; then
                wasm-opt -O2 --enable-bulk-memory --enable-sign-ext --enable-mutable-globals \
                    --enable-nontrapping-float-to-int --enable-reference-types "$module" -o "$1"
            else
                cp "$module" "$1"
            fi
        }
        for tool in wasm-opt zopfli; do
            command -v $tool >/dev/null ||
                echo "web/build.sh: without $tool (packages binaryen, zopfli) the page is larger than it need be" >&2
        done
        build --features raftlab-web/guests
        shrink "$packed/guests.wasm"
        pack "$packed/guests.wasm" >"$guests"
        build
        shrink "$packed/page.wasm"
        module=$packed/page.wasm
    fi
    echo "$guests: $(wc -c <"$guests") bytes"
fi

script=$(cat "$web"/page/{lab,screen,keep,hands,menu,worker,hunt,follow,main}.js)
style=$(cat "$web/page/style.css")
digest() { printf '%s' "$1" | openssl dgst -sha256 -binary | openssl base64 -A; }
mkdir -p "$(dirname "$out")"
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
<title>raftlab</title>
HEAD
    printf '<style>%s</style>\n</head>\n<body>\n' "$style"
    cat "$web/page/body.html"
    printf '<!--scene-->\n<script type="application/octet-stream" id="module">'
    pack "$module" | openssl base64 -A
    printf '</script>\n<script type="module">%s</script>\n</body>\n</html>\n' "$script"
} >"$out.part"
mv "$out.part" "$out"
bytes=$(wc -c <"$out")
echo "$out: $bytes bytes, $(gzip -9nc "$out" | wc -c) compressed"
