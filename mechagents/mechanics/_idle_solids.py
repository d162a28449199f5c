"""Solid shapes that have no effect where constructive geometry names them, by their volumes."""

from __future__ import annotations

from collections.abc import Iterator

from mechagents.mechanics._idle_shapes import NOTHING, crossing_outlines, idle_shapes
from mechagents.mechanics.geometry import (
    Difference,
    Extrusion,
    Geometry,
    Intersection,
    Shape,
    Union,
    members,
)
from mechagents.mechanics.solid_body import volume


def faulty_shapes(geometry: Geometry) -> Iterator[str]:
    """Find shapes of a solid that change nothing, leave nothing, or whose outline crosses itself.

    Those that are extruded are checked in their plane first.
    """
    found = list(_faulty_profiles(geometry))
    yield from found
    if not found:
        for field, shape in _shapes(geometry):
            yield from _idle(field, shape)


def _shapes(geometry: Geometry) -> Iterator[tuple[str, Shape]]:
    waiting = [(f"geometry.regions.{name}", shape) for name, shape in geometry.regions.items()]
    while waiting:
        field, shape = waiting.pop(0)
        yield field, shape
        waiting += [(f"{field}.{name}", part) for name, part in members(shape)]


def _faulty_profiles(geometry: Geometry) -> Iterator[str]:
    for field, shape in _shapes(geometry):
        if isinstance(shape, Extrusion):
            alone = Geometry(regions={"profile": shape.profile})
            for fault in list(crossing_outlines(alone)) or list(idle_shapes(alone)):
                yield f"{field}.{fault.removeprefix('geometry.regions.')}"


def _idle(field: str, shape: Shape) -> Iterator[str]:
    match shape:
        case Difference():
            of_base = volume(shape.base)
            for index, part in enumerate(shape.remove):
                if common_volume(shape.base, part) <= NOTHING * min(volume(part), of_base):
                    yield (f"{field}.remove.{index}: lies outside the shape that it is cut out of")
        case Union():
            for index, part in enumerate(shape.shapes):
                others = shape.shapes[:index] + shape.shapes[index + 1 :]
                if not others:
                    continue
                added = Difference(base=part, remove=others)
                if volume(added) <= NOTHING * volume(part):
                    yield f"{field}.shapes.{index}: adds nothing to the other shapes of the union"
        case Intersection():
            left: Shape = shape.shapes[0]
            for index, part in enumerate(shape.shapes[1:], 1):
                if common_volume(left, part) <= NOTHING * min(volume(left), volume(part)):
                    told = "has no volume in common with the shapes before it"
                    yield f"{field}.shapes.{index}: {told}"
                    return
                left = Intersection(shapes=(left, part))
        case _:
            pass


def common_volume(one: Shape, two: Shape) -> float:
    """Return the volume that two shapes of space share [m^3]."""
    return volume(Intersection(shapes=(one, two)))
