#!/usr/bin/env bash
# Print the licences of all packages that are in the program built for a target, each with its texts.
#
#   deploy/licences.sh [TARGET]
#
# A package that ships no text is named with its licence and where it comes from, and a text that
# several ship is printed once. Needs jq.
set -euo pipefail
cd "$(dirname "$0")/.."
target=${1:-$(rustc -vV | sed -n 's/^host: //p')}

# A file for each text that has been printed, with who shipped it.
printed=$(mktemp -d)
trap 'rm -rf "$printed"' EXIT

# What is linked into the program and its page: normal dependencies, without what only runs while it is built.
wanted=$(cargo tree --locked --package raftlab --package raftlab-unpack --target "$target" --edges normal,no-proc-macro \
    --prefix none --format '{p}' | sed 's/ (.*//' | sort -u)
cargo metadata --locked --format-version 1 --filter-platform "$target" | tr -d '\r' |
    jq -r '.packages[] | [.name + " v" + .version, .license // "a licence of its own",
                          .repository // .homepage // "", .manifest_path] | @tsv' |
    sort | while IFS=$'\t' read -r package licence home manifest; do
    [[ $package != raftlab[\ -]* ]] && grep -qxF "$package" <<<"$wanted" || continue
    printf '%s\n%s\n%s\n%s\n\n' "$(printf '=%.0s' {1..100})" "$package" "$licence" "$home"
    while read -r text; do
        printf -- '--- %s' "$(basename "$text")"
        sum=$(tr -d ' \t\r\n' <"$text" | cksum | tr ' ' -)
        if [[ -e $printed/$sum ]]; then
            printf ': as for %s\n\n' "$(cat "$printed/$sum")"
            continue
        fi
        echo "$package" >"$printed/$sum"
        printf '\n\n'
        cat "$text"
        printf '\n'
    done < <(find "$(dirname "$manifest")" -maxdepth 1 -type f \
        \( -iname 'licen[cs]e*' -o -iname 'copying*' -o -iname 'unlicense*' -o -iname 'notice*' \) | sort)
done
