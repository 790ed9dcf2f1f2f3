from __future__ import annotations

import pytest

from rnnlab.plugins.allowed import allowing, disabled, refusal
from rnnlab.plugins.installed import Component

THEIRS = Component("cell", "made_up", "a_cells:MGU", "rnnlab-a", "1.0")
OURS = Component("cell", "gru", "rnnlab.cells.gru:GRU", "rnnlab", "0.1")


def test_all_is_allowed_unless_somebody_says_otherwise() -> None:
    assert refusal(THEIRS) is None
    with allowing(None):
        assert refusal(THEIRS) is None


def test_a_list_allows_what_it_names_and_rnnlabs_own() -> None:
    with allowing(["RNNlab_A"]):
        assert refusal(THEIRS) is None
    with allowing([]):
        assert refusal(OURS) is None
        assert "which is not among the allowed plugins (plugins.allow: none)" in str(
            refusal(THEIRS)
        )
    assert refusal(THEIRS) is None


def test_an_inner_list_shortens_an_outer_one_and_never_lengthens_it() -> None:
    with allowing(["rnnlab-b"]), allowing(["rnnlab-a", "rnnlab-b"]):
        assert refusal(THEIRS) is not None
    with allowing(["rnnlab-a"]), allowing(None):
        assert refusal(THEIRS) is None


@pytest.mark.parametrize(("text", "off"), [("1", True), ("yes", True), ("", False), ("0", False)])
def test_the_environment_switches_plugins_off(
    text: str, off: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RNNLAB_DISABLE_PLUGINS", text)
    assert disabled() is off
    assert (refusal(THEIRS) is not None) is off
    assert refusal(OURS) is None
