import os
import signal

import pytest

from rnnlab.errors import Interrupted
from rnnlab.training.signals import OwnSignalHandlers, interruptible


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
    with interruptible():
        ours = signal.getsignal(signal.SIGTERM)
        callback = OwnSignalHandlers()
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        callback.on_train_start(None, None)
        assert signal.getsignal(signal.SIGTERM) is ours
