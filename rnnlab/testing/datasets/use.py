"""Rules for what is done with a dataset: batches, a task, baselines, other processes."""

from __future__ import annotations

import math
import pickle
from importlib.metadata import entry_points
from typing import cast

import torch

from rnnlab.baselines.evaluate import dataset_baselines, evaluate_baselines
from rnnlab.data.batch import Batch
from rnnlab.data.generation import PARTS
from rnnlab.data.split import ExampleSplit
from rnnlab.tasks.base import Task
from rnnlab.testing.datasets.subject import DatasetSubject, batches, parts, same, whole
from rnnlab.testing.rule import rule
from rnnlab.testing.tasks.subject import attempt, build


class UseRules(DatasetSubject):
    """A dataset can be trained on, scored against naive answers, and read by other processes."""

    def make_task(self) -> Task:
        """Return a task for the data: the core's of the name ``spec.mapping``."""
        name = self.dataset().spec.mapping
        (point,) = entry_points(group="rnnlab.tasks", name=name)
        return cast(Task, point.load()())

    @rule("test_values_are_in_range")
    def test_batches_hold_the_examples(self) -> None:
        """Batches are what the parts hold, every time that an epoch is read."""
        for part, split in parts(self.dataset()).items():
            first, again = list(batches(split)), list(batches(split))
            assert len(first) == len(again) and all(map(same, first, again)), (  # noqa: PT018
                f"reading split({part!r}) again gives other batches; let examples(epoch) depend on "
                "the epoch alone"
            )
            if not isinstance(split, ExampleSplit):
                continue
            for example, number in zip(split.examples(0), range(8), strict=False):
                assert len(example) == 1, (
                    f"examples(0) of split({part!r}) gave {len(example)} rows at once; give "
                    "batches of one example"
                )
                batch = first[number // 3]
                assert _holds(batch, number % 3, example), (
                    f"collate of split({part!r}) loses something of example {number}; pad input "
                    "and target on the right, and keep lengths and target_lengths"
                )

    @rule("test_values_are_in_range")
    def test_its_task_takes_it(self) -> None:
        """The task of the name ``spec.mapping`` does not refuse it."""
        reason = self.make_task().refusal(self.dataset().spec)
        assert reason is None, (
            f"the task for such data refuses it: {reason}; mend the spec, or return the task that "
            "it is for in make_task() of the contract"
        )

    @rule("test_its_task_takes_it", "test_batches_hold_the_examples")
    def test_it_can_be_trained_on(self) -> None:
        """A training step and the scores on the other parts are finite."""
        dataset, task = self.dataset(), self.make_task()
        model = build(task, dataset.spec)
        batch = next(batches(dataset.split("train")))
        loss = task.loss(model(batch), batch).mean
        loss.backward()
        assert loss.isfinite(), f"the loss of a batch is {loss.item()}; scale the values"
        scores = task.scores(dataset.spec)
        model.eval()
        for part in PARTS[1:]:
            batch = next(batches(dataset.split(part)))
            with torch.inference_mode():
                scores.update(task.evaluate(model, batch), batch)
        wrong = {
            name: value for name, value in scores.compute().items() if not math.isfinite(value)
        }
        assert not wrong, f"scores of the first batches are {wrong}; scale the values"

    @rule("test_it_can_be_trained_on")
    def test_baselines_have_finite_scores(self) -> None:
        """At least one naive answer is scored beside the model."""
        dataset = self.dataset()
        advice = "name in `baselines` what fits your data (rnnlab.baselines.registry)"
        with attempt("making the baselines", advice):
            named = [baseline.name for baseline in dataset_baselines(dataset)]
        assert named, f"there is no baseline; {advice}, or leave it None for those of the target"
        assert len(set(named)) == len(named), f"two baselines have one name: {named}; rename one"
        with attempt(f"scoring the baselines {', '.join(named)}", advice):
            results = evaluate_baselines(dataset, self.make_task())
        for name, scores in results.items():
            assert scores, f"baseline {name} has no score on the test part; {advice}"
            wrong = {key: value for key, value in scores.items() if not _scored(key, value)}
            assert not wrong, f"baseline {name} scores {wrong}; {advice}"

    @rule("test_two_constructions_are_equal")
    def test_other_processes_can_read_it(self) -> None:
        """A part survives pickling, as it must to reach a worker process."""
        dataset = self.dataset()
        for part in PARTS:
            split = dataset.split(part)
            advice = (
                "hold tensors, texts and objects of top-level classes: no lambdas or open files"
            )
            with attempt(f"pickling split({part!r})", advice):
                again = pickle.loads(pickle.dumps(split))
            assert same(whole(split), whole(again)), (
                f"split({part!r}) gives other examples after pickling; {advice}"
            )


def _scored(name: str, value: float) -> bool:
    # A naive answer may give what happens no probability at all: an honest infinite loss.
    return math.isfinite(value) or (value == math.inf and name in _UNBOUNDED)


_UNBOUNDED = ("loss", "perplexity", "bits_per_token", "bits_per_character")


def _holds(batch: Batch, row: int, example: Batch) -> bool:
    """Return whether a row of a batch is a single example behind padding."""
    for side, counted in (("input", "lengths"), ("target", "target_lengths")):
        mine, theirs = getattr(batch, side), getattr(example, side)
        if mine is None or theirs is None:
            if mine is not theirs:
                return False
            continue
        alone = getattr(example, counted)
        steps = None if alone is None else int(alone[0])
        if steps is not None:
            lengths = getattr(batch, counted)
            if lengths is None or int(lengths[row]) != steps:
                return False
            mine, theirs = mine[:, :steps], theirs[:, :steps]
        elif mine[row].shape != theirs[0].shape:
            # Aligned with the input, whose lengths count.
            mine = mine[:, : theirs.shape[1]]
        if not torch.equal(mine[row], theirs[0]):
            return False
    return True
