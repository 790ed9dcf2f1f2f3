from io import StringIO

from rich.console import Console

from rnnlab.runs.results_table import results_table


def test_model_and_baselines_stand_side_by_side():
    result = {
        "scores": {
            "train": {"loss": 0.1, "accuracy": 0.99},
            "val": {"loss": 0.2, "accuracy": 0.97},
            "test": {"loss": 0.25, "accuracy": 0.96},
        },
        "baselines": {"majority": {"accuracy": 0.1}},
    }
    console = Console(file=StringIO(), width=100)
    console.print(results_table(result, "demo"))
    text = console.file.getvalue()
    row = next(line for line in text.splitlines() if "accuracy" in line)
    assert [cell.strip() for cell in row.strip("│ ").split("│")] == [
        "accuracy", "0.99", "0.97", "0.96", "0.1",
    ]  # fmt: skip
    loss = next(line for line in text.splitlines() if "loss" in line)
    assert loss.strip("│ ").endswith("–")
    assert "majority" in text
