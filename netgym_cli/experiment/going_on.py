"""How a run that ended early is brought back to its newest checkpoint, before anything in its folder is changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from netgym_cli.runs.checkpoints import Checkpoints, SavedState
from netgym_cli.runs.cutting import cut_tables
from netgym_cli.runs.folder import RunFolder
from netgym_cli.runs.record import Continued
from netgym_cli.sessions.sequential import SequentialSessions
from netgym_cli.sessions.vector import VectorSessions


@dataclass(frozen=True)
class GoingOn:
    """A run that goes on.

    Attributes:
        folder: the run's.
        record: what its record said at its end.
        saved: the checkpoint that it goes on from; None: it begins anew.
        remarks: what a reader of the record should know, such as that it goes on with another version of a library.
    """

    folder: RunFolder
    record: Mapping[str, Any]
    saved: SavedState | None
    remarks: tuple[str, ...] = field(default=())

    def bring(self, env: SequentialSessions | VectorSessions, store: Checkpoints) -> None:
        """Does the session under way once more in `env`, and cuts the tables and the `store` of checkpoints to it.

        Raises:
            ReplayDiffers: the session does not repeat; nothing in the folder was changed.
            RunFailed: a table has lost rows; likewise.
        """
        if self.saved is not None:
            env.restore(self.saved.sessions)
        held = {} if self.saved is None else dict(self.saved.tables["held"])
        if self.saved is not None and (size := self.saved.tables["evaluations"]):
            held[self.folder.evaluations_path.name] = size
        cut_tables(self.folder, held)
        store.go_on_from(None if self.saved is None else self.saved.step)
        self.folder.error_path.unlink(missing_ok=True)

    @property
    def under_way(self) -> list[tuple[int, int]]:
        """Session and env of those that had begun and not ended."""
        rows = [] if self.saved is None else self.saved.tables["sessions"]["open"]
        return [(row["row"]["session"], row["row"]["env"]) for row in rows if row["under_way"]]

    @property
    def noted(self) -> Continued:
        """What the record is to say of it."""
        return Continued(self.record, {} if self.saved is None else self.saved.record, self.remarks)
