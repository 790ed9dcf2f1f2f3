from __future__ import annotations

from itertools import combinations

import pytest

from rnnlab.config.folder_names import refused_name
from rnnlab.sweeps.naming import sweep_name

ASKED = ["experiment=adding", "cell=rnn,gru", "optimizer.lr=1e-2", "trainer.max_epochs=3"]


def name(*overrides: str, experiment: str | None = "adding", option: str | None = None) -> str:
    return sweep_name(overrides, experiment, option)


@pytest.mark.parametrize(
    "same",
    [
        ["experiment=adding", "cell=rnn,gru,lstm", "optimizer.lr=0.01", "trainer.max_epochs=3"],
        ["cell=glob(*)", "trainer.max_epochs=3", "experiment=adding", "optimizer.lr=1e-2"],
        ["cell=choice(rnn)", "optimizer.lr=0.010", "experiment=adding", "trainer.max_epochs=3"],
        [*ASKED, "seed=0,1"],
        [*ASKED, "seed=3"],
        [*ASKED, "tracking.enabled=false", "output_dir=/elsewhere", "diagnostics.baselines=false"],
        [*ASKED, "trainer.num_workers=2", "trainer.enable_progress_bar=false"],
    ],
)
def test_more_values_more_seeds_and_another_place_are_the_same_sweep(same: list[str]) -> None:
    assert name(*same) == name(*ASKED)


def test_another_question_is_another_sweep() -> None:
    names = [
        name(*ASKED),
        name(*ASKED, experiment="copy_memory"),
        name(*ASKED, experiment=None),
        name(*ASKED[:3], "trainer.max_epochs=4"),
        name(*ASKED[:3]),
        name(*ASKED, "cell.hidden_size=3,4"),
        name(*ASKED, "~scheduler"),
        name(*ASKED[:2], "optimizer.lr=1e-2,1e-3", ASKED[3]),
    ]
    assert all(one != other for one, other in combinations(names, 2))


def test_it_can_be_read_and_be_a_folder() -> None:
    assert name("cell=rnn,gru", "optimizer.lr=1,2", "seed=0,1").startswith("cell-lr-")
    assert name(*ASKED, option="architectures").startswith("architectures-")
    assert name(*ASKED, option="default").startswith("cell-")
    assert name("seed=0,1").startswith("seeds-")
    odd = ["+größe.…=1,2", "cell@x.y=a,b", "+a-b=1,2", *(f"+key{n}=1,2" for n in range(99))]
    assert refused_name(name(*odd)) is None
    assert len(name(*odd)) < 80
