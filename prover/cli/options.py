"""Options that several commands have, with what their help says."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import typer

OnlyScenario: TypeAlias = Annotated[
    str, typer.Option(metavar="NAME", help="Only this scenario.", show_default=False)
]
OnlyConfig: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME=VALUE", help="Only this value of a config; repeatable."),
]
MaxBound: TypeAlias = Annotated[
    int, typer.Option(metavar="N", min=1, help="Unroll loops at most N times.")
]
Timeout: TypeAlias = Annotated[
    float, typer.Option(metavar="SECONDS", min=0.001, help="Limit per obligation.")
]
Memory: TypeAlias = Annotated[
    int, typer.Option(metavar="MIB", min=64, help="Limit per obligation.")
]
Jobs: TypeAlias = Annotated[
    int, typer.Option("--jobs", "-j", metavar="N", min=0, help="Processes; 0: one per core.")
]
Cluster: TypeAlias = Annotated[
    str,
    typer.Option(
        metavar="ADDRESS",
        help="Have workers of a Dask cluster decide (docs/cluster.md).",
        show_default=False,
    ),
]
ProtocolFile: TypeAlias = Annotated[
    str, typer.Argument(metavar="FILE", help="A protocol; - is standard input.")
]
OnlyModel: TypeAlias = Annotated[
    str, typer.Option(metavar="NAME", help="Only this memory model.", show_default=False)
]
Without: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(metavar="FEATURE", hidden=True, help="Prove without it (docs/architecture.md)."),
]
