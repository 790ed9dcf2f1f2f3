import pytest

from rnnlab.config.compose import compose
from rnnlab.config.validate import validate
from rnnlab.errors import ConfigError


@pytest.mark.parametrize(
    ("overrides", "line"),
    [
        (
            ["trainer.patience=2", "trainer.limit_val_batches=0"],
            (
                "trainer.patience=2: watches the validation score, and trainer.limit_val_batches=0 "
                "leaves none"
            ),
        ),
        (
            ["scheduler=plateau", "trainer.limit_val_batches=0.0"],
            (
                "scheduler=plateau: watches the validation score, and trainer.limit_val_batches=0 "
                "leaves none"
            ),
        ),
        (
            ["scheduler=plateau", "scheduler.interval=step"],
            (
                "scheduler.interval=step: watches the validation score, which is there once an "
                "epoch; valid: epoch"
            ),
        ),
        (
            ["trainer.limit_train_batches=1.5"],
            (
                "trainer.limit_train_batches=1.5: a share is at most 1.0; a number of batches is "
                "written as a whole number"
            ),
        ),
    ],
)
def test_values_that_do_not_go_together(overrides, line):
    with pytest.raises(ConfigError) as caught:
        validate(compose(overrides))
    assert str(caught.value) == line


@pytest.mark.parametrize(
    "overrides",
    [
        ["trainer.limit_val_batches=0"],
        ["trainer.patience=2", "scheduler=plateau", "trainer.limit_val_batches=1"],
        ["scheduler=linear", "scheduler.interval=step", "trainer.limit_train_batches=1.0"],
    ],
)
def test_values_that_go_together(overrides):
    validate(compose(overrides))
