from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from omegaconf import DictConfig, OmegaConf

from rnnlab.config import composer as composers
from rnnlab.config.check import examined
from rnnlab.config.compose import Load, compose_files, load
from rnnlab.config.composer import Composer
from rnnlab.errors import Refused

CHOICES = """
    cell=gru cell=lstm cell=irnn cell=nope cell=[gru,lstm] +cell=gru cell@other=gru cell={a:1}
    scheduler=cosine scheduler=one_cycle scheduler=plateau ~scheduler scheduler=null
    optimizer=sgd trainer=ddp_cpu trainer=3 dataset=adding dataset=text_file backbone=window_mlp
    experiment=adding experiment=digits_caption experiment=finetune_tweets_few experiment=nope
    callbacks=[none,rich_model_summary] sweep=architectures plugins.allow=[] ~sweep
""".split()
VALUES = """
    optimizer.lr=1e-2 optimizer.lr=x optimizer.lr=null optimizer.lr=-1 optimizer.lr=true
    optimizer.betas=[0.8,0.9] optimizer.betas=3 optimizer.momentum=0.9
    cell.hidden_size=7 cell.hidden_size=7.5 cell.hidden_size=??? cell.hidden_size=${seed}
    cell.forget_bias=0.5 cell.nonlinearity=relu cell._target_=os.system cell.x.y=1 cell=null
    trainer.gradient_clip_val=1 trainer.gradient_clip_val=null trainer.devices=[0,1]
    trainer.max_epochs=${trainer.batch_size} trainer.batch_size=${seed} trainer.max_epochs=3
    ++trainer.max_epochs=2 ~trainer.max_steps ~trainer.max_steps=-1 ~trainer.max_steps=7
    +trainer.max_epochs=2 trainer.maxepochs=3 trainer={max_epochs:3} ~nothing
    scheduler.T_max=5 scheduler.T_max=${trainer.max_epochs} scheduler.total_steps=10
    +note={a:{b:1},c:[1,{d:2}]} +note.a.c=2 ++note.e=[] +note=it's ++new.deep.key=3 new.key=3
    dataset.steps=10 dataset.path=${oc.env:HOME} tracking.uri=${oc.env:SECRET} name=${name}
    name=${oc.env:NAMED,abc} name=${nowhere} name='a,b' name="a\\"b" name=a/b experiment_name=null
    experiment_name=${cell.hidden_size} output_dir=${.seed}/x seed=1 seed=x seed=-1 +seed=2
    seeds=3 seeds=[1,2] seeds=-1 sweep.workers=2 sweep.workers=x sweep.params={cell:'gru,lstm'}
    +sweep.params.cell='gru,lstm' sweep.timeout=3 init_from=${..x} seed = a=[ hydra.x=1 a=\\udcff
    plugins.allow=[rnnlab-mingru] plugins.allow=3 trainer.threads=auto seed=0,1 seed=range(0,3)
""".split()
COMPOSER = Composer()


def outcome(overrides: list[str], load: Load, known: dict | None = None) -> object:
    """Return all that anybody can see of a composition."""
    try:
        cfg, mistakes = examined(overrides, load, several=True, known=known)
    except Refused as refused:
        return str(refused)
    told = [(type(mistake), str(mistake)) for mistake in mistakes]
    return None if cfg is None else (OmegaConf.to_yaml(cfg), types(cfg)), told


def types(cfg: DictConfig) -> dict[str, str]:
    """Return what each node converts its values to."""
    found = {}
    for key in cfg:
        node = cfg._get_node(key)
        found[str(key)] = type(node).__name__
        if isinstance(node, DictConfig) and not (node._is_none() or node._is_missing()):
            found |= {f"{key}.{below}": kind for below, kind in types(node).items()}
    return found


KNOWN: dict = {}


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.sampled_from(CHOICES), max_size=3).flatmap(
        lambda chosen: st.lists(st.sampled_from(VALUES), max_size=6).flatmap(
            lambda values: st.permutations([*chosen, *values])
        )
    )
)
@example(["experiment=adding", "cell.forget_bias=0.5", "cell=lstm", "trainer.max_epochs=3"])
@example(["~trainer.max_steps", "trainer.max_steps=3", "cell=nope", "experiment=adding"])
@example(["scheduler=cosine", "scheduler.T_max=3", "trainer.max_epochs=7", "seed=2"])
@example(["scheduler=one_cycle", "optimizer.lr=1", "scheduler.total_steps=9", "trainer.devices=2"])
@example(["scheduler=cosine", "trainer.batch_size=7", "tracking.system_interval=3", "cell=gru"])
@example(["scheduler=cosine", "~trainer.max_epochs", "cell.hidden_size=3"])
@example(["scheduler=cosine", "++trainer={max_epochs:4}", "+trainer.more=1", "~scheduler.T_max"])
@example(["++new.deep.key=3", "new.deep.key=4", "~new.deep", "trainer.maxepochs=3"])
def test_it_gives_and_tells_what_hydra_does(overrides: list[str]) -> None:
    # One composer for all examples: what it remembers of one must not show in another.
    assert outcome(overrides, COMPOSER.load, KNOWN) == outcome(overrides, load)


@pytest.mark.parametrize("override", [*CHOICES, *VALUES])
def test_each_override_alone(override: str) -> None:
    assert outcome([override], COMPOSER.load, KNOWN) == outcome([override], load)


def test_files_are_read_once_for_each_set_of_choices(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[tuple[str, ...]] = []

    def noting(overrides, allow):
        read.append(overrides)
        return compose_files(overrides, allow)

    monkeypatch.setattr(composers, "compose_files", noting)
    composer = Composer()
    for cell in ("gru", "lstm", "nope"):
        for size in (3, 4, 5):
            outcome([f"cell={cell}", f"cell.hidden_size={size}"], composer.load)
    # What is left of an override at fault is read once, too.
    assert read == [("cell=gru",), ("cell=lstm",), ("cell=nope",), ()]


def test_a_config_is_not_changed_by_the_next_one() -> None:
    first = COMPOSER.load(["cell=gru", "+note=[1,2]"])
    second = COMPOSER.load(["cell=gru", "+note=[1,2]", "cell.hidden_size=3"])
    second.note.append(3)
    assert (first.note, first.cell.hidden_size) == ([1, 2], 128)


@pytest.mark.usefixtures("stranger")
def test_a_plugin_that_is_not_allowed_stays_so() -> None:
    composer = Composer()
    for overrides in (["cell=leaky"], ["cell=leaky", "plugins.allow=[]"], ["cell=leaky"]):
        assert outcome(overrides, composer.load) == outcome(overrides, load)


def test_a_users_own_group_and_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "conf" / "trainer").mkdir(parents=True)
    (tmp_path / "conf" / "trainer" / "mine.yaml").write_text(
        "defaults:\n  - default\nmax_epochs: ${seed}\nbatch_size: ${oc.decode:'7'}\n"
    )
    composer = Composer()
    for overrides in (["trainer=mine"], ["trainer=mine", "seed=9"], ["seed=9", "trainer=min"]):
        assert outcome(overrides, composer.load) == outcome(overrides, load)
    assert composer.load(["trainer=mine", "seed=9"]).trainer.max_epochs == 9
