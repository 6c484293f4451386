"""JSON as NetworkGym's documentation shows it: with // and # comments and trailing commas."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, NoReturn

from netgym_cli.common.bounded import read_bytes
from netgym_cli.common.errors import ConfigError

STRING = r'"(?:\\.|[^"\\\n])*"'
COMMENT = re.compile(rf"{STRING}|//[^\n]*|#[^\n]*|/\*.*?(?:\*/|\Z)", re.DOTALL)
TRAILING_COMMA = re.compile(rf"{STRING}|,(?=\s*[}}\]])")


def read_json(file: Path) -> Any:
    """The content of `file`. Raises `ConfigError` with line and column where it is not JSON."""
    try:
        text = read_bytes(file).decode("utf-8-sig")
    except OSError as error:
        raise ConfigError(f"cannot read {file}: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{file} is not UTF-8 text: {error.reason} at byte {error.start}.") from error
    except ValueError as error:
        raise ConfigError(f"cannot read {file}: {error}.") from error
    if (last := next(reversed([*COMMENT.finditer(text)]), None)) and _is_open(last[0]):
        line = text.count("\n", 0, last.start()) + 1
        raise ConfigError(f"{file}, line {line}: not JSON: the comment that begins there does not end.")
    for pattern in (COMMENT, TRAILING_COMMA):  # commas second: a comment may follow the last one
        text = pattern.sub(_blank_unless_string, text)
    try:
        return json.loads(text, parse_constant=_reject_constant)
    except json.JSONDecodeError as error:
        raise ConfigError(f"{file}, line {error.lineno}, column {error.colno}: not JSON: {error.msg}.") from error
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{file}: not JSON: {error}.") from error


def _is_open(comment: str) -> bool:
    return comment.startswith("/*") and not (comment.endswith("*/") and len(comment) >= len("/**/"))


def _blank_unless_string(match: re.Match[str]) -> str:
    """Spaces of the same extent, so that lines and columns stay what they are."""
    return match[0] if match[0].startswith('"') else re.sub(r"[^\n]", " ", match[0])


def _reject_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number in JSON")
