from __future__ import annotations

import pytest
from omegaconf import OmegaConf

from rnnlab.config.interpolation import check_expansion
from rnnlab.errors import ConfigError

FORMS = {
    "text": lambda i: f"${{a{i}}}${{a{i}}}",
    "list": lambda i: [f"${{a{i}}}"] * 2,
    "relative": lambda i: [f"${{..a{i}}}"] * 2,
    "mapping": lambda i: {"x": f"${{a{i}}}", "y": f"${{a{i}}}"},
    "select": lambda i: f"${{oc.select:a{i}}}${{oc.select:'a{i}',3}}",
    "decode": lambda i: f"${{oc.decode:'${{a{i}}}${{a{i}}}'}}",
    "values": lambda i: {"x": f"${{oc.dict.values:a{i}}}", "y": f"${{oc.dict.values:a{i}}}"},
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("backwards", [False, True])
def test_doubling_forty_times_is_refused(form: str, backwards: bool) -> None:
    levels: dict[str, object] = {f"a{i}": FORMS[form](i + 1) for i in range(40)}
    content = {**levels, "a40": {"z": "x"} if form == "values" else "x"}
    if backwards:
        content = dict(reversed(content.items()))
    with pytest.raises(ConfigError, match="repeats others until it is larger than any config"):
        check_expansion(OmegaConf.create(content))


def test_the_way_through_another_interpolation_counts() -> None:
    content: dict[str, object] = {f"b{i}": f"${{a{i}}}" for i in range(41)}
    for i in range(40):
        twice = f"${{b{i + 1}.x}}${{b{i + 1}.x}}"
        content[f"a{i}"] = {"x": twice}
    content["a40"] = {"x": "z"}
    with pytest.raises(ConfigError, match="repeats others"):
        check_expansion(OmegaConf.create(content))


@pytest.mark.parametrize("text", ["${${a}}", "${x.${a}}", "${oc.select:${a}}"])
def test_a_key_that_nobody_can_tell_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match=r"^b: the name of a key in an interpolation"):
        check_expansion(OmegaConf.create({"a": "b", "b": text}))


def test_a_long_chain_is_refused() -> None:
    chain = {f"a{i}": f"${{a{i + 1}}}" for i in range(5000)}
    with pytest.raises(ConfigError, match="refers to others through too many others"):
        check_expansion(OmegaConf.create({**chain, "a5000": 1}))


def test_usual_interpolations_are_fine() -> None:
    check_expansion(
        OmegaConf.create(
            {
                "a": "${b.c}/${oc.env:HOME,x}",
                "b": {"c": "${.d}", "d": 3, "e": ["${..d}", "${a}"]},
                "f": "${oc.decode:${oc.env:X,'5'}}",
                "g": "${b}",
                # Circles and dead ends are told by whoever resolves them.
                "h": "${i}",
                "i": "${h}",
                "j": "${nowhere.at.all}",
                "k": None,
                "l": "???",
            }
        )
    )
