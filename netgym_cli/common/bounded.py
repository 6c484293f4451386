"""Reading files that somebody else may have made, within bounds: no pipes, nothing endless, nothing that unfolds."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

MOST_BYTES = 64 * 2**20
MOST_VALUES = 100_000  # in a YAML file, aliases counted as what they stand for


def read_bytes(path: Path, most: int = MOST_BYTES) -> bytes:
    """The content of a file.

    Raises:
        OSError: it cannot be read.
        ValueError: it is a pipe, a device or the like, or larger than `most` bytes.
    """
    # A pipe that nobody writes to would otherwise be waited for.
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise ValueError("it is no regular file")
        content = file.read(most + 1)
    if len(content) > most:
        raise ValueError(f"it has more than {most} bytes")
    return content


def read_json(path: Path) -> Any:
    """What a JSON file holds. Raises as `read_bytes` does, and `ValueError` for what is none."""
    try:
        return json.loads(read_bytes(path))
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def read_yaml(path: Path) -> Any:
    """What a YAML file holds, as plain values. Raises as `read_bytes` does, and `yaml.YAMLError`."""
    return parsed_yaml(read_bytes(path).decode(), yaml.safe_load)


def parsed_yaml(text: str, parse: Callable[[str], Any]) -> Any:
    """What `parse` makes of YAML within bounds. Raises `ValueError` for more than that, and what `parse` raises."""
    require_bounded_yaml(text)
    try:
        return parse(text)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def require_bounded_yaml(text: str) -> None:
    """Raises `ValueError` for YAML that is nested too deeply or that a few aliases unfold to a flood of values."""
    try:
        if "*" in text and "&" in text:  # without an alias, a file holds no more than its length
            values = _size(yaml.compose(text, Loader=yaml.SafeLoader), {})
        else:
            values = text.count("\n")
    except RecursionError as error:
        raise ValueError("it is nested too deeply, or in itself") from error
    if values > MOST_VALUES:
        raise ValueError(f"it holds more than {MOST_VALUES} values, its aliases counted")


def _size(node: yaml.Node | None, sizes: dict[int, int]) -> int:
    """Number of values that a node stands for."""
    if node is None or isinstance(node, yaml.ScalarNode):
        return 1
    if id(node) not in sizes:
        parts = node.value if isinstance(node, yaml.SequenceNode) else [part for pair in node.value for part in pair]
        sizes[id(node)] = 1 + sum(_size(part, sizes) for part in parts)
    return sizes[id(node)]
