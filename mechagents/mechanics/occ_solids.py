"""Solids in OpenCascade, through netgen: named after their regions, sharing their interfaces."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np
from netgen import occ
from netgen.occ import Glue, Pnt, TopoDS_Shape, Vec

from mechagents.mechanics.geometry import (
    ACROSS,
    AXES,
    Axis,
    Box,
    Cylinder,
    Difference,
    Extrusion,
    Intersection,
    Shape,
    Sphere,
    Union,
)
from mechagents.mechanics.occ import Frame, plane_face

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mechagents.mechanics.units import SpacePoint

    FloatArray = NDArray[np.float64]

_THIRD = 120.0
"""A turn about the diagonal of the axes by this many degrees takes x to y, y to z and z to x."""


@dataclass(frozen=True, slots=True)
class SpaceFrame:
    """The coordinates OpenCascade works in: its tolerances suit bodies of about 1."""

    origin: SpacePoint
    """Where their origin lies [m]."""
    scale: float
    """Their units in a metre."""

    @classmethod
    def about(cls, origin: SpacePoint, size: float) -> SpaceFrame:
        """Return coordinates in which a body of a size [m] is about as large as 1.

        Args:
            origin: A point near the body [m]; far from it rounding is all that is seen.
            size: The diagonal of the box around it [m].
        """
        # A scale that is a power of two rounds nothing.
        return cls(origin, 2.0 ** -round(math.log2(size)))

    def into(self, point: SpacePoint) -> SpacePoint:
        """Return a point [m] in these coordinates."""
        x, y, z = ((p - o) * self.scale for p, o in zip(point, self.origin, strict=True))
        return x, y, z

    def back(self, points: FloatArray) -> FloatArray:
        """Return points of these coordinates, shape (..., 3), in metres."""
        moved: FloatArray = points / self.scale + np.array(self.origin)
        return moved

    def across(self, axis: Axis) -> Frame:
        """Return the same coordinates in the plane square to an axis."""
        one, two = (self.origin[AXES.index(other)] for other in ACROSS[axis])
        return Frame((one, two), self.scale)


def glued_solids(regions: Mapping[str, Shape], frame: SpaceFrame) -> TopoDS_Shape:
    """Return the solids of several regions, named after them, that share their interfaces.

    Args:
        regions: Shapes of space.
        frame: The coordinates to make them in.
    """
    made: list[TopoDS_Shape] = []
    for name, shape in regions.items():
        region = solid(shape, frame)
        for part in region.solids:
            part.name = name
        made.append(region)
    return Glue(made)


def solid(shape: Shape, frame: SpaceFrame) -> TopoDS_Shape:
    """Return a shape of space as an OpenCascade solid, in the frame's coordinates.

    Raises:
        TypeError: If it is a shape of the plane.
    """
    match shape:
        case Box():
            far = [o + s for o, s in zip(shape.origin, shape.size, strict=True)]
            return occ.Box(
                Pnt(*frame.into(shape.origin)), Pnt(*frame.into((far[0], far[1], far[2])))
            )
        case Cylinder():
            base, radius = Pnt(*frame.into(shape.base)), shape.radius * frame.scale
            return occ.Cylinder(base, _direction(shape.axis), radius, shape.height * frame.scale)
        case Sphere():
            return occ.Sphere(Pnt(*frame.into(shape.center)), shape.radius * frame.scale)
        case Extrusion():
            return _extruded(shape, frame)
        case Difference():
            cut = [solid(part, frame) for part in shape.remove]
            return reduce(lambda a, b: a - b, cut, solid(shape.base, frame))
        case Intersection():
            return reduce(lambda a, b: a * b, [solid(part, frame) for part in shape.shapes])
        case Union():
            return reduce(lambda a, b: a + b, [solid(part, frame) for part in shape.shapes])
        case _:
            raise TypeError(f"a {shape.kind} is no solid")


def _direction(axis: Axis) -> Vec:
    return Vec(*(float(axis == other) for other in AXES))


def _extruded(shape: Extrusion, frame: SpaceFrame) -> TopoDS_Shape:
    index = AXES.index(shape.axis)
    low, high = ((value - frame.origin[index]) * frame.scale for value in shape.between)
    face = plane_face(shape.profile, frame.across(shape.axis))
    turned = face.Rotate(occ.Axis(Pnt(0, 0, 0), Vec(1, 1, 1)), _THIRD * ((index + 1) % 3))
    along = _direction(shape.axis)
    return turned.Move(low * along).Extrude((high - low) * along)
