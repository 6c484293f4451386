"""The first signal interrupts, those after it do not disturb, and in the end everything is as it was before."""

import signal
import threading

import pytest

from netgym_cli.common import interruption

NUMBERS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


@pytest.mark.parametrize(("number", "told"), [(signal.SIGINT, ()), (signal.SIGTERM, ("SIGTERM",))])
def test_the_first_signal_counts_and_no_other_until_it_is_heard(number, told):
    with interruption.handled():
        with pytest.raises(KeyboardInterrupt) as caught:
            signal.raise_signal(number)
        for later in NUMBERS:
            signal.raise_signal(later)
        assert caught.value.args == told and interruption.first_signal() == number


def test_one_that_was_lost_can_be_repeated(monkeypatch):
    now = [10.0]
    monkeypatch.setattr(interruption.time, "monotonic", lambda: now[0])
    with interruption.handled():
        for _ in range(2):
            with pytest.raises(KeyboardInterrupt):
                signal.raise_signal(signal.SIGTERM)
            now[0] += interruption.PATIENCE_S


def test_once_it_is_settled_no_signal_counts():
    with interruption.handled():
        interruption.settle()
        for number in NUMBERS:
            signal.raise_signal(number)
        assert interruption.first_signal() is None


def test_an_interruption_waits_for_what_belongs_together():
    done = []
    with interruption.handled(), pytest.raises(KeyboardInterrupt), interruption.Deferred():
        with interruption.Deferred():
            signal.raise_signal(signal.SIGTERM)
            done.append("inner")
        done.append("outer")
    assert done == ["inner", "outer"]


def test_handlers_are_put_back_and_what_is_ignored_stays_so():
    own, before = signal.getsignal(signal.SIGINT), signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with interruption.handled():
            signal.raise_signal(signal.SIGHUP)
            with interruption.handled():
                interruption.settle()
            assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
        assert signal.getsignal(signal.SIGINT) is own and signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_another_thread_changes_nothing():
    def work():
        with interruption.handled():
            found.append(signal.getsignal(signal.SIGTERM))

    found = []
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [signal.getsignal(signal.SIGTERM)]
