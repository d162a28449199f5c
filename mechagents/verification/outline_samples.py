"""Points of the exact outline of a body of the plane, with normals: straight sides and arcs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from mechagents.mechanics.geometry import AtPoint, Disk, Geometry, PlaneBoundary, Shape, members
from mechagents.mechanics.shapes import ON_BOUNDARY, body
from mechagents.verification.edges import distance_from
from mechagents.verification.elements import BoolArray, FloatArray, gauss_rule
from mechagents.verification.outlines import Outline

_ON_A_SIDE, _ON_AN_ARC = 24, 2
"""Points on a straight side, and on each of the many pieces that a circle is cut into."""


@dataclass(frozen=True, eq=False)
class OutlineSamples:
    """Points along the sides and arcs of an outline."""

    points: FloatArray
    """[m], shape (points, 2)."""
    normals: FloatArray
    """Outward, shape (points, 2)."""
    lengths: FloatArray
    """What each point counts for in an integral [m], shape (points,)."""
    ends: FloatArray
    """Both ends and the middle of the piece that each point lies on [m], shape (points, 3, 2)."""

    def lies_on(self, boundary: PlaneBoundary, near: float) -> BoolArray:
        """Return which points lie on a piece that is part of a boundary; none on a point."""
        if isinstance(boundary, AtPoint):
            return np.zeros(len(self.points), dtype=np.bool_)
        return np.asarray((distance_from(boundary, self.ends) <= near).all(axis=1), dtype=np.bool_)


def outline_samples(geometry: Geometry) -> OutlineSamples:
    """Return points of the outline of a body."""
    found = _pieces(geometry)
    columns = [np.concatenate(part) for part in zip(*found, strict=True)]
    return OutlineSamples(*columns)


_Piece = tuple[FloatArray, FloatArray, FloatArray, FloatArray]


def _pieces(geometry: Geometry) -> list[_Piece]:
    disks = circles(geometry)
    found: list[_Piece] = []
    for ring in Outline.of(body(geometry)).rings:
        near = ON_BOUNDARY * 1e-4 * float(np.linalg.norm(np.ptp(ring, axis=0)))
        for start, end in pairwise(ring):
            disk = next((d for d in disks if _is_arc(d, start, end, near)), None)
            found.append(_side(start, end) if disk is None else _arc(disk, start, end))
    return found


def circles(geometry: Geometry) -> list[Disk]:
    """Return the circles that the shapes of a body are made with, each once."""
    found = [disk for shape in geometry.regions.values() for disk in _disks(shape)]
    return list({(disk.center, disk.radius): disk for disk in found}.values())


def _disks(shape: Shape) -> Iterator[Disk]:
    if isinstance(shape, Disk):
        yield shape
    for _, part in members(shape):
        yield from _disks(part)


def _is_arc(disk: Disk, start: FloatArray, end: FloatArray, near: float) -> bool:
    radii = np.linalg.norm(np.stack([start, end]) - np.array(disk.center), axis=1)
    short = float(np.linalg.norm(end - start)) <= 0.05 * disk.radius
    return bool(short and (np.abs(radii - disk.radius) <= near).all())


def _side(start: FloatArray, end: FloatArray) -> _Piece:
    s, w = gauss_rule(_ON_A_SIDE)
    along = end - start
    length = float(np.linalg.norm(along))
    points = start + (s[:, None] + 1) / 2 * along
    normal = np.array([along[1], -along[0]]) / length
    ends = np.stack([start, end, (start + end) / 2])
    return points, np.tile(normal, (len(s), 1)), w * length / 2, np.tile(ends, (len(s), 1, 1))


def _arc(disk: Disk, start: FloatArray, end: FloatArray) -> _Piece:
    centre = np.array(disk.center)
    first, last = (np.arctan2(*(p - centre)[::-1]) for p in (start, end))
    turn = float((last - first + np.pi) % (2 * np.pi) - np.pi)
    s, w = gauss_rule(_ON_AN_ARC)
    angle = first + (s + 1) / 2 * turn
    radial = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    # The body is on the left, so an arc that turns left has it inside the circle.
    normals = radial * np.sign(turn)
    middle = disk.radius * np.array([np.cos(first + turn / 2), np.sin(first + turn / 2)])
    ends = np.stack([start, end, centre + middle])
    points = centre + disk.radius * radial
    lengths = w * abs(turn) * disk.radius / 2
    return points, normals, lengths, np.tile(ends, (len(s), 1, 1))


def widest_gap(points: FloatArray, centre: FloatArray) -> tuple[float, float]:
    """Return the direction in the middle of the widest gap between points, and its width [rad].

    Args:
        points: [m], shape (points, 2).
        centre: Where they are looked at from [m].
    """
    arm = points - centre
    angles = np.sort(np.arctan2(arm[:, 1], arm[:, 0]))
    gaps = np.diff(angles, append=angles[0] + 2 * np.pi)
    widest = int(gaps.argmax())
    return float(angles[widest] + gaps[widest] / 2), float(gaps[widest])


def interior(geometry: Geometry, count: int) -> FloatArray:
    """Return points of a grid over the body's box that lie in it [m], shape (points, 2)."""
    outline = Outline.of(body(geometry))
    corners = np.concatenate(outline.rings)
    sides = [np.linspace(low, high, count + 2)[1:-1] for low, high in _box(corners)]
    grid = np.stack(np.meshgrid(*sides), axis=-1).reshape(-1, 2)
    inside: BoolArray = outline.contains(grid)
    return grid[inside]


def _box(points: FloatArray) -> list[tuple[float, float]]:
    return list(zip(points.min(axis=0).tolist(), points.max(axis=0).tolist(), strict=True))
