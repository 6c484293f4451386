"""Proximal policy optimisation in one file, to be read from top to bottom, copied and changed.

After Schulman et al. 2017 (arXiv:1707.06347), with generalised advantages (arXiv:1506.02438) and the details that Huang
et al. 2022, "The 37 implementation details of PPO", found to matter. One file per algorithm is CleanRL's manner.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, Self

import numpy as np
from gymnasium import spaces
from gymnasium.wrappers.utils import RunningMeanStd

from netgym_cli.agents.base import Agent
from netgym_cli.agents.cleanrl_ppo_config import CleanrlPpoConfig
from netgym_cli.agents.cleanrl_ppo_state import read_weights, restored, state_of
from netgym_cli.agents.deviation_floor import floored, units
from netgym_cli.agents.entities import PER_USER, EntityAxes, axes_for, policy_for
from netgym_cli.agents.layers import layers
from netgym_cli.agents.normalization import Softmax, require_shares
from netgym_cli.common.errors import ConfigError
from netgym_cli.common.files import replacing
from netgym_cli.common.space_text import short_text
from netgym_cli.config.schema import require
from netgym_cli.envs.actions import edges, environment_action
from netgym_cli.envs.agent_spec import AgentSpec
from netgym_cli.runs.folder import RunFolder
from netgym_cli.sessions.sequential import SequentialSessions
from netgym_cli.sessions.single import as_vector
from netgym_cli.sessions.vector import VectorSessions

Tensor = Any  # torch's, which is imported where something is learnt or restored
EPSILON = 1e-8


class CleanrlPpo(Agent[CleanrlPpoConfig]):
    """PPO with a diagonal Gaussian for Box actions and independent choices for discrete ones."""

    config_schema = CleanrlPpoConfig
    needs_training = resumes = True
    policy: Policy | None = None
    saved: dict[str, np.ndarray] | None = None
    updates = 0

    @classmethod
    def incompatibility(cls, spec: AgentSpec) -> str | None:
        actions, observations = spec.action_space, spec.observation_space
        if not isinstance(observations, spaces.Box):
            return f"needs Box observations, and not {short_text(observations)}"
        if not isinstance(actions, spaces.Box | spaces.Discrete | spaces.MultiDiscrete) or 0 in (actions.shape or ()):
            return f"needs a Box or Discrete or MultiDiscrete action space with entries, and not {short_text(actions)}"
        bounded = not isinstance(actions, spaces.Box) or actions.is_bounded()
        return None if bounded else f"needs bounded actions, and not {short_text(actions)}"

    def check(self, spec: AgentSpec, steps: int) -> None:
        require_shares(self.config.action, spec.adapter)
        self._axes(spec)
        each = steps // self.config.n_envs
        allowed = f"at most {each}, a simulator's steps of all sessions, or nothing would be learnt"
        require(self.config.n_steps <= each, "agent.n_steps", self.config.n_steps, allowed)

    def begin(self, env: SequentialSessions, seed: int) -> None:
        if self.saved is not None:
            self.policy = self._policy(env)
            self.policy.restore(self.saved)

    def learn(self, env: SequentialSessions | VectorSessions, seed: int, folder: Path) -> None:
        import torch

        config, sessions = self.config, as_vector(env)  # everything below has one row per simulator
        torch.set_num_threads(config.torch_threads)
        torch.manual_seed(seed)
        shuffle = np.random.default_rng(seed)
        policy = self.policy = self._policy(sessions)
        optimizer = torch.optim.Adam(policy.network.parameters(), lr=config.learning_rate, eps=1e-5)
        returns = RunningMeanStd()  # type: ignore[no-untyped-call]  # of the discounted return so far, whose deviation scales rewards
        discounted, limit, rollout = np.zeros(sessions.n_envs), config.clip_reward, list[tuple[Any, ...]]()
        planned = sessions.plan.total_steps // (config.n_steps * sessions.n_envs)
        points, moving = self.resume_points, (policy, optimizer, returns, shuffle)
        if points is not None and points.resumed is not None:
            self.updates, discounted, observations = restored(points.resumed.learner, *moving)
        else:
            observations = policy.normalize(sessions.reset(), learn=True)
        while not sessions.finished:
            if not rollout and self.updates and points is not None and points.due:
                done = self.updates * config.n_steps * sessions.n_envs
                points.save(done, state_of(*moving, (self.updates, discounted, observations)))
            choices, log_probs, values = policy.sample(observations)
            raw, rewards, terminal, truncated, infos = sessions.step([policy.to_action(choice) for choice in choices])
            over = terminal | truncated
            if config.normalize_reward:
                discounted = config.gamma * discounted + rewards
                returns.update(discounted)  # type: ignore[no-untyped-call]
                rewards = np.clip(rewards / np.sqrt(returns.var + EPSILON), -limit, limit)
                discounted[over] = 0.0
            # A truncation is a time limit, so the value of the true last observation counts, not of the next episode's.
            last = policy.normalize([infos[k].get("terminal_observation", row) for k, row in enumerate(raw)])
            following = policy.normalize(raw, learn=not sessions.finished)  # in the end the last one comes again
            next_values = np.where(terminal, 0.0, policy.values(np.where(over[:, None], last, following)))
            rollout.append((observations, choices, log_probs, values, rewards, next_values, over))
            observations = following
            if len(rollout) == config.n_steps:
                if config.anneal_lr:
                    optimizer.param_groups[0]["lr"] = config.learning_rate * (1 - self.updates / planned)
                update(policy, optimizer, columns(rollout, config), config, shuffle)
                self.updates += 1
                rollout = []
        if rollout:
            left = len(rollout) * sessions.n_envs
            self.notes.append(f"the last {left} steps did not fill a rollout and taught nothing")

    def _axes(self, spec: AgentSpec) -> EntityAxes | None:
        """Where the spaces list the users that the policy treats alike; None if it does not."""
        alike = policy_for(self.config.policy, spec) == PER_USER
        return axes_for(spec.adapter, spec.observation_space, spec.action_space) if alike else None

    def _policy(self, env: SequentialSessions | VectorSessions) -> Policy:
        spec = AgentSpec(env.network.adapter, env.observation_space, env.action_space)
        return Policy(self.config, env.observation_space, env.action_space, self._axes(spec))

    @property
    def has_learnt(self) -> bool:
        return self.updates > 0

    def act(self, observation: Any, info: dict[str, Any]) -> Any:
        assert self.policy is not None, "act() comes after learn(), or after load() and begin()"
        return self.policy.best(observation)

    def save(self, folder: Path) -> None:
        assert self.policy is not None, "save() comes after learn()"
        path = RunFolder(folder).weights_path
        with replacing(path) as hidden:
            with hidden.open("wb") as file:
                np.savez(file, allow_pickle=False, **self.policy.arrays())
            RunFolder(folder).sign(path, hidden.read_bytes())

    @classmethod
    def load(cls, config: CleanrlPpoConfig, folder: Path, trust: bool = False) -> Self:
        agent, path = cls(config), RunFolder(folder).weights_path
        content, agent.saved = read_weights(path)
        if not trust:
            RunFolder(folder).require_unchanged(path, content)
        return agent


def tensor(numbers: Any) -> Tensor:
    """float32 on the CPU."""
    import torch

    return torch.as_tensor(np.asarray(numbers, np.float32))


def columns(rollout: list[tuple[Any, ...]], config: CleanrlPpoConfig) -> tuple[Tensor, ...]:
    """Observations, choices, log probabilities, advantages and returns, one row per step of every simulator."""
    observations, choices, log_probs, values, rewards, next_values, overs = map(np.array, zip(*rollout, strict=True))
    advantages = np.zeros(rewards.shape)
    ahead = np.zeros(rewards.shape[1])
    for t in reversed(range(len(rollout))):
        surprise = rewards[t] + config.gamma * next_values[t] - values[t]
        ahead = advantages[t] = surprise + np.where(overs[t], 0.0, config.gamma * config.gae_lambda * ahead)
    parts = observations, choices, log_probs, advantages, advantages + values
    return tuple(tensor(part.reshape(-1, *part.shape[2:])) for part in parts)


def update(policy: Policy, optimizer: Any, rollout: Any, config: CleanrlPpoConfig, shuffle: Any) -> None:
    """Passes over the rollout in shuffled batches until `n_epochs` or until the policy has moved too far."""
    import torch

    for _ in range(config.n_epochs):
        for batch in shuffle.permutation(len(rollout[0])).reshape(-1, config.batch_size):
            observations, choices, before, advantages, returns = (column[batch] for column in rollout)
            now, entropy, values = policy.judge(observations, choices)
            if config.normalize_advantage:
                advantages = (advantages - advantages.mean()) / (advantages.std() + EPSILON)
            change = now - before
            ratio = change.exp()
            clipped = ratio.clamp(1 - config.clip_range, 1 + config.clip_range)
            gain = torch.min(ratio * advantages, clipped * advantages).mean()
            error = ((values - returns) ** 2).mean()
            divergence = (ratio - 1 - change).mean().item()  # an estimate that is never negative
            if config.target_kl is not None and divergence > 1.5 * config.target_kl:
                return
            optimizer.zero_grad()
            (-gain - config.ent_coef * entropy.mean() + config.vf_coef * error).backward()
            torch.nn.utils.clip_grad_norm_(policy.network.parameters(), config.max_grad_norm)
            optimizer.step()


class Policy:
    """Actor, critic and their scales. A choice is a drawn sample: around -1 to 1 for a Box, else indices from 0."""

    def __init__(
        self,
        config: CleanrlPpoConfig,
        observations: spaces.Space[Any],
        actions: spaces.Space[Any],
        axes: EntityAxes | None = None,
    ) -> None:
        import torch

        self.config, self.actions, self.axes = config, actions, axes
        discrete = getattr(actions, "nvec", [getattr(actions, "n", 0)])
        self.nvec = None if isinstance(actions, spaces.Box) else np.ravel(discrete).tolist()
        size, outputs = math.prod(observations.shape or ()), sum(self.nvec or (math.prod(actions.shape or ()),))
        self.one = actions  # what the learnt numbers are of: all users, or each of them
        if axes is None:
            actor, critic = layers([size, *config.hidden, outputs], 0.01), layers([size, *config.hidden, 1], 1.0)
        else:
            from netgym_cli.agents.pooled import heads

            size, users = observations.shape  # type: ignore[misc]
            self.one = axes.of_one(actions, users)
            actor, critic, outputs = heads(size, config.hidden, self.one, axes.last)
        self.network: Any = torch.nn.ModuleDict({"actor": actor, "critic": critic})
        self.network.register_parameter("log_std", torch.nn.Parameter(torch.full((outputs,), config.log_std_init)))
        self.scale = RunningMeanStd(shape=(size,))  # type: ignore[no-untyped-call]
        assert isinstance(observations, spaces.Box)
        self.units = units(observations, observations.shape if axes is None else (size, 1)).ravel()

    def normalize(self, observations: Any, learn: bool = False) -> np.ndarray:
        """The inputs of actor and critic, one flat float32 row each; `learn` updates the running scale first."""
        flat = np.asarray(observations, np.float64).reshape(len(observations), -1)
        if self.config.normalize_observation:
            rows = flat if self.axes is None else flat.reshape(len(flat), len(self.scale.mean), -1).swapaxes(1, 2)
            if learn:
                self.scale.update(rows.reshape(-1, rows.shape[-1]))  # type: ignore[no-untyped-call]
            mean, deviation = self.scale.mean, np.sqrt(self.scale.var + EPSILON)
            limit, least = self.config.clip_observation, self.config.min_deviation
            rows = np.clip((rows - mean) / floored(deviation, mean, least, self.units), -limit, limit)
            flat = rows if self.axes is None else rows.swapaxes(1, 2).reshape(len(flat), -1)
        return flat.astype(np.float32)

    def distributions(self, observations: Tensor) -> list[Any]:
        """One Gaussian for all entries of a Box, or one categorical distribution per discrete entry."""
        from torch.distributions import Categorical, Normal

        outputs = self.network["actor"](observations)
        if self.nvec is None:
            log_std = self.network.log_std
            if self.axes is not None:
                log_std = self.network["actor"].for_all(log_std, outputs.shape[-1])
            return [Normal(outputs, log_std.exp())]
        return [Categorical(logits=part) for part in outputs.split(self.nvec, -1)]

    def judge(self, observations: Tensor, choices: Tensor) -> tuple[Any, Any, Any]:
        """Log probabilities of `choices`, entropies and values, one per row of `observations`."""
        distributions = self.distributions(observations)
        parts = [choices] if self.nvec is None else choices.unbind(-1)
        pairs = zip(distributions, parts, strict=True)
        log_prob = sum(each.log_prob(part).reshape(len(part), -1).sum(-1) for each, part in pairs)
        entropy = sum(distribution.entropy().reshape(len(choices), -1).sum(-1) for distribution in distributions)
        return log_prob, entropy, self.network["critic"](observations)[:, 0]

    def values(self, observations: np.ndarray) -> np.ndarray:
        """What the critic expects from each of these on, float64."""
        return self.network["critic"](tensor(observations))[:, 0].detach().double().numpy()  # type: ignore[no-any-return]

    def sample(self, observations: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """A drawn choice for each row, its log probability and the row's value."""
        rows = tensor(observations)
        drawn = [distribution.sample().numpy() for distribution in self.distributions(rows)]
        choices = drawn[0] if self.nvec is None else np.stack(drawn, -1)
        log_probs, _, values = self.judge(rows, tensor(choices))
        return choices, log_probs.detach().numpy(), values.detach().double().numpy()

    def best(self, observation: Any) -> Any:
        """The most probable action."""
        distributions = self.distributions(tensor(self.normalize([observation])))
        modes = [each.mean[0] if self.nvec is None else each.probs[0].argmax() for each in distributions]
        return self.to_action(np.ravel([mode.detach().numpy() for mode in modes]))

    def to_action(self, choice: np.ndarray) -> Any:
        """The action that a choice stands for, inside the action space."""
        space = self.actions
        if isinstance(space, spaces.Box) and self.config.action == "softmax":
            return Softmax.of(space).stretch(choice.reshape(space.shape)).astype(space.dtype)
        if isinstance(space, spaces.Box):
            low, high = map(np.ravel, edges(space))
            choice = np.clip(low + (high - low) * (np.clip(choice, -1, 1) + 1) / 2, low, high)
        else:
            choice = np.ravel(space.start) + choice  # type: ignore[attr-defined]
        return environment_action(choice.reshape(space.shape or ()), space).astype(space.dtype)

    def arrays(self) -> dict[str, np.ndarray]:
        """All learnt arrays and the bounds of the actions, by name."""
        weights = {name: weight.numpy() for name, weight in self.network.state_dict().items()}
        bounds = {name: np.array(getattr(self.one, name, [])) for name in ("low", "high", "nvec")}
        return weights | bounds | {"mean": self.scale.mean, "var": self.scale.var}

    def restore(self, saved: dict[str, np.ndarray]) -> None:
        """Restores the result of `arrays`. Raises `ConfigError` if it is of other observations or actions."""
        for name, current in self.arrays().items():
            same = name in saved and current.shape == saved[name].shape
            if not same or (name in ("low", "high", "nvec") and (current != saved[name]).any()):
                raise ConfigError(f"the model was trained for other observations or actions ('{name}' differs).")
        self.network.load_state_dict({name: tensor(saved[name]) for name in self.network.state_dict()})
        self.scale.mean, self.scale.var = saved["mean"], saved["var"]
