"""Searches whose runs compute a formula: everything else is as it is in earnest."""

import json
from collections import Counter

from omegaconf import OmegaConf

from rnnlab.config.schema import Sweep
from rnnlab.errors import ConfigError
from rnnlab.runs.folder import Status
from rnnlab.sweeps.driver import Driver, Settings
from rnnlab.sweeps.executors.executor import Ended, Executor
from rnnlab.sweeps.folder import SweepFolder, make
from rnnlab.sweeps.job import Job
from rnnlab.sweeps.objectives import Objective
from rnnlab.sweeps.plan import Plan
from rnnlab.sweeps.replicates import Replicates
from rnnlab.sweeps.search import Search
from rnnlab.sweeps.search_plan import SearchPlan
from rnnlab.sweeps.space import read_space
from rnnlab.sweeps.study import How, Study
from rnnlab.sweeps.swept_run import SweptRun

LOSS = Objective("val/loss", "minimize")
OVERRIDES = ("x=interval(-1,1)", "y=tag(log,interval(1e-3,1))", "kind=a,b")


class Maker:
    """Makes jobs without a config that could be trained.

    Args:
        invalid: Tells of the values of a setting whether its config is wrong.
    """

    def __init__(self, invalid=lambda values: False):
        self.invalid = invalid

    def make(self, settings, seeds):
        jobs = {}
        for setting in settings:
            for run in seeds.of(setting, 0):
                values = dict(item.split("=") for item in run.overrides)
                if self.invalid(values):
                    raise ConfigError("is wrong", key="x", value=values["x"])
                job = self._job(run, values)
                jobs.setdefault(job.fingerprint, job)
        return list(jobs.values()), 0

    @staticmethod
    def _job(run, values):
        seed = int(values.pop("seed", 0))
        setting = f"{hash_of(values)}"
        plain = {"seed": seed, "experiment_name": "e", "trainer": {"accelerator": "cpu"}, **values}
        return Job(run, plain, hash_of({**values, "seed": seed}), setting)


def hash_of(values):
    import hashlib

    text = json.dumps(values, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def formula(config):
    """A valley at x=0.3, a little lower for ``kind=b`` and for larger ``y``."""
    x, y = float(config.get("x", 0.3)), float(config.get("y", 1))
    loss = (x - 0.3) ** 2 + 0.1 * (1 - y) + (0.05 if config.get("kind") == "a" else 0)
    return {"loss": loss + 0.001 * int(config.seed)}


class Computing(Executor):
    """Computes a formula of each run's config at the next look, or when it is let go.

    Args:
        slots: How many runs at a time.
        compute: Makes the validation scores of a config; what it raises fails the run.
    """

    name = "computing"

    def __init__(self, slots=1, compute=formula):
        self._slots, self.compute = slots, compute
        self.order, self.tickets, self.held = [], [], set()
        self._running = {}

    @property
    def slots(self):
        return self._slots

    def start(self, work):
        attempt = SweptRun(work.run).claim(work.after)
        assert attempt is not None
        attempt.write_status(Status.RUNNING)
        self.order.append(work.run.name)
        self.tickets.append((work.run / "trial.json").exists())
        self._running[work.run] = attempt

    @property
    def running(self):
        return [run.name for run in self._running]

    def ended(self):
        found = []
        for run, attempt in list(self._running.items()):
            if run.name in self.held:
                continue
            del self._running[run]
            found.append(Ended(run, self._finish(attempt)))
        return found

    def _finish(self, attempt):
        try:
            scores = self.compute(OmegaConf.load(attempt.config))
        except ValueError as error:
            attempt.write_status(Status.FAILED, str(error))
            return 1
        result = {
            "scores": {"train": {}, "val": scores, "test": scores},
            "baselines": {},
            "monitor": "val/loss",
            "monitor_mode": "min",
            "parameters": int(scores.get("parameters", 1)),
            "train_seconds": 1.0,
        }
        attempt.result.write_text(json.dumps(result))
        attempt.write_status(Status.FINISHED)
        return 0

    def signal(self, run, number):
        raise AssertionError("nobody asks for that here")

    def close(self):
        pass


class Begun:
    """One command: a driver and what it drives."""

    def __init__(self, folder, source, executor, retries=0):
        self.source, self.executor = source, executor
        self.driver = Driver(folder, [], executor, Settings(retries=retries), source=source)

    def to_the_end(self, most=2000):
        for _ in range(most):
            if not self.driver.tick():
                return self
        raise AssertionError("it does not end")

    def ticks(self, count):
        for _ in range(count):
            self.driver.tick()
        return self


class Case:
    """A search in a folder of its own; each ``begin`` is one command more."""

    def __init__(self, outputs, overrides=OVERRIDES, objectives=(LOSS,), seeds=1, maker=None):
        self.outputs, self.said = outputs, []
        self.space = read_space(overrides)
        self.objectives, self.maker = objectives, maker or Maker()
        self.seeds = Replicates(count=seeds)
        self.folder = SweepFolder(outputs / "sweeps" / "s")

    def plan(self, trials=10, search="random", **options):
        said = Sweep(name="s", search=search, trials=trials, **options)
        examples, _ = Maker().make(self.space.corners(), self.seeds)
        return SearchPlan(
            self.space, self.objectives, self.seeds, said, self.maker, tuple(examples)
        )

    def study(self, trials=10, search="random", storage=None):
        how = How(search, trials, 0, str(self.seeds.count))
        self.folder.path.mkdir(parents=True, exist_ok=True)
        return Study(self.folder.path, storage, self.space, self.objectives, how)

    def begin(self, trials=10, slots=1, compute=formula, search="random", retries=0, **options):
        plan = self.plan(trials, search, **options)
        make(Plan("s", (), plan.options, search=plan), self.outputs, [], slots)
        study = self.study(trials, search, plan.options.storage)
        source = Search(plan, study, self.folder, self.folder.plan_more, self.said.append)
        return Begun(self.folder, source, Computing(slots, compute), retries)

    def tried(self):
        return self.study().tried()

    def states(self):
        return Counter(tried.state for tried in self.tried())
