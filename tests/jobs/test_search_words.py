"""What is said of a search on the command line, and what it varies."""

import pytest

from netgym_cli.common.errors import ConfigError
from netgym_cli.config.compose import Composer
from netgym_cli.jobs.request import parse
from netgym_cli.jobs.search.request import SearchRequest
from netgym_cli.jobs.search.space import Dimension, space_of, spelled_out, to_check
from tests.conftest import REPO

TOY = ["env=toy", "agent=ppo"]
CONF = [REPO / "tests" / "support" / "conf"]


def test_trials_make_a_search():
    words = [
        "trials=5",
        "objective=rate_mbps",
        "direction=minimize",
        "pruner=median",
        "seeds=2",
        "episodes=3",
        "jobs=2",
    ]
    asked, left = parse([*words, "sampler=random", "env=toy"])
    assert left == ["env=toy"] and asked.n_jobs == 2
    assert asked.search == SearchRequest(5, "rate_mbps", "minimize", "median", "random", 2, 3)
    assert not asked.search.maximizes and SearchRequest(1).maximizes


def test_without_trials_these_words_are_the_config_s():
    asked, left = parse(["objective=return", "seeds=3"])
    assert asked.search is None and left == ["objective=return", "seeds=3"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["trials=0"], "trials is '0'|'trials': '0'"),
        (["trials=3", "direction=up"], "direction is 'up'; allowed: maximize, minimize"),
        (["trials=3", "pruner=meadian"], "Did you mean 'median'"),
        (["trials=3", "sampler=grid"], "sampler is 'grid'; allowed: tpe, random"),
        (["trials=3", "trials=4"], "say the same"),
    ],
)
def test_what_cannot_be_meant_is_refused(words, told):
    with pytest.raises(ConfigError, match=told):
        parse(words)


@pytest.mark.parametrize(
    ("typed", "hydras"),
    [
        ("a=interval(1e-5,1e-2,log)", "a=tag(log,interval(1e-5,1e-2))"),
        ("a=interval(1, 8, int)", "a=int(interval(1,8))"),
        ("a=interval(1,8,int,log)", "a=tag(log,int(interval(1,8)))"),
        ("a=interval(1,8)", "a=interval(1,8)"),
        ("a=tag(log,interval(1,8))", "a=tag(log,interval(1,8))"),
        ("a=1,2", "a=1,2"),
    ],
)
def test_the_words_of_an_interval_are_hydra_s(typed, hydras):
    assert spelled_out(typed) == hydras
    assert spelled_out(hydras) == hydras


def test_another_word_is_refused():
    with pytest.raises(ConfigError, match="'lin' is no word of an interval; allowed: log, int"):
        spelled_out("a=interval(1,2,lin)")


def varied(*words):
    dimensions, fixed = space_of(Composer([*TOY, *map(spelled_out, words)], CONF))
    assert fixed == TOY
    return dimensions


def test_every_way_to_leave_a_key_open():
    assert varied(
        "agent.learning_rate=interval(1e-5,1e-2,log)",
        "agent.n_epochs=interval(1,8,int)",
        "agent.batch_size=range(20,81,20)",
        "agent.gamma=range(0.5,1.0,0.1)",
        "agent.ent_coef=choice(0,0.1)",
        "agent.use_sde=true,false",
    ) == [
        Dimension("agent.learning_rate", low=1e-5, high=1e-2, log=True),
        Dimension("agent.n_epochs", low=1, high=8, whole=True),
        Dimension("agent.batch_size", low=20, high=80, whole=True, step=20),
        Dimension("agent.gamma", low=0.5, high=pytest.approx(0.9), step=0.1),
        Dimension("agent.ent_coef", choices=("0", "0.1")),
        Dimension("agent.use_sde", choices=("True", "False")),
    ]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "needs a key to vary"),
        (["seed=1,2"], "seed cannot be searched"),
        (["agent.gamma=interval(0.9,0.5)"], "holds no numbers"),
        (["agent.gamma=interval(0,1,log)"], "over numbers above 0"),
    ],
)
def test_what_no_search_can_vary_is_refused(words, told):
    with pytest.raises(ConfigError, match=told):
        varied(*words)


def test_corners_are_checked_one_key_at_a_time():
    dimensions = [Dimension("a", low=1, high=9, whole=True, step=2), Dimension("b", choices=("x", "y"))]
    points = to_check(["c=0"], dimensions)
    assert points == [
        ["c=0", "a=1", "b=x"],
        ["c=0", "a=5", "b=x"],
        ["c=0", "a=9", "b=x"],
        ["c=0", "a=1", "b=y"],
    ]
    assert Dimension("a", low=0, high=1).corners()[1] not in ("0", "1", "0.5")  # shows whether whole numbers are meant
