from collections import Counter

import numpy as np
import pytest
import torch

from rnnlab.baselines.memoryless import Memoryless
from rnnlab.data.batch import UNCOUNTED, Batch
from rnnlab.data.spec import DataSpec, Field
from rnnlab.data.split import StreamSplit, TensorSplit
from rnnlab.errors import ConfigError


def tokens(size: int) -> Field:
    return Field("tokens", size, sequence=True)


def by_hand(pairs: list[tuple[int, int]], symbol: int, classes: int) -> list[float]:
    together, beside = Counter(pairs), Counter(first for first, _ in pairs)
    of_class = Counter(second for _, second in pairs)
    usual = [(of_class[k] + 1) / (len(pairs) + classes) for k in range(classes)]
    return [
        float(np.log((together[symbol, k] + usual[k]) / (beside[symbol] + 1)))
        for k in range(classes)
    ]


@pytest.mark.parametrize("uncounted", [False, True])
def test_frequencies_beside_each_symbol_without_the_padding(given, uncounted: bool) -> None:
    generator = torch.Generator().manual_seed(0)
    inputs = torch.randint(0, 3, (20, 6), generator=generator)
    targets = torch.randint(0, 4, (20, 6), generator=generator)
    lengths = torch.randint(1, 7, (20,), generator=generator)
    if uncounted:
        targets[::2, ::3] = UNCOUNTED
    baseline = Memoryless()
    baseline.fit(
        given(DataSpec(tokens(5), tokens(4), aligned=True), TensorSplit(inputs, targets, lengths))
    )
    pairs = [
        (int(inputs[row, t]), int(targets[row, t]))
        for row in range(20)
        for t in range(int(lengths[row]))
        if targets[row, t] != UNCOUNTED
    ]

    asked = torch.tensor([[0, 1, 2], [4, 3, 2]])
    values = baseline.output(Batch(asked)).values

    assert values is not None
    assert values.shape == (2, 3, 4)
    for row in range(2):
        for t in range(3):
            expected = by_hand(pairs, int(asked[row, t]), 4)
            assert values[row, t].tolist() == pytest.approx(expected, rel=1e-5)
    torch.testing.assert_close(values.exp().sum(-1), torch.ones(2, 3))


def test_a_stream_gives_the_bigram_model(given) -> None:
    text = torch.tensor([0, 1, 0, 1, 0, 2])
    bigram = Memoryless()
    spec = DataSpec(tokens(3), tokens(3), aligned=True, stream=True, next_step=True)
    bigram.fit(given(spec, StreamSplit(text[:-1], text[1:])))

    values = bigram.output(Batch(torch.tensor([[0, 1, 2]]))).values

    assert values is not None
    pairs = [(0, 1), (1, 0), (0, 1), (1, 0), (0, 2)]
    for symbol in range(3):
        assert values[0, symbol].tolist() == pytest.approx(by_hand(pairs, symbol, 3), rel=1e-5)


@pytest.mark.parametrize(
    "spec",
    [
        DataSpec(tokens(3), tokens(3)),
        DataSpec(Field("reals", 3, sequence=True), tokens(3), aligned=True),
        DataSpec(tokens(3), Field("reals", 3, sequence=True), aligned=True),
    ],
)
def test_symbols_and_classes_must_belong_together(given, spec: DataSpec) -> None:
    split = TensorSplit(torch.zeros(1, 1), torch.zeros(1, 1))

    with pytest.raises(ConfigError, match="baseline=memoryless: needs a token and a class"):
        Memoryless().fit(given(spec, split))
