"""How many threads torch computes with.

The operations of a small model are over before several threads have met, and where other programs
use the cores too, each of them waits for the thread that has none. Measured with ``nn.LSTM``,
forward, backward and fused Adam, on two cores, two threads over one:

======================== ======== =========
B,T,H                    alone    not alone
======================== ======== =========
32,20,32 (0.27 million)  1.02     1.26
32,20,64 (1.06 million)  0.73
32,100,64 (1.06 million)          5.3
32,50,128 (4.2 million)           5.9
======================== ======== =========

In brackets is what is decided by, multiplications of a time step. Alone: the fastest of some tens
of runs, for the machine was never idle for long; not alone: medians. So where threads gain nothing
even alone, one is taken. Nothing is measured when a run starts: two runs of one seed could then
compute with different numbers of threads, and differ in the last bit.
"""

from __future__ import annotations

import logging
import os

import torch
from omegaconf import DictConfig
from torch import nn

from rnnlab.runs import ranks

# Multiplications of a forward pass through one time step, about: rows times weights.
_SMALL = 2**20
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
