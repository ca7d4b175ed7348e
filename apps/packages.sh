# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034
# Sourced by apps/try.sh and tests/run.sh: installs Debian packages, and builds, with little noise.

# need_packages NAME...: installs those that are missing; asks nothing.
need_packages() {
    local missing=() package log sudo=()
    if ! command -v dpkg-query >/dev/null; then
        echo "This is no Debian system; please install what these packages hold: $*" >&2
        return 0
    fi
    for package in "$@"; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q '^install ok installed$' ||
            missing+=("$package")
    done
    ((${#missing[@]} == 0)) && return 0
    if ((EUID != 0)); then
        if ! command -v sudo >/dev/null; then
            echo "Please install as root: apt-get install ${missing[*]}" >&2
            return 1
        fi
        sudo=(sudo)
    fi
    echo "Installing: ${missing[*]}" >&2
    quietly "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q \
        -o Acquire::Retries=3 update || return
    quietly "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Acquire::Retries=3 \
        install --no-install-recommends "${missing[@]}"
}

# quietly COMMAND...: shows what the command prints only when it fails.
quietly() {
    local log status=0
    log=$(mktemp)
    "$@" >"$log" 2>&1 </dev/null || status=$?
    ((status == 0)) || { echo "failed: $*" >&2 && cat "$log" >&2; }
    rm -f "$log"
    return "$status"
}

# configure FOLDER OPTION...: a build folder that exists keeps its generator.
configure() {
    local folder=$1 generator=()
    shift
    [[ -e $folder/CMakeCache.txt ]] || generator=(-G Ninja)
    quietly cmake -S . -B "$folder" "${generator[@]}" "$@"
}

# build FOLDER TARGET: with ninja's progress line on a terminal, silent otherwise.
build() {
    echo "Building $2 in $1/" >&2
    if [[ -t 2 ]]; then
        cmake --build "$1" --target "$2" --parallel "$(nproc)" >&2
    else
        quietly cmake --build "$1" --target "$2" --parallel "$(nproc)"
    fi
}

# What the programs need. Test packages are the business of tests/run.sh.
program_packages=(g++ cmake ninja-build pkg-config libcli11-dev nlohmann-json3-dev libxxhash-dev
    libzstd-dev libfmt-dev libboost-dev libssl-dev libedit-dev libpg-query-dev libre2-dev
    libstemmer-dev libhnswlib-dev libpq-dev libsqlite3-dev)
