# Completion of prove for fish, as `prove completion fish` prints it.
function __prove_command
    set -l words (commandline -opc)
    if set -q words[2]; and contains -- $words[2] @COMMANDS@
        echo $words[2]
    else
        echo run
    end
end
function __prove_is
    test (__prove_command) = $argv[1]
end
function __prove_names
    for word in (commandline -opc)
        if string match -q -- '*.khp' $word; and test -r $word
            awk -v kind=$argv[1] '
        index($0, kind " ") == 1 && match($2, /^[A-Za-z_][A-Za-z0-9_]*/) {
            name = substr($2, 1, RLENGTH)
            if (kind != "config") { print name; next }
            sub(/;.*/, ""); gsub(/[=|]/, " ")
            for (i = 3; i <= NF; i++) if ($i ~ /^[A-Za-z0-9_]+$/) print name "=" $i
        }' < $word 2>/dev/null
        end
    end
end
complete -c prove -f
