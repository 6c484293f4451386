"""The seeds of each purpose: runs of earlier releases have them in their records, and none may meet another's."""

from itertools import pairwise

from netgym_cli.common.seeds import FirstSeed, fresh_seeds

MOST_NETWORKS = 1_000_000


def test_the_first_seeds_are_those_of_earlier_runs():
    assert {name: int(seed) for name, seed in FirstSeed.__members__.items()} == {
        "EVALUATION": 1_000_000,
        "OFFLINE": 1_000_000,
        "FIT_TWIN": 2_000_000,
        "ON_THE_WAY": 3_000_000,
        "AT_END": 4_000_000,
        "VALIDATE_TWIN": 5_000_000,
        "SEARCH": 6_000_000,
    }


def test_purposes_have_room_before_the_next():
    assert all(after - before >= MOST_NETWORKS for before, after in pairwise(sorted(FirstSeed)))


def test_fresh_seeds_leave_out_those_that_were_met():
    found = fresh_seeds(3, {7, 9, None}, 7)
    assert found == (8, 10, 11) and {type(seed) for seed in fresh_seeds(1, (), FirstSeed.AT_END)} == {int}
