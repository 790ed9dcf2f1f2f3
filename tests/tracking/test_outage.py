from __future__ import annotations

from pathlib import Path

import pytest

from rnnlab.tracking.lookup import Deleted
from rnnlab.tracking.outage import Outage, first_line


def test_a_store_that_comes_and_goes_is_told_of_once(caplog: pytest.LogCaptureFixture) -> None:
    outage = Outage("http://host", Path("metrics.jsonl"))
    for _ in range(100):
        outage.begin(ConnectionError("nobody there\nlong story"))
        assert outage.lasts
        outage.begin(ConnectionError("still nobody"))
        assert outage.why == "still nobody"
        outage.end()
        assert not outage.lasts
    away, back = (record.getMessage() for record in caplog.records)
    assert "http://host cannot be used (nobody there)" in away
    assert "has got all" in back


def test_after_a_while_an_outage_is_news_again(caplog: pytest.LogCaptureFixture) -> None:
    outage = Outage("http://host", Path("metrics.jsonl"), silence=0)
    for _ in range(3):
        outage.begin(ConnectionError())
        outage.end()
    assert len(caplog.records) == 6


def test_quiet_is_quiet(caplog: pytest.LogCaptureFixture) -> None:
    outage = Outage("http://host", Path("metrics.jsonl"))
    outage.begin(ConnectionError(), quiet=True)
    outage.end()
    assert caplog.records == []


def test_a_message_is_one_short_line_but_advice_is_whole() -> None:
    assert first_line(ConnectionError()) == "ConnectionError"
    assert first_line(ConnectionError(300 * "x" + "\ny")) == 200 * "x"
    assert first_line(Deleted(300 * "x")) == 300 * "x"
