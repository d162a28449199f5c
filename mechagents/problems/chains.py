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
    at: dict[int, list[int]] = {}
    for index, pair in enumerate(ends):
        for end in pair:
            at.setdefault(end, []).append(index)
    for number, meeting in at.items():
        if len(meeting) != 2:
            raise ProblemError(_not_two(points[number], len(meeting)))
    left, loops = set(range(len(sides))), list[list[NamedSide]]()
    for first in range(len(sides)):
        if first not in left:
            continue
        loop: list[NamedSide] = []
        index, begin = first, ends[first][0]
        while index in left:
            left.remove(index)
            other = ends[index][1] if ends[index][0] == begin else ends[index][0]
            side, name = sides[index]
            forward = ends[index][0] == begin
            loop.append((_between(side, points[begin], points[other], forward), name))
            begin = other
            index = next((i for i in at[other] if i in left), first)
        loops.append(loop)
    return loops


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


def _between(side: Side, start: Point, end: Point, forward: bool) -> Side:
    """Return a side from one point to another, the other way round unless forward."""
    if isinstance(side, Line):
        return Line(start, end)
    if forward:
        return Arc(start, end, side.center, side.radius, side.first, side.turn)
    return Arc(start, end, side.center, side.radius, side.first + side.turn, -side.turn)
