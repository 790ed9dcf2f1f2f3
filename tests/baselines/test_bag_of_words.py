from collections import Counter

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression as Reference

from rnnlab.baselines.bag_of_words import BagOfWords
from rnnlab.data.spec import DataSpec, Field
from rnnlab.data.split import TensorSplit
from rnnlab.errors import ConfigError

WORDS, CLASS = Field("tokens", 6, sequence=True), Field("tokens", 3, sequence=False)


def texts() -> TensorSplit:
    generator = torch.Generator().manual_seed(0)
    tokens = torch.randint(0, 6, (90, 8), generator=generator)
    lengths = torch.randint(0, 9, (90,), generator=generator)
    return TensorSplit(tokens, torch.randint(0, 3, (90,), generator=generator), lengths)


def counts(split: TensorSplit) -> np.ndarray:
    assert split.lengths is not None
    table = np.zeros((len(split), 6))
    for row, length in enumerate(split.lengths.tolist()):
        for token, count in Counter(split.input[row, :length].tolist()).items():
            table[row, token] = count
    return table


def test_counts_of_valid_tokens_are_what_is_classified(given) -> None:
    split = texts()
    baseline = BagOfWords()
    baseline.fit(given(DataSpec(WORDS, CLASS), split))
    table = counts(split)
    expected = Reference(max_iter=2000).fit(table, split.target).predict_log_proba(table)

    values = baseline.output(split.batch(torch.arange(90))).values

    assert values is not None
    assert values.numpy() == pytest.approx(expected, abs=2e-3)


@pytest.mark.parametrize(
    "spec",
    [
        DataSpec(Field("reals", 3, sequence=True), CLASS),
        DataSpec(WORDS, Field("reals", 1, sequence=False)),
        DataSpec(WORDS, Field("tokens", 2, sequence=True), aligned=True),
        DataSpec(CLASS, CLASS),
    ],
)
def test_other_data_is_refused(given, spec: DataSpec) -> None:
    with pytest.raises(ConfigError, match="baseline=bag_of_words: needs tokens and a class"):
        BagOfWords().fit(given(spec, texts()))
