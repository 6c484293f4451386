"""Datasets as `netgym collect` leaves them, of the custom environment without its simulator: measurements are drawn."""

import json
from dataclasses import replace

import numpy as np

from netgym_cli.config.schema import plain
from netgym_cli.datasets import Episode, folder_of, write_dataset
from netgym_cli.envs.base import env_registry
from netgym_cli.envs.make import make_env
from netgym_cli.simulators.stats import Layout, Row, Stats

NAME = "netgym/custom/system_default-v0"
USERS = 3
ROWS = (("rate", "Mbit/s", 5.0), ("tx_rate", "Mbit/s", 5.0), ("owd", "ms", 200.0), ("loss", "%", 100.0))


def config(**overrides):
    return make_env("custom", seed=1, num_users=USERS, **overrides).config


def layout():
    return Layout(tuple(Row("custom", name, unit, tuple(range(1, USERS + 1))) for name, unit, _ in ROWS))


def episode(env, seed, index, steps=10):
    """An episode whose observations and rewards are those of its drawn measurements."""
    rng = np.random.default_rng((seed, index))
    adapter = env_registry.load("custom")(env)
    values = np.concatenate([rng.random((steps + 1, USERS)) * high for _, _, high in ROWS], axis=1)
    told = [Stats(layout(), 1000.0 * k, row) for k, row in enumerate(values)]
    return Episode(
        observations=np.stack([adapter.observation(stats) for stats in told]),
        actions=rng.random((steps, USERS)).astype(np.float32),
        rewards=np.array([adapter.reward(stats) for stats in told[1:]]),
        terminations=np.zeros(steps, bool),
        truncations=np.arange(steps) == steps - 1,
        infos={
            "stats": values,
            "default_action": np.arange(steps + 1) % 2 == 0,
            "sim_time_ms": np.array([stats.ts_ms for stats in told]),
            "kpi_rate_mbps": np.array([adapter.kpis(stats)["rate_mbps"] for stats in told]),
        },
        about={"seed": seed, "episode": index},
    )


def noted(env, seeds, per_seed, **changes):
    found = {
        "format": 1,
        "complete": True,
        "env": plain(env),
        "channel": {"name": "none"},
        "agent": {"name": "system_default"},
        "label": "system_default",
        "run": None,
        "action_source": "what the default algorithm did",
        "plan": [[seed, per_seed] for seed in seeds],
        "seeds": list(seeds),
        "layout": [[row.source, row.name, row.unit, list(row.ids)] for row in layout().rows],
        "licence": "CC-BY-4.0",
        "versions": {"netgym": "0.1.0"},
        "git": None,
        "command": ["netgym", "collect", "env=custom"],
        "started_at": "2026-01-31T12:00:00+00:00",
        "ended_at": "2026-01-31T12:01:00+00:00",
        "dropped": 0,
    }
    return found | changes


def collect(dataset_id=NAME, seeds=(0, 1, 2), per_seed=2, steps=10, change=None, **changes):
    """Writes a dataset and returns its id; `change` may alter each episode before it is written."""
    env = config()
    adapter = env_registry.load("custom")(env)
    episodes = (episode(env, seed, index, steps) for seed in seeds for index in range(per_seed))
    made = (change(one) if change else one for one in episodes)
    about = {"algorithm_name": "system_default", "netgym": noted(env, seeds, per_seed, **changes)}
    write_dataset(dataset_id, adapter.observation_space, adapter.action_space, made, about)
    return dataset_id


def with_metadata(dataset_id, **changes):
    """Changes netgym's notes of a dataset on the disk."""
    path = folder_of(dataset_id) / "data" / "metadata.json"
    content = json.loads(path.read_text())
    content["netgym"] |= changes
    path.write_text(json.dumps(content))


def with_about(dataset_id, number, **changes):
    """Changes what an episode's own metadata says."""
    path = folder_of(dataset_id) / "data" / str(number) / "metadata.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def rewarded(one, step, reward):
    """The episode with another reward."""
    rewards = one.rewards.copy()
    rewards[step] = reward
    return replace(one, rewards=rewards)
