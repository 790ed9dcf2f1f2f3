"""The peer that a JAX user would write by hand: ``jax.lax.scan`` over one step.

The input's products are taken out of the loop, as in rnnlab's engines and torch's kernels.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from torch import nn

from rnnlab.bench.case import Case
from rnnlab.bench.jax_function import JaxFunction

Carry = Any
Step = Callable[[Any, Any, Carry], Carry]
"""From recurrent weights, the projected input ``(B, *)`` and the carry to the next carry."""


def lax_scan(module: nn.RNNBase, case: Case) -> JaxFunction:
    """Return the candidate with the weights of one of torch's modules."""
    step, leaves = _STEPS[_kind(module)]
    weights = {
        name: getattr(module, f"{name}_l0").detach().numpy()
        for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    }

    def layer(weights: Any, x: Any) -> Any:
        # (T, B, *): scan runs over the first axis.
        z = jnp.swapaxes(x, 0, 1) @ weights["weight_ih"].T + weights["bias_ih"]
        recurrent = (weights["weight_hh"], weights["bias_hh"])
        zeros = jnp.zeros((x.shape[0], weights["weight_hh"].shape[1]), x.dtype)

        def body(carry: Carry, z_t: Any) -> tuple[Carry, Any]:
            following = step(recurrent, z_t, carry)
            return following, following[0]

        _, outputs = jax.lax.scan(body, (zeros,) * leaves, z)
        return jnp.swapaxes(outputs, 0, 1)

    return JaxFunction("lax.scan", layer, weights, case)


def _kind(module: nn.RNNBase) -> str:
    # nn.RNN has its nonlinearity in this name.
    return str(module.mode)


def _lstm(recurrent: Any, z: Any, carry: Carry) -> Carry:
    weight, bias = recurrent
    h, c = carry
    i, f, g, o = jnp.split(z + h @ weight.T + bias, 4, -1)
    c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
    return jax.nn.sigmoid(o) * jnp.tanh(c), c


def _gru(recurrent: Any, z: Any, carry: Carry) -> Carry:
    weight, bias = recurrent
    (h,) = carry
    input_r, input_z, input_n = jnp.split(z, 3, -1)
    recurrent_r, recurrent_z, recurrent_n = jnp.split(h @ weight.T + bias, 3, -1)
    update = jax.nn.sigmoid(input_z + recurrent_z)
    n = jnp.tanh(input_n + jax.nn.sigmoid(input_r + recurrent_r) * recurrent_n)
    return (n + update * (h - n),)


def _elman(nonlinearity: Callable[[Any], Any]) -> Step:
    def step(recurrent: Any, z: Any, carry: Carry) -> Carry:
        weight, bias = recurrent
        return (nonlinearity(z + carry[0] @ weight.T + bias),)

    return step


_STEPS: dict[str, tuple[Step, int]] = {
    "LSTM": (_lstm, 2),
    "GRU": (_gru, 1),
    "RNN_TANH": (_elman(jnp.tanh), 1),
    "RNN_RELU": (_elman(jax.nn.relu), 1),
}
"""The step of each of torch's modules, and the number of arrays that it carries."""
