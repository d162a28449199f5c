"""Whether a mesh has every side of an outline: even a fillet too small for areas to miss."""

from __future__ import annotations

from collections.abc import Iterator

from shapely.geometry.base import BaseGeometry

from mechagents.mechanics.geometry import Profile, Shape, members
from mechagents.mechanics.shapes import ON_BOUNDARY, boundary_part
from mechagents.mechanics.sides import Along, Arc, Side
from mechagents.messages import Check
from mechagents.verification.edges import edge_lengths, place
from mechagents.verification.solution import Solution
from mechagents.verification.wording import measured

MOST_STUBS = 0.5
"""What the ends of a very short side may add to what is allowed."""


def check_sides(solution: Solution, whole: BaseGeometry, allowed: float) -> Iterator[Check]:
    """Yield whether the outer edges of a mesh cover each side of the body's profiles.

    Args:
        solution: A mesh laid over its formulation.
        whole: The body.
        allowed: How much of a side's length may be missing or doubled [-].
    """
    shapes = solution.formulation.geometry.regions.values()
    sides = [side for shape in shapes for profile in _profiles(shape) for side in profile.outline]
    worst, tolerance, message = 0.0, allowed, "the outer edges of the mesh follow every side"
    for side in sides:
        ideal = boundary_part(whole, Along((side,))).length
        if not ideal:  # between two regions, or cut off
            continue
        edges = place(solution.fields, solution.edges, Along((side,))).edges
        given = float(edge_lengths(solution.fields, edges).sum())
        error = abs(given / ideal - 1)
        limit = allowed + min(4 * ON_BOUNDARY * solution.fields.size / ideal, MOST_STUBS)
        if error / limit > worst / tolerance:
            worst, tolerance = error, limit
            if error > limit:
                message = _missing(side, ideal, given)
    if sides:
        yield measured("geometry:sides", worst, tolerance, message)


def _profiles(shape: Shape) -> Iterator[Profile]:
    if isinstance(shape, Profile):
        yield shape
    for _, part in members(shape):
        yield from _profiles(part)


def _missing(side: Side, ideal: float, given: float) -> str:
    (x, y), (to_x, to_y) = side.start, side.end
    what = "side"
    if isinstance(side, Arc):
        what = f"arc of radius {side.radius:.4g} m"
    return (
        f"the {what} from ({x:.4g}, {y:.4g}) to ({to_x:.4g}, {to_y:.4g}) is {ideal:.4g} m long, "
        f"but the mesh has {given:.4g} m of outer edges on it"
    )
