"""Jobs on a Ray cluster, through the address where it takes jobs; nothing of Ray runs in this process."""

from __future__ import annotations

import os
import shlex
import time
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from netgym_cli.common.errors import ConfigError, NetgymError
from netgym_cli.jobs.launchers.engine import EngineLauncher, Ticket

MISSING = "launcher=ray needs Ray, which is not installed here; install it by: pip install 'netgym[ray]'"
USUAL = "http://127.0.0.1:8265"
ANSWERS_WITHIN_S = 10.0
NOT_READY = "No available agent"  # what a cluster says that answers already, and cannot start a job yet
READY_WITHIN_S, ASKED_EVERY_S = 120.0, 1.0
CARRIED = ("NETGYM_", "PYTHONPATH", "XDG_STATE_HOME", "MINARI_")  # environment variables that jobs get, by beginning


class RayLost(NetgymError, ConnectionError):
    """The cluster no longer answers."""


def launcher(name: str, options: Mapping[str, Any], sweep: Path, config_dirs: Sequence[Path]) -> RayLauncher:
    """Raises `ConfigError` where Ray is missing or its address does not answer."""
    options = dict(options)
    address = str(options.pop("address", None) or os.environ.get("RAY_ADDRESS") or USUAL)
    _require_answer(address)
    try:
        from ray.job_submission import JobSubmissionClient
    except ImportError as error:
        raise ConfigError(MISSING) from error
    try:
        client = JobSubmissionClient(address)
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise ConfigError(f"launcher.address={address} takes no jobs: {error}") from error
    return RayLauncher(client, {"entrypoint_num_cpus": 1, **options}, config_dirs)


def _require_answer(address: str) -> None:
    if urlsplit(address).scheme not in ("http", "https"):
        raise ConfigError(
            f"launcher.address is '{address}'; allowed: http://HOST:PORT, where the cluster's dashboard takes jobs, "
            f"such as {USUAL}."
        )
    try:
        with urllib.request.urlopen(f"{address.rstrip('/')}/api/version", timeout=ANSWERS_WITHIN_S) as answer:  # noqa: S310
            answer.read(4096)
    except (OSError, ValueError) as error:
        why = getattr(error, "reason", None) or error
        raise ConfigError(
            f"launcher.address={address} does not answer ({why}); start a cluster by `ray start --head`, or give the "
            "address of its dashboard."
        ) from error


class RayLauncher(EngineLauncher):
    """Hands jobs to a cluster.

    Args:
        client: who talks with it.
        options: of each job, as `JobSubmissionClient.submit_job` takes them.
        config_dirs: the user's conf directories.
    """

    def __init__(self, client: Any, options: Mapping[str, Any], config_dirs: Sequence[Path]) -> None:
        super().__init__(config_dirs)
        self._client, self._options = client, options

    def start(self, command: Sequence[str]) -> RayTicket:
        variables = {name: value for name, value in os.environ.items() if name.startswith(CARRIED)}
        line = f"cd {shlex.quote(os.getcwd())} && exec {shlex.join(command)}"
        until_s = time.monotonic() + READY_WITHIN_S
        while True:
            try:
                job = self._client.submit_job(entrypoint=line, runtime_env={"env_vars": variables}, **self._options)
                return RayTicket(self._client, job)
            except TypeError as error:
                raise ConfigError(f"launcher=ray does not take {' '.join(self._options)}: {error}") from error
            except Exception as error:  # whatever its HTTP client raises
                if NOT_READY not in str(error) or time.monotonic() >= until_s:
                    raise RayLost(f"the Ray cluster did not take a job: {error}") from error
            time.sleep(ASKED_EVERY_S)


class RayTicket(Ticket):
    """A job of a cluster."""

    def __init__(self, client: Any, job: str) -> None:
        self._client, self._job = client, job

    def is_over(self) -> bool:
        return bool(self._status().is_terminal())

    def stop(self) -> None:
        if not self.is_over():
            self._client.stop_job(self._job)

    def told(self) -> str:
        return str(self._status().value)

    def _status(self) -> Any:
        try:
            return self._client.get_job_status(self._job)
        except Exception as error:
            raise RayLost(f"the Ray cluster does not answer: {error}") from error
