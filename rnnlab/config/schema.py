"""What the parts of a config that are not components may hold: types, ranges and choices.

``conf/`` has the defaults and says what each key means; this says which values are accepted.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import Annotated, Any, Literal

from rnnlab.plugins.signature import Parameter, parameters
from rnnlab.ranges import Range

Count = Annotated[int, Range(min=1)]
Parallel = Annotated[int, Range(min=1, max=1024)]
Limit = Annotated[int | float | None, Range(min=0)]
Seed = Annotated[int, Range(min=0, max=2**32 - 1)]
Seeds = Count | list[Seed] | None
Direction = Literal["minimize", "maximize"]


@dataclass(frozen=True)
class Run:
    """The keys at the top level."""

    seed: Seed
    name: str | None
    experiment_name: str | None
    output_dir: str
    init_from: str | None = None  # absent from the config of older runs
    seeds: Seeds = None  # of a sweep, and absent from the config of every run


@dataclass(frozen=True)
class Trainer:
    """``trainer``: how long and how a model is trained."""

    max_epochs: Annotated[int, Range(min=-1)]
    max_steps: Annotated[int, Range(min=-1)]
    batch_size: Count
    eval_batch_size: Count
    stream_steps: Count
    truncate_steps: Count | None
    gradient_clip_val: Annotated[float | None, Range(above=0)]
    accumulate_grad_batches: Count
    patience: Annotated[int | None, Range(min=0)]
    log_every_n_steps: Count
    check_val_every_n_epoch: Count
    limit_train_batches: Limit
    limit_val_batches: Limit
    limit_test_batches: Limit
    accelerator: Literal["auto", "cpu", "gpu", "cuda", "mps", "tpu"]
    devices: Annotated[int, Range(min=1)] | list[int] | Literal["auto"]
    strategy: str
    precision: Literal["32-true", "64-true", "16-true", "bf16-true", "16-mixed", "bf16-mixed"]
    deterministic: bool | Literal["warn"]
    num_workers: Annotated[int, Range(min=0, max=1024)]
    threads: Parallel | Literal["auto"] | None
    enable_progress_bar: bool
    # Absent from the config of older runs.
    checkpoint_every_n_steps: Count | None = None
    preempt: bool = False
    preempt_grace: Annotated[float, Range(above=0, max=86_400)] = 20.0  # no timer takes infinity


@dataclass(frozen=True)
class Tracking:
    """``tracking``: what MLflow is told."""

    enabled: bool
    uri: str | None
    checkpoint: bool
    system_metrics: bool
    system_interval: Annotated[float, Range(above=0)]


@dataclass(frozen=True)
class Diagnostics:
    """``diagnostics``: what is measured while training."""

    gradient_norms: bool
    update_ratio: bool
    baselines: bool
    # Absent from the config of older runs.
    flow_every_n_epochs: Count | None = None
    flow_sequences: Count = 32
    flow_loss: Literal["last", "whole"] = "last"


@dataclass(frozen=True)
class Plugins:
    """``plugins``: which may be used."""

    allow: list[str] | None


@dataclass(frozen=True)
class Sweep:
    """``sweep``: how several runs are made; no run has it in its config."""

    name: str | None = None
    workers: Parallel | Literal["auto"] = "auto"
    retries: Annotated[int, Range(min=0, max=100)] = 1
    timeout: Annotated[float | None, Range(above=0, max=31_536_000)] = None
    lease: Annotated[float, Range(min=1, max=86_400)] = 60.0
    params: dict[str, Any] = field(default_factory=dict)
    seeds: Seeds = None
    search: Literal["grid", "random", "tpe", "gp", "cmaes"] = "grid"
    trials: Annotated[int | None, Range(min=1, max=100_000)] = None
    objective: str | list[str] | None = None
    direction: Direction | list[Direction] | None = None
    storage: str | None = None
    confirm: Annotated[int, Range(min=0, max=1000)] = 0
    confirm_seeds: Annotated[int, Range(min=1, max=1000)] = 5
    pruner: Literal["none", "median", "hyperband"] = "none"
    pruner_warmup: Count = 1
    pruner_startup: Annotated[int, Range(min=0, max=100_000)] = 5


@dataclass(frozen=True)
class LocalExecutor:
    """``executor`` of kind ``local``: processes of this machine."""

    kind: Literal["local"]
    accelerators: list[Annotated[int, Range(min=0)]] | Literal["auto"] = "auto"


@dataclass(frozen=True)
class RayExecutor:
    """``executor`` of kind ``ray``: tasks of a Ray cluster."""

    kind: Literal["ray"]
    address: str | None = None
    cpus: Annotated[float, Range(above=0, max=1024)] = 1.0
    gpus: Annotated[float | None, Range(min=0, max=1024)] = None
    memory: Annotated[float | None, Range(above=0)] = None
    resources: dict[str, float] | None = None


@dataclass(frozen=True)
class SlurmExecutor:
    """``executor`` of kind ``slurm``: array jobs of a Slurm cluster."""

    kind: Literal["slurm"]
    partition: str | None = None
    account: str | None = None
    qos: str | None = None
    constraint: str | None = None
    minutes: Annotated[int, Range(min=1)] = 60
    cpus: Parallel = 1
    gpus: Annotated[int | None, Range(min=0, max=1024)] = None
    memory: Annotated[float | None, Range(above=0)] = None
    requeues: Annotated[int, Range(min=0, max=1000)] = 100
    setup: list[str] = field(default_factory=list)
    options: dict[str, Any] | None = None


@dataclass(frozen=True)
class Scheduling:
    """``scheduler.interval``: how often the scheduler steps; the rest belongs to its class."""

    interval: Literal["epoch", "step"]


OPTIONS: dict[str, type] = {
    "trainer": Trainer,
    "tracking": Tracking,
    "diagnostics": Diagnostics,
    "plugins": Plugins,
    "sweep": Sweep,
}
"""The parts of a config that set options of rnnlab itself."""

EXECUTORS: dict[str, type] = {
    "local": LocalExecutor,
    "ray": RayExecutor,
    "slurm": SlurmExecutor,
}
"""What ``executor`` may hold, by its ``kind``."""

LATER = ("plugins", "sweep", "executor")
"""Those of them that the configs of older runs, or of all runs, do not have."""


@cache
def accepted(cls: type) -> tuple[Parameter, ...]:
    """Return the keys of one of these classes, each with what is accepted."""
    return tuple(parameters(cls))
