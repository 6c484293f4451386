"""Maps of the environments' networks, of the config that was given."""

import pytest
from typer.testing import CliRunner

from netgym_cli.analysis.network_map import figure_of, walkers
from netgym_cli.cli.app import app
from netgym_cli.common.errors import ConfigError
from netgym_cli.config.compose import compose
from netgym_cli.config.schema import plain
from netgym_cli.envs.base import env_registry
from netgym_cli.experiment.config import typed_run


def env_config(env, *overrides):
    return plain(typed_run(compose([f"env={env}", *overrides])).env)


def shown(*words):
    return CliRunner().invoke(app, ["show", *words])


def texts(figure):
    return [text.get_text() for axes in figure.axes for text in axes.texts]


@pytest.mark.parametrize("env", env_registry.names())
def test_an_environment_has_a_map_or_says_in_one_line_that_it_has_none(env):
    config = env_config(env)
    if "user_location_range" in config:
        assert figure_of(config).axes[0].get_xlabel() == "x, m"
    else:
        with pytest.raises(ConfigError, match=f"env '{env}' has no map"):
            figure_of(config)


def test_sites_stand_where_the_config_puts_them():
    config = env_config("nqos_split", "env.wifi_ap_locations=[{x_m: 7, y_m: 8, z_m: 3}]", "env.nr_gnb_locations=[]")
    lines = {line.get_label(): line for line in figure_of(config).axes[0].lines}
    access_points = next(line for label, line in lines.items() if label.startswith("Wi-Fi access point"))
    assert (list(access_points.get_xdata()), list(access_points.get_ydata())) == ([7], [8])
    assert not any(label.startswith("NR") for label in lines)


def test_slices_with_groups_of_their_own_are_drawn_below_the_map():
    assert len(figure_of(env_config("network_slicing")).axes) == 2
    assert len(figure_of(env_config("nqos_split")).axes) == 1


def test_tracks_are_drawn_with_the_ids_of_users():
    figure = figure_of(env_config("energy_saving"), {4: [(10.0, 20.0), (11.0, 22.0)]})
    assert "4" in texts(figure)
    assert any(list(line.get_xdata()) == [10.0, 11.0] for line in figure.axes[0].lines)


@pytest.mark.parametrize(
    ("speeds", "words"),
    [((1, 2), "3 users at 1 to 2 m/s"), ((1, 1), "3 users at 1 m/s"), ((0, 0), "3 users, not walking")],
)
def test_the_map_says_how_fast_users_walk(speeds, words):
    walk = dict(zip(("min_speed_mps", "max_speed_mps"), speeds, strict=True))
    assert walkers({"user_random_walk": walk}, 3) == words


def test_the_command_writes_the_same_picture_twice(tmp_path):
    first, second = tmp_path / "a.svg", tmp_path / "b.svg"
    for path in (first, second):
        assert shown("env=nqos_split", "--map", "-o", str(path)).output.strip() == f"picture: {path}"
    assert first.read_bytes() == second.read_bytes()
    assert b"<svg" in first.read_bytes()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("env=rmcat", "--map"), "env 'rmcat' has no map"),
        (("env=nqos_split", "--map", "-o", "map.jpg"), "map.jpg"),
        (("env=nqos_split", "env.num_userz=3", "--map"), "env.num_userz"),
    ],
)
def test_what_cannot_be_drawn_exits_2_with_one_line(words, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = shown(*words)
    assert result.exit_code == 2
    assert message in result.output
    assert len(result.output.splitlines()) == 1
    assert not list(tmp_path.iterdir())
