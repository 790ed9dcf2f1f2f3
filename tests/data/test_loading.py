from collections.abc import Callable, Iterator

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnlab.data.batch import Batch
from rnnlab.data.loading import ExampleLoader, Loader, StreamLoader, TensorLoader, make_loader
from rnnlab.data.share import SizedSharedLoader
from rnnlab.data.split import ExampleSplit, StreamSplit, TensorSplit
from rnnlab.training.tbptt import TruncatedLoader

SPLIT = TensorSplit(torch.arange(10.0)[:, None], torch.arange(10))


def order(loader: TensorLoader | ExampleLoader) -> list[int]:
    return [int(value) for batch in loader for value in batch.input[:, 0]]


def test_an_epoch_gives_every_example_once() -> None:
    for shuffle in (False, True):
        loader = TensorLoader(SPLIT, 4, shuffle=shuffle, seed=0)
        assert [len(batch) for batch in loader] == [4, 4, 2]
        assert len(loader) == 3
        assert sorted(order(loader)) == list(range(10))
    assert order(TensorLoader(SPLIT, 4, shuffle=False, seed=0)) == list(range(10))


def test_the_order_is_a_function_of_seed_and_epoch_alone() -> None:
    def of(seed: int, epoch: int) -> tuple[int, ...]:
        loader = TensorLoader(SPLIT, 3, shuffle=True, seed=seed)
        loader.epoch = epoch
        return tuple(order(loader))

    read_often = TensorLoader(SPLIT, 3, shuffle=True, seed=5)
    first = order(read_often)
    torch.manual_seed(99)
    assert order(read_often) == first == list(of(5, 0))
    read_often.epoch = 4
    assert tuple(order(read_often)) == of(5, 4)
    assert len({of(seed, epoch) for seed in range(4) for epoch in range(4)}) == 16


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 40), st.integers(1, 8), st.integers(1, 9))
def test_the_tracks_of_a_stream_continue(length: int, batch_size: int, steps: int) -> None:
    split = StreamSplit(torch.arange(length), torch.arange(length) + 1)
    loader = StreamLoader(split, batch_size, steps=steps)
    batches = list(loader)
    assert len(batches) == len(loader)
    assert [batch.continues for batch in batches] == [False] + [True] * (len(batches) - 1)
    assert all(batch.input.shape[1] == steps for batch in batches[:-1])
    rows = min(batch_size, length)
    read = torch.cat([batch.input for batch in batches], dim=1)
    assert read.flatten().tolist() == list(range(rows * (length // rows)))
    targets = torch.cat([batch.target for batch in batches if batch.target is not None], dim=1)
    assert torch.equal(targets, read + 1)


def test_streams_of_vectors_keep_their_features() -> None:
    split = StreamSplit(torch.rand(11, 3), torch.rand(11, 2))
    first = next(iter(StreamLoader(split, 2, steps=4)))
    assert torch.equal(first.input[1], split.input[5:9])
    assert first.target is not None
    assert torch.equal(first.target[1], split.target[5:9])


def examples(epoch: int) -> Iterator[Batch]:
    for number in range(7):
        yield Batch(torch.tensor([[float(number + 100 * epoch)]]))


def collate(batches: list[Batch]) -> Batch:
    return Batch(torch.cat([batch.input for batch in batches]))


def test_examples_are_read_in_order_for_each_epoch() -> None:
    loader = ExampleLoader(ExampleSplit(examples, collate), 3)
    assert [len(batch) for batch in loader] == [3, 3, 1]
    assert order(loader) == list(range(7))
    loader.epoch = 2
    assert order(loader) == list(range(200, 207))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # fork beside threads, Python 3.12
def test_workers_share_the_examples() -> None:
    loader = ExampleLoader(ExampleSplit(examples, collate), 2, num_workers=2)
    first = order(loader)
    assert sorted(first) == list(range(7))
    assert order(loader) == first


def test_each_kind_of_split_has_its_loader() -> None:
    def make(split: TensorSplit | StreamSplit | ExampleSplit) -> object:
        return make_loader(split, 2, shuffle=True, seed=3, stream_steps=5)

    tensors = make(SPLIT)
    assert isinstance(tensors, TensorLoader)
    assert (tensors.shuffle, tensors.seed) == (True, 3)
    stream = make(StreamSplit(torch.arange(20), torch.arange(20)))
    assert isinstance(stream, StreamLoader)
    assert stream.steps == 5
    assert isinstance(make(ExampleSplit(examples, collate)), ExampleLoader)


STEPS = TensorSplit(torch.arange(30.0).reshape(10, 3, 1), torch.arange(30).reshape(10, 3))
LOADERS: dict[str, Callable[[], Loader]] = {
    "tensors": lambda: TensorLoader(SPLIT, 3, shuffle=True, seed=1),
    "stream": lambda: StreamLoader(StreamSplit(torch.arange(20), torch.arange(20)), 2, steps=3),
    "examples": lambda: ExampleLoader(ExampleSplit(examples, collate), 2),
    "truncated": lambda: TruncatedLoader(TensorLoader(STEPS, 4, shuffle=True, seed=2), 2),
    "shared": lambda: SizedSharedLoader(TensorLoader(SPLIT, 3, shuffle=True, seed=1), 1, 2),
}


@pytest.mark.parametrize("make", LOADERS.values(), ids=LOADERS.keys())
def test_the_first_batches_of_one_epoch_are_left_out(make: Callable[[], Loader]) -> None:
    def read(loader: Loader, epoch: int) -> list[list[float]]:
        loader.epoch = epoch
        return [batch.input.flatten().tolist() for batch in loader]

    whole = [read(make(), epoch) for epoch in range(3)]
    for left_out in range(len(whole[1]) + 2):
        loader = make()
        loader.start = (1, left_out)
        # In any order, and as often as one likes.
        for epoch in (1, 0, 2, 1):
            first = left_out if epoch == 1 else 0
            assert read(loader, epoch) == whole[epoch][first:]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # fork beside threads, Python 3.12
@pytest.mark.parametrize("workers", [0, 2])
def test_readers_draw_nothing_from_the_generator_that_dropout_draws_from(workers: int) -> None:
    loader = ExampleLoader(ExampleSplit(examples, collate), 2, num_workers=workers, seed=4)
    loader.start = (0, 1)
    torch.manual_seed(3)
    state = torch.get_rng_state()
    assert len(list(loader)) == 3
    assert torch.equal(torch.get_rng_state(), state)


def drawn(epoch: int) -> Iterator[Batch]:
    for _ in range(4):
        yield Batch(torch.rand(1, 1))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # fork beside threads, Python 3.12
def test_what_worker_processes_draw_is_decided_by_seed_and_epoch() -> None:
    def read(seed: int, epoch: int) -> list[float]:
        loader = ExampleLoader(ExampleSplit(drawn, collate), 1, num_workers=1, seed=seed)
        loader.epoch = epoch
        return [float(batch.input) for batch in loader]

    torch.manual_seed(1)
    first = read(0, 0)
    torch.manual_seed(2)
    assert read(0, 0) == first
    assert read(0, 1) != first != read(1, 0)
