from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from rnnlab.errors import ConfigError
from rnnlab.sweeps.combinations import alternatives, parsed
from rnnlab.sweeps.space import read_space


@pytest.mark.parametrize(
    ("value", "distribution"),
    [
        ("interval(-1,5)", FloatDistribution(-1, 5)),
        ("tag(log,interval(1e-4,1e-1))", FloatDistribution(1e-4, 1e-1, log=True)),
        ("int(interval(1,64))", IntDistribution(1, 64)),
        ("int(interval(1.5,5.7))", IntDistribution(1, 5)),
        ("tag(log,int(interval(1,64)))", IntDistribution(1, 64, log=True)),
        ("int(tag(log,interval(1,64)))", IntDistribution(1, 64, log=True)),
        # As in a grid a range stops before its end.
        ("range(1,9,2)", IntDistribution(1, 7, step=2)),
        ("range(1,10,2)", IntDistribution(1, 9, step=2)),
        ("range(9,0,-4)", IntDistribution(1, 9, step=4)),
        ("tag(log,range(1,65))", IntDistribution(1, 64, log=True)),
        ("range(0.1,0.5,0.1)", FloatDistribution(0.1, 0.4, step=0.1)),
        ("float(range(1,4))", FloatDistribution(1, 3, step=1)),
        ("4,8,16", CategoricalDistribution(("4", "8", "16"))),
        ("choice(gru,lstm)", CategoricalDistribution(("gru", "lstm"))),
        ("[1,2],null,{a:1}", CategoricalDistribution(("[1,2]", "null", "{a:1}"))),
    ],
)
def test_every_form_of_the_grammar(value: str, distribution: object) -> None:
    space = read_space([f"trainer.x={value}"])
    assert space.distributions() == {"trainer.x": distribution}


def test_glob_chooses_among_the_options_of_a_group() -> None:
    (axis,) = read_space(["scheduler=glob([none,cosine,step])"]).axes
    assert sorted(axis.values) == ["cosine", "none", "step"]


def test_what_has_one_value_is_the_same_for_all_settings() -> None:
    space = read_space(["a=1", "b=interval(0,1)", "~c", "d=choice(x)", "+e=1,2"])
    setting = space.setting({"b": 0.25, "+e": "2"})
    assert setting.overrides == ("a=1", "b=0.25", "~c", "d=x", "+e=2")
    assert dict(setting.swept) == {"b": "0.25", "+e": "2"}


def test_the_order_of_writing_decides_nothing() -> None:
    one, other = read_space(["b=1,2", "a=1,2"]), read_space(["a=1,2", "b=1,2"])
    assert list(one.distributions()) == list(other.distributions()) == ["a", "b"]


def test_every_choice_and_both_ends_are_corners_once() -> None:
    space = read_space(["a=x,y,z", "b=interval(0,1)", "c=range(1,9,2)", "d=0"])
    assert [setting.overrides for setting in space.corners()] == [
        ("a=x", "b=0.0", "c=1", "d=0"),
        ("a=y", "b=0.0", "c=1", "d=0"),
        ("a=z", "b=0.0", "c=1", "d=0"),
        ("a=x", "b=1.0", "c=1", "d=0"),
        ("a=x", "b=0.0", "c=7", "d=0"),
    ]


reals = st.floats(-1e6, 1e6, allow_nan=False).filter(lambda value: abs(value) > 1e-6)


@given(low=reals, width=st.floats(1e-3, 1e6), share=st.floats(0, 1))
def test_a_real_number_that_was_chosen_is_the_number_that_hydra_reads(
    low: float, width: float, share: float
) -> None:
    high = low + width
    space = read_space([f"x=interval({low!r},{high!r})"])
    chosen = min(max(low + share * width, low), high)
    (item,) = space.setting({"x": chosen}).overrides
    found = parsed(item)
    assert found is not None
    assert found.value() == chosen
    assert space.distributions()["x"]._contains(found.value())


@given(low=st.integers(-999, 999), count=st.integers(2, 50), step=st.integers(1, 9), data=st.data())
def test_a_whole_number_that_was_chosen_is_in_the_range(
    low: int, count: int, step: int, data: st.DataObject
) -> None:
    written = f"x=range({low},{low + count * step},{step})"
    space = read_space([written])
    chosen = low + step * data.draw(st.integers(0, count - 1))
    (item,) = space.setting({"x": chosen}).overrides
    assert item in alternatives(written)
    assert item == f"x={chosen}"


@given(count=st.integers(2, 40), data=st.data())
def test_of_real_steps_the_values_are_those_of_a_grid(count: int, data: st.DataObject) -> None:
    written = f"x=range(0.1,{0.1 + 0.1 * count + 0.05:.2f},0.1)"
    space = read_space([written])
    distribution = space.distributions()["x"]
    place = data.draw(st.integers(0, count - 1))
    (item,) = space.setting({"x": 0.1 + place * 0.1}).overrides
    assert item in alternatives(written)
    assert isinstance(distribution, FloatDistribution)
    assert math.isclose(float(item[2:]), 0.1 + place * 0.1)


@pytest.mark.parametrize(
    ("item", "line"),
    [
        ("x=tag(log,interval(0,1))", "a logarithmic scale has no 0; its lower end must be > 0"),
        ("x=tag(log,interval(-2,1))", "a logarithmic scale has no -2; its lower end must be > 0"),
        ("x=tag(log,range(0,9))", "a logarithmic scale has no 0; its lower end must be > 0"),
        ("x=tag(log,range(1,9,2))", "has steps, which no logarithmic scale has"),
        ("x=tag(log,choice(1,2))", "values without an order have no logarithm"),
        ("x=tag(ln,interval(1,2))", "has the tag ln, which means nothing here; log does"),
        ("x=interval(2,1)", "the lower end comes first, and the upper one is greater"),
        ("x=int(interval(1.1,1.9))", "the lower end comes first, and the upper one is greater"),
        ("x=interval(0,inf)", "an interval has two finite ends"),
        ("x=range(3,1)", "names no value"),
        ("x=glob(*)", "glob(…) chooses among the options of a group"),
    ],
)
def test_what_cannot_be_chosen_from_is_one_line(item: str, line: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_space([item])
    assert str(caught.value).startswith(f"{item}: {line}")


def test_a_key_has_one_axis() -> None:
    with pytest.raises(ConfigError, match="x: is there more than once"):
        read_space(["x=1,2", "x=3"])
