import math
from pathlib import Path

import pytest

from rnnlab.errors import ConfigError
from rnnlab.runs.evaluate import evaluate
from rnnlab.runs.json_files import read_json
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


def series(path, factor):
    rows = (f"{factor * (1 + math.sin(step / 3))}" for step in range(200))
    path.write_text("\n".join(["value", *rows]) + "\n")
    return path


def test_scores_of_other_data_are_in_its_own_units(small, tmp_path):
    own, other = series(tmp_path / "own.csv", 1.0), series(tmp_path / "other.csv", 3.0)
    train(
        [*small, "dataset=csv_series", f"dataset.path={own}", "dataset.column=value",
         "dataset.window=5", "task=many_to_one", "name=one"]
    )  # fmt: skip
    found = evaluate("one", [f"dataset.path={other}"], Path("outputs"))
    again = evaluate("one", [], Path("outputs"))
    persistence = [run["baselines"]["persistence"] for run in (found, again)]
    for name in ("mae", "rmse"):
        assert persistence[0][name] == pytest.approx(3 * persistence[1][name], rel=1e-4)
    # In the scale of the first series, the squared error is nine times as large too.
    assert persistence[0]["loss"] == pytest.approx(9 * persistence[1]["loss"], rel=1e-4)
    # What was learned of values up to 2 cannot be right for values up to 6, and looks so.
    assert found["scores"]["test"]["mae"] > 2 * again["scores"]["test"]["mae"]


@pytest.mark.parametrize(
    ("items", "message"),
    [
        (
            ["dataset.beside=[b]"],
            "trained for a sequence of 1 reals -> 1 reals; this data is a seq",
        ),
        (["dataset.horizon=2"], "this data is a sequence of 1 reals -> a sequence of 1 reals"),
    ],
)
def test_data_of_another_shape_is_refused(small, tmp_path, items, message):
    table = tmp_path / "two.csv"
    table.write_text("value,b\n" + "".join(f"{step % 7},{step % 5}\n" for step in range(120)))
    train(
        [*small, "dataset=csv_series", f"dataset.path={table}", "dataset.column=value",
         "dataset.window=4", "task=many_to_one", "name=one", "trainer.max_epochs=1"]
    )  # fmt: skip
    with pytest.raises(ConfigError, match=message):
        evaluate("one", items, Path("outputs"))


def test_other_classes_are_refused(small, tmp_path):
    def table(name, first):
        path = tmp_path / name
        rows = [f"{number} {word},{word}" for number in range(30) for word in (first, "no")]
        path.write_text("\n".join(["text,label", *rows]) + "\n")
        return path

    train(
        [*small, "dataset=csv_text", f"dataset.path={table('a.csv', 'yes')}", "dataset.text=text",
         "dataset.label=label", "task=many_to_one", "name=one", "trainer.max_epochs=1"]
    )  # fmt: skip
    other = table("b.csv", "aye")
    with pytest.raises(ConfigError, match="the input has not the tokens or classes"):
        evaluate("one", [f"dataset.path={other}"], Path("outputs"))
