from __future__ import annotations

import shutil

import pytest
from mlflow.tracking import MlflowClient

from rnnlab.tracking.attach import attach
from rnnlab.tracking.link import read_link
from rnnlab.tracking.logger import RunLogger


@pytest.fixture
def ended(tmp_path, uri):
    """A run that has ended, its store, and a file that was made of it."""
    folder = tmp_path / "experiment" / "run"
    folder.mkdir(parents=True)
    logger = RunLogger(folder, uri=uri, experiment="experiment", run_name="run", params={}, tags={})
    logger.log_metrics({"loss": 1.0}, step=1)
    assert logger.finish("FINISHED")
    picture = folder / "heatmap.png"
    picture.write_bytes(b"png")
    return folder, MlflowClient(uri), picture


def test_files_stand_beside_the_run_whose_end_stays_as_it_was(ended):
    folder, client, picture = ended
    before = client.get_run(read_link(folder).run_id).info
    for _ in range(2):
        assert attach(folder, [picture], "diagnostics")
    files = client.list_artifacts(before.run_id, "diagnostics")
    assert [file.path for file in files] == ["diagnostics/heatmap.png"]
    after = client.get_run(before.run_id).info
    assert (after.status, after.end_time) == ("FINISHED", before.end_time)


def test_a_run_that_was_deleted(ended, caplog):
    folder, client, picture = ended
    client.delete_run(read_link(folder).run_id)
    assert not attach(folder, [picture], "diagnostics")
    (record,) = caplog.records
    assert "has not got what was made of the run" in record.getMessage()


def test_a_server_that_is_away(ended, free_port, caplog):
    folder, _, picture = ended
    link = (folder / "mlflow.json").read_text()
    uri = read_link(folder).uri
    (folder / "mlflow.json").write_text(link.replace(uri, f"http://127.0.0.1:{free_port()}"))
    assert not attach(folder, [picture], "diagnostics")
    assert len(caplog.records) == 1


def test_nothing_is_written_where_the_original_is_shown(ended, tmp_path):
    folder, client, picture = ended
    copy = tmp_path / "experiment" / "copy"
    shutil.copytree(folder, copy)
    assert not attach(copy, [picture], "diagnostics")
    assert client.list_artifacts(read_link(folder).run_id, "diagnostics") == []
    (copy / "mlflow.json").unlink()
    assert not attach(copy, [picture], "diagnostics")
