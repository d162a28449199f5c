"""A drawing of a solid: the body without perspective, what holds and drives it, its dimensions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mechagents.errors import MechagentsError
from mechagents.mechanics.formulas import value_at
from mechagents.mechanics.formulation import WantedOfMode
from mechagents.mechanics.geometry import AXES
from mechagents.report.edges import moved, unit
from mechagents.report.solid_view import Mark, SolidView
from mechagents.report.svg import XY, Canvas, Labels

if TYPE_CHECKING:
    from mechagents.mechanics.formulas import Formula
    from mechagents.mechanics.formulation import Formulation, Load, Support
    from mechagents.mechanics.geometry import Axis

WIDTH, HEIGHT = 660.0, 500.0
"""Size of the page [px]."""
MARGIN_X, MARGIN_Y = 120.0, 74.0
"""Room around the body for symbols and names [px]."""
ARROW = 28.0
HATCH = 7.0
"""Distance between two lines of hatching [px]."""
MOST_RADII = 6


def draw_solid(formulation: Formulation) -> str:
    """Return an SVG element of a solid with its supports, loads and dimensions.

    Lines behind the body are dashed, and symbols on faces that are turned away are faint.
    Symbols are those of the plane: hatching for a face that is held altogether, rollers for one
    held in some directions, open arrows for a prescribed displacement, filled ones for a load.
    A body that cannot be meshed gives nothing.
    """
    try:
        view = SolidView(formulation, (WIDTH, HEIGHT), (MARGIN_X, MARGIN_Y))
    except MechagentsError:
        return ""
    return str(_SolidDrawing(formulation, view).drawn())


class _SolidDrawing:
    def __init__(self, formulation: Formulation, view: SolidView) -> None:
        self.f, self.view = formulation, view
        seen = f"seen from {view.direction.words}"
        self.canvas = Canvas(WIDTH, view.height, f"The body with its supports and loads, {seen}")
        self.labels = Labels()

    def drawn(self) -> Canvas:
        self._body()
        for support in self.f.supports:
            self._support(support)
        for load in self.f.loads:
            self._load(load)
        for spring in self.f.springs:
            for mark in self.view.marks(spring.boundary):
                self._zigzag(mark)
        self._dimensions()
        self._radii()
        self._names()
        self._wanted_points()
        self._axes()
        return self.canvas

    def _body(self) -> None:
        for index, rings in self.view.regions():
            for ring in rings:
                self.canvas.area(ring, f"region tint{index % 4}")
        for line, hidden in self.view.lines():
            self.canvas.path(line, "behind" if hidden else "edge")
        if len(self.f.geometry.regions) > 1:
            for index, name in enumerate(self.f.geometry.regions):
                self._words(self.view.middle_of(index), name, "name")

    # Supports and loads

    def _support(self, support: Support) -> None:
        held = support.components
        given = {axis: value for axis, value in held.items() if value != 0}
        marks = list(self.view.marks(support.boundary))
        if given:
            for mark in marks:
                towards = self._vector([given.get(axis, 0.0) for axis in AXES], mark)
                self._drive(mark, towards, "given")
            return
        if len(held) == 3:
            for line, hidden in self.view.hatching(support.boundary, HATCH):
                self.canvas.path(line, "hatch faint" if hidden else "hatch")
            return
        for mark in marks:
            for axis in held or (None,):
                self._roller(mark, axis)

    def _roller(self, mark: Mark, axis: Axis | None) -> None:
        """Draw what keeps a place from moving along an axis, or off its plane, by the body."""
        if axis is None:
            way = mark.out
        else:
            index = AXES.index(axis)
            side = 1.0 if mark.normal[index] >= 0 else -1.0
            way = self.view.direction_of([side if i == index else 0.0 for i in range(3)])
        way = unit(*way)
        faint = " faint" if mark.hidden else ""
        across = (-way[1], way[0])
        self.canvas.circle(moved(mark.at, way, 5), 4, "roller" + faint)
        wall = moved(mark.at, way, 10.5)
        self.canvas.path([moved(wall, across, -8), moved(wall, across, 8)], "held" + faint)

    def _load(self, load: Load) -> None:
        if load.kind == "temperature" or load.kind == "body_force":
            names = list(self.f.geometry.regions)
            index = names.index(load.region) if load.region in names else None
            at = self.view.middle_of(index)
            if load.kind == "temperature":
                self._words((at[0], at[1] + 18), "change of temperature", "label")
                return
            mark = Mark(at, (0.0, 0.0), (0.0, 0.0, 0.0), self.view.point_of(index), hidden=False)
            towards = self._vector([load.x, load.y, load.z], mark)
            self._drive(mark, towards, "load")
            self._words((at[0] + 8, at[1] - 6), "body force", "label", "start")
            return
        for mark in self.view.marks(load.boundary):
            if load.kind == "pressure":
                size = self._vector([load.value], mark)[0]
                self._drive(mark, [-size * part for part in mark.normal], "load")
            else:
                self._drive(mark, self._vector([load.x, load.y, load.z], mark), "load")

    def _vector(self, values: list[float | Formula] | list[float], mark: Mark) -> list[float]:
        """Return values at a place of the body; 0 where a formula has none."""
        import numpy as np

        found = [float(value_at(value, np.array(mark.place))) for value in values]
        return [value if np.isfinite(value) else 0.0 for value in found]

    def _drive(self, mark: Mark, vector: list[float], kind: str) -> None:
        """Draw an arrow away from the surface, onto it, or along it; shorter where it recedes."""
        size = sum(part * part for part in vector) ** 0.5
        if not size:
            return
        x, y = self.view.direction_of([part / size for part in vector])
        share = max((x * x + y * y) ** 0.5, 0.35)
        towards = unit(x, y)
        length = ARROW * share
        outwards = sum(a * b for a, b in zip(vector, mark.normal, strict=True)) / size
        start = mark.at
        if outwards < -0.3:
            start = moved(mark.at, towards, -length)
        elif outwards < 0.3:
            start = moved(mark.at, towards, -length / 2)
        faint = " faint" if mark.hidden else ""
        self.canvas.arrow(start, moved(start, towards, length), kind + faint)

    def _zigzag(self, mark: Mark) -> None:
        """Draw a spring out of the body, and the ground behind it."""
        out = unit(*mark.out)
        along, faint = (-out[1], out[0]), " faint" if mark.hidden else ""
        turns = [moved(moved(mark.at, out, 3 + 3 * n), along, 4 * (-1) ** n) for n in range(1, 5)]
        foot = moved(mark.at, out, 20)
        path = [mark.at, moved(mark.at, out, 3), *turns, moved(mark.at, out, 18), foot]
        self.canvas.path(path, "held" + faint)
        self.canvas.path([moved(foot, along, -8), moved(foot, along, 8)], "held" + faint)

    # Names, dimensions and points

    def _names(self) -> None:
        used = [part.boundary for part in (*self.f.supports, *self.f.springs)]
        used += [load.boundary for load in self.f.loads
                 if load.kind != "temperature" and load.kind != "body_force"]  # fmt: skip
        for name in dict.fromkeys(used):
            marks = list(self.view.marks(name))
            if not marks:
                continue
            mark = marks[len(marks) // 2]
            end = self.view.beside(mark)
            self.canvas.path([mark.at, end], "extension")
            self.canvas.circle(mark.at, 1.8, "size")
            anchor = "start" if end[0] > mark.at[0] else "end"
            self._words((end[0] + (4 if anchor == "start" else -4), end[1] + 4), name, "name",
                        anchor)  # fmt: skip

    def _words(self, at: XY, words: str, kind: str, anchor: str = "middle") -> None:
        """Write words, lower where others stand already."""
        self.canvas.text(self.labels.place(at, words, anchor), words, kind, anchor)

    def _length(self, metres: float) -> str:
        small = self.view.largest < 0.999
        return f"{1000 * metres:.5g} mm" if small else f"{metres:.5g} m"

    def _dimensions(self) -> None:
        for start, end, metres, away in self.view.sides():
            feet = [moved(at, away, 14) for at in (start, end)]
            for corner, foot in zip((start, end), feet, strict=True):
                self.canvas.path([corner, foot], "extension")
            middle = ((feet[0][0] + feet[1][0]) / 2, (feet[0][1] + feet[1][1]) / 2)
            for foot in feet:
                self.canvas.arrow(middle, foot, "size")
            anchor = "middle" if abs(away[0]) < 0.4 else "start" if away[0] > 0 else "end"
            at = moved(middle, away, 12 if abs(away[0]) < 0.4 else 6)
            self._words((at[0], at[1] + 4), self._length(metres), "size", anchor)

    def _radii(self) -> None:
        for radius, at in list(self.view.radii().items())[:MOST_RADII]:
            end = moved(at, (0.6, -0.8), 26)
            self.canvas.arrow(end, at, "size")
            self._words((end[0] + 3, end[1] - 3), f"R {self._length(radius)}", "size", "start")

    def _wanted_points(self) -> None:
        for name, (x, y) in self._places():
            self.canvas.path([(x - 4, y - 4), (x + 4, y + 4)], "point")
            self.canvas.path([(x - 4, y + 4), (x + 4, y - 4)], "point")
            inner = "start" if x < WIDTH / 2 + 1 else "end"
            self._words((x + (7 if inner == "start" else -7), y - 5), name, "label", inner)

    def _places(self) -> Iterator[tuple[str, XY]]:
        for wanted in self.f.wanted:
            if isinstance(wanted, WantedOfMode) or wanted.kind in ("reaction", "strain_energy"):
                continue
            at = getattr(wanted, "at", None)
            if at is not None:
                yield wanted.name, self.view.place(at)

    def _axes(self) -> None:
        origin = (44.0, self.view.height - 40)
        for index, name in enumerate(AXES):
            way = self.view.direction_of([float(i == index) for i in range(3)])
            self.canvas.arrow(origin, moved(origin, way, 28), "size")
            tip = moved(origin, way, 38)
            self.canvas.text((tip[0], tip[1] + 4), name, "axis")
