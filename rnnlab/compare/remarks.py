"""What a comparison leaves out, and what else a reader must know: a line each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from rnnlab.compare.flat import short
from rnnlab.compare.metric import Metric
from rnnlab.compare.reading import Run
from rnnlab.compare.sample import Samples
from rnnlab.compare.settings import Settings

_SHOWN = 3


def remarks(
    settings: Settings,
    samples: Samples,
    metric: Metric,
    runs: Sequence[Run],
    damaged: Sequence[str],
) -> Iterator[str]:
    """Give the lines; none where all is well."""
    if samples.note:
        yield samples.note
    if unfinished := [run for run in runs if run.result is None]:
        yield _unfinished(settings, unfinished, len(runs))
    lacking = [
        [seed for seed, run in setting.runs.items() if metric.name not in run.metrics]
        for setting in settings.all
    ]
    if count := sum(map(len, lacking)):
        said = "finished run has" if count == 1 else "finished runs have"
        yield f"{count} {said} no {metric.name}: {_places(settings, lacking)}"
    infinite = [
        [
            seed
            for seed, run in setting.runs.items()
            if metric.name in run.metrics and run.value(metric.name) is None
        ]
        for setting in settings.all
    ]
    if count := sum(map(len, infinite)):
        said = "finished run has" if count == 1 else "finished runs have"
        yield (
            f"{count} {said} no finite {metric.name} and cannot be averaged, so that what "
            f"is left looks better than it is: {_places(settings, infinite)}"
        )
    if damaged:
        said = "run cannot" if len(damaged) == 1 else "runs cannot"
        yield f"{len(damaged)} {said} be read: {damaged[0]}"
    if settings.repeated:
        said = "run does" if settings.repeated == 1 else "runs do"
        yield f"{settings.repeated} {said} not count: a later run has the same setting and seed"
    if len({run.data for run in runs if run.result is not None}) > 1:
        yield "the runs do not all have the same data: differences may be those of their test parts"
    if metric.better is None:
        yield (
            f"nobody has said whether {metric.name} is to be low or high; "
            "--better lower or --better higher does"
        )


def _unfinished(settings: Settings, runs: Sequence[Run], all_: int) -> str:
    counts = Counter(run.status for run in runs)
    statuses = ", ".join(f"{count} {status}" for status, count in sorted(counts.items()))
    seeds = [sorted({run.seed for run in setting.unfinished}) for setting in settings.all]
    said = "has" if len(runs) == 1 else "have"
    return (
        f"{len(runs)} of {all_} runs {said} not finished ({statuses}): {_places(settings, seeds)}"
    )


def _places(settings: Settings, seeds: Sequence[Sequence[int]]) -> str:
    """Return which settings and seeds are meant, the first few of them.

    Args:
        settings: All settings.
        seeds: The seeds of each.
    """
    places = []
    for setting, several in zip(settings.all, seeds, strict=True):
        if several:
            named = zip(settings.columns, setting.shown_all(settings.columns), strict=True)
            label = " ".join(f"{key}={short(value)}" for key, value in named)
            word = "seed" if len(several) == 1 else "seeds"
            places.append(f"{label} {word} {', '.join(map(str, several))}")
    more = f" and {len(places) - _SHOWN} more settings" if len(places) > _SHOWN else ""
    return f"{'; '.join(places[:_SHOWN])}{more}"
