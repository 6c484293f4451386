"""Whether netgym's part of a dataset's metadata has all its keys, each of the right kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from netgym_cli.datasets import Dataset
from netgym_cli.datasets.tools.check_plan import EpisodeOrigin
from netgym_cli.datasets.tools.check_result import NOT_CHECKED, Verdict, verdict
from netgym_cli.datasets.tools.metadata import listed, mapping, notes_for, printable

NAME = "metadata"
NEEDED = ("format", "env", "agent", "channel", "plan", "seeds", "layout")
ONLY_COLLECTED = ("plan", "channel", "agent")
SEEDS = 2**31
SHOWN, NAMED = 40, 6  # characters of a value, failures in the message


def check_metadata(dataset: Dataset, origins: Sequence[EpisodeOrigin]) -> Verdict:
    """The verdict on netgym's metadata.

    Args:
        dataset: the dataset.
        origins: of every episode that could be read; their seeds are compared with the metadata's.
    """
    if "netgym" not in dataset.metadata:
        return Verdict(NAME, NOT_CHECKED, "it was not made by netgym")
    value = dataset.metadata["netgym"]
    if not isinstance(value, dict):
        return verdict(NAME, [_wrong_value("netgym", value, "a mapping")])
    failures = [*_wrong_kinds(value), *_parts(value), *_seeds(dataset, origins)]
    made = "imported" if "imported_from" in value else "merged" if "sources" in value else ""
    return verdict(NAME, failures, made, NAMED)


def _is_count(value: Any) -> bool:
    return type(value) is int and value >= 0


def _is_seed(value: Any) -> bool:
    return _is_count(value) and value < SEEDS


def _is_named(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("name"), str) and bool(value["name"])


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(text, str) for text in value)


def _is_plan(value: Any) -> bool:
    pairs = listed(value)
    fits = (isinstance(pair, list) and len(pair) == 2 and _is_seed(pair[0]) and _is_count(pair[1]) for pair in pairs)
    return bool(pairs) and all(fits)


def _is_row(value: Any) -> bool:
    match value:
        case [str(), str(), str(), list(ids)]:
            return all(type(number) is int for number in ids)
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
    "machines": (
        lambda value: isinstance(value, list) and all(isinstance(machine, dict) for machine in value),
        "a list of mappings",
    ),
    "command": (_is_texts, "a list of texts"),
    "dropped": (_is_count, "a number from 0"),
    "imported_from": (lambda value: bool(value) and _is_texts(value), "a list of files"),
    "sources": (
        lambda value: (
            bool(listed(value)) and all(isinstance(mapping(source).get("id"), str) for source in listed(value))
        ),
        "a list of mappings with an id",
    ),
}


def _wrong_kinds(noted: dict[str, Any], where: str = "netgym") -> Iterator[str]:
    """Keys whose value is of the wrong kind."""
    for key, (fits, allowed) in KINDS.items():
        if key not in noted or fits(noted[key]):
            continue
        not_known_yet = key == "layout" and noted.get("complete") is not True
        not_given = key == "env" and "imported_from" in noted
        if noted[key] is not None or not (not_known_yet or not_given):
            yield _wrong_value(f"{where}.{key}", noted[key], allowed)


def _parts(noted: dict[str, Any]) -> Iterator[str]:
    """Missing or contradicting keys of a collection; of a merged dataset, those of every source."""
    if "sources" not in noted:
        yield from _complete_keys(noted, "netgym")
        return
    shared = {key: value for key, value in noted.items() if key not in ("sources", "seeds", "complete")}
    for k, source in enumerate(listed(noted["sources"])):
        where, own = f"netgym.sources[{k}]", mapping(source)
        yield from _wrong_kinds({"complete": noted.get("complete"), **own} if "complete" not in own else own, where)
        whole = {"seeds": noted.get("seeds"), **shared, **own}
        if "sources" not in own and any(key in whole for key in ONLY_COLLECTED):
            yield from _complete_keys(whole, where)


def _complete_keys(noted: dict[str, Any], where: str) -> Iterator[str]:
    if "imported_from" in noted:
        yield from (f"{where}.{key} is given beside imported_from" for key in ONLY_COLLECTED if key in noted)
        return
    yield from (f"'{key}' is missing" for key in NEEDED if key not in noted)
    plan, seeds = noted.get("plan"), noted.get("seeds")
    if where == "netgym" and _is_plan(plan) and KINDS["seeds"][0](seeds):
        planned = {seed for seed, _ in listed(plan)}
        if planned != set(listed(seeds)):
            yield _wrong_value(f"{where}.seeds", seeds, "the seeds of the plan")


def _seeds(dataset: Dataset, origins: Sequence[EpisodeOrigin]) -> Iterator[str]:
    """Seeds of episodes that the metadata lacks; of an import also the metadata's that no episode has."""
    sources = [mapping(entry) for entry in listed(dataset.netgym.get("sources"))]
    for source in dict.fromkeys(origin.source for origin in origins):
        noted = notes_for(dataset, source).get("seeds")
        own = next((entry for entry in sources if entry.get("id") == source), {})
        if "seeds" not in own and any("seeds" in entry for entry in sources):
            continue  # made elsewhere: the seeds are those of the other sources
        if not KINDS["seeds"][0](noted) or (sources and not noted):
            continue
        played = {origin.seed for origin in origins if origin.source == source and type(origin.seed) is int}
        if strange := sorted(played - set(listed(noted))):
            yield f"netgym.seeds does not hold {strange[0]}, the seed of an episode"
        if "imported_from" in dataset.netgym and (missing := sorted(set(listed(noted)) - played)):
            yield f"netgym.seeds holds {missing[0]}, and no episode is of it"


def _wrong_value(key: str, value: Any, allowed: str) -> str:
    text = printable(repr(value)) if value is not None else "null"
    text = text if len(text) <= SHOWN else text[:SHOWN] + "..."
    return f"{key} is {text} (allowed: {allowed})"
