"""Straight sides and arcs of circles from nodes in a row."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from mechagents.mechanics.sides import Arc, Line, Side, arc_through

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mechagents.mechanics.units import Point

    FloatArray = NDArray[np.float64]

MOST_TURN = math.radians(40.0)
"""Edges of an arc turn by less from one to the next; a square's corners lie on a circle too."""
FEWEST_EDGES = 3
"""Any three nodes lie on a circle, so an arc takes four."""
WIDEST = 3.5
"""How far an arc may turn [rad]; a full circle is made of two or three."""


def sides_through(points: FloatArray, near: float) -> list[Side]:
    """Return straight sides and arcs on which nodes in a row lie, as few as can be found.

    Nodes on a line make one side; four or more on a circle, whose edges turn by less than 40
    degrees from one to the next, make an arc; any other edge is a side of its own.

    Args:
        points: The nodes [m], shape (n, 2); the last is the first one again for a closed row.
        near: How far off a line or a circle a node may lie [m].
    """
    closed = math.dist(points[0], points[-1]) <= near
    found = _greedy(points, near)
    if closed and len(found) > 1:
        import numpy as np

        # A closed row may begin in the middle of a side, but the first one ends where it ends.
        first = found[0][1]
        points = np.concatenate([points[first:-1], points[: first + 1]])
        found = _greedy(points, near)
    return [side for side, _ in found]


def _greedy(points: FloatArray, near: float) -> list[tuple[Side, int]]:
    """Return sides one after the other, each as long as can be, with where it ends."""
    found: list[tuple[Side, int]] = []
    start = 0
    while start < len(points) - 1:
        flat = _reach(points, start, near, _is_flat)
        round_ = _reach(points, start, near, _is_round)
        if round_ > flat and round_ - start >= FEWEST_EDGES:
            middle = (start + round_) // 2
            arc = arc_through(_at(points, start), _at(points, middle), _at(points, round_))
            found.append((arc, round_))
        else:
            found.append((Line(_at(points, start), _at(points, flat)), flat))
        start = found[-1][1]
    return found


def _at(points: FloatArray, index: int) -> Point:
    return float(points[index, 0]), float(points[index, 1])


def _reach(
    points: FloatArray, start: int, near: float, fits: Callable[[FloatArray, float], bool]
) -> int:
    """Return the last node up to which all nodes fit one side, at least the next one."""
    end = start + 1
    while end + 1 < len(points) and fits(points[start : end + 2], near):
        end += 1
    return end


def _is_flat(points: FloatArray, near: float) -> bool:
    import numpy as np

    along = points[-1] - points[0]
    length = float(np.linalg.norm(along))
    if length <= near:
        return False
    off = points[1:-1] - points[0]
    across = np.abs(along[0] * off[:, 1] - along[1] * off[:, 0]) / length
    share = off @ along / length**2
    return bool((across <= near).all() and (np.diff(share, prepend=0.0, append=1.0) > 0).all())


def _is_round(points: FloatArray, near: float) -> bool:
    import numpy as np

    edges = np.diff(points, axis=0)
    after, before = edges[1:], edges[:-1]
    turns = np.arctan2(
        before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0], (before * after).sum(axis=1)
    )
    one_way = (np.sign(turns) == np.sign(turns[0])).all() and turns[0] != 0
    if not one_way or np.abs(turns).max() > MOST_TURN or np.abs(turns).sum() > WIDEST:
        return False
    try:
        arc = arc_through(_at(points, 0), _at(points, len(points) // 2), _at(points, -1))
    except ValueError:
        return False
    off = np.linalg.norm(points - np.array(arc.center), axis=1) - arc.radius
    return bool((np.abs(off) <= near).all())


def count(sides: list[Side]) -> tuple[int, int]:
    """Return how many of some sides are straight and how many are arcs."""
    arcs = sum(isinstance(side, Arc) for side in sides)
    return len(sides) - arcs, arcs
