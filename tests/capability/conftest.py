from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

_SOURCE = '''
from __future__ import annotations

import torch
from torch import Tensor, nn

from rnnlab.cells import Cell


class Sound(Cell[Tensor]):
    """Keeps all rules."""

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__()
        self.input_size, self.output_size = input_size, hidden_size
        self.input = nn.Linear(input_size, hidden_size)

    def init_state(self, batch_size: int) -> Tensor:
        return self.input.weight.new_zeros(batch_size, self.output_size)

    def step(self, z: Tensor, state: Tensor) -> Tensor:
        return (self.input(z) + state).tanh()


class Unsound(Sound):
    """Changes its state in place."""

    def step(self, z: Tensor, state: Tensor) -> Tensor:
        return state.mul_(0.5) + self.input(z).tanh()


class Unready(Sound):
    """Is not written yet."""

    def step(self, z: Tensor, state: Tensor) -> Tensor:
        raise RuntimeError("not yet")


class Branching(Sound):
    """Looks at values, so that no graph of it can be made."""

    def step(self, z: Tensor, state: Tensor) -> Tensor:
        total = self.input(z) + state
        return total.tanh() if float(total.detach().sum()) > 0 else total.sigmoid()


class Needy(Sound):
    """Needs what nobody can guess."""

    def __init__(self, input_size: int, words: str) -> None:
        super().__init__(input_size, len(words))


class Picky(Sound):
    """Takes no size that anybody would guess."""

    def __init__(self, input_size: int, hidden_size: int) -> None:
        if hidden_size != 7:
            raise ValueError("seven, please")
        super().__init__(input_size, hidden_size)
'''


@pytest.fixture
def plugins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Two packages: ``rnnlab-probe`` with cells of all sorts, and ``rnnlab-twin`` with one more."""
    site = tmp_path / "site"
    cells = "\n".join(
        f"{name.lower()} = probe_cells:{name}"
        for name in ("Sound", "Unsound", "Unready", "Branching", "Needy", "Picky")
    )
    _install(site, "rnnlab_probe", "1.0", f"[rnnlab.cells]\n{cells}\ngone = probe_nowhere:Cell\n")
    _install(site, "rnnlab_twin", "2.0", "[rnnlab.cells]\nsound = probe_cells:Unsound\n")
    (site / "probe_cells.py").write_text(_SOURCE)
    monkeypatch.syspath_prepend(site)
    yield site
    sys.modules.pop("probe_cells", None)


def _install(site: Path, name: str, version: str, points: str) -> None:
    metadata = site / f"{name}-{version}.dist-info"
    metadata.mkdir(parents=True)
    distribution = name.replace("_", "-")
    (metadata / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n"
        "Requires-Dist: rnnlab<0.2,>=0.1\n"
    )
    (metadata / "entry_points.txt").write_text(points)
