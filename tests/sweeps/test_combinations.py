from __future__ import annotations

import string

import pytest
from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import OverrideParseException
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnlab.config.options import options
from rnnlab.errors import ConfigError
from rnnlab.sweeps.combinations import combinations

WORDS = st.text(string.ascii_letters, min_size=1, max_size=4).filter(lambda word: word != "last")
NUMBERS = st.one_of(st.integers(-9, 9), st.floats(-1e6, 1e6, allow_nan=False)).map(str)
TEXTS = st.text("abc ,=:'\"\\[]{}()", max_size=5).map(repr)
VALUES = st.lists(st.one_of(WORDS, NUMBERS, TEXTS), min_size=1, max_size=3, unique=True)
AXES = st.dictionaries(WORDS, VALUES, max_size=3)


@settings(max_examples=50, deadline=None)
@given(AXES, st.sampled_from(["{}", "choice({})"]))
def test_the_set_of_runs_is_the_product(axes: dict[str, list[str]], form: str) -> None:
    overrides = [f"{key}={form.format(','.join(values))}" for key, values in axes.items()]
    try:
        parsed = OverridesParser.create().parse_overrides(overrides)
    except OverrideParseException:
        return  # whoever composes it tells
    (expected,) = BasicSweeper.split_arguments(parsed, None)
    # Hydra writes single values anew; here they stay as they are.
    written = {
        f"{item.get_key_element()}={item.get_value_element_as_str()}": str(item.input_line)
        for item in parsed
        if not item.is_sweep_override()
    }
    wanted = [tuple(written.get(item, item) for item in run) for run in expected]
    assert [run.overrides for run in combinations(overrides)] == list(dict.fromkeys(wanted))


@pytest.mark.parametrize(
    ("overrides", "runs"),
    [
        ([], [""]),
        (["seed=3", "cell=gru"], [""]),
        (["cell=gru,lstm", "seed=0,1"],
         ["cell=gru seed=0", "cell=gru seed=1", "cell=lstm seed=0", "cell=lstm seed=1"]),
        (["cell.hidden_size=range(8,25,8)"], [f"cell.hidden_size={n}" for n in (8, 16, 24)]),
        (["optimizer.lr=range(0.1,0.3,step=0.1)"], ["optimizer.lr=0.1", "optimizer.lr=0.2"]),
        (["seed=0,0,1"], ["seed=0", "seed=1"]),
        (["dataset.beside=[a,b],[c]"], ["dataset.beside=[a,b]", "dataset.beside=[c]"]),
        (["+note='a,b','c'"], ["+note='a,b'", "+note='c'"]),
        # One value is no difference between runs.
        (["seed=choice(3)", "cell=rnn,gru"], ["cell=rnn", "cell=gru"]),
    ],
)  # fmt: skip
def test_runs_in_order(overrides: list[str], runs: list[str]) -> None:
    assert [str(item) for item in combinations(overrides)] == runs


def test_glob_chooses_options_of_a_group() -> None:
    def cells(pattern: str) -> list[str]:
        return [item.overrides[0].removeprefix("cell=") for item in combinations([pattern])]

    assert cells("cell=glob(*)") == options("cell")
    assert cells("cell=glob([gru,lst*],exclude=g*)") == ["lstm"]


@pytest.mark.usefixtures("stranger")
def test_glob_finds_plugins() -> None:
    assert "cell=leaky" in [str(item) for item in combinations(["cell=glob(*)"])]


@pytest.mark.parametrize(
    "item",
    ["a=range(3)", "a=range(1,10,0.5)", "a=range(5,0,-2)", "a=float(range(3))", "a=str(1,2,x)",
     "a=int(1.0,2)", "a=sort(3,1,2)", "a=sort(b,a,c,reverse=true)", "a=sort(range(3),reverse=true)",
     "a=tag(x,y,choice(1,2))", "a=[1,2],{b:c},null,true,'q,r'", "++a=1,2",
     "a=sort(int(3.0),1)", "a=bool(choice(true,false))", "cell=gru,lstm"],
)  # fmt: skip
def test_values_are_those_of_hydras_own_sweeper(item: str) -> None:
    (found,) = OverridesParser.create().parse_overrides([item])
    (expected,) = BasicSweeper.split_arguments([found], None)
    if found.is_sweep_override():
        assert [run.overrides for run in combinations([item])] == list(map(tuple, expected))
    else:
        assert [run.overrides for run in combinations([item])] == [(item,)]


def test_shuffled_values_are_all_there() -> None:
    for item in ("a=shuffle(1,2,3)", "a=shuffle(range(1,4))"):
        assert sorted(str(run) for run in combinations([item])) == ["a=1", "a=2", "a=3"]


def test_replicates_count() -> None:
    assert len(combinations(["a=range(0,100)"], replicates=100)) == 100
    with pytest.raises(ConfigError, match="the overrides make 10,100 runs"):
        combinations(["a=range(0,100)"], replicates=101)


@pytest.mark.parametrize("item", ["=", "cell", "cell=gru,", "a=[", ""])
def test_what_cannot_be_read_is_left_to_whoever_composes_it(item: str) -> None:
    assert [run.overrides for run in combinations([item, "seed=0,1"])] == [
        (item, "seed=0"),
        (item, "seed=1"),
    ]


@pytest.mark.parametrize(
    ("overrides", "line"),
    [
        (
            ["optimizer.lr=interval(0,1)"],
            "optimizer.lr=interval(0,1): is an interval, and a grid needs values; write range(…)",
        ),
        (["seed=range(3,3)"], "seed=range(3,3): names no value"),
        (["seed=range(0,3,0)"], "seed=range(0,3,0): range() arg 3 must not be zero"),
        (["cell=glob(nope*)"], "cell=glob(nope*): names no value; valid: "),
        (["cell.hidden_size=glob(*)"], "cell.hidden_size=glob(*): glob(…) chooses among the opt"),
        (["seed=0,1", "seed=2"], "seed: is there more than once"),
        (
            ["optimizer.lr=tag(log,interval(1e-4,1))"],
            "optimizer.lr=tag(log,interval(1e-4,1)): is an",
        ),
        (["seed=range(0,1000000000000)"], "the overrides make 1,000,000,000,000 runs; 10,000 are"),
        (["seed=shuffle(range(0,1000000000000))"], "the overrides make 1,000,000,000,000 runs; 10"),
        (["optimizer.lr=range(0,1,1e-320)"], "the overrides make more than 1,000,000,000,000,000"),
        (["optimizer.lr=range(nan,1)"], "optimizer.lr=range(nan,1): "),
        ([f"{key}=range(0,101)" for key in "ab"], "the overrides make 10,201 runs; 10,000 are"),
    ],
)
def test_what_is_no_list_of_runs_is_one_line(overrides: list[str], line: str) -> None:
    with pytest.raises(ConfigError) as caught:
        combinations(overrides)
    assert str(caught.value).startswith(line)
