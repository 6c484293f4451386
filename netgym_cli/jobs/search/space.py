"""What a search varies: the overrides with `interval()`, `range()`, `choice()` or a list, as dimensions."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import IntervalSweep, Override, RangeSweep

from netgym_cli.common.errors import ConfigError
from netgym_cli.config.compose import Composer
from netgym_cli.config.overrides import action_channel_first
from netgym_cli.jobs.grid import without_hydras

LOG, WHOLE = "log", "int"
WITH_WORDS = re.compile(r"=\s*interval\(([^()]*)\)$")
ROUNDING = 1e-9  # of the number of steps in a range of fractions
SOMEWHERE = 0.382  # a place inside an interval where a value is neither whole nor round


@dataclass(frozen=True)
class Dimension:
    """What one key may be.

    Attributes:
        key: dotted, or a group.
        choices: the values as on the command line; empty for numbers between two bounds.
        low, high: the bounds, both included.
        whole: whether only whole numbers are meant.
        step: distance of neighbours; None: any number.
        log: whether equal ratios are equally likely, instead of equal differences.
    """

    key: str
    choices: tuple[str, ...] = ()
    low: float = 0
    high: float = 0
    whole: bool = False
    step: float | None = None
    log: bool = False

    def text(self, value: Any) -> str:
        """A value of it as on the command line."""
        return str(value) if self.choices else repr(int(value) if self.whole else float(value))

    def corners(self) -> list[str]:
        """Values that a config takes if it takes all: the choices, or the bounds and one between."""
        if self.choices:
            return list(self.choices)
        between = self.low + SOMEWHERE * (self.high - self.low)
        if self.step is not None:
            between = self.low + self.step * round((between - self.low) / self.step)
        return [self.text(value) for value in (self.low, between, self.high)]

    def values(self) -> dict[str, Any]:
        """All of it, for a file."""
        return {**asdict(self), "choices": list(self.choices)}


def spelled_out(override: str) -> str:
    """`key=interval(1,2,log)` and `int`, in the words of Hydra's grammar: `tag(log, interval(1,2))`, `int(...)`.

    Raises:
        ConfigError: another word than these.
    """
    if not (found := WITH_WORDS.search(override)):
        return override
    low, high, *words = [part.strip() for part in found[1].split(",")] if found[1].count(",") else ["", ""]
    for word in words:
        if word not in (LOG, WHOLE):
            raise ConfigError(f"{override}: '{word}' is no word of an interval; allowed: {LOG}, {WHOLE}.")
    text = f"interval({low},{high})" if words else found[0].partition("=")[2].strip()
    text = f"int({text})" if WHOLE in words else text
    text = f"tag({LOG},{text})" if LOG in words else text
    return override[: found.start()] + "=" + text


def space_of(composer: Composer) -> tuple[list[Dimension], list[str]]:
    """What the overrides leave open, and those that leave nothing open, without Hydra's own.

    Raises:
        ConfigError: nothing is left open, or something that no search can vary.
    """
    varied: dict[str, Dimension] = {}
    fixed: dict[str, str] = {}
    with composer.errors_explained():
        parser = OverridesParser.create(config_loader=composer.hydra.config_loader)
        for override in parser.parse_overrides(without_hydras(composer.task_overrides)):
            key = override.get_key_element()
            varied.pop(key, None), fixed.pop(key, None)  # the last one of a key counts
            if override.is_sweep_override():
                varied[key] = _dimension(override)
            else:
                fixed[key] = str(override.input_line)
    dimensions = list(varied.values())
    if not dimensions:
        raise ConfigError(
            "a search needs a key to vary: write KEY=interval(LOW,HIGH), KEY=interval(LOW,HIGH,log), KEY=range(...) "
            "or KEY=A,B; or leave trials= out."
        )
    for dimension in dimensions:
        if dimension.key == "seed" or dimension.key.endswith(".random_seed"):
            raise ConfigError(
                f"{dimension.key} cannot be searched: the luckiest would win. All trials have the same; give one."
            )
    return dimensions, list(fixed.values())


def point(fixed: Sequence[str], chosen: Sequence[tuple[Dimension, str]]) -> list[str]:
    """The overrides of one point."""
    return action_channel_first([*fixed, *(f"{dimension.key}={text}" for dimension, text in chosen)])


def to_check(fixed: Sequence[str], dimensions: Sequence[Dimension]) -> list[list[str]]:
    """Points that have to be able to run before a search begins: each corner of each dimension, the others at their
    first. The first of them is the search's plainest point."""
    first = [dimension.corners()[0] for dimension in dimensions]
    points = [point(fixed, list(zip(dimensions, first, strict=True)))]
    for place, dimension in enumerate(dimensions):
        for text in dimension.corners()[1:]:
            texts = [*first[:place], text, *first[place + 1 :]]
            points.append(point(fixed, list(zip(dimensions, texts, strict=True))))
    return points


def _dimension(override: Override) -> Dimension:
    key, value, line = override.get_key_element(), override.value(), override.input_line
    if isinstance(value, IntervalSweep):
        assert value.start is not None and value.end is not None
        whole = isinstance(value.start, int)
        found = Dimension(key, low=value.start, high=value.end, whole=whole, log=LOG in value.tags)
    elif isinstance(value, RangeSweep):
        found = _range(key, value)
    else:
        return Dimension(key, choices=tuple(dict.fromkeys(override.sweep_string_iterator())))
    if not found.low < found.high:
        raise ConfigError(f"{line} holds no numbers: {found.low!r} is not below {found.high!r}.")
    if found.log and (found.low <= 0 or found.step not in (None, 1)):
        raise ConfigError(
            f"{line}: a logarithmic search is over numbers above 0 without steps, as interval(1e-5,1e-2,log)."
        )
    return found


def _range(key: str, value: RangeSweep) -> Dimension:
    """Hydra's range, whose end is not in it."""
    assert value.start is not None and value.stop is not None
    start, stop, step = value.start, value.stop, value.step
    count = math.ceil((stop - start) / step - ROUNDING)
    whole = all(isinstance(number, int) for number in (start, stop, step))
    return Dimension(
        key, low=start, high=start + step * max(0, count - 1), whole=whole, step=step, log=LOG in value.tags
    )
