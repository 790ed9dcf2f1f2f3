"""What the present symbol alone tells; of a language, the bigram model."""

from __future__ import annotations

import numpy as np
import torch
from scipy.sparse import coo_array, csr_array

from rnnlab.baselines.training import training_batches, valid_targets
from rnnlab.data.batch import UNCOUNTED, Batch
from rnnlab.data.dataset import Dataset
from rnnlab.errors import ConfigError
from rnnlab.models.output import Output
from rnnlab.tasks.steps import valid_rows


class Memoryless:
    """Answers each step with the frequencies that classes had beside its symbol in training.

    ``p(class | symbol) = (count(symbol, class) + p(class)) / (count(symbol) + 1)``, where
    ``p(class)`` are the frequencies of all classes with one added to every count: each symbol is
    taken to have been seen once more, with a class as usual as any. So the loss is finite.
    """

    name = "memoryless"

    def fit(self, dataset: Dataset) -> None:
        """Count the pairs of symbol and class in the training part.

        Raises:
            ConfigError: Symbols and classes do not belong together step by step.
        """
        spec = dataset.spec
        if not (spec.aligned and spec.input.categorical and spec.target.categorical):
            raise ConfigError(
                f"needs a token and a class at each step, not {spec.input.describe()} and "
                f"{spec.target.describe()}",
                key="baseline",
                value=self.name,
            )
        shape = spec.input.size, spec.target.size
        # Rows of most vocabularies are nearly empty, and a full table may not fit in memory.
        pairs = csr_array(shape, dtype=np.float64)
        for batch in training_batches(dataset):
            symbols = valid_rows(batch.input, batch.lengths, stepwise=True).numpy()
            classes = valid_targets(batch, spec).numpy()
            counted = classes != UNCOUNTED
            pair = symbols[counted], classes[counted]
            pairs += coo_array((np.ones(len(pair[0])), pair), shape=shape).tocsr()
        counts = pairs.sum(axis=0) + 1
        self._pairs, self._usual = pairs, counts / counts.sum()  # (V, K), (K,)

    def output(self, batch: Batch) -> Output:
        """Return log-frequencies as values, ``(B, T, K)``."""
        symbols, row = batch.input.unique(return_inverse=True)
        counts = self._pairs[symbols.numpy()].toarray()
        chances = (counts + self._usual) / (counts.sum(axis=1, keepdims=True) + 1)
        return Output(torch.from_numpy(np.log(chances)).float()[row])
