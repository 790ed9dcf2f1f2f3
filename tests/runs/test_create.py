import errno
import os
import signal

import pytest
from omegaconf import OmegaConf

from rnnlab.errors import ConfigError, Interrupted, StorageError
from rnnlab.runs import create
from rnnlab.runs.create import create_run
from rnnlab.runs.finding import all_runs
from rnnlab.runs.json_files import write_json

CONFIG = OmegaConf.create({"experiment_name": "demo", "name": "one", "seed": 3})


def everything(tmp_path):
    return sorted(path.name for path in tmp_path.rglob("*") if path.is_file())


def test_a_run_is_there_at_once_with_all_that_it_begins_from(tmp_path, monkeypatch):
    real, seen = OmegaConf.save, []

    def save(config, path):
        real(config, path)
        # Whoever looks now must not see a run whose config is half written.
        seen.append((all_runs(tmp_path), everything(tmp_path)))

    monkeypatch.setattr(create.OmegaConf, "save", save)
    run = create_run(CONFIG, tmp_path, lambda run: write_json(run.origin, {"run": "x"}))
    assert seen == [([], [".config.yaml.part", "origin.json", "status.json"])]
    assert all_runs(tmp_path) == [run]
    assert everything(tmp_path) == ["config.yaml", "origin.json", "status.json"]
    assert OmegaConf.load(run.config) == CONFIG
    assert (run.read_status()["status"], run.read_status()["pid"]) == ("CREATED", os.getpid())


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ValueError("what fills it"), ValueError),
        (KeyboardInterrupt(), KeyboardInterrupt),
        (OSError(errno.ENOSPC, "No space left on device"), StorageError),
    ],
)
@pytest.mark.parametrize("place", ["fill", "config"])
def test_nothing_is_left_of_one_that_cannot_be_made(tmp_path, monkeypatch, error, kind, place):
    def fill(run):
        run.checkpoints.mkdir()
        (run.checkpoints / "start.ckpt").write_bytes(b"half")
        if place == "fill":
            raise error

    def save(config, path):
        path.write_text("seed:")
        raise error

    monkeypatch.setattr(create.OmegaConf, "save", save)
    with pytest.raises(kind):
        create_run(CONFIG, tmp_path, fill)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGUSR1, signal.SIGHUP])
def test_a_signal_leaves_nothing(tmp_path, number):
    # Whoever trains further or reproduces has set no handler yet.
    before = signal.signal(number, lambda *_: None)
    try:
        with pytest.raises(Interrupted):
            create_run(CONFIG, tmp_path, lambda run: os.kill(os.getpid(), number))
    finally:
        signal.signal(number, before)
    assert list(tmp_path.iterdir()) == []


def test_other_runs_of_the_experiment_stay(tmp_path):
    first = create_run(CONFIG, tmp_path)
    before = everything(tmp_path)

    def fill(run):
        raise ValueError

    with pytest.raises(ValueError, match=r"^$"):
        create_run(OmegaConf.merge(CONFIG, {"name": "two"}), tmp_path, fill)
    with pytest.raises(ConfigError, match="a run of that name exists"):
        create_run(CONFIG, tmp_path, fill)
    assert all_runs(tmp_path) == [first]
    assert everything(tmp_path) == before
