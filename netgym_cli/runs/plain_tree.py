"""Nested values as JSON and arrays: what can be stored and read again without running any code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

MARK = "$"  # begins what JSON has no words for


def split(tree: Any) -> tuple[Any, dict[str, np.ndarray]]:
    """`tree` as JSON and the arrays that it refers to, by name.

    Args:
        tree: of dictionaries, lists, tuples, texts, numbers, True, False, None, arrays and NumPy's own numbers.

    Raises:
        TypeError: it holds something else, or an array of objects.
    """
    arrays: dict[str, np.ndarray] = {}

    def plain(value: Any) -> Any:
        if value is None or isinstance(value, str | bool) or type(value) in (int, float):
            return value
        if isinstance(value, np.ndarray | np.generic):
            if value.dtype.hasobject:
                raise TypeError("an array of objects cannot be stored without a pickle.")
            name = f"a{len(arrays)}"
            arrays[name] = np.asarray(value)
            return {MARK: "array" if isinstance(value, np.ndarray) else "number", "of": name}
        if isinstance(value, list):
            return [plain(item) for item in value]
        if isinstance(value, tuple):
            return {MARK: "tuple", "of": [plain(item) for item in value]}
        if isinstance(value, Mapping):
            if all(isinstance(key, str) and key != MARK for key in value):
                return {key: plain(item) for key, item in value.items()}
            return {MARK: "map", "of": [[plain(key), plain(item)] for key, item in value.items()]}
        raise TypeError(f"a {type(value).__name__} cannot be stored without a pickle.")

    return plain(tree), arrays


def join(tree: Any, arrays: Mapping[str, np.ndarray]) -> Any:
    """What `split` was given. Raises `KeyError`, `TypeError` or `ValueError` for what it has not made."""
    if isinstance(tree, list):
        return [join(item, arrays) for item in tree]
    if not isinstance(tree, dict):
        return tree
    if MARK not in tree:
        return {key: join(item, arrays) for key, item in tree.items()}
    kind, content = tree[MARK], tree["of"]
    if kind == "array":
        return arrays[content]
    if kind == "number":
        return arrays[content][()]
    if kind == "tuple":
        return tuple(join(item, arrays) for item in content)
    if kind == "map":
        return {join(key, arrays): join(item, arrays) for key, item in content}
    raise ValueError(f"{kind!r} is no kind of value")
