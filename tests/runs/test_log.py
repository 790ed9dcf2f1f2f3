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
