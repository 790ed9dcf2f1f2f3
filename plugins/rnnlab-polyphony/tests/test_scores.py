from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from rnnlab.data.batch import Batch
from rnnlab.models.output import Output
from rnnlab_polyphony.scores import MultilabelScores


def batch_of(steps: list[int], labels: int = 6, seed: int = 0) -> tuple[Output, Batch]:
    generator = torch.Generator().manual_seed(seed)
    shape = (len(steps), max(1, *steps), labels)
    target = torch.randint(0, 2, shape, generator=generator).float()
    logits = 2 * torch.randn(shape, generator=generator)
    return Output(logits), Batch(torch.zeros(shape), target, torch.tensor(steps))


def test_both_means_and_the_frame_accuracy_over_two_batches() -> None:
    batches = [batch_of([4, 1], seed=1), batch_of([3, 2, 0], seed=2)]
    scores = MultilabelScores()
    sums, means, hits, either = [], [], 0, 0
    for output, batch in batches:
        scores.update(output, batch)
        for logits, target, length in zip(
            output.values.double(), batch.target, batch.lengths.tolist(), strict=True
        ):
            logits, target = logits[:length], target[:length].double()
            total = F.binary_cross_entropy(logits.sigmoid(), target, reduction="sum").item()
            if length:
                sums.append((total, length))
                means.append(total / length)
            on, wanted = logits > 0, target == 1
            hits += int((on & wanted).sum())
            either += int((on | wanted).sum())

    result = scores.compute()

    assert result == {
        "loss": pytest.approx(sum(total for total, _ in sums) / 10, rel=1e-6),
        "loss_per_sequence": pytest.approx(sum(means) / 4, rel=1e-6),
        "frame_accuracy": pytest.approx(hits / either, rel=1e-6),
    }
    assert result["loss"] != pytest.approx(result["loss_per_sequence"], rel=1e-3)


def test_without_lengths_all_steps_count_and_both_means_agree() -> None:
    output, batch = batch_of([3, 3])
    scores = MultilabelScores()

    scores.update(output, Batch(batch.input, batch.target))

    result = scores.compute()
    assert result["loss"] == pytest.approx(result["loss_per_sequence"])


def test_a_higher_threshold_answers_fewer_labels() -> None:
    target = torch.ones(1, 1, 4)
    probabilities = torch.tensor([[[0.2, 0.4, 0.6, 0.8]]])
    found = []
    for threshold in (0.3, 0.5, 0.7):
        scores = MultilabelScores(threshold)
        scores.update(Output(probabilities.logit()), Batch(torch.zeros(1, 1, 4), target))
        found.append(scores.compute()["frame_accuracy"])

    assert found == pytest.approx([0.75, 0.5, 0.25])


@pytest.mark.parametrize("output", [Output(None), Output(torch.zeros(2, 1, 6))])
def test_nothing_is_counted_where_there_are_no_values_or_no_steps(output: Output) -> None:
    _, batch = batch_of([0, 0])
    scores = MultilabelScores()

    scores.update(output, batch)

    assert scores.compute() == {}


def test_after_a_reset_nothing_is_left() -> None:
    scores = MultilabelScores()
    scores.update(*batch_of([2, 1]))
    scores.reset()

    assert scores.compute() == {}
