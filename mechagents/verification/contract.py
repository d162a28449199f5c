"""Check 1, the contract: what a program must leave behind, and in what form."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mechagents.mechanics.formulation import Formulation, Picture, Wanted
from mechagents.mechanics.units import conversion_factor
from mechagents.messages import Check, Execution
from mechagents.verification.fields import Fields, read_fields
from mechagents.verification.files import Result, read_bounded, read_results
from mechagents.verification.wording import found

PICTURE_BYTES = 64 * 2**20
_LEAST_PIXELS, _MOST_PIXELS = 64, 20_000
_TAIL_LINES = 12
_SYMBOL = r"[A-Za-zµμ]{1,20}(?:(?:\^|\*\*)-?[1-9]|[²³])?"
_UNIT = re.compile(rf"\s*(?:1|{_SYMBOL})(?:\s*[*/·]\s*{_SYMBOL}){{0,4}}\s*")
"""Units as people write them; an expression that a parser might compute for ever is not one."""


@dataclass(frozen=True, eq=False)
class Delivery:
    """What a program left, as far as it can be read, and the checks made on the way."""

    checks: tuple[Check, ...]
    fields: Fields | None
    values: dict[str, float]
    """Each wanted quantity in the formulation's unit."""

    @property
    def passed(self) -> bool:
        """Whether everything was there in the right form."""
        return all(check.passed for check in self.checks)


def check_execution(execution: Execution) -> Check:
    """Return whether a program ran to its end, or how it ended and its last words."""
    name = "contract:execution"
    if execution.status == "ok":
        return found(name, True, "the program ran to its end")
    ending = execution.status.replace("_", " ")
    code = "" if execution.exit_code is None else f" with exit code {execution.exit_code}"
    tail = "\n".join(execution.stderr.strip().splitlines()[-_TAIL_LINES:])
    told = [f"the program ended{code}: {ending}", execution.message, tail]
    return found(name, False, "\n".join(part for part in told if part))


def check_delivery(formulation: Formulation, folder: Path) -> Delivery:
    """Return what a folder holds and whether it keeps the contract."""
    checks: list[Check] = []
    fields = _read_fields(formulation, folder, checks)
    if fields is not None and _needs_stress(formulation):
        checks.append(_stress_is_there(fields))
    values: dict[str, float] = {}
    try:
        results = read_results(folder / "results.json")
    except ValueError as error:
        checks.append(found("contract:results", False, f"{error!s:.400}"))
    else:
        checks.append(found("contract:results", True, f"results.json holds {len(results)}"))
        checks += [_quantity(formulation, w, results, values) for w in formulation.wanted]
    checks += [_picture(folder, picture) for picture in formulation.pictures]
    return Delivery(tuple(checks), fields, values)


def _read_fields(formulation: Formulation, folder: Path, checks: list[Check]) -> Fields | None:
    modes, moved = formulation.modes, formulation.analysis != "modal"
    try:
        fields = read_fields(
            folder / "fields.vtu", modes, moved=moved, dimension=formulation.dimension
        )
    except ValueError as error:
        checks.append(found("contract:fields", False, f"{error!s:.400}"))
        return None
    held = [f"{modes} modes"] * (modes > 0) + ["displacement"] * moved
    size = f"{fields.elements} elements, {len(fields.points)} points, finite {' and '.join(held)}"
    checks.append(found("contract:fields", True, size))
    return fields


def _needs_stress(formulation: Formulation) -> bool:
    drawn = any(not picture.field.startswith("displacement") for picture in formulation.pictures)
    return drawn or any(wanted.kind == "stress" for wanted in formulation.wanted)


def _stress_is_there(fields: Fields) -> Check:
    if fields.has_stress:
        return found("contract:stress", True, "fields.vtu holds a finite stress field")
    message = "a stress is asked for, but fields.vtu has no point or cell data named stress"
    return found("contract:stress", False, message)


def _quantity(
    formulation: Formulation,
    wanted: Wanted,
    results: tuple[Result, ...],
    values: dict[str, float],
) -> Check:
    name, unit = f"contract:quantity:{wanted.name}", formulation.unit(wanted)
    matching = [result for result in results if result.name == wanted.name]
    if len(matching) != 1:
        times = "is missing" if not matching else f"is given {len(matching)} times"
        has = f"in results.json, which has {_names(results)}"
        return found(name, False, f"quantity {wanted.name} {times} {has}")
    given = matching[0]
    factor = _factor(given.unit, unit)
    if factor is None:
        message = f"the unit {given.unit[:40]!r} is of another dimension than {unit}, or unknown"
        return found(name, False, message)
    values[wanted.name] = given.value * factor
    return found(name, True, f"{wanted.name} = {given.value:g} {given.unit}")


def _names(results: tuple[Result, ...]) -> str:
    """Return the names of what was reported: cut, and without characters that act on a terminal."""
    names = sorted({result.name for result in results})
    shown = [name[:64] if name[:64].isprintable() else repr(name[:64]) for name in names[:20]]
    more = [f"{len(names) - 20} more"] if len(names) > 20 else []
    return ", ".join(shown + more) or "none"


def _factor(given: str, wanted: str) -> float | None:
    if given == wanted:
        return 1.0
    if len(given) > 40 or not _UNIT.fullmatch(given):
        return None
    return conversion_factor(given.replace("·", "*"), wanted)


def _picture(folder: Path, picture: Picture) -> Check:
    name = f"contract:picture:{picture.file}"
    try:
        width, height = _png_size(read_bounded(folder / picture.file, PICTURE_BYTES))
    except ValueError as error:
        return found(name, False, str(error))
    return found(name, True, f"a picture of {width} x {height} pixels")


def _png_size(content: bytes) -> tuple[int, int]:
    """Return width and height of a PNG picture that shows something.

    Raises:
        ValueError: If it is no whole PNG, too small or large, or of one colour.
    """
    if content[:8] != b"\x89PNG\r\n\x1a\n":
        raise ValueError("the picture is no PNG file")
    chunks = list(_chunks(content))
    if not chunks or chunks[0][0] != b"IHDR" or len(chunks[0][1]) != 13 or chunks[-1][0] != b"IEND":
        raise ValueError("the picture is an incomplete PNG file")
    width, height, depth, colour = struct.unpack(">IIBB", chunks[0][1][:10])
    if min(width, height) < _LEAST_PIXELS or max(width, height) > _MOST_PIXELS:
        raise ValueError(f"a picture of {width} x {height} pixels cannot be looked at")
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}.get(colour, 4)
    size = height * (1 + (width * channels * depth + 7) // 8)
    try:
        packed = b"".join(data for kind, data in chunks if kind == b"IDAT")
        blank = _is_blank(packed, min(size, 2**28))
    except zlib.error as error:
        raise ValueError("the picture is a damaged PNG file") from error
    if blank:
        raise ValueError("the picture is blank")
    return width, height


def _is_blank(packed: bytes, size: int) -> bool:
    """Return whether pixels are of one colour, looking no further than it takes to see another.

    One colour throughout leaves the colour itself, zeros and the rows' filter numbers.
    """
    unpacker, seen = zlib.decompressobj(), np.zeros(256, dtype=bool)
    while size > 0 and (part := unpacker.decompress(packed, min(size, 2**20))):
        seen[np.frombuffer(part, dtype=np.uint8)] = True
        if seen.sum() > 8:
            return False
        packed, size = unpacker.unconsumed_tail, size - len(part)
    return True


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = 8
    while place + 12 <= len(content):
        (length,) = struct.unpack(">I", content[place : place + 4])
        kind = content[place + 4 : place + 8]
        data = content[place + 8 : place + 8 + length]
        if place + 12 + length > len(content):
            return
        (checksum,) = struct.unpack(">I", content[place + 8 + length : place + 12 + length])
        if zlib.crc32(kind + data) != checksum:
            return
        yield kind, data
        place += 12 + length
        if kind == b"IEND":
            return
