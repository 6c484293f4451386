"""Arrays from a pickle file, read without unpickling.

Python's `pickle` calls whatever a file names. This reader looks at the file's instructions one by one
(`pickletools.genops`, which only parses), executes the few that NumPy's arrays need, in protocols 0 to
5, and rejects all others. A name in the file is compared with the few that arrays need; it is never imported.
"""

from __future__ import annotations

import pickletools
import re
from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from netgym_cli.common.errors import ConfigError

NUMBERS = re.compile(r"[fiu][1248]|b1")  # dtypes: floats, integers, booleans
DIMENSIONS, LONGEST = 8, 2**48  # of a shape
INSTRUCTIONS = 10_000  # four arrays need about a hundred

RECONSTRUCT = {"numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct"}
FROM_BUFFER = {"numpy.core.numeric._frombuffer", "numpy._core.numeric._frombuffer"}
ENCODE, NDARRAY, DTYPE = "_codecs.encode", "numpy.ndarray", "numpy.dtype"
BYTES = {"__builtin__.bytes", "builtins.bytes"}
NAMES = {*RECONSTRUCT, *FROM_BUFFER, *BYTES, ENCODE, NDARRAY, DTYPE}

CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False, "EMPTY_TUPLE": ()}
VALUES = {
    *("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4"),
    *("STRING", "BINSTRING", "SHORT_BINSTRING", "UNICODE", "SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8"),
    *("SHORT_BINBYTES", "BINBYTES", "BINBYTES8", "BYTEARRAY8"),
}
FIXED_TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
IGNORED = {"PROTO", "FRAME"}


class _NotArrays(Exception):
    """The file holds something other than arrays; the message says what."""


@dataclass(frozen=True)
class _Name:
    """A name in the file, one of `NAMES`."""

    name: str


@dataclass
class _Incomplete:
    """A named value whose state follows in the file: a dtype without its byte order, an array without its content."""

    kind: str
    value: Any = None
    shape: Any = None


_MARK = object()


def arrays_of(data: bytes, where: str) -> tuple[np.ndarray, ...]:
    """The arrays in a pickle of a tuple of arrays. They may share memory with `data`.

    Args:
        data: the whole file.
        where: the file's name, for messages.

    Raises:
        ConfigError: it is not such a pickle; the message says what it holds instead.
    """
    try:
        value = _Reader().read(data)
        if not isinstance(value, tuple):
            raise _NotArrays(f"holds {_kind(value)}, no tuple of arrays")
        return tuple(_array(entry) for entry in value)
    except _NotArrays as error:
        raise ConfigError(f"'{where}' {error}; only a tuple of arrays of numbers is read.") from error
    except (ValueError, IndexError, KeyError, TypeError, OverflowError) as error:
        raise ConfigError(
            f"'{where}' is not a complete pickle of arrays: it is cut off, damaged or another kind of file."
        ) from error


class _Reader:
    """The stack and memo of the pickle format; nothing on them is ever called."""

    def __init__(self) -> None:
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}

    def read(self, data: bytes) -> Any:
        end = 0
        for count, (opcode, argument, place) in enumerate(pickletools.genops(data)):
            if count == INSTRUCTIONS:
                raise _NotArrays(f"has more than {INSTRUCTIONS} instructions")
            end = (place or 0) + 1
            if opcode.name != "STOP":
                self._do(opcode.name, argument)
        if end != len(data):
            raise _NotArrays(f"goes on for {len(data) - end} bytes behind its end")
        (value,) = self.stack
        return value

    def _do(self, name: str, argument: Any) -> None:
        if name in VALUES:
            self.stack.append(argument)
        elif name in CONSTANTS:
            self.stack.append(CONSTANTS[name])
        elif name in FIXED_TUPLES:
            self._gather(len(self.stack) - FIXED_TUPLES[name])
        elif name in ACTIONS:
            ACTIONS[name](self, argument)
        elif name not in IGNORED:
            raise _NotArrays(f"holds the instruction {name}, which no array needs")

    def _mark(self, argument: Any) -> None:
        self.stack.append(_MARK)

    def _tuple(self, argument: Any) -> None:
        place = max(k for k, entry in enumerate(self.stack) if entry is _MARK)
        self._gather(place + 1)
        del self.stack[place]

    def _gather(self, first: int) -> None:
        if first < 0:
            raise IndexError("an instruction has nothing to work on")
        self.stack[first:] = [tuple(self.stack[first:])]

    def _put(self, argument: Any) -> None:
        self.memo[argument] = self.stack[-1]

    def _memoize(self, argument: Any) -> None:
        self.memo[len(self.memo)] = self.stack[-1]

    def _get(self, argument: Any) -> None:
        self.stack.append(self.memo[argument])

    def _global(self, argument: Any) -> None:
        module, _, name = argument.partition(" ")
        self._push_name(module, name)

    def _stack_global(self, argument: Any) -> None:
        name, module = self.stack.pop(), self.stack.pop()
        self._push_name(str(module), str(name))

    def _push_name(self, module: str, name: str) -> None:
        if (whole := f"{module}.{name}") not in NAMES:
            raise _NotArrays(f"holds '{_shown(whole)}', which is no array")
        self.stack.append(_Name(whole))

    def _reduce(self, argument: Any) -> None:
        arguments, function = self.stack.pop(), self.stack.pop()
        if not isinstance(function, _Name) or not isinstance(arguments, tuple):
            raise _NotArrays(f"calls {_kind(function)}")
        self.stack.append(_call_result(function.name, arguments))

    def _build(self, argument: Any) -> None:
        state = self.stack.pop()
        incomplete = self.stack[-1]
        if not isinstance(incomplete, _Incomplete) or not isinstance(state, tuple):
            raise _NotArrays(f"gives a state to {_kind(incomplete)}")
        incomplete.value = _with_order(incomplete.value, state) if incomplete.kind == "dtype" else _content(state)


ACTIONS: dict[str, Callable[[_Reader, Any], None]] = {
    "MARK": _Reader._mark,
    "TUPLE": _Reader._tuple,
    **dict.fromkeys(("PUT", "BINPUT", "LONG_BINPUT"), _Reader._put),
    **dict.fromkeys(("GET", "BINGET", "LONG_BINGET"), _Reader._get),
    "MEMOIZE": _Reader._memoize,
    "GLOBAL": _Reader._global,
    "STACK_GLOBAL": _Reader._stack_global,
    "REDUCE": _Reader._reduce,
    "BUILD": _Reader._build,
}


def _call_result(name: str, arguments: tuple[Any, ...]) -> Any:
    """The value of a call of one of `NAMES`."""
    if name in BYTES and not arguments:
        return b""
    if name == ENCODE and len(arguments) == 2 and arguments[1] in ("latin1", "latin-1"):
        return str(arguments[0]).encode("latin-1")
    if name == DTYPE and arguments and isinstance(arguments[0], str):
        return _Incomplete("dtype", _dtype(arguments[0]))
    if name in RECONSTRUCT and arguments[:1] == (_Name(NDARRAY),):
        return _Incomplete("array", shape=arguments[1] if len(arguments) > 1 else None)
    if name in FROM_BUFFER and len(arguments) == 4:
        data, kind, shape, order = arguments
        return _Incomplete("array", _shaped(data, kind, shape, order == "F"))
    raise _NotArrays(f"calls '{name}' as no array does")


def _dtype(text: str) -> np.dtype[Any]:
    if text.startswith("O"):
        raise _NotArrays("holds an array of objects")
    if not NUMBERS.fullmatch(text):
        raise _NotArrays(f"holds an array of dtype '{_shown(text)}', no numbers of up to 8 bytes")
    return np.dtype(text)


def _with_order(kind: np.dtype[Any], state: tuple[Any, ...]) -> np.dtype[Any]:
    order = state[1]
    if order not in ("<", ">", "=", "|") or any(entry is not None for entry in state[2:5]):
        raise _NotArrays("holds an array of records")
    return kind.newbyteorder(order)


def _content(state: tuple[Any, ...]) -> np.ndarray:
    _, shape, kind, fortran, data = state
    return _shaped(data, kind, shape, bool(fortran))


def _shaped(data: Any, kind: Any, shape: Any, fortran: bool) -> np.ndarray:
    if isinstance(data, str):  # Python 2 wrote its bytes as text
        data = data.encode("latin-1")
    if not isinstance(data, bytes | bytearray):
        raise _NotArrays("holds an array whose content is not in the file, or made of objects")
    if not isinstance(kind, _Incomplete) or kind.kind != "dtype":
        raise _NotArrays("holds an array without a dtype")
    if not _is_shape(shape):
        raise _NotArrays(f"holds an array without a shape of up to {DIMENSIONS} lengths")
    if prod(shape) * kind.value.itemsize != len(data):
        raise _NotArrays(f"holds an array of shape {shape} and dtype {kind.value} in {len(data)} bytes")
    return np.frombuffer(data, kind.value).reshape(shape, order="F" if fortran else "C")


def _is_shape(shape: Any) -> bool:
    return isinstance(shape, tuple) and len(shape) <= DIMENSIONS and all(map(_is_length, shape))


def _is_length(number: Any) -> bool:
    return type(number) is int and 0 <= number < LONGEST


def _array(incomplete: Any) -> np.ndarray:
    if isinstance(incomplete, _Incomplete) and incomplete.kind == "array" and incomplete.value is None:
        of = f" of shape {incomplete.shape}" if _is_shape(incomplete.shape) else ""
        raise _NotArrays(f"announces an array{of} and does not hold its content")
    if not isinstance(incomplete, _Incomplete) or incomplete.kind != "array":
        raise _NotArrays(f"holds {_kind(incomplete)} where an array should be")
    return np.asarray(incomplete.value)


def _kind(value: Any) -> str:
    if isinstance(value, _Incomplete):
        return f"an {value.kind}" if value.kind == "array" else f"a {value.kind}"
    return f"'{value.name}'" if isinstance(value, _Name) else f"a {type(value).__name__}"


def _shown(text: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in text[:80])
