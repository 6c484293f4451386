"""The user's own YAML files: every mistake names the file and the way out."""

import pytest

from netgym_cli.common.errors import ConfigError
from netgym_cli.config import compose, conf_dirs
from netgym_cli.experiment.config import typed_run
from tests.conftest import REPO

CONF = REPO / "tests" / "support" / "conf"


@pytest.fixture
def env(tmp_path):
    (tmp_path / "env").mkdir()
    return tmp_path / "env"


def typed(env, *overrides):
    return typed_run(compose.compose([*overrides, "agent=random"], [env.parent, CONF]))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "mine.yaml holds nothing; allowed: a mapping of keys. Begin it with 'defaults: "),
        ("words", "mine.yaml holds only text"),
        ("- a", "mine.yaml holds a list"),
        ("num_users: 3", "mine.yaml has neither 'name' nor 'defaults'. Begin it with"),
        ("defaults: toy", "mine.yaml: defaults is 'toy'; allowed: a list"),
        ("defaults: [toi, _self_]", "mine.yaml: defaults: unknown env 'toi'. Did you mean 'toy'? Known: "),
        ("defaults: [mine]", "mine.yaml builds on itself: mine -> mine"),
        ("defaults: [/env/mine]", "a config file builds on itself"),
        ("name: \xff", "mine.yaml is not UTF-8 text: invalid start byte at byte 6"),
        (
            "defaults: [toy, _self_]\nname: foo.Baz",
            "env.name is 'foo.Baz'; allowed: ",
        ),
    ],
)
def test_a_file_that_is_no_config_is_named(env, text, message):
    (env / "mine.yaml").write_bytes(text.encode("latin-1"))
    with pytest.raises(ConfigError) as caught:
        typed(env, "env=mine")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_override_does_not_hide_what_is_wrong_with_the_file(env):
    (env / "mine.yaml").write_text("# nothing yet\n")
    with pytest.raises(ConfigError, match=r"mine\.yaml holds nothing"):
        typed(env, "env=mine", "env.num_users=3")


def test_letters_beyond_ascii_are_letters(env):
    (env / "stadé.yaml").write_text("defaults: [toy, _self_]\nnum_users: 5\n")
    assert typed(env, "env=stadé").env.num_users == 5


def test_a_folder_is_no_member(env):
    (env / "folder.yaml").mkdir()
    assert "folder" not in conf_dirs.members("env", [env.parent])


@pytest.mark.parametrize("override", ["~env", "~env=toy"])
def test_a_group_cannot_be_taken_away(env, override):
    with pytest.raises(ConfigError, match="every run has one: env=NAME"):
        typed(env, override, "env.num_users=3")
