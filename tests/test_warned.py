import logging

from rnnlab.warned import warnings_shown

LOG = logging.getLogger("rnnlab.somewhere")


def test_a_warning_is_one_line_and_shown_once(capsys):
    with warnings_shown(), warnings_shown():
        LOG.warning("two\nlines \x1b[31m of %s", "a stranger")
        LOG.error("told where the command ends")
    assert capsys.readouterr().err == "rnnlab: warning: two\\nlines \\x1b[31m of a stranger\n"


def test_it_ends_with_the_command(capsys):
    with warnings_shown():
        pass
    assert logging.getLogger("rnnlab").handlers == []
    LOG.info("nothing")
    assert capsys.readouterr().err == ""
