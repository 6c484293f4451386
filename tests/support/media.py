"""Shortest ways to measured sessions of `rmcat` on ns-3."""

import numpy as np

from netgym_cli.envs.make import make_env

RRATE, QDEL, OWD, SRATE, PLR = (f"rmcat::{name}" for name in ("rrate", "qdel", "owd", "srate", "plr"))


def bottleneck(tmp_path, *rows):
    """A trace of rows (time_ms, bw_kbps, delay_ms, loss)."""
    file = tmp_path / "trace.csv"
    file.write_text("time_ms,bw_kbps,delay_ms,loss\n" + "\n".join(",".join(map(str, row)) for row in rows) + "\n")
    return str(file)


def measured(steps, rate_kbps=None, env="rmcat", seed=1, **config):
    """What the first interval and `steps` steps measured; `rate_kbps` of None leaves NADA in control."""
    network = make_env(env, seed=seed, **{"steps_per_episode": steps, **config})
    try:
        network.reset()
        found = [network.stats]
        for step in range(steps):
            rate = rate_kbps(step) if callable(rate_kbps) else rate_kbps
            action = None if rate is None else np.full(network.action_space.shape, rate, np.float32)
            network.step(action)
            found.append(network.stats)
        return found
    finally:
        network.close()
