"""All that a Stable-Baselines3 learner has learnt, counted and drawn, as plain values and arrays.

Taken at the start of a rollout, when the rollout before it has been learnt from and nothing of the next one is there.
What a learner's own `save` leaves out is here: the state of every random generator, the replay buffer, noise, the
statistics of wrappers, and what the learner remembers of its last step.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any, SupportsFloat

import numpy as np
import torch
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.distributions import StateDependentNoiseDistribution
from stable_baselines3.common.noise import OrnsteinUhlenbeckActionNoise, VectorizedActionNoise
from stable_baselines3.common.running_mean_std import RunningMeanStd
from stable_baselines3.common.vec_env import VecEnv, VecEnvWrapper, VecMonitor, VecNormalize

from netgym_cli.agents.random_state import generators, restore_generators

COUNTERS = (
    *("num_timesteps", "_n_updates", "_episode_num", "_current_progress_remaining", "_num_timesteps_at_start"),
    *("_last_obs", "_last_original_obs", "_last_episode_starts"),
)
EXPLORATION = ("exploration_mat", "exploration_matrices")
MOMENTS = ("mean", "var", "count")


def state_of(learner: BaseAlgorithm) -> dict[str, Any]:
    """The state of `learner`, without the contents of its replay buffer."""
    return {
        "parameters": parameters_of(learner),
        "counters": {name: getattr(learner, name) for name in COUNTERS if hasattr(learner, name)},
        "episodes": _episodes(learner.ep_info_buffer or ()),
        "actions": learner.action_space.np_random.bit_generator.state,
        "noise": [noise.noise_prev.copy() for noise in _noises(learner)],
        "exploration": {name: getattr(each, name).detach().numpy().copy() for each in _explored(learner)
                        for name in EXPLORATION},
        "env": [_wrapper_state(wrapper) for wrapper in _wrappers(learner.env)],
        "logged": _logged(learner),
        "random": generators(),
    }  # fmt: skip


def prepare(learner: BaseAlgorithm, state: Mapping[str, Any]) -> None:
    """What has to be there before `learn` of a learner that goes on: its place in the run and its last observation."""
    for name, value in state["counters"].items():
        setattr(learner, name, value)
    for wrapper, saved in zip(_wrappers(learner.env), state["env"], strict=True):
        _restore_wrapper(wrapper, saved)


def restore(learner: BaseAlgorithm, state: Mapping[str, Any]) -> None:
    """All of the state, in the first `on_rollout_start`: what `learn` draws and resets before it does not count."""
    prepare(learner, state)
    restore_parameters(learner, state["parameters"])
    learner.ep_info_buffer = deque(_infos(state["episodes"]), maxlen=learner._stats_window_size)
    learner.action_space.np_random.bit_generator.state = state["actions"]
    for noise, before in zip(_noises(learner), state["noise"], strict=True):
        noise.noise_prev = before
    for distribution in _explored(learner):
        for name in EXPLORATION:
            setattr(distribution, name, torch.from_numpy(state["exploration"][name].copy()))
    for name, value in state["logged"].items():
        learner.logger.record(name, value)
    restore_generators(state["random"])


def parameters_of(model: BaseAlgorithm) -> dict[str, Any]:
    """Networks, optimisers and, where there is one that is learnt, the weight of the entropy."""
    entropy = getattr(model, "log_ent_coef", None)
    return {"all": arrays(model.get_parameters()), "entropy": None if entropy is None else arrays(entropy)}


def restore_parameters(model: BaseAlgorithm, saved: Mapping[str, Any]) -> None:
    """Takes what `parameters_of` told."""
    model.set_parameters(tensors(saved["all"]))
    if saved["entropy"] is not None:
        model.log_ent_coef.data.copy_(tensors(saved["entropy"]))  # type: ignore[attr-defined]


def arrays(tree: Any) -> Any:
    """A tree of a `state_dict` with arrays in place of its tensors."""
    if isinstance(tree, torch.Tensor):
        return tree.detach().cpu().numpy().copy()
    if isinstance(tree, Mapping):
        return {key: arrays(value) for key, value in tree.items()}
    return type(tree)(arrays(item) for item in tree) if isinstance(tree, list | tuple) else tree


def tensors(tree: Any) -> Any:
    """What `arrays` was given."""
    if isinstance(tree, np.ndarray):
        return torch.from_numpy(tree.copy())
    if isinstance(tree, dict):
        return {key: tensors(value) for key, value in tree.items()}
    return type(tree)(tensors(item) for item in tree) if isinstance(tree, list | tuple) else tree


def _logged(learner: BaseAlgorithm) -> dict[str, float]:
    """Numbers that wait to be written to the log."""
    values = learner.logger.name_to_value
    return {name: float(value) for name, value in values.items() if isinstance(value, SupportsFloat)}


def _noises(learner: BaseAlgorithm) -> list[OrnsteinUhlenbeckActionNoise]:
    """The noises that remember something."""
    noise = getattr(learner, "action_noise", None)
    each = noise.noises if isinstance(noise, VectorizedActionNoise) else [noise]
    return [one for one in each if isinstance(one, OrnsteinUhlenbeckActionNoise)]


def _explored(learner: BaseAlgorithm) -> Iterator[StateDependentNoiseDistribution]:
    """The distribution whose noise depends on the state, if there is one."""
    for owner in (learner.policy, getattr(learner.policy, "actor", None)):
        distribution = getattr(owner, "action_dist", None)
        if isinstance(distribution, StateDependentNoiseDistribution):
            yield distribution


def _wrappers(env: VecEnv | None) -> Iterator[VecMonitor | VecNormalize]:
    while isinstance(env, VecEnvWrapper):
        if isinstance(env, VecMonitor | VecNormalize):
            yield env
        env = env.venv


def _wrapper_state(wrapper: VecMonitor | VecNormalize) -> dict[str, Any]:
    if isinstance(wrapper, VecMonitor):
        sums = {"episode_returns": wrapper.episode_returns.copy(), "episode_lengths": wrapper.episode_lengths.copy()}
        return {"moments": {}, "plain": {**sums, "episode_count": wrapper.episode_count}}
    names = ("returns", "old_obs", "old_reward")
    plain = {name: getattr(wrapper, name) for name in names if hasattr(wrapper, name)}
    moments = {key: {name: getattr(rms, name) for name in MOMENTS} for key, rms in _moments(wrapper).items()}
    return {"moments": moments, "plain": plain}


def _restore_wrapper(wrapper: VecMonitor | VecNormalize, state: Mapping[str, Any]) -> None:
    for name, value in state["plain"].items():
        setattr(wrapper, name, value.copy() if isinstance(value, np.ndarray) else value)
    if isinstance(wrapper, VecNormalize):
        for key, rms in _moments(wrapper).items():
            for name, value in state["moments"][key].items():
                setattr(rms, name, value)


def _moments(wrapper: VecNormalize) -> dict[str, RunningMeanStd]:
    observed: Any = getattr(wrapper, "obs_rms", None)
    by_key = observed if isinstance(observed, dict) else {} if observed is None else {"": observed}
    return {f"observation {key}": rms for key, rms in by_key.items()} | {"return": wrapper.ret_rms}


def _episodes(infos: Any) -> dict[str, np.ndarray]:
    kinds = {"r": np.float32, "l": np.int32, "t": np.float64}
    return {name: np.array([info[name] for info in infos], kind) for name, kind in kinds.items()}


def _infos(episodes: Mapping[str, np.ndarray]) -> list[dict[str, Any]]:
    rows = zip(*episodes.values(), strict=True)
    return [dict(zip(episodes, row, strict=True)) for row in rows]
