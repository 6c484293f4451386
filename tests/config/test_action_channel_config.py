"""The channel group's two places in the config: `channel`, and `channel.action` for the way back."""

import json

import pytest
import yaml
from omegaconf import OmegaConf
from typer.testing import CliRunner

from netgym_cli.channels.base import DeliveryConfig
from netgym_cli.cli.app import app
from netgym_cli.cli.completion import completions
from netgym_cli.common.errors import ConfigError
from netgym_cli.config import conf_dirs
from netgym_cli.config.compose import Composer, compose
from netgym_cli.config.schema import ChannelConfig
from netgym_cli.experiment.config import typed_run
from netgym_cli.wrappers.action_channel_env import ActionChannelEnv
from netgym_cli.wrappers.channel_configs import channel_config
from tests.wrappers.test_action_channel_env import Actuator

WINDOW, ACTION = (yaml.safe_load((conf_dirs.builtin() / f"{part}.yaml").read_text()) for part in ("window", "action"))
# Every key of a channel in one file, as users wrote them before conf/window.yaml and conf/action.yaml.
WHOLE = yaml.safe_load("""
name: link
bandwidth_mbps: 5
propagation_delay_ms: 30
jitter_ms: 0
jitter_share: 0
loss: 0.1
duplication: 0
jitter_distribution: uniform
reordering: false
queue_bytes: 1500000
header_bytes: 28
buffer_size: 7
fill: hold
age: true
reward: with_observation
packet_size_bytes: null
step_duration_ms: 20
action: {name: mobile, loss: 0.25}
action_hold: default
action_default: 1
""")


@pytest.fixture
def own(tmp_path):
    """A conf directory with channels of one's own."""
    (tmp_path / "channel").mkdir()
    (tmp_path / "channel" / "whole.yaml").write_text(yaml.safe_dump(WHOLE))
    (tmp_path / "channel" / "lossy.yaml").write_text("# mine\ndefaults: [link, _self_]\nloss: 0.5\n")
    (tmp_path / "channel" / "variant.yaml").write_text("defaults: [whole, _self_]\nbuffer_size: 3\naction: lossy\n")
    return tmp_path


def channel(*words, config_dirs=()):
    return typed_run(compose(["env=gym", "agent=random", *words], config_dirs)).channel


def test_the_parts_hold_the_keys_of_their_records():
    assert WINDOW.keys() == DeliveryConfig.__annotations__.keys()
    assert {"name", *ACTION} == ChannelConfig.__annotations__.keys()


@pytest.mark.parametrize("name", conf_dirs.members("channel"))
def test_no_channel_repeats_what_the_parts_say(name):
    content = yaml.safe_load(conf_dirs.members("channel")[name].read_text())
    repeated = {key for key, value in (WINDOW | ACTION).items() if content.get(key, "absent") == value}
    assert not repeated


@pytest.mark.parametrize(
    ("words", "name", "loss", "delay_ms"),
    [
        (["channel.action=mobile"], "link", 0.01, [50, 200]),
        (["channel.action={name: mobile, loss: 0.1}"], "link", 0.1, [50, 200]),
        (["channel.action=mobile", "channel.action.loss=0.1"], "link", 0.1, [50, 200]),
        (["channel.action.loss=0.1", "channel.action=lossy"], "link", 0.1, 20),
        (["channel.action=lossy"], "link", 0.5, 20),
    ],
)
def test_the_action_channel_can_be_named_and_changed(words, name, loss, delay_ms, own):
    action = channel("channel=wan", *words, config_dirs=[own]).action
    assert (action.name, action.loss, action.propagation_delay_ms) == (name, loss, delay_ms)


def test_a_file_with_every_key_stays_what_it_was(own):
    found = channel("channel=whole", config_dirs=[own])
    assert (found.buffer_size, found.fill, found.age, found.reward) == (7, "hold", True, "with_observation")
    assert (found.action.loss, found.action_hold, found.action_default) == (0.25, "default", 1)
    varied = channel("channel=variant", "channel.action_hold=last", config_dirs=[own])
    assert (varied.buffer_size, varied.loss, varied.action.loss, varied.action_hold) == (3, 0.1, 0.5, "last")


def test_what_is_composed_needs_the_users_directories_no_more(own):
    config = compose(["env=gym", "agent=random", "channel=variant"], [own])
    assert typed_run(OmegaConf.create(OmegaConf.to_yaml(config, resolve=True))).channel.action.loss == 0.5
    half = OmegaConf.to_container(config, resolve=True)
    half["channel"]["action"] = "lossy"
    with pytest.raises(ConfigError, match=r"channel.action is 'lossy'; allowed: a mapping of all keys"):
        typed_run(half)


def test_a_saved_config_takes_another_action_channel(own):
    saved = OmegaConf.to_container(compose(["env=gym", "agent=random", "channel=whole"], [own]))
    words = ["channel.action=wan", "channel.action.loss=0.3"]
    changed = typed_run(Composer(words).applied_to(saved)).channel.action
    assert (changed.loss, changed.propagation_delay_ms, changed.buffer_size) == (0.3, [10, 50], 10)


def test_a_grid_goes_over_action_channels(own):
    from netgym_cli.jobs.grid import grid

    points = list(grid(Composer(["channel.action=wan,lossy", "channel.action.duplication=0,0.1"], [own])))
    found = [channel("channel=link", *point, config_dirs=[own]).action for point in points]
    assert [(action.loss, action.duplication) for action in found] == [(0.001, 0), (0.001, 0.1), (0.5, 0), (0.5, 0.1)]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["channel.action=mobil"], "channel.action: unknown channel 'mobil'. Did you mean 'mobile'"),
        (["channel.action=5"], "channel.action is 5; allowed: the name of a channel"),
        (["channel.action={loss: 0.1}"], "channel.action is {'loss': 0.1}; allowed: the name of a channel"),
        (["channel.action={name: link, los: 0.1}"], "'channel.action.los'. Did you mean 'channel.action.loss'"),
        (["channel.action=wan", "channel.action.los=1"], "'channel.action.los'. Did you mean 'channel.action.loss'"),
        (["channel.action=mobil", "channel.action.loss=1"], "unknown channel 'mobil'. Did you mean 'mobile'"),
        (["channel.action.loss=1"], "unknown key 'channel.action.loss'"),
        (["channel=none", "channel.buffer_size=5"], "unknown key 'channel.buffer_size'"),
    ],
)  # fmt: skip
def test_messages(words, told):
    with pytest.raises(ConfigError) as error:
        channel("channel=link", *words)
    assert told in str(error.value)


def test_show_tells_the_keys_of_both_channels(own):
    words = ["show", "--config-dir", str(own), "channel=ns3_lte", "channel.action=lossy", "--json"]
    keys = {key["key"]: key for key in json.loads(CliRunner().invoke(app, words).stdout)["keys"]}
    assert next(iter(keys)) == "channel.name" and keys["channel.action.loss"]["default"] == 0.5
    assert "probability" in keys["channel.action.duplication"]["meaning"]
    assert "observations in the agent's window" in keys["channel.buffer_size"]["meaning"]
    assert "1472" in keys["channel.packet_size_bytes"]["meaning"]


def test_completion_offers_keys_that_can_be_set():
    offered = completions(["channel=link", "channel.action=wan", "channel.action.lo"])
    assert offered == ["channel.action.loss="]
    assert channel("channel=link", "channel.action=wan", f"{offered[0]}0.7").action.loss == 0.7
    assert "channel.buffer_size=" in completions(["channel=link", "channel.bu"])
    assert completions(["channel.action=mo"]) == ["channel.action=mobile"]


def test_python_composes_the_same(own):
    assert channel_config("mobile", loss=0.1, buffer_size=3) == channel(
        "channel=mobile", "channel.loss=0.1", "channel.buffer_size=3"
    )
    assert channel_config("variant", config_dirs=[own]) == channel("channel=variant", config_dirs=[own])
    with pytest.raises(ConfigError, match="unknown channel 'variant'"):
        channel_config("variant")
    env = ActionChannelEnv(Actuator(), {"name": "mobile", "loss": 0.2})
    assert (env.channel.config.loss, env.channel.config.propagation_delay_ms) == (0.2, [50, 200])
