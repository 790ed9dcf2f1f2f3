from pathlib import Path

import pytest

from rnnlab.errors import ConfigError
from rnnlab.runs.evaluate import evaluate
from rnnlab.runs.folder import read_json
from rnnlab.runs.train import train


def test_scores_are_those_of_the_run(small):
    folder = train([*small, "name=one"])
    found = evaluate("one", [], Path("outputs"))
    expected = read_json(folder.result)
    for part in ("val", "test"):
        assert found["scores"][part] == pytest.approx(expected["scores"][part])
    assert found["baselines"] == expected["baselines"]


def test_other_split_other_scores(small):
    train([*small, "name=one"])
    found = evaluate("one", ["dataset.split_seed=3"], Path("outputs"))
    again = evaluate("one", [], Path("outputs"))
    assert found["scores"]["test"] != again["scores"]["test"]


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ("cell.hidden_size=3", "values of the dataset only"),
        ("dataset.splitseed=3", "did you mean split_seed"),
    ],
)
def test_only_the_data_changes(small, item, message):
    train([*small, "name=one", "trainer.max_epochs=1"])
    with pytest.raises(ConfigError, match=message):
        evaluate("one", [item], Path("outputs"))
