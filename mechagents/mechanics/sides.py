"""Sides of an outline in the plane: straight ones and arcs of circles."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from mechagents.mechanics.units import Point

    FloatArray = NDArray[np.float64]

PIECES_ON_A_CIRCLE = 512
"""Into how many straight pieces a circle is cut where curves are polygons."""
FLAT = 1e-9
"""Three points lie on a line whose triangle is lower than this share of its longest side."""


@dataclass(frozen=True, slots=True)
class Line:
    """A straight side [m]."""

    start: Point
    end: Point

    @property
    def length(self) -> float:
        """Its length [m]."""
        return math.dist(self.start, self.end)


@dataclass(frozen=True, slots=True)
class Arc:
    """Part of a circle, or all of it [m]."""

    start: Point
    end: Point
    center: Point
    radius: float
    first: float
    """The direction of its start, seen from the centre [rad]."""
    turn: float
    """How far it goes round, anticlockwise above 0 [rad]."""

    @property
    def length(self) -> float:
        """Its length [m]."""
        return self.radius * abs(self.turn)

    def at(self, share: float) -> Point:
        """Return the point [m] a share of the way from its start to its end."""
        angle = self.first + share * self.turn
        x, y = self.center
        return x + self.radius * math.cos(angle), y + self.radius * math.sin(angle)


Side = Line | Arc


@dataclass(frozen=True, slots=True)
class Along:
    """The part of an outline that some of its sides make up."""

    sides: tuple[Side, ...]
    kind: str = "sides"


def full_circle(center: Point, radius: float) -> Arc:
    """Return a whole circle as a side that ends where it starts."""
    start = (center[0] + radius, center[1])
    return Arc(start, start, center, radius, 0.0, 2 * math.pi)


def arc_through(start: Point, through: Point, end: Point) -> Arc:
    """Return the arc from one point through another to a third [m].

    Raises:
        ValueError: If the three lie on a line, or two of them are the same.
    """
    # About the middle point, so that rounding does not depend on where the origin is.
    (ax, ay), (bx, by) = _minus(start, through), _minus(end, through)
    cross = ax * by - ay * bx
    longest = max(math.hypot(ax, ay), math.hypot(bx, by), math.dist(start, end))
    if abs(cross) <= FLAT * longest**2:
        raise ValueError("the points of an arc lie on a line")
    a, b = ax * ax + ay * ay, bx * bx + by * by
    cx, cy = (by * a - ay * b) / (2 * cross), (ax * b - bx * a) / (2 * cross)
    first, last = math.atan2(ay - cy, ax - cx), math.atan2(by - cy, bx - cx)
    turn = (last - first) % (2 * math.pi)
    if cross > 0:
        turn -= 2 * math.pi
    center = (through[0] + cx, through[1] + cy)
    return Arc(start, end, center, math.hypot(cx, cy), first, turn)


def _minus(one: Point, other: Point) -> Point:
    return one[0] - other[0], one[1] - other[1]


def points_along(side: Side) -> list[Point]:
    """Return the corners of a side as straight pieces, both its ends included [m]."""
    if isinstance(side, Line):
        return [side.start, side.end]
    pieces = max(2, math.ceil(PIECES_ON_A_CIRCLE * abs(side.turn) / (2 * math.pi) - 1e-9))
    inner = [side.at(number / pieces) for number in range(1, pieces)]
    return [side.start, *inner, side.end]


def enclosed_area(sides: Sequence[Side]) -> float:
    """Return the area that sides one after the other enclose [m^2], below 0 if clockwise."""
    x0, y0 = sides[0].start
    twice = 0.0
    for side in sides:
        (ax, ay), (bx, by) = side.start, side.end
        twice += (ax - x0) * (by - y0) - (bx - x0) * (ay - y0)
        if isinstance(side, Arc):
            # What lies between the arc and its chord.
            twice += side.radius**2 * (side.turn - math.sin(side.turn))
    return twice / 2


def distance_to_side(side: Side, points: FloatArray) -> FloatArray:
    """Return how far points are off a side, which ends at its ends [m], shape (...).

    Args:
        side: A straight side or an arc.
        points: Where [m], shape (..., 2).
    """
    import numpy as np

    if isinstance(side, Line):
        start, along = np.array(side.start), np.subtract(side.end, side.start)
        share = np.clip((points - start) @ along / (along @ along), 0.0, 1.0)
        foot = start + share[..., None] * along
        away: FloatArray = np.linalg.norm(points - foot, axis=-1)
        return away
    arm = points - np.array(side.center)
    beyond = _beyond(side, np.arctan2(arm[..., 1], arm[..., 0]))
    to_circle = np.abs(np.linalg.norm(arm, axis=-1) - side.radius)
    ends = [np.linalg.norm(points - np.array(end), axis=-1) for end in (side.start, side.end)]
    to_end: FloatArray = np.stack(ends).min(axis=0)
    return np.where(beyond, to_end, to_circle)


def _beyond(arc: Arc, angle: FloatArray) -> NDArray[np.bool_]:
    """Return which directions from its centre miss an arc, shape (...)."""
    import numpy as np

    sense = math.copysign(1.0, arc.turn)
    gone = (sense * (angle - arc.first)) % (2 * np.pi)
    missed: NDArray[np.bool_] = gone > abs(arc.turn)
    return missed


def distance_to_sides(part: Along, points: FloatArray) -> FloatArray:
    """Return how far points are off the nearest of several sides [m], shape (...)."""
    import numpy as np

    each = [distance_to_side(side, points) for side in part.sides]
    return np.asarray(np.stack(each).min(axis=0), dtype=np.float64)
