"""Each rule of the contract for datasets is broken by one wrong dataset, which breaks no other."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, ClassVar, Literal

import pytest
import torch

from rnnlab.data.batch import UNCOUNTED, Batch
from rnnlab.data.content import content_sha256
from rnnlab.data.dataset import Dataset
from rnnlab.data.generation import PARTS, part_generator, splits_sha256
from rnnlab.data.spec import DataSpec, Field
from rnnlab.data.split import ExampleSplit, TensorSplit
from rnnlab.data.vocabulary import Vocabulary
from rnnlab.errors import ConfigError, check_choice
from rnnlab.ranges import Range
from rnnlab.testing import DatasetContract, run
from rnnlab.testing.run import rules

MUTANTS: dict[str, type] = {}


class Right(Dataset):
    """Sequences of three reals with a class, of different lengths."""

    def __init__(
        self,
        size: Annotated[int, Range(min=2)] = 6,
        kind: Literal["normal", "uniform"] = "normal",
        split_seed: int = 0,
    ) -> None:
        check_choice("kind", kind, ("normal", "uniform"))
        self.splits: dict[Any, Any] = {}
        for part in PARTS:
            generator = part_generator(split_seed, part)
            draw = torch.randn if kind == "normal" else torch.rand
            x = draw(size, 4, 3, generator=generator)
            y = torch.arange(size) % 2
            self.splits[part] = self.made(x, y, torch.arange(size) % 4 + 1)

    def made(self, x, y, lengths):
        return TensorSplit(x, y, lengths)

    @property
    def spec(self) -> DataSpec:
        return DataSpec(Field("reals", 3, True, max_length=4), Field("tokens", 2, False))

    def split(self, part):
        return self.splits[part]

    def sha256(self) -> str:
        return splits_sha256(self.splits)


def contract(dataset: Any) -> type[DatasetContract]:
    class Tried(DatasetContract):
        def make_dataset(self, **arguments):
            return dataset(**arguments)

        def make_other_dataset(self):
            return dataset(split_seed=5)

    return Tried


def breaks(rule: str) -> Any:
    def register(dataset: type) -> type:
        MUTANTS[rule] = dataset
        return dataset

    return register


def failures(dataset: Any) -> dict[str, str]:
    return {o.rule: o.reason for o in run(contract(dataset)) if o.verdict == "failed"}


def test_a_right_dataset_keeps_every_rule() -> None:
    assert {outcome.verdict for outcome in run(contract(Right))} == {"passed"}


def test_every_rule_has_a_wrong_dataset() -> None:
    assert MUTANTS.keys() == set(rules(DatasetContract))


@pytest.mark.parametrize("rule", sorted(set(rules(DatasetContract))))
def test_a_wrong_dataset_fails_the_one_rule_that_it_breaks(rule: str) -> None:
    failed = failures(MUTANTS[rule])
    assert list(failed) == [rule], failed
    assert len(failed[rule]) > 30  # says what to change


class Words(Right):
    """Two tokens a text; that at the end of a held-out text is unknown, or one that is known."""

    end = 0

    def made(self, x, y, lengths):
        first = torch.arange(3).repeat(2) + 1
        second = torch.full((6,), self.end) if self.splits else first + 3
        return TensorSplit(torch.stack([first, second], 1), y)

    @property
    def spec(self) -> DataSpec:
        known = Vocabulary(("<unk>", *"abcdef"))
        return DataSpec(
            Field("tokens", 7, True, vocabulary=known, max_length=2), Field("tokens", 2, False)
        )


class KnownWords(Words):
    end = 4


@pytest.mark.parametrize(("dataset", "held"), [(Words, True), (KnownWords, False)])
def test_texts_with_an_unknown_token_may_look_alike(dataset: type, held: bool) -> None:
    assert ("test_no_example_is_in_two_parts" not in failures(dataset)) == held


def test_other_words_with_the_same_ids_are_other_content() -> None:
    class Renamed(Right):
        @property
        def spec(self):
            spec = super().spec
            names = Vocabulary(("a", "b") if self.split_seed == 0 else ("c", "d"))
            return replace(spec, target=replace(spec.target, vocabulary=names))

        def __init__(self, split_seed: int = 0) -> None:
            self.split_seed = split_seed
            super().__init__()

        def sha256(self):
            return content_sha256(str(self.spec.target.vocabulary))

    assert "test_the_hash_follows_the_content" not in failures(Renamed)


class Between(Right):
    """``least`` has to be small beside ``most``, which the signature does not tell."""

    def __init__(self, least: int = 800, most: int = 900, split_seed: int = 0) -> None:
        if least > most // 200:
            raise ConfigError("too large", key="least", value=least)
        super().__init__(6 + least, split_seed=split_seed)


class BetweenContract(DatasetContract):
    def make_dataset(self, **arguments):
        return Between(**{"least": 2, "most": 900, **arguments})


def test_values_are_tried_until_some_are_taken() -> None:
    class Tried(BetweenContract):
        unseen_arguments: ClassVar = {"most": "a bound alone"}

    failed = [outcome for outcome in run(Tried) if outcome.verdict == "failed"]
    assert failed == []


def test_refused_values_are_no_effect() -> None:
    class Tried(BetweenContract):
        other_values: ClassVar = {"most": 100}

    (failed,) = [outcome for outcome in run(Tried) if outcome.verdict == "failed"]
    assert failed.reason.startswith("no other value of argument most could be tried (least=2: too")


@breaks("test_make_dataset_makes_a_dataset")
class NoDataset:
    pass


@breaks("test_spec_is_consistent")
class Unaligned(Right):
    @property
    def spec(self):
        return replace(super().spec, next_step=True)


@breaks("test_spec_survives_json")
class Odd(Right):
    @property
    def spec(self):
        spec = super().spec
        return replace(spec, input=replace(spec.input, name=("a", "b")))  # type: ignore[arg-type]


@breaks("test_parts_hold_examples")
class Empty(Right):
    def split(self, part):
        return self.splits[part].first(0 if part == "val" else 99)


@breaks("test_inputs_are_what_the_spec_says")
class Double(Right):
    def made(self, x, y, lengths):
        return TensorSplit(x.double(), y, lengths)


@breaks("test_targets_are_what_the_spec_says")
class Short(Right):
    def made(self, x, y, lengths):
        return TensorSplit(x, y.int(), lengths)


@breaks("test_lengths_are_right")
class Zero(Right):
    def made(self, x, y, lengths):
        return TensorSplit(x, y, lengths - 1)


@breaks("test_values_are_in_range")
class FromOne(Right):
    def made(self, x, y, lengths):
        return TensorSplit(x, y + 1, lengths)


@breaks("test_two_constructions_are_equal")
class Counting(Right):
    made_so_far = 0

    def sha256(self):
        Counting.made_so_far += 1
        return f"{Counting.made_so_far:064x}"


@breaks("test_the_seed_of_the_run_changes_nothing")
class Seeding(Right):
    def __init__(self, size: Annotated[int, Range(min=2)] = 6, split_seed: int = 0) -> None:
        torch.manual_seed(0)
        super().__init__(size, split_seed=split_seed)


@breaks("test_the_hash_is_hexadecimal")
class Loud(Right):
    def sha256(self):
        return super().sha256().upper()


@breaks("test_the_hash_follows_the_content")
class HashOfSize(Right):
    def __init__(self, size: Annotated[int, Range(min=2)] = 6, split_seed: int = 0) -> None:
        super().__init__(size)
        # What another file would hold, whose content the hash leaves out.
        if split_seed == 5:
            self.splits["test"] = Right(size, split_seed=5).splits["test"]
        elif split_seed:
            self.splits = Right(size, split_seed=split_seed).splits
        self.hash = splits_sha256({**self.splits, "test": self.splits["val"]})

    def sha256(self):
        return self.hash


@breaks("test_no_example_is_in_two_parts")
class Leaking(Right):
    def split(self, part):
        return self.splits["val" if part == "test" else part]


@breaks("test_batches_hold_the_examples")
class Losing(Right):
    def split(self, part):
        return ExampleSplit(_Examples(self.splits[part]), _lose)


class _Examples:
    def __init__(self, whole):
        self.whole = whole

    def __call__(self, epoch):
        for row in range(len(self.whole)):
            yield self.whole.batch(torch.tensor([row]))


def _lose(examples):
    inputs = [torch.nn.functional.pad(e.input, (0, 0, 0, 4 - e.input.shape[1])) for e in examples]
    target = torch.cat([example.target for example in examples])
    lengths = torch.cat([example.lengths for example in examples])
    return Batch(torch.cat(inputs) + 1, target, lengths)


@breaks("test_its_task_takes_it")
class Pictures(Right):
    def made(self, x, y, lengths):
        return TensorSplit(x, x[:, 0].reshape(-1, 1, 1, 3).contiguous(), lengths)

    @property
    def spec(self):
        return replace(super().spec, target=Field("image", 3, False, shape=(1, 1, 3)))


@breaks("test_it_can_be_trained_on")
class Huge(Right):
    def made(self, x, y, lengths):
        return TensorSplit(x, (x[:, 0, :1] * 1e25).contiguous(), lengths)

    @property
    def spec(self):
        return replace(super().spec, target=Field("reals", 1, False))


@breaks("test_baselines_have_finite_scores")
class Alone(Right):
    baselines = ()


@breaks("test_other_processes_can_read_it")
class Closed(Right):
    def made(self, x, y, lengths):
        return _Unpicklable(x, y, lengths)


class _Unpicklable(TensorSplit):
    def __reduce__(self):
        raise TypeError("an open file")


@breaks("test_every_argument_changes_something")
class Idle(Right):
    def __init__(
        self,
        size: Annotated[int, Range(min=2)] = 6,
        split_seed: int = 0,
        width: Annotated[int, Range(min=1)] = 1,
    ) -> None:
        super().__init__(size, split_seed=split_seed)


@breaks("test_the_hash_follows_the_arguments")
class HashOfSeed(Right):
    def __init__(self, size: Annotated[int, Range(min=2)] = 6, split_seed: int = 0) -> None:
        super().__init__(size, split_seed=split_seed)
        self.hash = splits_sha256(Right(6, split_seed=split_seed).splits)

    def sha256(self):
        return self.hash


@breaks("test_wrong_values_are_refused")
class Careless(Right):
    def __init__(
        self,
        size: Annotated[int, Range(min=2)] = 6,
        kind: Literal["normal", "uniform"] = "normal",
        split_seed: int = 0,
    ) -> None:
        super().__init__(size, "uniform" if kind == "uniform" else "normal", split_seed)


class Uncounted(Right):
    """A class at some steps of each sequence alone."""

    first = 1

    def made(self, x, y, lengths):
        classes = torch.stack([y, 1 - y, y, y], 1)
        classes[:, self.first :] = UNCOUNTED
        return TensorSplit(x, classes, lengths)

    @property
    def spec(self) -> DataSpec:
        target = Field("tokens", 2, True, max_length=4)
        return DataSpec(Field("reals", 3, True, max_length=4), target, aligned=True)


class NothingCounted(Uncounted):
    first = 0


def test_steps_that_are_not_counted_are_in_range_as_long_as_one_is() -> None:
    assert failures(Uncounted) == {}
    failed = failures(NothingCounted)
    assert "no target of split('train') counts" in failed["test_values_are_in_range"]
