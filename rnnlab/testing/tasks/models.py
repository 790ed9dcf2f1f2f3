"""Rules for the models that a task builds."""

from __future__ import annotations

from dataclasses import replace

import torch

from rnnlab.data.batch import Batch
from rnnlab.errors import ConfigError
from rnnlab.models.model import Model
from rnnlab.models.output import Output
from rnnlab.recurrence.tree import alike, leaves
from rnnlab.testing.global_random import seeded
from rnnlab.testing.rule import rule
from rnnlab.testing.tasks.backbones import core_backbones
from rnnlab.testing.tasks.subject import TaskSubject, Trial, attempt, build
from rnnlab.testing.tasks.tiny_data import rows_of, to_double


class ModelRules(TaskSubject):
    """A model fits the data, any backbone, any batch and any device."""

    @rule("test_what_is_taken_can_be_trained")
    def test_models_give_outputs(self) -> None:
        """``build_model`` returns a Model that knows its spec and returns an Output."""
        for trial in self.trials():
            model, spec = trial.model, trial.spec
            assert isinstance(model, Model), (
                f"build_model returned {type(model).__name__}; derive it from "
                "rnnlab.models.model.Model"
            )
            assert getattr(model, "spec", None) == spec, (
                "the model has another spec than it was built for; set self.spec = spec in it"
            )
            output = model(trial.batch)
            assert isinstance(output, Output), (
                f"the model returned {type(output).__name__}; return rnnlab.models.output.Output"
            )
            values = output.values
            assert isinstance(values, torch.Tensor), f"Output.values is None ({trial.case})"
            assert values.shape[:1] == (len(trial.batch),), (
                f"Output.values must have a row for each of the {len(trial.batch)} examples "
                f"({trial.case})"
            )

    @rule("test_what_is_taken_can_be_trained")
    def test_every_parameter_gets_a_gradient(self) -> None:
        """Nothing is built that the loss does not reach."""
        for trial in self.trials():
            trial.task.loss(trial.model.train()(trial.batch), trial.batch).mean.backward()
            lonely = [
                name
                for name, parameter in trial.model.named_parameters()
                if parameter.requires_grad and parameter.grad is None
            ]
            assert not lonely, (
                f"{', '.join(lonely)} got no gradient ({trial.case}); use it in forward, or do not "
                "build it for such data"
            )

    @rule("test_models_give_outputs")
    def test_a_batch_of_one_example_and_of_one_step(self) -> None:
        """B = 1 and T = 1 are batches as any other: nothing is squeezed away."""
        for trial in self.trials():
            for batch in (rows_of(trial.batch, slice(0, 1)), one_step(trial)):
                if batch is None:
                    continue
                shape = f"an input {tuple(batch.input.shape)} ({trial.case})"
                advice = "name the axes that you squeeze, index or average over"
                with attempt(shape, advice):
                    loss = trial.task.loss(trial.model(batch), batch)
                    rows = trial.rows(replace(batch, target=None))
                assert loss.total.isfinite(), f"the loss of {shape} is {loss.total}; {advice}"
                assert len(rows) == len(batch), (
                    f"predict gave {len(rows)} rows for {shape}; {advice}"
                )

    @rule("test_models_give_outputs")
    def test_float64(self) -> None:
        """A model in float64 gives a loss in float64: no tensor is made with a fixed dtype."""
        for trial in self.trials():
            batch, model = to_double(trial.batch), trial.model.double()
            advice = "make new tensors like others (x.new_zeros, zeros_like), not with torch.zeros"
            with attempt(f"a model in float64 ({trial.case})", advice):
                total = trial.task.loss(model(batch), batch).total
            assert total.dtype == torch.float64, (
                f"the loss of a float64 model is {total.dtype} ({trial.case}); {advice}"
            )

    @rule("test_models_give_outputs")
    def test_tensors_are_made_on_the_device_of_the_model(self) -> None:
        """Forward, loss and backward run on the ``meta`` device, where other devices' fail."""
        for trial in self.trials():
            model, batch = trial.model.to("meta"), trial.batch.to("meta")
            advice = "make new tensors on the device of others (device=x.device)"
            with attempt(f"a model on another device ({trial.case})", advice):
                try:
                    loss = trial.task.loss(model(batch), batch)
                    loss.total.backward()
                except (RuntimeError, NotImplementedError, ConfigError) as error:
                    if "device" in str(error):
                        raise
                    continue  # it looks at values, which are not there on this device
            for name, part in (("total", loss.total), ("count", loss.count)):
                assert part.device.type == "meta", f"Loss.{name} is on {part.device}; {advice}"

    @rule("test_models_give_outputs")
    def test_every_backbone_works_or_is_refused(self) -> None:
        """Every cell of the core trains, both directions and the window too, or a ConfigError."""
        for trial in self.trials():
            refused = {}
            for name, backbone in core_backbones().items():
                advice = (
                    "take what the backbone gives (output_size, causal), or raise ConfigError in "
                    "build_model"
                )
                with attempt(f"{name} ({trial.case})", advice):
                    try:
                        model = build(trial.task, trial.spec, backbone)
                    except ConfigError as error:
                        refused[name] = str(error)
                        continue
                    loss = trial.task.loss(model(trial.batch), trial.batch)
                    loss.mean.backward()
                    trial.task.predict(model.eval(), replace(trial.batch, target=None))
                assert loss.total.isfinite(), f"{name}: the loss is {loss.total} ({trial.case})"
            for name, why in refused.items():
                # A window cannot decode, and a model of the next step must not look ahead.
                assert "window" in name or "bidirectional" in name, (
                    f"{name} is refused ({why}), but any cell must do ({trial.case})"
                )

    @rule("test_models_give_outputs")
    def test_the_seed_decides_the_weights(self) -> None:
        """The weights come from torch's generator as the run has seeded it."""
        for trial in self.trials():
            made = []
            for seed in (1, 1, 2):
                with seeded(seed):
                    model = trial.task.build_model(trial.spec, core_backbones()["cell=gru"])
                made.append(torch.cat([p.detach().flatten() for p in model.parameters()]))
            assert torch.equal(made[0], made[1]), (
                "two models built with the same seed differ; draw initial weights from torch"
            )
            assert not torch.equal(made[0], made[2]), (
                "models built with two seeds are equal; do not seed in build_model"
            )

    @rule("test_models_give_outputs")
    def test_chunks_carry_the_state(self) -> None:
        """Where time may be cut into chunks, the state goes over: chunks answer as the whole."""
        for trial in self.trials():
            stepwise = trial.spec.aligned and trial.spec.input.sequence
            cut = trial.spec.stream or trial.task.truncation_refusal is None
            if not (stepwise and cut):
                continue
            batch = Batch(trial.batch.input, trial.batch.target)
            model = trial.model.eval()
            with torch.no_grad():
                whole = model(batch).values
                first = model(Batch(batch.input[:, :2]))
                advice = (
                    "return the backbone's state in Output.state and start from the one given, or "
                    "say in truncation_refusal why time cannot be cut"
                )
                assert first.state is not None, f"Output.state is None ({trial.case}); {advice}"
                assert leaves(model.init_state(len(batch))), (
                    f"init_state gives no tensors ({trial.case}); return the backbone's"
                )
                assert alike(model.init_state(len(batch)), first.state), (
                    f"init_state and Output.state differ in shape ({trial.case}); {advice}"
                )
                rest = Batch(batch.input[:, 2:])
                for second in (
                    model(rest, first.state),
                    trial.task.evaluate(model, rest, first.state),
                ):
                    parts = [part for part in (first.values, second.values) if part is not None]
                    assert torch.allclose(whole, torch.cat(parts, 1), atol=1e-5), (
                        f"two chunks answer otherwise than the whole ({trial.case}); {advice}"
                    )


def one_step(trial: Trial) -> Batch | None:
    """Return a trial's batch cut to one step, where it has steps."""
    batch, spec = trial.batch, trial.spec
    if not spec.input.sequence:
        return None
    lengths = None if batch.lengths is None else torch.ones_like(batch.lengths)
    target = batch.target
    if spec.aligned and target is not None:
        target = target[:, :1]
    return replace(batch, input=batch.input[:, :1], target=target, lengths=lengths)
