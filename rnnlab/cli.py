"""The command line. Each verb calls one function, imported only when the verb is used."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rnnlab import __version__
from rnnlab.bench.command import bench
from rnnlab.compare.command import compare
from rnnlab.diagnostics.command import diagnose
from rnnlab.errors import (
    ConfigError,
    Interrupted,
    RnnlabError,
    RunFailed,
    StorageError,
    lines,
    one_line,
    out_of_memory,
)
from rnnlab.warned import warnings_shown

if TYPE_CHECKING:
    from rich.console import RenderableType

# The class of all mistakes in usage. typer exports only this one of its children.
_UsageError: type[Exception] = typer.BadParameter.__bases__[0]

app = typer.Typer(
    help="A laboratory for recurrent networks.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

plugins = typer.Typer(help="Write a plugin, or check one.", no_args_is_help=True)
app.add_typer(plugins, name="plugin")
app.add_typer(bench, name="bench")

Run = Annotated[
    str, typer.Argument(help="A run's folder, its MLflow id, the beginning of either, or last.")
]
Overrides = Annotated[list[str] | None, typer.Argument(metavar="KEY=VALUE", help="What to change.")]
Output = Annotated[
    Path | None,
    typer.Option("--output-dir", help="Where runs are; RNNLAB_OUTPUT_DIR or outputs by default."),
]


@app.callback()
def _options(
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks of errors.")] = False,
    version: Annotated[bool, typer.Option("--version", help="Show the version.")] = False,
) -> None:
    # Both are taken out of the arguments by main, wherever they stand; here they are documented.
    """A laboratory for recurrent networks."""


@app.command(
    context_settings={
        "ignore_unknown_options": True,
        "allow_extra_args": True,
        "help_option_names": [],
    }
)
def train(context: typer.Context, overrides: Overrides = None) -> None:
    """Train what the overrides describe. With -m, each of several values: cell=gru,lstm seeds=5.

    -m --dry-run shows the runs and makes none; --help, --cfg job and --info are Hydra's.
    """
    arguments = [*(overrides or []), *context.args]
    from rnnlab.config.flags import answer, swept

    several = swept(arguments)
    if several is not None:
        _sweep(several.overrides, dry=several.dry)
        return
    text = answer(arguments)
    if text is not None:
        sys.stdout.write(text)
        return
    from rnnlab.runs.train import train as run_training

    _report(run_training(arguments))


@app.command()
def resume(
    run: Run,
    overrides: Overrides = None,
    allow_changed_plugins: Annotated[
        bool,
        typer.Option("--allow-changed-plugins", help="Go on although a plugin is not what it was."),
    ] = False,
    output_dir: Output = None,
) -> None:
    """Go on with a run that did not finish, or train a finished one further."""
    from rnnlab.runs.resume import resume as resume_run

    outputs = _runs(output_dir)
    _report(resume_run(run, outputs, overrides or [], allow_changed_plugins=allow_changed_plugins))


@app.command()
def reproduce(run: Run, output_dir: Output = None) -> None:
    """Train a run again and compare: equal to the last bit, or what differs and what drifted."""
    from rnnlab.runs.reproduce import reproduce as reproduce_run

    found = reproduce_run(run, _runs(output_dir))
    _show(f"{found.second.path}")
    for line in found.drift:
        _show(f"drifted: {line}")
    for line in found.differences:
        _show(f"differs: {line}")
    if found.differences:
        raise typer.Exit(1)
    _show("equal to the last bit: every point, weights, optimizer, schedule, scores")


@app.command()
def evaluate(run: Run, overrides: Overrides = None, output_dir: Output = None) -> None:
    """Measure the best weights again, on the run's data or with dataset values changed."""
    from rnnlab.runs.evaluate import evaluate as evaluate_run
    from rnnlab.runs.results_table import results_table

    _show(results_table(evaluate_run(run, overrides or [], _runs(output_dir)), run))


@app.command()
def predict(
    run: Run,
    source: Annotated[Path, typer.Option("--input", help="Rows to answer, .csv or .jsonl.")],
    target: Annotated[Path, typer.Option("--output", help="Where to write, .csv or .jsonl.")],
    output_dir: Output = None,
) -> None:
    """Answer the rows of a file, one row for each."""
    from rnnlab.runs.predict import predict as predict_rows

    rows = predict_rows(run, source, target, _runs(output_dir))
    _show(f"{rows} rows in {target}")


@app.command()
def generate(
    run: Run,
    prompt: Annotated[str, typer.Option(help="The text to go on from.")],
    steps: Annotated[int, typer.Option(min=1, help="How many tokens to add.")] = 200,
    temperature: Annotated[
        float, typer.Option(min=0.0, help="0: the likeliest token each time; 1: as the model says.")
    ] = 1.0,
    seed: Annotated[int, typer.Option(min=0, help="Decides the sampling.")] = 0,
    output_dir: Output = None,
) -> None:
    """Let a model of the next token go on from a prompt."""
    from rnnlab.runs.generate import generate as generate_text

    outputs = _runs(output_dir)
    text = generate_text(
        run, prompt, steps=steps, temperature=temperature, seed=seed, output_dir=outputs
    )
    sys.stdout.write(f"{text}\n")


@app.command()
def scores(
    experiments: Annotated[list[str] | None, typer.Argument(help="Which; all by default.")] = None,
    score: Annotated[
        str | None, typer.Option(help="Which test score; by default the one that is monitored.")
    ] = None,
    output_dir: Output = None,
) -> None:
    """Show finished runs by setting: mean and spread over seeds, beside the baselines."""
    from rnnlab.runs.summary import summarise, summary_table

    _show(summary_table(summarise(_runs(output_dir), experiments or []), score))


app.command("compare")(compare)
app.command("diagnose")(diagnose)


@app.command("list")
def list_options(
    kind: Annotated[
        str | None, typer.Argument(help="cells, tasks, datasets, backbones, experiments, …")
    ] = None,
    check: Annotated[
        bool,
        typer.Option("--check", help="Import each plugin; exit 1 if any is broken."),
    ] = False,
) -> None:
    """List what there is to choose from, and which package brings it."""
    from rnnlab.catalog import broken, check_plugins, tables

    found = check_plugins(kind) if check else {}
    for table in tables(kind, found):
        _show(table, "")
    if lines := broken(found):
        raise typer.Exit(_fail(lines, RunFailed.exit_code, debug=False))


@app.command()
def show(what: Annotated[str, typer.Argument(help="GROUP/NAME, such as cell/lstm.")]) -> None:
    """Show arguments, defaults, ranges, equations and paper of one option."""
    from rnnlab.catalog import describe

    _show(describe(what))


@app.command()
def doctor() -> None:
    """Show versions and accelerators, and try a short training."""
    from rnnlab.doctor import examine

    findings = []
    for finding in examine():
        mark = "ok" if finding.good else "!!"
        sys.stdout.write(f"{mark}  {finding.subject:<18} {finding.text}\n")
        sys.stdout.flush()
        findings.append(finding)
    if not all(finding.good for finding in findings):
        raise typer.Exit(1)


@app.command()
def ui(
    port: Annotated[int, typer.Option(min=1, max=65535, help="TCP port.")] = 5000,
    uri: Annotated[
        str | None, typer.Option(help="Tracking store; MLFLOW_TRACKING_URI or SQLite by default.")
    ] = None,
    output_dir: Output = None,
) -> None:
    """Open the MLflow dashboard on 127.0.0.1."""
    from rnnlab.tracking import environment, run_dashboard, tracking_uri, ui_command

    command = ui_command(tracking_uri(uri, _runs(output_dir)), port)
    _show(f"http://127.0.0.1:{port}   (Ctrl-C ends it)")
    raise typer.Exit(run_dashboard(command, environment()))


@app.command()
def sync(output_dir: Output = None) -> None:
    """Send MLflow what it missed of runs that have ended."""
    from rnnlab.runs.closing import sync as sync_runs

    sent, left = sync_runs(_runs(output_dir))
    _show(f"{sent} runs sent, {left} could not be")
    if left:
        raise typer.Exit(4)


@app.command()
def watch(
    sweep: Annotated[
        str, typer.Argument(help="A sweep's folder, the beginning of its name, or last.")
    ] = "last",
    output_dir: Output = None,
) -> None:
    """Look on while a sweep is driven by another process; Ctrl-C ends the looking."""
    from rnnlab.runs.sweep_paths import find_sweep
    from rnnlab.sweeps.folder import SweepFolder
    from rnnlab.sweeps.watch import watch as watch_sweep

    watch_sweep(SweepFolder(find_sweep(sweep, _outputs(output_dir))), _say)


@plugins.command("new")
def plugin_new(
    name: Annotated[str, typer.Argument(help="What it is called: mgu makes rnnlab-mgu.")],
    kind: Annotated[str, typer.Option(help="cell, task or dataset.")],
    path: Annotated[Path, typer.Option(help="The folder to make its folder in.")] = Path(),
) -> None:
    """Write a package that installs, passes its tests and trains as it is."""
    from rnnlab.plugins.scaffold import naming, next_commands, write

    names = naming(name, kind)
    folder = write(names, path)
    following = [f"  {line}\n" for line in next_commands(names, folder)]
    sys.stdout.writelines([f"{folder}\n\nnext:\n", *following])


@plugins.command("check")
def plugin_check(
    name: Annotated[
        str, typer.Argument(help="A component, mgu or cell/mgu, or a package, rnnlab-mgu.")
    ],
    overrides: Overrides = None,
    skip: Annotated[
        list[str] | None, typer.Option(help="A rule to leave out; may be repeated.")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="No compilation and no speed.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the reports as JSON.")] = False,
) -> None:
    """Run the contract of what is installed; show what a cell can do. Exit 1 if a rule fails."""
    from rnnlab.capability import check_all
    from rnnlab.capability.tables import as_json, shown

    reports = []
    for report in check_all(name, overrides or [], skip=skip or (), quick=quick):
        reports.append(report)
        if not json:
            _show(*shown(report))
    if json:
        sys.stdout.write(as_json(reports))
    if not all(report.passed for report in reports):
        raise typer.Exit(1)


@app.command()
def completion(shell: Annotated[str, typer.Argument(help="bash, zsh or fish.")]) -> None:
    """Print a completion script: rnnlab completion bash > ~/.rnnlab && source ~/.rnnlab."""
    from rnnlab.completion import script

    sys.stdout.write(script(shell))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    Args:
        arguments: What follows the program's name; ``sys.argv`` by default.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words[:1] == ["_complete"]:
        return _complete(" ".join(words[1:]))
    if sys.stdout is None:  # closed by whoever started this
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115  (until the end of the process)
    debug = "--debug" in words
    words = [word for word in words if word != "--debug"]
    result: object = 0
    try:
        if words == ["--version"]:
            sys.stdout.write(f"rnnlab {__version__}\n")
        else:
            with warnings_shown():
                result = typer.main.get_command(app).main(words, "rnnlab", standalone_mode=False)
        sys.stdout.flush()
    except (KeyboardInterrupt, typer.Abort):
        return 130
    except BrokenPipeError:
        return _nobody_reads()
    except SystemExit as error:
        # rich ends the program when its pipe breaks, with the exit code of a failed run.
        if not isinstance(error.__context__, BrokenPipeError):
            raise
        return _nobody_reads()
    except (RnnlabError, Interrupted) as error:
        return _fail(lines(error), error.exit_code, debug)
    except _UsageError as error:
        if not str(error):  # no verb at all: the help was shown
            return ConfigError.exit_code
        return _fail([one_line(_usage(error))], ConfigError.exit_code, debug)
    except OSError as error:
        # Full, gone or read-only: the machine's fault and not rnnlab's.
        place = "" if error.filename is None else f"{error.filename}: "
        said = one_line(f"{place}{error.strerror or error}")
        return _fail([said], StorageError.exit_code, debug)
    except (MemoryError, RuntimeError) as error:
        if not out_of_memory(error):
            raise
        return _fail([one_line(f"there is not enough memory: {error}")], RunFailed.exit_code, debug)
    return result if isinstance(result, int) else 0


def _fail(said: list[str], code: int, debug: bool) -> int:
    if debug:
        traceback.print_exc()
    for line in said:
        sys.stderr.write(f"rnnlab: error: {line}\n")
    return code


def _nobody_reads() -> int:
    """Write no more: what reads standard output, such as ``head``, has enough."""
    with suppress(OSError, ValueError):
        # Python flushes at its end, and would complain again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 128 + signal.SIGPIPE


def _usage(error: Any) -> str:
    context = getattr(error, "ctx", None)
    place = context.command_path if context is not None else "rnnlab"
    return f"{' '.join(error.format_message().split())} See: {place} --help"


def _sweep(overrides: list[str], *, dry: bool) -> None:
    """Show every combination of values; train it, unless dry, and show what came of it."""
    from rnnlab.sweeps.answers import shown
    from rnnlab.sweeps.overview import overview
    from rnnlab.sweeps.plan import plan
    from rnnlab.sweeps.sweep import exit_code, run_sweep

    planned = plan(overrides)
    _show(*overview(planned, whole=dry))
    if dry:
        return
    swept = run_sweep(planned, overrides, _say)
    _show("", *shown(swept.comparison, swept.outcomes, swept.found))
    _show(f"\nsweep folder  {swept.folder.path}")
    if swept.comparison is not None and swept.disk is None:
        _show(f"report        {swept.folder.path / 'report.html'}")
        from rnnlab.diagnostics.publish import publish_sweep

        if (gradients := publish_sweep(swept.folder.path)) is not None:
            _show(f"gradients     {gradients}")
    if swept.disk is not None:
        why = "the same command goes on when there is room"
        raise StorageError(f"{swept.disk}; no run was begun after that: {why}")
    if swept.interrupt is not None:
        raise swept.interrupt
    if code := exit_code(swept):
        raise typer.Exit(code)


def _report(run: Any) -> None:
    """Show the end of a run: scores beside baselines, the folder, how to look at it."""
    from rnnlab.runs.places import absolute, default_output_dir
    from rnnlab.runs.results_table import results_table

    outputs = run.path.parents[1]
    elsewhere = "" if outputs == absolute(default_output_dir()) else f" --output-dir {outputs}"
    _show(results_table(run.read_result(), run.path.parent.name))
    if run.looks.exists():
        from rnnlab.diagnostics.publish import publish_looks

        publish_looks(run)
        _show(f"\ngradients   rnnlab diagnose {run.path.name}   ({_looking(run)})")
    _show(f"\nrun folder  {run.path}\ndashboard   rnnlab ui{elsewhere}")


def _looking(run: Any) -> str:
    """Return where the pictures are, and which share of the training the looks took."""
    result = run.read_result()
    seconds = result.get("probe_seconds")
    pictures = f"pictures: {run.diagnostics}"
    if seconds is None:
        return pictures
    share = seconds / max(result["train_seconds"] - seconds, 1e-9)
    return f"looking took {share:.1%} more time; {pictures}"


def _outputs(given: Path | None) -> Path:
    from rnnlab.runs.places import default_output_dir

    place = given or default_output_dir()
    if place.exists() and not place.is_dir():
        raise StorageError(f"output_dir={place}: is not a folder")
    return place


def _runs(given: Path | None) -> Path:
    """Return where runs are looked for, after marking those whose process was killed."""
    from rnnlab.runs.closing import close_abandoned

    output_dir = _outputs(given)
    for folder in close_abandoned(output_dir):
        sys.stderr.write(
            f"rnnlab: warning: {folder.path.name} is marked KILLED: its process is gone\n"
        )
    return output_dir


def _say(line: str) -> None:
    sys.stdout.write(f"{one_line(line)}\n")
    sys.stdout.flush()


def _show(*things: RenderableType) -> None:
    from rich.console import Console
    from rich.text import Text

    # A pipe has no width; rich would cut tables at 80 columns.
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 160)
    for thing in things:
        # A command is to be copied in one piece, however long it is.
        console.print(thing, soft_wrap=isinstance(thing, Text) and bool(thing.no_wrap))


def _complete(line: str) -> int:
    from rnnlab.completion import candidates
    from rnnlab.config.options import DRY_RUN, HYDRA_FLAGS, MULTIRUN

    commands: Any = typer.main.get_command(app)
    verbs = {
        name: [
            option
            for part in (command, *getattr(command, "commands", {}).values())
            for parameter in part.params
            for option in parameter.opts
        ]
        for name, command in commands.commands.items()
    }
    verbs["train"] = [*verbs["train"], *HYDRA_FLAGS, *MULTIRUN, DRY_RUN]
    sys.stdout.writelines(f"{word}\n" for word in candidates(line, verbs))
    return 0
