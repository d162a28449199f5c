"""The closed surface of a region's mesh as triangles, and the flat and round patches it is of."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from mechagents.errors import ProblemError
from mechagents.mechanics.geometry import ACROSS, AXES, Axis
from mechagents.problems.recognise import FEWEST_EDGES, MOST_TURN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]
    BoolArray = NDArray[np.bool_]

MOST_PATCHES = 1000
"""A surface that falls into more patches is curved in another way than a cylinder along an axis."""
_MOST_TRIES = 500
"""Bends in a row that belong to no cylinder, after which no more are looked for."""
_ROUNDS = 20


@dataclass(frozen=True, eq=False)
class Skin:
    """A closed surface."""

    points: FloatArray
    """[m], shape (nodes, 3)."""
    triangles: IntArray
    """Nodes of each, anticlockwise seen from outside, shape (n, 3)."""
    near: float
    """How far off a plane or a cylinder a node may lie [m]."""

    @cached_property
    def edges(self) -> IntArray:
        """Both ends of the three edges of each triangle in turn, shape (3 n, 2)."""
        rolled = np.roll(self.triangles, -1, axis=1)
        return np.stack([self.triangles, rolled], axis=2).reshape(-1, 2)

    @cached_property
    def across(self) -> IntArray:
        """The triangle on the other side of each edge, shape (3 n,).

        Raises:
            ProblemError: If an edge has not just two triangles.
        """
        count = len(self.points)
        here = self.edges[:, 0] * count + self.edges[:, 1]
        there = self.edges[:, 1] * count + self.edges[:, 0]
        order = np.argsort(here)
        ranked = here[order]
        twice = np.flatnonzero(ranked[1:] == ranked[:-1])
        if len(twice):
            where = self.place(int(order[twice][0]) // 3)
            raise ProblemError(
                f"it meets itself in the edge at {where}; are nodes doubled that should be shared, "
                "or parts joined by an edge alone?"
            )
        found = np.searchsorted(ranked, there).clip(max=len(ranked) - 1)
        if (ranked[found] != there).any():
            open_ = int(np.flatnonzero(ranked[found] != there)[0]) // 3
            raise ProblemError(f"its surface is not closed at {self.place(open_)}")
        beyond: IntArray = order[found] // 3
        return beyond

    @cached_property
    def normals(self) -> FloatArray:
        """Outward, as long as twice the area [m^2], shape (n, 3)."""
        a, b, c = (self.points[self.triangles[:, k]] for k in range(3))
        return np.cross(b - a, c - a)

    @cached_property
    def smooth(self) -> BoolArray:
        """Which edges the surface turns at by less than an arc may, shape (3 n,)."""
        length = np.linalg.norm(self.normals, axis=1, keepdims=True)
        unit = self.normals / np.where(length > 0, length, 1.0)
        turn: BoolArray = (unit[self._owner] * unit[self.across]).sum(axis=1) > math.cos(MOST_TURN)
        return turn

    @cached_property
    def _owner(self) -> IntArray:
        return np.repeat(np.arange(len(self.triangles)), 3)

    def place(self, triangle: int) -> str:
        """Return where a triangle is, in words."""
        x, y, z = self.points[self.triangles[triangle]].mean(axis=0)
        return f"({x:.4g}, {y:.4g}, {z:.4g}) m"

    def around(self, seeds: list[int], among: BoolArray) -> BoolArray:
        """Return the triangles among some that hang together with seeds, shape (n,)."""
        joined = self.smooth & among[self._owner] & among[self.across]
        rows, columns = self._owner[joined], self.across[joined]
        n = len(self.triangles)
        graph = csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(n, n))
        label = connected_components(graph, directed=False)[1]
        inside: BoolArray = among & np.isin(label, label[seeds])
        return inside

    def bends(self) -> IntArray:
        """Return pairs of triangles with a smooth bend between them, shape (k, 2)."""
        third = self.triangles.sum(axis=1)[self.across] - self.edges.sum(axis=1)
        off = self.points[third] - self.points[self.edges[:, 0]]
        normal = self.normals[self._owner]
        height = np.abs((off * normal).sum(axis=1))
        bent = height > 2 * self.near * np.linalg.norm(normal, axis=1)
        found = bent & self.smooth & (self._owner < self.across)
        return np.stack([self._owner[found], self.across[found]], axis=1)


@dataclass(frozen=True, eq=False)
class Patch:
    """A part of a skin in a plane or on a cylinder along an axis, that hangs together."""

    kind: Literal["plane", "cylinder"]
    triangles: IntArray
    axis: Axis | None = None
    """Of the cylinder."""
    center: tuple[float, float] = (0.0, 0.0)
    """Where the cylinder's axis crosses the other two, in the order of an extrusion [m]."""
    radius: float = 0.0
    """Of the cylinder [m]."""


def patches_of(skin: Skin) -> list[Patch]:
    """Return the patches that a skin is made of: cylinders first, then planes.

    A cylinder takes what an arc in the plane takes: four nodes across, no bend of 40 degrees.

    Raises:
        ProblemError: If there are too many: the surface is curved in another way.
    """
    free = np.ones(len(skin.triangles), dtype=np.bool_)
    found = list(_cylinders(skin, free))
    sizes = np.linalg.norm(skin.normals, axis=1)
    for seed in np.argsort(-sizes).tolist():
        if free[seed]:
            inside = _grown(skin, [seed], free, _off_plane)
            free &= ~inside
            found.append(Patch("plane", np.flatnonzero(inside)))
        if len(found) > MOST_PATCHES:
            raise ProblemError(
                f"its surface near {skin.place(seed)} lies on no plane and on no cylinder along "
                "x, y or z"
            )
    return found


def _cylinders(skin: Skin, free: BoolArray) -> Iterator[Patch]:
    """Yield the patches of cylinders among triangles that are free; those are so no more."""
    failed = 0
    for one, other in skin.bends().tolist():
        if not (free[one] and free[other]) or failed > _MOST_TRIES:
            continue
        best: tuple[BoolArray, Axis] | None = None
        for axis in AXES:
            inside = _grown(skin, [one, other], free, _off_cylinder(axis))
            if _is_round(skin, inside, axis) and (best is None or inside.sum() > best[0].sum()):
                best = inside, axis
        if best is None:
            failed += 1
            continue
        failed = 0
        inside, axis = best
        free &= ~inside
        x, y, radius = _circle(_flat(skin.points[_nodes(skin, inside)], axis))
        yield Patch("cylinder", np.flatnonzero(inside), axis, (x, y), radius)


def _grown(
    skin: Skin,
    seeds: list[int],
    free: BoolArray,
    off_fit: Callable[[FloatArray, FloatArray], FloatArray],
) -> BoolArray:
    """Return the free triangles around seeds on one surface, which is fitted again as they grow.

    Args:
        skin: The surface.
        seeds: Triangles.
        free: Triangles that may be taken.
        off_fit: Of a surface fitted to the first points, how far off it are the second.
    """
    inside = np.zeros(len(free), dtype=np.bool_)
    inside[seeds] = True
    for _ in range(_ROUNDS):
        off = off_fit(skin.points[_nodes(skin, inside)], skin.points)
        among = free & (off <= skin.near)[skin.triangles].all(axis=1)
        if not among[seeds].all():
            return np.zeros_like(free)
        grown = skin.around(seeds, among)
        if grown.sum() <= inside.sum():
            break
        inside = grown
    return inside


def _nodes(skin: Skin, inside: BoolArray) -> IntArray:
    return np.unique(skin.triangles[inside])


def _flat(points: FloatArray, axis: Axis) -> FloatArray:
    return points[:, [AXES.index(other) for other in ACROSS[axis]]]


def _off_plane(fitted: FloatArray, points: FloatArray) -> FloatArray:
    middle = fitted.mean(axis=0)
    normal = np.linalg.svd(fitted - middle, full_matrices=False)[2][-1]
    off: FloatArray = np.abs((points - middle) @ normal)
    return off


def _off_cylinder(axis: Axis) -> Callable[[FloatArray, FloatArray], FloatArray]:
    def off(fitted: FloatArray, points: FloatArray) -> FloatArray:
        x, y, radius = _circle(_flat(fitted, axis))
        away: FloatArray = np.abs(np.linalg.norm(_flat(points, axis) - (x, y), axis=1) - radius)
        return away

    return off


def _circle(points: FloatArray) -> tuple[float, float, float]:
    """Return centre and radius of the circle nearest to points [m]; minus infinity for a line."""
    middle = points.mean(axis=0)
    off = points - middle
    scale = float(np.abs(off).max()) or 1.0
    matrix: FloatArray = np.column_stack([2 * off / scale, np.ones(len(off))])
    square: FloatArray = ((off / scale) ** 2).sum(axis=1)
    if np.linalg.matrix_rank(matrix, tol=1e-12 * float(np.linalg.norm(matrix))) < 3:
        return 0.0, 0.0, -math.inf
    cx, cy, rest = map(float, np.linalg.lstsq(matrix, square, rcond=1e-12)[0])
    radius = scale * math.sqrt(max(rest + cx**2 + cy**2, 0.0))
    return float(middle[0] + scale * cx), float(middle[1] + scale * cy), radius


def _is_round(skin: Skin, inside: BoolArray, axis: Axis) -> bool:
    """Return whether triangles have as many places across an axis as an arc takes nodes."""
    points = skin.points[_nodes(skin, inside)]
    if len(points) <= FEWEST_EDGES:
        return False
    flat = _flat(points, axis)
    x, y, radius = _circle(flat)
    angles = np.sort(np.arctan2(flat[:, 1] - y, flat[:, 0] - x))
    places = 1 + int((radius * np.diff(angles) > 4 * skin.near).sum())
    along = float(np.ptp(points[:, AXES.index(axis)]))
    return places > FEWEST_EDGES and along > 4 * skin.near
