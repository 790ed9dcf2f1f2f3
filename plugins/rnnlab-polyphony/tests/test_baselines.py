from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from rnnlab.baselines.base import Baseline
from rnnlab.baselines.evaluate import evaluate_baselines
from rnnlab.data.batch import Batch
from rnnlab.data.datasets.digits_rows import DigitsRows
from rnnlab.errors import ConfigError
from rnnlab.tasks.synced_many_to_many import SyncedManyToMany
from rnnlab_polyphony.keys import LOWEST
from rnnlab_polyphony.label_frequency import LabelFrequency
from rnnlab_polyphony.label_persistence import LabelPersistence
from rnnlab_polyphony.multilabel import Multilabel
from rnnlab_polyphony.piano_rolls import PianoRolls

# One key: on on off on | off on. Five steps are foretold, three of them on.
TRAIN = [[[60], [60], [], [60]], [[], [60]]]
KEY = 60 - LOWEST


@pytest.fixture
def data(tmp_path: Path) -> PianoRolls:
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"train": TRAIN, "valid": TRAIN, "test": [TRAIN[0]]}))
    return PianoRolls(str(path))


@pytest.mark.parametrize("baseline", [LabelFrequency(), LabelPersistence()])
def test_they_are_baselines(baseline: object) -> None:
    assert isinstance(baseline, Baseline)


def test_the_frequency_of_a_label_is_counted_without_padding(data: PianoRolls) -> None:
    baseline = LabelFrequency()
    baseline.fit(data)

    values = baseline.output(data.split("test").batch(torch.tensor([0]))).values

    assert values.shape == (1, 3, 88)
    # on in 3 of 4 steps that are foretold: 60, rest, 60 and 60
    assert values[0, :, KEY].tolist() == pytest.approx([(3 + 1) / (4 + 2)] * 3)
    assert values[0, 0, 0].item() == pytest.approx(1 / 6)


def test_persistence_is_what_followed_what(data: PianoRolls) -> None:
    baseline = LabelPersistence()
    baseline.fit(data)

    values = baseline.output(data.split("test").batch(torch.tensor([0]))).values

    usual = 4 / 6
    after_on, after_off = (1 + usual) / (2 + 1), (2 + usual) / (2 + 1)
    assert values[0, :, KEY].tolist() == pytest.approx([after_on, after_on, after_off])


def test_both_are_scored_in_nats_by_the_task_and_in_squares_by_another(data: PianoRolls) -> None:
    nats = evaluate_baselines(data, Multilabel())
    squares = evaluate_baselines(data, SyncedManyToMany())

    target = data.split("test").target[0].double()
    for baseline in (LabelFrequency(), LabelPersistence()):
        baseline.fit(data)
        batch = data.split("test").batch(torch.tensor([0]))
        chances = baseline.output(batch).values[0].double()
        expected = -(target * chances.log() + (1 - target) * (1 - chances).log()).sum() / 3
        assert nats[baseline.name]["loss"] == pytest.approx(expected.item(), rel=1e-5)
        error = (chances - target).square().mean().item()
        assert squares[baseline.name]["loss"] == pytest.approx(error, rel=1e-5)


def test_persistence_refuses_data_that_has_no_past_of_its_own() -> None:
    with pytest.raises(ConfigError, match="baseline=label_persistence: needs the past"):
        LabelPersistence().fit(DigitsRows())


def test_a_batch_without_lengths_is_answered_at_every_step(data: PianoRolls) -> None:
    baseline = LabelFrequency()
    baseline.fit(data)

    assert baseline.output(Batch(torch.zeros(2, 5, 88))).values.shape == (2, 5, 88)
