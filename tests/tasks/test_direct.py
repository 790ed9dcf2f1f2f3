from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from rnnlab.data.batch import Batch
from rnnlab.data.scaler import Scaler
from rnnlab.data.spec import DataSpec, Field
from rnnlab.data.vocabulary import Vocabulary
from rnnlab.models.backbone import BackboneFactory
from rnnlab.models.output import Output
from rnnlab.tasks.direct import DirectTask
from rnnlab.tasks.many_to_one import ManyToOne
from rnnlab.tasks.one_to_one import OneToOne
from rnnlab.tasks.synced_many_to_many import SyncedManyToMany

Factories = Callable[..., BackboneFactory]

INPUTS = {
    "reals": (Field("reals", 3, sequence=True), lambda *shape: torch.randn(*shape, 3)),
    "tokens": (Field("tokens", 6, sequence=True), lambda *shape: torch.randint(6, shape)),
    "frames": (
        Field("image", 32, sequence=True, shape=(2, 4, 4)),
        lambda *shape: torch.randn(*shape, 2, 4, 4),
    ),
}
TASKS: dict[str, type[DirectTask]] = {
    "one_to_one": OneToOne,
    "many_to_one": ManyToOne,
    "synced": SyncedManyToMany,
}


def case(task: str, kind: str, target: str, B: int, T: int) -> tuple[DataSpec, Batch]:
    field, draw = INPUTS[kind]
    stepwise, timed = task == "synced", task != "one_to_one"
    shape = (B, T) if stepwise else (B,)
    spec = DataSpec(
        Field(field.kind, field.size, sequence=timed, shape=field.shape),
        Field("tokens" if target == "classes" else "reals", 4, sequence=stepwise),
        aligned=stepwise,
    )
    targets = torch.randint(4, shape) if target == "classes" else torch.randn(*shape, 4)
    lengths = torch.arange(B) % T + 1 if timed else None
    return spec, Batch(draw(B, T) if timed else draw(B), targets, lengths)


@pytest.mark.parametrize("backbone", ["recurrent", "window_mlp"])
@pytest.mark.parametrize("target", ["classes", "reals"])
@pytest.mark.parametrize("kind", INPUTS)
@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize(("B", "T"), [(4, 6), (1, 1)])
def test_every_task_learns_scores_and_answers(
    task: str,
    kind: str,
    target: str,
    backbone: str,
    B: int,
    T: int,
    request: pytest.FixtureRequest,
    device: torch.device,
) -> None:
    spec, batch = case(task, kind, target, B, T)
    batch = batch.to(device)
    mapping = TASKS[task](image_encoder="cnn")
    assert mapping.refusal(spec) is None
    torch.manual_seed(0)
    model = mapping.build_model(spec, request.getfixturevalue(backbone)()).to(device)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
    losses = []
    for _ in range(8):
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
        rows = mapping.predict(model, batch)
    computed = scores.compute()
    assert mapping.monitor(spec)[0] in computed
    loss = mapping.loss(output, batch)
    assert computed["loss"] == pytest.approx(float(loss.mean), rel=1e-5)
    assert len(rows) == B


@pytest.mark.parametrize("backbone", ["recurrent", "window_mlp"])
@pytest.mark.parametrize("target", ["classes", "reals"])
@pytest.mark.parametrize("kind", INPUTS)
@pytest.mark.parametrize("task", TASKS)
def test_every_tensor_is_made_on_the_device_of_the_model(
    task: str, kind: str, target: str, backbone: str, request: pytest.FixtureRequest
) -> None:
    spec, batch = case(task, kind, target, 3, 5)
    mapping = TASKS[task](image_encoder="cnn")
    model = mapping.build_model(spec, request.getfixturevalue(backbone)()).to("meta")
    batch = batch.to("meta")
    loss = mapping.loss(model(batch), batch)
    assert loss.total.device.type == loss.count.device.type == "meta"
    loss.total.backward()


@pytest.mark.parametrize("target", ["classes", "reals"])
@pytest.mark.parametrize("task", ["many_to_one", "synced"])
def test_padding_changes_no_loss_and_no_gradient(
    task: str, target: str, recurrent: Factories
) -> None:
    spec, batch = case(task, "reals", target, 4, 6)
    mapping = TASKS[task]()
    model = mapping.build_model(spec, recurrent(bidirectional=True)).double()
    assert batch.lengths is not None
    assert batch.target is not None
    x, y = batch.input.double(), batch.target
    results = []
    for garbage in (0, 1):
        x, y = x.clone(), y.clone()
        for b, length in enumerate(batch.lengths.tolist()):
            x[b, length:] = torch.nan if garbage else 0
            if task == "synced":
                y[b, length:] = 3 if garbage else 0
        model.zero_grad()
        loss = mapping.loss(model(Batch(x, y, batch.lengths)), Batch(x, y, batch.lengths))
        loss.total.backward()
        results.append([loss.total.detach(), *(p.grad for p in model.parameters())])
    torch.testing.assert_close(results[1], results[0], rtol=0, atol=0)


def test_loss_needs_values() -> None:
    with pytest.raises(ValueError, match="values"):
        OneToOne().loss(Output(None), Batch(torch.zeros(1, 2), torch.zeros(1).long()))


def test_answers_have_the_names_of_the_classes(recurrent: Factories) -> None:
    target = Field("tokens", 2, sequence=False, vocabulary=Vocabulary(("no", "yes")))
    mapping = ManyToOne()
    model = mapping.build_model(DataSpec(INPUTS["reals"][0], target), recurrent())
    x = torch.randn(5, 3, 3)
    probabilities = model(Batch(x)).values.softmax(-1)
    for row, given in zip(mapping.predict(model, Batch(x)), probabilities, strict=True):
        assert row["prediction"] == ("no", "yes")[int(given.argmax())]
        assert row["probability"] == pytest.approx(float(given.max().detach()))


def test_answers_have_the_units_of_the_data(recurrent: Factories) -> None:
    for size in (1, 2):
        scaler = Scaler((100.0,) * size, (10.0,) * size)
        target = Field("reals", size, sequence=False, scaler=scaler)
        mapping = ManyToOne()
        model = mapping.build_model(DataSpec(INPUTS["reals"][0], target), recurrent())
        x = torch.randn(2, 3, 3)
        values = model(Batch(x)).values
        for row, value in zip(mapping.predict(model, Batch(x)), values.tolist(), strict=True):
            expected = [100 + 10 * item for item in value]
            assert row == {"prediction": pytest.approx(expected if size > 1 else expected[0])}


def test_answers_of_steps_end_where_the_input_ends(recurrent: Factories) -> None:
    lengths = torch.tensor([3, 1, 0])
    x = torch.randn(3, 3, 3)
    classes = Field("tokens", 2, sequence=True, vocabulary=Vocabulary(("a", "b")))
    mapping = SyncedManyToMany()
    spec = DataSpec(INPUTS["reals"][0], classes, aligned=True)
    model = mapping.build_model(spec, recurrent())
    rows = mapping.predict(model, Batch(x, lengths=lengths))
    best = model(Batch(x, lengths=lengths)).values.argmax(-1).tolist()
    assert [row["prediction"] for row in rows] == [
        ["ab"[index] for index in steps[:n]] for steps, n in zip(best, [3, 1, 0], strict=True)
    ]
    assert [len(row["probability"]) for row in rows] == [3, 1, 0]
    reals = DataSpec(INPUTS["reals"][0], Field("reals", 1, sequence=True), aligned=True)
    model = mapping.build_model(reals, recurrent())
    rows = mapping.predict(model, Batch(x, lengths=lengths))
    assert [len(row["prediction"]) for row in rows] == [3, 1, 0]
    assert all(isinstance(value, float) for row in rows for value in row["prediction"])
