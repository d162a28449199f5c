"""A region of a solid's mesh, cut square to an axis through the patches that bound it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Self

import numpy as np

from mechagents.errors import ProblemError
from mechagents.mechanics.geometry import ACROSS, AXES, Axis, Cylinder, Shape
from mechagents.mechanics.shapes import outline
from mechagents.mechanics.sides import Arc, Line, full_circle
from mechagents.problems.chains import NamedSide, chained
from mechagents.problems.drawn_solids import along_axis, merged_levels
from mechagents.problems.outlines import Loop, region_of, rounded
from mechagents.problems.skins import Patch, Skin

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mechagents.mechanics.units import Point

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]

_VOLUME = 1e-6
"""The share of its volume by which a mesh without curved faces may be off."""


@dataclass(frozen=True, eq=False)
class MeshSolid:
    """A closed skin in patches, some of which are left out."""

    skin: Skin
    patches: Sequence[Patch]
    size: float
    """Of the body [m]."""
    known: dict[Axis, list[float]]
    """Coordinates to which those nearby are moved [m]; the regions of a body share them."""
    gone: frozenset[int] = frozenset()
    """The numbers of patches that are walls and bottoms of filled holes."""

    @property
    def volume(self) -> float:
        """Within the triangles [m^3]."""
        a, b, c = (self.skin.points[self.skin.triangles[:, k]] for k in range(3))
        return float((a * np.cross(b, c)).sum() / 6)

    @cached_property
    def sagitta(self) -> float:
        """How far off their cylinder edges between its nodes may run [m]."""
        return max((self._sagitta(patch) for patch in self.patches), default=0.0)

    @property
    def slack(self) -> float:
        """The volume between the triangles and their cylinders at most [m^3]."""
        areas = np.linalg.norm(self.skin.normals, axis=1) / 2
        between = [areas[patch.triangles].sum() * self._sagitta(patch) for patch in self.patches]
        return float(_VOLUME * abs(self.volume) + 2 * sum(between))

    @cached_property
    def _label(self) -> IntArray:
        """The number of each triangle's patch."""
        found = np.empty(len(self.skin.triangles), dtype=np.int64)
        for number, patch in enumerate(self.patches):
            found[patch.triangles] = number
        return found

    def levels(self, axis: Axis) -> list[float]:
        """Return where it has faces square to an axis [m], ascending."""
        return merged_levels(
            [self._moved(axis, at) for at in self._flat_patches(axis)], self.skin.near
        )

    def _flat_patches(self, axis: Axis) -> Iterator[float]:
        for number, patch in enumerate(self.patches):
            if patch.kind == "plane" and number not in self.gone:
                heights = self._nodes(patch)[:, AXES.index(axis)]
                if np.ptp(heights) <= 2 * self.skin.near:
                    yield float(heights.mean())

    def section(self, axis: Axis, at: float) -> list[Shape]:
        """Return the regions of its section square to an axis [m]."""
        sides: list[NamedSide] = []
        for number, patch in enumerate(self.patches):
            heights = self._nodes(patch)[:, AXES.index(axis)]
            if number not in self.gone and heights.min() < at < heights.max():
                sides += [(side, None) for side in self._cut(number, axis, at)]
        return [
            region_of(loops, self.size).shape for loops in _nested(self._loops(sides), self.size)
        ]

    def _loops(self, sides: Sequence[NamedSide]) -> list[list[NamedSide]]:
        return chained(sides, 2 * self.skin.near)

    def _cut(self, number: int, axis: Axis, at: float) -> Iterator[Line | Arc]:
        """Yield where a patch crosses a height, from boundary to boundary."""
        patch = self.patches[number]
        if not self._is_wall(patch, axis):
            where = self.skin.place(int(patch.triangles[0]))
            raise ProblemError(f"the {patch.kind} at {where} is neither square to it nor along it")
        points, upward = self._crossed(number, axis, at)
        if patch.kind == "cylinder":
            yield from self._arcs(patch, points, upward)
            return
        if not len(points):
            raise ProblemError(
                f"the plane at {self.skin.place(int(patch.triangles[0]))} has no ends"
            )
        normal = self.skin.normals[patch.triangles].sum(axis=0)
        one, two = (AXES.index(other) for other in ACROSS[axis])
        # Seen from outside a patch lies to the left of its edges, which at one that goes up is
        # the normal times the axis.
        order = np.argsort(points @ np.array([normal[two], -normal[one]]))
        for start, end in self._paired(order, upward):
            yield Line(self._point(axis, points[start]), self._point(axis, points[end]))

    def _arcs(self, patch: Patch, points: FloatArray, upward: NDArray[np.bool_]) -> Iterator[Arc]:
        assert patch.axis is not None
        if not len(points):
            yield full_circle(patch.center, patch.radius)
            return
        sign = 1.0 if self._is_hollow(patch) else -1.0
        off = points - np.array(patch.center)
        way = sign * np.arctan2(off[:, 1], off[:, 0])
        order = np.argsort(way)
        if not upward[order[0]]:
            order = np.roll(order, -1)
        for start, end in self._paired(order, upward):
            turn = (way[end] - way[start]) % (2 * math.pi)
            begin, close = (self._point(patch.axis, points[k]) for k in (start, end))
            first = float(sign * way[start])
            yield Arc(begin, close, patch.center, patch.radius, first, sign * float(turn))

    def _paired(self, order: IntArray, upward: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
        """Yield the beginnings and ends of pieces of a section, which take turns."""
        starts, ends = order[0::2], order[1::2]
        if len(starts) != len(ends) or not upward[starts].all() or upward[ends].any():
            raise ProblemError("its patches overlap")
        yield from zip(starts.tolist(), ends.tolist(), strict=True)

    def _crossed(self, number: int, axis: Axis, at: float) -> tuple[FloatArray, NDArray[np.bool_]]:
        """Return where a patch's boundary crosses a height, across the axis, and which way."""
        edges = self._boundary([number])
        ends = self.skin.points[edges]
        heights = ends[..., AXES.index(axis)]
        crossing = (heights[:, 0] < at) != (heights[:, 1] < at)
        low, high = heights[crossing].T
        share = ((at - low) / (high - low))[:, None]
        flat = ends[crossing][..., [AXES.index(other) for other in ACROSS[axis]]]
        return flat[:, 0] + share * (flat[:, 1] - flat[:, 0]), high > low

    def _boundary(self, numbers: Sequence[int]) -> IntArray:
        """Return the edges around some patches, but those to patches that are gone."""
        beyond = self._label[self.skin.across]
        here = np.repeat(self._label, 3)
        outer = np.isin(here, numbers) & ~np.isin(beyond, [*numbers, *self.gone])
        return self.skin.edges[outer]

    def _is_wall(self, patch: Patch, axis: Axis) -> bool:
        if patch.kind == "cylinder":
            return patch.axis == axis
        normal = self.skin.normals[patch.triangles].sum(axis=0)
        flat = [AXES.index(other) for other in ACROSS[axis]]
        length = float(np.linalg.norm(normal[flat]))
        off = self._nodes(patch)[:, flat] @ normal[flat]
        return length > 0 and bool(np.ptp(off) <= 4 * self.skin.near * length)

    def _is_hollow(self, patch: Patch) -> bool:
        """Return whether a cylinder has the body around it."""
        assert patch.axis is not None
        flat = [AXES.index(other) for other in ACROSS[patch.axis]]
        middles = self.skin.points[self.skin.triangles[patch.triangles]].mean(axis=1)[:, flat]
        outward = (middles - np.array(patch.center)) * self.skin.normals[patch.triangles][:, flat]
        return bool(outward.sum() < 0)

    def _sagitta(self, patch: Patch) -> float:
        """Return how far off a cylinder its triangles may be [m]; 0 for a plane."""
        if patch.axis is None:
            return 0.0
        flat = [AXES.index(other) for other in ACROSS[patch.axis]]
        rows = (3 * patch.triangles[:, None] + np.arange(3)).ravel()
        off = self.skin.points[self.skin.edges[rows]][..., flat].mean(axis=1)
        near_axis = np.linalg.norm(off - np.array(patch.center), axis=1).min()
        return float(max(patch.radius - near_axis, 0.0))

    def places(self) -> FloatArray:
        """Return a point of each triangle's plane or cylinder, and the nodes [m], shape (n, 3)."""
        found = [self.skin.points[np.unique(self.skin.triangles)]]
        for patch in self.patches:
            middles = self.skin.points[self.skin.triangles[patch.triangles]].mean(axis=1)
            if patch.axis is not None:
                flat = [AXES.index(other) for other in ACROSS[patch.axis]]
                off = middles[:, flat] - np.array(patch.center)
                wider = patch.radius / np.linalg.norm(off, axis=1, keepdims=True)
                middles[:, flat] = np.array(patch.center) + wider * off
            found.append(middles)
        return np.concatenate(found)

    def holes(self, axes: tuple[Axis, ...]) -> list[Cylinder]:
        """Return its round holes along some axes that end in flat faces."""
        groups: dict[tuple[Axis, Point, float], list[int]] = {}
        for number, patch in enumerate(self.patches):
            if patch.axis is not None and patch.axis in axes and self._is_hollow(patch):
                key = (patch.axis, patch.center, patch.radius)
                groups.setdefault(key, []).append(number)
        return [
            hole for circle, numbers in groups.items() for hole in self._between(*circle, numbers)
        ]

    def _between(
        self, axis: Axis, center: Point, radius: float, numbers: Sequence[int]
    ) -> Iterator[Cylinder]:
        """Yield the holes between full circles in which patches of a cylinder end."""
        along, flat = AXES.index(axis), [AXES.index(other) for other in ACROSS[axis]]
        ends = self.skin.points[self._boundary(numbers)]
        level = np.ptp(ends[..., along], axis=1) <= 2 * self.skin.near
        off = ends[level][..., flat] - np.array(center)
        angle = np.arctan2(off[..., 1], off[..., 0])
        turn = np.abs((angle[:, 1] - angle[:, 0] + math.pi) % (2 * math.pi) - math.pi)
        heights = ends[level][..., along].mean(axis=1)
        full: list[float] = []
        for at in merged_levels(heights.tolist(), self.skin.near):
            here = np.abs(heights - at) <= 4 * self.skin.near
            if math.isclose(float(turn[here].sum()), 2 * math.pi, rel_tol=1e-4):
                full.append(self._moved(axis, at))
        for low, high in pairwise(full):
            if any(self._reaches_into(number, along, low, high) for number in numbers):
                base = along_axis(axis, center, low)
                height = rounded(high - low, self.size)
                yield Cylinder(base=base, axis=axis, radius=radius, height=height)

    def _reaches_into(self, number: int, along: int, low: float, high: float) -> bool:
        patch = self.patches[number]
        middles = self.skin.points[self.skin.triangles[patch.triangles]].mean(axis=1)[:, along]
        return bool(((middles > low) & (middles < high)).any())

    def filled(self, holes: Sequence[Cylinder]) -> Self:
        """Return the solid without the walls of holes, and the bottoms that they end in."""
        gone = set(self.gone)
        for hole in holes:
            along = AXES.index(hole.axis)
            center = tuple(hole.base[AXES.index(other)] for other in ACROSS[hole.axis])
            low, high = hole.base[along], hole.base[along] + hole.height
            gone |= {
                number
                for number, patch in enumerate(self.patches)
                if (patch.axis, patch.center, patch.radius) == (hole.axis, center, hole.radius)
                and self._reaches_into(number, along, low, high)
            }
        walls = replace(self, gone=frozenset(gone))
        bottoms = {
            number
            for number, patch in enumerate(self.patches)
            if patch.kind == "plane" and not len(walls._boundary([number]))
        }
        return replace(self, gone=frozenset(gone | bottoms))

    def _nodes(self, patch: Patch) -> FloatArray:
        return self.skin.points[np.unique(self.skin.triangles[patch.triangles])]

    def _point(self, axis: Axis, point: FloatArray) -> Point:
        one, two = ACROSS[axis]
        return self._moved(one, float(point[0])), self._moved(two, float(point[1]))

    def _moved(self, axis: Axis, at: float) -> float:
        return nearest(self.known[axis], rounded(at, self.size), 2 * self.skin.near)


def nearest(known: Sequence[float], value: float, near: float) -> float:
    """Return the known value next to a value, or itself if none is near it."""
    best = min(known, key=lambda other: abs(other - value), default=value)
    return best if abs(best - value) <= near else value


def _nested(loops: Sequence[Loop], size: float) -> list[list[Loop]]:
    """Return loops in groups: each one that bounds from outside, with those right within it."""
    outlines = [outline(region_of([loop], size).shape) for loop in loops]
    within = [
        [
            other
            for other, whole in enumerate(outlines)
            if whole.area > one.area and whole.contains(one.representative_point())
        ]
        for one in outlines
    ]
    return [
        [loop]
        + [
            loops[other]
            for other, around in enumerate(within)
            if index in around and len(around) == len(within[index]) + 1
        ]
        for index, loop in enumerate(loops)
        if len(within[index]) % 2 == 0
    ]
