"""How many threads torch computes with.

A small model is slower on several threads than on one: its operations are over before the threads
have met, and where other programs use the cores too, a step waits for the thread that has none,
which has been seen to take a hundred times as long. Measured with ``nn.LSTM`` on two cores that
were not idle, forward, backward and optimizer, two threads over one (B,T,H): 1.26 at 32,20,32;
3.9 to 5.9 at 32,100,64, 32,50,128 and 128,50,64.
"""

from __future__ import annotations

import logging
import os

import torch
from omegaconf import DictConfig
from torch import nn

from rnnlab.runs import ranks

# Multiplications of a forward pass through one time step, about: rows times weights.
_SMALL = 2**23
_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS")
_log = logging.getLogger(__name__)


def set_threads(config: DictConfig, model: nn.Module) -> None:
    """Set the number of threads that a config asks for, or that suits a model; log a choice."""
    threads = config.trainer.threads
    if threads is None:
        return
    if threads != "auto":
        torch.set_num_threads(int(threads))
        return
    # Several processes share the cores, and whoever sets a variable has a reason.
    if ranks.processes() > 1 or any(name in os.environ for name in _VARIABLES):
        return
    work = int(config.trainer.batch_size) * _weights(model)
    if work < _SMALL and torch.get_num_threads() > 1:
        torch.set_num_threads(1)
        _log.info("threads: 1, for a model of %.1g multiplications a time step", work)


def _weights(model: nn.Module) -> int:
    """Return how many weights take part in every step: not those of embeddings."""
    return sum(
        parameter.numel()
        for part in model.modules()
        if not isinstance(part, nn.Embedding)
        for parameter in part.parameters(recurse=False)
    )
