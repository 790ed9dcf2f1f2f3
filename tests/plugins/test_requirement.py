from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rnnlab.plugins.installed import Component
from rnnlab.plugins.requirement import built_for_another
from rnnlab.version import __version__

Install = Callable[..., Path]
COMPONENT = Component("cell", "made_up", "a_cells:MGU", "rnnlab-a", "1.0")


@pytest.mark.parametrize(
    "requires",
    [
        [],
        ["rnnlab"],
        [f"rnnlab=={__version__}"],
        ["rnnlab>=0.1,<0.2", "numpy>=99"],
        ["rnnlab>=99; python_version < '3'"],
        ["rnnlab>=99; extra == 'new'"],
        ["rnnlab-other>=99"],
        ["not a requirement!"],
    ],
)
def test_what_goes_with_this_rnnlab(install: Install, requires: list[str]) -> None:
    install("rnnlab-a", {}, requires=requires)
    assert built_for_another(COMPONENT) is None


@pytest.mark.parametrize("text", ["rnnlab<0.1", "RNNlab >=7,<8", "rnnlab!=0.1.0"])
def test_what_does_not(install: Install, text: str) -> None:
    install("rnnlab-a", {}, requires=["numpy", text])
    why = built_for_another(COMPONENT)
    assert why is not None
    assert why.startswith("was built for another API version: it requires rnnlab")
    assert why.endswith(f"and this is rnnlab {__version__}")


def test_a_package_without_metadata_claims_nothing() -> None:
    assert built_for_another(COMPONENT) is None
