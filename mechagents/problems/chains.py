"""Chains pieces of outlines, in any order and direction, to closed loops."""

from __future__ import annotations

import math
from collections.abc import Sequence

from mechagents.errors import ProblemError
from mechagents.mechanics.sides import Arc, Line, Side
from mechagents.mechanics.units import Point

NamedSide = tuple[Side, str | None]
"""A side, and the name that its file gives it."""


def chained(sides: Sequence[NamedSide], near: float) -> list[list[NamedSide]]:
    """Return closed loops, each side starting exactly where the one before it ends.

    Args:
        sides: In any order; each may run either way.
        near: Ends closer than this are the same point [m].

    Raises:
        ProblemError: If a point is not the end of two sides.
    """
    points: list[Point] = []
    ends = [(_number(s.start, points, near), _number(s.end, points, near)) for s, _ in sides]
    at = _meeting(points, ends)
    left, loops = set(range(len(sides))), list[list[NamedSide]]()
    for first in range(len(sides)):
        if first in left:
            way = _around(first, ends, at, left)
            loops.append([_directed(sides[k], ends[k], points, begin) for k, begin in way])
    return loops


def _meeting(points: list[Point], ends: list[tuple[int, int]]) -> dict[int, list[int]]:
    """Return the two sides that end at each point."""
    at: dict[int, list[int]] = {}
    for index, pair in enumerate(ends):
        for end in pair:
            at.setdefault(end, []).append(index)
    for number, meeting in at.items():
        if len(meeting) != 2:
            raise ProblemError(_not_two(points[number], len(meeting)))
    return at


def _around(
    first: int, ends: list[tuple[int, int]], at: dict[int, list[int]], left: set[int]
) -> list[tuple[int, int]]:
    """Return the sides of a loop, each with the point where it begins; take them out of left."""
    way: list[tuple[int, int]] = []
    index, begin = first, ends[first][0]
    while index in left:
        left.remove(index)
        way.append((index, begin))
        begin = ends[index][1] if ends[index][0] == begin else ends[index][0]
        index = next((other for other in at[begin] if other in left), first)
    return way


def _number(point: Point, points: list[Point], near: float) -> int:
    """Return the number of a point, a new one if there is none near it."""
    for number, other in enumerate(points):
        if math.dist(point, other) <= near:
            return number
    points.append(point)
    return len(points) - 1


def _not_two(point: Point, count: int) -> str:
    where = f"at ({point[0]:.6g}, {point[1]:.6g}) m"
    if count == 1:
        return f"the outline is not closed: it ends {where}"
    return f"the outline meets itself {where}, where {count} sides end"


def _directed(
    named: NamedSide, ends: tuple[int, int], points: list[Point], begin: int
) -> NamedSide:
    """Return a side that begins at a point, the other way round if need be."""
    side, name = named
    forward = ends[0] == begin
    start, end = points[begin], points[ends[1] if forward else ends[0]]
    if isinstance(side, Line):
        return Line(start, end), name
    first, turn = (side.first, side.turn) if forward else (side.first + side.turn, -side.turn)
    return Arc(start, end, side.center, side.radius, first, turn), name
