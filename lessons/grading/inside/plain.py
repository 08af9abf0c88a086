"""Answers as plain data: numbers, words and arrays as JSON, which can be read from anybody."""

from __future__ import annotations

import base64
import binascii
import json
import math
import socket
import struct
import time
from typing import Any

import numpy as np

KINDS = "biufc"
"""Kinds of arrays: truth values, whole numbers with and without sign, real and complex numbers."""
DEEPEST = 12
"""Lists in lists, at most."""
LARGEST = 16 * 2**20
"""Bytes of a message, at most."""
MOST = 2**20
"""Items of lists and dictionaries, and letters of words, in one answer, at most; arrays are not counted."""
LONGEST = 600
"""Characters of an error message."""


_ARRAY = {"array", "shape", "data"}


class NotPlain(ValueError):
    """A value that is not plain data, or a message that is none of ours."""


def pack(value: Any, depth: int = 0) -> Any:
    """From numbers, words, arrays, tensors and containers of them to what JSON can hold.

    Raises:
        NotPlain: If there is anything else in it.
    """
    if depth > DEEPEST:
        raise NotPlain("it is nested too deeply")
    if value is None or type(value) in (bool, int, float, str):
        return value
    if isinstance(value, np.generic):
        value = np.asarray(value)
    if callable(getattr(value, "detach", None)):  # a tensor of torch
        value = value.detach().cpu().numpy()
    if isinstance(value, np.ndarray):
        if value.dtype.kind not in KINDS:
            raise NotPlain(f"it holds an array of type {value.dtype}")
        if value.nbytes > LARGEST:
            raise NotPlain("it is too large")
        value = value.astype(value.dtype.newbyteorder("="))
        data = base64.b64encode(value.tobytes()).decode()
        return {"array": value.dtype.str, "shape": list(value.shape), "data": data}
    if isinstance(value, list | tuple):
        return {"list" if isinstance(value, list) else "tuple": [pack(item, depth + 1) for item in value]}
    if isinstance(value, dict) and all(type(key) is str for key in value):
        return {"dict": {key: pack(item, depth + 1) for key, item in value.items()}}
    raise NotPlain(f"it holds a {type(value).__name__}")


def unpack(value: Any, depth: int = 0) -> Any:
    """The way back; nothing is executed, and no array is larger than the message that brought it.

    Raises:
        NotPlain: If that is not what :func:`pack` writes, or it holds more than :data:`MOST`.
    """
    if depth == 0:
        _count(value)
    if depth > DEEPEST:
        raise NotPlain("it is nested too deeply")
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if not isinstance(value, dict):
        raise NotPlain("a message holds what pack does not write")
    if set(value) == _ARRAY:
        return _array(value["array"], value["shape"], value["data"])
    if len(value) == 1:
        ((kind, inside),) = value.items()
        if kind in ("list", "tuple") and isinstance(inside, list):
            items = [unpack(item, depth + 1) for item in inside]
            return items if kind == "list" else tuple(items)
        if kind == "dict" and isinstance(inside, dict):
            return {key: unpack(item, depth + 1) for key, item in inside.items()}
    raise NotPlain("a message holds what pack does not write")


def _count(value: Any) -> None:
    """Refuse more items and letters than may be, before anything is built from them."""
    left, waiting = MOST, [value]
    while waiting:
        one = waiting.pop()
        left -= 1 + (len(one) if isinstance(one, str) else 0)
        if isinstance(one, dict) and set(one) != _ARRAY:
            left -= sum(map(len, one))
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
        if left < len(waiting):
            raise NotPlain(f"it holds more than {MOST:,} items and letters")


def numbers(value: Any) -> np.ndarray | None:
    """Numbers, an array of them or lists of them as an array; None if they are none, or make no array.

    Lists of words are left alone: NumPy would give each of them the room of the longest.
    """
    if not _are_numbers(value):
        return None
    try:
        array = np.asarray(value)
    except (TypeError, ValueError):
        return None
    return array if array.dtype.kind in KINDS else None


def _are_numbers(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return all(map(_are_numbers, value))
    return isinstance(value, bool | int | float | complex | np.ndarray | np.generic)


def _array(kind: Any, shape: Any, data: Any) -> np.ndarray:
    try:
        dtype = np.dtype(kind)
        content = base64.b64decode(data, validate=True)
    except (TypeError, ValueError, binascii.Error):
        raise NotPlain("an array cannot be read") from None
    sound = isinstance(shape, list) and len(shape) <= 16 and all(type(n) is int and 0 <= n <= LARGEST for n in shape)
    if dtype.kind not in KINDS or not sound or math.prod(shape) * dtype.itemsize != len(content):
        raise NotPlain("an array is not as large as it says")
    return np.frombuffer(content, dtype).reshape(shape).copy()


def write(line: socket.socket, message: dict[str, Any]) -> None:
    """Send a message, a JSON object behind its length.

    Raises:
        NotPlain: If it is too large.
    """
    content = json.dumps(message).encode()
    if len(content) > LARGEST:
        raise NotPlain("it is too large")
    line.sendall(struct.pack("!I", len(content)) + content)


def read(line: socket.socket, until: float | None = None, maximum: int | None = None) -> dict[str, Any]:
    """Receive a message.

    Args:
        line: Where it comes from.
        until: When it has to be there whole, by :func:`time.monotonic`; any time if None.
        maximum: Items that it may hold, each of which takes more memory here than in the message; any number if None.

    Raises:
        TimeoutError: If it is not there in time.
        EOFError: If the other side is gone.
        NotPlain: If it is too large or no JSON object.
    """
    (length,) = struct.unpack("!I", _exactly(line, 4, until))
    if length > LARGEST:
        raise NotPlain(f"a message of {length:,} bytes; at most {LARGEST:,} are read")
    content = _exactly(line, length, until)
    if maximum is not None and sum(map(content.count, (b",", b"[", b"{"))) > maximum:
        raise NotPlain(f"a message of more than {maximum:,} items")
    try:
        message = json.loads(content)
    except (ValueError, RecursionError):
        raise NotPlain("a message that is not JSON") from None
    if not isinstance(message, dict):
        raise NotPlain("a message that is not a JSON object")
    return message


def _exactly(line: socket.socket, n: int, until: float | None) -> bytes:
    parts = bytearray()
    while len(parts) < n:
        if until is not None:
            line.settimeout(max(until - time.monotonic(), 1e-3))
        part = line.recv(min(n - len(parts), 2**20))
        if not part:
            raise EOFError("the other side is gone")
        parts += part
    return bytes(parts)
