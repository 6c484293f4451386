"""Every fault of the registry, at moments that a seed draws; the table of outcomes is printed at the end."""

import importlib
import pkgutil
import time
from random import Random

import pytest

from tests.faults import injections
from tests.faults.injections.registry import FAULTS, RUN, Bench, Reference
from tests.faults.outcome import Tables
from tests.faults.program import Program

for module in pkgutil.iter_modules(injections.__path__):
    importlib.import_module(f"{injections.__name__}.{module.name}")

INJECTIONS = [(fault, k) for fault in FAULTS.values() for k in range(fault.times)]


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
@pytest.mark.parametrize(("fault", "k"), [pytest.param(f, k, id=f"{f.name}-{k}") for f, k in INJECTIONS])
def test_a_fault_leaves_what_it_must(fault, k, reference, workdir, record_property):
    bench = Bench(workdir, k, Random(f"{fault.name} {k}"), reference)
    record_property("fault", fault.name)
    record_property("outcome", fault.inject(bench))
