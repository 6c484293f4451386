"""What a worker elsewhere answers, looked at before it is believed: its frames come from another machine."""

from __future__ import annotations

import math
import struct

from netgym_cli.simulators.ns3.worker import protocol
from netgym_cli.simulators.remote.wire import BrokenFrame, content_of
from netgym_cli.simulators.stats import Layout
from netgym_cli.simulators.wire_text import parse_layout

NUMBER_BYTES = 8
HEAD = struct.Struct(f"={protocol.HEAD}d")


class Answers:
    """The frames of one worker, in their order."""

    def __init__(self) -> None:
        self._layout: Layout | None = None

    def check(self, frame: bytes) -> None:
        """Raises `BrokenFrame` unless `frame` is what a worker can say at this moment."""
        kind = frame[:1]
        if kind == protocol.STATS:
            self._check_numbers(frame)
        elif kind == protocol.LAYOUT:
            content = content_of(frame)
            try:
                self._layout = parse_layout(content["layout"])
            except (AttributeError, KeyError, TypeError, ValueError) as error:
                raise BrokenFrame(f"a layout that is none ({error})") from error
        elif kind == protocol.FAILURE:
            content = content_of(frame)
            if not all(isinstance(content.get(key), str) for key in ("message", "traceback")):
                raise BrokenFrame("a failure without words")
        else:
            raise BrokenFrame(f"a frame of kind {kind!r}")

    def _check_numbers(self, frame: bytes) -> None:
        if self._layout is None:
            raise BrokenFrame("a measurement before the layout")
        count, odd = divmod(len(frame) - 1, NUMBER_BYTES)
        wanted = protocol.HEAD + self._layout.size
        if odd or count < wanted or (count > wanted and not self._layout.delays):
            raise BrokenFrame(f"a measurement of {len(frame) - 1} bytes; allowed: {wanted * NUMBER_BYTES}")
        if not all(map(math.isfinite, HEAD.unpack_from(frame, 1))):
            raise BrokenFrame("a measurement at no time")
