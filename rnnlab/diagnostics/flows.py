"""How far gradients are carried in many runs: what was seen inside them, by setting over seeds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from rnnlab.compare.comparison import Baseline, baselines_of, read_runs
from rnnlab.compare.flat import in_order
from rnnlab.compare.metric import Metric, choose_metric
from rnnlab.compare.reading import Run
from rnnlab.compare.remarks import remarks
from rnnlab.compare.sample import Replicate, Sample, Samples
from rnnlab.compare.settings import Setting, Settings, group
from rnnlab.errors import ConfigError
from rnnlab.probing.flow import Flow
from rnnlab.probing.look import read_looks

State = tuple[str, str]
"""A layer and the name of one tensor of its state."""


@dataclass(frozen=True)
class Ends:
    """What the first and the last look into one run saw of one state.

    Args:
        first: Before the first epoch, where the run was looked into from its beginning.
        last: After the last epoch that was looked at.
    """

    first: Flow
    last: Flow


@dataclass(frozen=True)
class SettingFlow:
    """How far the runs of one setting carry a gradient.

    Args:
        setting: The setting.
        state: The layer and state that carry it the furthest.
        seeds: What was seen of that state, by seed; of finished runs that were looked into.
    """

    setting: Setting
    state: State | None
    seeds: Mapping[int, Ends]


@dataclass(frozen=True)
class Measure:
    """A number that each run has, and that settings are told apart by.

    Args:
        name: What tables call it.
        unit: Its unit, or nothing.
        of: Returns it, of a setting and a seed; None where there is none.
    """

    name: str
    unit: str
    of: Callable[[SettingFlow, int], float | None]


@dataclass(frozen=True)
class Flows:
    """What is known of all settings.

    Args:
        settings: What tells them apart.
        all: The settings, in the order of their values.
        score: What the runs are scored by.
        baselines: The naive scores.
        remarks: What was left out, a line each.
    """

    settings: Settings
    all: tuple[SettingFlow, ...]
    score: Metric
    baselines: tuple[Baseline, ...]
    remarks: tuple[str, ...]

    @property
    def measures(self) -> tuple[Measure, ...]:
        """Horizon before and after training, decay after it, and the score."""
        return (HORIZON_BEFORE, HORIZON_AFTER, DECAY_AFTER, _score(self.score))

    def samples(self, measure: Measure) -> Samples:
        """Return a sample of a measure for each setting, in the order of :attr:`all`."""
        columns = self.settings.columns
        samples = []
        for flow in self.all:
            runs = flow.setting.runs
            values: dict[Replicate, float] = {
                seed: value for seed in runs if (value := measure.of(flow, seed)) is not None
            }
            missing = len(flow.setting.unfinished) + len(runs) - len(values)
            of: dict[Replicate, tuple[Run, ...]] = {
                seed: (run,) for seed, run in runs.items() if seed in values
            }
            samples.append(Sample(flow.setting.shown_all(columns), values, of, missing))
        return Samples(columns, self.settings.axes, tuple(samples))


def reached(flow: Flow) -> int | None:
    """Return the horizon; the number of lags where it is not reached, and None without a gradient.

    A run may have no gradient because it has nothing more to learn: that is no horizon of zero.
    """
    if flow.verdict == "none":
        return None
    return len(flow.curve) if flow.horizon is None else flow.horizon


def is_censored(flow: SettingFlow, measure: Measure) -> bool:
    """Return whether a horizon lies, in some run, beyond what its sequences can show."""
    which = "first" if measure is HORIZON_BEFORE else "last"
    seen = [getattr(ends, which) for ends in flow.seeds.values()]
    return any(each.horizon is None and each.verdict != "none" for each in seen)


def _horizon(which: str) -> Callable[[SettingFlow, int], float | None]:
    def of(flow: SettingFlow, seed: int) -> float | None:
        return reached(getattr(flow.seeds[seed], which)) if seed in flow.seeds else None

    return of


def _decay(flow: SettingFlow, seed: int) -> float | None:
    return flow.seeds[seed].last.decay if seed in flow.seeds else None


def _score(metric: Metric) -> Measure:
    return Measure(
        metric.name, metric.unit, lambda flow, seed: flow.setting.runs[seed].value(metric.name)
    )


HORIZON_BEFORE = Measure("horizon before training", "steps", _horizon("first"))
HORIZON_AFTER = Measure("horizon after training", "steps", _horizon("last"))
DECAY_AFTER = Measure("decay after training", "nats/step", _decay)


def read_flows(paths: Sequence[Path], metric: str | None = None) -> Flows:
    """Read what was seen inside the runs below some folders; nothing is written.

    Of each setting that state is taken which carries the gradient the furthest after training, of
    an LSTM most often c; the same one for all settings whose cells have the same states.

    Args:
        paths: Run folders, sweeps, or folders with run folders anywhere below.
        metric: The score; None for the test score that picked the best checkpoints.

    Raises:
        ConfigError: There is no finished run that was looked into, or a metric is not known.
        StorageError: A folder cannot be read.
    """
    runs, damaged = read_runs(paths)
    finished = [run for run in runs if run.result is not None]
    places = ", ".join(map(str, paths))
    if not finished:
        told = f": {damaged[0]}" if damaged else ""
        raise ConfigError(f"there is no finished run in {places}{told}")
    score = choose_metric(finished, metric, None)
    settings = group(runs)
    seen = [_seen(setting) for setting in settings.all]
    looked = sum(map(len, seen))
    if not looked:
        raise ConfigError(
            f"none of the {len(finished)} finished runs in {places} was looked into; train with "
            "diagnostics=gradient_flow"
        )
    chosen = _carriers(seen)
    all_ = [
        SettingFlow(setting, state, {seed: ends[state] for seed, ends in by_seed.items()})
        if state is not None
        else SettingFlow(setting, None, {})
        for setting, by_seed, state in zip(settings.all, seen, chosen, strict=True)
    ]
    flows = Flows(
        settings, tuple(sorted(all_, key=_by_value(settings))), score,
        baselines_of(settings, score), (),
    )  # fmt: skip
    said = [*remarks(settings, flows.samples(_score(score)), score, runs, damaged)]
    if (blind := sum(len(setting.runs) for setting in settings.all) - looked) > 0:
        runs_were = "run was" if blind == 1 else "runs were"
        said.append(f"{blind} finished {runs_were} not looked into; the score alone is known")
    return Flows(settings, flows.all, score, flows.baselines, tuple(said))


def _seen(setting: Setting) -> dict[int, dict[State, Ends]]:
    """Return the first and last flow of each state, of each finished run that was looked into."""
    seen: dict[int, dict[State, Ends]] = {}
    for seed, run in setting.runs.items():
        looks = read_looks(run.folder.looks)
        if not looks:
            continue
        first, last = looks[0].flows, looks[-1].flows
        seen[seed] = {
            (layer, name): Ends(first[layer][name], flow)
            for layer, by_name in last.items()
            for name, flow in by_name.items()
            if name in first.get(layer, {})
        }
    return seen


def _carriers(seen: Sequence[Mapping[int, Mapping[State, Ends]]]) -> list[State | None]:
    """Return for each setting the state that carries the gradient the furthest after training."""
    alike: dict[tuple[State, ...], list[Mapping[State, Ends]]] = defaultdict(list)
    kinds = [_common(list(by_seed.values())) for by_seed in seen]
    for kind, by_seed in zip(kinds, seen, strict=True):
        alike[kind] += by_seed.values()
    best: dict[tuple[State, ...], State | None] = {
        kind: max(kind, key=lambda state: fmean(reached(run[state].last) or 0 for run in runs))
        if kind
        else None
        for kind, runs in alike.items()
    }
    return [best[kind] for kind in kinds]


def _common(runs: Sequence[Mapping[State, Ends]]) -> tuple[State, ...]:
    return tuple(state for state in runs[0] if all(state in run for run in runs)) if runs else ()


def _by_value(settings: Settings) -> Callable[[SettingFlow], list[int]]:
    """Return what sorts settings by the values of their columns, numbers by size."""
    orders = {
        column: in_order({setting.shown(column) for setting in settings.all})
        for column in settings.columns
    }
    return lambda flow: [orders[key].index(flow.setting.shown(key)) for key in orders]
