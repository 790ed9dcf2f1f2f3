import io
import logging
import os
import pickle
import random
import zipfile

import pytest
import torch

from rnnlab.errors import Refused, StorageError
from rnnlab.training.checkpoint_archive import DamagedCheckpoint, is_whole
from rnnlab.training.checkpoint_files import PREVIOUS, newest
from rnnlab.training.checkpoint_reading import read
from rnnlab.training.checkpoints import LAST


def real_checkpoint(size=80):
    model = torch.nn.LSTM(size, 50)
    optimizer = torch.optim.Adam(model.parameters())
    model(torch.rand(2, 1, size))[0].sum().backward()
    optimizer.step()
    file = io.BytesIO()
    torch.save(
        {"state_dict": model.state_dict(), "optimizer_states": [optimizer.state_dict()]}, file
    )
    return file.getvalue()


def test_every_truncated_checkpoint_is_found_and_the_one_before_is_used(tmp_path, caplog):
    caplog.set_level(logging.WARNING, "rnnlab")
    whole, last, previous = real_checkpoint(), tmp_path / LAST, tmp_path / PREVIOUS
    assert len(whole) > 200_000
    lengths = [*range(0, len(whole), 4096), *range(len(whole) - 100, len(whole))]
    torch.save({"number": 1}, tmp_path / "good")
    for length in lengths:
        last.write_bytes(whole[:length])
        assert not is_whole(last)
        previous.write_bytes((tmp_path / "good").read_bytes())
        assert newest(tmp_path) == (previous, {"number": 1})
        previous.unlink()
        with pytest.raises(DamagedCheckpoint, match="is not a whole checkpoint: ") as caught:
            newest(tmp_path)
        assert "\n" not in str(caught.value)
    assert len(caplog.records) == len(lengths)


def test_every_flipped_bit_is_found_or_harmless(tmp_path):
    whole, path = bytearray(real_checkpoint(size=4)), tmp_path / LAST
    path.write_bytes(whole)
    expected = torch.load(path, weights_only=True)
    chosen, found = random.Random(5), 0
    # Anywhere, and twice as often in the directory at the end, where each field matters.
    places = [chosen.randrange(len(whole)) for _ in range(50)]
    places += [chosen.randrange(len(whole) - 3000, len(whole)) for _ in range(150)]
    for place in places:
        flipped = bytearray(whole)
        flipped[place] ^= 1 << chosen.randrange(8)
        path.write_bytes(flipped)
        try:
            content = read(path)
        except DamagedCheckpoint:
            found += 1
        else:
            torch.testing.assert_close(content, expected, rtol=0, atol=0)
    assert found > 50


def test_what_is_no_checkpoint_is_said_in_one_line(tmp_path):
    path = tmp_path / "x.ckpt"
    with pytest.raises(DamagedCheckpoint, match="there is no such file"):
        read(path)
    with pytest.raises(DamagedCheckpoint, match="it is not a file"):
        read(tmp_path)
    for text in ("", "epoch: 3\n", "PK\x03\x04"):
        path.write_text(text)
        with pytest.raises(DamagedCheckpoint) as caught:
            read(path)
        assert caught.value.exit_code == StorageError.exit_code
        assert "\n" not in str(caught.value)
        assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("document/content.xml", "<x/>")
    with pytest.raises(DamagedCheckpoint, match=r"without data\.pkl"):
        read(path)
    torch.save([1, 2], path)
    with pytest.raises(DamagedCheckpoint, match="holds a list"):
        read(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.ckpt")
    with pytest.raises(DamagedCheckpoint, match="it is not a file"):
        read(tmp_path / "pipe.ckpt")


def test_a_bare_pickle_of_old_torch_is_refused(tmp_path):
    torch.save({"a": 1}, tmp_path / "old.ckpt", _use_new_zipfile_serialization=False)
    with pytest.raises(Refused, match="not a checkpoint but a bare pickle"):
        read(tmp_path / "old.ckpt")


def test_a_zip_bomb_is_refused_without_inflating_it(tmp_path, monkeypatch):
    path = tmp_path / "bomb.ckpt"
    torch.save({"a": torch.ones(3)}, path)
    with (
        zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("bomb/data/1", "w", force_zip64=True) as member,
    ):
        for _ in range(64):
            member.write(bytes(2**24))
    assert path.stat().st_size < 2**23

    def inflate(*args):
        raise AssertionError("inflated")

    monkeypatch.setattr(zipfile, "_get_decompressor", inflate)
    with pytest.raises(Refused, match="bomb/data/1 is compressed"):
        read(path)


@pytest.mark.parametrize("name", ["/archive/data/1", "archive/../../x", "archive\\..\\x"])
def test_members_that_point_elsewhere_are_refused(tmp_path, name):
    path = tmp_path / "x.ckpt"
    torch.save({"a": torch.ones(3)}, path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(name, "x")
    with pytest.raises(Refused, match="points out of it"):
        read(path)


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("folder", ["x", "other"])
def test_two_members_of_one_name_are_refused(tmp_path, folder):
    path = tmp_path / "x.ckpt"
    torch.save({"a": torch.ones(3)}, path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(f"{folder}/data/0", bytes(12))
    with pytest.raises(Refused, match="two members"):
        read(path)
