import pytest

from rnnlab.errors import ConfigError, MissingPackage
from rnnlab.sweeps.executors.choice import executor
from rnnlab.sweeps.executors.slurm import choice, commands
from rnnlab.sweeps.folder import SweepFolder
from tests.sweeps.jobs import job

OPTIONS = {
    "kind": "slurm",
    **dict.fromkeys(["partition", "account", "qos", "constraint", "gpus", "memory"]),
    "minutes": 1,
    "cpus": 1,
    "requeues": 1,
    "setup": [],
    "options": {},
}


@pytest.fixture
def checked(monkeypatch):
    """Stand for a machine from which jobs are submitted, and note what they are to be."""
    found = []
    monkeypatch.setattr(choice.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(commands, "check", found.append)
    monkeypatch.setattr(commands, "offers_accelerators", lambda partition: False)
    return found


def made(tmp_path, *jobs, workers=None, **options):
    return executor(OPTIONS | options, workers, jobs or [job("a")], SweepFolder(tmp_path / "s"))


def with_trainer(name, **trainer):
    made = job(name)
    made.plain["trainer"].update(trainer)
    return made


def test_without_the_package_its_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(choice, "find_spec", lambda name: None)
    with pytest.raises(MissingPackage, match=r"pip install 'rnnlab\[slurm\]'"):
        made(tmp_path)


def test_where_jobs_cannot_be_submitted_one_line_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(choice.shutil, "which", lambda name: None)
    with pytest.raises(ConfigError, match=r"executor\.kind=slurm: .* there is no sbatch here"):
        made(tmp_path)


def test_all_runs_are_given_at_once_up_to_a_number(tmp_path, checked):
    assert made(tmp_path, job("a"), job("b")).slots == 2
    assert made(tmp_path, job("a"), job("b"), workers=1).slots == 1
    assert made(tmp_path, *map(job, map(str, range(200)))).slots == choice.IN_QUEUE


@pytest.mark.parametrize(
    ("accelerator", "devices", "gpus", "asked"),
    [
        ("cpu", 2, None, None),
        ("auto", 1, None, None),  # this cluster has none
        ("gpu", 2, None, 2),
        ("gpu", "auto", None, 1),
        ("cpu", 1, 3, 3),
        ("gpu", [0, 1], 2, 2),
    ],
)
def test_accelerators_are_asked_for(tmp_path, checked, accelerator, devices, gpus, asked):
    made(tmp_path, with_trainer("a", accelerator=accelerator, devices=devices), gpus=gpus)
    (parameters,) = checked
    assert parameters.get("gpus-per-node") == asked


def test_where_the_cluster_has_accelerators_auto_asks_for_one(tmp_path, checked, monkeypatch):
    monkeypatch.setattr(commands, "offers_accelerators", lambda partition: True)
    made(tmp_path, with_trainer("a", accelerator="auto", devices="auto"))
    assert checked[0]["gpus-per-node"] == 1


def test_accelerators_by_name_are_refused(tmp_path, checked):
    with pytest.raises(ConfigError, match=r"trainer\.devices=\[0, 1\]: Slurm itself numbers"):
        made(tmp_path, with_trainer("a", accelerator="gpu", devices=[0, 1]))
