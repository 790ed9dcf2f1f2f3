"""Who speaks: the Japanese Vowels recordings."""

from __future__ import annotations

from typing import Annotated

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from rnnlab.data.content import content_sha256
from rnnlab.data.dataset import Dataset, Part
from rnnlab.data.package_files import package_file
from rnnlab.data.partition import partition
from rnnlab.data.scaler import Scaler
from rnnlab.data.spec import DataSpec, Field
from rnnlab.data.split import TensorSplit
from rnnlab.data.vocabulary import Vocabulary
from rnnlab.ranges import Range

SPEAKERS = tuple("123456789")


class JapaneseVowels(Dataset):
    """640 utterances of the vowels /ae/ by nine men, 12 LPC cepstrum coefficients a step.

    7 to 29 steps; the target is the speaker. Kudo, Toyama and Shimbo, "Multidimensional Curve
    Classification Using Passing-Through Regions", Pattern Recognition Letters 20 (1999); the files
    are those in ``aeon``. The published test part (370) is kept; the validation part is taken from
    the published training part (270), 30 utterances of each speaker. Each coefficient is scaled to
    mean 0 and deviation 1 over the valid steps of what is left to train on.

    Args:
        val_fraction: Share of the published training part that is used for validation.
        split_seed: Decides which training utterances are used for validation.

    Raises:
        MissingPackage: ``aeon`` is not installed.
    """

    baselines = ("majority",)

    def __init__(
        self,
        val_fraction: Annotated[float, Range(min=0, below=1)] = 0.2,
        split_seed: int = 0,
    ) -> None:
        published = {
            name: package_file(
                "aeon",
                f"datasets/data/JapaneseVowels/JapaneseVowels_{name}.ts",
                wanted_by="dataset=japanese_vowels",
            ).read_text(encoding="utf-8")
            for name in ("TRAIN", "TEST")
        }
        self._sha256 = content_sha256(*published.values())
        series, speakers = _read(published["TRAIN"])
        divided = partition(
            speakers, val_fraction=val_fraction, test_fraction=0.0, split_seed=split_seed
        )
        self._scaler = Scaler.fit(torch.cat([series[i] for i in divided["train"]]))
        self._splits: dict[Part, TensorSplit] = {
            "train": self._pad(series, speakers, divided["train"]),
            "val": self._pad(series, speakers, divided["val"]),
        }
        series, speakers = _read(published["TEST"])
        self._splits["test"] = self._pad(series, speakers, list(range(len(series))))

    def _pad(self, series: list[Tensor], speakers: list[int], chosen: list[int]) -> TensorSplit:
        scaled = [self._scaler.transform(series[i]) for i in chosen]
        return TensorSplit(
            input=pad_sequence(scaled, batch_first=True) if scaled else torch.empty(0, 1, 12),
            target=torch.tensor([speakers[i] for i in chosen], dtype=torch.int64),
            lengths=torch.tensor([len(utterance) for utterance in scaled], dtype=torch.int64),
        )

    @property
    def spec(self) -> DataSpec:
        """Steps of twelve reals in, one of nine speakers out."""
        return DataSpec(
            input=Field(
                "reals", 12, sequence=True, scaler=self._scaler, name="coefficients", max_length=29
            ),
            target=Field(
                "tokens", 9, sequence=False, vocabulary=Vocabulary(SPEAKERS), name="speaker"
            ),
        )

    def split(self, part: Part) -> TensorSplit:
        """Return scaled coefficients ``(N, T, 12)``, speakers ``(N,)`` and lengths."""
        return self._splits[part]

    def sha256(self) -> str:
        """Return the hash of both files."""
        return self._sha256


def _read(text: str) -> tuple[list[Tensor], list[int]]:
    """Read a ``.ts`` file: a line an utterance, ``:`` between coefficients and before the class.

    Returns:
        For each utterance its coefficients ``(T, 12)`` float32 and the class of its speaker.
    """
    series, speakers = [], []
    for line in text.partition("@data")[2].split():
        *coefficients, speaker = line.split(":")
        values = [[float(value) for value in steps.split(",")] for steps in coefficients]
        series.append(torch.tensor(values).T)
        speakers.append(SPEAKERS.index(speaker))
    return series, speakers
