from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console, RenderableType

from rnnlab.catalog import broken, check_plugins, describe, split_arguments, tables
from rnnlab.cli import main
from rnnlab.config.options import groups, plural
from rnnlab.errors import ConfigError
from rnnlab.plugins.installed import Component, installed
from rnnlab.plugins.verdicts import Verdict, remember

Install = Callable[..., Path]


def rendered(*things: RenderableType) -> str:
    console = Console(width=200)
    with console.capture() as captured:
        console.print(*things)
    return captured.get()


def test_every_group_is_listed() -> None:
    assert [str(table.title) for table in tables()] == [plural(group) for group in groups()]


@pytest.mark.parametrize("kind", ["cell", "cells"])
def test_one_group(kind: str, stranger: Path) -> None:
    (table,) = tables(kind)
    text = rendered(table)
    assert "lstm" in text
    assert "Long short-term memory" in text
    (line,) = [line for line in text.splitlines() if line.startswith("leaky")]
    assert line.strip().split(maxsplit=4) == [
        "leaky",
        "rnnlab-stranger",
        "2.5",
        "unchecked",
        "Leaky integrator, for tests.",
    ]
    (line,) = [line for line in text.splitlines() if line.startswith("irnn")]
    assert line.split()[1] == "conf"


def test_own_configs_are_marked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "conf" / "cell").mkdir(parents=True)
    (tmp_path / "conf" / "cell" / "mine.yaml").write_text("# My own\ndefaults: [gru]\n")
    monkeypatch.chdir(tmp_path)
    lines = rendered(*tables("cells")).splitlines()
    (line,) = [line for line in lines if line.startswith("mine ")]
    assert line.split() == ["mine", "./conf", "My", "own"]


def test_a_class_is_described_with_types_ranges_defaults_and_meanings(stranger: Path) -> None:
    text = rendered(describe("cell/leaky"))
    assert "Leaky integrator, for tests." in text
    assert "stranger_cells.leaky:Leaky of rnnlab-stranger 2.5" in text
    cells = [re.split(r"  +", line.strip()) for line in text.splitlines()]
    rows = {row[0]: row[1:] for row in cells if row[0].startswith("cell.")}
    assert rows["cell.hidden_size"] == ["8", "an integer >= 1", "H, units."]
    assert rows["cell.rate"] == ["1", "a number >= 0 and <= 1", "How much is kept."]
    assert rows["cell.clip"] == ["null", "a number or null"]
    assert rows["cell.bias"] == ["true", "true or false"]
    assert "cell.input_size" not in rows


def test_the_paper_is_shown() -> None:
    assert "Hochreiter" in rendered(describe("lstm"))


def test_a_variant_is_shown_as_its_file() -> None:
    text = rendered(describe("cell/irnn"))
    assert "recurrent_init: identity" in text


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("cell/lstn", "cell=lstn: is not an option; did you mean lstm?"),
        ("cels/lstm", "show=cels: is not a group; did you mean cell?"),
        ("nothing", "show=nothing: is not GROUP/NAME"),
        ("adding", "show=adding: say which one; valid: dataset/adding, experiment/adding"),
    ],
)
def test_a_wrong_name_is_one_line(what: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        describe(what)
    assert str(caught.value).startswith(message)


def test_a_docstring_without_its_arguments() -> None:
    prose, meanings = split_arguments(
        "Title.\n\nMore: text.\n\nArgs:\n    one: First\n        line.\n    two (int): Second.\n"
        "\nRaises:\n    Error: Never.\n"
    )
    assert prose == "Title.\n\nMore: text.\n\nRaises:\n    Error: Never."
    assert meanings == {"one": "First line.", "two": "Second."}
    assert split_arguments("Title.") == ("Title.", {})


def test_names_taken_twice_are_listed_qualified_with_the_reason(install: Install) -> None:
    points = {"cell": {"made_up": "a_cells:X", "gru": "a_cells:X"}, "conf": {"a": "a_conf"}}
    files = {
        "a_cells.py": "class X:\n    'A cell of a.'\n",
        "a_conf/experiment/jsb.yaml": "# @package _global_\n# Chorales\n",
        "a_conf/experiment/adding.yaml": "# @package _global_\n# Not the real one\n",
    }
    install("rnnlab-a", points, files)
    install("rnnlab-b", {"cell": {"made_up": "b_cells:X"}})
    text = rendered(*tables("cell"), *tables("experiment"))
    rows = {line.split()[0]: line for line in text.splitlines() if line.strip()}
    assert "A cell of a. (cell=made_up could be several)" in rows["rnnlab-a:made_up"]
    assert "A cell of a. (cell=gru is another one)" in rows["rnnlab-a:gru"]
    assert rows["gru"].split()[1] == "rnnlab"
    assert rows["jsb"].split()[1:] == ["rnnlab-a", "1.0", "Chorales"]
    assert "Not the real one" in rows["rnnlab-a:adding"]
    assert "Not the real one" in rendered(describe("experiment/rnnlab-a:adding"))
    with pytest.raises(ConfigError, match="valid: rnnlab-a:made_up, rnnlab-b:made_up"):
        describe("cell/made_up")


def test_verdicts_are_shown_as_they_were_found(install: Install) -> None:
    install("rnnlab-a", {"cell": {"made_up": "a_cells:X"}}, {"a_cells.py": ""})
    (made_up,) = [item for item in installed("cell") if item.name == "made_up"]
    assert "unchecked" in rendered(*tables("cells"))
    remember({made_up: Verdict("cannot be imported: boom")})
    assert "broken: cannot be imported: boom" in rendered(*tables("cells"))


def test_a_verdict_that_cannot_be_kept_is_shown(
    install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", os.devnull)
    install("rnnlab-a", {"cell": {"made_up": "a_cells:X"}}, {"a_cells.py": ""})
    (made_up,) = [item for item in installed("cell") if item.name == "made_up"]
    assert not remember({made_up: Verdict()})
    (before,) = re.findall(".*made_up.*", rendered(*tables("cells")))
    (after,) = re.findall(".*made_up.*", rendered(*tables("cells", {made_up: Verdict()})))
    assert ("unchecked" in before, " ok" in after) == (True, True)


def test_checking_tells_what_is_broken(install: Install, monkeypatch: pytest.MonkeyPatch) -> None:
    cells = {"made_up": "a_cells:X", "good": "a_cells:Y"}
    install("rnnlab-a", {"cell": cells, "task": {"other": "a_cells:T"}}, {"a_cells.py": ""})

    def check(components: list[Component]) -> dict[Component, Verdict | None]:
        assert not any(component.own for component in components)
        return {
            item: Verdict("boom" if item.name == "made_up" else "")
            for item in components
            if item.distribution == "rnnlab-a"
        }

    monkeypatch.setattr("rnnlab.plugins.check.check", check)
    install("rnnlab-b", {"conf": {"b": "b_nowhere.conf"}})
    assert broken(check_plugins("cells")) == ["cell=rnnlab-a:made_up: broken: boom"]
    missing = "conf=rnnlab-b:b: broken: there is no folder b_nowhere.conf"
    assert broken(check_plugins()) == ["cell=rnnlab-a:made_up: broken: boom", missing]
    assert main(["list", "cells", "--check"]) == 1
    assert main(["list", "tasks", "--check"]) == 0
