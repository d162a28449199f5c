"""Plane geometry as data: shapes, regions made of them, and named boundaries."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from mechagents.mechanics.units import Length, Point

Axis = Literal["x", "y"]
"""A direction of the plane; in an axisymmetric problem x is the radius and y the axis."""


class Part(BaseModel):
    """A frozen piece of a formulation that refuses fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Rectangle(Part):
    """A rectangle with its sides along the axes."""

    kind: Literal["rectangle"] = "rectangle"
    origin: Point = (0.0, 0.0)
    size: tuple[Annotated[Length, Field(gt=0)], Annotated[Length, Field(gt=0)]]


class Disk(Part):
    """A circular disk."""

    kind: Literal["disk"] = "disk"
    center: Point
    radius: Annotated[Length, Field(gt=0)]


class Polygon(Part):
    """A simple polygon; the last point joins the first."""

    kind: Literal["polygon"] = "polygon"
    points: Annotated[tuple[Point, ...], Field(min_length=3)]


class Difference(Part):
    """A shape with others cut out of it."""

    kind: Literal["difference"] = "difference"
    base: Shape
    remove: Annotated[tuple[Shape, ...], Field(min_length=1)]


class Union(Part):
    """Several shapes joined into one."""

    kind: Literal["union"] = "union"
    shapes: Annotated[tuple[Shape, ...], Field(min_length=1)]


class Intersection(Part):
    """What several shapes have in common."""

    kind: Literal["intersection"] = "intersection"
    shapes: Annotated[tuple[Shape, ...], Field(min_length=2)]


Shape = Annotated[
    Rectangle | Disk | Polygon | Difference | Union | Intersection, Field(discriminator="kind")
]
"""Constructive geometry of the plane."""


def members(shape: Shape) -> tuple[tuple[str, Shape], ...]:
    """Return the shapes that a shape is made of, each with its field; none for a plain one."""
    match shape:
        case Difference():
            cut = ((f"remove.{index}", part) for index, part in enumerate(shape.remove))
            return (("base", shape.base), *cut)
        case Union() | Intersection():
            return tuple((f"shapes.{index}", part) for index, part in enumerate(shape.shapes))
        case _:
            return ()


class OnLine(Part):
    """The part of the boundary where one coordinate has a value.

    ``between`` keeps only what lies between two values of the other coordinate.
    """

    kind: Literal["line"] = "line"
    axis: Axis
    at: Length
    between: tuple[Length, Length] | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.between is not None and self.between[0] >= self.between[1]:
            raise ValueError("between: the first value must be smaller than the second")
        return self


class OnCircle(Part):
    """The part of the boundary at a distance from a centre."""

    kind: Literal["circle"] = "circle"
    center: Point
    radius: Annotated[Length, Field(gt=0)]


class OnSegment(Part):
    """The part of the boundary on a straight segment between two points."""

    kind: Literal["segment"] = "segment"
    start: Point
    end: Point

    @model_validator(mode="after")
    def _has_length(self) -> Self:
        if self.start == self.end:
            raise ValueError("end: a segment needs two different points")
        return self


class AtPoint(Part):
    """A single point of the boundary: a support that only takes rigid motion away.

    A force or a reaction at a point has no finite stress, so it carries no traction.
    """

    kind: Literal["point"] = "point"
    at: Point


Boundary = Annotated[OnLine | OnCircle | OnSegment | AtPoint, Field(discriminator="kind")]
"""A named part of the boundary, told by where it lies."""


class Geometry(Part):
    """Regions that tile the body, each of one material, and named parts of its boundary."""

    regions: Annotated[dict[str, Shape], Field(min_length=1)]
    boundaries: dict[str, Boundary] = Field(default_factory=dict)


for _shape in (Difference, Union, Intersection):
    _shape.model_rebuild()
