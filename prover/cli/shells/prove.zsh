#compdef prove
# Completion of prove for zsh, as `prove completion zsh` prints it.
_prove_names() {
    local word
    local -a found
    for word in ${(Q)words}; do
        [[ $word == *.khp && -r $word ]] && found+=(${(f)"$(awk -v kind=$1 '
        index($0, kind " ") == 1 && match($2, /^[A-Za-z_][A-Za-z0-9_]*/) {
            name = substr($2, 1, RLENGTH)
            if (kind != "config") { print name; next }
            sub(/;.*/, ""); gsub(/[=|]/, " ")
            for (i = 3; i <= NF; i++) if ($i ~ /^[A-Za-z0-9_]+$/) print name "=" $i
        }' < $word 2>/dev/null)"})
    done
    compadd -a found
}
_prove() {
    local command=run
    local -a options commands
    if (( CURRENT > 2 )); then
        case $words[2] in @COMMANDS@) command=$words[2];; esac
    fi
    case $command/$words[CURRENT-1] in
@VALUES@
    esac
    if [[ $PREFIX == -* ]]; then
        case $command in
@OPTIONS@
        esac
        _describe -o option options
        return
    fi
    if (( CURRENT == 2 )); then
        commands=(@ROWS@)
        _describe command commands
    fi
    case $command in
@FILES@
    esac
}
if [[ $funcstack[1] == _prove ]]; then
    _prove "$@"
else
    compdef _prove prove
fi
