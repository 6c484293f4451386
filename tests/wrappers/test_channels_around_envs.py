"""Runs whose observations and actions cross channels, from config to tables."""

import json

import numpy as np
import pandas as pd
import pytest
from gymnasium import spaces
from omegaconf import OmegaConf
from typer.testing import CliRunner

from netgym_cli.cli.app import app
from netgym_cli.common.errors import ConfigError
from netgym_cli.envs.network_env import NetworkEnv
from netgym_cli.experiment import run
from netgym_cli.sessions.plan import Plan
from netgym_cli.sessions.sequential import SequentialSessions
from netgym_cli.wrappers.build import agent_spec, open_env, wrap_with_channels
from netgym_cli.wrappers.seeds import channel_seed
from tests.support.engine import run_config
from tests.support.scripted_channel import scripted_config


def behind_toy(channel, **keys):
    config = run_config(**keys)
    config.channel = channel
    return config


def walked(config, act=lambda observation, info: None):
    """Every (observation, info) of a run, and the environment."""
    env = SequentialSessions(open_env(config), Plan.of(config))
    told = []
    while not env.finished:
        observation, info = env.reset()
        told.append((observation, info))
        over = False
        while not over:
            observation, _, terminated, truncated, info = env.step(act(observation, info))
            told.append((observation, info))
            over = terminated or truncated
    return told, env


def test_a_network_and_its_channel_run_on_through_the_episodes_of_a_session():
    told, env = walked(behind_toy(scripted_config([None] * 3), sessions=[{}, {}]))
    channel = env.env.channel
    assert channel.seeds == [channel_seed(seed) for seed in env.plan.seeds]
    assert [info["channel_info"]["sent"] for _, info in told[:11]] == [1, 2, 3, 4, 5, 5, 6, 7, 8, 9, 1]
    last, first = told[4][0], told[5][0]  # around the episode's end: nothing moved
    assert all(np.array_equal(last[key], first[key]) for key in last)
    assert env.network.step_ms == channel.step_ms == 100


def test_rules_see_the_measurement_that_arrived():
    told, _ = walked(behind_toy(scripted_config([None, 100, 250, None])))
    plain, _ = walked(run_config())
    true = [info.stats.ts_ms for _, info in plain[:5]]
    assert [info.stats and info.stats.ts_ms for _, info in told[:5]] == [None, None, true[1], true[1], true[4]]


def test_tables_have_the_channels_kpis_per_step(tmp_path):
    config = behind_toy(scripted_config([0, None, 130, 0]), agent="random")
    run.check(config)
    run.train(config, tmp_path, ["netgym"])
    steps = pd.read_parquet(tmp_path / "metrics" / "steps.parquet")
    assert steps["channel_sent"].tolist() == [2] + [1] * 7  # the first row counts what reset sent, too
    assert steps["channel_arrived"].tolist() == [1, 0, 2, 1, 1, 1, 1, 1]
    assert steps["channel_lost"].tolist() == [1] + [0] * 7
    assert steps["channel_delay_ms"].isna().tolist() == [True, True] + [False] * 6
    assert steps["channel_delay_ms"][2] == 65 and steps["channel_age_ms"].tolist()[:3] == [200, 300, 100]
    assert steps["channel_queue_bytes"].tolist() == [0] * 8
    episodes = pd.read_csv(tmp_path / "metrics" / "episodes.csv")
    assert episodes["channel_delay_ms"][0] == pytest.approx((65 + 0) / 2) and episodes["rate_mbps"].notna().all()


def test_actions_cross_a_channel_of_their_own(tmp_path):
    channel = scripted_config(buffer_size=2)
    channel.action = scripted_config([None, 0, 150])
    config = behind_toy(channel, agent="constant", action=1.0)
    run.check(config)
    run.train(config, tmp_path, ["netgym"])
    steps = pd.read_parquet(tmp_path / "metrics" / "steps.parquet")
    assert steps["action_arrived"].tolist() == [0, 1, 0, 2, 1, 1, 1, 1]
    assert (steps["rate_mbps"] > 9).tolist() == [False] + [True] * 7  # the default algorithm gives half of it
    config.channel.action_default = 0.0
    run.train(config, tmp_path / "zero", ["netgym"])
    assert pd.read_parquet(tmp_path / "zero" / "metrics" / "steps.parquet")["rate_mbps"][0] < 1


@pytest.mark.parametrize("agent", ["ppo", "sac"])
def test_a_learner_takes_the_window_and_its_model_can_be_loaded(agent, tmp_path):
    config = behind_toy(scripted_config([None, 0, 120], age=True), agent=agent, sessions=[{}, {}])
    run.check(config)
    summary = run.train(config, tmp_path, ["netgym"])
    assert summary.steps == 16
    loaded = type(run.make_agent(config)).load(config.agent, tmp_path, trust=True)
    env = SequentialSessions(open_env(config), Plan.of(config))
    loaded.rollout(env, 1)
    assert env.finished
    with pytest.raises(ConfigError, match="the model was trained for the observations Dict"):
        loaded.rollout(SequentialSessions(open_env(run_config()), Plan.of(run_config())), 1)


def test_what_an_agent_will_see_is_known_before():
    config = behind_toy(scripted_config(buffer_size=7))
    network = NetworkEnv(config.env, config.simulator)
    space = agent_spec(network, config.channel).observation_space
    assert isinstance(space, spaces.Dict) and space == open_env(config).observation_space
    assert space["observations"].shape == (7, 1, 3) and network.adapter.observation_space.shape == (1, 3)


def test_without_channels_the_environment_stays_as_it_is():
    config = run_config()
    network = NetworkEnv(config.env, config.simulator)
    assert wrap_with_channels(network, config.channel) is network


def test_a_default_action_outside_the_space_is_refused():
    channel = scripted_config(action_default=7)
    channel.action = scripted_config()
    with pytest.raises(ConfigError, match=r"channel.action_default is 7; allowed: .*Box"):
        run.check(behind_toy(channel))


def test_an_own_channel_carries_actions_and_a_run_meets_another_channel(workdir):
    (workdir / "mine" / "channel").mkdir(parents=True)
    (workdir / "mine" / "channel" / "lossy.yaml").write_text("# mine\ndefaults: [link, _self_]\nloss: 0.5\n")

    def netgym(*words):
        done = CliRunner().invoke(app, words)
        assert done.exit_code == 0, done.output
        return done

    short = ["sessions=1", "env.episodes_per_session=4", "agent.n_steps=20", "agent.batch_size=20", "hydra.run.dir=run"]
    netgym("train", "--config-dir", "mine", "env=gym", "agent=ppo_gym", "channel=wan", "channel.action=lossy", *short)
    saved = OmegaConf.load(workdir / "run" / ".hydra" / "config.yaml")
    assert (saved.channel.action.name, saved.channel.action.loss) == ("link", 0.5)
    done = netgym(
        "evaluate", "run", "channel=gilbert_elliott", "channel.loss_good=1", "channel.loss_bad=1", "seeds=1", "--json"
    )
    rows = {row["metric"]: row["mean"] for row in json.loads(done.stdout)["summary"]}
    assert rows["channel_arrived"] == 0 < rows["channel_lost"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["channel.action={name: link, loss: 1.5}"], "channel.action.loss is 1.5; allowed: "),
        (["channel.action={name: link, action: link}"], "channel.action.action"),
        (["channel.action=ns3_wifi_multi"], "channel.action is 'ns3_wifi_multi'; allowed: a channel with one station"),
        (["channel.queue_bytes=30"], "channel.packet_size_bytes is 16; allowed: 1 to 2 bytes on link"),
        (["channel.action_default=9"], "channel.action_default is 9; allowed: "),
    ],
)
def test_what_cannot_cross_leaves_no_folder(words, told, workdir):
    action = [] if any("action=" in word for word in words) else ["channel.action=wan"]
    done = CliRunner().invoke(app, ["train", "env=gym", "agent=random", "channel=link", *action, *words])
    assert (done.exit_code, told in done.stderr) == (2, True), done.output
    assert not (workdir / "outputs").exists()


def test_late_rewards_are_paid_once_in_every_episode_of_a_session(tmp_path):
    config = behind_toy(scripted_config([250] * 40, reward="with_observation"), agent="random", sessions=[{}, {}])
    run.train(config, tmp_path / "late", ["netgym"])
    run.train(run_config(agent="random", sessions=[{}, {}]), tmp_path / "now", ["netgym"])
    late, now = (pd.read_csv(tmp_path / name / "metrics" / "episodes.csv")["return"] for name in ("late", "now"))
    assert late.tolist() == pytest.approx(now.tolist())
    steps = pd.read_parquet(tmp_path / "late" / "metrics" / "steps.parquet")["reward"]
    assert (steps >= 0).all() and steps[0] == 0
