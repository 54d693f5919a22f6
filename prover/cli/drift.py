"""``prove drift``: do the kernel's functions still look as they did when they were modelled?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from prover.cli.entry import USAGE_ERROR
from prover.cli.files import complain_about, replace_file
from prover.cli.terminal import emit

if TYPE_CHECKING:
    from prover.drift.compare import Library
    from prover.drift.tree import Tree
    from prover.drifted import Drift


def drift(
    linux: Annotated[
        str, typer.Option(metavar="DIR", help="The kernel's sources.", show_default=False)
    ],
    paths: Annotated[
        list[str] | None,
        typer.Argument(metavar="[PATH]...", help="Protocols, or folders; the library if none."),
    ] = None,
    since: Annotated[
        str, typer.Option(metavar="REV", help="Show changes since this git revision of DIR.")
    ] = "",
    function: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="With --record: only this one; repeatable."),
    ] = None,
    *,
    record: Annotated[
        bool, typer.Option("--record", help="Record what has not been recorded yet.")
    ] = False,
    again: Annotated[
        bool, typer.Option("--again", help="With --record: also what has changed since.")
    ] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Every function, unchanged or not.")
    ] = False,
) -> None:
    """Compare modelled functions of the kernel with a kernel tree.

    Exit: 0 none of those recorded differs, 1 one does, 2 nothing was compared, or an error.
    """
    from dsl.files import library_root
    from prover.drift.compare import compare, library
    from prover.drift.git import History
    from prover.drift.tree import Tree
    from prover.drifted import exit_code
    from prover.render.drift import render_drift

    if (again or function) and not record:
        raise typer.BadParameter("goes with --record", param_hint="'--again', '--function'")
    if record and since:
        raise typer.BadParameter("does not go with --record", param_hint="'--since'")
    tree = Tree(Path(linux))
    if not tree.root.is_dir():
        _refuse(
            "drift-tree", f"`{linux}` is no folder", "name the folder with the kernel's sources"
        )
    files = library(paths or [str(library_root())])
    if record:
        found = _record(files, tree, frozenset(function or ()), again=again)
    else:
        history = History(tree.root, since)
        if since and not history.knows(since):
            _refuse(
                "drift-revision",
                f"`{linux}` has no revision `{since}`",
                "name a tag or a commit of it",
            )
        found = compare(files, tree, history)
    complain_about(found.diagnostics, found.sources)
    emit(render_drift(found, verbose=verbose))
    _nothing(found)
    raise typer.Exit(exit_code(found))


def _record(files: Library, tree: Tree, only: frozenset[str], *, again: bool) -> Drift:
    """Records, and writes the .drift files; none where anything is wrong with one."""
    from prover.drift.compare import record, texts

    if not tree.version():
        message = f"the Makefile of `{tree.root}` does not say which version it is"
        _refuse("drift-tree", message, "name the folder that has the kernel's topmost Makefile")
    defined = frozenset[str]().union(*(file.functions for file in files.files))
    if only - defined and not files.diagnostics:
        message = f"no file defines `{min(only - defined)}`"
        _refuse(
            "drift-unknown-function", message, "name functions of the protocols, not the kernel's"
        )
    found = record(files, tree, only, again=again)
    if not files.diagnostics:
        for path, text in texts(files, found):
            replace_file(path, text)
    return found


def _nothing(found: Drift) -> None:
    """Refuses to call it a success that nothing has been compared."""
    from prover.drifted import State, counted

    numbers = counted(found.files)
    compared = sum(numbers.values()) - numbers[State.UNRECORDED] - numbers[State.OTHER]
    if not found.diagnostics and not compared:
        hint = "give the functions rows in a .drift file, and record them"
        _refuse(
            "drift-nothing",
            "no function was compared: none is recorded for a tree of this version",
            hint,
        )


def _refuse(code: str, message: str, hint: str) -> NoReturn:
    from dsl.diagnostic import Diagnostic

    complain_about((Diagnostic(code, message, None, hint=hint),), {})
    raise typer.Exit(USAGE_ERROR)
