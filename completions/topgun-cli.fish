# SPDX-License-Identifier: Apache-2.0
# Completion of topgun-cli for fish. Written by the target update-docs from the programs' options.

function __topgun_cli_at
    # True when the words so far are: topgun-cli $argv, then options and arguments only. Of a command
    # with words of its own, $argv[1] alone means that none of them was given yet.
    set -l words (commandline -opc)
    set -e words[1]
    test (count $words) -ge 1; and test "$words[1]" = "$argv[1]"; or return 1
    test (count $argv) -eq 1; and return 0
    contains -- $argv[2] $words[2..-1]
end

function __topgun_cli_no_word
    # True when command $argv[1] was given, and none of the words that follow in $argv yet.
    __topgun_cli_at $argv[1]; or return 1
    set -l words (commandline -opc)
    for word in $argv[2..-1]
        contains -- $word $words[3..-1]; and return 1
    end
    return 0
end

complete -c topgun-cli -f
complete -c topgun-cli -n '__fish_is_nth_token 1' -s h -l help -d 'Show this help and exit'
complete -c topgun-cli -n '__fish_is_nth_token 1' -l version -d 'Show the version and exit'
complete -c topgun-cli -n '__fish_is_nth_token 1' -a '(topgun-cli commands 2>/dev/null)'
complete -c topgun-cli -n '__fish_is_nth_token 1' -a 'hlc' -d 'Read, compare and convert hybrid logical timestamps'
complete -c topgun-cli -n '__fish_is_nth_token 1' -a 'help' -d 'Show how to use a command'
complete -c topgun-cli -n '__fish_is_nth_token 1' -a 'commands' -d 'List the names of all commands, one a line'
complete -c topgun-cli -n '__fish_is_nth_token 1' -a 'completion' -d 'Print the completion script of a shell'

complete -c topgun-cli -n '__topgun_cli_at help' -a 'hlc' -d 'The command'


complete -c topgun-cli -n '__topgun_cli_at completion' -a 'bash zsh fish' -d 'The shell'

complete -c topgun-cli -n '__topgun_cli_at hlc' -l json -d 'Print one JSON object instead of text'
complete -c topgun-cli -n '__topgun_cli_at hlc' -s h -l help -d 'Show this help and exit'
complete -c topgun-cli -n '__topgun_cli_at hlc' -l version -d 'Show the version and exit'
complete -c topgun-cli -n '__topgun_cli_at hlc' -s q -l quiet -d 'Only data, warnings and errors'
complete -c topgun-cli -n '__topgun_cli_at hlc' -s v -l verbose -d 'Also say what is being done'
complete -c topgun-cli -n '__topgun_cli_at hlc' -l color -x -a 'auto always never' -d 'Colour the text'
complete -c topgun-cli -n '__topgun_cli_no_word hlc parse compare to from now' -a 'parse' -d 'Show the fields of timestamps and when they were'
complete -c topgun-cli -n '__topgun_cli_no_word hlc parse compare to from now' -a 'compare' -d 'Say which of two timestamps wins a merge, and why'
complete -c topgun-cli -n '__topgun_cli_at hlc compare' -l check -x -a 'less equal greater' -d 'Exit with 1 unless LEFT is this, seen from RIGHT'
complete -c topgun-cli -n '__topgun_cli_no_word hlc parse compare to from now' -a 'to' -d 'Convert timestamps to times'
complete -c topgun-cli -n '__topgun_cli_at hlc to' -l local -d 'Print local time with its offset instead of UTC'
complete -c topgun-cli -n '__topgun_cli_no_word hlc parse compare to from now' -a 'from' -d 'Convert times to timestamps'
complete -c topgun-cli -n '__topgun_cli_at hlc from' -l local -d 'Take times without an offset as local time'
complete -c topgun-cli -n '__topgun_cli_at hlc from' -l counter -x -d 'Counter of the timestamps'
complete -c topgun-cli -n '__topgun_cli_at hlc from' -l node -x -d 'Node id of the timestamp (topgun-cli)'
complete -c topgun-cli -n '__topgun_cli_no_word hlc parse compare to from now' -a 'now' -d 'Make a timestamp from the system clock'
complete -c topgun-cli -n '__topgun_cli_at hlc now' -l node -x -d 'Node id of the timestamp (topgun-cli)'
