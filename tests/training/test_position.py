"""A training cut at any batch and gone on with is the whole one, in every setting that counts."""

import shutil
from pathlib import Path

import pytest
import pytorch_lightning as pl
import torch
from pytorch_lightning.loggers import Logger
from torch.optim import lr_scheduler

from rnnlab.cells import LSTM
from rnnlab.data.batch import Batch
from rnnlab.data.loading import ExampleLoader, StreamLoader, TensorLoader
from rnnlab.data.spec import DataSpec, Field
from rnnlab.data.split import ExampleSplit, StreamSplit, TensorSplit
from rnnlab.data.vocabulary import Vocabulary
from rnnlab.models.recurrent_backbone import RecurrentBackbone
from rnnlab.tasks.synced_many_to_many import SyncedManyToMany
from rnnlab.training.checkpoint_files import AtomicCheckpointIO
from rnnlab.training.checkpoint_reading import read
from rnnlab.training.checkpoints import BEST, LAST, Checkpoints
from rnnlab.training.early_stopping import PatientStopping
from rnnlab.training.module import TrainingModule
from rnnlab.training.position import Position
from rnnlab.training.tbptt import TruncatedLoader
from tests.runs.killing import assert_equal

SPEC = DataSpec(
    input=Field("reals", 2, sequence=True),
    target=Field("tokens", 3, sequence=True, vocabulary=Vocabulary(("a", "b", "c"))),
    aligned=True,
)
EPOCHS, BATCHES = 3, 4


def data(examples, steps, seed=1):
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(examples, steps, 2, generator=generator)
    return x, torch.randint(0, 3, (examples, steps), generator=generator)


def shuffled():
    return TensorLoader(TensorSplit(*data(15, 3)), 4, shuffle=True, seed=5)  # the last is of 3


def stream():
    x, y = data(1, 32)
    return StreamLoader(StreamSplit(x[0], y[0]), 2, steps=4)


def truncated():
    return TruncatedLoader(TensorLoader(TensorSplit(*data(6, 6)), 3, shuffle=True, seed=5), 3)


def unsized():
    def examples(epoch):
        x, y = data(11, 3)
        for number in torch.randperm(11, generator=torch.Generator().manual_seed(epoch)):
            yield Batch(x[number, None], y[number, None])

    def collate(batches):
        return Batch(torch.cat([b.input for b in batches]), torch.cat([b.target for b in batches]))

    return ExampleLoader(ExampleSplit(examples, collate), 3)


class Recorder(Logger):
    """Keeps the order of points too, and how many there were at each snapshot."""

    name, version = "recorder", "0"

    def __init__(self):
        super().__init__()
        self.points = []

    def log_metrics(self, metrics, step=None):
        self.points += [(name, step, repr(value)) for name, value in metrics.items()]

    def log_hyperparams(self, params, *args, **kwargs):
        pass


class Keeping(AtomicCheckpointIO):
    """Keeps every snapshot under a name of its own."""

    def __init__(self, recorder):
        self.recorder, self.snapshots = recorder, []

    def save_checkpoint(self, checkpoint, path, storage_options=None):
        super().save_checkpoint(checkpoint, path)
        if Path(path).name == LAST:
            kept = Path(path).with_name(f"{len(self.snapshots)}.ckpt")
            shutil.copy(path, kept)
            self.snapshots.append((kept, len(self.recorder.points)))


def plateau(optimizer):
    return lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=0, threshold=0.2)


def one_cycle(optimizer):
    return lr_scheduler.OneCycleLR(optimizer, max_lr=0.1, total_steps=40)


def each_epoch(optimizer):
    return lr_scheduler.StepLR(optimizer, 1, gamma=0.5)


SETTINGS = {
    "plateau": (shuffled, plateau, {}),
    "one_cycle": (shuffled, one_cycle, {}),
    "step": (shuffled, each_epoch, {}),
    "stream": (stream, one_cycle, {}),
    "truncated": (truncated, plateau, {}),
    "unsized": (unsized, plateau, {}),
    "accumulated": (shuffled, one_cycle, {"accumulate_grad_batches": 3}),
    "limited": (shuffled, plateau, {"limit_train_batches": 3}),
    "limited unsized": (unsized, plateau, {"limit_train_batches": 3}),
    "every other": (shuffled, plateau, {"check_val_every_n_epoch": 2}),
    "max_steps": (shuffled, plateau, {"max_steps": 10}),
    "max_steps unsized": (unsized, each_epoch, {"max_steps": 7}),
    "max_steps at the end of an epoch": (unsized, plateau, {"max_steps": 8}),
    "patient": (shuffled, plateau, {"patience": 4}),
    "early": (shuffled, plateau, {"patience": 1}),
    "early, every other": (shuffled, plateau, {"patience": 1, "check_val_every_n_epoch": 2}),
}


class Training:
    """A training that writes a snapshot at each batch; it can begin at one, with other limits."""

    def __init__(self, folder, setting, start=None, *, further=False, log_every=1, **limits):
        make_loader, scheduler, options = SETTINGS[setting]
        options = {"max_epochs": EPOCHS, **options, **limits}
        torch.manual_seed(0)
        task = SyncedManyToMany(dropout=0.3)
        model = task.build_model(
            SPEC, lambda size, *, causal=False: RecurrentBackbone(size, lambda n: LSTM(n, 3))
        )
        module = TrainingModule(
            model, task, SPEC, log_every_n_steps=log_every, scheduler=scheduler,
            optimizer=lambda parameters: torch.optim.Adam(parameters, lr=0.05),
            scheduler_interval="step" if scheduler is one_cycle else "epoch",
        )  # fmt: skip
        self.folder, self.recorder, loader = folder, Recorder(), make_loader()
        self.io, monitor = Keeping(self.recorder), f"val/{module.monitor}"
        kept = Checkpoints(folder, monitor, "min", every_n_steps=1)
        callbacks = [kept]
        if (patience := options.pop("patience", None)) is not None:
            # No score improves by so much: it ends after as many validations.
            stopping = PatientStopping(monitor, patience=patience, mode="min", min_delta=100.0)
            callbacks.append(stopping)
        trainer = pl.Trainer(
            **options, accelerator="cpu", logger=self.recorder, plugins=[self.io],
            callbacks=callbacks, num_sanity_val_steps=0, enable_checkpointing=False,
            enable_progress_bar=False, enable_model_summary=False, log_every_n_steps=1,
            use_distributed_sampler=False, default_root_dir=folder,
        )  # fmt: skip
        if start is not None:
            position = kept.go_on(trainer, read(start), further=further)
            loader.epoch, loader.start = position.epoch, (position.epoch, position.batch)
        validation = TensorLoader(TensorSplit(*data(5, 3, seed=2)), 2, shuffle=False, seed=0)
        trainer.fit(module, loader, validation, ckpt_path=start)

    @property
    def last(self):
        content = read(self.folder / LAST)
        content["rnnlab"].pop("seconds")
        parts = ("state_dict", "optimizer_states", "lr_schedulers", "callbacks", "rnnlab")
        return {part: content[part] for part in parts}

    @property
    def best(self):
        return read(self.folder / BEST)["state_dict"]


def position_in(snapshot):
    return Position.from_dict(read(snapshot)["rnnlab"]["position"])


# Lightning asks for loaders with a state; commands leave this out of their log too.
pytestmark = [
    pytest.mark.filterwarnings("ignore:.*ended before the epoch ended"),
    pytest.mark.filterwarnings("ignore:.*smaller than the logging interval"),
]


@pytest.mark.parametrize(
    ("setting", "log_every"),
    [*((each, 1) for each in SETTINGS if each != "patient"), ("accumulated", 3), ("stream", 3)],
)
def test_a_training_cut_at_any_batch_is_the_whole_one(tmp_path, setting, log_every):
    whole = Training(tmp_path / "whole", setting, log_every=log_every)
    snapshots = whole.io.snapshots
    assert len(snapshots) >= EPOCHS
    for number, (snapshot, logged) in enumerate(snapshots):
        folder = tmp_path / str(number)
        folder.mkdir()
        # As in a run folder: what was the best by then.
        shutil.copy(whole.folder / BEST, folder)
        rest = Training(folder, setting, snapshot, log_every=log_every)
        assert rest.recorder.points == whole.recorder.points[logged:], snapshot
        # Nothing is written by a training that has nothing left to do.
        if not (folder / LAST).exists():
            assert number == len(snapshots) - 1
            continue
        assert_equal(whole.last, rest.last, str(snapshot))
        assert_equal(whole.best, rest.best, str(snapshot))


def test_every_batch_has_its_snapshot_and_its_position(tmp_path):
    for setting in ("plateau", "unsized", "stream", "truncated"):
        whole = Training(tmp_path / setting, setting)
        found = [position_in(snapshot) for snapshot, _ in whole.io.snapshots]
        begun = range(1, EPOCHS * BATCHES + 1)
        assert found == [Position(n // BATCHES, n % BATCHES, n, n) for n in begun]


@pytest.mark.parametrize("make", ["patient", "unsized"])
def test_a_training_that_max_steps_ends_anywhere_goes_on_as_if_it_had_not(tmp_path, make):
    whole = Training(tmp_path / "whole", make)
    for steps in range(1, EPOCHS * BATCHES):
        cut = Training(tmp_path / f"cut{steps}", make, max_steps=steps)
        assert position_in(cut.folder / LAST) == Position(*divmod(steps, BATCHES), steps, steps)
        rest = Training(
            tmp_path / f"rest{steps}", make, cut.folder / LAST, further=True, max_steps=-1
        )
        assert cut.recorder.points + rest.recorder.points == whole.recorder.points, steps
        assert_equal(whole.last, rest.last, str(steps))


@pytest.mark.parametrize("setting", ["early", "early, every other"])
def test_a_training_that_was_stopped_early_stays_stopped_unless_it_is_to_go_on(tmp_path, setting):
    stopped = Training(tmp_path / "stopped", setting, max_epochs=9)
    last = stopped.folder / LAST
    done = position_in(last)
    assert (done.epoch, done.batch) == ((2, 0) if setting == "early" else (4, 0))
    again = Training(tmp_path / "again", setting, last, max_epochs=9)
    assert again.recorder.points == []
    assert not (tmp_path / "again" / LAST).exists()
    more = Training(tmp_path / "more", setting, last, further=True, max_epochs=9, patience=3)
    assert position_in(more.folder / LAST).epoch == (4 if setting == "early" else 8)
    patient = Training(tmp_path / "patient", setting, max_epochs=9, patience=3)
    assert stopped.recorder.points + more.recorder.points == patient.recorder.points
    assert_equal(patient.last, more.last)
