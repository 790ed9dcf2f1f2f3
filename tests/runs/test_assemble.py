import pytest
import torch

from rnnlab.config.compose import compose
from rnnlab.errors import ConfigError
from rnnlab.runs.assemble import assemble


def weights(*overrides):
    model = assemble(compose(["cell.hidden_size=4", *overrides])).model
    return torch.cat([p.detach().flatten() for p in model.parameters()])


def test_the_seed_decides_the_initial_weights():
    assert torch.equal(weights("seed=3"), weights("seed=3"))
    assert not torch.equal(weights("seed=3"), weights("seed=4"))


def test_a_task_that_does_not_fit_names_the_one_that_does():
    with pytest.raises(ConfigError, match="such data is made for task=many_to_one"):
        assemble(compose(["task=many_to_many"]))


def test_the_task_named_fits_the_data_as_it_is_configured():
    with pytest.raises(ConfigError, match="such data is made for task=many_to_many"):
        assemble(compose(["dataset=series", "dataset.horizon=3", "task=many_to_one"]))


def test_the_task_that_was_asked_for_is_not_named_as_the_remedy():
    with pytest.raises(ConfigError) as caught:
        assemble(compose(["task.relative=true"]))
    assert str(caught.value) == (
        "task=many_to_one: relative=true needs the past of its target, "
        "not a sequence of 8 reals for one of 10 tokens"
    )


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["trainer.truncate_steps=4"], "trainer.truncate_steps=4: "),
        (
            ["dataset=parity", "task=synced_many_to_many", "backbone.bidirectional=true",
             "trainer.truncate_steps=4"],
            "trainer.truncate_steps=4: truncation carries the state forward",
        ),
    ],
)  # fmt: skip
def test_truncation_is_refused_where_it_makes_no_sense(overrides, message):
    with pytest.raises(ConfigError, match=message):
        assemble(compose(overrides))
