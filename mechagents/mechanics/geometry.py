"""Geometry as data, in the plane and in space: shapes, regions, and named boundaries."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from mechagents.mechanics.parts import Name as Name
from mechagents.mechanics.parts import Part as Part
from mechagents.mechanics.profiles import OnSides as OnSides
from mechagents.mechanics.profiles import Profile as Profile
from mechagents.mechanics.sides import Along, Line, Side, full_circle
from mechagents.mechanics.units import Length, Point, SpacePoint

Axis = Literal["x", "y", "z"]
"""A direction; in an axisymmetric problem x is the radius and y the axis. The plane has no z."""
Dimension = Literal[2, 3]
"""Of the plane or of space."""
AXES: tuple[Axis, Axis, Axis] = ("x", "y", "z")
ACROSS: dict[Axis, tuple[Axis, Axis]] = {"x": ("y", "z"), "y": ("z", "x"), "z": ("x", "y")}
"""The two axes of the plane square to an axis, in the order in which they turn about it."""


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


class Ellipse(Part):
    """A plate bounded by an ellipse with its axes along those of the plane."""

    kind: Literal["ellipse"] = "ellipse"
    center: Point
    radii: tuple[Annotated[Length, Field(gt=0)], Annotated[Length, Field(gt=0)]]
    """Half its width along the first axis and half its height along the second [m]."""


class Polygon(Part):
    """A simple polygon; the last point joins the first."""

    kind: Literal["polygon"] = "polygon"
    points: Annotated[tuple[Point, ...], Field(min_length=3)]


class Box(Part):
    """A block with its sides along the axes."""

    kind: Literal["box"] = "box"
    origin: SpacePoint = (0.0, 0.0, 0.0)
    """Its corner with the smallest coordinates [m]."""
    size: tuple[
        Annotated[Length, Field(gt=0)],
        Annotated[Length, Field(gt=0)],
        Annotated[Length, Field(gt=0)],
    ]


class Cylinder(Part):
    """A straight circular cylinder along one of the axes."""

    kind: Literal["cylinder"] = "cylinder"
    base: SpacePoint
    """The middle of the end with the smaller coordinate along the axis [m]."""
    axis: Axis
    radius: Annotated[Length, Field(gt=0)]
    height: Annotated[Length, Field(gt=0)]


class Sphere(Part):
    """A ball."""

    kind: Literal["sphere"] = "sphere"
    center: SpacePoint
    radius: Annotated[Length, Field(gt=0)]


class Extrusion(Part):
    """A plane shape drawn straight along one of the axes.

    The profile's two coordinates are y and z along x, z and x along y, x and y along z.
    """

    kind: Literal["extrusion"] = "extrusion"
    profile: Shape
    axis: Axis = "z"
    between: tuple[Length, Length]
    """Where it begins and ends along the axis [m]."""

    @model_validator(mode="after")
    def _is_of_the_plane(self) -> Self:
        if self.between[0] >= self.between[1]:
            raise ValueError("between: the first value must be smaller than the second")
        if dimension(self.profile) != 2:
            raise ValueError("profile: only a shape of the plane can be extruded")
        return self


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
    Rectangle
    | Disk
    | Ellipse
    | Polygon
    | Profile
    | Box
    | Cylinder
    | Sphere
    | Extrusion
    | Difference
    | Union
    | Intersection,
    Field(discriminator="kind"),
]
"""Constructive geometry: of the plane, or of space."""


def dimension(shape: Shape) -> Dimension | None:
    """Return whether a shape is of the plane (2) or of space (3); None where both are mixed."""
    if isinstance(shape, Box | Cylinder | Sphere | Extrusion):
        return 3
    made_of: set[Dimension | None] = {dimension(part) for _, part in members(shape)} or {2}
    return made_of.pop() if len(made_of) == 1 else None


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


class OnEllipse(Part):
    """The part of the boundary on an ellipse with its axes along those of the plane."""

    kind: Literal["ellipse"] = "ellipse"
    center: Point
    radii: tuple[Annotated[Length, Field(gt=0)], Annotated[Length, Field(gt=0)]]
    """Half its width along x and half its height along y [m]."""


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


class OnPlane(Part):
    """The part of a solid's surface where one coordinate has a value.

    ``within`` keeps only what lies between two values of the other coordinates that it names.
    """

    kind: Literal["plane"] = "plane"
    axis: Axis
    at: Length
    within: dict[Axis, tuple[Length, Length]] = Field(
        default_factory=dict[Axis, tuple[Length, Length]]
    )

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        for axis, (low, high) in self.within.items():
            if axis == self.axis:
                raise ValueError(f"within.{axis}: is the coordinate that has a value already")
            if low >= high:
                raise ValueError(f"within.{axis}: the first value must be smaller than the second")
        return self


class OnTiltedPlane(Part):
    """The part of a solid's surface on a plane that is square to no axis."""

    kind: Literal["tilted_plane"] = "tilted_plane"
    point: SpacePoint
    normal: tuple[float, float, float]
    """Square to the plane, of any length but 0."""

    @model_validator(mode="after")
    def _has_direction(self) -> Self:
        if not any(self.normal):
            raise ValueError("normal: a direction needs a component that is not 0")
        return self


class OnCylinder(Part):
    """The part of a solid's surface at a distance from a line along an axis."""

    kind: Literal["cylinder_surface"] = "cylinder_surface"
    axis: Axis
    center: Point
    """Where the line crosses the plane of the other two axes, in the order of an extrusion [m]."""
    radius: Annotated[Length, Field(gt=0)]


class OnEllipticCylinder(Part):
    """The part of a solid's surface on an elliptic cylinder along an axis."""

    kind: Literal["elliptic_cylinder_surface"] = "elliptic_cylinder_surface"
    axis: Axis
    center: Point
    """Where its axis crosses the plane of the other two, in the order of an extrusion [m]."""
    radii: tuple[Annotated[Length, Field(gt=0)], Annotated[Length, Field(gt=0)]]
    """Its half axes along those two axes [m]."""


class OnSphere(Part):
    """The part of a solid's surface at a distance from a point."""

    kind: Literal["sphere_surface"] = "sphere_surface"
    center: SpacePoint
    radius: Annotated[Length, Field(gt=0)]


class AtSpacePoint(Part):
    """A single point of a solid's surface, for a force, a spring, or to stop a rigid motion."""

    kind: Literal["space_point"] = "space_point"
    at: SpacePoint


PlainSurface = OnPlane | OnTiltedPlane | OnCylinder | OnEllipticCylinder | OnSphere
Surface = Annotated[PlainSurface, Field(discriminator="kind")]
"""A named part of a solid's surface."""


class OnCurve(Part):
    """The curve of a solid's surface on which two surfaces meet.

    A support there holds a line of no area: nothing converges near it under refinement.
    """

    kind: Literal["curve"] = "curve"
    of: tuple[Surface, Surface]
    """One of them at least is part of the solid's surface."""


Boundary = Annotated[
    OnLine
    | OnCircle
    | OnEllipse
    | OnSegment
    | OnSides
    | AtPoint
    | OnPlane
    | OnTiltedPlane
    | OnCylinder
    | OnEllipticCylinder
    | OnSphere
    | OnCurve
    | AtSpacePoint,
    Field(discriminator="kind"),
]
"""A named part of the boundary, told by where it lies: in the plane, or in space."""


PlaneBoundary = OnLine | OnCircle | OnEllipse | OnSegment | Along | AtPoint
"""What is named of the outline of a body of the plane; sides by where they lie."""


SpaceBoundary = PlainSurface | OnCurve | AtSpacePoint
"""What is named of the surface of a solid."""


def boundary_dimension(boundary: Boundary) -> Dimension:
    """Return whether a boundary belongs to a body of the plane (2) or to a solid (3)."""
    return 2 if isinstance(boundary, PlaneBoundary | OnSides) else 3


def sides_of(shape: Shape) -> list[tuple[str | None, Side]]:
    """Return the sides of a plane shape in the order in which they are numbered, with names.

    Those of the outer outline come first, then those of what is cut out of it. A rectangle has
    its lower, right, upper and left side, a disk its rim.

    Raises:
        ValueError: If its sides have no numbers: those of ellipses, unions and intersections.
    """
    match shape:
        case Rectangle():
            (x, y), (width, height) = shape.origin, shape.size
            corners = [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]
            return [(None, side) for side in _ring(corners)]
        case Polygon():
            return [(None, side) for side in _ring(list(shape.points))]
        case Disk():
            return [(None, full_circle(shape.center, shape.radius))]
        case Profile():
            names = (side.name for side in shape.sides)
            return list(zip(names, shape.outline, strict=True))
        case Difference():
            return [side for part in (shape.base, *shape.remove) for side in sides_of(part)]
        case _:
            raise ValueError(f"the sides of a shape of kind {shape.kind} have no numbers")


def _ring(corners: list[Point]) -> list[Side]:
    return list(map(Line, corners, corners[1:] + corners[:1]))


class Geometry(Part):
    """Regions that tile the body, each of one material, and named parts of its boundary."""

    regions: Annotated[dict[Name, Shape], Field(min_length=1)]
    boundaries: dict[Name, Boundary] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _has_the_sides(self) -> Self:
        for name, part in self.boundaries.items():
            if isinstance(part, OnSides):
                try:
                    self._along(part)
                except ValueError as error:
                    raise ValueError(f"boundaries.{name}.{error}") from error
        return self

    def _along(self, boundary: OnSides) -> Along:
        """Return where the sides lie that a boundary names."""
        shape = self.regions.get(boundary.region)
        if shape is None:
            known = ", ".join(self.regions)
            raise ValueError(f"region: no region {boundary.region!r}; regions: {known}")
        try:
            sides = sides_of(shape)
        except ValueError as error:
            raise ValueError(f"region: {error}") from error
        return Along(tuple(_numbered(sides, side) for side in boundary.sides))

    @property
    def outline_parts(self) -> dict[str, PlaneBoundary]:
        """The named boundaries of a body of the plane, by where they lie."""
        found: dict[str, PlaneBoundary] = {}
        for name, part in self.boundaries.items():
            if isinstance(part, OnSides):
                found[name] = self._along(part)
            elif isinstance(part, PlaneBoundary):
                found[name] = part
        return found

    @property
    def surface_parts(self) -> dict[str, SpaceBoundary]:
        """The named boundaries of a solid."""
        named = self.boundaries.items()
        return {name: part for name, part in named if isinstance(part, SpaceBoundary)}


def _numbered(sides: list[tuple[str | None, Side]], which: int | str) -> Side:
    """Return a side by its number from 0, or by its name."""
    names = [name for name, _ in sides]
    if isinstance(which, int) and which < len(sides):
        return sides[which][1]
    if which in names:
        return sides[names.index(str(which))][1]
    known = ", ".join(name for name in names if name is not None)
    named = f" and {known}" if known else ""
    raise ValueError(f"sides: no side {which}; the region has sides 0 to {len(sides) - 1}{named}")


for _shape in (Extrusion, Difference, Union, Intersection):
    _shape.model_rebuild()
