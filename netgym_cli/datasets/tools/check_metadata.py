"""Whether netgym's part of a dataset's metadata holds what belongs there: a key of the wrong kind would end a check."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from netgym_cli.datasets import Dataset
from netgym_cli.datasets.tools.check_plan import Place
from netgym_cli.datasets.tools.check_result import NOT_CHECKED, Verdict, verdict
from netgym_cli.datasets.tools.metadata import listed, mapping, notes_for, printable

NAME = "metadata"
NEEDED = ("format", "env", "agent", "channel", "plan", "seeds", "layout")
ONLY_COLLECTED = ("plan", "channel", "agent")
SEEDS = 2**31
SHOWN, NAMED = 40, 6  # characters of a value, failures in the message


def metadata(dataset: Dataset, places: Sequence[Place]) -> Verdict:
    """The verdict on netgym's metadata.

    Args:
        dataset: the dataset.
        places: every episode that could be read; their seeds are compared with those noted.
    """
    if "netgym" not in dataset.metadata:
        return Verdict(NAME, NOT_CHECKED, "it was not made by netgym")
    value = dataset.metadata["netgym"]
    if not isinstance(value, dict):
        return verdict(NAME, [_told("netgym", value, "a mapping")])
    failures = [*_of_kinds(value), *_parts(value), *_seeds(dataset, places)]
    made = "imported" if "imported_from" in value else "merged" if "sources" in value else ""
    return verdict(NAME, failures, made, NAMED)


def _is_count(value: Any) -> bool:
    return type(value) is int and value >= 0


def _is_seed(value: Any) -> bool:
    return _is_count(value) and value < SEEDS


def _is_named(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("name"), str) and bool(value["name"])


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _is_plan(value: Any) -> bool:
    pairs = listed(value)
    fits = (isinstance(one, list) and len(one) == 2 and _is_seed(one[0]) and _is_count(one[1]) for one in pairs)
    return bool(pairs) and all(fits)


def _is_row(value: Any) -> bool:
    match value:
        case [str(), str(), str(), list(ids)]:
            return all(type(one) is int for one in ids)
    return False


KINDS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "format": (lambda value: _is_count(value) and value > 0, "a number from 1"),
    "complete": (lambda value: isinstance(value, bool), "true or false"),
    "env": (_is_named, "a mapping with a name"),
    "channel": (_is_named, "a mapping with a name"),
    "agent": (_is_named, "a mapping with a name"),
    "plan": (_is_plan, "pairs of a seed and its number of episodes"),
    "seeds": (
        lambda value: isinstance(value, list) and all(map(_is_seed, value)),
        "a list of numbers, 0 to 2147483647",
    ),
    "layout": (
        lambda value: isinstance(value, list) and all(map(_is_row, value)),
        "a list of [source, name, unit, ids]",
    ),
    "label": (lambda value: isinstance(value, str), "a text"),
    "versions": (lambda value: isinstance(value, dict), "a mapping"),
    "command": (_is_texts, "a list of texts"),
    "dropped": (_is_count, "a number from 0"),
    "imported_from": (lambda value: bool(value) and _is_texts(value), "a list of files"),
    "sources": (
        lambda value: bool(listed(value)) and all(isinstance(mapping(one).get("id"), str) for one in listed(value)),
        "a list of mappings with an id",
    ),
}


def _of_kinds(noted: dict[str, Any], where: str = "netgym") -> Iterator[str]:
    """What is of the wrong kind."""
    for key, (fits, allowed) in KINDS.items():
        if key not in noted or fits(noted[key]):
            continue
        unknown_yet = key == "layout" and noted.get("complete") is not True
        not_told = key == "env" and "imported_from" in noted
        if noted[key] is not None or not (unknown_yet or not_told):
            yield _told(f"{where}.{key}", noted[key], allowed)


def _parts(noted: dict[str, Any]) -> Iterator[str]:
    """What is missing of a collection, or contradicts itself; for a merged dataset, in each that it was merged from."""
    if "sources" not in noted:
        yield from _whole(noted, "netgym")
        return
    shared = {key: value for key, value in noted.items() if key not in ("sources", "seeds", "complete")}
    for place, source in enumerate(listed(noted["sources"])):
        where, own = f"netgym.sources[{place}]", mapping(source)
        yield from _of_kinds({"complete": noted.get("complete"), **own} if "complete" not in own else own, where)
        whole = {"seeds": noted.get("seeds"), **shared, **own}
        if "sources" not in own and any(key in whole for key in ONLY_COLLECTED):
            yield from _whole(whole, where)


def _whole(noted: dict[str, Any], where: str) -> Iterator[str]:
    if "imported_from" in noted:
        yield from (f"{where}.{key} stands beside imported_from" for key in ONLY_COLLECTED if key in noted)
        return
    yield from (f"'{key}' is missing" for key in NEEDED if key not in noted)
    plan, seeds = noted.get("plan"), noted.get("seeds")
    if where == "netgym" and _is_plan(plan) and KINDS["seeds"][0](seeds):
        planned = {seed for seed, _ in listed(plan)}
        if planned != set(listed(seeds)):
            yield _told(f"{where}.seeds", seeds, "the seeds of the plan")


def _seeds(dataset: Dataset, places: Sequence[Place]) -> Iterator[str]:
    """Seeds of episodes that are not noted; of an import also those noted that no episode has."""
    sources = [mapping(one) for one in listed(dataset.netgym.get("sources"))]
    for source in dict.fromkeys(place.source for place in places):
        noted = notes_for(dataset, source).get("seeds")
        own = next((one for one in sources if one.get("id") == source), {})
        if "seeds" not in own and any("seeds" in one for one in sources):
            continue  # made elsewhere: the seeds are those of the others
        if not KINDS["seeds"][0](noted) or (sources and not noted):
            continue
        found = {place.seed for place in places if place.source == source and type(place.seed) is int}
        if strange := sorted(found - set(listed(noted))):
            yield f"netgym.seeds does not hold {strange[0]}, the seed of an episode"
        if "imported_from" in dataset.netgym and (missing := sorted(set(listed(noted)) - found)):
            yield f"netgym.seeds holds {missing[0]}, and no episode is of it"


def _told(key: str, value: Any, allowed: str) -> str:
    text = printable(repr(value)) if value is not None else "null"
    text = text if len(text) <= SHOWN else text[:SHOWN] + "..."
    return f"{key} is {text} (allowed: {allowed})"
