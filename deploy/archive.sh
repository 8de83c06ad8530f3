#!/usr/bin/env bash
# Build raftlab for a target and put it into an archive, with its manual page, completions, and the
# licences of everything in it:
#
#   deploy/archive.sh [TARGET]        target/archive/raftlab-VERSION-TARGET.tar.gz, or .zip for Windows
#
# PROFILE=release is built sooner than the profile `dist`. Needs jq. The page for a browser is in the
# program if web/build.sh has been run before.
set -euo pipefail
cd "$(dirname "$0")/.."
host=$(rustc -vV | sed -n 's/^host: //p')
target=${1:-$host}
profile=${PROFILE:-dist}
version=$(cargo metadata --locked --no-deps --format-version 1 |
    jq -r '.packages[] | select(.name == "raftlab").version')
name=raftlab-$version-$target
folder=target/archive/$name
program=raftlab
case $target in *windows*) program=raftlab.exe ;; esac

features=()
if [[ -e web/dist/raftlab.html ]]; then
    features=(--features web)
else
    echo "without the page for a browser: web/build.sh makes it" >&2
fi
cargo build --locked --profile "$profile" --target "$target" ${features[@]+"${features[@]}"}
rm -rf "$folder"
mkdir -p "$folder"
cp "target/$target/$profile/$program" README.md CHANGELOG.md LICENSE-APACHE LICENSE-MIT "$folder"
deploy/licences.sh "$target" >"$folder/LICENCES-OF-OTHERS.txt"

# What runs here can write its own manual page and completions; of another system they are left out.
if "$folder/$program" --version >/dev/null 2>&1; then
    "$folder/$program" man >"$folder/raftlab.1"
    for shell in bash zsh fish elvish powershell; do
        "$folder/$program" completions "$shell" >"$folder/raftlab.$shell"
    done
fi

cd target/archive
case $target in
*windows*)
    rm -f "$name.zip"
    if command -v zip >/dev/null; then zip -qr "$name.zip" "$name"; else 7z a -bso0 "$name.zip" "$name"; fi
    ;;
*) tar -czf "$name.tar.gz" "$name" ;;
esac
rm -rf "$name"
ls -l "$name".*
