"""Random edits of valid configs: each is accepted or refused in one line, and leaves nothing."""

from __future__ import annotations

import os
import random
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from omegaconf import DictConfig, OmegaConf

from rnnlab.config import build
from rnnlab.config.check import checked
from rnnlab.config.options import files, options
from rnnlab.config.stored import read_stored
from rnnlab.errors import ConfigErrors, Refused, RnnlabError, lines, one_line

EDITS = settings(
    max_examples=50,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
"""50 edits a test, the same on every machine."""

EXPERIMENTS = sorted(files("experiment"))
OVERRIDES = [
    ["cell=gru", "cell.hidden_size=8", "backbone.layers=2", "optimizer.lr=0.01"],
    ["dataset=adding", "dataset.steps=10", "scheduler=cosine", "trainer.patience=3"],
    ["experiment=airline", "task.relative=false", "trainer.gradient_clip_val=null"],
    ["callbacks=[rich_model_summary]", "optimizer=sgd", "~scheduler", "seed=7"],
    ["experiment=tweets", "+cell.forget_bias=1", "optimizer.betas=[0.9,0.99]", "name='a b'"],
    ["backbone=window_mlp", "backbone.window=5", "tracking.uri=${oc.env:NOWHERE,null}"],
]
WORDS = """
    null true nan .nan inf -inf 0 -1 1e400 1.5 [] {} [1,2] [[[]]] {a:{b:{c:1}}} ??? ~ _self_ ../x
    ${ ${seed} ${nope} ${seed.x} ${.lr} ${oc.env:HOME} ${oc.env:NOPE} ${oc.select:cell} ${now:%Y}
    ${oc.decode:x} ${x:y} _target_ os.system rnnlab.cells.gru.GRU torch.optim.Adam hydra /etc/x
    hydra.run.dir = : - ' " \\ # @ % ! & * | > `, ,a a, \t é \u202e \ud83d\ude00 \x00 \x1b
    cell task dataset optimizer seed name experiment override defaults choices callbacks lr
    !!python/object/apply:os.system !!binary !!set &a *a <<: --- ... %YAML 99999999999999999999999
""".split(" ")
WORDS = [word.strip() for word in WORDS if word.strip()] + ["", " ", "\n", "9" * 5000, "x" * 3000]


@contextmanager
def folder() -> Iterator[Path]:
    """An empty working directory, in which nothing may be made."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as place:
        os.chdir(place)
        try:
            yield Path(place)
        finally:
            os.chdir(before)


def told(error: RnnlabError) -> None:
    """Refuse any error but a mistake of the user's, told in one line, or a line each."""
    assert error.exit_code == (3 if isinstance(error, Refused) else 2)
    for line in lines(error):
        assert line.strip()
        assert line == one_line(line)
    if not isinstance(error, ConfigErrors):
        assert len(str(error).splitlines()) == 1


def built(cfg: DictConfig) -> None:
    """Build what is cheap to build; constructors may refuse what types and ranges allow."""
    weights = [torch.nn.Parameter(torch.ones(2, 2))]
    build.task(cfg)
    build.scheduler(cfg, build.optimizer(cfg, weights))
    build.callbacks(cfg)
    if cfg.cell.get("hidden_size", 1) <= 128:
        build.cell_factory(cfg)(3)


def tried(overrides: list[str], text: str | None = None) -> None:
    with folder() as place:
        if text is not None:
            path = place / "conf" / "experiment" / "mine.yaml"
            path.parent.mkdir(parents=True)
            path.write_bytes(text.encode("utf-8", "surrogatepass"))
        try:
            built(checked(overrides))
        except RnnlabError as error:
            told(error)
        assert {entry.name for entry in place.iterdir()} <= {"conf"}


def edited(text: str, dice: random.Random) -> str:
    """Change one to three places of a text."""
    for _ in range(dice.randint(1, 3)):
        place = dice.randint(0, len(text))
        end = min(len(text), place + dice.choice([0, 0, 1, 1, 3, 10]))
        new = dice.choice(
            ["", dice.choice(WORDS), chr(dice.randint(0, 0x2FFF)), text[place:end] * 2]
        )
        text = text[:place] + new + text[end:]
    return text


def edited_lines(text: str, dice: random.Random) -> str:
    """Swap, repeat, move in, cut or replace lines and their values."""
    rows = text.split("\n")
    for _ in range(dice.randint(1, 4)):
        one, other = dice.randrange(len(rows)), dice.randrange(len(rows))
        row = rows[one]
        rows[one] = dice.choice(
            [
                rows[other],
                row.partition(":")[0] + ": " + dice.choice(WORDS),
                dice.choice(WORDS) + ":" + row.partition(":")[2],
                "  " + row,
                row.lstrip(),
                "",
                f"{row}\n{dice.choice(WORDS)}: {dice.choice(WORDS)}",
            ]
        )
        rows[other] = row if dice.random() < 0.3 else rows[other]
    return "\n".join(rows)


def shipped(dice: random.Random) -> str:
    return files("experiment")[dice.choice(EXPERIMENTS)].read_text(encoding="utf-8")


seeds = st.integers(min_value=0, max_value=2**32)


@pytest.mark.parametrize("first", range(2))
def test_characters_of_overrides(first: int) -> None:
    @EDITS
    @given(seeds)
    def check(seed: int) -> None:
        dice = random.Random(f"{first} {seed}")
        chosen = list(dice.choice(OVERRIDES))
        place = dice.randrange(len(chosen))
        chosen[place] = edited(chosen[place], dice)
        tried(chosen)

    check()


@pytest.mark.parametrize("first", range(2))
def test_keys_values_and_groups_of_overrides(first: int) -> None:
    @EDITS
    @given(seeds)
    def check(seed: int) -> None:
        dice = random.Random(f"{first} {seed}")
        chosen = list(dice.choice(OVERRIDES))
        for _ in range(dice.randint(1, 3)):
            place = dice.randrange(len(chosen))
            key, _, value = chosen[place].partition("=")
            group = dice.choice(["cell", "dataset", "task", "optimizer", "scheduler", "backbone"])
            chosen[place] = dice.choice(
                [
                    f"{key}={dice.choice(WORDS)}",
                    f"{dice.choice(WORDS)}={value}",
                    f"{group}={dice.choice(options(group))}",
                    f"{group}.{dice.choice(WORDS)}={value}",
                    f"+{key}={value}",
                    f"~{key}",
                    f"{key}.{dice.choice(WORDS)}={dice.choice(WORDS)}",
                    f"{key}={{a: {dice.choice(WORDS)}}}",
                    f"{key}={'[' * 40}{']' * 40}",
                    dice.choice(WORDS),
                ]
            )
        tried(chosen)

    check()


@pytest.mark.parametrize("first", range(2))
def test_characters_of_experiments(first: int) -> None:
    @EDITS
    @given(seeds)
    def check(seed: int) -> None:
        dice = random.Random(f"{first} {seed}")
        tried(["experiment=mine"], edited(shipped(dice), dice))

    check()


@pytest.mark.parametrize("first", range(2))
def test_lines_of_experiments(first: int) -> None:
    @EDITS
    @given(seeds)
    def check(seed: int) -> None:
        dice = random.Random(f"{first} {seed}")
        tried(["experiment=mine"], edited_lines(shipped(dice), dice))

    check()


@pytest.mark.parametrize("edit", [edited, edited_lines])
def test_the_config_of_a_run_folder(edit: object) -> None:
    whole = {name: OmegaConf.to_yaml(checked([f"experiment={name}"])) for name in EXPERIMENTS[:4]}

    @EDITS
    @given(seeds)
    def check(seed: int) -> None:
        dice = random.Random(seed)
        with folder() as place:
            path = place / "config.yaml"
            text = edit(whole[dice.choice(EXPERIMENTS[:4])], dice)  # type: ignore[operator]
            path.write_bytes(text.encode("utf-8", "surrogatepass"))
            try:
                built(read_stored(path))
            except RnnlabError as error:
                told(error)
            assert [entry.name for entry in place.iterdir()] == ["config.yaml"]

    check()
