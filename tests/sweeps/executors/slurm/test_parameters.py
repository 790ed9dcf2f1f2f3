import pytest

from rnnlab.sweeps.executors.slurm.parameters import sbatch_parameters

OPTIONS = {
    **dict.fromkeys(["partition", "account", "qos", "constraint", "gpus", "memory"]),
    "minutes": 90,
    "cpus": 2,
    "options": {},
}


def of(gpus=0, grace=20.0, **options):
    return sbatch_parameters(OPTIONS | options, name="s", gpus=gpus, grace=grace)


def test_what_is_null_is_left_to_the_cluster():
    assert of() == {
        "job-name": "s",
        "time": 90,
        "cpus-per-task": 2,
        "signal": "USR1@50",
        "requeue": True,
    }


@pytest.mark.parametrize("key", ["partition", "account", "qos", "constraint"])
def test_what_is_said_is_passed_on(key):
    assert of(**{key: "x"})[key] == "x"


def test_memory_is_in_gigabytes_and_accelerators_are_counted():
    assert of(memory=1.5)["mem"] == "1536M"
    assert of(gpus=2)["gpus-per-node"] == 2


def test_notice_is_given_long_enough_for_a_snapshot():
    assert of(grace=100.0)["signal"] == "USR1@130"


def test_further_options_win_however_they_are_written():
    found = of(options={"job_name": "mine", "nice": 5, "exclusive": True, "requeue": False})
    assert found["job-name"] == "mine"
    assert found["nice"] == 5
    assert found["exclusive"] is True
    assert "requeue" not in found
