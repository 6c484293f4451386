"""Where sessions can be simulated: `simulator.host` and `simulator.command` as commands with places."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass

from netgym_cli.common.errors import ConfigError
from netgym_cli.simulators.remote.own_folder import own_folder

HOST = re.compile(r"(?P<login>(?:\w[\w.-]*@)?\w[\w.-]*)(?::(?P<places>\d{1,9}))?", re.ASCII)  # none begins with -
MOST_PLACES = 10_000
PLACEHOLDER = "{host}"
PER_CONNECTION = 8  # sessions over one connection of ssh; sshd takes 10 (MaxSessions)
RELAY = ("netgym", "relay")
# Never asks for anything, notices a dead network in 10 s, takes no host whose key is not known.
SSH = (
    *("ssh", "-T", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=yes", "-o", "ConnectTimeout=10"),
    *("-o", "ServerAliveInterval=5", "-o", "ServerAliveCountMax=2", "-o", "LogLevel=ERROR"),
    *("-o", "ForwardAgent=no", "-o", "ForwardX11=no", "-o", "ClearAllForwardings=yes"),
)


@dataclass(frozen=True)
class Destination:
    """One place to simulate at.

    Attributes:
        name: what messages call it.
        command: words whose process carries a relay on its stdin and stdout; None: ssh to `name`.
        places: most sessions at once; None: no limit.
    """

    name: str
    command: tuple[str, ...] | None
    places: int | None

    @property
    def by_ssh(self) -> bool:
        """Whether netgym composes the ssh command itself."""
        return self.command is None

    def words(self, number: int) -> list[str]:
        """The command for the session with this number, from 0, among those that run there for this process.

        Raises `ConfigError` if there is no folder for the sockets of ssh.
        """
        if self.command is not None:
            return [word.replace(PLACEHOLDER, self.name) for word in self.command]
        shared = own_folder() / f"{os.getpid()}-{number // PER_CONNECTION}-%C"
        return [*SSH, "-o", "ControlMaster=auto", "-o", f"ControlPath={shared}", "-o", "ControlPersist=30",
                "--", self.name, *RELAY]  # fmt: skip


def destinations(hosts: Sequence[str] | None, command: Sequence[str] | None) -> tuple[Destination, ...]:
    """All places that `simulator.host` and `simulator.command` name; none: this machine.

    Raises `ConfigError`.
    """
    if command is not None and not (command and all(command)):
        raise ConfigError(
            f"simulator.command is {list(command)}; allowed: the words of a command that ends in netgym relay, such as "
            "[srun, -n1, --unbuffered, netgym, relay], or null."
        )
    if hosts is not None and not hosts:
        raise ConfigError("simulator.host is []; allowed: a list such as [bigbox:16, me@other:8], or null for here.")
    if command is None:
        return tuple(_destination(host, None) for host in hosts or ())
    if hosts is None:
        if PLACEHOLDER in " ".join(command):
            raise ConfigError(f"simulator.command has {PLACEHOLDER}, and simulator.host names no host to put there.")
        return (Destination(os.path.basename(command[0]), tuple(command), None),)
    if PLACEHOLDER not in " ".join(command):
        raise ConfigError(
            f"simulator.host and simulator.command are both given, and the command has no {PLACEHOLDER}; allowed: one "
            f"of them, or a command such as [ssh, '{PLACEHOLDER}', /opt/netgym/bin/netgym, relay]."
        )
    return tuple(_destination(host, tuple(command)) for host in hosts)


def _destination(host: str, command: tuple[str, ...] | None) -> Destination:
    match = HOST.fullmatch(str(host))
    places = None if match is None or match["places"] is None else int(match["places"])
    if match is None or not (places is None or 1 <= places <= MOST_PLACES):
        raise ConfigError(
            f"simulator.host has {host!r}; allowed: [USER@]HOST[:PLACES] as ssh knows the host, with 1 to "
            f"{MOST_PLACES} places (sessions at once)."
        )
    return Destination(match["login"], command, places)
