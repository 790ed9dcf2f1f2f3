import importlib
import os
import signal
import sys
import time
import warnings

import pytest

from rnnlab.errors import Interrupted, Preempted
from rnnlab.training import signals as signals_module
from rnnlab.training.signals import OwnSignalHandlers, Signals, interruptible


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signal_becomes_an_exception_with_its_exit_code(number, code):
    before = signal.getsignal(number)
    with pytest.raises(Interrupted) as caught, interruptible():
        os.kill(os.getpid(), number)
        signal.pause()
    assert caught.value.exit_code == code
    assert signal.getsignal(number) is before


def test_second_signal_does_not_cut_the_clean_up_short():
    cleaned = False
    with pytest.raises(Interrupted), interruptible():
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            signal.pause()
        finally:
            os.kill(os.getpid(), signal.SIGINT)
            cleaned = True
    assert cleaned


def test_except_exception_does_not_swallow_it():
    assert not issubclass(Interrupted, Exception)


def test_old_handlers_put_back_on_the_way_do_not_cut_the_clean_up_short():
    cleaned = False
    with pytest.raises(Interrupted), interruptible():
        ours = signal.getsignal(signal.SIGTERM)
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            signal.pause()
        finally:
            signal.signal(signal.SIGTERM, ours)
            os.kill(os.getpid(), signal.SIGTERM)
            cleaned = True
    assert cleaned


def test_the_callback_puts_the_handlers_back_that_lightning_has_replaced():
    with interruptible() as signals:
        ours = signal.getsignal(signal.SIGTERM)
        callback = OwnSignalHandlers(signals)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        callback.on_train_start(None, None)
        assert signal.getsignal(signal.SIGTERM) is ours


@pytest.mark.parametrize(
    ("number", "preempt", "expected"),
    [
        (signal.SIGUSR1, False, Preempted),
        (signal.SIGTERM, True, Preempted),
        (signal.SIGINT, True, Interrupted),
    ],
)
def test_outside_of_training_a_signal_ends_the_run_at_once(number, preempt, expected):
    with pytest.raises(Interrupted) as caught, interruptible(Signals(preempt=preempt)):
        os.kill(os.getpid(), number)
        signal.pause()
    assert type(caught.value) is expected
    assert caught.value.exit_code == (75 if expected is Preempted else 130)


def test_training_is_asked_for_a_snapshot_first():
    with pytest.raises(Preempted), interruptible() as signals, signals.snapshots():
        os.kill(os.getpid(), signal.SIGUSR1)
        assert signals.wants_snapshot
        os.kill(os.getpid(), signal.SIGUSR1)  # asking twice changes nothing
        signals.leave()


def test_a_snapshot_that_takes_too_long_is_not_waited_for():
    signals = Signals(grace=0.05)
    with pytest.raises(Preempted), interruptible(signals), signals.snapshots():
        os.kill(os.getpid(), signal.SIGUSR1)
        signal.pause()
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_training_that_ends_before_its_snapshot_is_due_is_pre_empted_after_it():
    ended = False
    with pytest.raises(Preempted), interruptible() as signals, signals.snapshots():
        os.kill(os.getpid(), signal.SIGUSR1)
        ended = True
    assert ended


def test_an_interrupt_does_not_wait_for_the_snapshot():
    with pytest.raises(Interrupted) as caught, interruptible() as signals, signals.snapshots():
        os.kill(os.getpid(), signal.SIGUSR1)
        os.kill(os.getpid(), signal.SIGINT)
        signal.pause()
    assert caught.value.exit_code == 130


def test_an_interrupt_that_python_drops_is_raised_again(monkeypatch):
    monkeypatch.setattr(signals_module, "_LOOK_AGAIN", 0.05)

    class Dropped:
        def __del__(self):
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.01)

    reached = False
    with pytest.raises(Interrupted), interruptible(), warnings.catch_warnings():
        thing = Dropped()
        monkeypatch.setattr(sys, "unraisablehook", lambda problem: None)
        del thing
        reached = True
        signal.pause()
    assert reached


def test_a_closed_terminal_interrupts_unless_nohup_has_said_otherwise():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with interruptible():
            os.kill(os.getpid(), signal.SIGHUP)
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
        with pytest.raises(Interrupted) as caught, interruptible():
            os.kill(os.getpid(), signal.SIGHUP)
        assert caught.value.exit_code == 129
    finally:
        signal.signal(signal.SIGHUP, before)


def test_an_import_is_not_broken_off(tmp_path, monkeypatch):
    (tmp_path / "slow_module.py").write_text(
        "import os, signal, time\n"
        "os.kill(os.getpid(), signal.SIGINT)\n"
        "time.sleep(0.2)\n"
        "whole = True\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(Interrupted), interruptible():
        importlib.import_module("slow_module")
        signal.pause()
    assert sys.modules.pop("slow_module").whole


def test_a_training_that_an_import_calls_is_interrupted(tmp_path, monkeypatch):
    (tmp_path / "script.py").write_text(
        "import os, signal, time\n"
        "from rnnlab.training.signals import interruptible\n"
        "with interruptible():\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n"
        "    time.sleep(1)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(Interrupted):
        importlib.import_module("script")


@pytest.mark.parametrize(("number", "sent"), [(signal.SIGALRM, False), (signal.SIGTERM, True)])
def test_an_alarm_that_comes_too_late_kills_nobody(monkeypatch, number, sent):
    kills = []
    before = signal.signal(number, signal.SIG_DFL)  # the tests' own time limit
    with interruptible() as signals:
        # As if it came while a log is written, just before all is over.
        frame = eval("__import__('sys')._getframe()", {"__name__": "logging"})
        signals(number, frame)
        monkeypatch.setattr(os, "kill", lambda *arguments: kills.append(arguments))
    time.sleep(3 * signals_module._SOON)
    signal.signal(number, before)
    assert kills == [(os.getpid(), number)] * sent
