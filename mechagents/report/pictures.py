"""Pictures that a program left, made part of a page."""

from __future__ import annotations

import base64
import struct
from dataclasses import dataclass
from pathlib import Path

from mechagents.report.files import read_inside

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
LARGEST_FILE = 4 * 2**20
"""Bytes; a larger picture stays a file of the run's folder."""
LARGEST_TOTAL = 16 * 2**20
LARGEST_SIDE = 20_000
"""Pixels."""


@dataclass(frozen=True, slots=True)
class Embedded:
    """A picture in a page, or the reason why it is not there."""

    name: str
    uri: str = ""
    width: int = 0
    height: int = 0
    problem: str = ""


def embed(folder: Path, names: tuple[str, ...]) -> tuple[Embedded, ...]:
    """Return the PNG files among some artifacts as data URIs.

    Only a regular file inside the folder, of a bounded size, that begins as a PNG does is
    embedded; for any other ``.png`` the result says why it is not. Other files are left out.

    Args:
        folder: The run's folder.
        names: Paths relative to it, as a program may have written them.
    """
    found: list[Embedded] = []
    room = LARGEST_TOTAL
    for name in dict.fromkeys(names):
        if not name.lower().endswith(".png"):
            continue
        picture = _embedded(folder, name, min(room, LARGEST_FILE))
        room -= len(picture.uri) * 3 // 4
        found.append(picture)
    return tuple(found)


def _embedded(folder: Path, name: str, most: int) -> Embedded:
    try:
        data = read_inside(folder, name, most)
        width, height = png_size(data)
    except (OSError, ValueError) as error:
        reason = str(error) if isinstance(error, ValueError) else "the file cannot be read"
        return Embedded(name, problem=reason)
    uri = "data:image/png;base64," + base64.b64encode(data).decode("ascii")
    return Embedded(name, uri, width, height)


def png_size(data: bytes) -> tuple[int, int]:
    """Return the width and height of a PNG [px].

    Raises:
        ValueError: If the bytes do not begin as a PNG does, or its sides are out of range.
    """
    if len(data) < 33 or data[:8] != PNG_SIGNATURE or data[12:16] != b"IHDR":
        raise ValueError("it is not a PNG picture")
    width, height = struct.unpack(">II", data[16:24])
    if not (0 < width <= LARGEST_SIDE and 0 < height <= LARGEST_SIDE):
        raise ValueError(f"its size of {width} x {height} pixels is out of range")
    return int(width), int(height)
