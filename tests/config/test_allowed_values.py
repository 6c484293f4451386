"""What a field may hold: the words, the check, and that the comments in conf/ say the same."""

import math
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pytest
from omegaconf import OmegaConf

from netgym_cli.agents.base import agent_registry
from netgym_cli.channels.base import channel_registry
from netgym_cli.common.errors import ConfigError
from netgym_cli.config import catalog, compose
from netgym_cli.config.fields import Choice, Range, allowed_values, check_fields, one_of, ranged, such_that
from netgym_cli.config.schema import typed
from netgym_cli.envs.base import env_registry
from netgym_cli.experiment.config import typed_run


@dataclass
class Part:
    share: float = ranged(above=0, below=1)
    even: Any = such_that(lambda value: value % 2 == 0, "an even number")


@dataclass
class Own:
    """Checks itself, as a part of a record that the user wrote may do."""

    share: float = ranged(0, 1)

    def validate(self) -> None: ...


@dataclass
class Whole:
    delay_ms: float = ranged(0, note="0: none")
    size_bytes: int | None = ranged(1, 10**6, null="no limit")
    rates_mbps: list[float] = ranged(above=0)
    kind: str = one_of("tcp", "udp")
    kinds: list[str] = one_of("tcp", "udp")
    late: str | None = one_of(lambda: LATE, null="")
    on: bool = one_of(True)
    part: Part = field(default_factory=Part)
    parts: list[Part] = field(default_factory=list)
    own: Own = field(default_factory=Own)
    plain: int = 3


LATE = {"first": 1, "second": 2}
GOOD: dict[str, Any] = {
    "delay_ms": 0, "size_bytes": None, "rates_mbps": [1e-9, math.inf], "kind": "udp", "kinds": ["udp"],
    "late": "second", "on": True,
    "part": {"share": 0.5, "even": 2}, "parts": [{"share": 0.1, "even": 4}], "own": {"share": 7},
}  # fmt: skip


def test_what_is_allowed_passes_as_a_structured_config_of_omegaconf():
    record = typed(Whole, GOOD, "env")
    check_fields(record, "env")
    assert record.rates_mbps == [1e-9, math.inf] and record.parts[0] == Part(0.1, 4)
    assert OmegaConf.structured(Whole).plain == 3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"delay_ms": -1}, "env.delay_ms is -1.0; allowed: 0 or more, ms; 0: none."),
        ({"delay_ms": math.nan}, "env.delay_ms is nan; allowed: 0 or more, ms; 0: none."),
        ({"size_bytes": 0}, "env.size_bytes is 0; allowed: 1 to 1000000 bytes, or null for no limit."),
        ({"rates_mbps": [3, 0]}, "env.rates_mbps is [3.0, 0.0]; allowed: above 0 Mbit/s."),
        ({"kind": "tpc"}, "env.kind is 'tpc'; allowed: tcp, udp. Did you mean 'tcp'?"),
        ({"kind": "sctpx"}, "env.kind is 'sctpx'; allowed: tcp, udp. Did you mean 'tcp'?"),
        ({"kind": "q"}, "env.kind is 'q'; allowed: tcp, udp."),
        ({"kinds": ["tcp", "ucp"]}, "env.kinds is 'ucp'; allowed: tcp, udp. Did you mean 'udp'?"),
        ({"late": "secund"}, "env.late is 'secund'; allowed: first, second, or null. Did you mean 'second'?"),
        ({"on": False}, "env.on is False; allowed: true."),
        ({"part": {"share": 1, "even": 2}}, "env.part.share is 1.0; allowed: between 0 and 1."),
        ({"parts": [{"share": 0.5, "even": 3}]}, "env.parts[0].even is 3; allowed: an even number."),
    ],
)
def test_one_message_says_key_value_and_what_is_allowed(change, message):
    record = typed(Whole, GOOD | change, "env")
    with pytest.raises(ConfigError) as caught:
        check_fields(record, "env")
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        (Range(1500, 2**31 - 1), "1500 to 2147483647"), (Range(0, math.inf), "0 or more"),
        (Range(0, math.inf, above=True), "above 0"), (Range(0, math.inf, below=True), "0 or more"),
        (Range(0, 1, above=True), "above 0, up to 1"), (Range(0, 0.5, below=True), "0 or more, below 0.5"),
        (Range(0, 1, True, True), "between 0 and 1"), (Range(1e-6, 1e9), "0.000001 to 1000000000"),
    ],
)  # fmt: skip
def test_a_range_in_words(numbers, words):
    assert str(numbers) == words


def test_open_ends_leave_infinity_in_unless_they_are_below_it():
    assert math.inf in Range(0, math.inf) and math.inf not in Range(0, math.inf, below=True)
    assert 0 not in Range(0, 1, above=True) and 1 not in Range(0, 1, below=True) and "1" not in Range(0, 1)


# --- the records of all members, and the comments of their YAML files

MEMBERS = [(member.group, member.name) for member in catalog.members()]
REGISTRIES = (env_registry, agent_registry, channel_registry)
NUMBER = r"-?\d[\d.]*(?:e\d+)?"
CLAUSE = re.compile(
    rf"(?:(?P<above>above )?(?P<low>{NUMBER})(?: or more| to (?P<high>{NUMBER}))|above (?P<least>{NUMBER})"
    rf"|between (?P<left>{NUMBER}) and (?P<right>{NUMBER})|(?P<ceiling>at most|below) (?P<most>{NUMBER}))(?: [\w/%]+)?"
)
COUNTED = {"env.cell_locations"}  # how many there may be, and not which values


def stated(comment: str) -> Range | None:
    """The range that a comment states, in clauses that say nothing else; -inf: no lowest value is stated."""
    low, high, above, below, found = -math.inf, math.inf, False, False, False
    for clause in re.split(r"[,;:]\s+", comment.rstrip(".")):
        match = CLAUSE.fullmatch(clause.strip())
        if match is None:
            continue
        found, words = True, match.groupdict()
        if words["most"]:
            high, below = float(words["most"]), words["ceiling"] == "below"
        elif words["left"]:
            low, high, above, below = float(words["left"]), float(words["right"]), True, True
        else:
            low, above = float(words["low"] or words["least"]), bool(words["above"] or words["least"])
            high = float(words["high"]) if words["high"] else high
    return Range(low, high, above, below) if found else None


def listed(comment: str) -> set[str]:
    """The names of a list with bars in a comment, remarks in brackets left out; empty without one."""
    first, *others = re.sub(r"\([^)]*\)", "", comment).split(" | ")
    return {first.split()[-1], *(other.split()[0].strip(",;:") for other in others)} if others else set()


def contradiction(comment: str, domain: Any) -> str:
    """What a comment says against a field; empty if it does not."""
    if isinstance(domain, Choice):
        names = {str(value).lower() if isinstance(value, bool) else str(value) for value in domain}
        told = {name for name in names if re.search(rf"(?<![\w.]){re.escape(name)}(?![\w.])", comment)}
        if listed(comment) and listed(comment) != names:
            return f"lists {listed(comment)}, not {names}"
        return f"names {told}, not {names}" if told and told != names and "any" not in comment else ""
    numbers = stated(comment)
    if numbers is None:
        return ""
    if not isinstance(domain, Range):
        return f"states {numbers}, and the field nothing"
    same_top = numbers.high == domain.high and (numbers.below == domain.below or math.isinf(domain.high))
    same_bottom = math.isinf(numbers.low) or (numbers.low, numbers.above) == (domain.low, domain.above)
    return "" if same_top and same_bottom else f"states {numbers}, and the field {domain}"


@pytest.mark.parametrize(
    ("comment", "numbers"),
    [
        ("seed of everything drawn: ns-3 run number; 0 to 2147483647", Range(0, 2147483647)),
        ("steps of an episode (L), 1 or more", Range(1, math.inf)),
        ("payload, 1 to 1472 bytes, above 1000 as fragments; null: any", Range(1, 1472)),
        ("power, -30 to 50 dBm", Range(-30, 50)),
        ("share, above 0 to 1", Range(0, 1, above=True)),
        ("share, between 0 and 1", Range(0, 1, True, True)),
        ("share, 0 or more, below 0.5", Range(0, 0.5, below=True)),
        ("rate, above 0", Range(0, math.inf, above=True)),
        ("a packet is lost after it, at most 1000 ms", Range(-math.inf, 1000)),
        ("the policy acts in -1 to 1, mapped onto the bounds", None),
        ("negative: without limit; 37500 are 300 ms", None),
    ],
)
def test_ranges_are_read_from_comments(comment, numbers):
    assert stated(comment) == numbers


def commented(group, name):
    """Key, comment and allowed values of everything that a YAML file composes to."""
    composer = compose.Composer([f"{group}={name}"] if group else [])
    composed = composer.compose()
    allowed, raw = dict(allowed_values(typed_run(composed), "")), OmegaConf.to_container(composed, resolve=True)
    part = "" if group == "experiment" else group  # which composes the whole config
    for key in catalog.keys(raw, composer.files(), part):
        yield key.key, key.meaning, allowed[key.key].domain if key.key in allowed else None


@pytest.mark.parametrize(("group", "name"), [("", ""), *MEMBERS])
def test_the_comments_of_a_yaml_file_say_what_its_fields_do(group, name):
    wrong = [
        f"{key}: the comment {what}: {meaning}"
        for key, meaning, domain in commented(group, name)
        if key not in COUNTED and (what := contradiction(meaning, domain))
    ]
    assert not wrong, "\n".join(wrong)


def test_comments_state_enough_to_compare():
    kinds = Counter(
        type(domain).__name__
        for member in (("env", "nqos_split"), ("env", "rmcat"), ("channel", "link"), ("agent", "sac"))
        for _, meaning, domain in commented(*member)
        if stated(meaning) is not None or listed(meaning)
    )
    assert kinds["Range"] + kinds["NumberOrRange"] > 25 and kinds["Choice"] > 4, kinds
