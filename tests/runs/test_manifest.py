import subprocess

from rnnlab.runs.manifest import git_state, make_manifest, package_versions


def test_git_state_of_a_work_tree(tmp_path):
    assert git_state(tmp_path / "none") == {}
    assert git_state(tmp_path) == {}
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b"]
    subprocess.run([*git, "init", "-q"], cwd=tmp_path, check=True)
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "x"], cwd=tmp_path, check=True)
    state = git_state(tmp_path)
    assert len(state["commit"]) == 40
    assert state["dirty"] is False
    (tmp_path / "file").write_text("")
    assert git_state(tmp_path)["dirty"] is True


def test_manifest_holds_versions():
    import torch

    manifest = make_manifest(
        seed=3, data_sha256="d", fingerprint="f", setting="s", plugins={"p": "1"}, engines={},
        device="cpu",
    )  # fmt: skip
    assert manifest["packages"]["torch"].split("+")[0] == torch.__version__.split("+")[0]
    assert manifest["seed"] == 3
    assert package_versions()["rnnlab"]
