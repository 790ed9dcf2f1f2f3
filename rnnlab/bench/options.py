"""The options that the verbs below ``rnnlab bench`` have in common."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

CELLS = ("lstm", "gru", "rnn")
"""The cells that are measured by default: those that torch has kernels for."""

Cells = Annotated[
    list[str] | None, typer.Option("--cell", help="A cell of rnnlab list cells; may be repeated.")
]
Engines = Annotated[
    list[str] | None,
    typer.Option("--engine", help="An engine; may be repeated. By default all that can."),
]
Peers = Annotated[
    list[str] | None,
    typer.Option("--peer", help="torch, jax, keras or none; by default all that are installed."),
]
Sizes = Annotated[
    list[str] | None,
    typer.Option("--size", help="Batch,steps,units as in 32,100,64; may be repeated."),
]
Arguments = Annotated[
    list[str] | None,
    typer.Option("--arg", metavar="NAME=VALUE", help="A constructor argument of the cells."),
]
Seconds = Annotated[float, typer.Option(min=0.0, help="How long to measure each case.")]
Threads = Annotated[
    int | None, typer.Option(min=1, help="For torch and XLA; by default what torch takes.")
]
Seed = Annotated[int, typer.Option(min=0, help="Decides weights and inputs.")]
Device = Annotated[str, typer.Option(help="cpu, cuda or mps; JAX and Keras take part on cpu only.")]
Json = Annotated[Path | None, typer.Option("--json", help="Where to write all figures.")]
From = Annotated[
    list[Path] | None,
    typer.Option("--from", help="Show what --json has written instead; may be repeated."),
]
