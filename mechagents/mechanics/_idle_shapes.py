"""Shapes that have no effect where constructive geometry names them."""

from __future__ import annotations

from collections.abc import Iterator

from mechagents.mechanics.geometry import (
    Difference,
    Geometry,
    Intersection,
    Polygon,
    Profile,
    Shape,
    Union,
    members,
)

NOTHING = 1e-6
"""An area below this part of a shape counts as none."""


def crossing_outlines(geometry: Geometry) -> Iterator[str]:
    """Find polygons and profiles whose outline crosses itself."""
    from mechagents.mechanics.shapes import outline

    for field, shape in _shapes(geometry):
        if isinstance(shape, Polygon | Profile) and not outline(shape).is_valid:
            yield f"{field}: the outline crosses itself"


def idle_shapes(geometry: Geometry) -> Iterator[str]:
    """Find shapes that change nothing where they are cut out or joined, or leave nothing.

    Every outline must be valid.
    """
    for field, shape in _shapes(geometry):
        match shape:
            case Difference():
                yield from _cuts_nothing(field, shape)
            case Union():
                yield from _adds_nothing(field, shape)
            case Intersection():
                yield from _leaves_nothing(field, shape)
            case _:
                pass


def _shapes(geometry: Geometry) -> Iterator[tuple[str, Shape]]:
    """Yield every shape with its field, those that it is made of included."""
    waiting = [(f"geometry.regions.{name}", shape) for name, shape in geometry.regions.items()]
    while waiting:
        field, shape = waiting.pop(0)
        yield field, shape
        waiting += [(f"{field}.{name}", part) for name, part in members(shape)]


def _cuts_nothing(field: str, shape: Difference) -> Iterator[str]:
    from mechagents.mechanics.shapes import outline

    base = outline(shape.base)
    for index, part in enumerate(map(outline, shape.remove)):
        if part.intersection(base).area <= NOTHING * min(part.area, base.area):
            box = ", ".join(f"{value:g}" for value in base.bounds)
            yield (
                f"{field}.remove.{index}: lies outside the shape that it is cut out of, "
                f"which fills x, y from {box or 'nothing'}"
            )


def _adds_nothing(field: str, shape: Union) -> Iterator[str]:
    import shapely

    from mechagents.mechanics.shapes import outline

    parts = [outline(part) for part in shape.shapes]
    tree = shapely.STRtree(parts)
    for index, part in enumerate(parts):
        met: list[int] = tree.query(part, predicate="intersects").tolist()
        beside = [parts[i] for i in met if i != index]
        if part.difference(shapely.union_all(beside)).area <= NOTHING * part.area:
            yield f"{field}.shapes.{index}: adds nothing to the other shapes of the union"


def _leaves_nothing(field: str, shape: Intersection) -> Iterator[str]:
    from mechagents.mechanics.shapes import outline

    left = outline(shape.shapes[0])
    for index, part in enumerate(map(outline, shape.shapes[1:]), 1):
        common = left.intersection(part)
        if common.area <= NOTHING * min(left.area, part.area):
            yield f"{field}.shapes.{index}: has no area in common with the shapes before it"
            return
        left = common
