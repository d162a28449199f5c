"""Edges of a solid along which its stress may have no bound, or change abruptly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from mechagents.verification.reference.probe import BoolArray, FloatArray, IntArray

FLAT = np.pi
_CLEARLY = 0.1
"""Facets of a curved surface seem to meet at such an angle [rad] besides a flat one."""
_CLAMPED_FROM = np.pi / 3
"""Where something is clamped beside something free, stress is bounded only in sharper corners."""


@dataclass(frozen=True, slots=True)
class Side:
    """What is known of a face of the solids."""

    outer: bool = True
    """Whether it is part of the surface; else two solids meet there."""
    held: frozenset[str] = field(default_factory=frozenset[str])
    """The components of the displacement that are prescribed on it."""
    mirror: bool = False
    """Whether only the component square to it, a plane, is held: mirrored, it is none."""
    loads: frozenset[int] = field(default_factory=frozenset[int])
    """What acts on it, by number."""


def sharp_edges(
    points: FloatArray,
    tetrahedra: IntArray,
    triangles: IntArray,
    faces: IntArray,
    sides: Sequence[Side],
) -> FloatArray:
    """Return the edges of a mesh that lie along sharp edges of the solids, shape (n, 2, 3).

    Args:
        points: Shape (points, 3).
        tetrahedra: Points of each, shape (m, 4).
        triangles: Points of each on a face of the solids, shape (n, 3).
        faces: The number of the face that each triangle is on, shape (n,).
        sides: What is known of each face.
    """
    normals = _normals(points, tetrahedra, triangles)
    ends = np.sort(triangles[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
    owner = np.repeat(np.arange(len(triangles)), 3)
    order = np.lexsort((ends[:, 1], ends[:, 0]))
    ends, owner = ends[order], owner[order]
    new = np.flatnonzero(np.any(np.diff(ends, axis=0, prepend=-1), axis=1))
    found: list[IntArray] = []
    for first, last in zip(new, [*new[1:], len(ends)], strict=True):
        around = owner[first:last]
        if len({int(face) for face in faces[around]}) == 1 and len(around) == 2:
            continue
        if _sharp(points, ends[first], triangles, normals, faces, around, sides):
            found.append(ends[first])
    return points[np.array(found, dtype=np.int64).reshape(-1, 2)]


def _sharp(
    points: FloatArray,
    edge: IntArray,
    triangles: IntArray,
    normals: FloatArray,
    faces: IntArray,
    around: IntArray,
    sides: Sequence[Side],
) -> bool:
    """Return whether the stress may have no bound along an edge, or jumps there."""
    if len(around) != 2:
        return True
    one, two = (sides[int(face)] for face in faces[around])
    if not (one.outer and two.outer):
        angle = _angle(points, edge, triangles[around], normals[around[0]])
        return abs(angle - FLAT) > 3 * _CLEARLY
    angle = _angle(points, edge, triangles[around], normals[around[0]])
    return _sharp_between(one, two, angle)


def _sharp_between(one: Side, two: Side, angle: float) -> bool:
    """Return whether two sides that meet inside at an angle [rad] make the stress jump."""
    clamped = [bool(side.held) and not side.mirror for side in (one, two)]
    if any(clamped):
        return (one.held != two.held and angle > _CLAMPED_FROM) or angle > FLAT + 3 * _CLEARLY
    mirrored = one.mirror != two.mirror
    if (2 * angle if mirrored else angle) > FLAT + 3 * _CLEARLY:
        return True
    return abs(angle - FLAT) < _CLEARLY and one.loads != two.loads


def _angle(points: FloatArray, edge: IntArray, pair: IntArray, normal: FloatArray) -> float:
    """Return the angle inside the body between two triangles that share an edge [rad].

    Args:
        points: Of the mesh.
        edge: Its two points.
        pair: The two triangles.
        normal: That of the first one, out of the body.
    """
    start, along = points[edge[0]], points[edge[1]] - points[edge[0]]
    along = along / np.linalg.norm(along)
    inward: list[FloatArray] = []
    for triangle in pair:
        (third,) = (int(point) for point in triangle if point not in edge)
        way = points[third] - start
        way = way - (way @ along) * along
        inward.append(way / np.linalg.norm(way))
    between = float(np.arccos(np.clip(inward[0] @ inward[1], -1.0, 1.0)))
    return between if float(inward[1] @ normal) <= 0 else 2 * np.pi - between


def _normals(points: FloatArray, tetrahedra: IntArray, triangles: IntArray) -> FloatArray:
    """Return normals of triangles that point away from a tetrahedron each, shape (n, 3)."""
    opposite = _opposite(tetrahedra, triangles)
    a, b, c = (points[triangles[:, corner]] for corner in range(3))
    normals = np.cross(b - a, c - a)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    inward: BoolArray = np.einsum("nx,nx->n", normals, points[opposite] - a) > 0
    sign: FloatArray = np.where(inward, -1.0, 1.0)
    found: FloatArray = sign[:, None] * normals
    return found


def _opposite(tetrahedra: IntArray, triangles: IntArray) -> IntArray:
    """Return the fourth corner of a tetrahedron on each triangle, shape (n,)."""
    sides = np.array([[1, 2, 3], [0, 2, 3], [0, 1, 3], [0, 1, 2]])
    corners = np.sort(tetrahedra[:, sides].reshape(-1, 3), axis=1)
    fourth = {tuple(c): int(p) for c, p in zip(corners.tolist(), tetrahedra.ravel(), strict=True)}
    wanted = np.sort(triangles, axis=1).tolist()
    return np.array([fourth[tuple(corner)] for corner in wanted], dtype=np.int64)
