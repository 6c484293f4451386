"""Observers keep each session apart: sessions under way at once come out as one after the other."""

import json
from itertools import chain, zip_longest

import numpy as np
import pandas as pd
import pytest

from netgym_cli.collection.episode_recorder import EpisodeRecorder
from netgym_cli.evaluation.rollout import Tally
from netgym_cli.experiment.progress import RunProgress
from netgym_cli.experiment.summary import Summary
from netgym_cli.runs.record import RunRecord
from netgym_cli.runs.recorder import Recorder
from netgym_cli.sessions.step import EpisodeStart, Observer, Step
from netgym_cli.simulators.stats import Layout, Row, Stats
from tests.support.engine import run_config

SEEDS = (7, None)  # the second session's is drawn afresh
DRAWN = 55
LENGTHS = (3, 2)  # episodes of the sessions
STEPS = 4


def calls(session):
    """What the sessions of a plan tell of this one, as (method, arguments)."""
    random, seed = np.random.default_rng(session), SEEDS[session] or DRAWN
    layout = Layout((Row("toy", "rate", "Mbit/s", tuple(range(2 + session))),))
    now = 0

    def stats():
        return Stats(layout, 1000.0 + 100.4 * now, random.random(layout.size), 7 * now)

    yield "session_started", (session, SEEDS[session])
    for episode in range(LENGTHS[session]):
        first, observation = stats(), random.random(3)
        start = EpisodeStart(session, episode, seed, observation, {"kpis": {"rate_mbps": 0.0, "delay_ms": 1.0}}, first)
        yield "episode_started", (start,)
        for step in range(STEPS):
            now += 1
            measured, action = stats(), random.random(2)
            last = step == STEPS - 1
            done = Step(
                session=session,
                episode=episode,
                step=step,
                seed=seed,
                sim_time_ms=measured.ts_ms,
                wall_ms=2.0 + session,
                events=measured.events,
                reward=float(random.random()),
                terminated=last and episode == LENGTHS[session] - 1,
                truncated=last,
                terminal=False,
                kpis={"rate_mbps": float(random.random()), "delay_ms": np.nan if step else 3.0},
                stats=measured,
                observation=random.random(3),
                action=action if step else None,
                effective_action=lambda action=action: 2 * action,
                info={},
            )
            yield "step", (done,)
        yield "episode_ended", (session, episode)
    yield "session_ended", (session, "complete", "all steps done")


ONE_BY_ONE = list(chain(calls(0), calls(1)))
AT_ONCE = [call for pair in zip_longest(calls(1), calls(0)) for call in pair if call is not None]


def play(order, *observers):
    for method, arguments in order:
        for observer in observers:
            getattr(observer, method)(*arguments)


@pytest.fixture(params=["clock stands", "clock runs"])
def clock(request, monkeypatch):
    """Tables that are flushed at the end only, or with every step."""
    now = [100.0]

    def monotonic():
        now[0] += 2.0 if request.param == "clock runs" else 0.0
        return now[0]

    monkeypatch.setattr("netgym_cli.runs.tables.time.monotonic", monotonic)


def tables(folder, order):
    recorder = Recorder(folder)
    play(order, recorder)
    recorder.close("failed", "all sessions had ended")
    read = {name: pd.read_parquet(folder / f"{name}.parquet") for name in ("steps", "stats")}
    return recorder, read | {name: pd.read_csv(folder / f"{name}.csv") for name in ("episodes", "sessions")}


def test_the_scripts_differ_in_order_only():
    assert len(AT_ONCE) == len(ONE_BY_ONE) and [call[0] for call in AT_ONCE] != [call[0] for call in ONE_BY_ONE]
    assert {call[1][0] for call in AT_ONCE if call[0] == "session_started"} == {0, 1}
    assert AT_ONCE[0][1][0] == 1, "the second session starts first"


def test_tables_hold_the_same_rows(tmp_path, clock):
    recorder, mixed = tables(tmp_path / "mixed", AT_ONCE)
    expected_recorder, expected = tables(tmp_path / "expected", ONE_BY_ONE)
    places = ["session", "episode", "step"]
    assert mixed["steps"]["total_step"].tolist() == list(range(20)), "the order of arrival is kept"
    assert mixed["steps"]["session"].tolist() != expected["steps"]["session"].tolist()
    for name, order in (("steps", places), ("stats", places), ("episodes", places[:2]), ("sessions", None)):
        one = mixed[name] if order is None else mixed[name].sort_values(order, kind="stable", ignore_index=True)
        other = expected[name]
        wall = [column for column in ("total_step", "wall_s") if column in one]
        pd.testing.assert_frame_equal(one.drop(columns=wall), other.drop(columns=wall), check_exact=True)
    assert mixed["sessions"]["session"].tolist() == [0, 1] and mixed["sessions"]["seed"].tolist() == [7, DRAWN]
    assert mixed["sessions"]["episodes"].tolist() == list(LENGTHS) and set(mixed["episodes"]["length"]) == {STEPS}
    assert mixed["sessions"]["status"].tolist() == ["complete"] * 2
    assert recorder.session_returns == expected_recorder.session_returns
    assert recorder.returns == mixed["episodes"]["return"].tolist() != expected_recorder.returns


def test_closing_ends_each_session_that_is_under_way(tmp_path):
    recorder = Recorder(tmp_path)
    ended = AT_ONCE.index(("session_ended", (1, "complete", "all steps done")))
    play(AT_ONCE[: ended + 1], recorder)
    recorder.session_ended(1, "failed", "too late")
    recorder.session_ended(5, "failed", "never started")
    recorder.close("failed", "the power went out")
    sessions = pd.read_csv(tmp_path / "sessions.csv")
    assert sessions["status"].tolist() == ["failed", "complete"]
    assert sessions["exit_reason"].tolist() == ["the power went out", "all steps done"]
    assert sessions["steps"].sum() == len(pd.read_parquet(tmp_path / "steps.parquet"))


def test_the_record_has_seeds_by_index_and_the_sum_of_simulated_seconds(tmp_path):
    contents = []
    for name, order in (("mixed", AT_ONCE), ("expected", ONE_BY_ONE)):
        recorder = Recorder(tmp_path / name / "metrics")
        record = RunRecord(tmp_path / name, ["netgym"], run_config(), 20, recorder)
        play(order, recorder, record)
        record.close("complete")
        content = json.loads((tmp_path / name / "run.json").read_text())
        assert content == record.content
        contents.append({key: content[key] for key in ("seeds", "sim_s", "steps", "status", "planned_steps")})
    assert contents[0] == contents[1]
    assert contents[0]["seeds"] == [7, DRAWN] and contents[0]["steps"] == 20
    sessions = [1 + 0.1004 * episodes * STEPS for episodes in LENGTHS]
    assert contents[0]["sim_s"] == round(round(sessions[0], 3) + sessions[1], 3)


def test_the_summary_of_evaluations_compares_the_first_session_with_the_last(tmp_path):
    summaries = []
    for name, order in (("mixed", AT_ONCE), ("expected", ONE_BY_ONE)):
        recorder = Recorder(tmp_path / name)
        record = RunRecord(tmp_path / name, ["netgym"], run_config(), 20, recorder)
        play(order, recorder, record)
        record.close("complete")
        summary = Summary.of(tmp_path, recorder, record, [], measured_only=True)
        summaries.append((summary.first_return, summary.last_return, summary.episodes, summary.sessions))
        assert summary.first_return == np.mean(recorder.session_returns[0])
        assert summary.last_return == np.mean(recorder.session_returns[1])
    assert summaries[0] == summaries[1]


def test_the_tally_is_the_same():
    mixed, expected = Tally(), Tally()
    play(AT_ONCE, mixed)
    play(ONE_BY_ONE, expected)
    assert mixed.means() == expected.means() and mixed.means()["delay_ms"] == 3.0
    rewards = [call[1][0].reward for call in AT_ONCE if call[0] == "step"]
    assert mixed.means()["return"] == pytest.approx(STEPS * np.mean(rewards))


def test_the_progress_bar_counts_all_sessions(monkeypatch, capfd):
    monkeypatch.setenv("COLUMNS", "100")
    for order in (ONE_BY_ONE, AT_ONCE):
        with RunProgress(20, 2, shown=True) as progress:
            play(order[: len(order) // 2], progress)
        half = capfd.readouterr().err.strip("\n").splitlines()[-1]
        assert ("0/2 sessions" in half) == (order is AT_ONCE), half
        with RunProgress(20, 2, shown=True) as progress:
            play(order, progress)
        line = capfd.readouterr().err.strip("\n").splitlines()[-1]
        assert " 20/20 " in line and ("session 1/2 ep 3" if order is AT_ONCE else "session 2/2 ep 2") in line, line
        # 18 steps with a step before them in their session: 100.4 ms each, of 2 ms (11 steps) or 3 ms (7 steps).
        assert f"sim/wall {18 * 100.4 / (11 * 2 + 7 * 3):.2f}" in line, line
        last = [call[1] for call in order if call[0] == "episode_ended"][-1]
        steps = [call[1][0] for call in order if call[0] == "step"]
        total = sum(step.reward for step in steps if (step.session, step.episode) == last)
        assert f"return {total:.3g}" in line, line


def test_gradient_updates_take_the_bar_over(capfd):
    with RunProgress(20, 2, shown=True) as progress:
        play(AT_ONCE, progress)
        progress.updated(30, 60)
    assert "30/60" in capfd.readouterr().err


def test_episodes_are_made_of_their_own_session_s_steps():
    def episodes(order):
        found = {}

        def keep(session, k, episode, layout):
            found[session, k] = episode, layout

        play(order, EpisodeRecorder(keep))
        return found

    mixed, expected = episodes(AT_ONCE), episodes(ONE_BY_ONE)
    assert sorted(mixed) == sorted(expected) == [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1)]
    for place, (episode, layout) in mixed.items():
        assert episode.digest() == expected[place][0].digest() and layout == expected[place][1]
        assert layout.size == 2 + place[0] and episode.infos["stats"].shape == (STEPS + 1, layout.size)
        assert episode.infos["default_action"].tolist() == [True] + [False] * STEPS
    steps = [call[1][0] for call in ONE_BY_ONE if call[0] == "step"][:STEPS]
    np.testing.assert_array_equal(mixed[0, 0][0].actions, [step.effective_action() for step in steps])
    np.testing.assert_array_equal(mixed[0, 0][0].observations[1:], [step.observation for step in steps])


def test_an_episode_that_is_given_up_is_no_episode():
    found = []
    recorder = EpisodeRecorder(lambda session, k, episode, layout: found.append((session, k, len(episode))))
    script = list(calls(0))
    play(script[:4], recorder)  # two of four steps
    recorder.episode_ended(0, 0)
    play([("episode_started", script[1][1]), *script[7:]], recorder)  # reset before the first step, and on
    assert found == [(0, 1, STEPS), (0, 2, STEPS)]


def test_an_observer_overrides_what_it_needs():
    play(AT_ONCE, Observer())
    Observer().updated(1, 2)
