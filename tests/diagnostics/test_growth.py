from __future__ import annotations

from pathlib import Path

from rnnlab.diagnostics.flows import HORIZON_AFTER, Flows, read_flows
from rnnlab.diagnostics.growth import grown, length_key, lines
from tests.diagnostics.flow_runs import look, make_flow, make_sweep


def two_cells(place: Path) -> Flows:
    make_sweep(
        place,
        {
            f"{cell}-{steps}": (
                {"cell": cell, "steps": steps}, [(horizon, 0.5), (horizon + 2, 0.6)]
            )
            for cell, horizon in (("rnn", 5), ("lstm", 15))
            for steps in (20, 100)
        },
    )  # fmt: skip
    return read_flows([place])


def test_the_key_of_the_length_is_the_datasets(tmp_path: Path) -> None:
    assert length_key(two_cells(tmp_path)) == "dataset.steps"


def test_without_several_lengths_there_is_no_key(tmp_path: Path) -> None:
    make_sweep(tmp_path, {cell: ({"cell": cell}, [(5, 0.5)]) for cell in ("rnn", "gru")})
    flows = read_flows([tmp_path])

    assert length_key(flows) is None
    assert [(line.name, list(line.settings)) for line in lines(flows, None)] == [
        ("cell=gru", [0.0]),
        ("cell=rnn", [0.0]),
    ]


def test_a_line_holds_the_lengths_of_one_cell(tmp_path: Path) -> None:
    flows = two_cells(tmp_path)

    found = {line.name: line for line in lines(flows, "dataset.steps")}

    assert set(found) == {"cell=lstm", "cell=rnn"}
    for name, line in found.items():
        for length, index in line.settings.items():
            keys = flows.all[index].setting.shown_all(("cell", "dataset.steps"))
            assert keys == (name.removeprefix("cell="), f"{length:g}")
    assert found["cell=lstm"].colour != found["cell=rnn"].colour


def test_lines_of_one_cell_have_its_colour_and_dashes_of_their_own(tmp_path: Path) -> None:
    make_sweep(
        tmp_path,
        {
            f"{cell}-{clip}-{steps}": (
                {"cell": cell, "steps": steps, "trainer__gradient_clip_val": clip}, [(5, 0.5)]
            )
            for cell in ("rnn", "gru") for clip in (None, 1) for steps in (20, 100)
        },
    )  # fmt: skip
    found = lines(read_flows([tmp_path]), "dataset.steps")

    assert len(found) == len({(line.colour, line.dash) for line in found}) == 4
    assert {line.brief for line in found} == {
        "rnn", "rnn, gradient_clip_val=1", "gru", "gru, gradient_clip_val=1",
    }  # fmt: skip
    assert len({line.colour for line in found}) == 2


def test_the_table_has_means_with_intervals(tmp_path: Path) -> None:
    head, cells = grown(two_cells(tmp_path), HORIZON_AFTER, "dataset.steps")

    assert head == ["", "steps=20", "steps=100"]
    # Two seeds, one apart from the mean: t(0.975, 1) = 12.71 times their standard error, 1.
    assert [row[0] for row in cells] == ["cell=lstm", "cell=rnn"]
    assert cells[1] == ["cell=rnn", "6 [-6.706, 18.71]", "6 [-6.706, 18.71]"]
    assert cells[0][1:] == ["16 [3.294, 28.71]", "16 [3.294, 28.71]"]


def test_the_table_marks_what_is_at_least_so_far(tmp_path: Path) -> None:
    for steps in (20, 50):
        make_flow(tmp_path / f"{steps}", 0, 1.0, [look(0, h=[1.0] * steps)], steps=steps)

    _, cells = grown(read_flows([tmp_path]), HORIZON_AFTER, "dataset.steps")

    assert cells == [["all", "≥ 20", "≥ 50"]]
