"""``prove completion``: a script that lets a shell complete commands, options, files and names.

The script has all that it needs: completing starts no Python.  Names of scenarios, variants and
configs are what begins a line of the files on the command line so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Final, Literal

import typer

from prover.cli.surface import Command, Option, surface
from prover.cli.terminal import emit

_NAMES: Final = {"--scenario": "scenario", "--variant": "variant", "--config": "config"}
_MODELS: Final = ("lkmm", "tso", "sc")
_PATHS: Final = frozenset({"DIR", "OUT", "FORMAT=PATH", "certificate=PATH"})
SUFFIXES: Final = {
    "run": ("khp", "litmus"),
    "cache": (),
    "certificate": ("json", "khp"),
    "completion": (),
    "explain": (),
    "man": (),
    "new": ("c",),
    "replay": ("json", "khp"),
}
_USUAL: Final = ("khp",)


def completion(
    shell: Annotated[
        Literal["bash", "zsh", "fish"], typer.Argument(metavar="SHELL", help="Which.")
    ],
) -> None:
    """Print a script that completes prove in bash, zsh or fish.

    bash: source it, or put it into ~/.local/share/bash-completion/completions/prove.
    zsh: put it into a folder of $fpath as _prove.  fish: ~/.config/fish/completions/prove.fish.
    """
    make = {"bash": _bash, "zsh": _zsh, "fish": _fish}[shell]
    emit(make(surface()))


def _script(shell: str) -> str:
    """The script of a shell, with ``@NAMES@`` where the command line comes in."""
    return (Path(__file__).parent / f"shells/prove.{shell}").read_text(encoding="utf-8")


def _values(option: Option) -> tuple[str, ...]:
    """What an option takes, where that can be listed."""
    if option.names[0] == "--model":
        return _MODELS
    return option.choices


def _words(command: Command) -> tuple[str, ...]:
    """What the arguments of a command can be, where that can be listed."""
    if command.name == "explain":
        from dsl.codes import CODES
        from dsl.primitives import PROPERTIES
        from prover.models.cat.codes import CAT_CODES

        return tuple(sorted({*CODES, *CAT_CODES, *PROPERTIES}))
    return tuple(choice for argument in command.arguments for choice in argument.choices)


def _suffixes(command: Command) -> tuple[str, ...]:
    return SUFFIXES.get(command.name, _USUAL)


def _others(commands: tuple[Command, ...]) -> list[str]:
    return [command.name for command in commands if command.name != "run"]


# --- bash and zsh: one `case` over the command and the word before ---


def _value_cases(commands: tuple[Command, ...], value: Callable[[Option], str]) -> list[str]:
    """What follows each option that takes a value."""
    return [
        f"        {'|'.join(f'{command.name}/{name}' for name in option.names)})"
        f" {value(option)} return;;"
        for command in commands
        for option in command.options
        if option.metavar
    ]


def _bash(commands: tuple[Command, ...]) -> str:
    values = _value_cases(commands, _bash_value)
    options: list[str] = []
    files: list[str] = []
    for command in commands:
        names = [name for option in command.options for name in option.names]
        options.append(f"            {command.name}) {_compgen([*names, '-h', '--help'])};;")
        given = _words(command)
        listed = f"{_compgen(given, more=True)}; " if given else ""
        suffixes = " ".join(_suffixes(command))
        looked = f"_prove_files {suffixes}" if suffixes else ":"
        files.append(f"        {command.name}) {listed}{looked};;")
    return _filled("bash", commands, values, options, files)


def _compgen(words: Sequence[str], *, more: bool = False) -> str:
    """The words that begin as the one that is typed; they are divided by ends of lines."""
    lines = "\\n".join(words)
    return f"COMPREPLY{'+' if more else ''}=($(compgen -W $'{lines}' -- \"$cur\"))"


def _bash_value(option: Option) -> str:
    words = " ".join(_values(option))
    if words:
        return f"COMPREPLY=($(compgen -W '{words}' -- \"$cur\"));"
    if option.names[0] in _NAMES:
        return f'COMPREPLY=($(compgen -W "$(_prove_names {_NAMES[option.names[0]]})" -- "$cur"));'
    if option.metavar in _PATHS:
        return f'COMPREPLY=($(compgen -{"d" if option.metavar == "DIR" else "f"} -- "$cur"));'
    return ""


def _zsh(commands: tuple[Command, ...]) -> str:
    values = _value_cases(commands, _zsh_value)
    options: list[str] = []
    files: list[str] = []
    for command in commands:
        rows = [_row(name, option.help) for option in command.options for name in option.names]
        rows += [_row("--help", "Show a message and exit.")]
        options.append(f"            {command.name}) options=({' '.join(rows)});;")
        words = " ".join(_words(command))
        listed = f"compadd -- {words}; " if words else ""
        suffixes = "|".join(_suffixes(command))
        looked = f'_files -g "*.({suffixes})"' if suffixes else ":"
        files.append(f"        {command.name}) {listed}{looked};;")
    return _filled("zsh", commands, values, options, files, described=True)


def _zsh_value(option: Option) -> str:
    words = " ".join(_values(option))
    if words:
        return f"compadd -- {words};"
    if option.names[0] in _NAMES:
        return f"_prove_names {_NAMES[option.names[0]]};"
    if option.metavar in _PATHS:
        return "_files -/;" if option.metavar == "DIR" else "_files;"
    return ""


def _row(name: str, text: str) -> str:
    return _quoted(f"{name}:{text.replace(':', chr(92) + ':')}")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def _filled(
    shell: str,
    commands: tuple[Command, ...],
    values: list[str],
    options: list[str],
    files: list[str],
    *,
    described: bool = False,
) -> str:
    about = {command.name: command.about[0] for command in commands}
    others = _others(commands)
    rows = " ".join(_row(name, about[name]) for name in others) if described else "\\n".join(others)
    return (
        _script(shell)
        .replace("@COMMANDS@", "|".join(others))
        .replace("@VALUES@", "\n".join(values))
        .replace("@OPTIONS@", "\n".join(options))
        .replace("@FILES@", "\n".join(files))
        .replace("@ROWS@", rows)
    )


# --- fish: a line for each thing that can be completed ---


def _fish(commands: tuple[Command, ...]) -> str:
    others = _others(commands)
    lines: list[str] = []
    for command in commands:
        about = _quoted_fish(command.about[0])
        if command.name != "run":
            first = "'test (count (commandline -opc)) -eq 1'"
            lines.append(f"complete -c prove -n {first} -a {command.name} -d {about}")
        lines += [_fish_option(command.name, option) for option in command.options]
        lines.append(
            f"complete -c prove -n '__prove_is {command.name}' -s h -l help -d 'Show help.'"
        )
        words = " ".join(_words(command))
        if words:
            lines.append(f"complete -c prove -n '__prove_is {command.name}' -a '{words}'")
        here = f"complete -c prove -n '__prove_is {command.name}'"
        for suffix in _suffixes(command):
            lines.append(f"{here} -k -a '(__fish_complete_suffix .{suffix})'")
    return _script("fish").replace("@COMMANDS@", " ".join(others)) + "\n".join(lines) + "\n"


def _fish_option(command: str, option: Option) -> str:
    names = [
        f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}" for name in option.names
    ]
    start = f"complete -c prove -n '__prove_is {command}' {' '.join(names)}"
    return f"{start}{_fish_value(option)} -d {_quoted_fish(option.help)}"


def _fish_value(option: Option) -> str:
    if not option.metavar:
        return ""
    words = " ".join(_values(option))
    if words:
        return f" -x -a '{words}'"
    if option.names[0] in _NAMES:
        return f" -x -a '(__prove_names {_NAMES[option.names[0]]})'"
    if option.metavar == "DIR":
        return " -x -a '(__fish_complete_directories)'"
    return " -r -F" if option.metavar in _PATHS else " -x"


def _quoted_fish(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
