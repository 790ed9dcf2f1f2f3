import math
from collections import OrderedDict
from pathlib import Path

import pytest
import pytorch_lightning as pl
import torch
from hydra.utils import instantiate
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from omegaconf import OmegaConf

from rnnlab.errors import ConfigError
from rnnlab.training.checkpoint_files import AtomicCheckpointIO, write
from rnnlab.training.checkpoint_reading import check_fits, read

CONF = Path(__file__).parents[2] / "conf"
OPTIMIZERS = sorted(path.stem for path in (CONF / "optimizer").glob("*.yaml"))
SCHEDULERS = sorted(path.stem for path in (CONF / "scheduler").glob("*.yaml"))


class Tiny(pl.LightningModule):
    def __init__(self, optimizer, scheduler):
        super().__init__()
        self.model = torch.nn.LSTM(2, 3)
        self.names = optimizer, scheduler

    def training_step(self, batch, index):
        return self.model(batch)[0].square().mean()

    def validation_step(self, batch, index):
        self.log("score", self.model(batch)[0].mean())

    def configure_optimizers(self):
        name, schedule = self.names
        node = OmegaConf.load(CONF / "optimizer" / f"{name}.yaml")
        optimizer = instantiate(node, params=list(self.parameters()), _convert_="all")
        root = {"trainer": {"max_epochs": 3}, "optimizer": {"lr": node.lr}}
        node = OmegaConf.create(
            {**root, "scheduler": OmegaConf.load(CONF / "scheduler" / f"{schedule}.yaml")}
        ).scheduler
        if not node:
            return optimizer
        if OmegaConf.is_missing(node, "total_steps"):
            node.total_steps = 10
        interval = node.pop("interval")
        scheduler = instantiate(node, optimizer=optimizer, _convert_="all")
        plan = {"scheduler": scheduler, "interval": interval, "monitor": "score"}
        return {"optimizer": optimizer, "lr_scheduler": plan}


@pytest.mark.filterwarnings("ignore:.*does not have many workers")
@pytest.mark.parametrize(
    ("optimizer", "scheduler"),
    [*((name, "none") for name in OPTIMIZERS), *(("sgd", name) for name in SCHEDULERS)],
)
def test_all_that_lightning_saves_is_read(tmp_path, optimizer, scheduler):
    module = Tiny(optimizer, scheduler)
    trainer = pl.Trainer(
        max_epochs=2, accelerator="cpu", logger=False, enable_checkpointing=False,
        enable_progress_bar=False, enable_model_summary=False, num_sanity_val_steps=0,
        plugins=[AtomicCheckpointIO()],
    )  # fmt: skip
    data = torch.randn(2, 4, 1, 2)
    trainer.fit(
        module, torch.utils.data.DataLoader(data, None), torch.utils.data.DataLoader(data, None)
    )
    trainer.save_checkpoint(tmp_path / "last.ckpt")
    content = read(tmp_path / "last.ckpt")
    assert same(content["optimizer_states"], [trainer.optimizers[0].state_dict()])
    assert same(dict(content["state_dict"]), dict(module.state_dict()))
    assert len(content["lr_schedulers"]) == (scheduler != "none")
    assert same(content, torch.load(tmp_path / "last.ckpt", weights_only=True))


def bits(tensor):
    flat = torch.empty(tensor.numel(), dtype=tensor.dtype)
    return flat.copy_(tensor.detach().reshape(-1)).view(torch.uint8)


def same(one, other):
    """Whether two trees are equal in types, in order and in every bit."""
    if type(one) is not type(other):
        return False
    if isinstance(one, torch.Tensor):
        if (one.dtype, one.shape, one.requires_grad) != (
            other.dtype,
            other.shape,
            other.requires_grad,
        ):
            return False
        return torch.equal(bits(one), bits(other))
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, float):
        return one.hex() == other.hex() and math.copysign(1, one) == math.copysign(1, other)
    return one == other


DTYPES = (
    torch.float32, torch.float64, torch.bfloat16, torch.float16, torch.int64, torch.bool,
    torch.uint8,
)  # fmt: skip


@st.composite
def tensors(draw):
    size = draw(st.lists(st.integers(0, 4), max_size=3))
    generator = torch.Generator().manual_seed(draw(st.integers(0, 99)))
    whole = torch.randn(size, generator=generator).mul(9).to(draw(st.sampled_from(DTYPES)))
    kind = draw(st.sampled_from(["whole", "transposed", "sliced", "expanded"]))
    if kind == "transposed" and whole.dim() > 1:
        return whole.transpose(0, 1)
    if kind == "sliced" and whole.dim():
        return whole[::2]
    if kind == "expanded":
        return whole.expand(3, *whole.shape)
    return whole


keys = st.text(max_size=5) | st.integers(-(2**62), 2**62) | st.booleans() | st.none()
leaves = (
    st.none() | st.booleans() | st.integers() | st.integers(2**64, 2**130) | st.floats()
    | st.text(max_size=20) | tensors()
)  # fmt: skip
trees = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner, inner)
        | st.dictionaries(keys, inner, max_size=4)
        | st.dictionaries(keys, inner, max_size=4).map(OrderedDict)
    ),
    max_leaves=12,
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(tree=trees, shared=tensors())
def test_any_tree_comes_back_in_every_bit(tmp_path, tree, shared):
    content = {"tree": tree, "shared": shared, "again": shared}
    if shared.dim():
        content["part"] = shared[1:]
    write(content, tmp_path / "last.ckpt")
    found = read(tmp_path / "last.ckpt")
    assert same(found, content)
    assert found["again"] is found["shared"]
    if shared.dim() and len(shared) > 1:
        assert found["part"].data_ptr() == found["shared"][1:].data_ptr()


def test_another_architecture_is_told_in_one_line():
    path, a = Path("best.ckpt"), torch.zeros(3, 64)
    check_fits({"w": a}, {"w": torch.ones(3, 64)}, path)
    with pytest.raises(ConfigError) as caught:
        check_fits({"head.weight": a[:, :32], "b": a}, {"head.weight": a, "c": a}, path)
    assert str(caught.value) == (
        "checkpoint=best.ckpt: was made by another architecture: "
        "head.weight is (3, 64), this model has (3, 32); has no b; c is not in this model"
    )
    with pytest.raises(ConfigError) as caught:
        check_fits({f"w{i}": a for i in range(5)}, {}, path)
    assert str(caught.value).endswith("has no w0; has no w1; has no w2 (and 2 more)")
