"""Regions from the closed loops that a file holds."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from mechagents.errors import ProblemError
from mechagents.mechanics.geometry import (
    Boundary,
    Difference,
    Disk,
    Geometry,
    OnSides,
    Polygon,
    Shape,
    sides_of,
)
from mechagents.mechanics.profiles import ArcSide, Profile, ProfileSide, StraightSide
from mechagents.mechanics.shapes import body, boundary_part, outline
from mechagents.mechanics.sides import Along, Arc, Line, enclosed_area
from mechagents.mechanics.units import Point
from mechagents.problems.chains import NamedSide

DIGITS = 10
"""Coordinates are kept to so many digits of the size of the body."""
LONGEST_NAME = 64

Loop = Sequence[NamedSide]


@dataclass(frozen=True, slots=True)
class Region:
    """A region, and which of its sides the file names."""

    shape: Shape
    names: tuple[str | None, ...]
    """For each side in the order of its numbers."""


@dataclass(frozen=True, slots=True)
class FileRegions:
    """What a file holds, and how it was read."""

    geometry: Geometry
    assumptions: tuple[dict[str, str], ...] = ()
    """As a problem file would state them."""


def region_of(loops: Sequence[Loop], size: float) -> Region:
    """Return the region that loops bound: the largest from outside, the others from inside.

    Args:
        loops: Each closed; any direction.
        size: Of the body [m]; coordinates are rounded to ten digits of it.

    Raises:
        ProblemError: If a loop crosses itself or has a side without length.
    """
    made = [(_shape(loop, size), loop) for loop in loops]
    for shape, _ in made:
        if not outline(shape).is_valid:
            raise ProblemError("the outline crosses itself")
    made.sort(key=lambda pair: -outline(pair[0]).area)
    (base, _), *cut = made
    names = [name for shape, loop in made for name in _names(shape, loop)]
    if not cut:
        return Region(base, tuple(names))
    return Region(Difference(base=base, remove=tuple(shape for shape, _ in cut)), tuple(names))


def exact_area(shape: Shape) -> float:
    """Return the area of a region that ``region_of`` gives [m^2], arcs taken as they are."""
    if isinstance(shape, Difference):
        return exact_area(shape.base) - sum(map(exact_area, shape.remove))
    return abs(enclosed_area([side for _, side in sides_of(shape)]))


def _names(shape: Shape, loop: Loop) -> list[str | None]:
    names = [name for _, name in loop]
    return [names[0] if len(set(names)) == 1 else None] if isinstance(shape, Disk) else names


def _shape(loop: Loop, size: float) -> Shape:
    """Return the plainest shape that a loop bounds: a disk, a polygon or a profile."""
    sides = [side for side, _ in loop]
    arcs = [side for side in sides if isinstance(side, Arc)]
    if len(arcs) == len(sides) and _is_one_circle(arcs, size):
        return Disk(center=_point(arcs[0].center, size), radius=rounded(arcs[0].radius, size))
    if not arcs:
        return Polygon(points=tuple(_point(side.start, size) for side in sides))
    start = _point(sides[0].start, size)
    made = [_profile_side(side, size) for side in sides]
    try:
        return Profile(start=start, sides=tuple(made))
    except ValidationError as error:
        raise ProblemError(f"its outline cannot be used: {error.errors()[0]['msg']}") from error


def _profile_side(side: Line | Arc, size: float) -> ProfileSide:
    end = _point(side.end, size)
    if isinstance(side, Line):
        return StraightSide(to=end)
    return ArcSide(through=_point(side.at(0.5), size), to=end)


def _is_one_circle(arcs: list[Arc], size: float) -> bool:
    first, near = arcs[0], 1e-5 * size
    same = all(
        math.dist(arc.center, first.center) <= near and abs(arc.radius - first.radius) <= near
        for arc in arcs
    )
    return same and math.isclose(abs(sum(arc.turn for arc in arcs)), 2 * math.pi, rel_tol=1e-6)


def _point(point: Point, size: float) -> Point:
    return rounded(point[0], size), rounded(point[1], size)


def rounded(value: float, size: float) -> float:
    """Return a coordinate to ten digits of the size of the body [m]."""
    # Adding 0.0 makes 0 of -0.
    return round(value, DIGITS - math.ceil(math.log10(size))) + 0.0


def plain_name(given: str | None, other: str) -> str:
    """Return a name that a formulation may have for one that a file gives, or another."""
    name = re.sub(r"[^A-Za-z0-9_.-]+", "_", given or "").strip("_")
    if name and not name[0].isalpha():
        name = f"n{name}"
    return name[:LONGEST_NAME] or other


def geometry_of(regions: Mapping[str, Region]) -> Geometry:
    """Return the regions with the boundaries that the file names on the outline of the body.

    A name on sides of several regions is a boundary of each, with the region's name after it.
    """
    plain = Geometry(regions={name: region.shape for name, region in regions.items()})
    whole = body(plain)
    found: dict[str, dict[str, list[int]]] = {}
    for region, made in regions.items():
        every = [side for _, side in sides_of(made.shape)]
        for number, (side, name) in enumerate(zip(every, made.names, strict=True)):
            if name is not None and not boundary_part(whole, Along((side,))).is_empty:
                of_region = found.setdefault(plain_name(name, "side"), {})
                of_region.setdefault(region, []).append(number)
    boundaries: dict[str, Boundary] = {}
    for name, places in found.items():
        for region, numbers in places.items():
            whose = name if len(places) == 1 else f"{name}_{region}"[:LONGEST_NAME]
            boundaries[whose] = OnSides(region=region, sides=tuple(numbers))
    return Geometry(regions=plain.regions, boundaries=boundaries)
