"""Short texts of spaces, for messages."""

from typing import Any

import numpy as np
from gymnasium import spaces

LONGEST = 200


def short_text(space: spaces.Space[Any]) -> str:
    """`space` in one short line: of a Box whose bounds differ among its entries, the lowest and the highest."""
    text = _text(space)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."


def distinct_texts(first: spaces.Space[Any], second: spaces.Space[Any]) -> tuple[str, str]:
    """Two spaces that differ, each in one short line, with the first bounds that differ if the texts are equal."""
    texts = short_text(first), short_text(second)
    if texts[0] != texts[1]:
        return texts
    for left, right in zip(_leaves(first), _leaves(second), strict=False):
        if isinstance(left, spaces.Box) and isinstance(right, spaces.Box) and left.shape == right.shape:
            differing = np.argwhere((left.low != right.low) | (left.high != right.high))
            if len(differing):
                index = tuple(int(k) for k in differing[0])
                return f"{texts[0]} {_entry(left, index)}", f"{texts[1]} {_entry(right, index)}"
    return texts


def _text(space: spaces.Space[Any]) -> str:
    if isinstance(space, spaces.Dict):
        return f"Dict({', '.join(f'{key}: {_text(part)}' for key, part in space.spaces.items())})"
    if isinstance(space, spaces.Tuple):
        return f"Tuple({', '.join(map(_text, space.spaces))})"
    if isinstance(space, spaces.Box) and space.low.size:
        low, high = _bound(space.low, space.low.min(), "at least"), _bound(space.high, space.high.max(), "at most")
        return f"Box({low}, {high}, {space.shape}, {space.dtype})"
    return " ".join(str(space).split())


def _bound(values: np.ndarray, extreme: Any, how: str) -> str:
    return str(extreme) if (values == extreme).all() else f"{extreme:g} {how}"


def _entry(space: spaces.Box, index: tuple[int, ...]) -> str:
    where = ", ".join(map(str, index))
    return f"with {space.low[index]:g} to {space.high[index]:g} at [{where}]"


def _leaves(space: spaces.Space[Any]) -> list[spaces.Space[Any]]:
    if isinstance(space, spaces.Dict | spaces.Tuple):
        inner = space.spaces.values() if isinstance(space, spaces.Dict) else space.spaces
        return [leaf for part in inner for leaf in _leaves(part)]
    return [space]
