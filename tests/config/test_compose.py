import threading

import pytest
from hydra import compose as hydra_compose
from hydra import initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from omegaconf import OmegaConf

from netgym_cli.cli.completion import completions
from netgym_cli.common.errors import ConfigError
from netgym_cli.config import compose, conf_dirs
from netgym_cli.experiment.config import typed_run
from netgym_cli.jobs.grid import grid
from tests.conftest import REPO

CONF = REPO / "tests" / "support" / "conf"
TOY = ["env=toy", "agent=random"]


def test_typed_run_has_the_members_own_types():
    run = typed_run(compose.compose([*TOY, "seed=5", "env.num_users=4"], [CONF]))
    assert type(run.env).__name__ == "ToyConfig"
    assert (run.seed, run.env.random_seed, run.env.num_users) == (5, 5, 4)
    assert run.sessions == 10
    assert run.simulator.ns3_prefix is None


@pytest.mark.parametrize("change", [{"env": None}, {"env": {"steps_per_episode": 3}}, {"agent": 4}])
def test_a_group_without_a_name(change):
    config = compose.compose(TOY, [CONF])
    OmegaConf.set_struct(config, False)
    with pytest.raises(ConfigError, match="Choose one by"):
        typed_run(OmegaConf.create({**OmegaConf.to_container(config), **change}))


def test_an_interpolation_to_nowhere():
    config = compose.compose([*TOY, "env.num_users=${nowhere}"], [CONF])
    with pytest.raises(ConfigError, match=r"'env\.num_users'.*nowhere"):
        typed_run(config)


def test_composing_leaves_another_hydra_alone():
    with initialize_config_dir(config_dir=str(conf_dirs.builtin()), version_base="1.3"):
        theirs = GlobalHydra.instance().hydra
        assert compose.compose(TOY, [CONF]).env.num_users == 3
        assert GlobalHydra.instance().hydra is theirs
        assert hydra_compose("config", ["seed=9"]).seed == 9
    assert not GlobalHydra.instance().is_initialized()


def test_composing_from_many_threads():
    seeds = []

    def one(seed):
        seeds.append(compose.compose([*TOY, f"seed={seed}"], [CONF]).env.random_seed)

    threads = [threading.Thread(target=one, args=(seed,)) for seed in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(seeds) == list(range(6))


def test_a_config_dir_with_awkward_letters(tmp_path):
    folder = tmp_path / "it's, {my} conf"
    (folder / "env").mkdir(parents=True)
    (folder / "env" / "mine.yaml").write_text((CONF / "env" / "toy.yaml").read_text().replace("users: 3", "users: 7"))
    assert compose.compose(["env=mine"], [folder]).env.num_users == 7


def test_netgyms_own_files_cannot_be_replaced(tmp_path):
    (tmp_path / "channel").mkdir()
    (tmp_path / "channel" / "none.yaml").write_text("# Mine\nname: mine\n")
    assert compose.compose(TOY, [tmp_path, CONF]).channel.name == "none"


def test_a_variant_builds_on_its_base(tmp_path):
    (tmp_path / "env").mkdir()
    (tmp_path / "env" / "more.yaml").write_text("# More\ndefaults: [toy, _self_]\nnum_users: 5  # five\n")
    composer = compose.Composer(["env=more", "agent=random"], [tmp_path, CONF])
    assert (composer.compose().env.num_users, composer.compose().env.steps_per_episode) == (5, 4)
    assert [file.name for group, file in composer.files() if group == "env"] == ["toy.yaml", "more.yaml"]


def test_the_grid_has_every_point():
    points = list(grid(compose.Composer([*TOY, "seed=1,2", "env.num_users=range(2,4)"], [CONF])))
    assert [point[2:] for point in points] == [
        ["seed=1", "env.num_users=2"],
        ["seed=1", "env.num_users=3"],
        ["seed=2", "env.num_users=2"],
        ["seed=2", "env.num_users=3"],
    ]


def test_what_only_another_sweeper_can_draw_is_left_out_of_the_grid():
    assert list(grid(compose.Composer(["seed=1", "env.x=interval(0,1)"]))) == [["seed=1"]]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["env=toy"], ["env=toy"]),
        (["env", "=", "toy"], ["toy"]),  # bash splits at =
        (["env=toy", "env.num_us"], ["env.num_users="]),
        (["see"], ["seed="]),
        (["seed="], []),
    ],
)
def test_completions(words, expected):
    assert completions(words, [CONF]) == expected


def test_completion_offers_members_and_keys():
    assert "env=toy" in completions(["env=to"], [CONF]) and "toy" in completions(["env", "=", "to"], [CONF])
    assert {"agent=ppo", "agent=random"} <= set(completions(["agent="]))
    assert {"env=", "simulator.step_timeout_s="} <= set(completions([""]))


@pytest.mark.parametrize("text", ["- a\n- list\n", "just words\n", "name: \xff\n", "a: ${\n", "a: 1\na: 2\n"])
def test_a_file_that_is_no_config(tmp_path, text):
    (tmp_path / "env").mkdir()
    (tmp_path / "env" / "mine.yaml").write_bytes(text.encode("latin-1"))
    with pytest.raises(ConfigError) as caught:
        typed_run(compose.compose(["env=mine"], [tmp_path]))
    assert "\n" not in str(caught.value)
