from __future__ import annotations

import pytest

from rnnlab.diagnostics.layer_names import layer_name


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("backbone.recurrent.layers.0", "layer 1"),
        ("backbone.recurrent.layers.1.backwards", "layer 2, backwards"),
        ("encoder.recurrent.layers.0.forwards", "encoder layer 1, forwards"),
        ("decoder.backbone.recurrent.layers.11", "decoder layer 12"),
        ("backbone.recurrent.layers.0 (2)", "layer 1 (2)"),
        ("somebody.elses", "somebody.elses"),
        ("recurrent", "recurrent"),
    ],
)
def test_paths_are_told_as_people_do(path: str, name: str) -> None:
    assert layer_name(path) == name


def test_a_strange_path_is_one_short_line() -> None:
    assert len(layer_name("a\n" * 100)) <= 60
    assert "\n" not in layer_name("a\nb")
