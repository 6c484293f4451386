"""Packets that are larger than a frame: they cross as IP fragments, and arrive when the last of them has."""

from __future__ import annotations

IP_BYTES, UDP_BYTES = 20, 8
MAX_UDP_PAYLOAD_BYTES = 65_535 - IP_BYTES - UDP_BYTES  # RFC 768: 16 bits of length


class Fragments:
    """Which frame belongs to which packet. Frames and packets of a port are counted from 0.

    Args:
        ports: number of ports.
        frame_payload_bytes: largest payload of a frame that holds a whole packet, the UDP and IP headers aside.
    """

    def __init__(self, ports: int, frame_payload_bytes: int) -> None:
        self._most = frame_payload_bytes
        self._piece = (frame_payload_bytes + UDP_BYTES) // 8 * 8  # of IP payload: fragments are cut at 8 bytes
        self._frames = [0] * ports
        self._owners: list[dict[int, int]] = [{} for _ in range(ports)]
        self._missing: list[dict[int, int]] = [{} for _ in range(ports)]

    def split(self, port: int, packet: int, payload_bytes: int) -> list[int]:
        """The frames of a new packet (RFC 791), as payloads that have 28 bytes of headers on the air."""
        if payload_bytes <= self._most:
            sizes = [payload_bytes]
        else:
            whole, rest = divmod(payload_bytes + UDP_BYTES, self._piece)
            sizes = [piece - UDP_BYTES for piece in [self._piece] * whole + [max(rest, UDP_BYTES + 1)] * (rest > 0)]
        owners, first = self._owners[port], self._frames[port]
        for frame in range(first, first + len(sizes)):
            owners[frame] = packet
        self._missing[port][packet] = len(sizes)
        self._frames[port] = first + len(sizes)
        return sizes

    def settle(self, port: int, frame: int, arrived: bool) -> int | None:
        """The packet whose fate this frame's fate decides; None: it decides none; -1: the frame had a fate already."""
        packet = self._owners[port].pop(frame, None)
        if packet is None:
            return -1
        missing = self._missing[port].get(packet)
        if missing is None:  # another fragment was lost, and the packet with it
            return None
        if arrived and missing > 1:
            self._missing[port][packet] = missing - 1
            return None
        del self._missing[port][packet]
        return packet
