"""What a run says at its end."""

import pytest

from netgym_cli.experiment.summary import Summary

RUN = {
    "folder": "f", "tables": "f/metrics", "sessions": 2, "episodes": 2, "steps": 20, "mean_return": 2.0,
    "first_return": 1.0, "last_return": 3.0, "wall_s": 30.0, "sim_s": 3.0, "start_s": 10.0, "notes": ("mind",),
    "agent": "ppo",
}  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({}, ["2 sessions, 2 episodes, 20 steps: started in 10.0 s, then 20.0 s at 1.0 steps/s, 0.15 simulated seconds "
              "per second", "mean return 2"]),
        ({"n_envs": 4, "sim_s": 0.0}, ["2 sessions on 4 networks each, 2 episodes, 20 steps: started in 10.0 s, then "
                                       "20.0 s at 1.0 steps/s", "mean return 2"]),
        ({"episodes": 30, "learnt": True}, [None, "mean return 2 while it learnt"]),
        ({"measured_only": True}, ["2 evaluations, 2 episodes, 20 steps: 30.0 s, learning included",
                                   "mean return 1 in the first evaluation, 3 in the last"]),
        ({"measured_only": True, "sessions": 1, "episodes": 1}, [None, "mean return 3"]),
        ({"measured_only": True, "sessions": 0, "episodes": 0, "steps": 0, "last_return": None},
         ["learnt in 30.0 s and was not evaluated"]),
    ],
)  # fmt: skip
def test_it_is_told_in_lines(changed, told):
    lines = Summary(**{**RUN, **changed}).lines()
    assert lines[-3:] == ["note: mind", "tables: f/metrics", "next: netgym evaluate f agent=random"]
    assert len(lines) == len(told) + 3
    assert all(mine in (None, line) for mine, line in zip(told, lines, strict=False))


@pytest.mark.parametrize(
    ("changed", "command"),
    [
        ({"config_dirs": ("my conf",)}, "netgym evaluate f agent=random --config-dir 'my conf'"),
        ({"agent": "random"}, "netgym evaluate f"),
        ({"needs_trust": True}, "netgym evaluate f agent=random --trust"),
        ({"agent": ""}, "netgym plot f"),
    ],
)
def test_it_says_how_to_go_on(changed, command):
    assert Summary(**{**RUN, **changed}).lines()[-1] == f"next: {command}"
