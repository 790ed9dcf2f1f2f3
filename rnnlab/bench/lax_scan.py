"""The peer that a JAX user would write by hand: ``jax.lax.scan`` over one step.

The input's product is in the step, where it is in the equations. Taken out of the loop, as rnnlab's
engines and torch's kernels have it, it makes XLA slower on the CPU: with the backward pass an LSTM
of 32,100,64 took 15.9 ms instead of 11.4, one of 128,100,128 230 ms instead of 179 (jax 0.10.2).
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
"""From weights, the input of one step ``(B, F)`` and the carry to the next carry."""


def lax_scan(module: nn.RNNBase, case: Case) -> JaxFunction:
    """Return the candidate with the weights of one of torch's modules."""
    step, leaves = _STEPS[_kind(module)]
    # (F, gates) and (H, gates), as is the custom in JAX; torch has them the other way round.
    weights = {
        name: getattr(module, f"{name}_l0").detach().numpy().T
        for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    }

    def layer(weights: Any, x: Any) -> Any:
        zeros = jnp.zeros((x.shape[0], weights["weight_hh"].shape[0]), x.dtype)

        def body(carry: Carry, x_t: Any) -> tuple[Carry, Any]:
            following = step(weights, x_t, carry)
            return following, following[0]

        # (T, B, *): scan runs over the first axis.
        _, outputs = jax.lax.scan(body, (zeros,) * leaves, jnp.swapaxes(x, 0, 1))
        return jnp.swapaxes(outputs, 0, 1)

    return JaxFunction("lax.scan", layer, weights, case)


def _kind(module: nn.RNNBase) -> str:
    # nn.RNN has its nonlinearity in this name.
    return str(module.mode)


def _lstm(weights: Any, x: Any, carry: Carry) -> Carry:
    h, c = carry
    i, f, g, o = jnp.split(_input(weights, x) + _recurrent(weights, h), 4, -1)
    c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
    return jax.nn.sigmoid(o) * jnp.tanh(c), c


def _gru(weights: Any, x: Any, carry: Carry) -> Carry:
    (h,) = carry
    input_r, input_z, input_n = jnp.split(_input(weights, x), 3, -1)
    recurrent_r, recurrent_z, recurrent_n = jnp.split(_recurrent(weights, h), 3, -1)
    update = jax.nn.sigmoid(input_z + recurrent_z)
    n = jnp.tanh(input_n + jax.nn.sigmoid(input_r + recurrent_r) * recurrent_n)
    return (n + update * (h - n),)


def _elman(nonlinearity: Callable[[Any], Any]) -> Step:
    def step(weights: Any, x: Any, carry: Carry) -> Carry:
        return (nonlinearity(_input(weights, x) + _recurrent(weights, carry[0])),)

    return step


def _input(weights: Any, x: Any) -> Any:
    return x @ weights["weight_ih"] + weights["bias_ih"]


def _recurrent(weights: Any, h: Any) -> Any:
    return h @ weights["weight_hh"] + weights["bias_hh"]


_STEPS: dict[str, tuple[Step, int]] = {
    "LSTM": (_lstm, 2),
    "GRU": (_gru, 1),
    "RNN_TANH": (_elman(jnp.tanh), 1),
    "RNN_RELU": (_elman(jax.nn.relu), 1),
}
"""The step of each of torch's modules, and the number of arrays that it carries."""
