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
        values='help commands completion hlc'
        values+=" $(topgun-cli commands 2>/dev/null)"
        [[ $current == -* ]] && values=$options
        mapfile -t COMPREPLY < <(compgen -W "$values" -- "$current")
        return
    fi
    local argument='' argument_values=''
    case $command in
    hlc) subcommands='parse compare to from now' ;;
    esac
    for ((i = 2; i < COMP_CWORD; ++i)); do
        if [[ -n $subcommands && " $subcommands " == *" ${COMP_WORDS[i]} "* ]]; then
            word=${COMP_WORDS[i]}
            break
        fi
    done
    case "$command $word" in
    'help ')
        argument=choice argument_values='hlc'
        ;;
    'commands ')
        ;;
    'completion ')
        argument=choice argument_values='bash zsh fish'
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
