"""A user's own scenario that came over the connection, kept by its content in this user's cache."""

from __future__ import annotations

import hashlib
from pathlib import Path

from netgym_cli.simulators.ns3.cache import cache_dir, keep, make_cache, scratch

MOST_CHARS = 4_000_000


def sent_source(source: Path) -> dict[str, str]:
    """The scenario file as it travels: name, text and SHA-256. Raises `OSError` or `UnicodeDecodeError`."""
    text = source.read_text()
    return {"name": source.name, "text": text, "sha256": _hash(text)}


def kept_source(sent: dict[str, str] | None) -> Path | None:
    """Where a scenario lies that came so; None for none.

    Raises:
        ValueError, KeyError: it is not whole, or has a name that is none of a file.
        BuildError, OSError: the cache cannot be written.
    """
    if sent is None:
        return None
    name, text = str(sent["name"]), str(sent["text"])
    if len(text) > MOST_CHARS or _hash(text) != sent["sha256"]:
        raise ValueError(f"the scenario {name!r} did not arrive whole")
    if Path(name).name != name or name.startswith("."):
        raise ValueError(f"a scenario file is called {name!r}")
    file = make_cache() / f"received-{sent['sha256'][:16]}" / name
    if not file.is_file() or file.read_text() != text:
        with scratch(cache_dir()) as drafts:
            draft = drafts / name
            draft.write_text(text)
            keep(draft, file)
    return file


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
