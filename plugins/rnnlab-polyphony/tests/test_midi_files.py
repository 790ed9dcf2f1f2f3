from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rnnlab.errors import ConfigError, DataError
from rnnlab_polyphony.keys import chords_of, roll_of
from rnnlab_polyphony.midi_files import read_midi, write_midi

mido = pytest.importorskip("mido")

ROLLS = st.lists(st.sets(st.integers(21, 108), max_size=5), min_size=1, max_size=12)


@given(ROLLS.filter(lambda chords: chords[-1]), st.sampled_from([1, 2, 4]))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_roll_comes_back_from_its_file(
    tmp_path: Path, chords: list[set[int]], steps_per_quarter: int
) -> None:
    roll, path = roll_of([sorted(chord) for chord in chords]), tmp_path / "a.mid"

    write_midi(roll, path, steps_per_quarter=steps_per_quarter)
    back = read_midi(path.read_bytes(), "a.mid", steps_per_quarter=steps_per_quarter)

    assert torch.equal(back, roll)


def written(path: Path, *messages: mido.Message, ticks: int = 100, kind: int = 0) -> Path:
    track = mido.MidiTrack(messages)
    mido.MidiFile(type=kind, ticks_per_beat=ticks, tracks=[track]).save(path)
    return path


def on(note: int, time: int = 0, channel: int = 0, velocity: int = 64) -> mido.Message:
    return mido.Message("note_on", note=note, time=time, channel=channel, velocity=velocity)


def off(note: int, time: int, channel: int = 0) -> mido.Message:
    return mido.Message("note_off", note=note, time=time, channel=channel)


def test_notes_are_rounded_to_steps_and_short_ones_last_for_one(tmp_path: Path) -> None:
    path = written(
        tmp_path / "a.mid",
        on(60),
        on(64, 104),  # a little late: step 1
        off(64, 10),  # and short
        off(60, 80),  # at 194: until step 2
        on(67, 10),
        on(67, 95, velocity=0),  # the other way to end a note
    )

    assert chords_of(read_midi(path.read_bytes(), str(path))) == [[60], [60, 64], [67]]


def test_a_finer_grid_has_more_steps(tmp_path: Path) -> None:
    path = written(tmp_path / "a.mid", on(60), off(60, 50), on(62), off(62, 50))

    assert chords_of(read_midi(path.read_bytes(), str(path), steps_per_quarter=2)) == [[60], [62]]


def test_drums_are_left_out_and_a_note_without_end_sounds_to_the_end(tmp_path: Path) -> None:
    path = written(tmp_path / "a.mid", on(36, channel=9), on(60), on(62, 100), off(62, 100))

    assert chords_of(read_midi(path.read_bytes(), str(path))) == [[60], [60, 62]]


def test_tracks_sound_together(tmp_path: Path) -> None:
    tracks = [mido.MidiTrack([on(note), off(note, 100)]) for note in (60, 64)]
    mido.MidiFile(type=1, ticks_per_beat=100, tracks=tracks).save(tmp_path / "a.mid")

    assert chords_of(read_midi((tmp_path / "a.mid").read_bytes(), "a.mid")) == [[60, 64]]


def test_what_is_no_roll_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "text.mid").write_text("no music")
    (tmp_path / "nothing.mid").write_bytes(b"")
    long = written(tmp_path / "long.mid", on(60), off(60, 200_000), ticks=1)
    for path, why in (
        (tmp_path / "text.mid", "is no MIDI file that can be read"),
        (tmp_path / "nothing.mid", "is no MIDI file that can be read"),
        (written(tmp_path / "silent.mid"), "has no notes"),
        (written(tmp_path / "low.mid", on(20), off(20, 100)), "has the note 20; a piano has 21 to"),
        (long, "has 200000 steps; at most 100000 are read"),
        (written(tmp_path / "two.mid", on(60), off(60, 9), kind=2), "counts time otherwise"),
    ):
        with pytest.raises(DataError, match=f"^dataset.path={path}: {why}") as caught:
            read_midi(path.read_bytes(), str(path))
        assert "\n" not in str(caught.value)


def test_without_mido_the_line_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mido", None)

    with pytest.raises(ConfigError, match=r"pip install 'rnnlab-polyphony\[midi\]'"):
        read_midi(b"MThd", "a.mid")
