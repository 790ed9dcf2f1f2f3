from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from rnnlab.data.batch import Batch
from rnnlab.data.scaler import Scaler
from rnnlab.data.spec import DataSpec, Field
from rnnlab.data.vocabulary import BEGIN, END, Vocabulary
from rnnlab.models.backbone import BackboneFactory
from rnnlab.models.decoding import feed_back, greedy
from rnnlab.models.encoder_decoder import EncoderDecoder
from rnnlab.models.output import Output
from rnnlab.models.sequence_model import SequenceModel
from rnnlab.tasks.decoding import DecodingTask
from rnnlab.tasks.many_to_many import ManyToMany
from rnnlab.tasks.one_to_many import OneToMany

Factories = Callable[..., BackboneFactory]
WORDS = Vocabulary((END, BEGIN, "one", "two", "three"))
TOKENS = Field("tokens", 5, sequence=True, vocabulary=WORDS, tokenizer="words", max_length=4)
UNENDED = Field("tokens", 5, sequence=True, max_length=4)
REALS = Field("reals", 2, sequence=True, scaler=Scaler((10.0, 0.0), (2.0, 5.0)), max_length=4)

INPUTS: dict[str, tuple[Field, Callable[..., torch.Tensor]]] = {
    "reals": (Field("reals", 3, sequence=True), lambda *shape: torch.randn(*shape, 3)),
    "tokens": (Field("tokens", 6, sequence=True), lambda *shape: torch.randint(6, shape)),
    "frames": (
        Field("image", 32, sequence=True, shape=(2, 4, 4)),
        lambda *shape: torch.randn(*shape, 2, 4, 4),
    ),
}
TARGETS = {"tokens": TOKENS, "unended": UNENDED, "reals": REALS}
TASKS: dict[str, Callable[..., DecodingTask]] = {
    "one_to_many": OneToMany,
    "many_to_many": ManyToMany,
    "attention": lambda **given: ManyToMany(attention="general", **given),
}


def case(task: str, kind: str, target: str, B: int, T: int, L: int) -> tuple[DataSpec, Batch]:
    field, draw = INPUTS[kind]
    timed = task != "one_to_many"
    spec = DataSpec(
        Field(field.kind, field.size, sequence=timed, shape=field.shape), TARGETS[target]
    )
    lengths = torch.arange(B) % L + 1
    targets = torch.randn(B, L, 2) if target == "reals" else torch.randint(2, 5, (B, L))
    if target == "tokens":
        targets = targets.masked_fill(torch.arange(L) >= lengths.unsqueeze(1) - 1, 0)
    x = draw(B, T) if timed else draw(B)
    return spec, Batch(x, targets, torch.arange(B) % T + 1 if timed else None, lengths)


@pytest.mark.parametrize(
    ("kind", "decoder"),
    [("frames", "greedy"), ("reals", "greedy"), ("tokens", "beam"), ("tokens", "sampling")],
)
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize(("B", "T", "L"), [(5, 6, 4), (1, 1, 1)])
def test_every_task_learns_scores_and_answers(
    task: str,
    kind: str,
    target: str,
    decoder: str,
    B: int,
    T: int,
    L: int,
    recurrent: Factories,
    device: torch.device,
) -> None:
    spec, batch = case(task, kind, target, B, T, L)
    batch = batch.to(device)
    mapping = TASKS[task](image_encoder="cnn", decoder=decoder, scheduled_sampling=0.2)
    assert mapping.refusal(spec) is None
    torch.manual_seed(0)
    model = mapping.build_model(spec, recurrent()).to(device)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
    losses = []
    for epoch in range(6):
        mapping.on_epoch(epoch)
        optimizer.zero_grad()
        loss = mapping.loss(model(batch), batch).mean
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < losses[0]

    scores = mapping.scores(spec).to(device)
    with torch.inference_mode():
        output = mapping.evaluate(model.eval(), batch)
        scores.update(output, batch)
        rows = mapping.predict(model, Batch(batch.input, lengths=batch.lengths))
    computed = scores.compute()
    assert mapping.monitor(spec) == (("rmse" if target == "reals" else "token_error_rate"), "min")
    assert mapping.monitor(spec)[0] in computed
    assert computed["loss"] == pytest.approx(float(mapping.loss(output, batch).mean), rel=1e-5)
    assert len(rows) == B


@pytest.mark.parametrize(("bidirectional", "scheduled_sampling"), [(False, 0.5), (True, 0.0)])
@pytest.mark.parametrize("target", ["tokens", "reals"])
@pytest.mark.parametrize("kind", INPUTS)
@pytest.mark.parametrize("task", TASKS)
def test_every_tensor_is_made_on_the_device_of_the_model(
    task: str,
    kind: str,
    target: str,
    bidirectional: bool,
    scheduled_sampling: float,
    recurrent: Factories,
) -> None:
    spec, batch = case(task, kind, target, 3, 5, 4)
    mapping = TASKS[task](image_encoder="cnn", scheduled_sampling=scheduled_sampling)
    model = mapping.build_model(spec, recurrent(bidirectional=bidirectional)).to("meta")
    batch = batch.to("meta")
    loss = mapping.loss(model(batch), batch)
    assert loss.total.device.type == loss.count.device.type == "meta"
    loss.total.backward()


def built(task: DecodingTask, target: str, recurrent: Factories) -> tuple[EncoderDecoder, Batch]:
    spec, batch = case("many_to_many", "tokens", target, 5, 6, 4)
    torch.manual_seed(3)
    model = task.build_model(spec, recurrent()).eval()
    assert isinstance(model, EncoderDecoder)
    return model, batch


def test_evaluates_with_and_without_the_true_tokens(recurrent: Factories) -> None:
    task = ManyToMany()
    model, batch = built(task, "tokens", recurrent)
    output = task.evaluate(model, batch)
    source, state = model.encode(batch)
    free = greedy(model.step_of(source), state, model.decoder.begin(source), 0, 4)
    torch.testing.assert_close(output.values, model(batch).values)
    assert output.sequence is not None
    assert torch.equal(output.sequence, free.tokens)
    assert torch.equal(
        task.evaluate(model, Batch(batch.input, lengths=batch.lengths)).sequence, free.tokens
    )


def test_evaluates_reals_on_their_own_values(recurrent: Factories) -> None:
    task = ManyToMany()
    model, batch = built(task, "reals", recurrent)
    output = task.evaluate(model, batch)
    source, state = model.encode(batch)
    free = feed_back(model.step_of(source), state, model.decoder.begin(source), 4)
    torch.testing.assert_close(output.sequence, free)
    assert output.sequence_lengths is batch.target_lengths
    # The first step reads no earlier target, so that both agree there and differ later.
    assert output.values is not None
    torch.testing.assert_close(output.values[:, 0], free[:, 0])
    assert not torch.allclose(output.values[1:, 1], free[1:, 1])


def test_lengths_without_end_are_those_of_the_targets(recurrent: Factories) -> None:
    task = ManyToMany()
    model, batch = built(task, "unended", recurrent)
    output = task.evaluate(model, batch)
    assert output.sequence is not None
    assert output.sequence.shape == (5, 4)
    assert output.sequence_lengths is batch.target_lengths


@pytest.mark.parametrize("target", TARGETS)
def test_max_length_bounds_the_answers(target: str, recurrent: Factories) -> None:
    task = ManyToMany(max_length=2)
    model, batch = built(task, target, recurrent)
    with torch.no_grad():
        model.decoder.head.bias[0] = -100.0  # never the end
    rows = task.predict(model, Batch(batch.input, lengths=batch.lengths))
    answers = [row["prediction"] for row in rows]
    lengths = [len(item.split() if isinstance(item, str) else item) for item in answers]
    assert all(length <= 2 for length in lengths)
    assert max(lengths) > 0
    if target != "tokens":
        assert lengths == [2] * 5


def test_answers_are_joined_words_with_their_probability(recurrent: Factories) -> None:
    task = ManyToMany()
    model, batch = built(task, "tokens", recurrent)
    source, state = model.encode(batch)
    free = greedy(model.step_of(source), state, model.decoder.begin(source), 0, 4)
    rows = task.predict(model, batch)
    expected: list[dict[str, Any]] = [
        {
            "prediction": " ".join(WORDS.decode(tokens)),
            "probability": pytest.approx(probability),
        }
        for tokens, probability in zip(
            free.tokens.tolist(), free.log_probabilities.exp().tolist(), strict=True
        )
    ]
    assert rows == expected


def test_answers_are_in_the_units_of_the_data(recurrent: Factories) -> None:
    task = ManyToMany()
    model, batch = built(task, "reals", recurrent)
    sequence = task.evaluate(model, batch).sequence
    assert sequence is not None
    for row, values in zip(task.predict(model, batch), sequence.tolist(), strict=True):
        assert row["prediction"] == [
            pytest.approx([10 + 2 * first, 5 * second], rel=1e-5) for first, second in values
        ]


def test_epochs_move_the_model_of_the_task(recurrent: Factories) -> None:
    task = ManyToMany(scheduled_sampling=0.8, scheduled_sampling_epochs=4)
    model, _ = built(task, "tokens", recurrent)
    task.on_epoch(2)
    assert model.scheduled_sampling.probability == pytest.approx(0.4)


def test_padding_of_the_target_changes_no_loss(recurrent: Factories) -> None:
    for target in ("tokens", "reals"):
        task = ManyToMany()
        model, batch = built(task, target, recurrent)
        assert batch.target is not None
        assert batch.target_lengths is not None
        dirty = batch.target.clone()
        for b, length in enumerate(batch.target_lengths.tolist()):
            dirty[b, length:] = torch.nan if target == "reals" else 99
        results = []
        for given in (batch.target, dirty):
            changed = Batch(batch.input, given, batch.lengths, batch.target_lengths)
            model.zero_grad()
            loss = task.loss(model(changed), changed)
            loss.total.backward()
            results.append([loss.total.detach(), *(p.grad.clone() for p in model.parameters())])
        torch.testing.assert_close(results[1], results[0], rtol=0, atol=0)


def test_wrong_use_is_an_error(recurrent: Factories, window_mlp: Factories) -> None:
    task = ManyToMany()
    _, batch = built(task, "tokens", recurrent)
    with pytest.raises(ValueError, match="values"):
        task.loss(Output(None), batch)
    other = SequenceModel(DataSpec(INPUTS["tokens"][0], TOKENS), window_mlp())
    with pytest.raises(TypeError, match="SequenceModel"):
        task.evaluate(other, batch)
