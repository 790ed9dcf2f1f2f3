"""What can be given up while it trains is checked before anything runs."""

import pytest

from rnnlab.config.schema import Sweep
from rnnlab.errors import ConfigError
from rnnlab.sweeps.combinations import Combination
from rnnlab.sweeps.job import Job
from rnnlab.sweeps.objectives import Objective
from rnnlab.sweeps.pruner import Pruner
from rnnlab.sweeps.pruning_options import choose_pruner, refuse_pruner
from rnnlab.sweeps.replicates import Replicates

LOSS = Objective("val/loss", "minimize")


def chosen(rule="median", objectives=(LOSS,), seeds=1, epochs=(20,), devices=1, **options):
    runs = []
    for number in epochs:
        trainer = {"max_epochs": number, "devices": devices}
        runs.append(Job(Combination((), {}), {"seed": 0, "trainer": trainer}, "f", "s"))
    said = Sweep(pruner=rule, **options)
    return choose_pruner(said, objectives, Replicates(count=seeds), runs)


def test_without_a_rule_nothing_is_looked_at():
    assert chosen("none", (LOSS, LOSS), seeds=5, devices=8) is None


def test_a_rule_knows_what_it_has_to():
    assert chosen(pruner_warmup=3, pruner_startup=2) == Pruner("median", 3, 2, 20)
    assert chosen(epochs=(20, 40)) == Pruner("median", 1, 5, 40)
    assert chosen(epochs=(-1,), pruner_warmup=9) == Pruner("median", 9, 5, 0)
    assert chosen("hyperband", devices="auto") == Pruner("hyperband", 1, 5, 20)
    assert chosen(devices=[3]) is not None


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (
            {"objectives": (LOSS, Objective("parameters", "minimize"))},
            "sweep.pruner=median: judges by one objective, and there are 2: val/loss, parameters",
        ),
        (
            {"objectives": (Objective("parameters", "minimize"),)},
            "sweep.pruner=median: judges by what each validation measures, such as val/loss",
        ),
        (
            {"objectives": (Objective("train/loss", "minimize"),)},
            "sweep.pruner=median: judges by what each validation measures, such as val/loss",
        ),
        (
            {"seeds": 3},
            "sweep.pruner=median: judges runs of one seed, and each setting has 3; sweep.confirm=",
        ),
        (
            {"devices": 2},
            "sweep.pruner=median: judges runs of one process, and trainer.devices=2 makes several",
        ),
        (
            {"devices": [0, 1], "rule": "hyperband"},
            "sweep.pruner=hyperband: judges runs of one process, and trainer.devices=[0, 1]",
        ),
        (
            {"pruner_warmup": 20},
            "sweep.pruner_warmup=20: leaves nothing to give up of 20 epochs",
        ),
        (
            {"rule": "hyperband", "epochs": (20, 40)},
            "trainer.max_epochs=20/40: hyperband divides one number of epochs among all trials",
        ),
        (
            {"rule": "hyperband", "epochs": (-1,)},
            "trainer.max_epochs=-1: hyperband divides one number of epochs among all trials",
        ),
    ],
)
def test_what_cannot_be_judged_is_refused_in_one_line(options, why):
    with pytest.raises(ConfigError) as error:
        chosen(**options)
    assert str(error.value).startswith(why)


def test_a_grid_gives_nothing_up():
    refuse_pruner(Sweep())
    with pytest.raises(ConfigError, match=r"^sweep\.pruner=median: a grid runs all its settings"):
        refuse_pruner(Sweep(pruner="median"))
