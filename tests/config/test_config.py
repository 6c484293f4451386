from dataclasses import dataclass, field

import pytest
from omegaconf import MISSING

from netgym_cli.common.errors import ConfigError
from netgym_cli.config.schema import SimulatorConfig, known_keys, plain, typed, unknown_key


@dataclass
class Inner:
    gain_db: float = MISSING


@dataclass
class Outer:
    count: int = MISSING
    inner: Inner = field(default_factory=Inner)
    sites: list[Inner] = MISSING
    users: list[int] | None = None


GOOD = {"count": 3, "inner": {"gain_db": 1}, "sites": [{"gain_db": 2.5}]}


def test_typed_builds_nested_records():
    record = typed(Outer, GOOD, "env")
    assert record == Outer(3, Inner(1.0), [Inner(2.5)])
    assert plain(record) == GOOD | {"users": None}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"cuont": 4}, "unknown key 'env.cuont'. Did you mean 'env.count'?"),
        ({"inner": {"gain": 4}}, "unknown key 'env.inner.gain'. Did you mean 'env.inner.gain_db'?"),
        ({"count": "many"}, "bad value for 'env.count': 'many'; allowed: a whole number."),
        ({"count": 2.5}, "bad value for 'env.count': 2.5; allowed: a whole number."),
        ({"count": None}, "bad value for 'env.count'"),
        ({"count": [1]}, "bad value for 'env.count'"),
        ({"count": "???"}, "'env.count' has no value"),
        ({"inner": {"gain_db": "x"}}, "bad value for 'env.inner.gain_db'"),
        ({"sites": [{"gain_db": "x"}]}, "bad value for 'env.sites[0].gain_db'"),
        ({"sites": 3}, "bad value for 'env.sites': 3; allowed: a list of mappings, such as [{}]."),
        ({"sites": [3]}, "bad value for 'env.sites[0]': 3; allowed: a mapping of keys"),
        ({"inner": 3}, "bad value for 'env.inner': 3; allowed: a mapping of keys"),
        ({"users": 5}, "bad value for 'env.users': 5; allowed: a list of whole numbers; write [5], or null."),
        ({"users": [1, "x"]}, "bad value for 'env.users[1]': 'x'; allowed: a whole number."),
    ],
)
def test_typed_says_what_is_wrong_and_where(change, message):
    with pytest.raises(ConfigError) as caught:
        typed(Outer, GOOD | change, "env")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_key_is_named():
    with pytest.raises(ConfigError, match=r"'env\.count' has no value"):
        typed(Outer, {"inner": {"gain_db": 1}, "sites": []}, "env")


def test_known_keys_are_dotted():
    assert known_keys(Outer) == ["count", "inner", "inner.gain_db", "sites", "users"]


@pytest.mark.parametrize(
    ("key", "nearest"),
    [
        ("episodes_per_session", "env.episodes_per_session"),
        ("envv.num_users", "env.num_users"),
        ("agentt", "agent"),
        ("env.num_user", "env.num_users"),
    ],
)
def test_the_nearest_key_is_found_by_path_or_last_part(key, nearest):
    known = ["agent", "agent.name", "env", "env.name", "env.num_users", "env.episodes_per_session", "seed"]
    assert f"Did you mean '{nearest}'?" in unknown_key(key, known)


def test_nothing_near_gives_no_hint():
    assert "Did you mean" not in unknown_key("zzz", ["seed"])


@pytest.mark.parametrize("key", ["start_timeout_s", "step_timeout_s", "close_timeout_s"])
def test_deadlines_are_positive_and_fit_a_clock(key):
    config = SimulatorConfig("ns3", start_timeout_s=1, step_timeout_s=1, close_timeout_s=1)
    config.validate()
    for value in (0, 1e7, float("inf"), float("nan")):
        setattr(config, key, value)
        with pytest.raises(ConfigError, match=f"simulator.{key} is {value}"):
            config.validate()
