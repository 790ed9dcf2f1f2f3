"""What is wrong with a run is told by its plan as the run itself would tell it."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from omegaconf import OmegaConf
from torch import nn

from rnnlab.errors import ConfigError, RunFailed
from rnnlab.runs.assemble import assemble
from rnnlab.runs.record import manifest_of
from rnnlab.runs.train import configured, create, prepare, train
from rnnlab.sweeps import trial as trials
from rnnlab.sweeps.combinations import Combination
from rnnlab.sweeps.mistakes import Mistakes
from rnnlab.sweeps.plan import Plan, plan
from rnnlab.sweeps.trial import Trial

ALONE = Combination((), {})


@pytest.fixture
def sized(small: list[str]) -> list[str]:
    """Return the overrides of a small run but for its size."""
    return [item for item in small if not item.startswith("cell.hidden_size=")]


def examined(overrides: list[str], *, here: bool = True) -> Trial:
    config = configured(overrides)
    found, mistakes = Trial(here=here), Mistakes()
    found.add(OmegaConf.to_container(config, resolve=False), ALONE)  # type: ignore[arg-type]
    found.examine(mistakes)
    mistakes.look_at(ALONE)
    mistakes.raise_all()
    return found


WRONG = [
    ["task=one_to_one"],
    ["dataset=adding"],
    ["dataset=adding", "dataset.train_size=1", "dataset.steps=2"],
    ["dataset=csv_text", "dataset.path=conftest.py", "dataset.text=a", "dataset.label=b"],
    ["trainer.truncate_steps=5", "backbone.bidirectional=true"],
    ["dataset=characters", "task=synced_many_to_many", "backbone.bidirectional=true"],
    ["backbone.engine=nope"],
    ["backbone.engine=scan"],
    ["optimizer=sgd", "optimizer.nesterov=true"],
    ["optimizer.betas=[2.0,0.9]"],
    ["scheduler=step", "scheduler.step_size=0"],
    ["scheduler=one_cycle", "scheduler.total_steps=-3"],
    ["trainer.limit_val_batches=0.001"],
    ["trainer.accelerator=cuda"],
    ["trainer.strategy=nope"],
    ["tracking.enabled=true", "tracking.uri=nonsense://x"],
    ["init_from=nothing_like_it"],
]


@pytest.mark.parametrize("overrides", WRONG, ids=" ".join)
def test_each_mistake_is_the_one_of_the_run_itself(small: list[str], overrides: list[str]) -> None:
    Path("conftest.py").write_text("c,d\n1,2\n")
    told = []
    for check in (lambda all_of: create(prepare(configured(all_of))), examined):
        try:
            check([*small, *overrides])
            told.append("")
        except ConfigError as error:
            told.append(f"{type(error).__name__}: {error}")
    assert told[0] == told[1]


def test_most_of_these_are_wrong(small: list[str]) -> None:
    wrong = 0
    for overrides in WRONG[:12]:
        try:
            prepare(configured([*small, *overrides]))
        except ConfigError:
            wrong += 1
    assert wrong >= 8


@pytest.mark.parametrize("overrides", [[], ["optimizer.fused=true"], ["optimizer=adagrad"]])
def test_nothing_is_wrong_with_what_can_be_run(small: list[str], overrides: list[str]) -> None:
    assert prepare(configured([*small, *overrides]))
    assert examined([*small, *overrides])


def test_no_random_number_is_drawn_and_no_weight_made_for_equal_classes(
    sized: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    real = trials.build_model

    def building(*arguments):
        model = real(*arguments)
        made.append(next(model.parameters()).device.type)
        return model

    monkeypatch.setattr(trials, "build_model", building)
    plan([*sized, "cell.hidden_size=8,9,10", "seeds=2"])
    assert made == ["meta", "cpu", "meta", "meta"]


def test_a_model_that_meta_refuses_is_made_in_earnest(
    sized: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = trials.build_model

    def curious(config, task, spec):
        model = real(config, task, spec)
        size = config.cell.hidden_size
        if next(model.parameters()).sum().item() and size > 8:  # meta has no item
            raise ConfigError("is too much", key="cell.hidden_size", value=size)
        return model

    monkeypatch.setattr(trials, "build_model", curious)
    with pytest.raises(
        ConfigError, match=r"^cell.hidden_size=9: is too much \(cell.hidden_size=9\)"
    ):
        plan([*sized, "cell.hidden_size=8,9"])


def test_too_large_a_model_says_which(sized: list[str]) -> None:
    with pytest.raises(RunFailed, match=r"not enough memory for the model.* \(cell.hidden_size=10"):
        plan([*sized, "cell.hidden_size=8,1000000"])


def test_an_optimizer_is_given_weights_like_the_models(
    small: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[nn.Parameter] = []
    monkeypatch.setattr(trials, "check_optimization", lambda _, weights: given.extend(weights))
    examined(small)
    model = prepare(configured(small)).model
    assert [w.shape for w in given] == [w.shape for w in model.parameters()]
    assert all(w.device.type == "cpu" and w.dtype == torch.float32 for w in given)


def test_runs_that_start_from_others_are_known_by_their_weights(small: list[str]) -> None:
    first = train([*small, "name=first", "trainer.max_epochs=1"])
    found = plan([*small, "init_from=last", "optimizer.lr=0.1,0.2"])
    # The first of them will be the last run as soon as it is made.
    assert [job.config.init_from for job in found.jobs] == [str(first.path)] * 2
    assert not prints(found) & prints(plan([*small, "optimizer.lr=0.1,0.2"]))
    again = create(prepare(found.jobs[0].config))
    assert manifest_of(assemble(found.jobs[0].config), again)["fingerprint"] in prints(found)


def prints(found: Plan) -> set[str]:
    return {job.fingerprint for job in found.jobs}


@pytest.mark.skipif(torch.cuda.is_available(), reason="has what this machine is to lack")
def test_what_another_machine_executes_need_not_have_its_devices_here(small: list[str]) -> None:
    elsewhere = [*small, "trainer.accelerator=cuda", "trainer.devices=8"]
    with pytest.raises(ConfigError, match="Lightning refuses it"):
        examined(elsewhere)
    examined(elsewhere, here=False)
    with pytest.raises(ConfigError, match=r"trainer\.limit_train_batches"):
        examined([*elsewhere, "trainer.limit_train_batches=1e-9"], here=False)
