"""What goes over from one batch to the next survives a checkpoint, for every kind of state."""

import pytest
import torch

from rnnlab.cells import GRU, LSTM, RNN, Jordan
from rnnlab.data.batch import Batch
from rnnlab.data.spec import DataSpec, Field
from rnnlab.data.vocabulary import Vocabulary
from rnnlab.models.recurrent_backbone import RecurrentBackbone
from rnnlab.models.window_mlp import WindowMLP
from rnnlab.recurrence.tree import alike, leaves
from rnnlab.tasks.synced_many_to_many import SyncedManyToMany
from rnnlab.training.checkpoint_files import write
from rnnlab.training.checkpoint_reading import read
from rnnlab.training.module import TrainingModule

SPEC = DataSpec(
    input=Field("reals", 2, sequence=True),
    target=Field("tokens", 3, sequence=True, vocabulary=Vocabulary(("a", "b", "c"))),
    aligned=True,
)
BACKBONES = {
    "rnn": lambda size: RecurrentBackbone(size, lambda n: RNN(n, 4)),
    "gru": lambda size: RecurrentBackbone(size, lambda n: GRU(n, 4)),
    "lstm": lambda size: RecurrentBackbone(size, lambda n: LSTM(n, 4)),
    "jordan": lambda size: RecurrentBackbone(size, lambda n: Jordan(n, 6, 4)),
    "layers": lambda size: RecurrentBackbone(size, lambda n: LSTM(n, 4), layers=3),
    "window": lambda size: WindowMLP(size, window=3, hidden_size=4),
}


def module_of(backbone):
    torch.manual_seed(0)
    task = SyncedManyToMany()
    model = task.build_model(SPEC, lambda size, *, causal=False: BACKBONES[backbone](size))
    return TrainingModule(
        model, task, SPEC, optimizer=lambda parameters: torch.optim.SGD(parameters, lr=0.1)
    )


def chunk(seed, continues, rows=3):
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(rows, 5, 2, generator=generator)
    return Batch(x, torch.randint(0, 3, (rows, 5), generator=generator), continues=continues)


@pytest.mark.parametrize("backbone", BACKBONES)
def test_the_next_chunk_starts_where_the_last_one_ended(tmp_path, backbone):
    module, after, anew = (module_of(backbone) for _ in range(3))
    module.training_step(chunk(1, False), 0)
    write({"carried": module.carried()}, tmp_path / "x.ckpt")
    after.restore_carried(read(tmp_path / "x.ckpt")["carried"])
    assert alike(module._state, after._state)
    for mine, theirs in zip(leaves(module._state), leaves(after._state), strict=True):
        assert torch.equal(mine, theirs)
        assert not theirs.requires_grad
    losses = [each.training_step(chunk(2, True), 1).item() for each in (module, after, anew)]
    assert losses[0] == losses[1] != losses[2]


def test_counters_are_carried_too():
    module, after = module_of("rnn"), module_of("rnn")
    module._clipped, module._steps_since_log, module._logged_step = 2, 5, 30
    assert module.carried()["state"] is None
    after.restore_carried(module.carried())
    assert (after._clipped, after._steps_since_log, after._logged_step) == (2, 5, 30)
    assert after._state is None
    assert after.carried() == module.carried()


def test_a_state_of_another_cell_is_refused():
    gru, lstm = module_of("gru"), module_of("lstm")
    gru.training_step(chunk(1, False), 0)
    with pytest.raises(ValueError, match="a tree of 2 tensors cannot hold 1"):
        lstm.restore_carried(gru.carried())
