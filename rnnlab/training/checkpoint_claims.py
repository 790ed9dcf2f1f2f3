"""What a checkpoint's pickle claims about its tensors, held against the bytes that are there.

A tensor larger than its storage makes torch allocate the rest, and a storage larger than its
member makes some releases read past the end.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, NamedTuple

import torch

from rnnlab.errors import Refused

_MIB = 2**20
STORAGES = {
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


class Claims:
    """Checks the claims of one pickle.

    Args:
        sizes: Bytes of each member ``data/KEY`` of the archive.
    """

    def __init__(self, sizes: Mapping[str, int]) -> None:
        self._sizes = sizes
        self._storages: dict[str, Storage] = {}
        # Views may share a storage and even repeat it, but must not unfold to the size of a bomb.
        self._room = 64 * _MIB + 4 * sum(sizes.values())

    def storage(self, identity: Any) -> Storage:
        """Return the stand-in for a storage.

        Args:
            identity: What the pickle says: ``("storage", type, key, device, elements)``.

        Raises:
            Refused: The member is too short for it.
        """
        kind, storage_type, key, _location, elements = identity
        if kind != "storage" or type(storage_type) is not Global or type(key) is not str:
            raise Refused("its pickle refers to something outside")
        if storage_type.name not in STORAGES or type(elements) is not int or elements < 0:
            raise Refused(f"its pickle has a storage of {storage_type.name.replace(' ', '.')}")
        storage = Storage(STORAGES[storage_type.name], key, elements)
        if elements * storage.dtype.itemsize > self._sizes[f"data/{key}"]:
            raise Refused(f"its pickle claims more than there is in data/{key}")
        if self._storages.setdefault(key, storage) != storage:
            raise Refused(f"its pickle claims data/{key} in two ways")
        return storage

    def tensor(
        self,
        storage: Any,
        offset: Any,
        size: Any,
        stride: Any,
        requires_grad: Any,
        hooks: Any,
        metadata: Any = None,
    ) -> Claim:
        """Return the stand-in for a tensor; the arguments are those of torch's own function.

        Raises:
            Refused: It does not fit into its storage, or is more than a tensor.
        """
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
