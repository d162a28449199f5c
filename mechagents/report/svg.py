"""A little SVG: elements that escape what they hold, and the way from metres to the page."""

from __future__ import annotations

import re
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from mechagents.report.text import one_line

XY = tuple[float, float]
"""A place on the page, in pixels, y downwards."""


@dataclass(frozen=True, slots=True)
class Scale:
    """The way from metres, y upwards, to pixels, y downwards.

    Args:
        low_x, high_y: The corner of the body that comes to the top left [m].
        factor: Pixels per metre.
        left, top: Where that corner comes on the page [px].
    """

    low_x: float
    high_y: float
    factor: float
    left: float
    top: float

    def __call__(self, x: float, y: float) -> XY:
        """Return where a point [m] comes on the page [px]."""
        across = self.left + (x - self.low_x) * self.factor
        return across, self.top + (self.high_y - y) * self.factor

    def back(self, at: XY) -> XY:
        """Return the point [m] that comes at a place on the page [px]."""
        across, down = at
        x = self.low_x + (across - self.left) / self.factor
        return x, self.high_y - (down - self.top) / self.factor


class Labels:
    """Where words stand already, so that no two are written on each other."""

    LETTER, LINE = 6.6, 14.0
    """About the width of a letter, and the height of a line [px]."""

    def __init__(self) -> None:
        self._taken: list[tuple[float, float, float]] = []

    def place(self, at: XY, words: str, anchor: str = "middle") -> XY:
        """Return where to write words: there, or as far below as there is room, and keep it."""
        x, y = at
        wide = self.LETTER * len(words)
        left = x - {"start": 0.0, "middle": wide / 2, "end": wide}[anchor]
        while any(
            abs(y - other) < self.LINE and left < right and start < left + wide
            for start, right, other in self._taken
        ):
            y += self.LINE
        self._taken.append((left, left + wide, y))
        return x, y


class Canvas:
    """An SVG element to draw on. Every text is escaped, every class is ours."""

    def __init__(self, width: float, height: float, title: str) -> None:
        box = f"0 0 {width:.0f} {height:.0f}"
        attributes = {
            "xmlns": "http://www.w3.org/2000/svg",
            "viewBox": box,
            "role": "img",
            "width": f"{width:.0f}",
            "height": f"{height:.0f}",
        }
        self._root = ET.Element("svg", attributes)
        ET.SubElement(self._root, "title").text = one_line(title)

    def path(self, points: list[XY], kind: str, *, closed: bool = False) -> None:
        """Draw a line through points."""
        self._path(_through(points) + ("Z" if closed else ""), kind)

    def area(self, rings: list[list[XY]], kind: str) -> None:
        """Fill what lies inside the first ring and outside the others."""
        self._path(" ".join(_through(ring) + "Z" for ring in rings), kind)

    def _path(self, data: str, kind: str) -> None:
        ET.SubElement(self._root, "path", {"d": data, "class": kind})

    def circle(self, at: XY, radius: float, kind: str) -> None:
        """Draw a circle [px]."""
        ET.SubElement(
            self._root,
            "circle",
            {"cx": _px(at[0]), "cy": _px(at[1]), "r": _px(radius), "class": kind},
        )

    def arrow(self, tail: XY, head: XY, kind: str) -> None:
        """Draw an arrow."""
        (x0, y0), (x1, y1) = tail, head
        length = ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5
        if length == 0:
            return
        ux, uy = (x1 - x0) / length, (y1 - y0) / length
        back = min(7.0, 0.6 * length)
        base = (x1 - back * ux, y1 - back * uy)
        wings = [(base[0] - s * 3 * uy, base[1] + s * 3 * ux) for s in (1, -1)]
        self.path([tail, base], f"{kind} line")
        self.path([wings[0], head, wings[1]], f"{kind} tip", closed=True)

    def text(
        self,
        at: XY,
        words: str,
        kind: str,
        anchor: str = "middle",
        *,
        upwards: bool = False,
        most: int = 28,
    ) -> None:
        """Write a short text, across or upwards, of at most so many letters."""
        attributes = {"x": _px(at[0]), "y": _px(at[1]), "class": kind, "text-anchor": anchor}
        if upwards:
            attributes["transform"] = f"rotate(-90 {_px(at[0])} {_px(at[1])})"
        ET.SubElement(self._root, "text", attributes).text = one_line(words, most)

    def __str__(self) -> str:
        return ET.tostring(self._root, encoding="unicode")


def _through(points: list[XY]) -> str:
    return "M" + "L".join(f"{_px(x)} {_px(y)}" for x, y in points)


def _px(value: float) -> str:
    return f"{value:.1f}"


_PRINTED = {
    "ink": "#1c2024", "soft": "#5b6470", "line": "#d5dae0", "paper": "#ffffff", "bad": "#a32a22",
    "accent": "#1f4e8c", "tint0": "#e6ebf2", "tint1": "#f1e8da", "tint2": "#e3efe6",
    "tint3": "#efe4ee",
}  # fmt: skip
"""The colours of a page, where the style sheet of the page is not at hand."""


def drawing_styles() -> str:
    """Return the styles of a drawing that stands by itself, its colours as numbers."""
    from importlib.resources import files

    text = files("mechagents.report").joinpath("drawing.css").read_text(encoding="utf-8")
    return re.sub(r"var\(--(\w+)\)", lambda found: _PRINTED[found.group(1)], text)


def styled(drawing: bytes) -> bytes:
    """Return a drawing of ours with its styles in it, as a file of its own."""
    head, mark, rest = drawing.partition(b">")
    return head + mark + f"<style>{drawing_styles()}</style>".encode() + rest
