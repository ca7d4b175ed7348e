#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs what is missing, builds everything, runs all tests. The last line is "N passed, N failed".
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source apps/packages.sh

usage() {
    cat <<'END'
Usage: tests/run.sh [OPTION]...

Build the project with its tests and run them. Works from any folder, any number of times.

  --sanitize LIST   build with sanitizers: address,undefined or thread (in a folder of its own)
  --filter REGEX    only tests whose name matches, such as '^cli' or 'unit.wire'
  --help            show this help
END
}

# Says how it ended in a form that a script can read, also when nothing could be run.
finish() {
    printf '%d passed, %d failed\n' "$1" "$2"
    exit $(($2 > 0 ? 1 : 0))
}

sanitize='' filter=''
while (($# > 0)); do
    [[ $1 != --*=* ]] || set -- "${1%%=*}" "${1#*=}" "${@:2}"
    case $1 in
    --sanitize) sanitize=${2:?--sanitize needs a list} && shift 2 ;;
    --filter) filter=${2:?--filter needs a regular expression} && shift 2 ;;
    --help | -h) usage && exit 0 ;;
    *) echo "tests/run.sh: unknown option '$1'" >&2 && usage >&2 && exit 2 ;;
    esac
done
case $sanitize in
'' | address | undefined | address,undefined | thread) ;;
*) echo "tests/run.sh: --sanitize takes address,undefined or thread" >&2 && exit 2 ;;
esac

folder=build type=Release
[[ -z $sanitize ]] || folder=build-${sanitize//,/-} type=RelWithDebInfo
{
    need_packages "${program_packages[@]}" catch2 libbenchmark-dev libmsgpack-cxx-dev postgresql-15 &&
        configure "$folder" -DCMAKE_BUILD_TYPE="$type" -DTOPGUN_SANITIZE="$sanitize" \
            -DTOPGUN_BUILD_TESTS=ON -DTOPGUN_BUILD_BENCH=ON &&
        build "$folder" all
} || finish 0 1
# Large, and not to be had everywhere: without it one test is skipped, which is said below.
need_packages chromium || echo "No Chromium: the test of the status page will be skipped." >&2

report=$folder/tests.log
ctest --test-dir "$folder" --output-on-failure --no-tests=error -j2 ${filter:+-R "$filter"} |
    tee "$report" || true
summary=$(grep -E '^[0-9]+% tests passed, [0-9]+ tests? failed out of [0-9]+$' "$report" || true)
[[ $summary =~ ([0-9]+)\ tests?\ failed\ out\ of\ ([0-9]+)$ ]] || finish 0 1
failed=${BASH_REMATCH[1]} run=${BASH_REMATCH[2]}
# ctest counts a skipped test among those that passed.
skipped=$(grep -cE '^ *[0-9]+/[0-9]+ Test .*\*\*\*Skipped' "$report" || true)
((skipped == 0)) || printf '%d skipped\n' "$skipped"
finish $((run - failed - skipped)) "$failed"
