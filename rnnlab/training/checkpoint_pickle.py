"""A dry run of the pickle inside a checkpoint: what would loading it do?

torch's own weights-only reader runs no code, but it believes the sizes that a file claims: a
tensor larger than its storage makes it allocate the rest, and in some releases read or write past
the end. Here the instructions are followed with stand-ins for tensors, so that nothing is read
into memory before every claim has been held against the bytes that are there.
"""

from __future__ import annotations

import math
import pickletools
from collections import Counter, OrderedDict
from collections.abc import Mapping
from typing import Any, NamedTuple

import torch

from rnnlab.errors import Refused

_MIB = 2**20
_STORAGES = {
    "torch DoubleStorage": torch.float64,
    "torch FloatStorage": torch.float32,
    "torch HalfStorage": torch.float16,
    "torch BFloat16Storage": torch.bfloat16,
    "torch ComplexDoubleStorage": torch.complex128,
    "torch ComplexFloatStorage": torch.complex64,
    "torch LongStorage": torch.int64,
    "torch IntStorage": torch.int32,
    "torch ShortStorage": torch.int16,
    "torch CharStorage": torch.int8,
    "torch ByteStorage": torch.uint8,
    "torch BoolStorage": torch.bool,
}
_TENSOR = "torch._utils _rebuild_tensor_v2"
_ORDERED, _COUNTER = "collections OrderedDict", "collections Counter"  # state_dict(), MultiStepLR
_GLOBALS = frozenset([*_STORAGES, _TENSOR, _ORDERED, _COUNTER])


class Global(NamedTuple):
    """Stands for a class or function that the pickle names."""

    name: str


class Storage(NamedTuple):
    """Stands for the bytes of one member, as so many elements of a type."""

    dtype: torch.dtype
    key: str
    elements: int


class Claim(NamedTuple):
    """Stands for a tensor that fits into its storage."""

    storage: Storage
    size: tuple[int, ...]


class DryRun:
    """Follows the instructions of a pickle; one object per pickle.

    Args:
        pickled: The pickle.
        sizes: Bytes of each member ``data/KEY`` of the archive.
    """

    def __init__(self, pickled: bytes, sizes: Mapping[str, int]) -> None:
        self._pickled, self._sizes = pickled, sizes
        self._stack: list[Any] = []
        self._marked: list[list[Any]] = []
        self._memo: dict[int, Any] = {}
        self._storages: dict[str, Storage] = {}
        self._copied = 0
        # Views may share a storage and even repeat it, but must not unfold to the size of a bomb.
        self._room = 64 * _MIB + 4 * sum(sizes.values())

    def run(self) -> Any:
        """Return what the pickle holds, with a :class:`Claim` for each tensor.

        Raises:
            Refused: It names what no checkpoint needs, or claims more than is there.
            Exception: It is malformed.
        """
        for opcode, argument, _ in pickletools.genops(self._pickled):
            if opcode.name == "STOP":
                return self._stack.pop()
            self._follow(opcode.name, argument)
        raise ValueError("the pickle does not end")

    def _follow(self, name: str, argument: Any) -> None:
        stack = self._stack
        match name:
            case "PROTO" if argument == 2:
                pass
            case "MARK":
                self._marked.append(stack)
                self._stack = []
            case "BININT" | "BININT1" | "BININT2" | "LONG1" | "BINFLOAT" | "BINUNICODE":
                stack.append(argument)
            case "NONE" | "NEWTRUE" | "NEWFALSE":
                stack.append({"NONE": None, "NEWTRUE": True, "NEWFALSE": False}[name])
            case "EMPTY_DICT" | "EMPTY_LIST" | "EMPTY_TUPLE":
                stack.append({"EMPTY_DICT": dict, "EMPTY_LIST": list, "EMPTY_TUPLE": tuple}[name]())
            case "TUPLE1" | "TUPLE2" | "TUPLE3":
                items = [stack.pop() for _ in range(int(name[-1]))]
                stack.append(tuple(reversed(items)))
            case "TUPLE":
                items = self._since_mark()
                self._stack.append(tuple(items))
            case "APPEND" | "APPENDS":
                items = [stack.pop()] if name == "APPEND" else self._since_mark()
                self._target(list).extend(items)
            case "SETITEM" | "SETITEMS":
                items = (
                    [stack.pop(), stack.pop()][::-1] if name == "SETITEM" else self._since_mark()
                )
                self._set(items)
            case "BINPUT" | "LONG_BINPUT":
                self._memo[argument] = stack[-1]
            case "BINGET" | "LONG_BINGET":
                stack.append(self._memo[argument])
            case "GLOBAL":
                if argument not in _GLOBALS:
                    raise Refused(f"its pickle names {argument.replace(' ', '.')}")
                stack.append(Global(argument))
            case "REDUCE":
                arguments, function = stack.pop(), stack.pop()
                stack.append(self._call(function, arguments))
            case "BUILD":
                state = stack.pop()
                if list(state) != ["_metadata"] or type(state) is not dict:
                    raise Refused("its pickle sets attributes")
                self._target(OrderedDict)._metadata = state["_metadata"]
            case "BINPERSID":
                stack.append(self._storage(stack.pop()))
            case _:
                raise Refused(f"its pickle uses {name} {argument or ''}".rstrip())

    def _since_mark(self) -> list[Any]:
        items, self._stack = self._stack, self._marked.pop()
        return items

    def _target(self, *kinds: type) -> Any:
        target = self._stack[-1]
        if type(target) not in kinds:
            raise Refused(f"its pickle changes a {type(target).__name__}")
        return target

    def _set(self, items: list[Any]) -> None:
        target = self._target(dict, OrderedDict)
        for key, value in zip(items[::2], items[1::2], strict=True):
            # Hashing a nested tuple can take for ever, and chosen large numbers collide.
            if type(key) not in (str, int, float, bool, type(None)) or (
                type(key) is int and abs(key) >= 2**63
            ):
                raise Refused(
                    f"its pickle has a key that is no name or number: {type(key).__name__}"
                )
            target[key] = value

    def _call(self, function: Any, arguments: Any) -> Any:
        if type(function) is not Global or type(arguments) is not tuple:
            raise Refused(f"its pickle calls a {type(function).__name__}")
        match function.name, arguments:
            case (name, ()) if name == _ORDERED:
                return OrderedDict()
            case (name, (counts,)) if name == _COUNTER and type(counts) is dict:
                self._copied += len(counts)  # one dict may be named very often
                if self._copied > len(self._pickled):
                    raise Refused("its pickle copies a Counter over and over")
                return Counter(counts)
            case (name, _) if name == _TENSOR:
                return self._tensor(*arguments)
        raise Refused(f"its pickle calls {function.name.replace(' ', '.')} in an unknown way")

    def _storage(self, identity: Any) -> Storage:
        kind, storage_type, key, _location, elements = identity
        if kind != "storage" or type(storage_type) is not Global or type(key) is not str:
            raise Refused("its pickle refers to something outside")
        if storage_type.name not in _STORAGES or type(elements) is not int or elements < 0:
            raise Refused(f"its pickle has a storage of {storage_type.name.replace(' ', '.')}")
        storage = Storage(_STORAGES[storage_type.name], key, elements)
        if elements * storage.dtype.itemsize > self._sizes[f"data/{key}"]:
            raise Refused(f"its pickle claims more than there is in data/{key}")
        if self._storages.setdefault(key, storage) != storage:
            raise Refused(f"its pickle claims data/{key} in two ways")
        return storage

    def _tensor(
        self,
        storage: Any,
        offset: Any,
        size: Any,
        stride: Any,
        requires_grad: Any,
        hooks: Any,
        metadata: Any = None,
    ) -> Claim:
        if type(storage) is not Storage or type(size) is not tuple or type(stride) is not tuple:
            raise Refused("its pickle makes a tensor of something else")
        numbers = (offset, *size, *stride)
        if len(numbers) > 129 or any(type(n) is not int or not 0 <= n < 2**63 for n in numbers):
            raise Refused("its pickle makes a tensor of an impossible shape")
        if type(requires_grad) is not bool or type(hooks) is not OrderedDict or hooks or metadata:
            raise Refused("its pickle makes a tensor with attributes")
        elements = math.prod(size)
        last = offset + sum((n - 1) * step for n, step in zip(size, stride, strict=True))
        if elements and last >= storage.elements:
            raise Refused(f"its pickle claims a tensor larger than data/{storage.key}")
        self._room -= elements * storage.dtype.itemsize
        if self._room < 0:
            raise Refused("its tensors would unfold to far more than the file")
        return Claim(storage, size)
