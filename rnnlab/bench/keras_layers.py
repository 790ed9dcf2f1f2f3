"""The peer that a Keras user would take: a layer of Keras 3 on the JAX backend, jitted."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from torch import nn

from rnnlab.bench.case import Case
from rnnlab.bench.jax_function import JaxFunction


def keras_layer(module: nn.RNNBase, case: Case) -> JaxFunction:
    """Return the candidate with the weights of one of torch's modules.

    Keras has one bias where torch's LSTM and RNN have two; it is their sum.
    """
    units: int = module.hidden_size
    kind, options = _KINDS[str(module.mode)]
    layer = kind(units, return_sequences=True, dtype="float32", **options)
    layer.build((case.size.B, case.size.T, module.input_size))
    layer.set_weights(_weights(module, units))

    def run(weights: Any, x: Any) -> Any:
        fixed = [variable.value for variable in layer.non_trainable_variables]
        output, _ = layer.stateless_call(weights, fixed, x)
        return output

    weights = [variable.value for variable in layer.trainable_variables]
    return JaxFunction("keras", run, weights, case)


_KINDS: dict[str, tuple[Any, dict[str, Any]]] = {
    "LSTM": (keras.layers.LSTM, {}),
    "GRU": (keras.layers.GRU, {"reset_after": True}),  # as torch has it
    "RNN_TANH": (keras.layers.SimpleRNN, {"activation": "tanh"}),
    "RNN_RELU": (keras.layers.SimpleRNN, {"activation": "relu"}),
}


def _weights(module: nn.RNNBase, units: int) -> list[Any]:
    weight_ih, weight_hh, bias_ih, bias_hh = (
        getattr(module, f"{name}_l0").detach().numpy()
        for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    )
    if module.mode == "GRU":
        # torch stacks reset, update, candidate; Keras update, reset, candidate.
        order = np.concatenate([np.arange(units) + gate * units for gate in (1, 0, 2)])
        biases = np.stack([bias_ih[order], bias_hh[order]])
        return [weight_ih[order].T, weight_hh[order].T, biases]
    return [weight_ih.T, weight_hh.T, bias_ih + bias_hh]
