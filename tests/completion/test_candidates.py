from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from rnnlab.cli import main
from rnnlab.completion import candidates
from rnnlab.config.options import options
from rnnlab.plugins.installed import installed
from rnnlab.plugins.verdicts import Verdict, remember

Install = Callable[..., Path]

VERBS = {"train": ["--cfg", "--help"], "evaluate": [], "list": [], "show": [], "completion": []}


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("rnnlab tr", ["train"]),
        ("rnnlab --", ["--help"]),
        ("rnnlab train --c", ["--cfg"]),
        ("rnnlab train cel", ["cell.", "cell="]),
        ("rnnlab train cell=ls", ["cell=lstm"]),
        ("rnnlab train seed=1 cell=ir", ["cell=irnn"]),
        ("rnnlab train cell.h", ["cell.hidden_size="]),
        ("rnnlab train cell=jordan cell.output_s", ["cell.output_size="]),
        ("rnnlab train cell=rnn cell.nonlinearity=t", ["cell.nonlinearity=tanh"]),
        ("rnnlab train experiment=adding_w", ["experiment=adding_window"]),
        ("rnnlab train experiment=adding_window backbone.w", ["backbone.window="]),
        ("rnnlab train optimizer=sgd optimizer.mom", ["optimizer.momentum="]),
        ("rnnlab train trainer.deterministic=t", ["trainer.deterministic=true"]),
        ("rnnlab train output_", ["output_dir="]),
        ("rnnlab train -m sweep=arch", ["sweep=architectures"]),
        ("rnnlab train -m sweep=learning_rate sweep.w", ["sweep.workers="]),
        ("rnnlab train -m seed", ["seed=", "seeds="]),
        ("rnnlab train nothing.like", []),
        ("rnnlab list ce", ["cells"]),
        ("rnnlab plugin ", ["check", "new"]),
        ("rnnlab plugin new mgu --kind t", ["task"]),
        ("rnnlab plugin check cell/ls", ["cell/lstm"]),
        ("rnnlab plugin check gru ", []),
        ("rnnlab bench c", ["cells", "compile"]),
        ("rnnlab bench --cell ls", ["lstm"]),
        ("rnnlab bench auto --cell gru --cell ir", ["irnn"]),
        ("rnnlab bench auto l", []),
        ("rnnlab compare --format l", ["latex"]),
        ("rnnlab compare outputs --better ", ["higher", "lower"]),
        ("rnnlab show ce", ["cell/"]),
        ("rnnlab show cell/ls", ["cell/lstm"]),
        ("rnnlab completion ", ["bash", "fish", "zsh"]),
        ("rnnlab nothing ", []),
    ],
)  # fmt: skip
def test_what_fits_at_the_cursor(line: str, words: list[str]) -> None:
    assert candidates(line, VERBS) == words


def test_every_option_of_a_group() -> None:
    assert candidates("rnnlab train dataset=", VERBS) == [
        f"dataset={x}" for x in options("dataset")
    ]


def test_a_strangers_keys(stranger: Path) -> None:
    found = candidates("rnnlab train cell=leaky cell.s", VERBS)
    assert found == ["cell.shape=", "cell.sizes=", "cell.steps="]
    assert candidates("rnnlab plugin check rnnlab-str", VERBS) == ["rnnlab-stranger"]
    assert not [name for name in sys.modules if name.startswith("stranger_")]


def test_names_that_several_offer_and_qualified_ones(install: Install) -> None:
    files = {"a_cells.py": "raise RuntimeError", "a_conf/experiment/made_up.yaml": "seed: 1\n"}
    cells = {"made_up": "a_cells:X", "sole": "a_cells:X"}
    install("rnnlab-a", {"cell": cells, "conf": {"a": "a_conf"}}, files)
    install("rnnlab-b", {"cell": {"made_up": "b_cells:X"}})
    for line, words in (
        ("train cell=so", ["cell=sole"]),
        ("train cell=rnnlab-b", ["cell=rnnlab-b:made_up"]),
        ("train cell=rnnlab-a:s", ["cell=rnnlab-a:sole"]),
        ("train cell=rnnlab:gr", ["cell=rnnlab:gru"]),
        ("show cell/rnnlab-a:m", ["cell/rnnlab-a:made_up"]),
        ("train experiment=made", ["experiment=made_up"]),
        ("train experiment=rnnlab-a:", ["experiment=rnnlab-a:made_up"]),
    ):
        assert candidates(f"rnnlab {line}", VERBS) == words
    assert "a_cells" not in sys.modules


def test_what_an_import_told_is_offered(install: Install) -> None:
    install("rnnlab-a", {"cell": {"made": "a_cells:X"}}, {"a_cells.py": "raise RuntimeError"})
    (made,) = [item for item in installed("cell") if item.name == "made"]
    assert candidates("rnnlab train cell=made cell.", VERBS) == []
    remember({made: Verdict("", "Made.", {"size": [], "kind": ["p", "q"]})})
    assert candidates("rnnlab train cell=made cell.", VERBS) == ["cell.kind=", "cell.size="]
    found = candidates("rnnlab train cell=rnnlab-a:made cell.kind=", VERBS)
    assert found == ["cell.kind=p", "cell.kind=q"]


def test_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "outputs" / "adding" / "first").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    assert candidates("rnnlab evaluate ", VERBS) == ["last", "outputs/adding/first"]
    assert candidates("rnnlab compare ", VERBS) == ["outputs/adding"]
    found = candidates("rnnlab evaluate last dataset.", VERBS)
    assert "dataset.split_seed=" in found


def test_the_hidden_verb_knows_all_verbs_and_their_options(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["_complete", "rnnlab "]) == 0
    verbs = set(capsys.readouterr().out.split())
    assert {"train", "resume", "evaluate", "predict", "generate", "list", "show", "ui"} <= verbs
    assert "_complete" not in verbs
    main(["_complete", "rnnlab generate last --"])
    assert {"--prompt", "--temperature", "--seed"} <= set(capsys.readouterr().out.split())
    main(["_complete", "rnnlab train --"])
    assert {"--cfg", "--info", "--help"} <= set(capsys.readouterr().out.split())


def test_an_answer_imports_nothing_that_is_slow() -> None:
    code = (
        "import sys; from rnnlab.cli import main; main(['_complete', 'rnnlab train cell.']);"
        "sys.exit(any(m in sys.modules for m in ('torch', 'hydra', 'mlflow', 'pytorch_lightning')))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True)
    assert done.returncode == 0
    assert b"cell.hidden_size=" in done.stdout
