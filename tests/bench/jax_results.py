"""Run as a process of its own: JAX's threads would make every later ``fork`` of the tests warn.

Prints how far each JAX peer is from torch in float32, output and all gradients, as JSON.
"""

from __future__ import annotations

import json
import os
import sys
import warnings

import numpy as np
import torch

from rnnlab.bench.case import make_case
from rnnlab.bench.jax_function import JaxFunction
from rnnlab.bench.peers import peer
from rnnlab.bench.size import Size
from rnnlab.bench.torch_layers import torch_module

CELLS = ("lstm", "gru", "rnn", "irnn")


def compare(name: str, kind: str) -> dict[str, object]:
    case = make_case(name, Size(3, 7, 5), seed=3)
    module = torch_module(case.cell)
    assert module is not None
    output = module(case.x)[0]
    wanted = [case.x, *module.parameters()]
    expected = torch.autograd.grad(output, wanted, case.cotangent)
    candidate = peer(kind, case)
    assert isinstance(candidate, JaxFunction)
    found, by_input = candidate.results()
    _, (by_weight, _) = candidate.forward_backward()
    if kind == "jax":
        names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        weights = [np.asarray(by_weight[name]).T for name in names]
    else:
        weights = _as_torch([np.asarray(each) for each in by_weight], name, 5)
    pairs = zip((found, by_input, *weights), (output, *expected), strict=True)
    far = [float(np.abs(one - other.detach().numpy()).max()) for one, other in pairs]
    answer: dict[str, object] = {"far": far}
    if name == "lstm":  # each is one more compilation
        answer["alone"] = float(np.abs(np.asarray(candidate.forward()) - found).max())
        answer["bytes"] = candidate.allocated_bytes()
    return answer


def _as_torch(weights: list[np.ndarray], name: str, units: int) -> list[np.ndarray]:
    """Return Keras's gradients in torch's order; its one bias stands for both of torch's."""
    if name == "gru":
        order = np.concatenate([np.arange(units) + gate * units for gate in (1, 0, 2)])
        weight_ih, weight_hh, (bias_ih, bias_hh) = weights
        return [weight_ih.T[order], weight_hh.T[order], bias_ih[order], bias_hh[order]]
    weight_ih, weight_hh, bias = weights
    return [weight_ih.T, weight_hh.T, bias, bias]


if __name__ == "__main__":
    warnings.simplefilter("error")
    torch.set_num_threads(1)
    answers = {kind: {name: compare(name, kind) for name in CELLS} for kind in sys.argv[1:]}
    answers["threads"] = {"NPROC": os.environ["NPROC"]}
    sys.stdout.write(json.dumps(answers))
