"""Every shipped sweep opens with its command and makes runs of any experiment."""

from __future__ import annotations

from pathlib import Path

import pytest

from rnnlab.config.check import examined
from rnnlab.config.composer import Composer
from rnnlab.sweeps.combinations import combinations
from rnnlab.sweeps.plan import plan
from rnnlab.sweeps.request import read_request
from rnnlab.sweeps.space import read_space

CONF = Path("conf").resolve()
SWEEPS = sorted(path.stem for path in (CONF / "sweep").glob("*.yaml") if path.stem != "default")
EXPERIMENTS = sorted(path.stem for path in (CONF / "experiment").glob("*.yaml"))
COMPOSER = Composer()


def test_there_are_sweeps() -> None:
    assert {"architectures", "how_many_units", "learning_rate", "forget_bias"} <= set(SWEEPS)
    assert len(EXPERIMENTS) >= 10


@pytest.mark.parametrize("sweep", SWEEPS)
def test_it_opens_with_its_command(sweep: str) -> None:
    text = (CONF / "sweep" / f"{sweep}.yaml").read_text()
    assert text.startswith(f"# rnnlab train -m sweep={sweep}")


@pytest.mark.parametrize("sweep", SWEEPS)
def test_its_parts_can_be_made(sweep: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = plan([f"sweep={sweep}", "tracking.enabled=false", "output_dir=outputs"])
    assert found.name.startswith(sweep)
    settings = {job.setting_fingerprint for job in found.examples}
    assert len(settings) == len(found.examples) > 3
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("experiment", EXPERIMENTS)
@pytest.mark.parametrize("sweep", SWEEPS)
def test_it_goes_with_an_experiment(sweep: str, experiment: str) -> None:
    request = read_request([f"experiment={experiment}", f"sweep={sweep}"], COMPOSER.load)
    searched = request.options.search != "grid"
    runs = read_space(request.overrides).corners() if searched else combinations(request.overrides)
    for run in runs:
        _, mistakes = examined([*run.overrides, *request.about], COMPOSER.load, several=True)
        assert mistakes == []
