import pytest

from netgym_cli.agents.base import agent_registry
from netgym_cli.channels.base import channel_registry
from netgym_cli.cli.describe import describe, spaces
from netgym_cli.config import catalog, compose, conf_dirs
from netgym_cli.envs.base import env_registry
from netgym_cli.experiment.config import typed_run
from netgym_cli.simulators.base import simulator_registry
from tests.conftest import REPO

YAML = """\
# Meaning of the file
name: x            # who
plain: 1
# --- a heading says nothing about the next key
url: "a # b"       # text with a hash
long: [1,
  2]               # a list
                   # over two lines
  # and a third
inner:             # the inner part
  delay_ms: 3      # wait, ms
flow: {a_m: 1}     # flow style
"""


def test_comments_are_found_behind_their_keys():
    assert catalog.comments(YAML) == {
        "name": "who",
        "url": "text with a hash",
        "long": "a list over two lines and a third",
        "inner": "the inner part",
        "inner.delay_ms": "wait, ms",
        "flow": "flow style",
    }


@pytest.mark.parametrize(
    ("key", "unit"),
    [
        ("env.delay_ms", "ms"),
        ("simulator.step_timeout_s", "s"),
        ("env.x_m", "m"),
        ("a.max_rate_mbps", "Mbit/s"),
        ("a.tx_power_dbm", "dBm"),
        ("a.speed_mps", "m/s"),
        ("a.shared_rbg", "RB groups"),
        ("a.packet_size_bytes", "bytes"),
        ("seed", ""),
        ("s", ""),
        ("env.num_users", ""),
    ],
)
def test_units_come_from_the_keys_ending(key, unit):
    assert catalog.unit(key) == unit


@pytest.mark.parametrize(
    ("group", "registry"),
    [
        ("env", env_registry),
        ("agent", agent_registry),
        ("channel", channel_registry),
        ("simulator", simulator_registry),
    ],
)
def test_every_registered_member_is_listed_with_its_meaning(group, registry):
    listed = {member.name: member for member in catalog.members([group])}
    assert set(registry.names()) <= set(listed)
    for member in listed.values():
        assert member.meaning, f"{member.file} must begin with a comment that says what it is"


def test_a_users_directory_is_listed_too():
    names = [member.name for member in catalog.members(["env"], [REPO / "tests" / "support" / "conf"])]
    assert "toy" in names
    assert names == sorted(names)


@pytest.mark.parametrize("group", conf_dirs.GROUPS)
def test_every_key_of_the_shipped_configs_has_a_meaning(group):
    for name in [member.name for member in catalog.members([group])]:
        composer = compose.Composer([f"{group}={name}"])
        raw = compose.OmegaConf.to_container(composer.compose(), resolve=True)
        silent = [key.key for key in catalog.keys(raw, composer.files(), group) if not key.meaning]
        assert set(silent) <= {"agent.name"}, f"{group}={name}"


def test_keys_say_what_is_allowed_as_far_as_it_is_known():
    described = describe(["env=toy", "channel=link", "agent=ppo"], [REPO / "tests" / "support" / "conf"])
    allowed = {key["key"]: key["allowed"] for key in described["keys"]}
    assert allowed["env.random_seed"] == "0 to 2147483647, or null"
    assert allowed["channel.fill"] == "zero, hold"
    assert allowed["channel.loss"] == "a number or a range [low, high], 0 to 1"
    assert allowed["agent.clip_reward"] == "above 0"
    assert allowed["agent.policy_kwargs.activation_fn"].startswith("elu, gelu, ")
    assert allowed["env.num_users"] == allowed["agent.device"] == ""


def test_spaces_are_described():
    run = typed_run(compose.compose(["env=toy", "agent=random"], [REPO / "tests" / "support" / "conf"]))
    described = spaces(run.env)
    assert described["observation"] == {
        "space": "Box(0.0, 100.0, (1, 3), float32)",
        "kind": "Box",
        "shape": [1, 3],
        "dtype": "float32",
        "labels": ["rate, Mbit/s"],
        "low": 0.0,
        "high": 100.0,
    }
    assert described["action"]["shape"] == [3]
    assert described["step_ms"] == 100.0
