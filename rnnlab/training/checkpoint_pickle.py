"""A dry run of the pickle inside a checkpoint: what would loading it do?

torch's own weights-only reader runs no code, but it believes the sizes that a file claims. Here
the instructions are followed with stand-ins for tensors, so that no tensor is made before every
claim about it was checked.
"""

from __future__ import annotations

import pickletools
from collections import Counter, OrderedDict
from collections.abc import Mapping
from typing import Any

from rnnlab.errors import Refused
from rnnlab.training.checkpoint_claims import STORAGES, Claims, Global

_TENSOR = "torch._utils _rebuild_tensor_v2"
_ORDERED, _COUNTER = "collections OrderedDict", "collections Counter"  # state_dict(), MultiStepLR
_GLOBALS = frozenset([*STORAGES, _TENSOR, _ORDERED, _COUNTER])


class DryRun:
    """Follows the instructions of a pickle; one object per pickle.

    Args:
        pickled: The pickle.
        sizes: Bytes of each member ``data/KEY`` of the archive.
    """

    def __init__(self, pickled: bytes, sizes: Mapping[str, int]) -> None:
        self._pickled, self._claims = pickled, Claims(sizes)
        self._stack: list[Any] = []
        self._marked: list[list[Any]] = []
        self._memo: dict[int, Any] = {}
        self._copied = 0

    def run(self) -> Any:
        """Return what the pickle holds, with a ``Claim`` for each tensor.

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
                stack.append(self._claims.storage(stack.pop()))
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
                return self._claims.tensor(*arguments)
        raise Refused(f"its pickle calls {function.name.replace(' ', '.')} in an unknown way")
