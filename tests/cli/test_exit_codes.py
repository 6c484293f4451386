"""What ends a verb besides errors of netgym's own."""

import signal
import sys

import pytest
import typer

from netgym_cli.cli.exit_codes import errors_to_exit_codes


def code_of(happens, capsys):
    with pytest.raises(typer.Exit) as caught, errors_to_exit_codes("train"):
        happens()
    return caught.value.exit_code, capsys.readouterr().err


def test_an_agent_that_ends_the_program_is_a_failure(capsys):
    code, told = code_of(lambda: sys.exit(0), capsys)
    assert (code, "sys.exit(0)" in told) == (1, True)


def test_an_interruption_that_a_library_took_for_its_own_error_exits_130(capsys):
    def swallow():
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt:
            raise ValueError("not what it was") from None

    assert code_of(swallow, capsys) == (130, "netgym train: interrupted\n")


def test_handlers_are_put_back(capsys):
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    code_of(lambda: sys.exit(1), capsys)
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)] == before
