from dataclasses import replace
from itertools import islice

import pytest
import torch

from rnnlab.config.compose import compose
from rnnlab.data.dataset import Dataset
from rnnlab.data.split import ExampleSplit
from rnnlab.errors import ConfigError
from rnnlab.runs import measure
from rnnlab.runs.assemble import Assembly, assemble
from tests.runs.conftest import SMALL

CPU = torch.device("cpu")


@pytest.fixture
def read(monkeypatch):
    """Return what is measured: the number of examples of each batch, part by part."""
    batches = []

    def evaluate(model, task, loader, *, device, max_batches):
        sizes = [len(batch) for batch in islice(loader, max_batches)]
        batches.append(sizes)
        return {"seen": float(len(batches))}

    monkeypatch.setattr(measure, "evaluate", evaluate)
    return batches


def built(*overrides):
    return assemble(compose([*SMALL, "trainer.eval_batch_size=50", *overrides]))


class OneByOne(Dataset):
    """Another dataset's examples, as if they were too many for memory."""

    def __init__(self, dataset):
        self.dataset = dataset

    @property
    def spec(self):
        return self.dataset.spec

    def split(self, part):
        whole = self.dataset.split(part)

        def examples(epoch):
            return (whole.batch(torch.tensor([i])) for i in range(len(whole)))

        def collate(batches):
            inputs = torch.cat([batch.input for batch in batches])
            return replace(batches[0], input=inputs)

        return ExampleSplit(examples, collate)

    def sha256(self):
        return self.dataset.sha256()


def streamed(assembly):
    data = OneByOne(assembly.dataset)
    return Assembly(assembly.config, data, assembly.task, assembly.model)


@pytest.mark.parametrize("change", [lambda assembly: assembly, streamed])
def test_no_more_is_read_of_the_training_part_than_of_the_test_part(read, change):
    found = measure.scores(change(built()), CPU)
    assert list(found) == ["train", "val", "test"]
    test, val, train = read
    assert (sum(test), sum(val)) == (359, 179)
    assert len(train) == len(test) == 8


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("trainer.limit_test_batches=2", (2, 4, 2)),
        ("trainer.limit_test_batches=0.5", (4, 4, 4)),
        ("trainer.limit_test_batches=1.0", (8, 4, 8)),
        ("trainer.limit_val_batches=1", (8, 1, 8)),
        ("trainer.limit_val_batches=0.5", (8, 2, 8)),
    ],
)
def test_limits_are_numbers_or_shares_of_the_batches(read, override, expected):
    measure.scores(built(override), CPU)
    assert tuple(map(len, read)) == expected


def test_no_share_of_what_has_no_length(read):
    assembly = streamed(built("trainer.limit_test_batches=0.5"))
    with pytest.raises(ConfigError, match=r"trainer.limit_test_batches=0.5: must be a whole"):
        measure.scores(assembly, CPU)


def test_the_training_part_is_measured_on_examples_drawn_by_the_seed():
    first, second = (
        next(iter(measure.loader(built(f"seed={seed}"), "train", shuffle=True))) for seed in (0, 1)
    )
    plain = next(iter(measure.loader(built(), "train")))
    assert not torch.equal(first.input, second.input)
    assert not torch.equal(first.input, plain.input)


def test_a_stream_is_measured_on_as_many_tracks_as_it_is_trained_on(tmp_path):
    text = tmp_path / "text.txt"
    text.write_text("abcab " * 200)
    assembly = built(
        "dataset=characters", f"dataset.path={text}", "task=synced_many_to_many",
        "trainer.batch_size=3", "trainer.stream_steps=7",
    )  # fmt: skip
    batch = next(iter(measure.loader(assembly, "val")))
    assert batch.input.shape == (3, 7)
