"""The drawing of a body as a PNG: the report's SVG, its shapes and styles set by matplotlib."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import numpy as np

from mechagents.report.svg import drawing_styles

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from mechagents.verification.elements import FloatArray

_SPACE = "{http://www.w3.org/2000/svg}"
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_STEP = re.compile(r"([ML])?(-?[\d.]+) (-?[\d.]+)|(Z)")
Style = dict[str, str]


@dataclass(frozen=True, slots=True)
class _Rule:
    tag: str
    classes: frozenset[str]
    style: tuple[tuple[str, str], ...]

    def fits(self, tag: str, classes: frozenset[str]) -> bool:
        return self.tag in ("", tag) and self.classes <= classes


@cache
def _rules() -> tuple[_Rule, ...]:
    """Return the rules of the drawing's style sheet, those that count more later."""
    found: list[_Rule] = []
    for selectors, body in _RULE.findall(drawing_styles()):
        pairs = [one.split(":", 1) for one in body.split(";") if one.strip()]
        style = tuple((name.strip(), value.strip()) for name, value in pairs)
        for selector in selectors.split(","):
            last = selector.split()[-1]
            if last != "svg":
                tag, *classes = last.split(".")
                found.append(_Rule(tag, frozenset(classes), style))
    return tuple(sorted(found, key=lambda rule: (len(rule.classes), bool(rule.tag))))


def _style_of(element: ET.Element) -> Style:
    tag = element.tag.removeprefix(_SPACE)
    classes = frozenset(element.get("class", "").split())
    style: Style = {}
    for rule in _rules():
        if rule.fits(tag, classes):
            style |= dict(rule.style)
    return style


def drawing_png(svg: str, width: float, dpi: int) -> bytes:
    """Return a drawing of ``mechagents.report.drawing.draw`` as a PNG.

    Args:
        svg: The drawing: paths of straight lines, circles and texts.
        width: [inch]; letters and lines grow with it.
        dpi: Points per inch.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    # The text is the report's own, made by ElementTree.
    root = ET.fromstring(svg)
    across, tall = float(root.get("width", "1")), float(root.get("height", "1"))
    figure = Figure(figsize=(width, width * tall / across), dpi=dpi)
    FigureCanvasAgg(figure)
    ax = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    ax.set(xlim=(0.0, across), ylim=(tall, 0.0))
    ax.axis("off")
    for order, element in enumerate(root):
        _draw(ax, element, 72 * width / across, order)
    file = BytesIO()
    figure.savefig(file, format="png")
    return file.getvalue()


def _draw(ax: Axes, element: ET.Element, points: float, order: int) -> None:
    """Draw an element; a pixel of the drawing is so many points."""
    style = _style_of(element)
    match element.tag.removeprefix(_SPACE):
        case "path":
            _patch(ax, _rings(element.get("d", "")), style, points, order)
        case "circle":
            x, y, r = (float(element.get(name, "0")) for name in ("cx", "cy", "r"))
            turn = np.linspace(0, 2 * np.pi, 61)
            ring = np.column_stack([x + r * np.cos(turn), y + r * np.sin(turn)])
            _patch(ax, [(ring, True)], style, points, order)
        case "text":
            _text(ax, element, style, points, order)
        case _:
            pass


Ring = tuple["FloatArray", bool]
"""Corners, shape (n, 2), and whether the last is joined to the first."""


def _rings(data: str) -> list[Ring]:
    found: list[tuple[list[tuple[float, float]], bool]] = []
    for move, x, y, close in _STEP.findall(data):
        if close:
            found[-1] = (found[-1][0], True)
            continue
        if move == "M":
            found.append(([], False))
        found[-1][0].append((float(x), float(y)))
    return [(np.array(ring), closed) for ring, closed in found]


def _patch(ax: Axes, rings: list[Ring], style: Style, points: float, order: int) -> None:
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    corners: list[FloatArray] = []
    codes: list[int] = []
    for index, (ring, closed) in enumerate(rings):
        # What is filled is what goes round one way; holes go the other.
        turned = ring[::-1] if closed and (_area(ring) > 0) == (index > 0) else ring
        corners.append(np.vstack([turned, turned[:1]]) if closed else turned)
        codes += [Path.MOVETO, *[Path.LINETO] * (len(ring) - 1), *([Path.CLOSEPOLY] * closed)]
    fill = style.get("fill", "none")
    patch = PathPatch(
        Path(np.vstack(corners), codes),
        facecolor=fill if rings[0][1] else "none",
        edgecolor=style.get("stroke", "none"),
        linewidth=float(style.get("stroke-width", "1")) * points,
        linestyle=_dashes(style),
        alpha=float(style["opacity"]) if "opacity" in style else None,
        zorder=order,
    )
    ax.add_patch(patch)


def _area(ring: FloatArray) -> float:
    x, y = ring[:, 0], ring[:, 1]
    return float(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2


def _dashes(style: Style) -> str | tuple[float, tuple[float, ...]]:
    if "stroke-dasharray" not in style:
        return "solid"
    # matplotlib counts dashes in widths of the line, SVG in pixels.
    width = float(style.get("stroke-width", "1"))
    return 0.0, tuple(float(one) / width for one in style["stroke-dasharray"].split())


def _text(ax: Axes, element: ET.Element, style: Style, points: float, order: int) -> None:
    from matplotlib.patheffects import withStroke

    size = float(style.get("font-size", "13px").removesuffix("px")) * points
    anchors = {"start": "left", "middle": "center", "end": "right"}
    halo = style.get("stroke", "none")
    effects = [withStroke(linewidth=3 * points, foreground=halo)] if halo != "none" else []
    ax.text(
        float(element.get("x", "0")),
        float(element.get("y", "0")),
        (element.text or "").replace("$", r"\$"),
        ha=anchors[element.get("text-anchor", "middle")],
        va="baseline",
        rotation=90 if element.get("transform") else 0,
        rotation_mode="anchor",
        fontsize=size,
        color=style.get("fill", "black"),
        path_effects=effects,
        zorder=order,
    )
