"""Groups of faces of a solid's mesh as boundaries that are told by where they lie."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from mechagents.mechanics.geometry import (
    ACROSS,
    AXES,
    Axis,
    Boundary,
    OnCylinder,
    OnPlane,
    OnTiltedPlane,
)
from mechagents.mechanics.solid_body import distance_from
from mechagents.problems.mesh_file import group_names
from mechagents.problems.mesh_sections import nearest
from mechagents.problems.outlines import plain_name, rounded
from mechagents.problems.skins import Patch

if TYPE_CHECKING:
    import meshio
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]
    BoolArray = NDArray[np.bool_]

_CORNERS = {"triangle": 3, "triangle6": 3, "quad": 4, "quad8": 4, "quad9": 4}
_NEAR = 2e-5
"""Of the size of the body: how far off a surface a face of it may lie."""
_END = 0.7
"""A face whose normal is along an axis by more is no part of a cylinder about it."""


def named_faces(found: meshio.Mesh, faces: IntArray) -> dict[str, BoolArray]:
    """Return which outer faces each group of faces or set of nodes of a mesh has, by its name.

    Args:
        found: The mesh.
        faces: Nodes of the outer faces: corners, then middles.
    """
    corners = 3 if faces.shape[1] in (3, 6) else 4
    number = {tuple(row): k for k, row in enumerate(np.sort(faces[:, :corners]).tolist())}
    named: dict[str, BoolArray] = {}
    blocks = [k for k, block in enumerate(found.cells) if _CORNERS.get(block.type) == corners]
    for index, names in group_names(found, blocks, 2, "boundary").items():
        rows = np.sort(found.cells[index].data[:, :corners]).tolist()
        for row, name in zip(rows, names, strict=True):
            if name is not None:
                mine = named.setdefault(name, np.zeros(len(faces), dtype=np.bool_))
                if tuple(row) in number:
                    mine[number[tuple(row)]] = True
    for name, nodes in found.point_sets.items():
        within = np.zeros(len(found.points), dtype=np.bool_)
        within[nodes] = True
        if name not in named:
            named[name] = np.atleast_1d(within[faces[:, :corners]].all(axis=1))
    return named


def boundaries_of(
    points: FloatArray,
    faces: IntArray,
    named: Mapping[str, BoolArray],
    patches: Sequence[Patch],
    known: Mapping[Axis, Sequence[float]],
    size: float,
) -> tuple[dict[str, Boundary], list[str]]:
    """Return boundaries for names, and the names that no plane or cylinder tells.

    Args:
        points: Nodes [m], shape (nodes, 3).
        faces: Nodes of the outer faces: corners, then middles.
        named: Which of the faces have each name.
        patches: The planes and cylinders of the body.
        known: Where it has planes square to each axis [m].
        size: Of the body [m].
    """
    corners = faces[:, : 3 if faces.shape[1] in (3, 6) else 4]
    cylinders = {
        OnCylinder(axis=patch.axis, center=patch.center, radius=patch.radius): None
        for patch in patches
        if patch.axis is not None
    }
    found: dict[str, Boundary] = {}
    left_out: list[str] = []
    for name, inside in named.items():
        own = points[corners[inside]]
        every = [*_planes(own, known, size), *cylinders] if len(own) else []
        told = (one for one in every if _tells(one, points[corners], inside, _NEAR * size))
        boundary = next(told, None)
        if boundary is None:
            left_out.append(name)
        else:
            found[plain_name(name, "side")] = boundary
    return found, left_out


def _planes(
    own: FloatArray, known: Mapping[Axis, Sequence[float]], size: float
) -> Iterator[OnPlane | OnTiltedPlane]:
    """Yield the planes in which some faces may lie: whole, and then as far as the faces reach."""
    near = _NEAR * size
    places = own.reshape(-1, 3)
    for axis in AXES:
        low, high = _reach(places, axis, known, size)
        if high - low <= near:
            yield OnPlane(axis=axis, at=low)
            within: dict[Axis, tuple[float, float]] = {
                other: _reach(places, other, known, size) for other in ACROSS[axis]
            }
            yield OnPlane(axis=axis, at=low, within=within)
            return
    middle = places.mean(axis=0)
    normal = np.linalg.svd(places - middle, full_matrices=False)[2][-1]
    x, y, z = (rounded(float(value), size) for value in places[0])
    a, b, c = (round(float(value), 10) + 0.0 for value in normal)
    yield OnTiltedPlane(point=(x, y, z), normal=(a, b, c))


def _reach(
    places: FloatArray, axis: Axis, known: Mapping[Axis, Sequence[float]], size: float
) -> tuple[float, float]:
    values = places[:, AXES.index(axis)]
    low, high = (
        nearest(known[axis], rounded(float(value), size), _NEAR * size)
        for value in (values.min(), values.max())
    )
    return low, high


def _tells(
    boundary: OnPlane | OnTiltedPlane | OnCylinder,
    corners: FloatArray,
    inside: BoolArray,
    near: float,
) -> bool:
    """Return whether a surface has just some of the faces, and cuts none of the others.

    Args:
        boundary: The surface.
        corners: Of all outer faces [m], shape (faces, 3 | 4, 3).
        inside: Which of them it should have.
        near: How far off it they may lie [m].
    """
    on = (distance_from(boundary, corners) <= near).all(axis=1)
    if isinstance(boundary, OnCylinder):
        normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        along = np.abs(normal[:, AXES.index(boundary.axis)])
        on &= along <= _END * np.linalg.norm(normal, axis=1)
    if isinstance(boundary, OnPlane) and boundary.within:
        in_plane = np.abs(corners[..., AXES.index(boundary.axis)] - boundary.at) <= near
        beside = in_plane.all(axis=1) & ~inside
        for axis, (low, high) in boundary.within.items():
            values = corners[..., AXES.index(axis)]
            beside &= (values.max(axis=1) > low + near) & (values.min(axis=1) < high - near)
        if beside.any():
            return False
    return bool(on.any()) and bool((on == inside).all())
