"""Contender: Keras 3 on the JAX backend, its step compiled by XLA."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from rnnlab.bench.size import Size
from rnnlab.bench.step.data import examples


def train(size: Size, mark: Callable[[], None]) -> None:
    """Train with ``model.fit``, Adam, clipping, no bar; ``mark`` is called before each step."""
    os.environ["KERAS_BACKEND"] = "jax"
    import keras

    x, y = examples(size)

    class Marks(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
            mark()

    layers = keras.layers
    model = keras.Sequential(
        [keras.Input((size.T, x.shape[2])), layers.LSTM(size.H), layers.Dense(1)]
    )
    optimizer = keras.optimizers.Adam(1e-3, global_clipnorm=1.0)
    model.compile(optimizer=optimizer, loss="mse", jit_compile=True)
    model.fit(x.numpy(), y.numpy(), batch_size=size.B, epochs=1000, verbose=0, callbacks=[Marks()])
