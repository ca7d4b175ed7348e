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

cp "$testdata"/demo/{nodeA.tgs,nodeB.tgs,phone.msgpack} .

say "A phone was offline for three weeks. What does the last snapshot hold?"
show 0 topgun-cli inspect nodeA.tgs
say "What would the phone's queue change, and which conflicts does it meet?"
show 0 topgun-cli merge nodeA.tgs phone.msgpack --dry-run --report -
say "Merge it"
show 0 topgun-cli merge nodeA.tgs phone.msgpack -o merged.tgs
say "Who won for one user, who lost, and which field decided?"
show 0 topgun-cli why nodeA.tgs phone.msgpack user-17
say "What does node B lack?"
show 1 topgun-cli diff merged.tgs nodeB.tgs -o missing.tgl
say "Give it exactly that"
show 0 topgun-cli replay missing.tgl --into nodeB.tgs
say "Both are equal now, by Merkle root"
show 0 topgun-cli diff merged.tgs nodeB.tgs
say "The same question to all of it in SQL: which plans, and who wrote them last?"
show 0 topgun-cli sql merged.tgs -c 'SELECT plan, count(*), max(_ts) FROM users GROUP BY 1 ORDER BY 2 DESC'
say "A report with a join, a window and a rollup on a million records, and how it runs"
topgun-cli generate --records 1M --value-bytes 80 --seed 1 --quiet -o big.tgs
show 0 topgun-cli sql big.tgs -f "$testdata/demo/report.sql"
show 0 topgun-cli sql big.tgs -f "$testdata/demo/report.sql" --explain plan
say "Wire vectors made by other encoders"
show 0 topgun-cli vectors verify "$testdata/wire" --quiet >vectors.tap
tail -n 3 vectors.tap
