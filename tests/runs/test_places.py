from pathlib import Path

from rnnlab.runs.places import absolute, default_output_dir


def test_the_environment_says_where_runs_are(monkeypatch):
    monkeypatch.delenv("RNNLAB_OUTPUT_DIR", raising=False)
    assert default_output_dir() == Path("outputs")
    monkeypatch.setenv("RNNLAB_OUTPUT_DIR", "/elsewhere")
    assert default_output_dir() == Path("/elsewhere")


def test_a_folder_is_known_by_one_path_from_wherever_it_is_named(tmp_path, monkeypatch):
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "a" / "b")
    monkeypatch.chdir(tmp_path / "a")
    assert absolute(Path("b")) == tmp_path / "a" / "b"
    assert absolute(Path("../a/b")) == tmp_path / "a" / "b"
    assert absolute(tmp_path / "link") == tmp_path / "link"
    # What a shell's cd calls tmp_path is tmp_path/a to the system.
    assert absolute(tmp_path / "link" / "..") == tmp_path / "a"
