"""Spaces in messages."""

from typing import Any

import numpy as np
from gymnasium import spaces

LONGEST = 200


def told(space: spaces.Space[Any]) -> str:
    """`space` in one short line: of a Box whose bounds differ among its entries, the least and the largest."""
    text = _told(space)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."


def told_apart(one: spaces.Space[Any], other: spaces.Space[Any]) -> tuple[str, str]:
    """Two spaces that differ, each in one short line, with the first bounds that differ if nothing else tells."""
    texts = told(one), told(other)
    if texts[0] != texts[1]:
        return texts
    for inner, another in zip(_leaves(one), _leaves(other), strict=False):
        if isinstance(inner, spaces.Box) and isinstance(another, spaces.Box) and inner.shape == another.shape:
            wrong = np.argwhere((inner.low != another.low) | (inner.high != another.high))
            if len(wrong):
                place = tuple(int(k) for k in wrong[0])
                return f"{texts[0]} {_entry(inner, place)}", f"{texts[1]} {_entry(another, place)}"
    return texts


def _told(space: spaces.Space[Any]) -> str:
    if isinstance(space, spaces.Dict):
        return f"Dict({', '.join(f'{key}: {_told(part)}' for key, part in space.spaces.items())})"
    if isinstance(space, spaces.Tuple):
        return f"Tuple({', '.join(map(_told, space.spaces))})"
    if isinstance(space, spaces.Box) and space.low.size:
        low, high = _bound(space.low, space.low.min(), "at least"), _bound(space.high, space.high.max(), "at most")
        return f"Box({low}, {high}, {space.shape}, {space.dtype})"
    return " ".join(str(space).split())


def _bound(values: np.ndarray, farthest: Any, how: str) -> str:
    return str(farthest) if (values == farthest).all() else f"{farthest:g} {how}"


def _entry(space: spaces.Box, place: tuple[int, ...]) -> str:
    where = ", ".join(map(str, place))
    return f"with {space.low[place]:g} to {space.high[place]:g} at [{where}]"


def _leaves(space: spaces.Space[Any]) -> list[spaces.Space[Any]]:
    if isinstance(space, spaces.Dict | spaces.Tuple):
        inner = space.spaces.values() if isinstance(space, spaces.Dict) else space.spaces
        return [leaf for part in inner for leaf in _leaves(part)]
    return [space]
