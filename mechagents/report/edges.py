"""Where marks go along an edge, and which way is out of the body."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mechagents.mechanics.geometry import Disk, Ellipse, Profile, members
from mechagents.mechanics.sides import Arc

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from mechagents.mechanics.geometry import Shape

MOST_MARKS = 15
"""No edge gets more marks than this."""
XY = tuple[float, float]


def disks(shape: Shape) -> Iterator[Disk]:
    """Yield every disk that a shape is made of."""
    if isinstance(shape, Disk):
        yield shape
    for _, part in members(shape):
        yield from disks(part)


def ellipses(shape: Shape) -> Iterator[Ellipse]:
    """Yield every ellipse that a shape is made of."""
    if isinstance(shape, Ellipse):
        yield shape
    for _, part in members(shape):
        yield from ellipses(part)


def arcs(shape: Shape) -> Iterator[Arc]:
    """Yield every arc of the profiles that a shape is made of."""
    if isinstance(shape, Profile):
        yield from (side for side in shape.outline if isinstance(side, Arc))
    for _, part in members(shape):
        yield from arcs(part)


def marks_along(whole: BaseGeometry, part: BaseGeometry, spacing: float) -> Iterator[tuple[XY, XY]]:
    """Yield evenly spaced points along a boundary [m], each with the unit normal out of the body.

    Args:
        whole: The body.
        part: Lines or points of its outline.
        spacing: About how far apart the points are [m]; each piece gets at least one.
    """
    import shapely

    near = 0.1 * spacing
    for piece in shapely.get_parts(part).tolist():
        if piece.is_empty:
            continue
        if piece.length == 0:
            yield (piece.x, piece.y), _out_of_corner(whole, (piece.x, piece.y), near)
            continue
        number = max(1, min(MOST_MARKS, round(piece.length / spacing)))
        for index in range(number):
            yield _mark(whole, piece, (index + 0.5) / number, 0.25 / number, near)


def _mark(
    whole: BaseGeometry, piece: BaseGeometry, share: float, step: float, near: float
) -> tuple[XY, XY]:
    at, before, after = (
        piece.interpolate(s, normalized=True).coords[0] for s in (share, share - step, share + step)
    )
    normal = unit(before[1] - after[1], after[0] - before[0])
    return (at[0], at[1]), _out(whole, (at[0], at[1]), normal, near)


def _out(whole: BaseGeometry, at: XY, normal: XY, near: float) -> XY:
    import shapely

    inside = whole.contains(shapely.Point(*moved(at, normal, near)))
    return (-normal[0], -normal[1]) if inside else normal


def _out_of_corner(whole: BaseGeometry, at: XY, near: float) -> XY:
    import shapely

    for way in ((0.0, -1.0), (-1.0, 0.0), (1.0, 0.0)):
        if not whole.intersects(shapely.Point(*moved(at, way, near))):
            return way
    return 0.0, 1.0


def moved(at: XY, towards: XY, by: float) -> XY:
    """Return a place moved in a direction."""
    return at[0] + by * towards[0], at[1] + by * towards[1]


def unit(x: float, y: float) -> XY:
    """Return a vector of length one; a zero vector stays zero."""
    length = math.hypot(x, y)
    return (x / length, y / length) if length else (0.0, 0.0)
