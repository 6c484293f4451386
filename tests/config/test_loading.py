"""What composing remembers changes nothing about what it composes."""

import pytest
from hydra.core.config_store import ConfigStore
from omegaconf import OmegaConf

from netgym_cli.common.errors import ConfigError
from netgym_cli.config import conf_dirs, loading
from netgym_cli.config.compose import Composer, compose
from tests.conftest import REPO

CONF = REPO / "tests" / "support" / "conf"
MEMBERS = [f"{group}={name}" for group in conf_dirs.GROUPS for name in conf_dirs.members(group)]
OTHERS = ["seed=9", "env.steps_per_episode=7", "sessions=[{steps_per_episode: 3}]", "channel.action=link", "agent=sac"]


def forget():
    loading._files.clear()
    loading._merged.clear()


@pytest.fixture
def settled(monkeypatch):
    """Files count as settled at once."""
    monkeypatch.setattr(loading, "SETTLED_NS", 0)


def whole(overrides):
    """Everything that Hydra composes, without the times in it."""
    config = Composer(overrides, [CONF]).whole()
    return OmegaConf.to_container(config, resolve=False), config._metadata.flags


@pytest.mark.parametrize("override", [MEMBERS[0], *MEMBERS[len(MEMBERS) // 8 :: len(MEMBERS) // 8]])
def test_a_second_time_the_same_is_composed(override):
    forget()
    first = whole([override])
    compose([override, *OTHERS], [CONF])  # these change what they compose
    again = whole([override])
    assert first == again
    assert loading._merged, "nothing is remembered"


def test_what_was_composed_is_the_caller_s():
    config = compose(["env=custom"])
    config.env.steps_per_episode = -1
    assert compose(["env=custom"]).env.steps_per_episode != -1


def variant(folder, steps):
    (folder / "env").mkdir(exist_ok=True)
    (folder / "env" / "mine.yaml").write_text(f"defaults: [custom, _self_]\nsteps_per_episode: {steps}\n")


def test_a_file_that_changes_is_read_again(tmp_path, settled):
    for steps in (7, 13, 7, 100):
        variant(tmp_path, steps)
        assert compose(["env=mine"], [tmp_path]).env.steps_per_episode == steps


def test_a_file_that_was_just_written_may_change_once_more(tmp_path):
    for steps in (7, 8, 9):
        variant(tmp_path, steps)
        assert compose(["env=mine"], [tmp_path]).env.steps_per_episode == steps


def test_a_file_that_comes_and_goes(tmp_path, settled):
    variant(tmp_path, 7)
    assert compose(["env=mine"], [tmp_path]).env.steps_per_episode == 7
    (tmp_path / "env" / "mine.yaml").unlink()
    with pytest.raises(ConfigError, match="unknown env 'mine'"):
        compose(["env=mine"], [tmp_path])


def test_equal_names_in_two_directories(tmp_path, settled):
    for steps in (7, 8):
        (tmp_path / str(steps)).mkdir()
        variant(tmp_path / str(steps), steps)
    for steps in (7, 8, 7):
        assert compose(["env=mine"], [tmp_path / str(steps)]).env.steps_per_episode == steps


def test_what_a_program_gives_to_hydra_counts_at_once():
    compose(["env=custom"])
    store = ConfigStore.instance()
    try:
        for steps in (7, 8):
            store.store(name="stored", group="env", node={"name": "custom", "steps_per_episode": steps})
            assert compose(["env=stored"]).env.steps_per_episode == steps
    finally:
        del store.repo["env"]
