from __future__ import annotations

import pytest

from rnnlab.config.compose import compose
from rnnlab.config.messages import FAULTS, explain, unknown_option
from rnnlab.errors import ConfigError


@pytest.mark.parametrize(
    ("override", "start"),
    [
        ("trainer.batchsize=3", "trainer.batchsize: is not a key of trainer; did you mean"),
        ("cel=gru", "cel: is not a key of the config; did you mean cell"),
        ("seed.x=3", "seed.x: seed has no keys below it"),
        ("cell.hidden_size=many", "cell.hidden_size=many: must be an integer"),
        ("cell.hidden_size=null", "cell.hidden_size: must not be null"),
        ("cell=gruu", "cell=gruu: is not an option; did you mean gru"),
        ("cell", "cell: has no value; write cell=VALUE"),
        ("cell.hidden_size=[", "cell.hidden_size=[: is not an override"),
        ("seed=1,2", "seed=1,2: names several values where one run needs one"),
        ("+trainer.max_epochs=3", "+trainer.max_epochs=3: "),
    ],
)
def test_a_wrong_override_gives_one_line_that_begins_with_it(override: str, start: str) -> None:
    with pytest.raises(ConfigError) as caught:
        compose([override])
    line = str(caught.value)
    assert line.startswith(start)
    assert "\n" not in line
    assert len(line) < 600


def test_the_override_at_fault_is_told_from_the_others() -> None:
    fine = ["seed=3", "cell=gru"]
    error = ConfigError("unknown", key="cell", value="gru")
    assert explain(error, fine) == (error, "cell=gru")
    assert explain(ConfigError("unknown", key="task", value="x"), fine)[1] is None


def test_a_broken_file_is_named_with_its_line() -> None:
    import yaml

    with pytest.raises(FAULTS) as caught:
        yaml.safe_load("a: 1\nb: [1\nc: 2\n")
    mistake, culprit = explain(caught.value, [])
    assert culprit is None
    assert ":3: broken YAML: " in str(mistake)


def test_what_is_not_known_is_told_as_it_is() -> None:
    assert str(explain(OSError("disk on fire\nand more"), [])[0]) == "disk on fire"
    assert str(explain(OSError(), [])[0]) == "OSError"


def test_an_unknown_option_names_the_others() -> None:
    error = unknown_option("cell", "lsmt", " (in x.yaml)")
    assert str(error).startswith(
        "cell=lsmt: is not an option (in x.yaml); did you mean lstm?; valid: "
    )
    assert {"gru", "jordan", "lstm", "rnn"} <= set(error.valid)
