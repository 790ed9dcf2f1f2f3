from __future__ import annotations

import json
from pathlib import Path

import pytest

import rnnlab.capability.check as check_module
from rnnlab.capability import check_all
from rnnlab.capability.tables import as_json
from rnnlab.cli import main
from rnnlab.errors import ConfigError


def test_a_sound_cell_passes_and_gets_a_card(plugins: Path) -> None:
    (report,) = check_all("rnnlab-probe:sound", quick=True)
    assert report.passed
    assert report.component == "cell/sound"
    assert report.arguments == {"hidden_size": 4}
    assert {outcome.verdict for outcome in report.outcomes} == {"passed", "skipped"}
    assert report.card is not None
    able = {ability.name: ability.able for ability in report.card.abilities}
    assert able == {
        "scan": False,
        "fused": False,
        "vmap": True,
        "bf16": True,
        "variable length": True,
        "bidirectional": True,
        "export": True,
    }
    assert report.card.sizes is not None
    assert report.card.sizes.output_size == 64
    assert report.card.speeds == []


def test_a_rule_that_is_broken_ends_with_1(
    plugins: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plugin", "check", "rnnlab-twin", "--quick"]) == 1
    printed = capsys.readouterr().out
    assert "cell/sound" in printed
    assert "failed" in printed
    (line,) = [line for line in printed.splitlines() if line.startswith("inputs are not changed")]
    assert " failed " in line


def test_a_cell_that_cannot_be_measured_has_a_card_all_the_same(
    plugins: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check_module, "COMPILE_SECONDS", 0.05)
    assert main(["plugin", "check", "unready"]) == 1
    printed = capsys.readouterr().out
    (line,) = [line for line in printed.splitlines() if line.startswith("size and speed")]
    assert "RuntimeError: not yet" in line
    (line,) = [line for line in printed.splitlines() if line.startswith("compile")]
    assert "took longer than 0.05 s" in line


def test_a_cell_of_one_size_is_measured_at_that(plugins: Path) -> None:
    (report,) = check_all("picky", ["cell.hidden_size=7"], quick=True)
    assert report.card is not None
    assert report.card.sizes is not None
    assert report.card.sizes.state == 7


def test_rules_can_be_left_out(plugins: Path) -> None:
    (report,) = check_all("unsound", skip=["test_inputs_are_not_changed"], quick=True)
    verdicts = {outcome.rule: outcome for outcome in report.outcomes}
    assert verdicts["test_inputs_are_not_changed"].verdict == "skipped"
    assert verdicts["test_inputs_are_not_changed"].reason == "left out by --skip"


def test_json_is_for_machines(plugins: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["rnnlab-probe:sound", "cell.hidden_size=3", "--quick", "--json"]
    assert main(["plugin", "check", *arguments]) == 0
    (report,) = json.loads(capsys.readouterr().out)
    assert report["component"] == "cell/sound"
    assert report["passed"] is True
    assert report["arguments"] == {"hidden_size": 3}
    assert report["card"]["sizes"]["output_size"] == 3
    assert as_json([]) == "[]\n"


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["nothing-like-it"], "no cell, task, dataset or package"),
        (["gone"], "probe_nowhere"),
        (["needy"], "cell.words: Needy needs it, and no value can be guessed"),
        (["picky"], "cannot be made with hidden_size=4: ValueError: seven, please"),
        (["unsound", "cell.size=3"], "there is no such key"),
        (["unsound", "task.size=3"], "is not for what is checked; valid: cell.ARGUMENT=VALUE"),
        (["unsound", "--skip", "test_nothing"], "there is no such rule"),
    ],
)
def test_usage_is_refused_in_one_line(
    arguments: list[str], why: str, plugins: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plugin", "check", *arguments]) == 2
    said = capsys.readouterr().err
    assert said.startswith("rnnlab: error: ")
    assert said.count("\n") == 1
    assert why in said


def test_what_is_broken_does_not_hide_the_others(plugins: Path) -> None:
    seen = []
    with pytest.raises(ConfigError, match="gone") as caught:
        for report in check_all("rnnlab-probe", quick=True, skip=()):
            seen.append(report.component)
    assert seen == ["cell/branching", "cell/sound", "cell/unready", "cell/unsound"]
    assert "Needy needs it" in str(caught.value)
    assert "cell=picky: cannot be made" in str(caught.value)
