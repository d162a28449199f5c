"""Puts the regions of a STEP or mesh file in the place of ``geometry.file``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from hashlib import sha256
from importlib.resources.abc import Traversable
from pathlib import PurePath
from typing import TYPE_CHECKING, cast

from mechagents.errors import ProblemError
from mechagents.mechanics.units import conversion_factor
from mechagents.problems.source import Source

if TYPE_CHECKING:
    from mechagents.problems.outlines import FileRegions

LARGEST_FILE = 50_000_000
"""Bytes of a geometry file."""
FIELD = ("formulation", "geometry", "file")
UNIT = ("formulation", "geometry", "unit")
STEP = (".step", ".stp")
Reader = Callable[[bytes], "FileRegions"]


def with_regions(source: Source, folder: Traversable | None) -> Source:
    """Return a problem file with regions and boundaries in place of ``geometry.file``.

    What is returned needs the file no more. Its name and hash are kept as an assumption.

    Args:
        source: The problem file; one without ``geometry.file`` is returned as it is.
        folder: Where the problem file lies; None for a text that lies nowhere.

    Raises:
        ProblemError: If the file is not there, or holds no regions that can be read.
    """
    formulation = _mapping(source.data.get("formulation"))
    geometry = _mapping(formulation.get("geometry"))
    if "file" not in geometry:
        return source
    name = geometry["file"]
    if not isinstance(name, str) or not name:
        raise _fault(source, "give the name of a file beside the problem file")
    if "regions" in geometry:
        raise _fault(source, "the regions come from the file; leave out either file or regions")
    solid = formulation.get("idealisation") == "solid"
    read = _reader(source, name, geometry.get("unit"), solid=solid)
    content = _content(source, name, folder)
    try:
        found = read(content)
    except ProblemError as error:
        raise _fault(source, f"{name}: {error.message}") from error
    plain = found.geometry.model_dump(mode="json", exclude_none=True)
    made = {key: value for key, value in geometry.items() if key not in ("file", "unit")}
    made["regions"] = plain["regions"]
    made["boundaries"] = {**plain["boundaries"], **_mapping(geometry.get("boundaries"))}
    told = [*_with_file(formulation, name, content), *found.assumptions]
    changed = {**formulation, "geometry": made, "assumptions": told}
    return replace(source, data={**source.data, "formulation": changed})


def _mapping(data: object) -> dict[str, object]:
    return dict(cast("Mapping[str, object]", data)) if isinstance(data, dict) else {}


def _fault(source: Source, reason: str, field: tuple[str, ...] = FIELD) -> ProblemError:
    return ProblemError(reason, where=f"{source.file}:{source.line(field)}: {'.'.join(field)}")


def _reader(source: Source, name: str, unit: object, *, solid: bool) -> Reader:
    suffix = PurePath(name).suffix.lower()
    if suffix in STEP:
        if unit is not None:
            raise _fault(source, "a STEP file states its own unit; leave it out", UNIT)
        from mechagents.problems.outlines import FileRegions
        from mechagents.problems.step_process import read_apart

        return lambda content: FileRegions(read_apart(content, "solid" if solid else "plane"))
    from mechagents.problems.mesh_file import FORMATS, read_mesh

    if suffix in FORMATS:
        from mechagents.problems.mesh_solids import read_solid_mesh

        metres, words = _unit(source, unit)
        read = read_solid_mesh if solid else read_mesh
        return lambda content: read(content, suffix, metres, words)
    known = ", ".join([*STEP, *FORMATS])
    raise _fault(source, f"{name}: files of this kind are not read; known endings: {known}")


def _unit(source: Source, unit: object) -> tuple[float, str]:
    """Return the unit of length of a mesh file [m], and what it is in words."""
    if unit is None:
        return 1.0, "m, by default"
    metres = conversion_factor(unit, "m") if isinstance(unit, str) else None
    if metres is None:
        raise _fault(source, f"{unit!r} is no unit of length; write mm or m", UNIT)
    return metres, str(unit)


def _content(source: Source, name: str, folder: Traversable | None) -> bytes:
    if folder is None:
        raise _fault(source, f"{name}: can only be read beside a problem that is a file itself")
    path = folder.joinpath(name)
    try:
        if not path.is_file():
            raise _fault(source, f"{name}: there is no such file beside the problem file")
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except (OSError, ValueError) as error:
        raise _fault(source, f"{name}: cannot be read: {error}") from error
    if len(content) > LARGEST_FILE:
        raise _fault(source, f"{name}: is larger than {LARGEST_FILE:,} bytes")
    return content


def _with_file(formulation: Mapping[str, object], name: str, content: bytes) -> list[object]:
    given = formulation.get("assumptions")
    before = cast("list[object]", given) if isinstance(given, list) else []
    told = {
        "about": "geometry_file",
        "value": f"{PurePath(name).name}, sha256 {sha256(content).hexdigest()[:16]}",
        "source": "stated",
        "why": "The regions were read from this file, with its unit of length.",
    }
    return [*before, told]
