"""Every fault of the registry, at moments that a seed draws; the table of outcomes is printed at the end.

A campaign of a thousand, no longer than an hour and a half:

    pytest tests/faults/test_injected_faults.py -m long --injections 1000 --at-most-s 5400
"""

import importlib
import pkgutil
import time
from random import Random

import pytest

from tests.faults import injections
from tests.faults.injections import registry
from tests.faults.injections.registry import RUN, Bench, Reference
from tests.faults.outcome import Tables
from tests.faults.program import Program

for module in pkgutil.iter_modules(injections.__path__):
    importlib.import_module(f"{injections.__name__}.{module.name}")


def pytest_generate_tests(metafunc):
    if "turn" in metafunc.fixturenames:
        chosen = registry.injections(metafunc.config.getoption("--injections"))
        ids = [f"{fault.name}-{turn}" for fault, turn in chosen]
        metafunc.parametrize(("fault", "turn"), chosen, ids=ids)


@pytest.fixture(scope="session")
def deadline(pytestconfig):
    """When the campaign is to end, on the clock of `time.monotonic`."""
    return time.monotonic() + pytestconfig.getoption("--at-most-s")


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    """The run that nothing happens to, done twice: the second time its simulator is built and loaded."""
    folder = tmp_path_factory.mktemp("reference")
    for name in ("first", "second"):
        started = time.monotonic()
        with Program(["train", *RUN, f"hydra.run.dir={name}"], folder) as program:
            assert program.end() == 0, program.errors
    return Reference(Tables.of(folder / "second"), time.monotonic() - started)


@pytest.mark.ns3
@pytest.mark.long
def test_a_fault_leaves_what_it_must(fault, turn, reference, workdir, record_property, deadline):
    if time.monotonic() > deadline:
        pytest.skip("the campaign's time is over")
    bench = Bench(workdir, turn, Random(f"{fault.name} {turn}"), reference)
    record_property("fault", fault.name)
    record_property("outcome", fault.inject(bench))
