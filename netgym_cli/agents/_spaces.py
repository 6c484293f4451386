"""Spaces in messages."""

from typing import Any

from gymnasium import spaces

LONGEST = 200


def told(space: spaces.Space[Any]) -> str:
    """`space` in one line, its bounds cut short."""
    text = " ".join(str(space).split())
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."
