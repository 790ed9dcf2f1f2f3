import pytest

from rnnlab.errors import StorageError
from rnnlab.sweeps.trial_ticket import TrialTicket


@pytest.mark.parametrize("storage", [None, "${oc.env:STUDY}"])
def test_what_is_written_is_read(tmp_path, storage):
    ticket = TrialTicket(storage, "study", 3, "val/loss", "minimize")
    ticket.write(tmp_path)
    assert TrialTicket.read(tmp_path) == ticket


def test_a_run_of_no_trial_has_none(tmp_path):
    assert TrialTicket.read(tmp_path) is None


@pytest.mark.parametrize("text", ["{", "{}", '{"storage": 3}'])
def test_a_damaged_one_is_told(tmp_path, text):
    (tmp_path / "trial.json").write_text(text)
    with pytest.raises(StorageError, match=r"trial\.json: cannot be read"):
        TrialTicket.read(tmp_path)
