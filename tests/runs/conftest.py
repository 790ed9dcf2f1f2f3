"""A small experiment that trains in about a second, in a folder of its own."""

import pytest

from tests.tracking.conftest import empty_store, free_port, uri  # noqa: F401

SMALL = [
    "dataset=digits_rows",
    "cell.hidden_size=8",
    "trainer.max_epochs=2",
    "trainer.limit_train_batches=4",
    "trainer.log_every_n_steps=1",
    "trainer.enable_progress_bar=false",
    "trainer.accelerator=cpu",
    "tracking.enabled=false",
    "tracking.system_metrics=false",
]


@pytest.fixture
def small(tmp_path, monkeypatch):
    """Return overrides of a small run whose outputs lie in the test's own folder."""
    monkeypatch.chdir(tmp_path)
    return [*SMALL, f"output_dir={tmp_path}/outputs"]
