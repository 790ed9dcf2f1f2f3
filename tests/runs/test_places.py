from pathlib import Path

from rnnlab.runs.places import default_output_dir


def test_the_environment_says_where_runs_are(monkeypatch):
    monkeypatch.delenv("RNNLAB_OUTPUT_DIR", raising=False)
    assert default_output_dir() == Path("outputs")
    monkeypatch.setenv("RNNLAB_OUTPUT_DIR", "/elsewhere")
    assert default_output_dir() == Path("/elsewhere")
