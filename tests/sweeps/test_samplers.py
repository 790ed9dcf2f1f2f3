from __future__ import annotations

import optuna
import pytest

from rnnlab.errors import ConfigError
from rnnlab.sweeps.samplers import SEARCHES, check_search, make_sampler
from rnnlab.sweeps.space import read_space

NUMBERS = ["a=interval(-1,1)", "b=tag(log,interval(1e-3,1))", "c=int(interval(1,9))"]
MIXED = [*NUMBERS, "d=x,y,z", "e=range(0,1,0.25)"]


@pytest.fixture(autouse=True)
def quiet() -> None:
    optuna.logging.set_verbosity(optuna.logging.WARNING)


@pytest.mark.parametrize("name", SEARCHES)
def test_each_chooses_in_the_space_and_never_the_same_numbers_twice(name: str) -> None:
    space = read_space(NUMBERS if name == "cmaes" else MIXED)
    study = optuna.create_study()
    for tried in range(15):
        study.sampler = make_sampler(name, 7, tried)
        trial = study.ask(space.distributions())
        written = dict(item.split("=") for item in space.setting(trial.params).overrides)
        assert -1 <= float(written["a"]) <= 1
        assert 1e-3 <= float(written["b"]) <= 1
        assert 1 <= int(written["c"]) <= 9
        if name != "cmaes":
            assert written["d"] in "xyz"
            assert written["e"] in ("0", "0.0", "0.25", "0.5", "0.75")
        study.tell(trial, float(written["a"]) ** 2 + float(written["b"]))
    assert len({trial.params["a"] for trial in study.trials}) == 15


@pytest.mark.parametrize("name", ["random", "tpe", "gp"])
def test_several_objectives(name: str) -> None:
    study = optuna.create_study(directions=["minimize", "maximize"])
    for tried in range(12):
        study.sampler = make_sampler(name, 0, tried)
        trial = study.ask(read_space(NUMBERS).distributions())
        study.tell(trial, [trial.params["a"], trial.params["b"]])
    assert len(study.trials) == 12


def test_another_seed_chooses_otherwise() -> None:
    def first(seed: int) -> float:
        study = optuna.create_study(sampler=make_sampler("random", seed, 0))
        return float(study.ask(read_space(NUMBERS).distributions()).params["a"])

    assert first(0) == first(0) != first(1)


@pytest.mark.parametrize(
    ("name", "overrides", "objectives", "line"),
    [
        ("tpe", ["a=1"], 1, "nothing is searched; give a key several values"),
        ("random", [], 1, "nothing is searched"),
        ("cmaes", MIXED, 1, "chooses numbers, and d has values without an order"),
        ("cmaes", NUMBERS[:1], 1, "needs two keys or more to choose, and there is a alone"),
        ("cmaes", NUMBERS, 2, "has one objective"),
    ],
)
def test_what_a_search_cannot_do(
    name: str, overrides: list[str], objectives: int, line: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        check_search(name, read_space(overrides), objectives)
    assert str(caught.value).startswith(f"sweep.search={name}: {line}")


def test_what_it_can_do_is_not_refused() -> None:
    check_search("cmaes", read_space(NUMBERS), 1)
    check_search("gp", read_space(MIXED), 3)
