"""Reads files that a program left: regular, of bounded size, never followed out of the folder."""

from __future__ import annotations

import json
import math
import os
import stat
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any, cast

RESULTS_BYTES = 4 * 2**20
"""The largest ``results.json`` that is read."""
_DEPTH = 20
# A pipe would block for ever, and a link could lead anywhere; not every system has all of these.
_FLAGS = reduce(
    int.__or__,
    (int(getattr(os, name, 0)) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY")),
    os.O_RDONLY,
)


def read_bounded(path: Path, limit: int) -> bytes:
    """Return a file's bytes.

    Raises:
        ValueError: If it is missing, no regular file (a link is not followed) or too large.
    """
    try:
        if not stat.S_ISREG(os.lstat(path).st_mode):
            raise ValueError(f"{path.name} is no regular file")
        handle = os.open(path, _FLAGS)
    except OSError as error:
        reason = "is missing" if not os.path.lexists(path) else f"cannot be read: {error.strerror}"
        raise ValueError(f"{path.name} {reason}") from error
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise ValueError(f"{path.name} is no regular file")
    with os.fdopen(handle, "rb") as file:
        content = file.read(limit + 1)
    if len(content) > limit:
        raise ValueError(f"{path.name} is larger than {limit // 2**20} MiB")
    return content


@dataclass(frozen=True, slots=True)
class Result:
    """One quantity as a program reported it."""

    name: str
    value: float
    """In ``unit``."""
    unit: str
    method: str


def read_results(path: Path) -> tuple[Result, ...]:
    """Return the quantities of a ``results.json``.

    Raises:
        ValueError: If the file is missing, too large or too deep, no JSON, holds a key twice or
            a number that is not finite, or does not have the agreed form.
    """
    data = _parse(read_bounded(path, RESULTS_BYTES), path.name)
    listed = cast("dict[str, Any]", data).get("quantities") if isinstance(data, dict) else None
    if not isinstance(listed, list):
        raise ValueError(f'{path.name} needs a list under "quantities"')
    return tuple(_result(entry) for entry in cast("list[object]", listed))


def _parse(content: bytes, name: str) -> object:
    if _nesting(content) > _DEPTH:
        raise ValueError(f"{name} is nested deeper than {_DEPTH}")
    try:
        return json.loads(content, object_pairs_hook=_unique)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{name} is no valid JSON: {error}") from error


def _nesting(content: bytes) -> int:
    depth = deepest = 0
    for byte in content:
        if byte in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif byte in b"]}":
            depth -= 1
    return deepest


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError(f"a key occurs twice among {sorted(key for key, _ in pairs)[:10]}")
    return found


def _result(entry: object) -> Result:
    if not isinstance(entry, dict):
        raise ValueError("results.json: each quantity is an object with name, value and unit")
    fields = cast("dict[str, object]", entry)
    name, value, unit = fields.get("name"), fields.get("value"), fields.get("unit")
    method = fields.get("method", "")
    if not isinstance(name, str) or not isinstance(unit, str):
        raise ValueError("results.json: a quantity needs a name and a unit, both text")
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"results.json: the value of {name[:64]!r} is no number: {value!r:.80}")
    try:
        number = float(value)
    except OverflowError:  # an integer of hundreds of digits
        number = math.inf
    if not math.isfinite(number):
        raise ValueError(f"results.json: the value of {name[:64]!r} is not finite: {number}")
    return Result(name, number, unit, method if isinstance(method, str) else "")
