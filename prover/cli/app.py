"""The commands, put together.  Importing this imports typer, and nothing that is slower."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any, Final, cast

import typer
from typer.core import TyperCommand, TyperGroup
from typer.exceptions import TyperException

from prover.cli.entry import COMMANDS, output_failed
from prover.cli.terminal import complain

_SETTINGS: Final[dict[str, Any]] = {
    "help_option_names": ["-h", "--help"],
    # Fixed, so that the text in help.txt is the text on every terminal.
    "terminal_width": 80,
    "max_content_width": 80,
}


class _Command(TyperCommand):
    """A command whose usage line reads ``FILE...`` where typer writes ``{FILE...}``.

    Of an option given twice typer takes the last without a word: here that is a mistake.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - its type is private
        _, _, given = self.make_parser(ctx).parse_args(args=list(args))
        once = [part for part in given if part.param_type_name == "option" and not part.multiple]
        for index, part in enumerate(once):
            if part in once[:index] and not getattr(part, "is_flag", False):
                raise typer.BadParameter("given twice", ctx=ctx, param=part)
        return super().parse_args(ctx, args)

    def collect_usage_pieces(self, ctx: Any) -> list[str]:  # noqa: ANN401 - its type is private
        return [piece.strip("{}") for piece in super().collect_usage_pieces(ctx)]


def build(only: str = "") -> typer.Typer:
    """The command line's parser: plain text, no completion, no exception hooks.

    With the command ``only``, where that is what is wanted: each costs time.
    """
    app = typer.Typer(
        name="prove", add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False
    )
    # With one command alone typer would take its name for an argument.
    app.callback()(_commands)
    for name in [only] if only in COMMANDS else COMMANDS:
        app.command(name, cls=_Command, context_settings=dict(_SETTINGS))(_function(name))
    return app


def _function(name: str) -> Callable[..., None]:
    """What a command does, from its module; the others' are not even imported."""
    module = import_module(f"prover.cli.{name}")
    return cast("Callable[..., None]", getattr(module, "list_" if name == "list" else name))


def _commands() -> None:
    """What there is is said by help.txt."""


def run_app(arguments: list[str]) -> int:
    """Runs one command; its exit code."""
    try:
        code = build(arguments[0] if arguments else "")(
            arguments, prog_name="prove", standalone_mode=False
        )
    except OSError as error:
        if not _asks_for_help(arguments):
            raise
        output_failed(error)
        return 0
    except TyperException as error:
        complain(_shown(error))
        return error.exit_code
    except typer.Abort:
        complain("Aborted!\n")
        return 1
    except SystemExit as stop:
        # What typer makes of a reader that leaves.
        code = 0 if _asks_for_help(arguments) else stop.code
    return code if isinstance(code, int) else 0


def _asks_for_help(arguments: list[str]) -> bool:
    """Whether typer itself writes to standard output; everything else goes through emit()."""
    return not {"-h", "--help"}.isdisjoint(arguments)


def _shown(error: TyperException) -> str:
    """What is said of a usage error; ``run`` is a command that nobody types."""
    text = io.StringIO()
    cast("Any", error).show(file=text)
    said = text.getvalue()
    return said.replace("prove run ", "prove ", 2) if said.startswith("Usage: prove run ") else said


def help_text() -> str:
    """The text of ``help.txt``: the help of ``run``, then the first line of the other commands'."""
    group = cast("TyperGroup", typer.main.get_command(build()))
    proving = group.commands["run"]
    context = proving.context_class(proving, info_name="prove", **proving.context_settings)
    rows = [
        f"  prove {name:<8} {group.commands[name].get_short_help_str(64)}"
        for name in COMMANDS
        if name != "run"
    ]
    parts = (proving.get_help(context), "", "Other commands (prove COMMAND -h tells more):", *rows)
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    sys.stdout.write(help_text())
