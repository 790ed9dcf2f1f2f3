from __future__ import annotations

from pathlib import Path

import pytest
from omegaconf import OmegaConf

from rnnlab.config.compose import compose
from rnnlab.config.stored import read_stored
from rnnlab.errors import ConfigError, Refused

COMPOSED = OmegaConf.to_yaml(compose(["dataset=csv_series", "dataset.column=x", "dataset.path=y"]))


def stored(folder: Path, text: str) -> Path:
    path = folder / "config.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def refusal(folder: Path, text: str) -> list[str]:
    path = stored(folder, text)
    with pytest.raises(ConfigError) as caught:
        read_stored(path)
    found = str(caught.value).splitlines()
    assert all(line.startswith(str(path)) for line in found)
    return [line.removeprefix(str(path)) for line in found]


def test_what_a_run_wrote_comes_back_also_where_its_data_is_gone(tmp_path: Path) -> None:
    config = read_stored(stored(tmp_path, COMPOSED))
    assert OmegaConf.to_yaml(config) == COMPOSED
    assert config.dataset.path == "y"


def test_values_are_checked_again(tmp_path: Path) -> None:
    text = COMPOSED.replace("batch_size: 64", "batch_size: 0").replace("\nseed: 0", "\nseed: x")
    assert refusal(tmp_path, text) == [
        ": seed=x: must be an integer >= 0 and <= 4294967295",
        ": trainer.batch_size=0: must be >= 1",
    ]
    assert refusal(tmp_path, COMPOSED.replace("\nname: null", "\nname: ../x"))[0].startswith(
        ": name=../x: cannot be a folder name"
    )
    assert refusal(tmp_path, COMPOSED.replace("choices:", "choices: 3\nelsewhere:"))
    assert refusal(tmp_path, COMPOSED + "seed: 1\n")[0].endswith("found duplicate key seed")
    assert refusal(tmp_path, "[1]") == [": is no config: it must be a mapping of keys to values"]


@pytest.mark.parametrize(
    "text",
    [
        COMPOSED.replace("rnnlab.cells.lstm.LSTM", "os.system"),
        COMPOSED.replace("rnnlab.cells.lstm.LSTM", "rnnlab.tracking.dashboard.subprocess.Popen"),
        COMPOSED + "hydra: {searchpath: [x]}\n",
    ],
)
def test_what_would_run_code_is_refused(tmp_path: Path, text: str) -> None:
    path = stored(tmp_path, text)
    with pytest.raises(Refused) as caught:
        read_stored(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


def test_bombs_do_not_go_off(tmp_path: Path) -> None:
    laughs = "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 30))
    assert refusal(tmp_path, f"a0: &a0 x\n{laughs}") == [
        ": is no config: it has more than 20,000 values"
    ]
    doubled = "".join(f"a{i}: ${{a{i + 1}}}${{a{i + 1}}}\n" for i in range(40))
    assert "repeats others until" in refusal(tmp_path, f"{COMPOSED}{doubled}a40: x\n")[0]
