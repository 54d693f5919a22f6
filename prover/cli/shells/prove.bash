# Completion of prove for bash, as `prove completion bash` prints it.
# What a line of the protocols on the command line begins with; of configs each value.
_prove_names() {
    local word
    for word in "${COMP_WORDS[@]}"; do
        [[ $word == *.khp && -r $word ]] && awk -v kind="$1" '
        index($0, kind " ") == 1 && match($2, /^[A-Za-z_][A-Za-z0-9_]*/) {
            name = substr($2, 1, RLENGTH)
            if (kind != "config") { print name; next }
            sub(/;.*/, ""); gsub(/[=|]/, " ")
            for (i = 3; i <= NF; i++) if ($i ~ /^[A-Za-z0-9_]+$/) print name "=" $i
        }' < "$word" 2>/dev/null
    done
}
_prove_files() {
    local suffix
    for suffix in "$@"; do
        mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -f -X "!*.$suffix" -- "$cur")
    done
    mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -d -- "$cur")
}
_prove() {
    local IFS=$' \t\n' command=run cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}
    COMPREPLY=()
    if (( COMP_CWORD > 1 )); then
        case ${COMP_WORDS[1]} in @COMMANDS@) command=${COMP_WORDS[1]};; esac
    fi
    case $command/$prev in
@VALUES@
    esac
    local IFS=$'\n'
    if [[ $cur == -* ]]; then
        case $command in
@OPTIONS@
        esac
        return
    fi
    (( COMP_CWORD == 1 )) && COMPREPLY=($(compgen -W $'@ROWS@' -- "$cur"))
    case $command in
@FILES@
    esac
}
complete -o filenames -F _prove prove
