from __future__ import annotations

import io
import math
import os
import pickle
import threading
from collections.abc import Iterator

import pytest

from rnnlab.tracking.exchange import GREETING, Ended, Exchange


@pytest.fixture
def sides() -> Iterator[tuple[Exchange, Exchange]]:
    """Both sides of two pipes."""
    (a, b), (c, d) = os.pipe(), os.pipe()
    one = Exchange(os.fdopen(a, "rb"), os.fdopen(d, "wb"))
    other = Exchange(os.fdopen(c, "rb"), os.fdopen(b, "wb"))
    yield one, other
    one.close()
    other.close()


def test_what_is_told_is_heard_in_order(sides: tuple[Exchange, Exchange]) -> None:
    one, other = sides
    one.tell("open", None, {"text": "ü\n"})
    one.tell("log_points", [("loss", -math.inf, 2**62, None, 1)])
    other.tell("done", "a")
    assert other.hear() == ("open", None, {"text": "ü\n"})
    assert other.hear() == ("log_points", [("loss", -math.inf, 2**62, None, 1)])
    assert one.hear() == ("done", "a")


def test_more_than_a_pipe_holds(sides: tuple[Exchange, Exchange]) -> None:
    one, other = sides
    telling = threading.Thread(target=one.tell, args=("x" * 10**6,))
    telling.start()
    assert other.hear() == ("x" * 10**6,)
    telling.join()


@pytest.mark.parametrize("before", [b"", b"noise\n", b"noise without an end of line"])
def test_what_comes_before_the_greeting_is_passed_over(before: bytes) -> None:
    written = io.BytesIO()
    written.write(before)
    other = Exchange(io.BytesIO(), written)
    other.greet()
    other.tell("done", None)
    one = Exchange(io.BytesIO(written.getvalue()), io.BytesIO())
    one.wait_for_greeting()
    assert one.hear() == ("done", None)


def test_without_a_greeting_the_other_side_is_gone() -> None:
    with pytest.raises(Ended):
        Exchange(io.BytesIO(b"noise\n" + GREETING[:-1]), io.BytesIO()).wait_for_greeting()


def test_who_is_gone_is_neither_heard_nor_told(sides: tuple[Exchange, Exchange]) -> None:
    one, other = sides
    other.close()
    with pytest.raises(Ended):
        one.hear()
    with pytest.raises(Ended):
        one.tell("done")


@pytest.mark.parametrize("length", [1, 20, 300])
def test_a_message_that_was_broken_off_is_none(length: int) -> None:
    message = pickle.dumps(("failed", "x" * 1000))
    with pytest.raises(Ended):
        Exchange(io.BytesIO(message[:length]), io.BytesIO()).hear()
