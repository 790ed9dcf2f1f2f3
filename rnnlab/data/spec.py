"""What a dataset is, in words that a task can check before anything trains."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from rnnlab.data.scaler import Scaler
from rnnlab.data.tokenizer import TokenizerName
from rnnlab.data.vocabulary import Vocabulary

Kind = Literal["tokens", "reals", "image"]


@dataclass(frozen=True)
class Field:
    """One side of a dataset, the input or the target.

    It holds everything needed to turn a person's row into tensors and back (vocabulary, scaler,
    tokenizer), so that a trained model can be used without the data it was trained on.

    Args:
        kind: ``tokens`` (int64 ids: also class labels), ``reals`` (float32) or ``image`` (float32).
        size: V or K for tokens, F or D for reals, channels x height x width for images.
        sequence: Whether there is a time axis. A sequence of images is a video of frames.
        shape: (channels, height, width) of an image or frame.
        vocabulary: The names of the ids.
        tokenizer: How a text becomes tokens of the vocabulary; None for single labels.
        scaler: How reals were scaled.
        name: The name of the column that a person sees in files.
        max_length: The most valid steps of any example, END included, or None if unbounded.
    """

    kind: Kind
    size: int
    sequence: bool
    shape: tuple[int, int, int] | None = None
    vocabulary: Vocabulary | None = None
    tokenizer: TokenizerName | None = None
    scaler: Scaler | None = None
    name: str = "input"
    max_length: int | None = None

    @property
    def categorical(self) -> bool:
        """Whether values are ids of a finite set."""
        return self.kind == "tokens"

    def describe(self) -> str:
        """Return the field in a few words, for messages: ``a sequence of 8 reals``."""
        what = {
            "tokens": f"one of {self.size} tokens"
            if not self.sequence
            else f"tokens of {self.size}",
            "reals": f"{self.size} reals",
            "image": "images" if self.sequence else "an image",
        }[self.kind]
        return f"a sequence of {what}" if self.sequence else what


@dataclass(frozen=True)
class DataSpec:
    """Kind, sizes and structure of a dataset: what a task looks at to say yes or no.

    Args:
        input: What goes in.
        target: What is to come out.
        aligned: Target step t belongs to input step t, and both have the same length.
        stream: Batches continue one another: row b of a batch goes on in row b of the next.
        next_step: The target is the input one step later, so a model of it can generate.
    """

    input: Field
    target: Field
    aligned: bool = False
    stream: bool = False
    next_step: bool = False

    @property
    def mapping(self) -> str:
        """The name of the task mapping that such data is made for, such as ``many_to_one``."""
        if self.aligned:
            return "synced_many_to_many"
        ends = ("many" if field.sequence else "one" for field in (self.input, self.target))
        return "_to_".join(ends)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, plain: dict[str, Any]) -> DataSpec:
        """Return the spec that :meth:`to_dict` wrote."""
        flags = {key: plain[key] for key in ("aligned", "stream", "next_step")}
        return cls(_field(plain["input"]), _field(plain["target"]), **flags)


def _field(plain: dict[str, Any]) -> Field:
    values = dict(plain)
    if values["vocabulary"] is not None:
        values["vocabulary"] = Vocabulary(tuple(values["vocabulary"]["tokens"]))
    if values["scaler"] is not None:
        scaler = values["scaler"]
        values["scaler"] = Scaler(tuple(scaler["mean"]), tuple(scaler["std"]), scaler["log"])
    if values["shape"] is not None:
        channels, height, width = values["shape"]
        values["shape"] = (channels, height, width)
    return Field(**values)
