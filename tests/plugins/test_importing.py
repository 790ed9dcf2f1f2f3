from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable

import pytest

from rnnlab.errors import ConfigError
from rnnlab.plugins.importing import Faulty, guarded, limit


class Weird(BaseException):
    def __str__(self) -> str:
        raise SystemExit(0)


def raising(error: BaseException) -> Callable[[], None]:
    def work() -> None:
        raise error

    return work


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ImportError("no such thing"), "ImportError: no such thing"),
        (RuntimeError("boom\nsecond line"), "RuntimeError: boom"),
        (SystemExit(0), "SystemExit: 0"),
        (SystemExit(), "SystemExit"),
        (KeyboardInterrupt(), "KeyboardInterrupt"),
        (GeneratorExit(), "GeneratorExit"),
        (StopIteration(1), "StopIteration: 1"),
        (ConfigError("is wrong", key="a"), "ConfigError: a: is wrong"),
        (Weird(), "Weird"),
    ],
)
def test_whatever_is_raised_is_one_reason(error: BaseException, said: str) -> None:
    with pytest.raises(Faulty) as caught:
        guarded(raising(error), "cannot be imported")
    assert str(caught.value) == f"cannot be imported: {said}"
    assert caught.value.__cause__ is error


def test_what_it_returns_is_returned() -> None:
    assert guarded(lambda: 3, "x") == 3
    assert guarded(lambda: None, "x") is None


def test_what_swallows_every_exception_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RNNLAB_IMPORT_TIMEOUT", "0.2")
    over = threading.Event()

    def work() -> None:
        while not over.is_set():
            try:
                time.sleep(0.01)
            except BaseException:
                continue

    with pytest.raises(Faulty, match=r"^x: it has not ended after 0\.2 s \(RNNLAB_IMPORT_TIMEOUT "):
        guarded(work, "x")
    over.set()


@pytest.mark.parametrize("text", ["soon", "0", "-1", "nan", "inf", "1e9"])
def test_a_limit_that_is_none_is_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RNNLAB_IMPORT_TIMEOUT", text)
    with pytest.raises(
        ConfigError, match=r"^RNNLAB_IMPORT_TIMEOUT=.*: must be a number of seconds"
    ):
        limit()


def test_the_limit_is_generous(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RNNLAB_IMPORT_TIMEOUT", raising=False)
    assert limit() == 60


def test_what_it_prints_goes_to_standard_error(capfd: pytest.CaptureFixture[str]) -> None:
    def work() -> None:
        print("python")  # noqa: T201
        os.write(1, b"below python\n")
        os.system("echo a child")

    print("before")  # noqa: T201
    guarded(work, "x")
    print("after")  # noqa: T201
    out, err = capfd.readouterr()
    assert out == "before\nafter\n"
    assert sorted(err.splitlines()) == ["a child", "below python", "python"]
