import os
import pickle
import subprocess
import sys
import time
import zipfile
from collections import OrderedDict

import numpy as np
import pytest
import torch

from rnnlab.errors import Refused
from rnnlab.training.checkpoint_archive import DamagedCheckpoint
from rnnlab.training.checkpoint_reading import read

END = b"s."
START = b"\x80\x02}X\x01\x00\x00\x00a"  # {"a": ...


def checkpoint(path, pickled, data=bytes(16)):
    """Write a pickle as torch would, with one storage of 16 bytes."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x/data.pkl", pickled)
        archive.writestr("x/data/0", data)
        archive.writestr("x/version", "3\n")
    return path


def text(value):
    return b"X" + len(value).to_bytes(4, "little") + value.encode()


def number(value):
    size = (value.bit_length() + 8) // 8
    return b"\x8a" + bytes([size]) + value.to_bytes(size, "little", signed=True)


def storage(kind="FloatStorage", key="0", elements=4):
    place = text("storage") + f"ctorch\n{kind}\n".encode() + text(key) + text("cpu")
    return b"(" + place + number(elements) + b"tQ"


def tensor(stored, size, stride, offset=0, grad=b"\x89", hooks=b"ccollections\nOrderedDict\n)R"):
    shape = b"".join(b"(" + b"".join(map(number, part)) + b"t" for part in (size, stride))
    start = b"ctorch._utils\n_rebuild_tensor_v2\n("
    return start + stored + number(offset) + shape + grad + hooks + b"tR"


def test_what_is_written_here_by_hand_is_what_torch_reads(tmp_path):
    data = np.arange(4, dtype=np.float32).tobytes()
    pickled = START + tensor(storage(), (2, 2), (2, 1)) + END
    content = read(checkpoint(tmp_path / "x.ckpt", pickled, data))
    assert torch.equal(content["a"], torch.arange(4.0).view(2, 2))


class Call:
    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize(
    ("value", "named"),
    [
        (Call(os.system, "true"), f"{os.name}.system"),
        (Call(eval, "1"), "__builtin__.eval"),
        (Call(bytearray, 10**12), "__builtin__.bytearray"),
        (Call(torch.load, "x"), "torch.serialization.load"),
        (np.zeros(2), "numpy"),
        (torch.nn.Linear(1, 1), "torch.nn.modules.linear.Linear"),
        (b"bytes", "_codecs.encode"),
        ({1, 2}, "__builtin__.set"),
    ],
)
def test_a_pickle_that_names_anything_else_is_refused(tmp_path, value, named):
    torch.save({"a": value}, tmp_path / "x.ckpt")
    with pytest.raises(Refused, match=named) as caught:
        read(tmp_path / "x.ckpt")
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 3


OPCODES = {
    "INST": b"(ios\nsystem\n",
    "OBJ": b"(ccollections\nOrderedDict\no",
    "NEWOBJ": b"ccollections\nOrderedDict\n)\x81",
    "STACK_GLOBAL": b"\x8c\x02os\x8c\x06system\x93",
    "EXT1": b"\x82\x01",
    "LONG4": b"\x8b" + (8).to_bytes(4, "little") + b"\x01" * 8,
    "BINBYTES8": b"\x8e" + (3).to_bytes(8, "little") + b"abc",
    "PERSID": b"P0\n",
    "FRAME": b"\x95" + bytes(8),
    "PROTO": b"\x80\x04",
}


@pytest.mark.parametrize("name", OPCODES)
def test_other_instructions_are_refused(tmp_path, name):
    pickled = START + OPCODES[name] + END
    # The text that STACK_GLOBAL needs is refused before it.
    first = {"STACK_GLOBAL": "SHORT_BINUNICODE"}.get(name, name)
    with pytest.raises(Refused, match=f"its pickle uses {first}"):
        read(checkpoint(tmp_path / "x.ckpt", pickled))


ORDERED = b"ccollections\nOrderedDict\n"
LAUGHS = b"(]q\x00" + b"".join(
    b"(" + (b"h" + bytes([level])) * 10 + b"tq" + bytes([level + 1]) for level in range(40)
) + b"t"  # fmt: skip
COUNTS = b"(}(" + b"".join(text(str(n)) + b"K\x01" for n in range(2000)) + b"uq\x00"
HOSTILE = {
    "larger than its storage": (tensor(storage(), (10**9,), (1,)), "tensor larger than data/0"),
    "behind its storage": (tensor(storage(), (1,), (1,), offset=4), "tensor larger than data/0"),
    "rows behind it": (tensor(storage(), (2, 2), (3, 1)), "tensor larger than data/0"),
    "larger than its member": (
        tensor(storage(elements=5), (1,), (1,)), "claims more than there is in data/0"
    ),
    "two types of one member": (
        b"(" + tensor(storage("DoubleStorage", elements=2), (2,), (1,))
        + tensor(storage("ByteStorage", elements=16), (16,), (1,)) + b"t",
        "in two ways",
    ),
    "negative stride": (tensor(storage(), (2,), (-1,)), "impossible shape"),
    "shape of 2**80": (tensor(storage(), (2**80,), (0,)), "impossible shape"),
    "expanded to 10**12": (tensor(storage(), (10**12,), (0,)), "unfold"),
    "expanded often": (b"(" + tensor(storage(), (2**22,), (0,)) * 5 + b"t", "unfold"),
    "tensor of text": (tensor(text("storage"), (1,), (1,)), "tensor of something else"),
    "hooks": (tensor(storage(), (1,), (1,), hooks=b"}"), "with attributes"),
    "grad of text": (tensor(storage(), (1,), (1,), grad=text("yes")), "with attributes"),
    "bare storage": (storage(), "bare Storage"),
    "bare global": (ORDERED, "bare Global"),
    "call of a type": (b"ctorch\nFloatStorage\n)R", "calls torch.FloatStorage"),
    "call of a tensor": (tensor(storage(), (1,), (1,)) + b")R", "calls a Claim"),
    "call of text": (text("os.system") + b")R", "calls a str"),
    "attribute of a tensor": (
        tensor(storage(), (1,), (1,)) + b"}" + text("_metadata") + b"}sb", "changes a Claim"
    ),
    "method of a dict": (ORDERED + b")R}" + text("items") + b"Nsb", "sets attributes"),
    "item of a tensor": (tensor(storage(), (1,), (1,)) + b"K\x00K\x01s", "changes a Claim"),
    "item of a list": (b"]NaK\x00K\x01s", "changes a list"),
    "OrderedDict of a list": (ORDERED + b"]\x85R", "in an unknown way"),
    "tuple as key": (b"})Ns", "key that is no name or number"),
    "number of many digits as key": (b"}" + number(2**70) + b"Ns", "key that is no name"),
    "list in itself": (b"]q\x00h\x00a", "nested too deeply"),
    "nested": (b"]" * 5000 + b"a" * 4999, "nested too deeply"),
    "nested tuples": (b")" + b"\x85" * 100_000, "nested too deeply"),
    "billion laughs": (LAUGHS, "unfolds"),
    "laughing text": (b"(" + text("ha" * 50_000) + b"q\x00" + b"h\x00" * 5000 + b"t", "unfolds"),
    "Counter over and over": (
        COUNTS + b"ccollections\nCounter\nh\x00\x85R" * 2000 + b"t", "copies a Counter"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_claims_that_would_harm_are_refused(tmp_path, name):
    began = time.process_time()
    pickled, why = HOSTILE[name]
    with pytest.raises(Refused, match=why) as caught:
        read(checkpoint(tmp_path / "x.ckpt", START + pickled + END))
    assert "\n" not in str(caught.value)
    assert time.process_time() - began < 10  # they would take for ever


@pytest.mark.parametrize(
    "pickled",
    [
        b"", b"\x80\x02", b"\x80\x02.", START, START + b"s.", START + b"h\x05s.", START + b"u.",
        START + storage(key="7") + END, START + b"X\xff\xff\xff\xffa" + END, START + b"(((" + END,
        START + tensor(storage(), (1,), (1, 1)) + END, START + b"r\xff\xff\xff\xff.",
        START + b"Nr\xff\xff\xff\xff" + b"t.", b"\x80\x02Q.", START + b"N}b.",
    ],
)  # fmt: skip
def test_a_malformed_pickle_is_an_error_and_no_crash(tmp_path, pickled):
    with pytest.raises((DamagedCheckpoint, Refused)) as caught:
        read(checkpoint(tmp_path / "x.ckpt", pickled))
    assert "\n" not in str(caught.value)


WORST = """
import resource, sys
from pathlib import Path
from rnnlab.errors import Refused
from rnnlab.training.checkpoint_reading import read
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
size = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (size + 2**28, size + 2**28))
for path in sorted(Path(sys.argv[1]).iterdir()):
    try:
        read(path)
    except Refused:
        continue
    sys.exit(f"{path} was read")
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs a limit of memory")
def test_the_worst_take_little_memory(tmp_path):
    for index, hostile in enumerate(HOSTILE.values()):
        checkpoint(tmp_path / f"{index}.ckpt", START + hostile[0] + END)
    torch.save({"a": Call(bytearray, 10**12)}, tmp_path / "bytes.ckpt")
    done = subprocess.run(
        [sys.executable, "-c", WORST, str(tmp_path)], capture_output=True, text=True, check=False,
        timeout=120, env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 100  # MiB


def test_a_state_dict_keeps_its_versions(tmp_path):
    model = torch.nn.BatchNorm1d(2)
    torch.save({"s": model.state_dict()}, tmp_path / "x.ckpt")
    state = read(tmp_path / "x.ckpt")["s"]
    assert type(state) is OrderedDict
    assert state._metadata == model.state_dict()._metadata


def test_python_itself_reads_the_laughing_tuples_at_once():
    last = pickle.loads(START + LAUGHS + END)["a"][-1]
    for _ in range(40):
        assert len(last) == 10
        last = last[-1]
    assert last == []
