from __future__ import annotations

import math
from pathlib import Path

import pytest

from rnnlab.diagnostics.flows import (
    DECAY_AFTER,
    HORIZON_AFTER,
    HORIZON_BEFORE,
    Flows,
    Measure,
    is_censored,
    read_flows,
)
from rnnlab.errors import ConfigError
from rnnlab.probing.look import append_look
from rnnlab.runs.folder import Status
from tests.diagnostics.flow_runs import LAYER, falling, look, make_flow, make_sweep


def values(flows: Flows, measure: Measure, index: int = 0) -> dict[object, float]:
    return dict(flows.samples(measure).all[index].values)


def test_horizons_and_decays_are_those_of_the_exponential(tmp_path: Path) -> None:
    for seed, horizon in enumerate((20, 30, 40)):
        make_flow(tmp_path / str(seed), seed, 0.5, horizon=horizon, start=10)

    flows = read_flows([tmp_path])

    assert values(flows, HORIZON_BEFORE) == {0: 10, 1: 10, 2: 10}
    assert values(flows, HORIZON_AFTER) == {0: 20, 1: 30, 2: 40}
    expected = {seed: -math.log(1000) / horizon for seed, horizon in enumerate((20, 30, 40))}
    assert values(flows, DECAY_AFTER) == pytest.approx(expected, rel=1e-6)
    score = flows.measures[-1]
    assert (score.name, values(flows, score)) == ("test/accuracy", {0: 0.5, 1: 0.5, 2: 0.5})
    assert flows.remarks == ()


def test_the_first_and_the_last_look_count_whatever_lies_between(tmp_path: Path) -> None:
    looks = [look(epoch, h=falling(5 + 10 * epoch, 100)) for epoch in (0, 3, 7)]
    make_flow(tmp_path / "run", 0, 0.5, looks)

    flows = read_flows([tmp_path])

    assert values(flows, HORIZON_BEFORE) == {0: 5}
    assert values(flows, HORIZON_AFTER) == {0: 75}


def test_a_gradient_that_never_falls_counts_as_far_as_the_sequence_goes(tmp_path: Path) -> None:
    kept = [1.0 - 0.001 * lag for lag in range(60)]
    make_flow(tmp_path / "kept", 0, 1.0, [look(0, h=falling(9, 60)), look(2, h=kept)], steps=60)

    flows = read_flows([tmp_path])

    assert values(flows, HORIZON_AFTER) == {0: 60}
    assert is_censored(flows.all[0], HORIZON_AFTER)
    assert not is_censored(flows.all[0], HORIZON_BEFORE)


def test_a_run_without_any_gradient_has_no_horizon(tmp_path: Path) -> None:
    make_flow(tmp_path / "0", 0, 1.0, [look(0, h=falling(9, 60)), look(2, h=[0.0] * 60)])
    make_flow(tmp_path / "1", 1, 1.0, horizon=30)

    (sample,) = read_flows([tmp_path]).samples(HORIZON_AFTER).all

    assert dict(sample.values) == {1: 30}
    assert sample.missing == 1


def test_the_state_that_carries_furthest_is_taken_for_all_settings_of_a_cell(
    tmp_path: Path,
) -> None:
    for steps, (h, c) in {50: (20, 19), 100: (20, 60)}.items():
        last = look(3, h=falling(h, steps), c=falling(c, steps))
        first = look(0, h=falling(7, steps), c=falling(6, steps))
        make_flow(tmp_path / f"{steps}", 0, 0.5, [first, last], steps=steps, cell="lstm")
    make_flow(tmp_path / "rnn", 0, 0.5, horizon=15, steps=50, cell="rnn")

    flows = read_flows([tmp_path])

    states = {flow.setting.shown_all(("cell", "dataset.steps")): flow.state for flow in flows.all}
    assert states == {
        ("lstm", "50"): (LAYER, "c"),
        ("lstm", "100"): (LAYER, "c"),
        ("rnn", "50"): (LAYER, "h"),
    }
    assert [values(flows, HORIZON_AFTER, index)[0] for index in range(3)] == [19, 60, 15]


def test_settings_come_by_their_values_numbers_by_size(tmp_path: Path) -> None:
    make_sweep(
        tmp_path,
        {f"{steps}-{cell}": ({"steps": steps, "cell": cell}, [(5, 0.5)])
         for steps in (100, 20) for cell in ("rnn", "gru")},
    )  # fmt: skip

    flows = read_flows([tmp_path])

    keys = [flow.setting.shown_all(("cell", "dataset.steps")) for flow in flows.all]
    columns = flows.settings.columns
    assert sorted(keys) == [("gru", "100"), ("gru", "20"), ("rnn", "100"), ("rnn", "20")]
    if columns.index("cell") < columns.index("dataset.steps"):
        assert keys == [("gru", "20"), ("gru", "100"), ("rnn", "20"), ("rnn", "100")]
    else:
        assert keys == [("gru", "20"), ("rnn", "20"), ("gru", "100"), ("rnn", "100")]


def test_what_is_left_out_is_told(tmp_path: Path) -> None:
    make_flow(tmp_path / "0", 0, 0.5, horizon=20)
    make_flow(tmp_path / "1", 1, 0.7)
    failed = make_flow(tmp_path / "2", 2, None, status=Status.FAILED)
    append_look(failed.looks, look(0, h=falling(5, 100)))

    flows = read_flows([tmp_path])

    assert any("1 of 3 runs has not finished" in line for line in flows.remarks)
    assert any("1 finished run was not looked into" in line for line in flows.remarks)
    assert values(flows, HORIZON_AFTER) == {0: 20}
    assert values(flows, flows.measures[-1]) == {0: 0.5, 1: 0.7}


def test_runs_that_nobody_looked_into_are_refused_with_what_to_do(tmp_path: Path) -> None:
    make_flow(tmp_path / "0", 0, 0.5)

    with pytest.raises(ConfigError, match="diagnostics=gradient_flow"):
        read_flows([tmp_path])


def test_a_folder_without_a_finished_run_is_refused(tmp_path: Path) -> None:
    make_flow(tmp_path / "0", 0, None, status=Status.FAILED)

    with pytest.raises(ConfigError, match="there is no finished run in"):
        read_flows([tmp_path])
