"""What Optuna is asked and told: equal after any kill, in whatever line of the journal it came."""

import pytest

from netgym_cli.common.errors import ConfigError
from netgym_cli.jobs.search.request import SearchRequest
from netgym_cli.jobs.search.space import Dimension
from netgym_cli.jobs.search.study import JOURNAL, Study, require_optuna

SPACE = [
    Dimension("rate", low=1e-5, high=1e-2, log=True),
    Dimension("layers", low=1, high=4, whole=True),
    Dimension("kind", choices=("a", "b", "c")),
]


@pytest.fixture(scope="module", autouse=True)
def optuna():
    return pytest.importorskip("optuna")


def worth(tried):
    values = {dimension.key: text for dimension, text in tried}
    return -abs(float(values["rate"]) - 1e-3) - 1e-4 * int(values["layers"]) + 1e-4 * (values["kind"] == "b")


def study(folder, pruner="none", seed=1, **asked):
    folder.mkdir(exist_ok=True)
    return Study(folder, SearchRequest(30, pruner=pruner, **asked), SPACE, seed)


def played(folder, count, again=lambda number: False):
    """What so many trials tried; the study is opened anew before each number that `again` names."""
    tried, open_study = [], study(folder)
    for number in range(count):
        if again(number):
            open_study = study(folder)
        tried.append([text for _, text in open_study.ask(number)])
        open_study.tell(number, worth(open_study.ask(number)))
    return tried


def test_what_is_tried_follows_from_seed_number_and_what_was_told(tmp_path):
    tried = played(tmp_path / "one", 14)
    assert played(tmp_path / "reopened", 14, again=lambda number: number % 3 == 2) == tried
    assert len({tuple(point) for point in tried}) == 14
    other = study(tmp_path / "other", seed=2)
    assert [text for _, text in other.ask(0)] != tried[0]


@pytest.mark.parametrize("lines", [0, 1, 2, 3])
def test_a_kill_in_the_middle_of_a_question_changes_no_answer(tmp_path, lines):
    tried = played(tmp_path / "one", 12)
    played(tmp_path / "killed", 11)
    asking = study(tmp_path / "killed")
    before = (tmp_path / "killed" / JOURNAL).read_bytes()
    asking.ask(11)
    after = (tmp_path / "killed" / JOURNAL).read_bytes()
    new = after[len(before) :].splitlines(keepends=True)
    half = new[lines][: len(new[lines]) // 2]
    (tmp_path / "killed" / JOURNAL).write_bytes(before + b"".join(new[:lines]) + half)
    again = study(tmp_path / "killed")
    assert again.asked == 11 + (lines > 0) and again.tried(11) is None
    assert [text for _, text in again.ask(11)] == tried[11]


def test_the_best_are_the_best_whichever_way_they_are_sought(tmp_path):
    for direction, ranked in (("maximize", [1, 2, 0]), ("minimize", [0, 2, 1])):
        found = study(tmp_path / direction, direction=direction)
        for number, value in enumerate((1.0, 3.0, 2.0)):
            found.ask(number)
            found.tell(number, value)
        found.ask(3)
        found.tell(3, None)
        assert [number for number, _, _ in found.best(5)] == ranked
        assert [row[:3] for row in found.table()[1]][-1] == [3, "fail", None]
        assert found.importance() == {}  # too few trials


def test_the_key_that_matters_is_found(tmp_path):
    played(tmp_path / "one", 30)
    told = study(tmp_path / "one").importance()
    assert set(told) == {"rate", "layers", "kind"} and max(told, key=told.get) == "rate"
    assert sum(told.values()) == pytest.approx(1)


def test_who_is_behind_is_pruned_but_not_before_it_is_warm(tmp_path):
    found = study(tmp_path / "one", pruner="median")
    for number in range(6):
        found.ask(number)
        for place in range(4):
            found.report(number, place, 1.0 + number)
        assert not found.is_behind(number, warm_up=2)
        found.tell(number, 1.0)
    found.ask(6)
    for place in range(3):
        found.report(6, place, 0.0)
        assert found.is_behind(6, warm_up=2) == (place == 2)
    found.tell(6, None, pruned=True)
    assert found.pruned == 1 and found.is_told(6) and found.reported(6) == {0: 0.0, 1: 0.0, 2: 0.0}


def test_without_optuna_the_message_names_the_command(monkeypatch):
    import builtins

    original = builtins.__import__

    def refusing(name, *others, **more):
        if name == "optuna":
            raise ImportError(name)
        return original(name, *others, **more)

    monkeypatch.setattr(builtins, "__import__", refusing)
    with pytest.raises(ConfigError, match=r"pip install 'netgym\[optuna\]'"):
        require_optuna()
