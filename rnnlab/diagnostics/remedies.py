"""Which remedy moved which curve: pairs of settings that differ in one key, over seeds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rnnlab.compare.flat import ABSENT, in_order
from rnnlab.compare.paired import Pair, compare_pairs
from rnnlab.compare.sample import Sample
from rnnlab.diagnostics.flows import Flows
from rnnlab.diagnostics.naming import shown_axes, telling

# Another length of the sequences is another problem, and no remedy.
_PROBLEM = ("dataset", "task")
# What stands for doing nothing, the plainest first; of other values numbers go up.
_PLAIN = ("null", "none", "false", "rnn", "uniform")


@dataclass(frozen=True)
class Effect:
    """What a remedy did in one place.

    Args:
        plain: Index of the setting without it, in :attr:`rnnlab.diagnostics.flows.Flows.all`.
        treated: Index of the setting with it.
        where: The values of the other keys, by key.
        differences: With it less without it, by the name of the measure; None where one of the
            two has no value.
    """

    plain: int
    treated: int
    where: Mapping[str, str]
    differences: Mapping[str, Pair | None]

    @property
    def place(self) -> str:
        """Return the values of the other keys as somebody would write them."""
        return " ".join(f"{key}={value}" for key, value in self.where.items())


@dataclass(frozen=True)
class Remedy:
    """One change of one key, wherever it was made.

    Args:
        key: The key, such as ``trainer.gradient_clip_val`` or ``cell``.
        before: Its value without the remedy.
        after: Its value with it.
        effects: What it did in each place, by the values of the other keys.
    """

    key: str
    before: str
    after: str
    effects: tuple[Effect, ...]

    @property
    def name(self) -> str:
        """Return the change as words name it."""
        return f"{self.key}: {self.before} → {self.after}"

    def moved(self, measure: str) -> tuple[list[Effect], list[Effect], list[Effect]]:
        """Return where a measure was raised, lowered, and neither.

        Only what is established counts as moved: at 5%, corrected over all places of the remedy.
        """
        up: list[Effect] = []
        down: list[Effect] = []
        neither: list[Effect] = []
        for effect in self.effects:
            pair = effect.differences[measure]
            if pair is None or not pair.established or not pair.difference:
                neither.append(effect)
            else:
                (up if pair.difference > 0 else down).append(effect)
        return up, down, neither


def remedies(flows: Flows) -> list[Remedy]:
    """Return every remedy that was tried.

    A pair of settings shows one where they agree in all keys but one. Of the values of that key
    the plainest is the one without: ``null`` before a number, a small number before a large one,
    ``rnn`` before other cells. Where the key chooses a component, keys that only one of the two
    has belong to the choice, and values that no setting of the plain one has come with it too. A
    key of the dataset is part of the problem and no remedy.

    Whether a remedy moves a measure is a question of its own: p-values are corrected by Holm's
    method over the places where that remedy was tried.
    """
    values = shown_axes(flows)
    changes: dict[tuple[str, str, str], list[tuple[int, int]]] = defaultdict(list)
    for key, plain, treated in _pairs(values):
        changes[key, values[plain][key], values[treated][key]].append((plain, treated))
    samples = {measure.name: flows.samples(measure).all for measure in flows.measures}
    found = []
    for (key, before, after), pairs in changes.items():
        tested = {name: _tested(all_, pairs) for name, all_ in samples.items()}
        effects = tuple(
            Effect(
                plain,
                treated,
                _others(values, plain, treated, key),
                {name: several[place] for name, several in tested.items()},
            )
            for place, (plain, treated) in enumerate(pairs)
        )
        found.append(Remedy(key, before, after, effects))
    return found


def _pairs(values: Sequence[Mapping[str, str]]) -> Iterator[tuple[str, int, int]]:
    """Give key, index without and index with the remedy, of settings told by their values."""
    for key in values[0] if values else ():
        if key.partition(".")[0] in _PROBLEM:
            continue
        ranks = _ranks({each[key] for each in values} - {ABSENT})
        for treated, after in enumerate(values):
            plainer = [
                plain
                for plain, before in enumerate(values)
                if after[key] != ABSENT != before[key]
                and ranks[before[key]] < ranks[after[key]]
                and _agree(before, after, key, strict=False)
            ]
            least = min((ranks[values[plain][key]] for plain in plainer), default=0)
            plainest = [plain for plain in plainer if ranks[values[plain][key]] == least]
            strict = [plain for plain in plainest if _agree(values[plain], after, key, strict=True)]
            for plain in strict or plainest:
                yield key, plain, treated


def _ranks(values: set[str]) -> dict[str, int]:
    plain = [value for value in _PLAIN if value in values]
    return {value: rank for rank, value in enumerate([*plain, *in_order(values - set(plain))])}


def _agree(first: Mapping[str, str], second: Mapping[str, str], key: str, *, strict: bool) -> bool:
    """Return whether two settings agree in all but a key, and in what it chooses.

    Args:
        first: The values of one.
        second: The values of the other.
        key: The key.
        strict: Whether keys of a chosen component that both have must agree too.
    """
    for axis, value in first.items():
        if axis == key or value == second[axis]:
            continue
        chosen = axis.startswith(f"{key}.")
        if not chosen or (strict and ABSENT not in (value, second[axis])):
            return False
    return True


def _others(
    values: Sequence[Mapping[str, str]], plain: int, treated: int, key: str
) -> dict[str, str]:
    """Return the values of the other keys; of those that differ, since they were chosen, both."""
    before, after = (telling(values, index, key) for index in (plain, treated))
    found = {}
    for axis in values[treated]:
        if axis in before or axis in after:
            both = (values[index][axis] for index in (plain, treated))
            known = [each for each in dict.fromkeys(both) if each != ABSENT]
            found[axis] = " → ".join(known)
    off = {axis for axis, value in found.items() if value == "null"}
    return {axis: value for axis, value in found.items() if axis not in off} or found


def _tested(samples: Sequence[Sample], pairs: Sequence[tuple[int, int]]) -> list[Pair | None]:
    """Return the difference of each pair, corrected over all of them."""
    known = [
        place
        for place, (plain, treated) in enumerate(pairs)
        if samples[plain].values and samples[treated].values
    ]
    compared = compare_pairs(samples, [(pairs[place][1], pairs[place][0]) for place in known])
    found: list[Pair | None] = [None] * len(pairs)
    for place, pair in zip(known, compared, strict=True):
        found[place] = pair
    return found
