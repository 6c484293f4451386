"""Offline agents learn a small known problem from poor data, and their models live on as any other's."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from netgym_cli.agents.base import agent_registry
from netgym_cli.common.errors import ConfigError
from netgym_cli.config.compose import compose
from netgym_cli.datasets import open_dataset
from netgym_cli.experiment import run
from netgym_cli.experiment.config import typed_run
from netgym_cli.sessions.sequential import SequentialSessions
from netgym_cli.wrappers.build import open_env
from tests.conftest import homes_in
from tests.support import offline_data
from tests.support.engine import StopAfter

OFFLINE = [name for name in agent_registry.names() if agent_registry.load(name).needs_dataset]
QUICK = {"cql": ["agent.num_actions=4", "agent.actor_learning_rate=0.001"], "iql": [], "bc": []}
LAYERS = {"bc": "{pi: [32, 32], vf: [32]}", "ptd3": "{pi: [32, 32], qf: [16, 16]}"}
STEPS = 400


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A directory of datasets and a state directory of their own."""
    folder = tmp_path_factory.mktemp("offline")
    with homes_in(folder):
        offline_data.write("LQ", count=60)
        offline_data.write("LQDict", count=3)
        yield folder


@pytest.fixture(autouse=True)
def own_homes(place):
    """The tests of this module share them."""


def configured(name, *words, kind="LQ", dataset=None):
    """The config of a run with small layers; later words win."""
    layers = LAYERS.get(name, "[32, 32]")
    dataset = dataset or offline_data.ID.replace("lq", kind.lower())
    env = ["env=gym", f"env.id=tests.support.offline_data:{kind}-v0", f"env.steps_per_episode={offline_data.STEPS}"]
    small = [f"agent.policy_kwargs.net_arch={layers}", "agent.batch_size=64", "agent.learning_rate=0.001"]
    short = [f"dataset={dataset}", "steps=20", "agent.evaluate_every_steps=0", "agent.evaluation_episodes=2"]
    return typed_run(compose([*env, f"agent={name}", *small, *QUICK.get(name, []), *short, *words]))


def done(config, folder):
    run.check(config)
    return run.train(config, folder, ["netgym"])


@pytest.fixture(scope="module")
def trained(place):
    """The run folder of an agent that has learnt, by name."""
    folders = {}

    def folder_of(name):
        if name not in folders:
            folders[name] = place / name
            words = (f"steps={STEPS}", f"agent.evaluate_every_steps={STEPS - 100}", "agent.evaluation_episodes=20")
            done(configured(name, *words), folders[name])
        return folders[name]

    return folder_of


def loaded(name, folder):
    config = configured(name)
    return agent_registry.load(name).load(config.agent, folder)


def observations(count=20):
    return np.random.default_rng(3).uniform(-3, 3, (count, 3)).astype(np.float32)


@pytest.mark.parametrize("name", OFFLINE)
def test_it_earns_clearly_more_than_the_policy_it_learnt_from(name, trained):
    folder = trained(name)
    behaviour = np.mean([np.sum(episode.rewards) for episode in open_dataset(offline_data.ID).episodes()])
    told = pd.read_csv(folder / "metrics" / "evaluations.csv")
    assert told["update"].tolist() == [STEPS - 100, STEPS] and told["session"].tolist() == [0, 1]
    assert told["return"].iloc[-1] > behaviour / 2, "half of the cost, most of which is the behaviour's noise"
    if name != "bc":
        imitated = pd.read_csv(trained("bc") / "metrics" / "evaluations.csv")["return"].iloc[-1]
        assert told["return"].iloc[-1] > imitated, "values say more than imitation"


@pytest.mark.parametrize("name", OFFLINE)
def test_evaluations_are_sessions_of_one_seed_outside_of_the_dataset(name, trained):
    folder = trained(name)
    sessions = pd.read_csv(folder / "metrics" / "sessions.csv")
    assert sessions["seed"].tolist() == [1_000_001] * 2 and set(sessions["status"]) == {"complete"}
    episodes = pd.read_csv(folder / "metrics" / "episodes.csv")
    told = pd.read_csv(folder / "metrics" / "evaluations.csv")
    assert np.allclose(episodes.groupby("session")["return"].mean(), told["return"])


@pytest.mark.parametrize("name", OFFLINE)
def test_the_library_alone_loads_the_model_and_acts_as_the_agent_does(name, trained):
    import stable_baselines3

    agent = loaded(name, trained(name))
    plain = getattr(stable_baselines3, agent.algorithm).load(trained(name) / "model.zip", device="cpu")
    for observation in observations():
        seen = agent.trained.normalization.apply(observation)
        action = plain.predict(seen, deterministic=True)[0]
        assert np.array_equal(agent.act(observation, {}), agent.trained.normalization.action.stretch(action))


@pytest.mark.parametrize("name", OFFLINE)
def test_equal_seeds_learn_equal_models_to_the_bit_and_no_evaluation_needs_no_session(name, place, tmp_path):
    models = []
    for k, seed in enumerate((1, 1, 2)):
        summary = done(configured(name, f"seed={seed}"), tmp_path / str(k))
        assert (summary.sessions, summary.steps) == (0, 0) and "20 updates" in summary.notes[0]
        models.append(loaded(name, tmp_path / str(k)).trained.model.policy.state_dict())
    first, same, other = models
    assert all(torch.equal(first[key], same[key]) for key in first)
    assert not all(torch.equal(first[key], other[key]) for key in first)


def test_evaluating_changes_nothing_that_is_learnt(place, tmp_path):
    states = []
    for every in (0, 5):
        done(configured("iql", f"agent.evaluate_every_steps={every}"), tmp_path / str(every))
        states.append(loaded("iql", tmp_path / str(every)).trained.model.policy.state_dict())
    assert all(torch.equal(states[0][key], states[1][key]) for key in states[0])


@pytest.mark.parametrize("name", OFFLINE)
def test_dictionaries_of_observations_and_scales_are_learnt_from(name, place, tmp_path):
    words = ["agent.policy=auto", "agent.rescale_action=false", "agent.learning_rate=linear:0.001"]
    words += [] if name == "bc" else ["agent.normalize_reward=true"]
    config = configured(name, *words, "agent.evaluate_every_steps=20", "agent.checkpoint_every_steps=10", kind="LQDict")
    assert done(config, tmp_path / "run").steps == 2 * offline_data.STEPS
    assert len(list((tmp_path / "run" / "checkpoints").glob("*.zip"))) == 2


@pytest.mark.parametrize("kind", ["LQChoice", "LQChoices", "LQSwitches"])
def test_cloning_imitates_choices(kind, place, tmp_path):
    offline_data.write(kind, count=30)
    config = configured("bc", "steps=200", "agent.evaluate_every_steps=200", kind=kind)
    config.agent.evaluation_episodes = 20
    done(config, tmp_path / "run")
    behaviour = np.mean([np.sum(episode.rewards) for episode in open_dataset(config.dataset).episodes()])
    assert pd.read_csv(tmp_path / "run" / "metrics" / "evaluations.csv")["return"].iloc[-1] > behaviour


def test_ctrl_c_keeps_what_was_learnt(place, tmp_path):
    config = configured("td3_bc", "steps=100000")
    agent = run.make_agent(config)

    with pytest.raises(KeyboardInterrupt):
        agent.learn(SequentialSessions(open_env(config), agent.plan(config), [StopAfter(7)]), 1, tmp_path)
    assert agent.has_learnt
    agent.save(tmp_path)
    assert loaded("td3_bc", tmp_path).trained.model._n_updates == 7


@pytest.mark.parametrize(
    ("name", "words", "named"),
    [
        ("td3_bc", ["dataset=null"], ["td3_bc", "add dataset=ID"]),
        ("td3_bc", ["steps=null"], ["td3_bc", "add steps=NUMBER"]),
        ("td3_bc", ["steps=0"], ["steps is 0", "1 or more"]),
        ("bc", ["sessions=[{},{}]"], ["sessions", "leave sessions out", "evaluate_every_steps"]),
        ("bc", ["dataset=netgym/lq/mediocre-v1"], ["netgym/lq/mediocre-v1", "netgym/lq/mediocre-v0"]),
        ("bc", ["env.id=CartPole-v1"], ["netgym/lq/mediocre-v0", "(3,)", "(4,)"]),
        ("iql", ["env.id=tests.support.offline_data:LQChoice-v0"], ["iql", "needs a Box", "Discrete(9)"]),
        ("cql", ["init=there"], ["init is 'there'", "cql", "agent=ppo"]),
        ("iql", ["agent.expectile=1"], ["agent.expectile", "between 0 and 1"]),
        ("ptd3", ["agent.gradient=all"], ["agent.gradient", "last_layer"]),
        (
            "ptd3",
            ["agent.gradient=critic", "agent.policy_kwargs.net_arch={pi: [8], qf: [200, 200]}"],
            ["agent.gradient is 'critic'", "last_layer for a critic of 41601 parameters", "net_arch"],
        ),
        ("ptd3", ["agent.decay=0"], ["agent.decay", "above 0"]),
        ("td3_bc", ["agent.policy_kwargs.net_arch=[0]"], ["net_arch"]),
    ],
)
def test_what_cannot_be_learnt_is_said_before_the_run(name, words, named, place):
    with pytest.raises(ConfigError) as caught:
        run.check(configured(name, *words))
    assert all(word in str(caught.value) for word in named), caught.value


def test_a_dataset_of_another_environment_is_refused(place):
    about = {"netgym": {"env": {"name": "nqos_split"}, "seeds": [0]}}
    dataset = offline_data.write("LQ", count=1, about=about, version=9)
    with pytest.raises(ConfigError, match=r"collected with env.name=nqos_split, and the run has env.name=gym"):
        run.check(configured("bc", dataset=dataset))


def test_an_evaluation_never_meets_a_seed_of_the_dataset(place):
    dataset = offline_data.write("LQ", count=1, about={"netgym": {"seeds": [1_000_001, 1_000_002]}}, version=8)
    config = configured("bc", "agent.evaluate_every_steps=8", dataset=dataset)
    plan = run.make_agent(config).plan(config)
    assert plan.seeds == (1_000_003,) * 3 and plan.steps == (2 * offline_data.STEPS,) * 3


def test_an_incomplete_dataset_teaches_and_is_told(place, tmp_path):
    about = {"netgym": {"seeds": ["x", 3], "complete": False}}
    dataset = offline_data.write("LQ", count=2, about=about, version=7)
    config = configured("bc", dataset=dataset)
    summary = done(config, tmp_path / "run")
    assert any("is not complete" in note for note in summary.notes)
    assert run.make_agent(config).training_seeds() == {3}  # whatever else the metadata calls a seed is none


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["agent=sac", "dataset=x/y-v0"], ["dataset is 'x/y-v0'", "'sac'", "agent=td3_bc"]),
        (["agent=random", "init=outputs/x"], ["init is 'outputs/x'", "'random'", "agent=ppo"]),
    ],
)
def test_keys_that_an_agent_cannot_use_are_refused(words, named):
    with pytest.raises(ConfigError) as caught:
        typed_run(compose(words))
    assert all(word in str(caught.value) for word in named), caught.value


def test_transitions_are_the_datasets_own(place):
    from netgym_cli.agents.normalization import Bounds
    from netgym_cli.agents.offline.transitions import read

    env = offline_data.LQ()
    episodes = offline_data.collected(env, 2, seed=5)
    ends = np.arange(offline_data.STEPS) == offline_data.STEPS - 1
    episodes[1] = replace(episodes[1], terminations=ends, truncations=~ends & False)
    dataset = _written(env, episodes, "x/ends-v0")
    config = configured("td3_bc", "agent.normalize_observation=false").agent
    data, _ = read(dataset, config, offline_data.forms_of(dataset, Bounds([-1, -1], [3, 3])), torch.device("cpu"))
    assert data.dones[:, 0].nonzero()[:, 0].tolist() == [2 * offline_data.STEPS - 1], "time limits go on"
    seen, after = data.observations[""][data.places], data.observations[""][data.places + 1]
    assert np.array_equal(seen, np.concatenate([one.observations[:-1] for one in episodes]))
    assert np.array_equal(after, np.concatenate([one.observations[1:] for one in episodes]))
    actions = np.concatenate([one.actions for one in episodes])
    assert np.allclose(data.actions, (actions - 1) / 2) and data.actions.abs().max() <= 1
    normal, moments = read(dataset, configured("td3_bc").agent, offline_data.forms_of(dataset), torch.device("cpu"))
    assert normal.observations[""][:, :2].std(dim=0).numpy() == pytest.approx(1, abs=0.05)
    assert np.array_equal(normal.observations[""][7], moments.apply(episodes[0].observations[7]))


def test_what_never_changed_is_hidden_from_the_model(place):
    from netgym_cli.agents.offline.transitions import read

    env = offline_data.LQ()
    episodes = offline_data.collected(env, 2, seed=5)
    for episode in episodes:
        episode.observations[:, 1] = 7
    dataset = _written(env, episodes, "x/constant-v0")
    _, normalization = read(dataset, configured("bc").agent, offline_data.forms_of(dataset), torch.device("cpu"))
    told = normalization.apply(np.array([1, -500, 1], np.float32))
    assert abs(told[1]) < 1e-9 and abs(told[[0, 2]]).min() > 0


def test_numbers_that_are_not_finite_are_refused(place):
    from netgym_cli.agents.offline.transitions import read

    env = offline_data.LQ()
    episodes = offline_data.collected(env, 2, seed=5)
    episodes[1].rewards[3] = np.nan
    dataset = _written(env, episodes, "x/nan-v0")
    with pytest.raises(ConfigError, match="episode 1 of dataset 'x/nan-v0' has rewards that are not finite"):
        read(dataset, configured("bc").agent, offline_data.forms_of(dataset), torch.device("cpu"))


def _written(env, episodes, name):
    from netgym_cli.datasets import write_dataset

    write_dataset(name, env.observation_space, env.action_space, episodes)
    return open_dataset(name)


def test_gradients_by_the_last_layer_are_part_of_those_by_the_critic(place):
    found = []
    for gradient in ("last_layer", "critic"):
        config = configured("ptd3", f"agent.gradient={gradient}")
        from netgym_cli.agents.sb3.build import build, vector_env
        from netgym_cli.agents.sb3.dry_build import SpacesOnly

        env = offline_data.LQ()
        slot = vector_env(config.agent, SpacesOnly(env.observation_space, env.action_space))
        learner = run.make_agent(config).learner(build("TD3", config.agent, slot, seed=1))
        found.append(learner.gradients(torch.tensor(observations(4)), torch.zeros(4, 2)))
    last, whole = found
    assert last.shape == (4, 17) and torch.allclose(whole[:, -17:], last, atol=1e-6)
