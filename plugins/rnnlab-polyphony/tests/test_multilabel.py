from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest
import torch

from rnnlab.cells.gru import GRU
from rnnlab.data.batch import Batch
from rnnlab.data.scaler import Scaler
from rnnlab.data.spec import DataSpec, Field
from rnnlab.errors import ConfigError
from rnnlab.models.backbone import Backbone
from rnnlab.models.recurrent_backbone import RecurrentBackbone
from rnnlab_polyphony.keys import KEY_NAMES, LOWEST
from rnnlab_polyphony.multilabel import Multilabel
from rnnlab_polyphony.next_chord import next_chord_spec

SPEC = next_chord_spec()
REALS = Field("reals", 3, sequence=True)


def backbone(input_size: int, *, causal: bool = False, bidirectional: bool = False) -> Backbone:
    return RecurrentBackbone(
        input_size, partial(GRU, hidden_size=8), bidirectional=bidirectional and not causal
    )


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        (replace(SPEC, input=Field("tokens", 5, sequence=True)), "the input is a sequence of tok"),
        (replace(SPEC, input=Field("reals", 5, sequence=False)), "the input is 5 reals"),
        (replace(SPEC, aligned=False), "not aligned"),
        (replace(SPEC, target=Field("reals", 5, sequence=False)), "not aligned"),
        (replace(SPEC, target=Field("tokens", 5, sequence=True)), "needs zeros and ones"),
        (
            replace(SPEC, target=replace(SPEC.target, scaler=Scaler((0.0,), (1.0,)))),
            "the target is scaled",
        ),
    ],
)
def test_other_data_is_refused(spec: DataSpec, why: str) -> None:
    assert why in str(Multilabel().refusal(spec))


def test_labels_of_any_aligned_sequence_are_taken() -> None:
    assert Multilabel().refusal(SPEC) is None
    assert Multilabel().refusal(DataSpec(REALS, REALS, aligned=True)) is None


def test_a_model_of_the_next_step_may_not_look_ahead() -> None:
    both = partial(backbone, bidirectional=True)
    with pytest.raises(ConfigError, match=r"^backbone.bidirectional=true: the target is the next"):
        Multilabel().build_model(SPEC, both)

    Multilabel().build_model(DataSpec(REALS, REALS, aligned=True), both)


def test_no_chord_depends_on_what_comes_later() -> None:
    torch.manual_seed(0)
    model = Multilabel().build_model(SPEC, backbone)
    roll = torch.randint(0, 2, (1, 6, 88)).float()
    changed = roll.clone()
    changed[:, 4:] = 1 - changed[:, 4:]

    first, second = model(Batch(roll)).values, model(Batch(changed)).values

    torch.testing.assert_close(first[:, :4], second[:, :4])
    assert not torch.allclose(first[:, 4:], second[:, 4:])


def test_padding_has_no_effect_on_the_loss_of_a_model() -> None:
    torch.manual_seed(0)
    task = Multilabel()
    model = task.build_model(SPEC, backbone)
    rolls = torch.randint(0, 2, (2, 6, 88)).float()
    lengths = torch.tensor([6, 3])
    batch = Batch(rolls[:, :-1], rolls[:, 1:], lengths - 1)
    spoilt = Batch(batch.input.clone(), batch.target.clone(), batch.lengths)
    spoilt.input[1, 2:] = 7
    spoilt.target[1, 2:] = 7
    alone = [
        Batch(rolls[i : i + 1, : n - 1], rolls[i : i + 1, 1:n])
        for i, n in enumerate(lengths.tolist())
    ]

    loss = task.loss(model(batch), batch)
    parts = [task.loss(model(each), each) for each in alone]

    assert torch.equal(loss.total, task.loss(model(spoilt), spoilt).total)
    torch.testing.assert_close(loss.total, parts[0].total + parts[1].total)
    assert int(loss.count) == 7


def test_predictions_name_the_keys_above_the_threshold_at_each_valid_step() -> None:
    torch.manual_seed(0)
    batch = Batch(torch.randint(0, 2, (2, 3, 88)).float(), lengths=torch.tensor([3, 1]))
    for threshold in (0.5, 0.55):
        task = Multilabel(threshold=threshold)
        model = task.build_model(SPEC, backbone).eval()

        rows = task.predict(model, batch)

        chances = model(batch).values.sigmoid()
        assert [len(row["prediction"]) for row in rows] == [3, 1]
        for row, steps in zip(rows, chances, strict=True):
            for names, given, step in zip(
                row["prediction"], row["probability"], steps, strict=False
            ):
                expected = [name for name, p in zip(KEY_NAMES, step, strict=True) if p > threshold]
                assert names == expected
                assert given == pytest.approx(step[step > threshold].tolist())


def test_labels_without_names_are_answered_by_their_number() -> None:
    task = Multilabel()
    model = task.build_model(DataSpec(REALS, REALS, aligned=True), backbone).eval()
    with torch.no_grad():
        model.head.bias.copy_(torch.tensor([9.0, -9.0, 9.0]))

    (row,) = task.predict(model, Batch(torch.zeros(1, 1, 3)))

    assert row["prediction"] == [[0, 2]]


def test_training_finds_the_chord_that_always_follows() -> None:
    torch.manual_seed(0)
    task = Multilabel(initial_probability=0.02)
    model = task.build_model(SPEC, backbone)
    roll = torch.zeros(1, 9, 88)
    roll[0, ::2, 60 - LOWEST] = 1
    roll[0, 1::2, 64 - LOWEST] = 1
    batch = Batch(roll[:, :-1], roll[:, 1:])
    optimizer = torch.optim.Adam(model.parameters(), lr=0.03)
    for _ in range(200):
        optimizer.zero_grad()
        task.loss(model(batch), batch).mean.backward()
        optimizer.step()

    (row,) = task.predict(model, batch)

    assert row["prediction"] == [["E4"], ["C4"]] * 4
    scores = task.scores(SPEC)
    scores.update(model(batch), batch)
    result = scores.compute()
    assert result["frame_accuracy"] == 1
    assert task.monitor(SPEC) == ("loss", "min")
    assert result["loss"] < 0.5


def test_dropout_is_applied_before_the_head() -> None:
    model = Multilabel(dropout=0.5).build_model(SPEC, backbone)

    assert model.dropout.p == 0.5


def test_the_head_starts_at_the_initial_probability() -> None:
    torch.manual_seed(0)
    task = Multilabel(initial_probability=0.05)
    model = task.build_model(SPEC, backbone)

    values = model(Batch(torch.zeros(1, 1, 88))).values

    assert values.sigmoid().mean().item() == pytest.approx(0.05, abs=0.01)
