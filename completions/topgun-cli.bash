# SPDX-License-Identifier: Apache-2.0
# Completion of topgun-cli for bash. Written by the target update-docs from the programs' options.

_topgun_cli() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}
    local command=${COMP_WORDS[1]} word='' options='' values='' kind='' subcommands=''
    local i
    # readline splits --name=value at the equals sign.
    if [[ $current == '=' ]]; then
        current=
    elif [[ $previous == '=' ]]; then
        previous=${COMP_WORDS[COMP_CWORD-2]}
    fi
    COMPREPLY=()
    if ((COMP_CWORD == 1)); then
        options='-h --help --version'
        values='help commands completion anonymize bench convert diff generate hlc inspect log merge pg replay serve sql sync vectors why'
        values+=" $(topgun-cli commands 2>/dev/null)"
        [[ $current == -* ]] && values=$options
        mapfile -t COMPREPLY < <(compgen -W "$values" -- "$current")
        return
    fi
    local argument='' argument_values=''
    case $command in
    bench) subcommands='serve audit' ;;
    hlc) subcommands='parse compare to from now' ;;
    pg) subcommands='export import check repair migrate' ;;
    vectors) subcommands='verify generate show' ;;
    esac
    for ((i = 2; i < COMP_CWORD; ++i)); do
        if [[ -n $subcommands && " $subcommands " == *" ${COMP_WORDS[i]} "* ]]; then
            word=${COMP_WORDS[i]}
            break
        fi
    done
    case "$command $word" in
    'help ')
        argument=choice argument_values='anonymize bench convert diff generate hlc inspect log merge pg replay serve sql sync vectors why'
        ;;
    'commands ')
        ;;
    'completion ')
        argument=choice argument_values='bash zsh fish'
        ;;
    'anonymize ')
        options='--to --with --secret-file --secret --keep-map --keep-map-names --keep-field --keep-field-names --shift-time --format -m --map --salvage --default-map --json -h --help --version -q --quiet -v --verbose --color'
        argument=file
        case $previous in
        --to) kind=choice values='tgs tgl dir msgpack ndjson json csv' ;;
        --with) kind=file ;;
        --secret-file) kind=file ;;
        --secret) kind=text ;;
        --keep-map) kind=text ;;
        --keep-field) kind=text ;;
        --shift-time) kind=text ;;
        --format) kind=choice values='tgs tgl dir msgpack ndjson json csv dump redb wal sqlite' ;;
        -m | --map) kind=text ;;
        --default-map) kind=text ;;
        --color) kind=choice values='auto always never' ;;
        esac
        ;;
    'bench ')
        options='-h --help --version -q --quiet -v --verbose --color'
        argument=choice argument_values='serve audit'
        case $previous in
        --color) kind=choice values='auto always never' ;;
        esac
        ;;
    'bench serve')
        options='--connections --batch --in-flight --rate --duration --ops --warmup --mix --keys --value-bytes --maps --idle --never-read --seed --data --fsync --storage --min-rate --max-p99 --histogram --token --token-file --tls-ca --tls-cert --tls-key --connect-timeout --json -h --help --version -q --quiet -v --verbose --color'
        argument=text
        case $previous in
        --connections) kind=text ;;
        --batch) kind=text ;;
        --in-flight) kind=text ;;
        --rate) kind=text ;;
        --duration) kind=text ;;
        --ops) kind=text ;;
        --warmup) kind=text ;;
        --mix) kind=text ;;
        --keys) kind=text ;;
        --value-bytes) kind=text ;;
        --maps) kind=text ;;
        --idle) kind=text ;;
        --never-read) kind=text ;;
        --seed) kind=text ;;
        --data) kind=file ;;
        --fsync) kind=choice values='batch op never' ;;
        --storage) kind=choice values='memory' ;;
        --min-rate) kind=text ;;
        --max-p99) kind=text ;;
        --token) kind=text ;;
        --token-file) kind=file ;;
        --tls-ca) kind=file ;;
        --tls-cert) kind=file ;;
        --tls-key) kind=file ;;
        --connect-timeout) kind=text ;;
        --color) kind=choice values='auto always never' ;;
        esac
        ;;
    'bench audit')
        options='--kills --kill-within --seed --connections --batch --in-flight --keys --value-bytes --data --fsync --checkpoint-bytes --keep --json -h --help --version -q --quiet -v --verbose --color'
        case $previous in
        --kills) kind=text ;;
        --kill-within) kind=text ;;
        --seed) kind=text ;;
        --connections) kind=text ;;
        --batch) kind=text ;;
        --in-flight) kind=text ;;
        --keys) kind=text ;;
        --value-bytes) kind=text ;;
        --data) kind=file ;;
        --fsync) kind=choice values='batch op never' ;;
        --checkpoint-bytes) kind=text ;;
        --color) kind=choice values='auto always never' ;;
        esac
        ;;
    'convert ')
        options='--format -m --map --salvage --default-map --to --state --until --key-column --stamp --stamp-node --json -h --help --version -q --quiet -v --verbose --color'
        argument=file
        case $previous in
        --format) kind=choice values='tgs tgl dir msgpack ndjson json csv dump redb wal sqlite' ;;
        -m | --map) kind=text ;;
        --default-map) kind=text ;;
        --to) kind=choice values='tgs tgl dir msgpack ndjson json csv' ;;
        --until) kind=text ;;
        --key-column) kind=text ;;
        --stamp) kind=text ;;
        --stamp-node) kind=text ;;
        --color) kind=choice values='auto always never' ;;
        esac
        ;;
    'diff ')
        options='--format -m --map --salvage --default-map --deep -o --output --to --stats --limit --summary --json --ndjson -h --help --version -q --quiet -v --verbose --color'
        argument=file
        case $previous in
        --format) kind=choice values='tgs tgl dir msgpack ndjson json csv dump redb wal sqlite' ;;
        -m | --map) kind=text ;;
        --default-map) kind=text ;;
        -o | --output) kind=file ;;
        --to) kind=choice values='tgs tgl dir msgpack ndjson json csv' ;;
        --limit) kind=text ;;
        --color) kind=choice values='auto always never' ;;
        esac
        ;;
    'generate ')
        options='-o --output --to --json --records --seed -m --map --nodes --values --value-bytes --tombstones --ttl --unicode --or-records --removed-tags --start --span --skewed --skew --conflicts --same-stamp --only-in --variant --ops --client --offline --ahead --tpch -h --help --version -q --quiet -v --verbose --color'
        case $previous in
        -o | --output) kind=file ;;
        --to) kind=choice values='tgs tgl dir msgpack ndjson json csv' ;;
        --records) kind=text ;;
        --seed) kind=text ;;
        -m | --map) kind=text ;;
        --nodes) kind=text ;;
        --values) kind=choice values='profile scalar mixed' ;;
        --value-bytes) kind=text ;;
        --tombstones) kind=text ;;
        --ttl) kind=text ;;
        --unicode) kind=text ;;
        --or-records) kind=text ;;
        --removed-tags) kind=text ;;
        --start) kind=text ;;
        --span) kind=text ;;
        --skewed) kind=text ;;
        --skew) kind=text ;;
        --conflicts) kind=text ;;
        --same-stamp) kind=text ;;
        --only-in) kind=text ;;
        --variant) kind=text ;;
        --ops) kind=text ;;
        --client) kind=text ;;
        --offline) kind=text ;;
        --ahead) kind=text ;;
        --tpch) kind=text ;;
        --color) kind=choice values='auto always never' ;;
        esac
        ;;
    'hlc ')
        options='--json -h --help --version -q --quiet -v --verbose --color'
        argument=choice argument_values='parse compare to from now'
        case $previous in
        --color) kind=choice values='auto always never' ;;
        esac
        ;;
    'hlc parse')
        options='--json -h --help --version -q --quiet -v --verbose --color'
        argument=text
        case $previous in
        --color) kind=choice values='auto always never' ;;
        esac
        ;;
    'hlc compare')
        options='--check --json -h --help --version -q --quiet -v --verbose --color'
        argument=text
        case $previous in
        --check) kind=choice values='less equal greater' ;;
        --color) kind=choice values='auto always never' ;;
        esac
        ;;
    'hlc to')
        options='--local --json -h --help --version -q --quiet -v --verbose --color'
        argument=text
        case $previous in
        --color) kind=choice values='auto always never' ;;
        esac
        ;;
    'hlc from')
        options='--local --counter --node --json -h --help --version -q --quiet -v --verbose --color'
        argument=text
        case $previous in
        --counter) kind=text ;;
        --node) kind=text ;;
        --color) kind=choice values='auto always never' ;;
        esac
        ;;
    'hlc now')
        options='--node --json -h --help --version -q --quiet -v --verbose --color'
        case $previous in
        --node) kind=text ;;
        --color) kind=choice values='auto always never' ;;
        esac
        ;;
    'inspect ')
        options='--format -m --map --salvage --default-map -k --key --nodes --merkle --path --levels --hash --at --verify --max-drift --json -h --help --version -q --quiet -v --verbose --color'
        argument=file
        case $previous in
        --format) kind=choice values='tgs tgl dir msgpack ndjson json csv dump redb wal sqlite' ;;
        -m | --map) kind=text ;;
        --default-map) kind=text ;;
        -k | --key) kind=text ;;
        --path) kind=text ;;
        --levels) kind=text ;;
        --at) kind=text ;;
        --max-drift) kind=text ;;
        --color) kind=choice values='auto always never' ;;
        esac
        ;;
    'log ')
        options='--format -m --map --salvage --default-map --until --node --json --ndjson -h --help --version -q --quiet -v --verbose --color'
        argument=text
        case $previous in
        --format) kind=choice values='tgs tgl dir msgpack ndjson json csv dump redb wal sqlite' ;;
        -m | --map) kind=text ;;
        --default-map) kind=text ;;
        --until) kind=text ;;
        --node) kind=text ;;
        --color) kind=choice values='auto always never' ;;
        esac
        ;;
    'merge ')
        options='-o --output --to -n --dry-run --report --losers --until --format -m --map --salvage --default-map --json -h --help --version -q --quiet -v --verbose --color'
        argument=file
        case $previous in
        -o | --output) kind=file ;;
        --to) kind=choice values='tgs tgl dir msgpack ndjson json csv' ;;
        --report) kind=file ;;
        --losers) kind=file ;;
        --until) kind=text ;;
        --format) kind=choice values='tgs tgl dir msgpack ndjson json csv dump redb wal sqlite' ;;
        -m | --map) kind=text ;;
        --default-map) kind=text ;;
        --color) kind=choice values='auto always never' ;;
        esac
        ;;
    'pg ')
        options='-h --help --version -q --quiet -v --verbose --color'
        argument=choice argument_values='export import check repair migrate'
        case $previous in
        --color) kind=choice values='auto always never' ;;
        esac
        ;;
    'pg export')
        options='-o --output -m --map -j --jobs --memory --resume --salvage --json -h --help --version -q --quiet -v --verbose --color'
        argument=text
        case $previous in
        -o | --output) kind=file ;;
        -m | --map) kind=text ;;
        -j | --jobs) kind=text ;;
        --memory) kind=text ;;
        --color) kind=choice values='auto always never' ;;
        esac
        ;;
    'pg import')
        options='--format -m --map --salvage --default-map --create -j --jobs --overwrite --no-verify --json -h --help --version -q --quiet -v --verbose --color'
        argument=text
        case $previous in
        --format) kind=choice values='tgs tgl dir msgpack ndjson json csv dump redb wal sqlite' ;;
        -m | --map) kind=text ;;
        --default-map) kind=text ;;
        --create) kind=choice values='rust typescript' ;;
        -j | --jobs) kind=text ;;
        --color) kind=choice values='auto always never' ;;
        esac
        ;;
    'pg check')
        options='-m --map --class --severity --against --wal --index-file --samples --all --now --max-drift --tombstone-age --json --ndjson -h --help --version -q --quiet -v --verbose --color'
        argument=text
        case $previous in
        -m | --map) kind=text ;;
        --class) kind=text ;;
        --severity) kind=choice values='notice warning error' ;;
        --against) kind=file ;;
        --wal) kind=file ;;
        --index-file) kind=file ;;
        --samples) kind=text ;;
        --now) kind=text ;;
        --max-drift) kind=text ;;
        --tombstone-age) kind=text ;;
        --color) kind=choice values='auto always never' ;;
        esac
        ;;
    'pg repair')
        options='-m --map --class --fix --expired --apply --list --undo --force --now --max-drift --tombstone-age --json -h --help --version -q --quiet -v --verbose --color'
        argument=text
        case $previous in
        -m | --map) kind=text ;;
        --class) kind=text ;;
        --fix) kind=text ;;
        --expired) kind=choice values='delete clear' ;;
        --undo) kind=text ;;
        --now) kind=text ;;
        --max-drift) kind=text ;;
        --tombstone-age) kind=text ;;
        --color) kind=choice values='auto always never' ;;
        esac
        ;;
    'pg migrate')
        options='--to --into --tombstones --swap --prune --salvage --json -h --help --version -q --quiet -v --verbose --color'
        argument=text
        case $previous in
        --to) kind=choice values='rust typescript ts' ;;
        --into) kind=text ;;
        --tombstones) kind=choice values='beside rows none' ;;
        --color) kind=choice values='auto always never' ;;
        esac
        ;;
    'replay ')
        options='--into --until --rate --restamp --node --report --losers -n --dry-run --format -m --map --salvage --default-map --json -h --help --version -q --quiet -v --verbose --color'
        argument=file
        case $previous in
        --into) kind=file ;;
        --until) kind=text ;;
        --rate) kind=text ;;
        --node) kind=text ;;
        --report) kind=file ;;
        --losers) kind=file ;;
        --format) kind=choice values='tgs tgl dir msgpack ndjson json csv dump redb wal sqlite' ;;
        -m | --map) kind=text ;;
        --default-map) kind=text ;;
        --color) kind=choice values='auto always never' ;;
        esac
        ;;
    'serve ')
        options='--data --storage --fsync --checkpoint-bytes --node-id --listen --port --tls-cert --tls-key --tls-client-ca --compress --cors --threads --drain --peer --peer-token-file --peer-ca --peer-interval --no-auth --jwt-secret-file --jwt-issuer --jwt-audience --admin --max-drift --refuse-drift --restamp --stand-in --max-connections --max-per-address --max-message --max-queue --rate --idle-timeout --handshake-timeout --json-logs -h --help --version -q --quiet -v --verbose --color'
        case $previous in
        --data) kind=file ;;
        --storage) kind=text ;;
        --fsync) kind=choice values='batch op never' ;;
        --checkpoint-bytes) kind=text ;;
        --node-id) kind=text ;;
        --listen) kind=text ;;
        --port) kind=text ;;
        --tls-cert) kind=file ;;
        --tls-key) kind=file ;;
        --tls-client-ca) kind=file ;;
        --cors) kind=text ;;
        --threads) kind=text ;;
        --drain) kind=text ;;
        --peer) kind=text ;;
        --peer-token-file) kind=file ;;
        --peer-ca) kind=file ;;
        --peer-interval) kind=text ;;
        --jwt-secret-file) kind=file ;;
        --jwt-issuer) kind=text ;;
        --jwt-audience) kind=text ;;
        --admin) kind=text ;;
        --max-drift) kind=text ;;
        --max-connections) kind=text ;;
        --max-per-address) kind=text ;;
        --max-message) kind=text ;;
        --max-queue) kind=text ;;
        --rate) kind=text ;;
        --idle-timeout) kind=text ;;
        --handshake-timeout) kind=text ;;
        --color) kind=choice values='auto always never' ;;
        esac
        ;;
    'sql ')
        options='-c --command -f --file --param --param-null --dsl --dsl-map --slt --output --header --no-header --null --table --explain --timer --echo --no-pager --watch --watch-count --expect-empty --expect --write --to --threads --memory --timeout --format -m --map --salvage --default-map -h --help --version -q --quiet -v --verbose --color'
        argument=file
        case $previous in
        -c | --command) kind=text ;;
        -f | --file) kind=file ;;
        --param) kind=text ;;
        --param-null) kind=text ;;
        --dsl) kind=file ;;
        --dsl-map) kind=text ;;
        --slt) kind=file ;;
        --output) kind=choice values='table box expanded csv tsv json ndjson markdown html insert msgpack' ;;
        --null) kind=text ;;
        --table) kind=text ;;
        --explain) kind=choice values='query dsl plan dag dot' ;;
        --watch) kind=text ;;
        --watch-count) kind=text ;;
        --expect) kind=text ;;
        --write) kind=file ;;
        --to) kind=choice values='tgs tgl dir msgpack ndjson json csv' ;;
        --threads) kind=text ;;
        --memory) kind=text ;;
        --timeout) kind=text ;;
        --format) kind=choice values='tgs tgl dir msgpack ndjson json csv dump redb wal sqlite' ;;
        -m | --map) kind=text ;;
        --default-map) kind=text ;;
        --color) kind=choice values='auto always never' ;;
        esac
        ;;
    'sync ')
        options='--pull --push --follow -m --map --estimate --budget --rate --walk --node --token --token-file --tls-ca --tls-cert --tls-key --attempts --connect-timeout --json -h --help --version -q --quiet -v --verbose --color'
        argument=text
        case $previous in
        -m | --map) kind=text ;;
        --budget) kind=text ;;
        --rate) kind=text ;;
        --node) kind=text ;;
        --token) kind=text ;;
        --token-file) kind=file ;;
        --tls-ca) kind=file ;;
        --tls-cert) kind=file ;;
        --tls-key) kind=file ;;
        --attempts) kind=text ;;
        --connect-timeout) kind=text ;;
        --color) kind=choice values='auto always never' ;;
        esac
        ;;
    'vectors ')
        options='--json -h --help --version -q --quiet -v --verbose --color'
        argument=choice argument_values='verify generate show'
        case $previous in
        --color) kind=choice values='auto always never' ;;
        esac
        ;;
    'vectors verify')
        options='--strict --junit --only --json -h --help --version -q --quiet -v --verbose --color'
        argument=file
        case $previous in
        --junit) kind=file ;;
        --only) kind=text ;;
        --color) kind=choice values='auto always never' ;;
        esac
        ;;
    'vectors generate')
        options='--seed --json -h --help --version -q --quiet -v --verbose --color'
        argument=file
        case $previous in
        --seed) kind=text ;;
        --color) kind=choice values='auto always never' ;;
        esac
        ;;
    'vectors show')
        options='--json -h --help --version -q --quiet -v --verbose --color'
        argument=file
        case $previous in
        --color) kind=choice values='auto always never' ;;
        esac
        ;;
    'why ')
        options='--format -m --map --salvage --default-map --until --json -h --help --version -q --quiet -v --verbose --color'
        argument=file
        case $previous in
        --format) kind=choice values='tgs tgl dir msgpack ndjson json csv dump redb wal sqlite' ;;
        -m | --map) kind=text ;;
        --default-map) kind=text ;;
        --until) kind=text ;;
        --color) kind=choice values='auto always never' ;;
        esac
        ;;
    *) argument=file ;;
    esac
    if [[ $kind == '' && $current == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current")
        return
    fi
    [[ $kind == '' ]] && kind=$argument && values=$argument_values
    case $kind in
    file)
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
        ;;
    choice)
        mapfile -t COMPREPLY < <(compgen -W "$values" -- "$current")
        ;;
    esac
}

complete -F _topgun_cli topgun-cli
