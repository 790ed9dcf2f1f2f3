import subprocess

import pytest

from rnnlab.sweeps.executors.slurm.session import Session, Submitted


@pytest.fixture
def session(tmp_path):
    made = Session.begin(tmp_path / "executor slurm")  # a path that a shell would take apart
    yield made
    made.end(keep=False)


def shell(session, command, **environment):
    script = "\n".join([*session.setup(), command, *session.teardown()])
    return subprocess.run(["bash", "-c", script], env=environment, capture_output=True).returncode


def test_the_jobs_that_were_noted_are_read_again(session, tmp_path):
    job = Submitted("12_3", tmp_path / "runs" / "abc", 2, session)
    session.note([job])
    with (session.path / "jobs.jsonl").open("a") as file:
        file.write('{"job": "13_')  # its driver was killed
    assert session.jobs(tmp_path / "runs") == [job]


def test_nobody_else_has_a_session_whose_driver_lives(session):
    assert list(Session.left_behind(session.path.parent)) == []
    session.end(keep=True)
    (found,) = Session.left_behind(session.path.parent)
    assert found.path == session.path
    found.end(keep=False)
    assert not session.path.exists()


@pytest.mark.parametrize(
    ("command", "status"), [("true", 0), ("exec 3<&-; bash -c 'kill -9 $$'", 137), ("(exit 7)", 7)]
)
def test_the_shell_writes_how_the_process_ended(session, command, status):
    array = {"SLURM_JOB_ID": "99", "SLURM_ARRAY_JOB_ID": "12", "SLURM_ARRAY_TASK_ID": "3"}
    assert shell(session, command, **array) == status
    assert session.statuses() == {"12_3": status}
    assert shell(session, command, SLURM_JOB_ID="14") == status
    assert session.statuses() == {"12_3": status, "14": status}


def test_an_end_that_a_job_had_before_it_was_queued_again_does_not_count(session):
    (session.path / "14.code").write_text("143")
    assert session.codes() == {"14": 143}
    shell(session, "true", SLURM_JOB_ID="14")
    assert session.codes() == {}


def test_the_last_words_are_the_jobs_own(session):
    assert session.last_words("14") is None
    log = session.path / "14_0_log.err"
    log.write_text("Traceback:\nImportError: no rnnlab\n\nsrun: error: node: task 0: Exited\n")
    assert session.last_words("14") == "ImportError: no rnnlab"
    log.write_text("srun: error: node: task 0: Killed\n")
    assert session.last_words("14") == "srun: error: node: task 0: Killed"
