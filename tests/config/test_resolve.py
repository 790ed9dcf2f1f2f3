from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from omegaconf import DictConfig, IntegerNode, OmegaConf
from omegaconf.errors import InterpolationKeyError

from rnnlab.config.resolve import _literal, settle


def settled(**values: object) -> dict[object, object]:
    cfg = OmegaConf.create(values)
    settle(cfg)
    plain = OmegaConf.to_container(cfg, resolve=False)
    assert isinstance(plain, dict)
    return plain


def test_values_lists_and_mappings_are_resolved() -> None:
    plain = settled(a=1, b="${a}", c=["${b}", "x${a}"], d="${c}", e={"f": "${..a}"}, g="${e}")
    assert plain == {
        "a": 1,
        "b": 1,
        "c": [1, "x1"],
        "d": [1, "x1"],
        "e": {"f": 1},
        "g": {"f": 1},
    }


def test_what_reads_the_environment_stays_as_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "secret")
    plain = settled(
        a="${oc.env:TOKEN}",
        b="${a}",
        c="http://${a}@host",
        d=["${b}", {"e": "${oc.env:TOKEN,none}"}],
        f=IntegerNode("${oc.env:TOKEN}"),
        g="${oc.env:NOT_SET_ANYWHERE}",
    )
    assert plain == {
        "a": "${oc.env:TOKEN}",
        "b": "${a}",
        "c": "http://${a}@host",
        "d": ["${b}", {"e": "${oc.env:TOKEN,none}"}],
        "f": "${oc.env:TOKEN}",
        "g": "${oc.env:NOT_SET_ANYWHERE}",
    }


def test_the_environment_can_be_read_again_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "secret")
    cfg = OmegaConf.create({"a": "${oc.env:TOKEN}", "b": "${nowhere}"})
    with pytest.raises(InterpolationKeyError):
        settle(cfg)
    assert isinstance(cfg, DictConfig)
    assert cfg.a == "secret"


def test_missing_and_null_stay() -> None:
    assert settled(a="???", b=None) == {"a": "???", "b": None}


@settings(deadline=None, max_examples=200)
@given(st.lists(st.sampled_from(["\\", "$", "{", "}", "${", "${b}", "a", "'", " ", "\n", "é"])))
def test_a_text_that_looks_like_an_interpolation_stays_a_text(parts: list[str]) -> None:
    text = "".join(parts)
    # Behind an interpolation the text has another way to go than beside none.
    for written in ("${c}", "${c}${c}"):
        cfg = OmegaConf.create({"a": written, "b": 7, "c": _literal(text)})
        resolved = cfg.a
        settle(cfg)
        assert cfg.a == resolved
        if text != "???":
            assert cfg.c == text
