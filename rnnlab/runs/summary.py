"""``rnnlab scores``: finished runs of one setting together, as mean and spread over seeds."""

from __future__ import annotations

import logging
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from rich.table import Table

from rnnlab.errors import ConfigError, Refused, StorageError
from rnnlab.runs.finding import all_runs
from rnnlab.runs.folder import SETTING, RunFolder, Status
from rnnlab.runs.json_files import read_json

MEASURED = ("score", "seeds", "model", "baseline", "parameters", "train s")
"""What is known of a setting whose runs have finished."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Summary:
    """The finished runs of one setting: same config but for the seed.

    Args:
        experiment: Name of the experiment.
        setting: Fingerprint that the runs share.
        results: What each run's ``result.json`` holds, one for each seed.
    """

    experiment: str
    setting: str
    results: tuple[dict[str, Any], ...]

    @property
    def score(self) -> str:
        """The score that picked the best checkpoints, without its ``val/``."""
        return str(self.results[0]["monitor"]).removeprefix("val/")

    def test_scores(self, name: str | None = None) -> list[float]:
        """Return the test score of each run."""
        return [result["scores"]["test"][name or self.score] for result in self.results]

    def baselines(self, name: str | None = None) -> dict[str, float]:
        """Return the test score of each baseline, the mean over the runs that have measured it."""
        wanted = name or self.score
        found: dict[str, list[float]] = defaultdict(list)
        for result in self.results:
            for baseline, values in result["baselines"].items():
                if wanted in values:
                    found[baseline].append(values[wanted])
        return {baseline: mean(values) for baseline, values in found.items()}


def summarise(output_dir: Path, experiments: list[str]) -> list[Summary]:
    """Return a summary of each setting that has finished runs, by experiment and setting.

    Args:
        output_dir: Where runs are looked for.
        experiments: Names of experiments to keep; empty for all.

    Raises:
        ConfigError: There is no finished run, or none of an experiment.
    """
    groups: dict[tuple[str, str], dict[int, dict[str, Any]]] = defaultdict(dict)
    for folder in all_runs(output_dir):
        experiment = folder.path.parent.name
        if experiments and experiment not in experiments:
            continue
        try:
            if not _is_finished(folder):
                continue
            manifest, result = read_json(folder.manifest, SETTING), folder.read_result()
        except (StorageError, Refused) as error:
            # One damaged run must not hide all others.
            _log.warning("left out: %s", error)
            continue
        # A seed that ran twice counts once: the later one, as names sort by time.
        groups[experiment, manifest["setting"]][manifest["seed"]] = result
    known = sorted({experiment for experiment, _ in groups})
    for experiment in experiments:
        if experiment not in known:
            raise ConfigError(
                f"no finished run in {output_dir}", key="EXPERIMENT", value=experiment
            )
    if not known:
        raise ConfigError(f"there is no finished run in {output_dir} yet")
    return [
        Summary(experiment, setting, tuple(by_seed[seed] for seed in sorted(by_seed)))
        for (experiment, setting), by_seed in sorted(groups.items())
    ]


def summary_table(summaries: list[Summary], score: str | None = None) -> Table:
    """Return a table with a row for each setting.

    Args:
        summaries: What to show.
        score: The test score to show, left out where a setting has none of that name; None for
            the one that picked the best checkpoints.
    """
    table = Table(title="Test scores, mean ± standard deviation over seeds", title_justify="left")
    for column in ("experiment", "setting"):
        table.add_column(column)
    for column in MEASURED:
        table.add_column(column, justify="left" if column == "score" else "right")
    for summary in summaries:
        if score is not None and score not in summary.results[0]["scores"]["test"]:
            continue
        table.add_row(summary.experiment, summary.setting[:8], *measured(summary, score))
    return table


def measured(summary: Summary, score: str | None = None) -> list[str]:
    """Return what a table shows under :data:`MEASURED`.

    Args:
        summary: The runs of a setting.
        score: The test score to show; None for the one that picked the best checkpoints.
    """
    seconds = [result["train_seconds"] for result in summary.results]
    baselines = [f"{value:.4g} {name}" for name, value in summary.baselines(score).items()]
    return [
        score or summary.score,
        str(len(summary.results)),
        spread(summary.test_scores(score)),
        "\n".join(baselines),
        f"{summary.results[0]['parameters']:,}",
        f"{mean(seconds):.0f}",
    ]


def spread(values: list[float]) -> str:
    """Return ``mean ± standard deviation``; the value alone when there is only one."""
    if len(values) < 2:
        return f"{values[0]:.4g}"
    return f"{mean(values):.4g} ± {stdev(values):.2g}"


def _is_finished(folder: RunFolder) -> bool:
    return folder.read_status().get("status") == Status.FINISHED and folder.result.exists()
