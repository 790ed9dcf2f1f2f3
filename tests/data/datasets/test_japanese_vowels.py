import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from rnnlab.data.datasets import japanese_vowels
from rnnlab.data.datasets.japanese_vowels import JapaneseVowels
from rnnlab.data.generation import PARTS
from rnnlab.data.package_files import package_file
from rnnlab.errors import MissingPackage
from rnnlab.testing import DatasetContract


def published(name: str) -> list[tuple[np.ndarray, str]]:
    """Read a file as (coefficients (T, 12), speaker), by NumPy instead of by torch."""
    path = f"datasets/data/JapaneseVowels/JapaneseVowels_{name}.ts"
    lines = package_file("aeon", path, wanted_by="").read_text().splitlines()
    rows = []
    for line in lines[lines.index("@data") + 1 :]:
        *channels, speaker = line.split(":")
        steps = [np.array(channel.split(","), dtype=np.float64) for channel in channels]
        rows.append((np.stack(steps, axis=1), speaker))
    return rows


def test_the_published_test_part_is_kept_in_order() -> None:
    dataset, source = JapaneseVowels(split_seed=3), published("TEST")
    split, scaler = dataset.split("test"), dataset.spec.input.scaler
    assert len(split) == len(source) == 370
    for row, (values, speaker) in enumerate(source):
        length = int(split.lengths[row])
        assert length == len(values)
        found = scaler.inverse(split.input[row, :length]).numpy()
        np.testing.assert_allclose(found, values, atol=1e-5)
        assert dataset.spec.target.vocabulary.tokens[split.target[row]] == speaker


def test_training_and_validation_share_the_published_training_part() -> None:
    dataset = JapaneseVowels()
    scaler = dataset.spec.input.scaler
    found = []
    for part in ("train", "val"):
        split = dataset.split(part)
        for row, length, speaker in zip(split.input, split.lengths, split.target, strict=True):
            values = scaler.inverse(row[: int(length)]).numpy().round(4)
            found.append((str(int(speaker) + 1), len(values), values.sum().round(2)))
    source = [
        (s, len(v), v.astype(np.float32).round(4).sum().round(2)) for v, s in published("TRAIN")
    ]
    assert [each[:2] for each in sorted(found)] == [each[:2] for each in sorted(source)]
    np.testing.assert_allclose(
        [each[2] for each in sorted(found)], [each[2] for each in sorted(source)], atol=0.05
    )
    assert torch.bincount(dataset.split("val").target).tolist() == [6] * 9


def test_the_training_part_is_scaled() -> None:
    split = JapaneseVowels().split("train")
    valid = torch.cat(
        [row[:length] for row, length in zip(split.input, split.lengths, strict=True)]
    )
    torch.testing.assert_close(valid.mean(0), torch.zeros(12), atol=1e-4, rtol=0)
    torch.testing.assert_close(valid.std(0, correction=0), torch.ones(12), atol=1e-4, rtol=0)


def changed(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the file ``name`` read a hundred times greater values."""

    def other(package: str, path: str, *, wanted_by: str) -> Path:
        file = package_file(package, path, wanted_by=wanted_by)
        if name not in path:
            return file
        head, _, body = file.read_text().partition("@data\n")
        lines = [
            ":".join([*(c.replace("0.", "90.") for c in line.split(":")[:-1]), line.split(":")[-1]])
            for line in body.splitlines()
        ]
        copy = tmp_path / file.name
        copy.write_text(head + "@data\n" + "\n".join(lines))
        return copy

    monkeypatch.setattr(japanese_vowels, "package_file", other)


def test_only_training_data_change_the_scaler(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = JapaneseVowels()
    changed(tmp_path, "TEST", monkeypatch)
    after = JapaneseVowels()
    assert after.spec.input.scaler == before.spec.input.scaler
    assert float(after.split("test").input.max()) > float(before.split("test").input.max()) + 10
    assert after.sha256() != before.sha256()
    changed(tmp_path, "TRAIN", monkeypatch)
    assert JapaneseVowels().spec.input.scaler != before.spec.input.scaler


def test_validation_data_do_not_change_the_scaler() -> None:
    everything = JapaneseVowels(val_fraction=0.0).spec.input.scaler
    assert JapaneseVowels(val_fraction=0.5).spec.input.scaler != everything


def test_the_split_seed_decides_the_validation_part_only() -> None:
    first, again, other = JapaneseVowels(), JapaneseVowels(), JapaneseVowels(split_seed=1)
    for part in PARTS:
        assert torch.equal(first.split(part).input, again.split(part).input)
    assert not torch.equal(first.split("val").lengths, other.split("val").lengths)
    assert torch.equal(first.split("test").target, other.split("test").target)
    assert first.sha256() == other.sha256()


def test_the_spec_says_what_is_there() -> None:
    dataset = JapaneseVowels()
    spec = dataset.spec
    assert (spec.input.kind, spec.input.size, spec.input.max_length) == ("reals", 12, 29)
    assert (spec.target.size, spec.target.sequence) == (9, False)
    lengths = torch.cat([dataset.split(part).lengths for part in PARTS])
    assert (int(lengths.min()), int(lengths.max())) == (7, 29)
    assert dataset.split("train").input.dtype == torch.float32


def test_nothing_to_validate_on_is_an_empty_part() -> None:
    dataset = JapaneseVowels(val_fraction=0.0)
    assert len(dataset.split("val")) == 0
    assert len(dataset.split("train")) == 270


def test_aeon_is_not_imported() -> None:
    code = (
        "import sys; from rnnlab.data.datasets.japanese_vowels import JapaneseVowels;"
        "JapaneseVowels(); assert not {'aeon', 'numba'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "aeon", None)
    with pytest.raises(MissingPackage, match="dataset=japanese_vowels"):
        JapaneseVowels()


class TestJapaneseVowels(DatasetContract):
    reads = True

    def make_dataset(self, **arguments: Any) -> JapaneseVowels:
        return JapaneseVowels(**arguments)
