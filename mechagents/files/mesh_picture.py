"""A picture of a mesh: its elements, and its regions in colours."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import IO, TYPE_CHECKING

import numpy as np

from mechagents.kit.pictures import SPLIT, Mark, draw_marks, draw_outline, frame
from mechagents.kit.solid_pictures import VIEWS, camera, is_hidden
from mechagents.mechanics._outer_faces import outer_faces_and_elements
from mechagents.mechanics.meshing import Mesh
from mechagents.verification.elements import FloatArray, IntArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ONE_AT_A_TIME = threading.Lock()
"""matplotlib's fonts and formulas are not made for two threads."""
TINTS = ("#e6ebf2", "#f1e8da", "#e3efe6", "#efe4ee")
"""Colours of the regions, those of the drawing of the body."""
_AROUND = {
    3: (0, 1, 2), 6: (0, 3, 1, 4, 2, 5), 4: (0, 1, 2, 3), 8: (0, 4, 1, 5, 2, 6, 3, 7),
    9: (0, 4, 1, 5, 2, 6, 3, 7),
}  # fmt: skip
"""The way around an element or face of so many nodes."""


def draw_mesh(
    mesh: Mesh,
    file: IO[bytes],
    title: str,
    axes: str = "xy",
    *,
    width: float,
    dpi: int,
    marks: Sequence[Mark] = (),
) -> None:
    """Draw the elements of a mesh, of a solid those on its surface from two sides, as a PNG.

    Args:
        mesh: The mesh.
        file: Where to write.
        title: What stands above.
        axes: The names of the two axes of a plane body.
        width: [inch].
        dpi: Points per inch.
        marks: Points of it that are marked with their names.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    solid = mesh.points.shape[1] == 3
    size = (width, 0.5 * width) if solid else _size(mesh.points, width)
    figure = Figure(figsize=size, layout="constrained", dpi=dpi)
    FigureCanvasAgg(figure)
    if solid:
        faces, elements = outer_faces_and_elements(mesh.cells, mesh.kind)
        for number, view in enumerate(VIEWS):
            ax = figure.add_subplot(1, 2, number + 1)
            _solid(ax, mesh, faces, mesh.region[elements], view)
            _mark(ax, mesh.points[faces[:, _AROUND[faces.shape[1]]]], marks, view)
    else:
        ax = figure.add_subplot()
        _plane(ax, mesh, axes)
        draw_marks(ax, marks)
    figure.suptitle(title, fontsize="medium")
    figure.savefig(file, format="png")


def _size(points: FloatArray, width: float) -> tuple[float, float]:
    """Return width and height [inch] for a plane mesh, which has no colour bar."""
    across, tall = np.ptp(points, axis=0)
    return width, 1.0 + (width - 1.0) * float(np.clip(tall / across, 0.12, 1.6))


def _plane(ax: Axes, mesh: Mesh, axes: str) -> None:
    around = _AROUND[mesh.cells.shape[1]] if mesh.kind in SPLIT else (0, 1, 2)
    _polygons(ax, mesh.points[mesh.cells[:, around]], mesh.region, _thin(len(mesh.cells)))
    draw_outline(ax, mesh, mesh.points, color="0.1", linestyle="-", linewidth=0.9)
    frame(ax, mesh.points)
    ax.set(xlabel=f"{axes[0]} [m]", ylabel=f"{axes[1]} [m]", aspect="equal")


def _solid(
    ax: Axes, mesh: Mesh, faces: IntArray, region: IntArray, view: tuple[float, float, float]
) -> None:
    right, up, toward = camera(view)
    corners = mesh.points[faces[:, _AROUND[faces.shape[1]]]]
    normal = np.cross(corners[:, 2] - corners[:, 0], corners[:, -2] - corners[:, 0])
    seen = normal @ toward > 0
    order = np.argsort(corners[seen].mean(axis=1) @ toward)
    flat = corners[seen][order] @ np.stack([right, up], axis=1)
    _polygons(ax, flat, region[seen][order], _thin(len(faces)))
    points = mesh.points[np.unique(faces)] @ np.stack([right, up], axis=1)
    frame(ax, points)
    ax.set(aspect="equal")
    ax.axis("off")


def _mark(
    ax: Axes, around: FloatArray, marks: Sequence[Mark], view: tuple[float, float, float]
) -> None:
    """Mark points of a solid, given the outlines of its faces (faces, corners, 3)."""
    right, up, toward = camera(view)
    last = range(1, around.shape[1] - 1)
    corners = np.concatenate([around[:, [0, i, i + 1]] for i in last])
    for name, at in marks:
        hidden = is_hidden(at, corners, (right, up, toward))
        draw_marks(ax, [(name, np.array([at @ right, at @ up]))], faint=hidden)


def _polygons(ax: Axes, corners: FloatArray, region: IntArray, width: float) -> None:
    from matplotlib.collections import PolyCollection

    colours = [TINTS[int(index) % len(TINTS)] for index in region]
    ax.add_collection(
        PolyCollection(list(corners), facecolors=colours, edgecolors="0.35", linewidths=width)
    )


def _thin(elements: int) -> float:
    """Return a width of lines [pt] at which the elements of a fine mesh can be told apart."""
    return float(np.clip(12 / np.sqrt(elements), 0.08, 0.5))
