"""What the command line has, as values: for its completion and its manual page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import typer
from typer.core import TyperGroup


@dataclass(frozen=True, slots=True)
class Option:
    """An option: its names, the longest first; ``metavar`` is "" where it takes no value."""

    names: tuple[str, ...]
    metavar: str
    choices: tuple[str, ...]
    help: str
    default: str


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument, as it is written in the usage."""

    metavar: str
    choices: tuple[str, ...]
    help: str


@dataclass(frozen=True, slots=True)
class Command:
    """A command; ``about`` is its help, the first line first, then paragraphs."""

    name: str
    about: tuple[str, ...]
    arguments: tuple[Argument, ...]
    options: tuple[Option, ...]


def surface() -> tuple[Command, ...]:
    """Every command with its arguments and options, those that are hidden left out."""
    from prover.cli.app import build

    group = cast("TyperGroup", typer.main.get_command(build()))
    return tuple(_command(name, command) for name, command in group.commands.items())


def _command(name: str, command: Any) -> Command:  # noqa: ANN401 - its type is private
    shown = [part for part in command.params if not part.hidden]
    paragraphs = [" ".join(part.split()) for part in (command.help or "").split("\n\n")]
    return Command(
        name,
        tuple(paragraphs),
        tuple(_argument(part) for part in shown if part.param_type_name == "argument"),
        tuple(_option(part) for part in shown if part.param_type_name == "option"),
    )


def _argument(part: Any) -> Argument:  # noqa: ANN401 - its type is private
    return Argument(part.metavar or part.name.upper(), _choices(part), part.help or "")


def _option(part: Any) -> Option:  # noqa: ANN401 - its type is private
    choices = _choices(part)
    metavar = "" if part.is_flag else part.metavar or f"<{'|'.join(choices)}>"
    says = not part.is_flag and part.show_default is not False and part.default not in {None, ""}
    names = tuple(sorted(part.opts, key=len, reverse=True))
    return Option(names, metavar, choices, part.help or "", str(part.default) if says else "")


def _choices(part: Any) -> tuple[str, ...]:  # noqa: ANN401 - its type is private
    return tuple(str(choice) for choice in getattr(part.type, "choices", ()))
