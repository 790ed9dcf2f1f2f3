"""What several processes gain over one on this machine without rnnlab: two cores may share much."""

from __future__ import annotations

import subprocess
import sys

from rnnlab.errors import RunFailed

_LOOP = """
import time
import torch
from torch import nn
from torch.nn.functional import cross_entropy

torch.set_num_threads(1)
lstm, head = nn.LSTM(8, 128, batch_first=True), nn.Linear(128, 10)
optimizer = torch.optim.Adam([*lstm.parameters(), *head.parameters()], fused=True)
x, y = torch.randn(32, 8, 8), torch.randint(10, (32,))

def step():
    optimizer.zero_grad()
    cross_entropy(head(lstm(x)[0][:, -1]), y).backward()
    optimizer.step()

for _ in range(200):
    step()
began = time.perf_counter()
for _ in range({steps}):
    step()
print(time.perf_counter() - began)
"""


def plain_gain(workers: int, steps: int = 4000) -> float:
    """Return how many times the steps of one plain PyTorch loop several do at the same time.

    The model is that of ``experiment=digits_rows``; each loop has one thread.

    Args:
        workers: How many loops.
        steps: How long each is.

    Raises:
        RunFailed: A loop failed.
    """
    (alone,) = _seconds(1, steps)
    return workers * alone / max(_seconds(workers, steps))


def _seconds(count: int, steps: int) -> list[float]:
    command = [sys.executable, "-P", "-c", _LOOP.replace("{steps}", str(steps))]
    loops = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(count)
    ]
    said = [loop.communicate() for loop in loops]
    for loop, (_, errors) in zip(loops, said, strict=True):
        if loop.returncode != 0:
            raise RunFailed(f"a plain loop failed: {errors.strip()[-500:]}")
    return [float(out) for out, _ in said]
