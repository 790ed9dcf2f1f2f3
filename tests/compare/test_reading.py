from __future__ import annotations

import json
import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rnnlab.compare.reading import read_run
from rnnlab.errors import ConfigError, Refused, RnnlabError, StorageError
from rnnlab.runs.folder import Status
from tests.compare.conftest import Make, make


def test_what_a_finished_run_says(run: Make) -> None:
    folder = run(3, 0.75, cell="lstm", cell__hidden_size=8, baselines={"majority": 0.2})
    found = read_run(folder)
    assert (found.seed, found.status, found.data) == (3, "FINISHED", "d0")
    assert found.keys["cell"] == "lstm"
    assert found.keys["cell.hidden_size"] == 8
    assert found.value("test/accuracy") == 0.75
    assert found.value("parameters") == 1234
    assert found.value("test/nothing") is None
    assert found.baselines("test/accuracy") == {"majority": 0.2}
    assert found.baselines("val/accuracy") == {}


def test_what_a_setting_does_not_depend_on_is_no_key(run: Make) -> None:
    first, second = read_run(run(0)), read_run(run(1))
    assert first.keys == second.keys
    assert not {"seed", "trainer.num_workers", "tracking.enabled", "output_dir"} & set(first.keys)


def test_a_path_is_a_key(run: Make) -> None:
    assert read_run(run(dataset__path="a.csv")).keys["dataset.path"] == "a.csv"


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 1e200, 10**400, -(10**400)])
def test_what_is_not_finite_is_no_value(run: Make, value: float) -> None:
    found = read_run(run(0, value, baselines={"bad": value, "good": 1.0}))
    assert "test/accuracy" in found.metrics
    assert found.value("test/accuracy") is None
    assert found.baselines("test/accuracy") == {"good": 1.0}


def test_a_secret_stays_one(run: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "hidden")
    found = read_run(run(dataset__key="${oc.env:SECRET}"))
    assert found.keys["dataset.key"] == "${oc.env:SECRET}"


def test_an_unfinished_run_has_no_result(run: Make) -> None:
    found = read_run(run(status=Status.FAILED))
    assert (found.status, found.result, found.metrics) == ("FAILED", None, {})


def test_a_run_that_was_only_made(run: Make) -> None:
    folder = run(2, status=Status.CREATED)
    folder.manifest.unlink()
    found = read_run(folder)
    assert (found.seed, found.setting, found.status) == (2, None, "CREATED")


def test_a_run_that_was_only_planned(run: Make) -> None:
    folder = run(2)
    for path in folder.path.iterdir():
        if path.name != "config.yaml":
            path.unlink()
    found = read_run(folder)
    assert (found.seed, found.setting, found.status) == (2, None, "not begun")


@pytest.mark.parametrize("name", ["result.json", "manifest.json"])
def test_a_finished_run_has_them(run: Make, name: str) -> None:
    folder = run()
    (folder.path / name).unlink()
    with pytest.raises(StorageError, match=f"has finished, but there is no {name}"):
        read_run(folder)


@pytest.mark.parametrize("name", ["result.json", "manifest.json", "status.json", "config.yaml"])
@pytest.mark.parametrize("content", ["[]", "{", "\x00", '{"scores": 1, "status": 2, "seed": "x"}'])
def test_a_damaged_file_is_told_by_its_name(run: Make, name: str, content: str) -> None:
    folder = run()
    if name == "config.yaml":
        folder.manifest.unlink()
        (folder.path / "status.json").unlink()
    (folder.path / name).write_text(content)
    with pytest.raises(RnnlabError, match=name):
        read_run(folder)


def test_sections_must_be_mappings(run: Make) -> None:
    folder = run()
    folder.config.write_text("trainer: 3\nseed: 0\n")
    with pytest.raises(ConfigError, match=rf"^{folder.config}: trainer is no mapping"):
        read_run(folder)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("cell: 3", "has no seed"),
        ("seed: x", "has no seed"),
        ("seed: 1\nseed: 2", "has no seed"),
        ("seed: 1\na: [", "broken YAML"),
        ("seed: 1\n- a", "is no config"),
    ],
)
def test_a_config_that_is_none(run: Make, content: str, said: str) -> None:
    folder = run()
    folder.config.write_text(content)
    with pytest.raises(RnnlabError, match=rf"^{folder.config}:.*{said}"):
        read_run(folder)


def test_no_link_leads_out(run: Make, tmp_path: object) -> None:
    folder, other = run(), run()
    folder.result.unlink()
    folder.result.symlink_to(other.result)
    with pytest.raises(Refused, match="leads out of the run folder"):
        read_run(folder)


def test_a_config_that_repeats_itself_is_not_unfolded(run: Make) -> None:
    folder = run()
    lines = ["seed: 0", "a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    folder.config.write_text("\n".join(lines))
    with pytest.raises(ConfigError, match="more than 20,000 values"):
        read_run(folder)


_LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
_JSON = st.recursive(
    _LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.sampled_from(["result.json", "manifest.json", "status.json"]),
    st.sampled_from(["scores", "baselines", "monitor", "parameters", "setting", "seed", "times"]),
    _JSON,
)
def test_whatever_stands_in_a_file_is_read_or_told(
    tmp_path_factory: pytest.TempPathFactory, name: str, key: str, value: object
) -> None:
    folder = make(tmp_path_factory.mktemp("fuzz") / "run")
    path = folder.path / name
    path.write_text(json.dumps({**json.loads(path.read_text()), key: value}))
    try:
        found = read_run(folder)
        assert isinstance(found.value("test/accuracy"), float | None)
        found.baselines("test/accuracy")
        told = str(path)
    except RnnlabError as error:
        told = str(error)
    assert str(path) in told
