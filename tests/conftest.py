from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
import torch
from hypothesis import settings

from rnnlab.plugins.installed import GROUPS

# A person's run looks for new examples, CI repeats the same ones.
settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")

# Torch's compiler writes its whole trace there; keeping it for a failure doubles a test's time.
logging.getLogger("torch.__trace").propagate = False

ACCELERATORS = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}


@pytest.fixture(
    params=[
        "cpu",
        *(
            pytest.param(name, marks=pytest.mark.accelerator)
            for name, present in ACCELERATORS.items()
            if present
        ),
    ]
)
def device(request: pytest.FixtureRequest) -> torch.device:
    """Every device of this machine; all but the CPU are marked ``accelerator``."""
    return torch.device(request.param)


@pytest.fixture
def stranger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A plugin package of somebody else's, installed for the time of a test.

    It brings ``cell=leaky``, whose class says what it takes in every way that a signature can,
    and ``cell=broken``, which raises when it is imported.
    """
    site = tmp_path / "site"
    metadata = site / "rnnlab_stranger-2.5.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: rnnlab-stranger\nVersion: 2.5\n"
    )
    (metadata / "entry_points.txt").write_text(
        "[rnnlab.cells]\nleaky = stranger_cells.leaky:Leaky\nbroken = stranger_broken:Cell\n"
        "[rnnlab.callbacks]\nquiet = stranger_cells.leaky:Quiet\n"
    )
    (site / "stranger_broken.py").write_text("raise RuntimeError('boom\\nsecond line')\n")
    (site / "stranger_cells").mkdir()
    (site / "stranger_cells" / "__init__.py").write_text("from .leaky import Leaky\n")
    (site / "stranger_cells" / "leaky.py").write_text(_STRANGER)
    monkeypatch.syspath_prepend(site)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    yield site
    for name in [name for name in sys.modules if name.startswith("stranger_")]:
        del sys.modules[name]


Install = Callable[..., Path]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Install made-up distributions for the time of a test, each in a folder of its own.

    ``install("rnnlab-a", {"cell": {"mgu": "a_cells:MGU"}}, {"a_cells.py": "…"}, requires=[…])``.
    """
    modules = set(sys.modules)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def put(
        name: str,
        points: dict[str, dict[str, str]],
        files: dict[str, str] | None = None,
        version: str = "1.0",
        requires: Iterable[str] = (),
    ) -> Path:
        site = tmp_path / f"site-{name}-{version}"
        metadata = site / f"{name.replace('-', '_')}-{version}.dist-info"
        metadata.mkdir(parents=True)
        lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
        lines += [f"Requires-Dist: {text}" for text in requires]
        (metadata / "METADATA").write_text("\n".join(lines) + "\n")
        groups = {**GROUPS, "conf": "rnnlab.conf"}
        (metadata / "entry_points.txt").write_text(
            "".join(
                f"[{groups[group]}]\n" + "".join(f"{key} = {at}\n" for key, at in named.items())
                for group, named in points.items()
            )
        )
        for path, text in (files or {}).items():
            (site / path).parent.mkdir(parents=True, exist_ok=True)
            (site / path).write_text(text)
        monkeypatch.syspath_prepend(site)
        return site

    yield put
    for name in set(sys.modules) - modules:
        if str(tmp_path) in str(getattr(sys.modules[name], "__file__", None)):
            del sys.modules[name]


def cell_source(name: str, words: str = "A cell, for tests.") -> str:
    """Return a module with a leaky integrator of some name."""
    return _CELL.replace("NAME", name).replace("WORDS", words)


_CELL = '''
from typing import Annotated, Literal

from torch import Tensor, nn

from rnnlab.cells.base import Cell
from rnnlab.ranges import Range


class NAME(Cell[Tensor]):
    """WORDS"""

    def __init__(
        self,
        input_size: int,
        hidden_size: Annotated[int, Range(min=1)] = 8,
        shape: Literal["tanh", "relu"] = "tanh",
    ) -> None:
        super().__init__()
        self.input_size, self.output_size = input_size, hidden_size
        self.inp = nn.Linear(input_size, hidden_size)

    def init_state(self, batch_size: int) -> Tensor:
        return self.inp.weight.new_zeros(batch_size, self.output_size)

    def step(self, z: Tensor, state: Tensor) -> Tensor:
        return 0.5 * state + self.inp(z).tanh()
'''

_STRANGER = '''
from __future__ import annotations

from typing import Annotated, Literal

import torch
from pytorch_lightning import Callback
from torch import Tensor, nn

from rnnlab.cells.base import Cell
from rnnlab.errors import ConfigError
from rnnlab.ranges import Range


class Leaky(Cell[Tensor]):
    """Leaky integrator, for tests.

    Args:
        input_size: F.
        hidden_size: H, units.
        rate: How much is
            kept.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: Annotated[int, Range(min=1)] = 8,
        *,
        rate: Annotated[float, Range(min=0, max=1)] = 1,
        shape: Literal["tanh", "relu"] = "tanh",
        bias: bool = True,
        clip: float | None = None,
        sizes: list[int] = [1, 2],
        name: str = "leaky",
        steps: int | Literal["auto"] = "auto",
        weights: Tensor = torch.zeros(1),
    ) -> None:
        super().__init__()
        if name == "wrong":
            raise ConfigError("is a bad name", key="name", value=name, valid=["good"])
        if name == "worse":
            raise ValueError("cannot be\\nbuilt")
        self.input_size, self.output_size, self.rate = input_size, hidden_size, rate
        self.inp = nn.Linear(input_size, hidden_size, bias)

    def init_state(self, batch_size: int) -> Tensor:
        return self.inp.weight.new_zeros(batch_size, self.output_size)

    def step(self, z: Tensor, state: Tensor) -> Tensor:
        return self.rate * state + self.inp(z)


class Quiet(Callback):
    """Does nothing.

    Args:
        volume: How loud.
    """

    def __init__(self, volume: float = 0.5) -> None:
        self.volume = volume
'''
