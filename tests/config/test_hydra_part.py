"""A YAML file of the user's is data: what it says to Hydra itself runs, imports and writes nothing."""

import pytest
from typer.testing import CliRunner

from netgym_cli.cli.app import app
from netgym_cli.common.errors import ConfigError
from netgym_cli.config.compose import Composer

CAMPUS = "# @package _global_\ndefaults: [/env/custom@env, _self_]\n"
CALL = "{_target_: netgym_cli.simulators.ns3.build.compiler_errors, command: [touch, ran]}"
REFUSED = {
    "a callback": f"hydra: {{callbacks: {{x: {CALL}}}}}",
    "a launcher": "hydra: {launcher: {_target_: os.system, command: touch ran}}",
    "a sweeper": "hydra: {sweeper: {_target_: download.evil.Sweeper}}",
    "a part of a sweeper": f"hydra: {{sweeper: {{sampler: {CALL}}}}}",
    "a factory of log handlers": "hydra: {job_logging: {handlers: {x: {'()': os.system, command: touch ran}}}}",
    "a class of log handlers": "hydra: {hydra_logging: {handlers: {x: {class: download.evil.Handler}}}}",
    "a log file": "hydra: {job_logging: {handlers: {x: {class: logging.FileHandler, filename: .bashrc}}}}",
    "an environment variable": "hydra: {job: {env_set: {LD_PRELOAD: ./evil.so}}}",
    "a package of configs": "hydra: {searchpath: ['pkg://download']}",
    "a grid of callbacks": "hydra: {sweeper: {params: {+hydra.callbacks.x._target_: os.system}}}",
    "shell commands of a job": "hydra: {launcher: {setup: [touch ran]}}",
    "another Python": "hydra: {launcher: {python: ./evil}}",
}
TAKEN = {
    "folders": "hydra: {run: {dir: here}, sweep: {dir: there, subdir: '${hydra.job.num}'}}",
    "a grid": "hydra: {sweeper: {params: {seed: '1,2', env.num_users: 3}}}",
    "settings": "hydra: {verbose: true, mode: MULTIRUN, output_subdir: .hydra, job: {name: campus, chdir: false}}",
    "Hydra's own launcher": "hydra: {launcher: {_target_: hydra._internal.core_plugins.basic_launcher.BasicLauncher}}",
    "nothing of Hydra's": "seed: 4",
}

pytestmark = pytest.mark.usefixtures("workdir")


@pytest.fixture
def conf(workdir):
    """Writes files of a config directory."""

    def write(**files):
        for name, text in files.items():
            path = workdir / "conf" / f"{name.replace('__', '/')}.yaml"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return workdir / "conf"

    return write


def train(*words):
    return CliRunner().invoke(app, ["train", "--config-dir", "conf", "agent=random", *words])


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
def test_a_variant_that_tells_hydra_to_run_something_is_refused(workdir, conf, text):
    conf(env__campus=f"{CAMPUS}{text}\n")
    done = train("env=campus")
    assert done.exit_code == 2 and len(done.stderr.splitlines()) == 1
    assert "conf/env/campus.yaml sets hydra." in done.stderr
    assert [path.name for path in workdir.iterdir()] == ["conf"]


@pytest.mark.parametrize("text", TAKEN.values(), ids=TAKEN)
def test_what_only_sets_something_is_taken(conf, text):
    Composer(["env=campus"], [conf(env__campus=f"{CAMPUS}{text}\n")]).whole()


@pytest.mark.parametrize(
    ("files", "overrides"),
    [
        ({"hydra__callbacks__x": f"x: {CALL}"}, ["hydra/callbacks=x"]),
        ({"hydra__launcher__x": "_target_: os.system"}, ["hydra/launcher=x"]),
        ({"hydra__job_logging__x": "handlers: {}\nroot: {'()': os.system}"}, ["hydra/job_logging=x"]),
        ({"experiment__x": f"# @package hydra.callbacks\nx: {CALL}"}, ["+experiment=x"]),
        ({"experiment__x": f"# @package _global_\nhydra: {{callbacks: {{x: {CALL}}}}}"}, ["+experiment=x"]),
        (
            {"other__x": f"callbacks: {{x: {CALL}}}", "env__campus": "defaults: [custom, {/other@_global_.hydra: x}]"},
            ["env=campus"],
        ),
        ({"other__x": f"x: {CALL}"}, ["+other@hydra.callbacks=x"]),
        ({"env__campus": "# @package hydra.callbacks\nx: {_target_: '${env.name}'}\ndefaults: []"}, ["env=campus"]),
    ],
)
def test_wherever_a_file_puts_it(conf, files, overrides):
    folder = conf(**files)
    for ask in (lambda: Composer(overrides, [folder]).whole(), lambda: Composer(overrides, [folder]).print_info("all")):
        with pytest.raises(ConfigError, match=r"sets hydra\.|callbacks|_target_"):
            ask()


@pytest.mark.parametrize("override", ["+hydra.callbacks.x._target_=os.system", "hydra.launcher._target_=os.system"])
def test_no_override_names_a_function_either(override):
    with pytest.raises(ConfigError, match=r"callbacks can run anything|allowed: hydra\._internal"):
        Composer([override]).whole()


@pytest.mark.parametrize("name", ["../../secret", "x/../../secret", "'../secret'"])
def test_a_name_does_not_lead_out_of_the_directories(conf, name):
    folder = conf(env__custom="name: custom")
    with pytest.raises(ConfigError, match="leads out of the config directories"):
        Composer([f"agent={name}"], [folder])


def test_nor_does_the_name_of_a_base(workdir, conf):
    (workdir / "secret.yaml").write_text("name: custom")
    folder = conf(env__campus="defaults: [../../secret, _self_]")
    with pytest.raises(ConfigError, match="leads out of the config directories"):
        Composer(["env=campus"], [folder]).whole()


def test_aliases_that_unfold_to_a_flood_are_refused_at_once(conf):
    levels = "".join(f"b{k}: &b{k} [{', '.join([f'*b{k - 1}'] * 9)}]\n" for k in range(1, 12))
    bomb = f"name: custom\nb0: &b0 x\n{levels}"
    for name in ("env__campus", "other__x"):
        folder = conf(**{name: bomb})
        with pytest.raises(ConfigError, match="more than 100000 values"):
            Composer(["env=campus"], [folder])
        (folder / f"{name.replace('__', '/')}.yaml").unlink()
