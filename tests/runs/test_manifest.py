import subprocess

from rnnlab.plugins.in_use import PluginInUse
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
        seed=3, data_sha256="d", fingerprint="f", setting="s", engines={}, device="cpu",
        plugins={"p": PluginInUse("1", "a" * 64)},
    )  # fmt: skip
    assert manifest["plugins"] == {"p": {"version": "1", "sha256": "a" * 64}}
    assert manifest["packages"]["torch"].split("+")[0] == torch.__version__.split("+")[0]
    assert manifest["seed"] == 3
    assert package_versions()["rnnlab"]


def test_what_a_plugin_requires_is_a_package_of_the_run(tmp_path, monkeypatch):
    needs = ["Its.Library>=2 ; python_version > '3'", "not-there", "for-tests ; extra == 'dev'"]
    lines = "".join(f"Requires-Dist: {item}\n" for item in needs)
    packages = [("plugin", "1", lines), ("its-library", "2.7", ""), ("for-tests", "1", "")]
    for name, version, more in packages:
        folder = tmp_path / f"{name.replace('-', '_')}-{version}.dist-info"
        folder.mkdir()
        text = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{more}"
        (folder / "METADATA").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    found = package_versions(["plugin", "gone"])
    assert found == {**package_versions(), "Its.Library": "2.7"}
