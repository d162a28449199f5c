"""Plots of the values that a program gave on its meshes, with the error bound of the answer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from mechagents.messages import Quantity
from mechagents.report.convergence import Grid
from mechagents.report.numbers import prefixed
from mechagents.report.svg import XY, Canvas
from mechagents.report.text import one_line

WIDTH, HEIGHT = 330.0, 236.0
"""Size of the plot of one quantity [px]."""
LEFT, RIGHT, TOP, BOTTOM = 74.0, 16.0, 34.0, 46.0
"""Room around its axes [px]."""
MOST = 8
"""More quantities are not plotted; the table has them all."""
_TICKS = 4


def plot(grid: Grid, answered: Sequence[Quantity]) -> str:
    """Return an SVG element with a plot of each quantity against the mesh size; else nothing.

    Args:
        grid: Values by mesh.
        answered: The quantities of the answer, whose error bounds are drawn.
    """
    known = {quantity.name: quantity for quantity in answered}
    names = [name for name in grid.names if len(grid.points(name)) > 1][:MOST]
    if not names:
        return ""
    across = min(2, len(names))
    size = (WIDTH * across, HEIGHT * math.ceil(len(names) / across))
    canvas = Canvas(*size, "The wanted quantities by mesh size")
    for index, name in enumerate(names):
        corner = (index % across * WIDTH, index // across * HEIGHT)
        unit = grid.values[0][name].unit
        _Plot(canvas, corner, grid.points(name), known.get(name)).drawn(name, unit)
    return str(canvas)


@dataclass(frozen=True, slots=True)
class _Plot:
    canvas: Canvas
    corner: XY
    points: list[tuple[float, float]]
    answered: Quantity | None

    def drawn(self, name: str, unit: str) -> None:
        """Draw axes, ticks and grid lines, then the points and the error bound."""
        bar = self._bar()
        low, high = _range([value for _, value in self.points] + list(bar))
        exponent, shown = prefixed(max(abs(low), abs(high)), one_line(unit, 16))
        widest = max(size for size, _ in self.points) * 1.08
        length, metres = prefixed(widest, "m")
        self._frame()
        for value in ticks(low, high):
            y = self._place(0.0, value, widest, low, high)[1]
            self._line((self._x(0.0), y), (self._x(1.0), y), "extension")
            label = _label(value, exponent, ticks(low, high))
            self.canvas.text((self._x(0.0) - 6, y + 4), label, "axis", "end")
        for size in ticks(0.0, widest):
            x = self._place(size, low, widest, low, high)[0]
            self._line((x, self._y(0.0)), (x, self._y(0.0) + 4), "size line")
            label = _label(size, length, ticks(0.0, widest))
            self.canvas.text((x, self._y(0.0) + 17), label, "axis")
        self._words(name, shown, metres)
        path = [self._place(*point, widest, low, high) for point in self.points]
        self.canvas.path(path, "given line")
        if bar:
            self._error_bar([self._place(self.points[0][0], v, widest, low, high) for v in bar])
        for at in path:
            self.canvas.circle(at, 3.2, "given tip")

    def _bar(self) -> tuple[float, ...]:
        one = self.answered
        if one is None or one.error_bound is None or not math.isfinite(one.error_bound):
            return ()
        return one.value - one.error_bound, one.value + one.error_bound

    def _error_bar(self, ends: list[XY]) -> None:
        self.canvas.path(ends, "load line")
        for x, y in ends:
            self._line((x - 5, y), (x + 5, y), "load line")

    def _frame(self) -> None:
        corners = [(self._x(0.0), self._y(1.0)), (self._x(0.0), self._y(0.0)),
                   (self._x(1.0), self._y(0.0))]  # fmt: skip
        self.canvas.path(corners, "size line")

    def _words(self, name: str, unit: str, metres: str) -> None:
        title = f"{one_line(name, 24)} [{unit}]" if unit else name
        x, y = self.corner
        self.canvas.text((x + 12, y + 16), title, "name", "start", most=44)
        self.canvas.text((self._x(1.0), self._y(0.0) + 34), f"mesh size [{metres}]", "axis", "end")

    def _place(self, size: float, value: float, widest: float, low: float, high: float) -> XY:
        return self._x(size / widest), self._y((value - low) / (high - low))

    def _x(self, share: float) -> float:
        return self.corner[0] + LEFT + share * (WIDTH - LEFT - RIGHT)

    def _y(self, share: float) -> float:
        return self.corner[1] + HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)

    def _line(self, start: XY, end: XY, kind: str) -> None:
        self.canvas.path([start, end], kind)


def _range(values: Sequence[float]) -> tuple[float, float]:
    """Return the least and largest of some values with a margin, never the same."""
    low, high = min(values), max(values)
    # What differs by rounding alone is drawn as a level line.
    room = max(0.08 * (high - low), 1e-4 * max(abs(low), abs(high)), 1e-300)
    return low - room, high + room


def ticks(low: float, high: float) -> list[float]:
    """Return round values between two others: 3 to 8 of them, at steps of 1, 2 or 5."""
    raw = (high - low) / _TICKS
    power = 10.0 ** math.floor(math.log10(raw))
    step = power * next(one for one in (1, 2, 5, 10) if one * power >= 0.999 * raw)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [index * step for index in range(first, last + 1)]


def _label(value: float, exponent: int, every: list[float]) -> str:
    """Return a tick divided by a power of ten, with the decimals that tell it from the next."""
    step = (every[1] - every[0] if len(every) > 1 else abs(value) or 1.0) / 10.0**exponent
    decimals = min(max(0, -math.floor(math.log10(step) + 1e-9)), 9)
    return f"{value / 10.0**exponent:.{decimals}f}"
