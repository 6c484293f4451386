"""The near side's first words with a relay: who is there, and what is wanted."""

from __future__ import annotations

import logging
import socket
from typing import TYPE_CHECKING, Any

from netgym_cli.simulators.ns3.installed import WHEEL
from netgym_cli.simulators.remote import signs, wire
from netgym_cli.simulators.remote.destinations import Destination
from netgym_cli.simulators.remote.identity import identity, refusal
from netgym_cli.simulators.remote.line import Line
from netgym_cli.simulators.remote.received_source import sent_source
from netgym_cli.simulators.remote.troubles import HostError, refused

if TYPE_CHECKING:
    from pathlib import Path

    from netgym_cli.simulators.ns3.config import Ns3Config

SSH_PATIENCE_S = 18.0  # from the start of ssh to the relay's first bytes
ANSWER_S = 60.0

log = logging.getLogger(__name__)


def greeted(destination: Destination, number: int, config: Ns3Config) -> tuple[Line, dict[str, Any]]:
    """A line to a relay that may simulate for this side, and what that one is; `signs` watches over the line.

    Args:
        destination: where.
        number: of the session among those that run there for this process.
        config: of the simulator. `start_timeout_s` is how long a command of the user's may take until a relay answers.

    Raises:
        HostError: there is none, or one of another version.
        ConfigError: there is no folder for the sockets of ssh.
    """
    line = Line(destination, number)
    try:
        line.expect_relay(SSH_PATIENCE_S if destination.by_ssh else config.start_timeout_s)
        signs.watch(line)
        there = _answer(line, wire.GREETING)
        if why := refusal(identity(), there, destination.name, config.ns3_prefix not in (None, WHEEL)):
            raise HostError(destination.name, f"{destination.name}: {why}")
    except BaseException:
        let_go(line)
        raise
    return line, there


def granted(line: Line, do: str, config: Ns3Config, source: Path | None) -> dict[str, Any]:
    """Asks a relay that has greeted for a `session`, or to `prepare` one, and waits for it; returns what it told.

    It takes as long as it takes there, such as minutes if the simulator is compiled; silence ends it.

    Raises `HostError`.
    """
    request = {
        "do": do,
        "ns3_prefix": config.ns3_prefix,
        "malloc": config.malloc,
        "timeout_s": config.start_timeout_s,
        "places": line.destination.places,
        "client": socket.gethostname(),
        "source": sent_source(source) if source else None,
    }
    try:
        line.send(wire.REQUEST + wire.json_bytes(request))
    except OSError:
        raise line.trouble() from None
    return _answer(line, wire.READY)


def let_go(line: Line) -> None:
    """Ends a line that came to nothing."""
    signs.let_go(line)
    line.close()


def _answer(line: Line, kind: bytes) -> dict[str, Any]:
    while True:
        try:
            frame = line.next(ANSWER_S)
            if frame is None:
                continue
            content = wire.content_of(frame)
        except wire.BrokenFrame as error:
            line.give_up(str(error))
            raise line.trouble() from error
        except (EOFError, OSError):
            raise line.trouble() from None
        if frame[:1] == kind:
            return content
        if frame[:1] == wire.PROGRESS:
            log.info("%s: %s", line.destination.name, content.get("progress"))
        elif frame[:1] == wire.REFUSED:
            raise refused(line.destination, str(content.get("why")), str(content.get("kind")))
        else:
            raise refused(line.destination, str(content.get("how", f"an answer of kind {frame[:1]!r}")), "no session")
