"""Shapes of solids that are drawn along an axis, in steps, and drilled across it.

Such a solid is cut square to the axis between its levels, and each cut is drawn along the axis;
round holes across it are filled before and cut out after. What comes out are shapes whose
surfaces are known exactly, as those that a problem file states: they are checked as any others,
with no regard to the file that the solid came from.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Protocol, Self

from mechagents.errors import ProblemError
from mechagents.mechanics.geometry import (
    ACROSS,
    AXES,
    Axis,
    Box,
    Cylinder,
    Difference,
    Disk,
    Extrusion,
    Polygon,
    Shape,
    Union,
    members,
)
from mechagents.mechanics.shapes import outline
from mechagents.mechanics.solid_body import volume
from mechagents.problems.outlines import exact_area, rounded

_HEIGHTS = (0.5, 0.1, 0.9)
"""Where a solid is cut between two levels, as a share of the way."""
_SAME = 1e-6
"""The share of a section that may differ from one height to another."""


class ReadSolid(Protocol):
    """A solid in whatever form its file gives it."""

    @property
    def volume(self) -> float:
        """Its volume [m^3]."""
        ...

    @property
    def slack(self) -> float:
        """By how much the volume of the right shape may be off it [m^3]."""
        ...

    def levels(self, axis: Axis) -> list[float]:
        """Return where it has faces square to an axis [m], ascending."""
        ...

    def section(self, axis: Axis, at: float) -> list[Shape]:
        """Return the regions of its section square to an axis [m].

        Raises:
            ProblemError: If that is not bounded by straight lines and arcs.
        """
        ...

    def holes(self, axes: tuple[Axis, ...]) -> list[Cylinder]:
        """Return its round holes along some axes that end in flat faces."""
        ...

    def filled(self, holes: Sequence[Cylinder]) -> Self:
        """Return the solid without some of its holes; its volume is not asked for."""
        ...


def drawn_shape(solid: ReadSolid, what: str, size: float) -> Shape:
    """Return a solid as a shape drawn along the axis that takes the fewest parts.

    Args:
        solid: The solid.
        what: The solid in words.
        size: Of the body [m].

    Raises:
        ProblemError: If it is not drawn along x, y or z, in steps.
    """
    found: list[Shape] = []
    reasons: list[str] = []
    for axis in AXES:
        try:
            found.append(_drawn_with_holes(solid, axis, size))
        except ProblemError as error:
            reasons.append(f"along {axis}: {error.message}")
    if not found:
        raise ProblemError(
            f"{what} is not drawn along x, y or z in steps, and others are not read yet "
            f"({'; '.join(reasons)}); state it by shapes"
        )
    return min(found, key=_parts)


def _parts(shape: Shape) -> int:
    """Return how many plain shapes a shape is made of."""
    return sum(_parts(part) for _, part in members(shape)) or 1


def _drawn_with_holes(solid: ReadSolid, axis: Axis, size: float) -> Shape:
    """Return a solid as a shape drawn along an axis, if need be less holes across it.

    Raises:
        ProblemError: If its sections vary between two levels, holes apart.
    """
    try:
        parts, made = _drawn(solid, axis, size)
        _check_volume(solid, made, "its sections make")
        return _joined(parts)
    except ProblemError:
        cut = solid.holes(ACROSS[axis])
        if not cut:
            raise
    parts, _ = _drawn(solid.filled(cut), axis, size)
    shape = Difference(base=_joined(parts), remove=tuple(cut))
    _check_volume(solid, volume(shape), "it would have")
    return shape


def _check_volume(solid: ReadSolid, made: float, words: str) -> None:
    if abs(made - solid.volume) > solid.slack:
        raise ProblemError(f"{words} {made:.6g} m^3 in place of {solid.volume:.6g} m^3")


def _joined(parts: list[Shape]) -> Shape:
    return parts[0] if len(parts) == 1 else Union(shapes=tuple(parts))


def _drawn(solid: ReadSolid, axis: Axis, size: float) -> tuple[list[Shape], float]:
    """Return the shapes that a solid is made of between its levels, and their volume [m^3].

    Raises:
        ProblemError: If its sections vary between two levels.
    """
    levels = solid.levels(axis)
    if len(levels) < 2:
        raise ProblemError("it has no two flat ends")
    parts: list[Shape] = []
    made = 0.0
    for low, high in pairwise(levels):
        sections = [solid.section(axis, low + share * (high - low)) for share in _HEIGHTS]
        if not all(_are_same(sections[0], other) for other in sections[1:]):
            raise ProblemError(f"its section varies from {low:.6g} m to {high:.6g} m")
        made += sum(exact_area(part) for part in sections[0]) * (high - low)
        parts += [_extruded(part, axis, low, high, size) for part in sections[0]]
    return parts, made


def merged_levels(found: Sequence[float], near: float) -> list[float]:
    """Return levels in ascending order [m], one for those that are nearly the same.

    Args:
        found: In any order [m].
        near: How far off a level may be [m].
    """
    levels: list[float] = []
    for level in sorted(found):
        if not levels or level - levels[-1] > 2 * near:
            levels.append(level)
    return levels


def _are_same(one: list[Shape], other: list[Shape]) -> bool:
    import shapely

    a, b = (shapely.union_all([outline(part) for part in parts]) for parts in (one, other))
    apart = a.area + b.area - 2 * a.intersection(b).area
    return bool(a.area > 0 and apart <= _SAME * a.area)


def _extruded(profile: Shape, axis: Axis, low: float, high: float, size: float) -> Shape:
    """Return a shape drawn along an axis, a box or a cylinder where it is one."""
    height = rounded(high - low, size)
    if isinstance(profile, Disk):
        base = along_axis(axis, profile.center, low)
        return Cylinder(base=base, axis=axis, radius=profile.radius, height=height)
    if isinstance(profile, Polygon) and len(profile.points) == 4:
        xs, ys = ({point[k] for point in profile.points} for k in (0, 1))
        if len(xs) == len(ys) == 2:
            wide, tall = (rounded(max(values) - min(values), size) for values in (xs, ys))
            corner = along_axis(axis, (min(xs), min(ys)), low)
            return Box(origin=corner, size=along_axis(axis, (wide, tall), height))
    return Extrusion(profile=profile, axis=axis, between=(low, high))


def along_axis(axis: Axis, across: tuple[float, float], along: float) -> tuple[float, float, float]:
    """Return the point with two coordinates across an axis and one along it."""
    at = dict(zip((*ACROSS[axis], axis), (*across, along), strict=True))
    return at["x"], at["y"], at["z"]
