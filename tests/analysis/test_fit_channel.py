import numpy as np
import pytest
from omegaconf import OmegaConf
from typer.testing import CliRunner

from netgym_cli.analysis import fit_channel
from netgym_cli.cli.app import app
from netgym_cli.config.compose import compose
from netgym_cli.experiment.config import typed_run
from netgym_cli.wrappers.channel_configs import build, channel_config

pytestmark = pytest.mark.usefixtures("workdir")


def netgym(*words):
    return CliRunner().invoke(app, words)


def test_a_recording_counts_losses_bursts_and_delays():
    lost = np.array([1, 1, 0, 0, 1, 0, 0, 0, 1, 1, 1, 0], dtype=bool)
    delay_steps = np.where(lost, np.nan, 2.0)
    delay_steps[-1] = 8
    found = fit_channel.Recording(lost, delay_steps)
    assert (found.loss_rate, found.mean_burst, found.mean_delay_steps) == (0.5, 2.0, 3.0)
    shifted = np.corrcoef(lost[1:], lost[:-1])[0, 1]
    assert found.correlation == pytest.approx(shifted, abs=0.1)
    whole, nothing = (fit_channel.Recording(np.full(5, one), np.full(5, np.nan)) for one in (True, False))
    assert (whole.loss_rate, whole.mean_burst, whole.mean_delay_steps, whole.correlation) == (1, 5, 0, 0)
    assert (nothing.loss_rate, nothing.mean_burst) == (0, 0)


def test_a_gilbert_channel_is_found_again():
    true = channel_config("gilbert_elliott", p_gb=0.02, p_bg=0.25, loss_good=0.0, loss_bad=1.0, delay_steps=3)
    keys = fit_channel.gilbert_elliott(fit_channel.record(build(true), 100, 100_000, seed=1))
    assert keys["p_gb"] == pytest.approx(0.02, rel=0.05) and keys["p_bg"] == pytest.approx(0.25, rel=0.05)
    assert keys["delay_steps"] == 3


@pytest.mark.parametrize("loss", [0.0, 1.0])
def test_extremes_stay_what_they_are(loss):
    sure = channel_config("gilbert_elliott", loss_good=loss, loss_bad=loss)
    found = fit_channel.record(build(sure), 100, 200, seed=1)
    again = channel_config("gilbert_elliott", **fit_channel.gilbert_elliott(found))
    assert fit_channel.record(build(again), 100, 2000, seed=2).loss_rate == loss


def test_the_command_writes_a_channel_that_trains(workdir):
    words = ["channel=gilbert_elliott", "channel.loss_bad=0.9", "channel.delay_steps=2", "packets=20000"]
    done = netgym("fit-channel", *words, "to=gilbert_elliott")
    assert done.exit_code == 0, done.output
    rows = {line[:30].strip(): line.split() for line in done.stdout.splitlines()}
    assert rows["mean delay, steps"][3:5] == ["2", "2"]
    file = workdir / "conf" / "channel" / "gilbert_elliott_fit.yaml"
    fitted = typed_run(compose(["channel=gilbert_elliott_fit"], ["conf"])).channel
    assert fitted.loss_bad == 1.0 and fitted.delay_steps == 2 == OmegaConf.load(file).delay_steps
    done = netgym("fit-channel", *words)
    assert (done.exit_code, "exists and is not overwritten" in done.stderr) == (2, True)
    command = ["train", "--config-dir", "conf", "env=gym", "channel=gilbert_elliott_fit", "agent=random"]
    assert netgym(*command, "sessions=1", "env.episodes_per_session=2").exit_code == 0


@pytest.mark.ns3
def test_ns3_wifi_at_its_edge_is_fitted_within_its_noise(workdir):
    done = netgym("fit-channel", "channel=ns3_wifi", "channel.distance_m=82", "packets=4000", "-o", "a/channel/b.yaml")
    assert done.exit_code == 0, done.output
    config = typed_run(compose(["channel=b"], ["a"])).channel
    loss = config.p_gb / (config.p_gb + config.p_bg)
    assert 0.04 < loss < 0.11  # 0.066 by 4000 packets


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["channel=none"], "channel is 'none'; allowed: one that packets cross"),
        (["channel=link", "to=gilbert"], "Did you mean 'gilbert_elliott'?"),
        (["channel=link", "packets=7"], "packets is '7'; allowed: 100 to 10000000"),
        (["channel=lnk"], "Did you mean 'link'?"),
    ],
)
def test_what_cannot_be_fitted(words, told):
    done = netgym("fit-channel", *words)
    assert (done.exit_code, told in done.stderr) == (2, True), done.output
