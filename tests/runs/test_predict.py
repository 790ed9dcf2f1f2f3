import csv
import json
from pathlib import Path

import pytest
import torch

from rnnlab.data.datasets.digits_rows import DigitsRows
from rnnlab.errors import ConfigError
from rnnlab.runs.evaluate import evaluate
from rnnlab.runs.predict import predict
from rnnlab.runs.train import train

OUTPUTS = Path("outputs")


@pytest.fixture
def trained(small):
    return train([*small, "name=one", "trainer.limit_train_batches=1.0", "optimizer.lr=0.01"])


def test_predictions_give_the_accuracy_that_evaluate_finds(trained, tmp_path):
    test = DigitsRows().split("test")
    rows = [json.dumps({"input": x.tolist(), "id": i}) for i, x in enumerate(test.input)]
    (tmp_path / "in.jsonl").write_text("\n".join(rows))
    assert predict("one", tmp_path / "in.jsonl", tmp_path / "out.csv", OUTPUTS) == len(test)
    with (tmp_path / "out.csv").open(newline="") as file:
        answers = list(csv.DictReader(file))
    assert [int(answer["id"]) for answer in answers] == list(range(len(test)))
    right = [int(a["prediction"]) == int(y) for a, y in zip(answers, test.target, strict=True)]
    expected = evaluate("one", [], OUTPUTS)["scores"]["test"]["accuracy"]
    assert sum(right) / len(right) == pytest.approx(expected)


def test_the_data_is_not_needed_any_more(small, tmp_path):
    path = tmp_path / "reviews.csv"
    words = ["good", "bad"]
    path.write_text(
        "text,label\n" + "".join(f"{words[i % 2]} {i},{words[i % 2]}\n" for i in range(60))
    )
    train(
        [*small, "name=text", "dataset=csv_text", f"dataset.path={path}", "dataset.text=text",
         "dataset.label=label", "trainer.limit_train_batches=1.0", "trainer.max_epochs=15",
         "optimizer.lr=0.03"],
    )  # fmt: skip
    path.unlink()
    (tmp_path / "in.csv").write_text("text\ngood 3\nbad 4\n")
    predict("text", tmp_path / "in.csv", tmp_path / "out.jsonl", OUTPUTS)
    answers = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert [answer["prediction"] for answer in answers] == ["good", "bad"]
    assert [answer["text"] for answer in answers] == ["good 3", "bad 4"]


def test_a_forecast_is_in_the_units_of_the_series(small, tmp_path):
    path = tmp_path / "sales.csv"
    path.write_text("day,units\n" + "".join(f"{i},{1000 + i % 7}\n" for i in range(200)))
    train(
        [*small, "name=sales", "dataset=csv_series", f"dataset.path={path}",
         "dataset.column=units", "dataset.window=14", "trainer.limit_train_batches=1.0"],
    )  # fmt: skip
    values = [1000 + i % 7 for i in range(14)]
    (tmp_path / "in.jsonl").write_text(json.dumps({"input": values}) + "\n")
    predict("sales", tmp_path / "in.jsonl", tmp_path / "out.jsonl", OUTPUTS)
    answer = json.loads((tmp_path / "out.jsonl").read_text())
    assert answer["prediction"] == pytest.approx(1003, abs=5)


@pytest.mark.parametrize(
    ("content", "message"),
    [("", "in.csv"), ("other\nx\n", "no column"), ('input\n"[[1, 2], [3]]"\n', "row 1")],
)
def test_rows_that_do_not_fit_are_named(trained, tmp_path, content, message):
    (tmp_path / "in.csv").write_text(content)
    with pytest.raises(ConfigError, match=message):
        predict("one", tmp_path / "in.csv", tmp_path / "out.csv", OUTPUTS)
    assert not (tmp_path / "out.csv").exists()


def test_batch_size_does_not_change_answers(trained, tmp_path, monkeypatch):
    torch.manual_seed(0)
    rows = [json.dumps({"input": torch.rand(t % 3 + 1, 8).tolist()}) for t in range(7)]
    (tmp_path / "in.jsonl").write_text("\n".join(rows))
    found = []
    for size in (1, 7):
        monkeypatch.setattr("rnnlab.runs.predict._ROWS_AT_ONCE", size)
        predict("one", tmp_path / "in.jsonl", tmp_path / "out.jsonl", OUTPUTS)
        lines = (tmp_path / "out.jsonl").read_text().splitlines()
        found.append([json.loads(line)["probability"] for line in lines])
    assert found[0] == pytest.approx(found[1], abs=1e-6)
