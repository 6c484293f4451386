"""Why there is no session at a destination, in words: which host, what it said, what to do next."""

from __future__ import annotations

import re

from netgym_cli.common.errors import SimulatorError
from netgym_cli.simulators.remote.destinations import Destination

LAST_CHARS = 300
# What ssh, a shell or Python say, and what mends it.
REMEDIES = (
    (r"REMOTE HOST IDENTIFICATION HAS CHANGED",
     "its key is another one than before: somebody may be in between. Ask who runs {host}; if the new key is right, "
     "`ssh-keygen -R {bare}` and log in once by `ssh {host}`"),
    (r"Host key verification failed|No \S+ host key is known",
     "its key is not known here: log in once by `ssh {host}` and compare the fingerprint"),
    (r"Permission denied|Too many authentication failures",
     "no key of yours is accepted there: `ssh {host}` must work without a password (ssh-copy-id, ssh-agent)"),
    (r"Could not resolve hostname", "there is no such name: correct simulator.host, or add it to ~/.ssh/config"),
    (r"Connection refused", "no sshd listens there: start it, or give its port in ~/.ssh/config"),
    (r"No route to host|Network is unreachable|[Tt]imed out|not responding",
     "it does not answer: is it switched on, and reachable from here by `ssh {host}`?"),
    (r"Connection (closed|reset)", "it closed the connection: `ssh {host}` tells more, and so does its sshd's log"),
    (r"No such command .relay.", "netgym there is too old for it: install the release that is here"),
    (r"netgym\w*\W.*([Nn]ot found|No such file)|([Nn]ot found|No such file)\W.*netgym|No module named",
     "netgym is not there, or not on the PATH of a command by ssh: install it there, or give its whole path by "
     "simulator.command=[ssh, {host}, /PATH/TO/netgym, relay]"),
    (r"[Cc]ommand not found|No such file|executable file not found",
     "there is no such command: correct simulator.command"),
)  # fmt: skip
OTHERWISE = "`{by_hand}` shows by hand what it says"


class HostError(SimulatorError):
    """A session could not be had at a destination.

    Attributes:
        host: the destination.
        final: whether asking again would be answered the same.
    """

    def __init__(self, host: str, words: str, final: bool = True) -> None:
        super().__init__(words)
        self.host, self.final = host, final


def no_relay(destination: Destination, said: str, how: str) -> HostError:
    """For a command that ended, or was ended, before netgym's relay answered.

    Args:
        destination: where.
        said: what it wrote on stderr.
        how: how it ended.
    """
    last = " / ".join(line.strip(" @") for line in said.splitlines() if line.strip(" @\r"))[-LAST_CHARS:]
    cause = f"{how}: {last}" if last else how
    words = f"{destination.name}: no session, {cause.rstrip('.')}; {remedy(destination, said or how)}."
    return HostError(destination.name, words)


def remedy(destination: Destination, said: str) -> str:
    """What to do next about what a command said."""
    found = next((words for pattern, words in REMEDIES if re.search(pattern, said)), OTHERWISE)
    by_hand = " ".join(destination.command or ("ssh", destination.name, "netgym", "relay"))
    return found.format(host=destination.name, bare=destination.name.rpartition("@")[2], by_hand=by_hand)


def text_before_frames(destination: Destination, text: bytes) -> HostError:
    """For a command that writes something else than frames on stdout."""
    first = text.decode(errors="replace").strip().splitlines() or [""]
    return HostError(
        destination.name,
        f"{destination.name}: stdout began with {first[0][:120]!r} and not with the frames of netgym relay. What a "
        "shell's start-up file prints must be for terminals only: move it behind `[ -t 1 ] &&`, or to stderr; a "
        "command must end in netgym relay.",
    )


def refused(destination: Destination, why: str, kind: str) -> HostError:
    """For a relay that answered, and whose machine cannot simulate."""
    if kind == "NoPlace":
        step = "End other sessions there (`netgym serve --status`), give more places in simulator.host, or add a host"
        return HostError(destination.name, f"{destination.name}: {why}. {step}.", final=False)
    end = "" if why.endswith((".", "\n")) else "."
    return HostError(
        destination.name,
        f"{destination.name}: {kind}: {why}{end} `netgym doctor` there tells more.",
    )
