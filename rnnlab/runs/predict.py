"""``rnnlab predict``: a trained model answers a person's rows."""

from __future__ import annotations

from pathlib import Path

import torch

from rnnlab.data.rows import encode, read_rows, write_rows
from rnnlab.errors import ConfigError
from rnnlab.runs.changed_plugins import warn_of_changed_plugins
from rnnlab.runs.finding import find
from rnnlab.runs.restore import restore

_ROWS_AT_ONCE = 256


def predict(run: str, source: Path, target: Path, output_dir: Path) -> int:
    """Write one row of predictions for each row of a file; return how many.

    Args:
        run: A folder, an MLflow run id, an unambiguous prefix, or ``last``.
        source: ``.csv`` or ``.jsonl``; the input under the dataset's column name or ``input``.
        target: ``.csv`` or ``.jsonl``; each row repeats the input row and adds the prediction.
        output_dir: Where runs are looked for.

    Raises:
        ConfigError: A row cannot be read as an input of the model.
    """
    folder = find(run, output_dir)
    warn_of_changed_plugins(folder)
    task, model = restore(folder)
    if model.spec.stream:
        raise ConfigError(
            "the model continues a stream; use: rnnlab generate", key="RUN", value=run
        )
    rows = read_rows(source)
    answers = []
    with torch.inference_mode():
        for start in range(0, len(rows), _ROWS_AT_ONCE):
            part = rows[start : start + _ROWS_AT_ONCE]
            predictions = task.predict(model, encode(part, model.spec))
            answers += [{**row, **answer} for row, answer in zip(part, predictions, strict=True)]
    write_rows(target, answers)
    return len(answers)
