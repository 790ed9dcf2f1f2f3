from __future__ import annotations

from rnnlab.compare.flat import ABSENT
from rnnlab.diagnostics.naming import telling

VALUES = [
    {"cell": "rnn", "cell.recurrent_init": "uniform", "trainer.truncate_steps": "null"},
    {"cell": "rnn", "cell.recurrent_init": "orthogonal", "trainer.truncate_steps": "10"},
    {"cell": "irnn", "cell.recurrent_init": "identity", "trainer.truncate_steps": "null"},
    {"cell": "gru", "cell.recurrent_init": ABSENT, "trainer.truncate_steps": "10"},
]


def test_what_is_off_or_follows_from_the_component_is_not_told() -> None:
    assert [" ".join(telling(VALUES, index).values()) for index in range(4)] == [
        "rnn uniform",
        "rnn orthogonal 10",
        "irnn",
        "gru 10",
    ]


def test_what_is_told_elsewhere_is_left_out() -> None:
    assert telling(VALUES, 3, "cell") == {"trainer.truncate_steps": "10"}


def test_what_is_off_is_told_if_nothing_else_is() -> None:
    clips = [{"trainer.gradient_clip_val": value} for value in ("null", "1")]
    assert telling(clips, 0) == {"trainer.gradient_clip_val": "null"}
