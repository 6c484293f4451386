"""The fluid kernel's functions, as `native/bridge/networks.h` declares them, by ctypes."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from netgym_cli.simulators.fluid.build import ensure

_HANDLE, _TEXT, _SIZE = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t
_ARRAY = ctypes.c_void_p  # the address of a NumPy array's first element, or null


@dataclass(frozen=True)
class Library:
    """Every function of the kernel; arguments are in `networks.h`."""

    scenarios: Callable[..., Any]
    error: Callable[..., Any]
    open: Callable[..., Any]
    copy: Callable[..., Any]
    close: Callable[..., Any]
    layout: Callable[..., Any]
    size: Callable[..., Any]
    control_size: Callable[..., Any]
    use_threads: Callable[..., Any]
    place: Callable[..., Any]
    start: Callable[..., Any]
    step: Callable[..., Any]
    read: Callable[..., Any]


_SIGNATURES: dict[str, tuple[Any, list[Any]]] = {
    "scenarios": (_TEXT, []),
    "error": (_TEXT, []),
    "open": (_HANDLE, [_TEXT, _TEXT, ctypes.POINTER(_TEXT), _SIZE, _SIZE, _SIZE]),
    "copy": (_HANDLE, [_HANDLE]),
    "close": (None, [_HANDLE]),
    "layout": (_TEXT, [_HANDLE]),
    "size": (_SIZE, [_HANDLE]),
    "control_size": (_SIZE, [_HANDLE]),
    "use_threads": (None, [_HANDLE, _SIZE]),
    "place": (None, [_HANDLE, _ARRAY, _SIZE]),
    "start": (None, [_HANDLE, _ARRAY, _ARRAY]),
    "step": (None, [_HANDLE, _ARRAY]),
    "read": (None, [_HANDLE, _ARRAY, _ARRAY, _ARRAY]),
}


@cache
def library() -> Library:
    """The kernel, compiled and loaded at the first call. Raises `BuildError`."""
    loaded = ctypes.CDLL(str(ensure().library))
    functions = {}
    for name, (result, arguments) in _SIGNATURES.items():
        function = getattr(loaded, f"fluid_{name}")
        function.restype, function.argtypes = result, arguments
        functions[name] = function
    return Library(**functions)
