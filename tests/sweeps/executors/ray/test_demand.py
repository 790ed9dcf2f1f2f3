"""What a run takes, and how much of it a cluster holds."""

import pytest

from rnnlab.errors import ConfigError
from rnnlab.sweeps.executors.ray.demand import Demand, capacity, demand

SMALL = {"CPU": 2.0, "memory": 4e9}
LARGE = {"CPU": 8.0, "GPU": 2.0, "memory": 64e9, "big": 1.0}


def test_what_is_not_said_takes_a_processor_and_what_the_trainer_uses():
    assert demand({}, 0) == Demand((("CPU", 1.0),))
    assert demand({"gpus": None}, 2).options() == {
        "num_cpus": 1.0,
        "num_gpus": 2,
        "memory": None,
        "resources": None,
    }


def test_everything_said_is_asked_of_ray():
    said = {"cpus": 4.0, "gpus": 0.5, "memory": 1.5, "resources": {"big": 1}}
    assert demand(said, 3).options() == {
        "num_cpus": 4.0,
        "num_gpus": 0.5,
        "memory": 1_500_000_000,
        "resources": {"big": 1.0},
    }


@pytest.mark.parametrize(
    ("said", "small", "large"),
    [
        ({}, 2, 8),
        ({"cpus": 3.0}, 0, 2),
        ({"cpus": 0.1}, 20, 80),
        ({"cpus": 0.1, "gpus": 0.1}, 0, 20),
        ({"cpus": 0.5, "memory": 1.0}, 4, 16),
        ({"resources": {"big": 0.25}}, 0, 4),
    ],
)
def test_a_node_holds_what_its_scarcest_resource_allows(said, small, large):
    found = demand(said, 0)
    assert [found.fitting(node) for node in (SMALL, LARGE)] == [small, large]


def test_a_cluster_holds_what_its_nodes_hold_of_the_runs_that_take_least():
    demands = [demand({"cpus": 3.0}, 0), demand({}, 1)]
    assert capacity(demands, [SMALL, LARGE, LARGE]) == 4
    assert capacity(demands, []) == 0


OWN = "is Ray's own; there are executor.cpus, executor.gpus, executor.memory"
SMALL_OR_NONE = "must be a number, 0.0001 or more"


@pytest.mark.parametrize(
    ("said", "line"),
    [
        ({"gpus": 1.5}, "executor.gpus=1.5: is more than one and not whole"),
        ({"cpus": 1e-9}, "executor.cpus=1e-09: must be 0.0001 or more"),
        ({"resources": {"GPU": 1}}, f"executor.resources.GPU=1: {OWN}"),
        ({"resources": {"big": "x"}}, f"executor.resources.big=x: {SMALL_OR_NONE}"),
        ({"resources": {"big": True}}, f"executor.resources.big=True: {SMALL_OR_NONE}"),
        ({"resources": {"big": -1}}, f"executor.resources.big=-1: {SMALL_OR_NONE}"),
    ],
)
def test_what_no_cluster_can_give_is_refused(said, line):
    with pytest.raises(ConfigError) as raised:
        demand(said, 0)
    assert str(raised.value) == line


@pytest.mark.parametrize(
    ("said", "line"),
    [
        ({"cpus": 16.0}, "executor.cpus=16: no node of the Ray cluster has more than 8"),
        ({"gpus": 4.0}, "executor.gpus=4: no node of the Ray cluster has more than 2"),
        ({"memory": 100.0}, "executor.memory=100: no node of the Ray cluster has more than 64"),
        (
            {"resources": {"odd": 1}},
            "executor.resources.odd=1: no node of the Ray cluster has more than 0",
        ),
    ],
)
def test_what_no_node_has_is_named(said, line):
    assert str(demand(said, 0).lacking([SMALL, LARGE])) == line


def test_what_no_one_node_has_together_is_told():
    halves = [{"CPU": 8.0}, {"CPU": 1.0, "big": 1.0}]
    found = demand({"cpus": 2.0, "resources": {"big": 1}}, 0).lacking(halves)
    assert str(found) == "executor: no node of the Ray cluster has all that a run takes"
    assert demand({}, 0).lacking(halves) is None
