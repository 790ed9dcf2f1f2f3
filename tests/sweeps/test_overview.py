from __future__ import annotations

from rich.console import Console

from rnnlab.sweeps.combinations import Combination, combinations
from rnnlab.sweeps.job import Job
from rnnlab.sweeps.overview import overview
from rnnlab.sweeps.plan import Plan


def planned(settings: list[Combination], seeds: list[list[int]], left_out: int = 0) -> Plan:
    jobs = [
        Job(run, {"seed": seed, "experiment_name": "adding"}, f"{number} {seed}", f"{number}")
        for number, (run, several) in enumerate(zip(settings, seeds, strict=True))
        for seed in several
    ]
    return Plan("mine", tuple(jobs), left_out=left_out)


def shown(plan: Plan, *, whole: bool = True) -> list[str]:
    console = Console(width=100)
    with console.capture() as capture:
        for part in overview(plan, whole=whole):
            console.print(part)
    return capture.get().splitlines()


def rows(lines: list[str]) -> list[list[str]]:
    return [[cell.strip() for cell in line.split("│")[1:-1]] for line in lines if "│" in line]


def test_counts_and_the_settings_with_their_seeds() -> None:
    plan = planned(combinations(["cell=gru,lstm"]), [[0, 1, 2, 3, 4]] * 2)
    lines = shown(plan)
    assert lines[0] == "sweep mine: 2 settings x 5 seeds = 10 runs"
    assert rows(lines) == [["gru", "0-4"], ["lstm", "0-4"]]
    assert shown(plan, whole=False) == lines[:1]


def test_seeds_of_all_sorts() -> None:
    settings = combinations(["cell=gru,lstm,rnn"])
    lines = shown(planned(settings, [[3, 7], [0, 1], [0, 1]]))
    assert [row[1] for row in rows(lines)] == ["3, 7", "0, 1", "0, 1"]
    lines = shown(planned(settings, [[0, 1, 2], [0], [0]], left_out=2))
    assert lines[0] == "sweep mine: 3 settings, 5 runs"
    assert lines[1] == "2 more would compute what one of these does, and are left out"


def test_one_setting_has_the_experiments_name() -> None:
    lines = shown(planned(combinations([]), [[0]]))
    assert lines[0] == "sweep mine: 1 setting x 1 seed = 1 run"
    assert rows(lines) == [["adding", "0"]]


def test_of_many_settings_the_first_are_shown() -> None:
    lines = shown(planned(combinations(["cell.hidden_size=range(1,1031)"]), [[0]] * 1030))
    assert [row[0] for row in rows(lines)] == [str(number) for number in range(1, 21)]
    assert lines[-1] == "and 1,010 more"


def test_signs_that_mean_something_to_rich_stay() -> None:
    lines = shown(planned(combinations(["optimizer.betas=[0.8,0.9],[red]"]), [[0], [0]]))
    assert [row[0] for row in rows(lines)] == ["[0.8,0.9]", "[red]"]
