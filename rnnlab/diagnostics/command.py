"""``rnnlab diagnose``. What measures and draws is imported only when it is wanted."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, get_args

import typer

if TYPE_CHECKING:
    from rnnlab.diagnostics.options import Options
    from rnnlab.diagnostics.subject import Subject


def diagnose(
    what: Annotated[
        list[str],
        typer.Argument(
            metavar="RUN|SWEEP|KEY=VALUE...",
            help="A run (its folder, MLflow id, the beginning of either, or last); a sweep or "
            "several runs, which are compared; or a config, whose network is not trained.",
        ),
    ],
    report: Annotated[
        Path | None, typer.Option(help="Write one page with words, numbers and pictures here.")
    ] = None,
    checkpoint: Annotated[
        str, typer.Option(help="Which weights: all, untrained, best or last.")
    ] = "all",
    part: Annotated[str, typer.Option(help="Which part of the data: train, val or test.")] = "val",
    sequences: Annotated[int, typer.Option(min=1, help="How many sequences of it.")] = 32,
    loss: Annotated[
        str,
        typer.Option(help="last: the loss of each sequence's last step; whole: of all steps."),
    ] = "last",
    row: Annotated[
        int, typer.Option(min=0, help="Which sequence's gates are shown step by step.")
    ] = 0,
    engine: Annotated[
        str | None, typer.Option(help="loop or scan; the quicker of those that can by default.")
    ] = None,
    jacobians: Annotated[
        bool,
        typer.Option(
            "--jacobians/--no-jacobians",
            help="Step Jacobians and Lyapunov exponents, which take longest.",
        ),
    ] = True,
    metric: Annotated[
        str | None, typer.Option(help="Of a sweep: the score beside the gradients: test/accuracy.")
    ] = None,
    output_dir: Annotated[
        Path | None,
        typer.Option("--output-dir", help="Where runs are; RNNLAB_OUTPUT_DIR or outputs."),
    ] = None,
) -> None:
    """Look inside: gradients through time, gates, step Jacobians, memory.

    Of a run the pictures and numbers go into its folder and into MLflow.
    """
    from rnnlab.compare.writing import check_file
    from rnnlab.diagnostics.options import Moments
    from rnnlab.errors import check_choice
    from rnnlab.probing.flow import Whose

    check_file(report, "--report")
    check_choice("--checkpoint", checkpoint, get_args(Moments))
    check_choice("--part", part, ("train", "val", "test"))
    check_choice("--loss", loss, get_args(Whose))
    from rnnlab.runs.places import default_output_dir

    outputs = output_dir or default_output_dir()
    runs = _compared(what, outputs)
    if runs is not None:
        _compare(runs, metric, report)
        return
    from rnnlab.diagnostics.options import Options

    subject = _subject(what, outputs, checkpoint)
    options = Options(part, sequences, loss, engine, row, jacobians)  # type: ignore[arg-type]
    _examine(subject, options, report)


def _compared(what: list[str], outputs: Path) -> list[Path] | None:
    """Return folders where a sweep or several runs are meant, else None."""
    from rnnlab.errors import ConfigError
    from rnnlab.runs.finding import find
    from rnnlab.runs.sweep_paths import find_sweep

    if any(map(_is_override, what)):
        for each in what:
            if not _is_override(each):
                why = "is no KEY=VALUE, and a run is looked into as it was trained"
                raise ConfigError(why, key="RUN", value=each)
        return None
    if len(what) > 1:
        return [_folder(each, outputs) for each in what]
    if (place := Path(what[0])).is_dir() and not (place / "config.yaml").is_file():
        return [place]
    try:
        find(what[0], outputs)
    except ConfigError as no_run:
        try:
            return [find_sweep(what[0], outputs)]
        except ConfigError:
            raise no_run from None
    return None


def _is_override(what: str) -> bool:
    return "=" in what and not Path(what).is_dir()


def _folder(what: str, outputs: Path) -> Path:
    from rnnlab.errors import ConfigError
    from rnnlab.runs.finding import find
    from rnnlab.runs.sweep_paths import find_sweep

    if Path(what).is_dir():
        return Path(what)
    try:
        return find(what, outputs).path
    except ConfigError:
        return find_sweep(what, outputs)


def _subject(what: list[str], outputs: Path, checkpoint: str) -> Subject:
    from rnnlab.diagnostics.subject import subject_of_config, subject_of_run

    if _is_override(what[0]):
        return subject_of_config(what)
    return subject_of_run(what[0], outputs, checkpoint)  # type: ignore[arg-type]


def _examine(subject: Subject, options: Options, report: Path | None) -> None:
    from rnnlab.compare.writing import write
    from rnnlab.diagnostics.assembling import facts, sections
    from rnnlab.diagnostics.examine import examine
    from rnnlab.diagnostics.page import report as page_of
    from rnnlab.diagnostics.page import summary
    from rnnlab.diagnostics.publish import publish

    findings = examine(subject, options)
    told, drawn = facts(findings), list(sections(findings))
    sys.stdout.writelines(f"{line}\n" for line in summary(subject.title, told, drawn))
    page = page_of(subject.title, told, drawn)
    sys.stdout.write("\n")
    if report is not None:
        write(report, page.encode())
        sys.stdout.write(f"report                {report}\n")
    if subject.folder is not None:
        publish(subject.folder, drawn, page)
        sys.stdout.write(f"pictures and numbers  {subject.folder.diagnostics}\n")


def _compare(runs: list[Path], metric: str | None, report: Path | None) -> None:
    from rich.console import Console

    from rnnlab.diagnostics.flows import read_flows
    from rnnlab.diagnostics.sweep_page import write_sweep_report
    from rnnlab.diagnostics.sweep_tables import as_tables

    if report is None:
        flows = read_flows(runs, metric)
    else:
        numbers = report.with_suffix(".json")
        flows = write_sweep_report(runs, report, metric=metric, numbers=numbers)
    # A pipe has no width; rich would cut tables at 80 columns.
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 160)
    console.print(*as_tables(flows), sep="\n")
    if report is not None:
        sys.stdout.write(f"\nreport  {report}\n")
