"""Outlines of analytic shapes as plain rings of points: what lies inside, and how far off."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from mechagents.verification.elements import BoolArray, FloatArray


@dataclass(frozen=True, eq=False)
class Outline:
    """Closed rings with the body on their left; the last point of each repeats the first."""

    rings: tuple[FloatArray, ...]
    """Each of shape (points, 2) [m]."""

    @classmethod
    def of(cls, shape: BaseGeometry) -> Outline:
        """Return the rings of a polygon or of several."""
        rings: list[FloatArray] = []
        for part in shapely.get_parts(shape):
            if part.area > 0:
                rings.append(_turned(part.exterior, 1.0))
                rings += [_turned(hole, -1.0) for hole in part.interiors]
        return cls(tuple(rings))

    def contains(self, points: FloatArray) -> BoolArray:
        """Return which points (n, 2) lie inside, by counting crossings of a ray towards +x."""
        order = np.argsort(points[:, 1])
        x, y = points[order].T
        odd = np.zeros(len(points), dtype=np.bool_)
        for ring in self.rings:
            low, high = np.minimum(ring[:-1], ring[1:]), np.maximum(ring[:-1], ring[1:])
            first = np.searchsorted(y, low[:, 1], side="left")
            last = np.searchsorted(y, high[:, 1], side="left")
            for k in np.flatnonzero(last > first):
                a, b = ring[k], ring[k + 1]
                at = slice(first[k], last[k])
                crossing = a[0] + (y[at] - a[1]) / (b[1] - a[1]) * (b[0] - a[0])
                odd[at] ^= x[at] < crossing
        found = np.empty_like(odd)
        found[order] = odd
        return found


def _turned(line: BaseGeometry, sense: float) -> FloatArray:
    """Return a ring that runs anticlockwise for a sense of +1, clockwise for -1."""
    ring = shapely.get_coordinates(line)[:, :2]
    x, y = (ring - ring[0]).T
    twice_area = float((x[:-1] * y[1:] - x[1:] * y[:-1]).sum())
    return ring if twice_area * sense > 0 else ring[::-1]


def interior_angles(ring: FloatArray) -> FloatArray:
    """Return the angle of the body at each vertex of a ring but the last [rad]."""
    sides = np.diff(ring, axis=0)
    direction = np.arctan2(sides[:, 1], sides[:, 0])
    turn = direction - np.roll(direction, 1)
    return np.asarray(np.pi - np.angle(np.exp(1j * turn)), dtype=np.float64)


def ring_length(ring: FloatArray) -> float:
    """Return the length of a ring [m]."""
    return float(np.linalg.norm(np.diff(ring, axis=0), axis=1).sum())


def distance_to_ring(ring: FloatArray, points: FloatArray) -> FloatArray:
    """Return the distance [m] of points (n, 2) from the nearest segment of a ring."""
    nearest = np.full(len(points), np.inf)
    for a, b in pairwise(ring):
        along = b - a
        square = float(along @ along)
        if square > 0:
            share = np.clip((points - a) @ along / square, 0.0, 1.0)
            foot = a + share[:, None] * along
            nearest = np.minimum(nearest, np.linalg.norm(points - foot, axis=1))
    return nearest
