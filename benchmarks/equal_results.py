"""Hashes of what netgym computes, to hold a change of the code against the code before it.

    python benchmarks/equal_results.py record before.json --checkout PATH
    python benchmarks/equal_results.py record after.json
    python benchmarks/equal_results.py compare before.json after.json

For every environment: 100 steps of random actions at three seeds. Besides: four short trainings, one collected dataset,
one grid. Wall-clock columns are left out. Results depend on the processor and the libraries: compare on one machine.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd

ROOT = Path(__file__).parents[1]
LENGTH = ["sessions=[{}]", "env.episodes_per_session=4", "env.steps_per_episode=25"]
SEEDS = (1, 2, 3)
WALL = ("wall_ms", "wall_s", "start_s")
DATASET = "golden/custom-v0"
TRAININGS = {
    "ppo": ["env=nqos_split_light", "agent=ppo", "agent.n_steps=20", "agent.batch_size=10"],
    "sac": ["env=custom", "agent=sac", "agent.learning_starts=20", "agent.batch_size=16"],
    "cleanrl_ppo": ["env=rmcat", "agent=cleanrl_ppo", "agent.n_steps=20", "agent.batch_size=10"],
    "bc": ["env=custom", "agent=bc", f"dataset={DATASET}", "steps=60", "agent.evaluate_every_steps=30"],
}


class Checkout:
    """netgym as it stands in a directory, run in a scratch directory.

    Args:
        root: the checkout.
        scratch: where its run folders, datasets and signing key go.
    """

    def __init__(self, root: Path, scratch: Path) -> None:
        self.root, self.scratch = root, scratch
        places = {"MINARI_DATASETS_PATH": "datasets", "XDG_STATE_HOME": "state"}
        self.environment = os.environ | {"PYTHONPATH": str(root)} | {k: str(scratch / v) for k, v in places.items()}

    def netgym(self, *arguments: str) -> None:
        """Runs a command line to its end; raises `CalledProcessError` where it fails."""
        command = [sys.executable, "-m", "netgym_cli", *arguments]
        subprocess.run(command, cwd=self.scratch, env=self.environment, check=True, stdout=subprocess.DEVNULL)

    def train(self, name: str, overrides: list[str]) -> dict[str, str]:
        """Hashes of the run that the overrides make."""
        folder = self.scratch / "runs" / name
        self.netgym("train", *overrides, f"hydra.run.dir={folder}")
        return run_hashes(folder, name)


def environments() -> list[str]:
    """Every environment but `gym`, whose numbers are others'."""
    return [file.stem for file in sorted((ROOT / "conf" / "env").glob("*.yaml")) if file.stem != "gym"]


def run_hashes(folder: Path, name: str) -> dict[str, str]:
    """Hashes of the tables and the model in a run folder."""
    metrics = folder / "metrics"
    tables = {file.name: pd.read_parquet(file) for file in metrics.glob("*.parquet")}
    tables |= {file.name: pd.read_csv(file) for file in metrics.glob("*.csv")}
    hashes = {f"{name}/{table}": frame_hash(frame) for table, frame in sorted(tables.items())}
    if (folder / "model.zip").exists():
        with zipfile.ZipFile(folder / "model.zip") as model:
            hashes[f"{name}/weights"] = weights_hash(model)
    for file in sorted(folder.glob("*.npz")):
        with np.load(file, allow_pickle=False) as arrays:
            hashes[f"{name}/{file.name}"] = arrays_hash({key: arrays[key] for key in arrays.files})
    return hashes


def frame_hash(frame: pd.DataFrame) -> str:
    """Of a table's column names and values; equal exactly when the tables are.

    The column `env` counts where several simulators ran; a run in one has the hash that it had before there was one.
    """
    alone = ("env",) if "env" in frame and not frame["env"].any() else ()
    kept = frame[[column for column in frame.columns if column not in (*WALL, *alone)]]
    digest = hashlib.sha256(repr(list(kept.columns)).encode())
    for column in kept.columns:
        values = kept[column]
        exact = values.to_numpy().tobytes() if values.dtype.kind in "fiub" else repr(values.tolist()).encode()
        digest.update(exact)
    return digest.hexdigest()


def weights_hash(model: zipfile.ZipFile) -> str:
    """Of the parameters of a Stable-Baselines3 policy."""
    import torch

    with model.open("policy.pth") as file:
        weights = torch.load(file, weights_only=True)
    return arrays_hash({key: value.numpy() for key, value in weights.items()})


def arrays_hash(arrays: dict[str, np.ndarray]) -> str:
    """Of named arrays."""
    digest = hashlib.sha256()
    for key, array in sorted(arrays.items()):
        digest.update(f"{key}{array.dtype}{array.shape}".encode() + np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def dataset_hashes(folder: Path) -> dict[str, str]:
    """Of every array of every episode of a dataset."""
    import minari

    os.environ["MINARI_DATASETS_PATH"] = str(folder)
    dataset = minari.load_dataset(DATASET)
    hashes = {}
    for episode in dataset.iterate_episodes():
        arrays = {key: np.asarray(getattr(episode, key)) for key in ("observations", "actions", "rewards")}
        arrays |= {f"info {key}": np.asarray(value) for key, value in episode.infos.items()}
        hashes[f"dataset/{episode.id}"] = arrays_hash(arrays)
    return hashes


def record(root: Path, scratch: Path) -> dict[str, str]:
    """All hashes of the checkout at `root`."""
    checkout = Checkout(root, scratch)
    hashes: dict[str, str] = {}
    for env in environments():
        for seed in SEEDS:
            hashes |= checkout.train(f"{env}-{seed}", [f"env={env}", "agent=random", f"seed={seed}", *LENGTH])
        print(env, flush=True)
    checkout.netgym("collect", "env=custom", "--default-action", "episodes=6", f"name={DATASET}")
    hashes |= dataset_hashes(scratch / "datasets")
    for name, overrides in TRAININGS.items():
        hashes |= checkout.train(name, [*overrides, "seed=1", *LENGTH])
        print(name, flush=True)
    grid = scratch / "runs" / "grid"
    checkout.netgym(
        "train", "-m", "env=custom", "agent=random,constant", "seed=1,2", *LENGTH, f"hydra.sweep.dir={grid}"
    )
    for job in range(4):
        hashes |= run_hashes(grid / str(job), f"grid/{job}")
    return hashes


def compare(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """The names whose hashes differ or that are in one of the two only."""
    return sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(dest="verb", required=True)
    recording = verbs.add_parser("record")
    recording.add_argument("output", type=Path)
    recording.add_argument("--checkout", type=Path, default=ROOT)
    recording.add_argument(
        "--scratch", type=Path, help="where run folders and datasets are kept; else they are removed"
    )
    comparing = verbs.add_parser("compare")
    comparing.add_argument("before", type=Path)
    comparing.add_argument("after", type=Path)
    given = parser.parse_args()
    if given.verb == "record":
        with tempfile.TemporaryDirectory() as temporary:
            scratch = (given.scratch or Path(temporary)).resolve()
            scratch.mkdir(parents=True, exist_ok=True)
            hashes = record(given.checkout.resolve(), scratch)
        given.output.write_text(json.dumps(hashes, indent=1) + "\n")
        print(f"{len(hashes)} hashes in {given.output}")
        return
    before, after = (json.loads(path.read_text()) for path in (given.before, given.after))
    different = compare(before, after)
    print(f"{len(before.keys() | after.keys()) - len(different)} equal, {len(different)} different")
    for name in different:
        print(f"  {name}")
    sys.exit(1 if different else 0)


if __name__ == "__main__":
    main()
