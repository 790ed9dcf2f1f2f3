from __future__ import annotations

from pathlib import Path

import pytest

from rnnlab.config.check import checked
from rnnlab.errors import ConfigError, ConfigErrors, Refused
from rnnlab.runs.assemble import assemble
from rnnlab.runs.record import manifest_of
from rnnlab.runs.train import configured
from rnnlab.sweeps import trial
from rnnlab.sweeps.job import Job
from rnnlab.sweeps.plan import plan
from tests.runs.conftest import SMALL

HERE = [*SMALL, "output_dir=outputs"]
TEN_MILLION = [*(f"+x{number}=range(0,10)" for number in range(6)), "seeds=10"]


@pytest.fixture(autouse=True)
def nothing_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    yield
    made = {path.name for path in tmp_path.iterdir()}
    assert made <= {"site", "cache"}  # the plugin, and what is remembered of it


def lines(overrides: list[str]) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        plan([*HERE, *overrides])
    error = caught.value
    return [str(each) for each in (error.errors if isinstance(error, ConfigErrors) else [error])]


def jobs_of(*overrides: str) -> tuple[Job, ...]:
    return plan([*HERE, *overrides]).jobs


def test_every_run_has_a_whole_config_and_says_what_is_its_own() -> None:
    jobs = jobs_of("cell=gru,lstm", "seed=0,1")
    assert [str(job) for job in jobs] == [
        "cell=gru seed=0", "cell=gru seed=1", "cell=lstm seed=0", "cell=lstm seed=1",
    ]  # fmt: skip
    assert [(job.config.choices.cell, job.config.seed) for job in jobs] == [
        ("gru", 0), ("gru", 1), ("lstm", 0), ("lstm", 1),
    ]  # fmt: skip
    assert all(job.config.cell.hidden_size == 8 for job in jobs)
    assert [job.setting for job in jobs[1:3]] == [{"cell": "gru"}, {"cell": "lstm"}]


def test_one_run_is_a_sweep_too() -> None:
    (job,) = plan(HERE).jobs
    assert (str(job), job.setting) == ("digits_rows", {})


def test_a_plugins_cell_is_swept(stranger: Path) -> None:
    jobs = jobs_of("cell=leaky,gru")
    assert jobs[0].config.cell._target_ == "stranger_cells.leaky.Leaky"


def test_all_mistakes_of_all_runs_are_told_once() -> None:
    found = lines(["cell=gru,nope", "seed=0,-1", "trainer.batch_size=0", "trainer.x=3"])
    assert [line.partition("; valid")[0] for line in found] == [
        "trainer.x: is not a key of trainer",
        "trainer.batch_size=0: must be >= 1",
        "seed=-1: must be >= 0 and <= 4294967295 (cell=gru seed=-1 and 1 more)",
        "cell=nope: is not an option",
    ]
    # Which runs have it stands at the end.
    assert found[3].endswith("(cell=nope seed=0 and 1 more)")


def test_what_does_not_fit_together_is_told_before_the_first_run() -> None:
    (line,) = lines(["task=many_to_one,one_to_one", "seed=0,1"])
    assert line.startswith("task=one_to_one: ")
    assert line.endswith("(task=one_to_one seed=0 and 1 more)")


def test_what_must_not_be_built_is_refused() -> None:
    with pytest.raises(Refused, match=r"cell\._target_=os\.system: only classes of"):
        plan([*HERE, "cell._target_=os.system,rnnlab.cells.gru.GRU"])


def test_runs_do_not_share_a_name() -> None:
    (line,) = lines(["name=one", "seed=0,1"])
    assert line == "name=one: would be the name of 2 runs; without it each gets its own"
    (line,) = lines(["name=one,two", "seed=0,1"])
    assert line.startswith("name=one,two: names one run, and the runs of a sweep have names of")


def test_one_run_may_be_named_unless_the_name_is_taken(tmp_path: Path) -> None:
    assert jobs_of("name=one")[0].config.name == "one"
    outputs = tmp_path / "site" / "outputs"
    (outputs / "digits_rows" / "two").mkdir(parents=True)
    (line,) = lines(["name=two", f"output_dir={outputs}"])
    assert line == "name=two: a run of that name exists; choose another"


def test_seeds_are_replicates_of_a_setting() -> None:
    jobs = jobs_of("cell=gru,lstm", "seeds=2", "seed=7")
    assert [str(job) for job in jobs] == [
        "cell=gru seed=7", "cell=gru seed=8", "cell=lstm seed=7", "cell=lstm seed=8",
    ]  # fmt: skip
    assert [job.seed for job in jobs] == [7, 8, 7, 8]
    settings = [job.setting_fingerprint for job in jobs]
    assert settings[0] == settings[1] != settings[2] == settings[3]
    assert len({job.fingerprint for job in jobs}) == 4


def test_a_list_of_seeds_is_what_several_values_of_seed_are() -> None:
    named, swept = (
        plan([*HERE, "cell=gru,lstm", "seeds=[3,7]"]),
        jobs_of("seed=3,7", "cell=gru,lstm"),
    )
    assert named.jobs == swept
    assert [job.seed for job in swept] == [3, 7, 3, 7]


def test_a_run_is_the_one_that_its_overrides_make_alone() -> None:
    for job in jobs_of("cell=gru,lstm", "optimizer.lr=1e-3,1e-2", "seeds=2", "sweep.workers=3"):
        assert job.config == checked(job.overrides)
        assert not {"sweep", "seeds"} & {*job.plain, *job.plain["choices"]}


@pytest.mark.usefixtures("stranger")
def test_fingerprints_are_those_that_the_runs_will_have() -> None:
    for job in jobs_of("cell=leaky,gru", "seeds=2"):
        manifest = manifest_of(assemble(configured(list(job.overrides))))
        assert job.fingerprint == manifest["fingerprint"]
        assert job.setting_fingerprint == manifest["setting"]


def test_what_computes_the_same_is_one_run() -> None:
    found = plan([*HERE, "optimizer.lr=0.01,1e-2,0.010,0.1", "trainer.threads=1,2", "seeds=2"])
    assert [str(job) for job in found.jobs] == [
        f"optimizer.lr={rate} trainer.threads=1 seed={seed}"
        for rate in (0.01, 0.1)
        for seed in (0, 1)
    ]
    assert found.left_out == 4
    assert [len(jobs) for jobs in found.settings.values()] == [2, 2]


def test_data_is_read_and_a_model_made_once_for_all_that_share_them(monkeypatch) -> None:
    made = {"dataset": 0, "optimizer": 0, "backbone_factory": 0}
    for name in made:
        real = getattr(trial.build, name)

        def counted(*arguments, name=name, real=real):
            made[name] += 1
            return real(*arguments)

        monkeypatch.setattr(trial.build, name, counted)
    assert len(jobs_of("cell=gru,lstm", "optimizer.lr=0.1,0.2,0.3", "seeds=5")) == 30
    assert made["dataset"] == 1
    assert made["optimizer"] == 6
    assert made["backbone_factory"] == 4  # each cell on meta, and once in earnest


@pytest.mark.parametrize(
    ("overrides", "line"),
    [
        (["seeds=0"], "seeds=0: must be >= 1"),
        (["seeds=[]"], "seeds=[]: names no seed"),
        (["seeds=-2"], "seeds=-2: must be >= 1"),
        (["seeds=[1,-1]"], "seeds=[1, -1]: must be an integer >= 1 or a list of integers >= 0 and"),
        (["seeds=1,2"], "seeds=1,2: is a number or a list of seeds; write seeds=[3,7]"),
        (["sweep=architectures,learning_rate"], "sweep=architectures,learning_rate: one sweep at"),
        (["sweep=nope"], "sweep=nope: is not an option; valid: architectures, default,"),
        (["sweep.workers=1,2"], "sweep.workers=1,2: has one value"),
        (["sweep.workers=0"], "sweep.workers=0: must be >= 1 and <= 1024"),
        (["sweep.retries=-1"], "sweep.retries=-1: must be >= 0 and <= 100"),
        (["sweep.timeout=0"], "sweep.timeout=0.0: must be > 0 and <= 31536000"),
        (["sweep.name=a/b"], "sweep.name=a/b: cannot be a folder name: it has / in it"),
        (["sweep.sort=random"], "sweep.sort: is not a key of sweep; valid: confirm,"),
        (["cell=glob(zz*)"], "cell=glob(zz*): names no value; valid: "),
        (["optimizer.lr=tag(log,interval(1e-4,1))"], "optimizer.lr=tag(log,interval(1e-4,1)): "),
        (["seeds=10001"], "the overrides make 10,001 runs; 10,000 are the most"),
        (["seeds=100000000000000000"], "the overrides make more than 1,000,000,000,000,000 runs"),
        (TEN_MILLION, "the overrides make 10,000,000 runs; 10,000 are the most"),
        (["seed=4294967295", "seeds=2"], "seed=4294967296: must be >= 0 and <= 4294967295 (seed="),
        (["seed=x", "seeds=2"], "seed=x: must be an integer >= 0 and <= 4294967295"),
    ],
)  # fmt: skip
def test_what_is_no_sweep_is_one_line(overrides: list[str], line: str) -> None:
    (told,) = lines(overrides)
    assert told.startswith(line)


def test_a_sweeps_name_is_found_again_or_given() -> None:
    first = plan([*HERE, "cell=gru,lstm"]).name
    assert plan([*HERE, "cell=gru,rnn", "seeds=2", "sweep.workers=2"]).name == first
    assert plan([*HERE, "optimizer.lr=1,2"]).name != first
    assert plan([*HERE, "cell=gru,lstm", "sweep.name=mine"]).name == "mine"


def test_how_runs_are_made_is_in_the_plan() -> None:
    options = plan([*HERE, "sweep.workers=3", "sweep.retries=0", "sweep.timeout=60"]).options
    assert (options.workers, options.retries, options.timeout) == (3, 0, 60.0)
