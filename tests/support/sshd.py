"""A real sshd on a high port of loopback, started as this user, and an `ssh` that knows its key and nothing else."""

import os
import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

SERVER = """
Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host
AuthorizedKeysFile {folder}/user.pub
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
SetEnv PATH={path} PYTHONPATH={pythonpath} NETGYM_CACHE={cache} XDG_RUNTIME_DIR={runtime}
"""
CLIENT = """
Host localhost
  HostName 127.0.0.1
  Port {port}
  IdentityFile {folder}/user
  IdentitiesOnly yes
  IdentityAgent none
  UserKnownHostsFile {folder}/known
  GlobalKnownHostsFile /dev/null
  HostKeyAlias far
"""


class Sshd:
    """The running server's folder of keys and settings."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.port = folder, port

    def client(self, **changes) -> None:
        """Writes the settings of ssh, with other ones in place of its own."""
        settings = CLIENT.format(folder=self.folder, port=self.port)
        for key, value in changes.items():
            settings = "\n".join(f"  {key} {value}" if key in line else line for line in settings.splitlines())
        (self.folder / "config").write_text(settings)

    def key(self, name: str) -> str:
        """A new key; its public half."""
        words = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self.folder / name)]
        subprocess.run(words, check=True, stdin=subprocess.DEVNULL)
        return (self.folder / f"{name}.pub").read_text()

    def known(self, public: str) -> None:
        """The host key that ssh takes."""
        (self.folder / "known").write_text(f"far {public}")


@contextmanager
def sshd_at(folder: Path):
    """An `Sshd`, with its `ssh` first on the PATH; skips the test where there is none, or it does not start."""
    program = shutil.which("sshd", path=os.environ["PATH"] + ":/usr/sbin:/sbin")
    if program is None or shutil.which("ssh-keygen") is None:
        pytest.skip("there is no sshd here (Debian: openssh-server)")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        server = Sshd(folder, free.getsockname()[1])
    server.key("user")
    server.known(server.key("host"))
    server.client()
    bin_folder = folder / "bin"
    bin_folder.mkdir()
    wrapper = bin_folder / "ssh"
    wrapper.write_text(f'#!/bin/sh\nexec {shutil.which("ssh")} -F {folder}/config "$@"\n')
    wrapper.chmod(0o755)
    variables = {
        "path": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "pythonpath": os.environ.get("PYTHONPATH", ""),
        "cache": os.environ.get("NETGYM_CACHE", str(Path.home() / ".cache" / "netgym")),
        "runtime": os.environ["XDG_RUNTIME_DIR"],
    }
    (folder / "server").write_text(SERVER.format(folder=folder, port=server.port, **variables))
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([program, "-D", "-e", "-f", str(folder / "server")], stderr=log)
    try:
        if not _answers(server.port, process):
            pytest.skip(f"sshd does not start here: {(folder / 'log').read_text()[-300:]}")
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PATH", f"{bin_folder}:{os.environ['PATH']}")
            yield server
    finally:
        process.terminate()
        process.wait()


def _answers(port, process, patience_s=20):
    until_s = time.monotonic() + patience_s
    while time.monotonic() < until_s and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return True
        time.sleep(0.05)
    return False
