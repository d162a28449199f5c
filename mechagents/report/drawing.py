"""A drawing of a formulation: the body, what holds and drives it, and its dimensions."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from mechagents.mechanics.formulas import Formula
from mechagents.mechanics.formulation import (
    TemperatureChange,
    WantedDisplacement,
    WantedStrain,
    WantedStress,
)
from mechagents.report.edges import arcs, disks, ellipses, marks_along, moved, unit
from mechagents.report.svg import XY, Canvas, Labels, Scale
from mechagents.report.words import is_on_edge, spaced

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from mechagents.mechanics.formulation import Formulation, Load, Support
    from mechagents.mechanics.geometry import Axis
    from mechagents.mechanics.springs import Spring

WIDTH, HEIGHT = 660.0, 470.0
"""Size of the page [px]."""
MARGIN_X, MARGIN_Y = 150.0, 84.0
"""Room around the body for symbols and dimensions [px]."""
SPACING = 34.0
"""Distance between two arrows or marks on a boundary [px]."""
ARROW = 26.0
NAME_OFFSET = 44.0
LETTER = 7.0
"""About the width of a letter [px]."""
THIN = 80.0
"""A region lower than this has its name below its middle, off the labels of points [px]."""


def draw(formulation: Formulation) -> str:
    """Return an SVG element of the body with its supports, loads and dimensions.

    Symbols: hatching for a fixed edge, rollers for one that may slide, open arrows for a
    prescribed displacement, filled arrows for a traction or body force, crosses for points
    where a quantity is wanted. The drawing is to scale, apart from the symbols. A solid is
    drawn by ``solid_drawing``.
    """
    if formulation.dimension == 3:
        from mechagents.report.solid_drawing import draw_solid

        return draw_solid(formulation)
    return str(_Drawing(formulation).drawn())


class _Drawing:
    def __init__(self, formulation: Formulation) -> None:
        from mechagents.mechanics.shapes import body

        self.f = formulation
        self.whole = body(formulation.geometry)
        low_x, low_y, high_x, high_y = self.whole.bounds
        self.low, self.high = (low_x, low_y), (high_x, high_y)
        wide, tall = high_x - low_x, high_y - low_y
        factor = min((WIDTH - 2 * MARGIN_X) / wide, (HEIGHT - 2 * MARGIN_Y) / tall)
        left = (WIDTH - wide * factor) / 2
        self.height = min(HEIGHT, tall * factor + 2 * MARGIN_Y)
        self.place = Scale(low_x, high_y, factor, left, (self.height - tall * factor) / 2)
        title = f"The body in {spaced(formulation.idealisation)} with its supports and loads"
        self.canvas = Canvas(WIDTH, self.height, title)
        self.millimetres = max(wide, tall) < 0.999
        self.labels = Labels()

    def drawn(self) -> Canvas:
        self._regions()
        self._body_forces()
        for support in self.f.supports:
            self._support(support)
        for spring in self.f.springs:
            self._spring(spring)
        for load in self.f.loads:
            self._traction(load)
        self._names()
        self._dimensions()
        self._wanted_points()
        self._axes()
        return self.canvas

    # The body

    def _regions(self) -> None:
        import shapely

        from mechagents.mechanics.shapes import outline

        for index, (name, shape) in enumerate(self.f.geometry.regions.items()):
            region = outline(shape)
            for piece in shapely.get_parts(region):
                rings = [piece.exterior, *piece.interiors]
                pixels = [[self.place(x, y) for x, y in shapely.get_coordinates(r)] for r in rings]
                self.canvas.area(pixels, f"region tint{index % 4}")
            if len(self.f.geometry.regions) > 1:
                inside = region.representative_point()
                at = self.place(inside.x, inside.y)
                tall = (region.bounds[3] - region.bounds[1]) * self.place.factor
                self.canvas.text((at[0], at[1] + (15 if tall < THIN else -8)), name, "name")

    def _body_forces(self) -> None:
        from mechagents.mechanics.shapes import outline

        for load in self.f.loads:
            if load.kind == "temperature":
                self._warmth(load)
            if load.kind != "body_force" or not (load.x or load.y):
                continue
            region = self.f.geometry.regions.get(load.region or "")
            shape = self.whole if region is None else outline(region)
            inside = shape.representative_point()
            tail = self.place(inside.x, inside.y)
            towards = unit(self._value(load.x, tail), -self._value(load.y, tail))
            self.canvas.arrow(tail, moved(tail, towards, 1.4 * ARROW), "load")
            self.canvas.text((tail[0] + 6, tail[1] - 6), "body force", "label", "start")

    def _warmth(self, load: TemperatureChange) -> None:
        from mechagents.mechanics.shapes import outline

        region = self.f.geometry.regions.get(load.region or "")
        inside = (self.whole if region is None else outline(region)).representative_point()
        at = self.place(inside.x, inside.y)
        self.canvas.text((at[0], at[1] + 18), "change of temperature", "label")

    def _value(self, value: float | Formula, at: XY) -> float:
        """Return a value at a place on the page; 0 where a formula has none."""
        if not isinstance(value, Formula):
            return value
        import numpy as np

        found = float(value.at(np.array(self.place.back(at))))
        return found if math.isfinite(found) else 0.0

    # Supports and loads

    def _support(self, support: Support) -> None:
        held = support.components
        given = {axis: value for axis, value in held.items() if value != 0}
        for at, out in self._marks(support.boundary):
            if not given:
                self._hold(at, out, held)
                continue
            x, y = (self._value(given.get(axis, 0.0), at) for axis in ("x", "y"))
            if x or y:
                self._drive(at, out, unit(x, -y), "given")

    def _hold(self, at: XY, out: XY, held: Collection[Axis]) -> None:
        along = (-out[1], out[0])
        if len(held) == 2:
            half = SPACING / 2
            ends = [moved(at, along, s * half) for s in (-1, 1)]
            self.canvas.path(ends, "held")
            for step in range(-2, 3):
                root = moved(at, along, step * half / 2.5)
                self.canvas.path([root, moved(moved(root, out, 8), along, 5)], "hatch")
            return
        axis = "x" if "x" in held else "y"
        sides = math.copysign(1.0, out[0]), math.copysign(1.0, out[1])
        direction = (sides[0], 0.0) if axis == "x" else (0.0, sides[1])
        across = (-direction[1], direction[0])
        self.canvas.circle(moved(at, direction, 5), 4, "roller")
        wall = moved(at, direction, 10.5)
        self.canvas.path([moved(wall, across, -9), moved(wall, across, 9)], "held")

    def _spring(self, spring: Spring) -> None:
        """Draw a zigzag out of the body at each mark of a spring, and the ground behind it."""
        for at, out in self._marks(spring.boundary):
            along = (-out[1], out[0])
            turns = [moved(moved(at, out, 3 + 3 * n), along, 4 * (-1) ** n) for n in range(1, 5)]
            foot = moved(at, out, 20)
            self.canvas.path([at, moved(at, out, 3), *turns, moved(at, out, 18), foot], "held")
            self.canvas.path([moved(foot, along, -8), moved(foot, along, 8)], "held")

    def _traction(self, load: Load) -> None:
        if load.kind == "point_force":
            for at, out in self._marks(load.boundary):
                if load.x or load.y:
                    self._drive(at, out, unit(load.x, -load.y), "load")
        if load.kind != "traction" and load.kind != "pressure":
            return
        for at, out in self._marks(load.boundary):
            if load.kind == "pressure":
                inwards = -self._value(load.value, at)
                x, y = inwards * out[0], inwards * out[1]
            else:
                x, y = self._value(load.x, at), -self._value(load.y, at)
            if x or y:
                self._drive(at, out, unit(x, y), "load")

    def _drive(self, at: XY, out: XY, towards: XY, kind: str) -> None:
        """Draw an arrow at an edge: away from it, onto it, or along it."""
        outwards = towards[0] * out[0] + towards[1] * out[1]
        if outwards > 0.3:
            start = moved(at, out, 3)
        elif outwards < -0.3:
            start = moved(at, towards, -ARROW - 3)
        else:
            start = moved(moved(at, out, 9), towards, -ARROW / 2)
        self.canvas.arrow(start, moved(start, towards, ARROW), kind)

    def _marks(self, name: str) -> Iterator[tuple[XY, XY]]:
        """Yield places along a boundary [px], each with the unit vector out of the body."""
        for at, out in marks_along(self.whole, self._part(name), SPACING / self.place.factor):
            yield self.place(*at), (out[0], -out[1])

    def _part(self, name: str) -> BaseGeometry:
        from mechagents.mechanics.shapes import boundary_part

        return boundary_part(self.whole, self.f.geometry.outline_parts[name])

    def _names(self) -> None:
        used = [support.boundary for support in self.f.supports]
        used += [spring.boundary for spring in self.f.springs]
        used += [load.boundary for load in self.f.loads if is_on_edge(load)]
        for name in dict.fromkeys(used):
            marks = list(self._marks(name))
            if not marks:
                continue
            at, out = marks[len(marks) // 2]
            sideways = abs(out[0]) > 0.5
            below = out[1] > 0.5
            x, y = moved(at, out, NAME_OFFSET if sideways or not below else NAME_OFFSET - 14)
            anchor = "middle" if not sideways else "start" if out[0] > 0 else "end"
            self.canvas.text((x, y + 4), name, "name", anchor)

    # Dimensions and points

    def _length(self, metres: float) -> str:
        return f"{1000 * metres:.5g} mm" if self.millimetres else f"{metres:.5g} m"

    def _dimensions(self) -> None:
        left, bottom = self.place(*self.low)
        right, top = self.place(*self.high)
        y = bottom + 64
        self._dimension((left, bottom), (right, bottom), (left, y), (right, y))
        wide, tall = self.high[0] - self.low[0], self.high[1] - self.low[1]
        self.canvas.text(((left + right) / 2, y - 5), self._length(wide), "size")
        x = left - self._room_left()
        self._dimension((left, bottom), (left, top), (x, bottom), (x, top))
        middle = (x - 6, (bottom + top) / 2)
        self.canvas.text(middle, self._length(tall), "size", upwards=True)
        if self.f.idealisation == "axisymmetric" and self.low[0] > 0:
            self.canvas.text((left, y + 15), f"r = {self._length(self.low[0])}", "size")
        self._radii()
        self._fillets()
        self._half_axes()

    def _room_left(self) -> float:
        """Return how far left of the body its height is written, beyond the names there."""
        held = {support.boundary for support in self.f.supports}
        driven = {load.boundary for load in self.f.loads if is_on_edge(load)}
        names = [name for name in held | driven if self._is_left(name)]
        longest = max((len(name) for name in names), default=0)
        return min(NAME_OFFSET + LETTER * longest + 10, MARGIN_X - 24) if names else NAME_OFFSET

    def _is_left(self, name: str) -> bool:
        middle = list(self._marks(name))
        return bool(middle) and middle[len(middle) // 2][1][0] < -0.5

    def _dimension(self, a: XY, b: XY, start: XY, end: XY) -> None:
        for corner, foot in ((a, start), (b, end)):
            self.canvas.path([corner, foot], "extension")
        middle = ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
        self.canvas.arrow(middle, start, "size")
        self.canvas.arrow(middle, end, "size")

    def _radii(self) -> None:
        shapes = self.f.geometry.regions.values()
        found = {(disk.center, disk.radius) for shape in shapes for disk in disks(shape)}
        for center, radius in sorted(found)[:6]:
            at, reach = self.place(*center), radius * self.place.factor
            rim = moved(at, (math.cos(0.6), -math.sin(0.6)), reach)
            if not self._near_outline(center, radius):
                continue
            self.canvas.path([(at[0] - 4, at[1]), (at[0] + 4, at[1])], "size line")
            self.canvas.path([(at[0], at[1] - 4), (at[0], at[1] + 4)], "size line")
            self.canvas.arrow(at, rim, "size")
            words = f"R {self._length(radius)}"
            room = reach > 60
            where = (at[0], at[1] + 18) if room else (rim[0] + 5, rim[1] - 5)
            self.canvas.text(where, words, "size", "middle" if room else "start")

    def _fillets(self) -> None:
        """Write the radius beside one arc of each radius, on the side of its centre."""
        shapes = self.f.geometry.regions.values()
        found = {
            f"{arc.radius:.5g}": arc for shape in shapes for arc in reversed(list(arcs(shape)))
        }
        for arc in list(found.values())[:6]:
            rim, center = self.place(*arc.at(0.5)), self.place(*arc.center)
            towards = unit(center[0] - rim[0], center[1] - rim[1])
            foot = moved(rim, towards, min(ARROW, arc.radius * self.place.factor))
            self.canvas.arrow(foot, rim, "size")
            anchor = "start" if towards[0] >= 0 else "end"
            beside = moved(foot, (towards[0], 0.0), 5)
            self.canvas.text(beside, f"R {self._length(arc.radius)}", "size", anchor)

    def _half_axes(self) -> None:
        shapes = self.f.geometry.regions.values()
        found = {(part.center, part.radii) for shape in shapes for part in ellipses(shape)}
        for center, radii in sorted(found)[:3]:
            at = self.place(*center)
            for towards, radius in (((1.0, 0.0), radii[0]), ((0.0, -1.0), radii[1])):
                rim = moved(at, towards, radius * self.place.factor)
                self.canvas.arrow(at, rim, "size")
                beside = (rim[0] + 5, rim[1] - 5)
                self.canvas.text(beside, self._length(radius), "size", "start")

    def _near_outline(self, center: XY, radius: float) -> bool:
        """Return whether a disk's rim is an edge somewhere, of the body or between regions."""
        import shapely

        from mechagents.mechanics.shapes import outline

        rim = shapely.Point(center).buffer(radius).exterior.buffer(0.02 * radius)
        regions = self.f.geometry.regions.values()
        return any(outline(shape).boundary.intersection(rim).length > radius for shape in regions)

    def _wanted_points(self) -> None:
        for wanted in self.f.wanted:
            if not isinstance(wanted, WantedDisplacement | WantedStress | WantedStrain):
                continue
            if wanted.at is None:
                continue
            x, y = self.place(*wanted.at)
            self.canvas.path([(x - 4, y - 4), (x + 4, y + 4)], "point")
            self.canvas.path([(x - 4, y + 4), (x + 4, y - 4)], "point")
            inner = "start" if x < WIDTH / 2 + 1 else "end"
            at = self.labels.place((x + (7 if inner == "start" else -7), y - 5), wanted.name, inner)
            self.canvas.text(at, wanted.name, "label", inner)

    def _axes(self) -> None:
        round_axis = self.f.idealisation == "axisymmetric"
        at = (26.0, self.height - 22)
        for end, name in (((56.0, at[1]), "r" if round_axis else "x"),
                          ((at[0], at[1] - 30), "z" if round_axis else "y")):  # fmt: skip
            self.canvas.arrow(at, end, "size")
            beside = (end[0] + 8, end[1] + 4) if end[1] == at[1] else (end[0], end[1] - 5)
            self.canvas.text(beside, name, "axis")
        if round_axis and self.low[0] == 0:
            x, top = self.place(0.0, self.high[1])
            bottom = self.place(0.0, self.low[1])[1]
            self.canvas.path([(x, top - 24), (x, bottom + 24)], "centreline")
