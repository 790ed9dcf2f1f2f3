"""What a run tells its study, on scores that nobody has trained."""

import logging

import optuna
import pytest

from rnnlab.sweeps import trial_reports
from rnnlab.sweeps.pruner import Pruner
from rnnlab.sweeps.study_storage import JOURNAL, open_storage
from rnnlab.sweeps.trial_reports import TrialReports
from rnnlab.sweeps.trial_ticket import TrialTicket

MEDIAN = Pruner("median", warmup=1, startup=2, epochs=9)


@pytest.fixture
def study(tmp_path):
    """Return a study with two finished trials and one that runs."""
    study = optuna.create_study(
        study_name="s",
        storage=open_storage(None, tmp_path),
        sampler=optuna.samplers.RandomSampler(),
    )
    for loss in (0.4, 0.6):
        steps = dict.fromkeys(range(1, 6), loss)
        study.add_trial(optuna.trial.create_trial(value=loss, intermediate_values=steps))
    study.ask()
    return study


def reports(folder, storage=None):
    ticket = TrialTicket(storage, "s", 2, "val/loss", "minimize", MEDIAN)
    return TrialReports(ticket, MEDIAN, folder)


def told(folder):
    study = optuna.load_study(study_name="s", storage=open_storage(None, folder))
    return study.trials[2].intermediate_values


def test_scores_are_reported_and_a_bad_one_is_given_up(study, tmp_path):
    ask = reports(tmp_path)
    assert ask(1, 0.5, False) is None
    assert ask(2, 0.7, False) is None  # its best is as good as the median
    assert told(tmp_path) == {1: 0.5, 2: 0.7}
    study.add_trial(optuna.trial.create_trial(value=0.1, intermediate_values={3: 0.1}))
    why = "pruned after 3 epochs: val/loss 0.5, the best so far, is worse than the median 0.4"
    assert ask(3, 0.7, False) == f"{why} of 3 trials"


def test_the_last_epoch_is_reported_and_not_judged(study, tmp_path):
    assert reports(tmp_path)(1, 9.0, True) is None
    assert told(tmp_path) == {1: 9.0}
    assert reports(tmp_path)(1, 9.0, False) is not None


def test_what_was_reported_before_a_kill_is_not_reported_again(study, tmp_path):
    before = reports(tmp_path)
    before(1, 0.1, False)
    before(2, 0.2, False)
    # Its snapshot is of the first epoch: the second one comes again, and Optuna would warn.
    again = reports(tmp_path)
    assert again(2, 0.2, False) is None
    assert again(3, 0.3, False) is None
    assert told(tmp_path) == {1: 0.1, 2: 0.2, 3: 0.3}


def test_an_epoch_behind_what_was_reported_is_not_judged_by_what_came_later(study, tmp_path):
    before = reports(tmp_path)
    before(1, 0.1, False)
    before(3, 9.0, False)
    for _ in range(3):
        study.add_trial(optuna.trial.create_trial(value=0.01, intermediate_values={3: 0.01}))
    assert reports(tmp_path)(2, 0.2, False) is None
    assert reports(tmp_path)(3, 9.0, False) is not None


def test_a_storage_that_is_away_costs_one_warning_and_is_asked_again(
    study, tmp_path, caplog, monkeypatch
):
    now = [100.0]
    monkeypatch.setattr(trial_reports.time, "monotonic", lambda: now[0])
    journal, away = tmp_path / JOURNAL, tmp_path / "away"
    ask = reports(tmp_path)
    assert ask(1, 0.5, False) is None
    journal.rename(away)
    journal.mkdir()
    with caplog.at_level(logging.WARNING):
        for epoch in (2, 3):
            assert ask(epoch, 9.0, False) is None
            now[0] += 60
    (said,) = [record.message for record in caplog.records]
    assert said.startswith("the run is not pruned while its study is away: ")
    assert "\n" not in said
    journal.rmdir()
    away.rename(journal)
    assert ask(4, 0.5, False) is None
    assert told(tmp_path) == {1: 0.5, 4: 0.5}


def test_while_a_storage_is_away_it_is_not_asked_after_each_epoch(tmp_path, monkeypatch):
    asked = []

    def away(*_):
        asked.append(1)
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(trial_reports, "open_storage", away)
    ask = reports(tmp_path)
    assert [ask(epoch, 1.0, False) for epoch in range(1, 6)] == [None] * 5
    assert asked == [1]


def test_a_password_is_in_no_warning(tmp_path, caplog):
    ask = reports(tmp_path, "postgresql+psycopg://me:secret@127.0.0.1:1/db")
    assert ask(1, 1.0, False) is None
    assert caplog.records
    assert "secret" not in caplog.text


def test_a_trial_that_is_over_ends_no_training(study, tmp_path, caplog):
    study.tell(2, 1.0)
    assert reports(tmp_path)(1, 9.0, False) is None
    assert len(caplog.records) == 1
