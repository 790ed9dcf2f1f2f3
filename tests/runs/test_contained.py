from __future__ import annotations

import os
from pathlib import Path

import pytest

from rnnlab.errors import Refused
from rnnlab.runs.contained import contained, leads_into
from rnnlab.runs.finding import mlflow_run_id
from rnnlab.runs.folder import RunFolder


@pytest.fixture
def run(tmp_path: Path) -> Path:
    (tmp_path / "run" / "checkpoints").mkdir(parents=True)
    (tmp_path / "run" / "config.yaml").write_text("a: 1")
    (tmp_path / "secret").write_text("x")
    return tmp_path / "run"


def test_files_of_the_run_are_given_back(run: Path) -> None:
    for path in (run / "config.yaml", run / "checkpoints" / "last.ckpt", run):
        assert contained(run, path) == path
    (run / "again.yaml").symlink_to("config.yaml")
    assert contained(run, run / "again.yaml") == run / "again.yaml"


def test_the_run_itself_may_be_a_link(run: Path) -> None:
    link = run.with_name("link")
    link.symlink_to(run)
    assert contained(link, link / "config.yaml") == link / "config.yaml"


def test_a_link_that_leads_out_is_refused(run: Path) -> None:
    (run / "result.json").symlink_to("../secret")
    (run / "checkpoints").rmdir()
    (run / "checkpoints").symlink_to(run.parent)
    for path in (run / "result.json", run / "checkpoints" / "secret", run / ".." / "secret"):
        with pytest.raises(Refused, match="is a link that leads out of the run folder"):
            contained(run, path)


def test_links_in_a_circle_lead_nowhere(run: Path) -> None:
    (run / "a").symlink_to(run / "b")
    (run / "b").symlink_to(run / "a")
    with pytest.raises(Refused):
        contained(run, run / "a" / "x")


def test_a_neighbour_with_a_longer_name_is_outside(run: Path) -> None:
    assert not leads_into(run, run.with_name("run2") / "config.yaml")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_not_waited_for(run: Path) -> None:
    for name in ("status.json", "mlflow.json"):
        os.mkfifo(run / name)
    with pytest.raises(Refused, match=r"status\.json: is neither a file nor a folder"):
        RunFolder(run).read_status()
    assert mlflow_run_id(RunFolder(run)) is None
