"""Every environment draws what it measures, as text and as a picture, and nothing depends on whether it does."""

import gymnasium
import numpy as np
import pytest

from netgym_cli import make_env
from netgym_cli.common.errors import SessionError
from netgym_cli.envs.base import env_registry
from netgym_cli.envs.frames.shown import positions
from tests.contracts.test_every_env import ELSEWHERE, PLAYED, hurried

TWINS = dict(ELSEWHERE)
CHEAP = [(env, {"simulator": TWINS[env]} | hurried(env, 100)) for env in TWINS] + [
    ("gym", {}),
    ("distributed_training", {}),
]


def drawn(env, mode, keys):
    """Frames, observations and rewards of three steps."""
    frames, met = [], []
    with_mode = {} if mode is None else {"render_mode": mode}
    made = make_env(env, 1, **keys, **with_mode)
    made.action_space.seed(1)
    met.append((made.reset()[0], 0.0))
    for _ in range(3):
        frames += [] if mode is None else [made.render()]
        met.append(made.step(made.action_space.sample())[:2])
    frames += [] if mode is None else [made.render()]
    has_map = bool(positions(made.stats))
    made.close()
    return frames, met, has_map


def test_all_environments_are_here():
    assert {env for env, _ in CHEAP} == set(env_registry.names())


@pytest.mark.parametrize(("env", "keys"), CHEAP)
def test_text_tells_place_reward_and_measurements(env, keys):
    frames, met, has_map = drawn(env, "ansi", keys)
    plain = drawn(env, None, keys)[1]
    for number, (frame, (_, reward)) in enumerate(zip(frames, met, strict=True)):
        head, *lines = frame.splitlines()
        assert head.startswith(f"session 0, episode 0, step {number}, ")
        assert head.endswith(f"reward {reward:.4g}") == (number > 0)
        assert env == "gym" or any(line.startswith("id  ") for line in lines)
        assert has_map == (" m, y " in frame)
    pairs = zip(met, plain, strict=True)
    assert all(np.array_equal(one, other) and got == expected for (one, got), (other, expected) in pairs)


@pytest.mark.parametrize(
    ("env", "keys"),
    [pytest.param(*case, marks=[] if case[0] in ("rmcat", "gym") else pytest.mark.long) for case in CHEAP],
)
def test_pictures_show_it_without_pyplot(env, keys):
    import matplotlib

    backend = matplotlib.get_backend(auto_select=False)
    frames, *_ = drawn(env, "rgb_array", keys)
    assert all(frame.shape == (480, 640, 3) and frame.dtype == np.uint8 for frame in frames)
    assert (frames[0] != frames[1]).any() and len(np.unique(frames[0])) > 10
    assert matplotlib.get_backend(auto_select=False) == backend


@pytest.mark.long
@pytest.mark.parametrize("env", PLAYED)
def test_it_draws_whatever_simulates(env):
    frames, *_ = drawn(env, "ansi", hurried(env, 100))
    assert frames[0] != frames[1]


def test_before_a_reset_there_is_nothing_to_draw_and_without_a_mode_neither():
    env = make_env("gym", render_mode="ansi")
    with pytest.raises(SessionError, match="before the first reset"):
        env.render()
    env.close()
    with pytest.warns(UserWarning, match="draws nothing without a render_mode"):
        assert make_env("gym").render() is None
    made = gymnasium.make("netgym/gym-v0", render_mode="ansi")
    assert made.metadata["render_modes"] == ["ansi", "rgb_array"] and made.render_mode == "ansi"
    made.close()
