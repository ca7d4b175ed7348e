#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs what is missing, builds the programs, and shows them at work on files of testdata/.
# Works from any folder, any number of times. Changes nothing but build/.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source apps/packages.sh

need_packages "${program_packages[@]}"
# A build folder that was made for tests stays one.
if [[ -e build/CMakeCache.txt ]]; then
    configure build
else
    configure build -DCMAKE_BUILD_TYPE=Release -DTOPGUN_BUILD_TESTS=OFF -DTOPGUN_BUILD_BENCH=OFF
fi
build build programs

export PATH="$PWD/build/bin:$PATH"
testdata=$PWD/testdata
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"

say() { printf '\n# %s\n' "$*"; }

# show STATUS COMMAND...: prints the command line as one would type it, runs it, and insists on its
# exit status.
show() {
    local expected=$1 status=0 word line='$'
    shift
    for word in "$@"; do
        [[ $word =~ ^[A-Za-z0-9_./:=,+-]+$ ]] || word="'$word'"
        line+=" $word"
    done
    printf '%s\n' "${line//"$testdata"/testdata}"
    "$@" 2>&1 || status=$?
    ((status == 0)) || printf '(exit %d)\n' "$status"
    if ((status != expected)); then
        printf 'try.sh: expected exit %d\n' "$expected" >&2
        exit 1
    fi
}

# ---------------------------------------------------------------- the story

say "Two writes to one key: which one wins?"
show 0 topgun-cli hlc compare 1700000000000:3:phone-1 1700000000000:5:tablet
say "When was that?"
show 0 topgun-cli hlc parse 1700000000000:5:tablet
say "A timestamp that is none is refused, with its place"
show 3 topgun-cli hlc parse 1700000000000:x:tablet
