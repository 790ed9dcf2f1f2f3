import logging

from rnnlab.runs.folder import RunFolder
from rnnlab.runs.log import log_to


def test_a_run_s_log_holds_what_was_said_while_it_ran(tmp_path):
    folder, logger = RunFolder(tmp_path), logging.getLogger("rnnlab.somewhere")
    logger.warning("before")
    with log_to(folder):
        logger.info("loaded")
        logging.getLogger("pytorch_lightning").warning("slow")
        logging.getLogger("other").warning("noise")
    logger.warning("after")
    lines = folder.log.read_text(encoding="utf-8").splitlines()
    assert [line.split(" ", 2)[2] for line in lines] == [
        "INFO rnnlab.somewhere loaded",
        "WARNING pytorch_lightning slow",
    ]


def test_the_log_goes_on_where_it_ended(tmp_path):
    for word in ("first", "second"):
        with log_to(RunFolder(tmp_path)):
            logging.getLogger("rnnlab").warning(word)
    lines = RunFolder(tmp_path).log.read_text(encoding="utf-8").splitlines()
    assert [line.rsplit(" ", 1)[1] for line in lines] == ["first", "second"]


def test_warnings_are_shown_and_everything_is_in_the_log(tmp_path, capsys):
    folder = RunFolder(tmp_path)
    log = logging.getLogger("rnnlab.somewhere")
    with log_to(folder):
        log.info("for the log")
        log.warning("the server does not answer")
        log.error("shown where the command ends")
    log.warning("after the run")
    written = folder.log.read_text()
    assert [word in written for word in ("for the log", "the server", "shown where", "after")] == [
        True, True, True, False,
    ]  # fmt: skip
    assert "rnnlab: warning: the server does not answer\n" in capsys.readouterr().err


def test_only_warnings_are_shown(tmp_path, capsys):
    with log_to(RunFolder(tmp_path)):
        logging.getLogger("rnnlab.somewhere").error("shown where the command ends")
    assert capsys.readouterr().err == ""
