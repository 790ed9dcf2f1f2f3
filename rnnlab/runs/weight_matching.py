"""Which weights of one model can start another one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

from rnnlab.data.spec import DataSpec, Field

# What the first axis of an embedding and of a head counts: the ids of one side of the data.
_SIDES = {
    "embed.": "input",
    "head.": "target",
    "decoder.embed.": "target",
    "decoder.head.": "target",
}


@dataclass(frozen=True)
class Match:
    """What fits and what does not.

    Args:
        loaded: The shape of each tensor that is taken over, by name.
        not_loaded: Why a tensor of either model is not, by name.
    """

    loaded: dict[str, tuple[int, ...]]
    not_loaded: dict[str, str]


def match(
    there: Mapping[str, Tensor],
    here: Mapping[str, Tensor],
    spec_there: DataSpec,
    spec_here: DataSpec,
    *,
    same_data: bool,
) -> Match:
    """Compare two models tensor by tensor: by name, shape and what the rows stand for.

    Rows of the embedding of tokens and of a head belong to tokens or classes. Where these are not
    the same in both, equal shapes are chance, and the tensor does not fit. A head is taken whole
    or not at all: its bias is of no use without its weights.

    Args:
        there: Weights by name, to be taken over.
        here: Weights by name, to be replaced.
        spec_there: The data that ``there`` was trained on.
        spec_here: The data that ``here`` is for.
        same_data: Whether both read the same content, so that ids without names mean the same.
    """
    loaded: dict[str, tuple[int, ...]] = {}
    not_loaded: dict[str, str] = {}
    for name in (*here, *(name for name in there if name not in here)):
        if name not in there or name not in here:
            not_loaded[name] = "only here" if name in here else "only there"
            continue
        shapes = tuple(here[name].shape), tuple(there[name].shape)
        if shapes[0] != shapes[1]:
            not_loaded[name] = f"{shapes[0]} there {shapes[1]}"
        elif why := _other_meaning(name, spec_there, spec_here, same_data):
            not_loaded[name] = why
        else:
            loaded[name] = shapes[0]
    for head in (prefix for prefix in _SIDES if prefix.endswith("head.")):
        if any(name.startswith(head) for name in not_loaded):
            for name in [name for name in loaded if name.startswith(head)]:
                del loaded[name]
                not_loaded[name] = "as the rest of the head"
    return Match(loaded, not_loaded)


def _other_meaning(name: str, there: DataSpec, here: DataSpec, same_data: bool) -> str | None:
    for prefix, side in _SIDES.items():
        if name.startswith(prefix):
            return _difference(side, getattr(there, side), getattr(here, side), same_data)
    return None


def _difference(side: str, there: Field, here: Field, same_data: bool) -> str | None:
    """Return why ids or values of one field do not mean what they mean in another, or None."""
    if there.kind != here.kind:
        return f"{side} {here.kind} there {there.kind}"
    if not here.categorical:
        return None
    if there.vocabulary is None or here.vocabulary is None:
        unnamed = there.vocabulary is None and here.vocabulary is None
        return None if unnamed and same_data else f"{side} ids without names, of other data"
    if there.vocabulary == here.vocabulary:
        return None
    names = zip(there.vocabulary.tokens, here.vocabulary.tokens, strict=False)
    for index, (before, now) in enumerate(names):
        if before != now:
            return f"other {side} vocabulary: {index} is {now!r} there {before!r}"
    return f"other {side} vocabulary: {len(here.vocabulary)} there {len(there.vocabulary)}"
