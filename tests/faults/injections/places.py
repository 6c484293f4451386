"""Two commands that want one place, and places that no run can have."""

import json

import yaml

from tests.faults.injections.registry import RUN, Bench, fault
from tests.faults.program import Program

PLACES = [
    "hydra.run.dir=/dev/null/x",
    f"hydra.run.dir={'n' * 300}",
    "hydra.run.dir=",
    "hydra.mode=SIDEWAYS",
]


@fault("two runs in one folder", times=6)
def two_runs(bench: Bench) -> str:
    with bench.start("seed=1") as one, bench.start("seed=2") as other:
        codes = {1: one.end(), 2: other.end()}
        assert one.orphans() == other.orphans() == []
    assert sorted(codes.values()) == [0, 2], codes
    (winner,) = (seed for seed, code in codes.items() if code == 0)
    record = json.loads((bench.folder / "run/run.json").read_text())
    config = yaml.safe_load((bench.folder / "run/.hydra/config.yaml").read_text())
    assert record["seed"] == config["seed"] == winner
    assert f"seed={winner}" in (bench.folder / "run/.hydra/overrides.yaml").read_text()
    return "exit 0 and 2, folder of one run"


@fault("two points of a grid in one folder", times=1, one_run=False)
def two_points(bench: Bench) -> str:
    words = ["train", "-m", *RUN[:-1], "seed=1,2", "hydra.sweep.dir=grid", "hydra.sweep.subdir=same"]
    with Program(words, bench.folder) as program:
        assert program.end() == 2, program.errors
    assert not (bench.folder / "grid").exists()
    return "exit 2, nothing written"


@fault("two evaluations in one folder", times=2, one_run=False)
def two_evaluations(bench: Bench) -> str:
    words = ["evaluate", "env=rmcat", "agent=random", "env.steps_per_episode=20", "episodes=2", "-o", "out"]
    with Program([*words, "seeds=1..2"], bench.folder) as one, Program([*words, "seeds=3..4"], bench.folder) as other:
        codes = sorted([one.end(), other.end()])
        assert codes == [0, 2], (codes, one.errors, other.errors)
    assert json.loads((bench.folder / "out/evaluation.json").read_text())
    return "exit 0 and 2, one result"


@fault("places that no run can have", times=4)
def impossible(bench: Bench) -> str:
    word = bench.turns(PLACES)
    with bench.start(word) as program:
        code = program.end()
        assert "Traceback" not in program.errors, program.errors
    assert code == 2, (word, code, program.errors)
    return "exit 2"
