"""Named faces of solids in OpenCascade as boundaries that are told by where they lie."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mechagents.mechanics.geometry import (
    ACROSS,
    AXES,
    Axis,
    Boundary,
    Geometry,
    OnCylinder,
    OnPlane,
    Shape,
)
from mechagents.mechanics.occ_surfaces import area_of
from mechagents.mechanics.sides import Arc
from mechagents.problems.outlines import plain_name, rounded
from mechagents.problems.step_faces import METRES, NEAR, Place, edges_of, places, side_through

if TYPE_CHECKING:
    from netgen.occ import Face, TopoDS_Shape

_SAME = 1e-6
"""The share by which the areas of a face and of a boundary may differ."""


def named_faces(shape: TopoDS_Shape, regions: dict[str, Shape], size: float) -> dict[str, Boundary]:
    """Return boundaries for the names of faces, where a plane or a cylinder tells them.

    One that has another area than the faces of the name does not tell them, and is left out.

    Args:
        shape: The solids [mm].
        regions: The same as shapes [m].
        size: Of the body [m].
    """
    named: dict[str, list[Face]] = {}
    for face in dict.fromkeys(face for solid in shape.solids for face in solid.faces):
        if face.name:
            named.setdefault(face.name, []).append(face)
    found: dict[str, Boundary] = {}
    for name, faces in named.items():
        area = METRES**2 * sum(face.mass for face in faces)
        for boundary in _candidates(faces, size):
            if math.isclose(_area(regions, boundary), area, rel_tol=_SAME):
                found[plain_name(name, "face")] = boundary
                break
    return found


def _area(regions: dict[str, Shape], boundary: OnPlane | OnCylinder) -> float:
    return area_of(Geometry(regions=regions), boundary)


def _candidates(faces: list[Face], size: float) -> Iterator[OnPlane | OnCylinder]:
    """Yield planes, whole and then as far as the faces reach, and cylinders that faces may be."""
    rows = [places(edge) for face in faces for edge in edges_of(face)]
    every = [place for row in rows for place in row]
    for axis in AXES:
        low, high = _range(every, axis)
        if high - low <= NEAR * size:
            at = rounded((low + high) / 2, size)
            yield OnPlane(axis=axis, at=at)
            within: dict[Axis, tuple[float, float]] = {
                other: _range(every, other) for other in ACROSS[axis]
            }
            yield OnPlane(axis=axis, at=at, within=within)
    for axis in AXES:
        one, two = (AXES.index(other) for other in ACROSS[axis])
        for row in rows:
            side = side_through([(place[one], place[two]) for place in row], NEAR * size)
            low, high = _range(row, axis)
            if isinstance(side, Arc) and high - low <= NEAR * size:
                center = (rounded(side.center[0], size), rounded(side.center[1], size))
                yield OnCylinder(axis=axis, center=center, radius=rounded(side.radius, size))


def _range(every: list[Place], axis: Axis) -> tuple[float, float]:
    values = [place[AXES.index(axis)] for place in every]
    return min(values), max(values)
