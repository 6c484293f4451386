"""Parts of ns-3 that the native part replaces: that they are in force, and that no number depends on it."""

import dataclasses
import subprocess
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from netgym_cli.envs.make import make_env
from netgym_cli.simulators.ns3 import build, installed
from netgym_cli.simulators.ns3.zygote_client import Zygote
from tests.support.network import network

PROGRAM = Path(__file__).with_name("tcp_tx_buffers.cc")
COPY, NEXT = "_ZN3ns311TcpTxBuffer16CopyFromSequence", "_ZNK3ns311TcpTxBuffer7NextSeg"


@pytest.fixture
def without(monkeypatch):
    """From the call on, ns-3 is used as it is; the library without replacements is linked from the kept objects."""

    def use():
        Zygote.close_all()
        monkeypatch.setattr(build, "REPLACED_VERSION", "none")

    yield use
    Zygote.close_all()


def lossy():
    """A TCP flow over a Wi-Fi queue that is too short for it."""
    tcp = {"transport_protocol": ["TcpBbr", "TcpBbr"]}
    return network(per_slice_config=tcp, wifi={"queue_packets": 20}, features=["gma::dl::rate"])


def told(env, steps, seed=3):
    """Measurements and numbers of events over random actions, as exact bytes, and the greatest loss, %."""
    rng, measured = np.random.default_rng(0), []
    with closing(env):
        env.reset(seed=seed)
        for _ in range(steps):
            env.step(rng.random(env.action_space.shape, np.float32))
            measured.append(env.stats)
    numbers = [(stats.values.tobytes(), stats.events) for stats in measured]
    return numbers, max(stats["gma::dl::loss"].max() for stats in measured)


@pytest.mark.ns3
def test_ns3_calls_them_in_a_worker_and_without_them_a_lossy_session_has_equal_numbers(without, monkeypatch, tmp_path):
    Zygote.close_all()
    with monkeypatch.context() as watched:
        watched.setenv("LD_DEBUG", "bindings")  # the dynamic linker tells whose function every call reaches
        watched.setenv("LD_DEBUG_OUTPUT", str(tmp_path / "linker"))
        replaced, loss = told(lossy(), 3)
    bound = "".join(path.read_text(errors="replace") for path in tmp_path.glob("linker.*")).splitlines()
    for name in (COPY, NEXT):
        calls = [line for line in bound if name in line and "-internet" in line.partition(" to ")[0]]
        assert calls and all(build.LIBRARY in line.partition(" to ")[2] for line in calls)
    assert loss > 0
    without()
    assert told(lossy(), 3)[0] == replaced


@pytest.mark.ns3
@pytest.mark.long
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_networks_of_every_size_have_equal_numbers(without, seed):
    def session():
        return told(make_env("nqos_split"), 40, seed)

    replaced = session()
    assert replaced[1] > 0
    without()
    assert session() == replaced


@pytest.mark.ns3
def test_a_tcp_buffer_is_the_same_after_every_operation(tmp_path):
    built = build.ensure()
    program = tmp_path / "buffers"
    compiler = [build.compiler(), *built.ns3.compile_flags, "-O0", str(PROGRAM)]
    subprocess.run([*compiler, *built.ns3.link_flags, "-o", str(program)], check=True)
    (theirs,) = (library for library in built.ns3.libraries if "-internet" in library.name)
    for seed in ("1", "2"):
        done = subprocess.run([program, theirs, built.library, seed], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        times = dict(line.split(": ") for line in done.stdout.splitlines())
        assert {"sent", "sent again", "next new", "next again", "nothing next", "time-outs"} < times.keys()


def test_another_release_of_ns3_keeps_its_own():
    ours = installed.locate()
    assert build.replaced(ours) == ["tcp-tx-buffer"]
    other = dataclasses.replace(ours, version="3.43")
    assert build.replaced(other) == []
    assert build.compiled_sources(other) == build.sources()
    assert len(build.compiled_sources(ours)) == len(build.sources()) + 1
