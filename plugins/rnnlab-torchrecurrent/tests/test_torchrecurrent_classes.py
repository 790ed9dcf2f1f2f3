"""What the generated classes are to rnnlab: names, constructors, documentation, copies."""

import copy
import inspect
import pickle
import re
import tomllib
from pathlib import Path
from typing import Literal, get_args, get_origin, get_type_hints

import pytest
import torch
import torchrecurrent
import torchrecurrent.base

from rnnlab.catalog import split_arguments
from rnnlab.errors import ConfigError
from rnnlab.plugins.discovery import Component
from rnnlab.plugins.nodes import configurable, node
from rnnlab.plugins.outline import outline
from rnnlab.recurrence import Recurrent
from rnnlab_torchrecurrent import cells
from rnnlab_torchrecurrent.adapted import Adapted
from rnnlab_torchrecurrent.signature import ACTIVATIONS, FOR_MATRICES

CELLS = sorted(Adapted.__subclasses__(), key=lambda cell: cell.__name__)
METADATA = tomllib.loads(Path(__file__).parents[1].joinpath("pyproject.toml").read_text())
POINTS = METADATA["project"]["entry-points"]["rnnlab.cells"]

each = pytest.mark.parametrize("kind", CELLS, ids=lambda kind: kind.__name__)


def test_every_public_cell_is_adapted_or_refused_with_a_reason():
    public = {name for name in torchrecurrent.__all__ if name.endswith("Cell")}
    adapted = {kind.source.__name__ for kind in CELLS}
    assert len(adapted) > 30
    assert not adapted & cells.REFUSED.keys()
    assert public == adapted | (cells.REFUSED.keys() & public)
    assert all(cells.REFUSED.values())


def test_what_is_refused_is_as_broken_as_the_reason_says():
    with pytest.raises(ImportError, match="BaseRecurrentLayer"):
        from torchrecurrent.cells import rhn_cell  # noqa: F401


def test_entry_points_name_every_class_by_one_rule():
    assert {
        re.sub("(?<=[a-z])(?=[A-Z])", "_", kind.__name__).lower(): (
            f"rnnlab_torchrecurrent.cells:{kind.__name__}"
        )
        for kind in CELLS
    } == POINTS


@each
def test_a_class_is_named_as_the_packages(kind):
    name = kind.source.__name__.removesuffix("Cell")
    assert kind.__name__ == name[0].upper() + name[1:]
    assert getattr(cells, kind.__name__) is kind


def test_no_name_is_taken_from_the_core():
    assert not POINTS.keys() & {"rnn", "gru", "lstm", "jordan", "irnn"}


@each
def test_a_list_has_its_summary_without_an_import(kind):
    target = f"rnnlab_torchrecurrent.cells:{kind.__name__}"
    summary = outline(Component("cell", "name", target, "rnnlab-torchrecurrent", "0")).summary
    assert summary == kind.__doc__.partition("\n")[0]
    assert re.search(r"arXiv:\d{4}\.\d{4,5}|https://|workshop", summary)
    assert summary.endswith(").")


@each
def test_its_config_has_every_argument_with_type_and_meaning(kind):
    arguments = configurable(kind, "cell")
    assert list(node(kind, "cell")) == ["_target_", *(argument.name for argument in arguments)]
    assert get_type_hints(kind.__init__).keys() == {
        "input_size",
        "return",
        *(argument.name for argument in arguments),
    }
    own = inspect.signature(kind.source).parameters.keys() - {"device", "dtype", "input_size"}
    extra = {"delay"} if kind is cells.TauGRU else set()
    assert {argument.name for argument in arguments} == own | extra
    prose, meanings = split_arguments(kind.__doc__)
    assert all(meanings[argument.name] for argument in arguments)
    assert not any("Default" in meaning for meaning in meanings.values())
    assert ".. math::" in prose
    assert "Inputs" not in prose
    for argument in arguments:
        assert argument.describe() != "something else", argument
        assert argument.refusal(argument.default) is None, argument


@each
def test_initializers_are_offered_where_the_package_takes_them(kind):
    for name, annotation in get_type_hints(kind.__init__, include_extras=True).items():
        if not name.endswith("_init") or get_origin(annotation) is not Literal:
            continue
        for value in FOR_MATRICES:
            try:
                kind.source(3, 3, **{name: value})
                taken = True
            except ValueError:
                taken = False
            assert taken == (value in get_args(annotation)), (name, value)


def test_activations_are_the_packages():
    known = dict(torchrecurrent.base._ACTIVATIONS)
    assert type(known.pop("hardsigmoid")) is type(known["hard_sigmoid"])
    assert set(ACTIVATIONS) == known.keys()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"nonlinearity": "swish"}, "nonlinearity=swish"),
        ({"recurrent_kernel_init": "eye"}, "recurrent_kernel_init=eye"),
    ],
)
def test_an_unknown_choice_is_refused_with_those_that_there_are(arguments, words):
    with pytest.raises(ConfigError, match=words):
        cells.IndRNN(3, **arguments)


def test_an_unknown_argument_is_refused_as_by_any_constructor():
    with pytest.raises(TypeError, match="hidden"):
        cells.MGU(3, hidden=4)


def test_somebody_may_derive_a_variant():
    class Slow(cells.LEM):
        def __init__(self, input_size, hidden_size=4):
            super().__init__(input_size, hidden_size, dt=0.1)

    assert Slow(3).cell.dt == 0.1
    assert [argument.name for argument in configurable(Slow, "cell")] == ["hidden_size"]


@each
def test_a_copy_is_equal_and_independent(kind):
    cell = kind(4, hidden_size=4)
    x = torch.randn(2, 3, 4)
    expected = Recurrent(cell)(x)[0].detach()
    for other in (copy.deepcopy(cell), pickle.loads(pickle.dumps(cell))):
        assert torch.equal(Recurrent(other)(x)[0], expected)
        for parameter in other.parameters():
            torch.nn.init.zeros_(parameter)
        assert torch.equal(Recurrent(cell)(x)[0], expected)
        assert not torch.equal(Recurrent(other)(x)[0], expected)


@each
def test_the_input_is_multiplied_by_its_weights_once_for_all_steps(kind):
    late = kind(3, hidden_size=4)._late.__code__.co_names
    assert "weight_hh" in late or kind in (cells.TRNN, cells.IndRNN)
    assert not {"weight_ih", "weight_res"} & set(late)


@each
def test_it_is_made_on_the_default_device(kind):
    with torch.device("meta"):
        cell = kind(3, hidden_size=4)
        output, _ = Recurrent(cell)(torch.empty(2, 5, 3))
    assert all(value.is_meta for value in cell.state_dict().values())
    assert output.is_meta
    assert output.shape == (2, 5, 4)
