"""A region bounded by straight sides and arcs, and boundaries told by its sides."""

from __future__ import annotations

import math
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from mechagents.mechanics.parts import Name, Part
from mechagents.mechanics.sides import Line, Side, arc_through
from mechagents.mechanics.units import Point

CLOSED = 1e-9
"""An outline whose ends are closer than this share of its size is closed."""


class StraightSide(Part):
    """A straight side of an outline, from the end of the side before it."""

    kind: Literal["straight"] = "straight"
    to: Point
    name: Name | None = None


class ArcSide(Part):
    """An arc of a circle, from the end of the side before it through a point on it."""

    kind: Literal["arc"] = "arc"
    through: Point
    to: Point
    name: Name | None = None


ProfileSide = Annotated[StraightSide | ArcSide, Field(discriminator="kind")]


class Profile(Part):
    """A plane shape bounded by straight sides and arcs, one after the other."""

    kind: Literal["profile"] = "profile"
    start: Point
    """Where the first side begins and the last one ends [m]."""
    sides: Annotated[tuple[ProfileSide, ...], Field(min_length=2)]

    @model_validator(mode="after")
    def _is_an_outline(self) -> Self:
        if len(self.sides) == 2 and all(side.kind == "straight" for side in self.sides):
            raise ValueError("sides: two straight sides bound no area; give a third")
        corners = [self.start, *(side.to for side in self.sides)]
        size = max(math.dist(self.start, corner) for corner in corners)
        if math.dist(corners[-1], self.start) > CLOSED * size:
            end, start = (f"({x:.9g}, {y:.9g})" for x, y in (corners[-1], self.start))
            raise ValueError(f"sides: the last one has to end at the start {start}, not at {end}")
        for index, (begin, side) in enumerate(zip(corners, self.sides, strict=False)):
            if math.dist(begin, side.to) <= CLOSED * size:
                raise ValueError(f"sides.{index}.to: is where the side begins")
            try:
                _side(begin, side, side.to)
            except ValueError as error:
                raise ValueError(f"sides.{index}.through: {error}") from error
        return self

    @property
    def outline(self) -> tuple[Side, ...]:
        """Its sides, each from where the one before it ends; the last ends at the start."""
        ends = [*(side.to for side in self.sides[:-1]), self.start]
        begins = [self.start, *ends[:-1]]
        return tuple(map(_side, begins, self.sides, ends))


def _side(begin: Point, side: ProfileSide, end: Point) -> Side:
    if isinstance(side, StraightSide):
        return Line(begin, end)
    return arc_through(begin, side.through, end)


class OnSides(Part):
    """The part of the boundary that sides of a region's outline make up.

    They are told by name or by number, from 0: those of the outer outline first, then those of
    holes. A side of a profile or a polygon is one, so is the rim of a disk.
    """

    kind: Literal["sides"] = "sides"
    region: Name
    sides: Annotated[tuple[Annotated[int, Field(ge=0)] | Name, ...], Field(min_length=1)]
