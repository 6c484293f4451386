"""A call in a forked copy of this process, as vector environments make them."""

import multiprocessing
from multiprocessing.connection import Connection
from typing import Any


def in_fork(call) -> Any:
    """What `call()` returns in a forked process, or the exception that it raises there."""
    context = multiprocessing.get_context("fork")
    mine, theirs = context.Pipe()
    child = context.Process(target=_answer, args=(call, theirs))
    child.start()
    answer = mine.recv()
    child.join()
    assert child.exitcode == 0
    return answer


def _answer(call, connection: Connection) -> None:
    try:
        answer = call()
    except Exception as error:
        answer = error
    connection.send(answer)
