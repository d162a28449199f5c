"""Arrays of numbers on their way to the page.

A body is, all little-endian: the length of the header (4 bytes), the header (JSON in UTF-8, padded
with spaces to a multiple of 8 bytes together with its length), and the arrays one after another,
each from a multiple of 8 bytes. In the header ``arrays`` says of each by its name its ``type``
(``f4``, ``u4``), ``shape``, and ``start`` in bytes from the end of the header.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

MEDIA_TYPE = "application/octet-stream"
_STEP = 8
_TYPES = {"f": "<f4", "u": "<u4", "i": "<u4"}
"""Numbers are sent in four bytes: seven digits for colours and places, and no negative count."""


def packed(header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Return a header and arrays as one body."""
    listed: dict[str, Any] = {}
    parts: list[bytes] = []
    start = 0
    for name, values in arrays.items():
        kind = _TYPES[values.dtype.kind]
        with np.errstate(over="ignore"):  # what is too large for four bytes is shown as no number
            data = np.ascontiguousarray(values, dtype=kind).tobytes()
        listed[name] = {"type": kind[1:], "shape": list(values.shape), "start": start}
        parts += [data, b"\0" * (-len(data) % _STEP)]
        start += len(data) + -len(data) % _STEP
    text = json.dumps({**header, "arrays": listed}, allow_nan=False).encode()
    text += b" " * (-(4 + len(text)) % _STEP)
    return b"".join([struct.pack("<I", len(text)), text, *parts])


def unpacked(body: bytes) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Return the header and the arrays of a body."""
    (length,) = struct.unpack_from("<I", body)
    header: dict[str, Any] = json.loads(body[4 : 4 + length])
    found: dict[str, NDArray[Any]] = {}
    for name, told in header["arrays"].items():
        count = int(np.prod(told["shape"], dtype=np.int64))
        start = 4 + length + told["start"]
        values = np.frombuffer(body, "<" + told["type"], count, start)
        found[name] = values.reshape(told["shape"])
    return header, found
