from __future__ import annotations

from pathlib import Path

import pytest

from rnnlab.config.check import checked
from rnnlab.config.compose import compose
from rnnlab.errors import ConfigError, Refused


def mistakes(*overrides: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        checked(overrides)
    return str(caught.value).splitlines()


def test_what_is_right_is_what_compose_gives() -> None:
    assert checked(["cell=gru", "seed=3"]) == compose(["cell=gru", "seed=3"])


def test_mistakes_of_composition_and_of_values_come_together() -> None:
    found = mistakes("cell=gruu", "optimizer.lr=-1", "trainer.max_epoch=3", "name=a/b", "seed=x")
    assert [line.partition(":")[0] for line in found] == [
        "cell=gruu",
        "trainer.max_epoch",
        "seed=x",
        "name=a/b",
        "optimizer.lr=-1",
    ]


def test_what_was_left_out_for_its_mistake_is_not_missing() -> None:
    found = mistakes("dataset=csv_series", "dataset.pth=x.csv", "trainer.batch_size=0")
    assert [line.partition(":")[0] for line in found] == [
        "dataset.pth",
        "trainer.batch_size=0",
        "dataset.column",
    ]


def test_a_text_that_hydra_cannot_read_is_shown_in_quotes() -> None:
    (line,) = mistakes("dataset=text_file", "dataset.path=größe.txt")
    assert line == (
        "dataset.path=größe.txt: is not an override; a text with signs of its own is written in "
        "quotes: \"dataset.path='größe.txt'\""
    )


def test_a_mistake_is_told_once() -> None:
    (line,) = mistakes("~trainer", "trainer.max_epochs=1", "trainer.batch_size=2")
    assert line.startswith("trainer: is not a key of the config")


def test_an_experiment_at_fault_hides_what_depends_on_it() -> None:
    (line,) = mistakes("experiment=airlin", "dataset.log=true")
    assert line.startswith("experiment=airlin: is not an option; did you mean airline?")


@pytest.mark.parametrize(
    "override",
    [
        "hydra.run.dir=x",
        "hydra.job.env_set.A=b",
        "+hydra.job.env_set.A=b",
        "hydra.searchpath=[file:///x]",
        "hydra/job_logging=disabled",
        "hydra/launcher=basic",
        "+hydra.job_logging.formatters.x={class: subprocess.Popen}",
        "hydra.job_logging.handlers.console.class=subprocess.Popen",
        "+hydra.callbacks.x._target_=os.system",
        "~hydra",
        "+hydra/env=x",
        "+cell@hydra.job=gru",
        "hydra.mode=MULTIRUN",
    ],
)
def test_an_override_that_sets_up_hydra_is_refused(override: str) -> None:
    with pytest.raises(Refused) as caught:
        checked(["cell=nope", override])
    assert str(caught.value) == (
        f"{override}: sets up Hydra itself, which can run code; rnnlab allows none of it"
    )


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("experiment/x", "# @package _global_\nhydra: {job: {env_set: {A: b}}}\n"),
        ("experiment/x", "# @package hydra.job\nenv_set: {A: b}\n"),
        ("experiment/x", "defaults: [override /hydra/job_logging: disabled]\n"),
        ("config", "defaults: [cell: gru]\nhydra: {searchpath: ['file:///x']}\n"),
        (
            "config",
            "hydra: {job_logging: {formatters: {x: {'()': os.system, command: 'touch done'}}}}\n",
        ),
    ],
)
def test_a_file_that_sets_up_hydra_is_refused(
    name: str, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "conf" / f"{name}.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Refused, match="sets up Hydra itself"):
        checked(["experiment=x"] if name.startswith("experiment") else [])
    assert [entry.name for entry in tmp_path.iterdir()] == ["conf"]


@pytest.mark.parametrize("key", ["_convert_", "_recursive_", "_args_", "_partial_", "_target_"])
@pytest.mark.parametrize("part", ["", "trainer."])
def test_the_keys_of_hydras_instantiate_mean_nothing(key: str, part: str) -> None:
    (line,) = mistakes(f"+{part}{key}=all")
    assert line.startswith(f"{part}{key}: is not a key of ")


def test_a_target_inside_of_a_value_is_no_value(tmp_path: Path) -> None:
    call = f"{{_target_: os.system, _args_: ['touch {tmp_path}/done']}}"
    assert mistakes(f"optimizer.lr={call}", f"+cell.extra={call}")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["laughs", "large", "deep", "twice"])
def test_a_hostile_file_is_one_line(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    laughs = "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 30))
    texts = {
        "laughs": f"a0: &a0 x\n{laughs}",
        "large": "#" * 50_000_000,
        "deep": "a: " + "[" * 100_000,
        "twice": "a: 1\na: 2\n",
    }
    path = tmp_path / "conf" / "experiment" / "x.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(texts[name])
    monkeypatch.chdir(tmp_path)
    (line,) = mistakes("experiment=x")
    assert line.startswith(str(path))
    assert len(line) < 300


@pytest.mark.parametrize(
    ("override", "line"),
    [
        ("", "'': is not KEY=VALUE: it is empty"),
        ("   ", "'   ': is not KEY=VALUE: there is a space around it"),
        (" seed=1", "' seed=1': is not KEY=VALUE: there is a space around it"),
        ("=", "=: has no key"),
        ("+cell=gru", "cell: has an option already; to choose another, write cell=gru"),
        ("cell=[gru,lstm]", "cell=[gru,lstm]: takes one option, not a list"),
        ("name=\udcff", "name=\\udcff: is not UTF-8"),
        ("output_dir=''", "output_dir=: must be the path of a folder"),
        ("seed=" + "9" * 30, f"seed={'9' * 30}: must be >= 0 and <= 4294967295"),
        ("trainer.batch_size=" + "9" * 30, f"trainer.batch_size={'9' * 30}: has more than 64 bits"),
        ("trainer.threads=1000000", "trainer.threads=1000000: must be >= 1 and <= 1024"),
        ('name="a\nb"', (
            "name=a\\nb: cannot be a folder name: it has the invisible sign U+000A in it"
        )),
        ('tracking.uri="a\x85b"', (
            "tracking.uri=a\\x85b: has the character U+0085 in it, which no file keeps"
        )),
        ("seed=${name}", "seed=null: must be an integer >= 0 and <= 4294967295"),
        ("name=${file:/etc/passwd}", "name: Unsupported interpolation type file"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_line(override: str, line: str) -> None:
    assert mistakes(override) == [line]


@pytest.mark.parametrize("override", ["seed=" + "9" * 5000, "seed=" + "[" * 3000, "x" * 5000])
def test_a_line_is_of_moderate_length(override: str) -> None:
    (line,) = mistakes(override)
    assert len(line) < 2100
    assert line.startswith(override[:50])


@pytest.mark.parametrize("value", ["null", "3", "[]", "{}", "'???'", "text"])
@pytest.mark.parametrize("part", ["trainer", "cell", "dataset", "callbacks"])
def test_a_part_that_is_none_in_a_file(
    part: str, value: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "conf" / "experiment" / "x.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(f"# @package _global_\n{part}: {value}\n")
    monkeypatch.chdir(tmp_path)
    if value in ("{}", "'???'"):
        checked(["experiment=x"])  # nothing is said against the defaults
    elif value == "[]":
        (line,) = mistakes("experiment=x")
        assert line == "In 'experiment/x': Cannot merge DictConfig with ListConfig"
    else:
        assert part in mistakes("experiment=x")[0]


def test_a_circle_is_told() -> None:
    (line,) = mistakes("seed=${trainer.max_epochs}", "trainer.max_epochs=${seed}")
    assert line.endswith("Recursive interpolation detected")
    (line,) = mistakes("name=${experiment_name}", "experiment_name=${name}")
    assert line.endswith("Recursive interpolation detected")


@pytest.mark.parametrize("path", ["experiment=../experiment/adding", "experiment=/etc/passwd"])
def test_an_option_lies_in_the_folder_of_its_group(path: str) -> None:
    (line,) = mistakes(path)
    assert line.startswith(f"{path}: is not an option; valid: ")
