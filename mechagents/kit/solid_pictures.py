"""Pictures of a field on the surface of a solid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

import numpy as np

from mechagents.mechanics._outer_faces import outer_faces_and_elements
from mechagents.mechanics.surfaces import Faces, creases

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes

    from mechagents.kit.pictures import Mark
    from mechagents.mechanics.meshing import FloatArray, IntArray, Mesh

VIEWS = ((1.0, -1.4, 0.9), (-1.0, 1.4, -0.9))
"""From where the body is seen: two opposite sides, so that together they show all of it."""
TRIANGLES = 24_000
"""Triangles are divided until there are about so many, so that colours change smoothly."""
_SPLIT = {
    3: ((0, 1, 2),),
    6: ((0, 3, 5), (3, 1, 4), (5, 4, 2), (3, 4, 5)),
    4: ((0, 1, 2), (0, 2, 3)),
    9: tuple((a, b, 8) for a, b in zip((0, 4, 1, 5, 2, 6, 3, 7), (4, 1, 5, 2, 6, 3, 7, 0),
                                       strict=True)),
}  # fmt: skip
"""The triangles that a face of so many nodes is drawn as."""


def draw_surface(
    mesh: Mesh,
    points: FloatArray,
    values: FloatArray,
    file: Path | str | IO[bytes],
    title: str,
    notes: str,
    unit: str,
    width: float = 10.0,
    dpi: int = 150,
    marks: Sequence[Mark] = (),
) -> None:
    """Draw a field on the surface of a solid from two sides, and write it as a PNG.

    Args:
        mesh: The mesh.
        points: Where its nodes are drawn [m], shape (nodes, 3).
        values: At the nodes, shape (nodes,), or at each element's own nodes, shape (elements,
            nodes of an element); those are averaged region by region.
        file: Where to write.
        title: What it is.
        notes: What stands below the title.
        unit: With its prefix; empty for a mode.
        width: Of the picture [inch].
        dpi: Points per inch.
        marks: Points that are marked with their names, faintly where they cannot be seen.
    """
    from matplotlib import colormaps
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import BoundaryNorm
    from matplotlib.figure import Figure

    from mechagents.kit.pictures import colour_levels, draw_marks

    surface = _surface(mesh, points, values)
    levels, extend, signed = colour_levels(surface.values)
    colours = colormaps["RdBu_r" if signed else "viridis"]
    norm = BoundaryNorm(levels, colours.N, extend=extend)
    figure = Figure(figsize=(width, 0.46 * width), layout="constrained", dpi=dpi)
    FigureCanvasAgg(figure)
    axes = [figure.add_subplot(1, 2, number + 1) for number in range(2)]
    for ax, view in zip(axes, VIEWS, strict=True):
        right, up, toward = camera(view)
        _fill(ax, surface, (right, up, toward), colours(norm(surface.values.mean(axis=1))))
        for mark in marks:
            hidden = is_hidden(mark[1], surface.corners, (right, up, toward))
            draw_marks(ax, [(mark[0], np.array([mark[1] @ right, mark[1] @ up]))], faint=hidden)
        _triad(ax, right, up, min(2.0 / width, 0.3))
    shown = ScalarMappable(norm, colours)
    bar = figure.colorbar(shown, ax=axes, shrink=0.9, label=unit or "relative")
    bar.ax.tick_params(labelsize="small")
    figure.suptitle(f"{title}\n", fontsize="large")
    figure.text(0.5, 1 - 1 / width, notes, ha="center", fontsize="small", color="0.3")
    figure.savefig(file, format="png")


@dataclass(frozen=True, eq=False)
class Surface:
    """The surface of a body as triangles."""

    corners: FloatArray
    """Shape (triangles, 3, 3) [m], anticlockwise seen from outside."""
    values: FloatArray
    """The field at the corners, shape (triangles, 3)."""
    edges: FloatArray
    """Where the surface is sharp or a region ends: both ends [m], shape (edges, 2, 3)."""


def _surface(mesh: Mesh, points: FloatArray, values: FloatArray) -> Surface:
    faces, elements = outer_faces_and_elements(mesh.cells, mesh.kind)
    at = values[faces] if values.ndim == 1 else _by_region(mesh, faces, elements, values)
    split = np.array(_SPLIT[faces.shape[1]])
    corners = points[faces][:, split].reshape(-1, 3, 3)
    fields = at[:, split].reshape(-1, 3)
    lines = points[creases(mesh.points, Faces(faces, mesh.region[elements])).edges]
    edges = np.concatenate([lines[:, i : i + 2] for i in range(lines.shape[1] - 1)])
    while 4 * len(corners) <= TRIANGLES:
        corners, fields = _divided(corners), _divided(fields)
    return Surface(corners, fields, edges)


def _by_region(mesh: Mesh, faces: IntArray, elements: IntArray, values: FloatArray) -> FloatArray:
    """Return means at the nodes of each face, of its own region, shape of ``faces``."""
    count = len(mesh.points)
    own = mesh.cells + mesh.region[:, None] * count
    size = count * len(mesh.regions)
    around = np.bincount(own.ravel(), minlength=size)
    sums = np.bincount(own.ravel(), values.ravel(), minlength=size)
    here = faces + mesh.region[elements][:, None] * count
    means: FloatArray = sums[here] / around[here]
    return means


def _divided(at: FloatArray) -> FloatArray:
    """Return four triangles for each, by what stands at its corners, shape (triangles, 3, ...)."""
    a, b, c = at[:, 0], at[:, 1], at[:, 2]
    ab, bc, ca = (a + b) / 2, (b + c) / 2, (c + a) / 2
    parts = ((a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca))
    return np.concatenate([np.stack(part, axis=1) for part in parts])


def _normals(corners: FloatArray) -> FloatArray:
    """Return the unit normals of triangles, shape (triangles, 3)."""
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    size = np.linalg.norm(normal, axis=1, keepdims=True)
    unit: FloatArray = normal / np.where(size > 0, size, 1.0)
    return unit


def camera(view: tuple[float, float, float]) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the axes of a picture, right, up and toward the eye; z is up in the body."""
    toward = np.array(view) / np.linalg.norm(view)
    right = np.cross([0.0, 0.0, 1.0], toward)
    right /= np.linalg.norm(right)
    return right, np.cross(toward, right), toward


def is_hidden(
    point: FloatArray, corners: FloatArray, axes: tuple[FloatArray, FloatArray, FloatArray]
) -> bool:
    """Return whether triangles lie between a point and the eye.

    Args:
        point: [m], shape (3,).
        corners: Of the triangles [m], shape (triangles, 3, 3).
        axes: Right, up and toward the eye.
    """
    right, up, toward = axes
    a, b, c = (corners[:, i] - point for i in range(3))
    flat = np.stack([right, up], axis=1)
    pa, pb, pc = a @ flat, b @ flat, c @ flat

    def cross(one: FloatArray, two: FloatArray) -> FloatArray:
        return np.asarray(one[:, 0] * two[:, 1] - one[:, 1] * two[:, 0])

    shares = np.stack([cross(pb, pc), cross(pc, pa), cross(pa, pb)], axis=1)
    area = shares.sum(axis=1)
    size = float(np.linalg.norm(np.ptp(corners.reshape(-1, 3), axis=0)))
    covers = (np.abs(area) > 1e-9 * size**2) & (
        (shares >= 0).all(axis=1) | (shares <= 0).all(axis=1)
    )
    depths = np.stack([part @ toward for part in (a, b, c)], axis=1)
    nearer = (shares * depths).sum(axis=1)[covers] / area[covers]
    # On the surface itself a point is seen.
    return bool((nearer > 5e-3 * size).any())


def _fill(
    ax: Axes,
    surface: Surface,
    axes: tuple[FloatArray, FloatArray, FloatArray],
    colours: FloatArray,
) -> None:
    """Draw what faces the eye, the farthest first, with the sharp edges in between."""
    from matplotlib.collections import PolyCollection

    right, up, toward = axes
    flat = np.stack([right, up], axis=1)
    normals = _normals(surface.corners)
    seen = normals @ toward > 0
    corners = surface.corners[seen]
    light = 0.75 + 0.25 * np.clip(normals[seen] @ (toward + 0.5 * up - 0.3 * right), 0.0, 1.0)
    shaded = colours[seen].copy()
    shaded[:, :3] *= light[:, None]
    # An edge lies on the triangles beside it: it is drawn a little nearer than they are.
    size = float(np.linalg.norm(np.ptp(surface.corners.reshape(-1, 3), axis=0)))
    nearer = 0.01 * size
    depth = np.concatenate(
        [corners.mean(axis=1) @ toward, surface.edges.mean(axis=1) @ toward + nearer]
    )
    thin = np.concatenate([surface.edges, surface.edges[:, :1]], axis=1)
    polygons = np.concatenate([corners, thin]) @ flat
    inks = np.concatenate([shaded, np.tile([0.1, 0.1, 0.1, 1.0], (len(thin), 1))])
    widths = np.concatenate([np.full(len(corners), 0.3), np.full(len(thin), 0.7)])
    order = np.argsort(depth)
    ax.add_collection(
        PolyCollection(
            list(polygons[order]), facecolors=inks[order], edgecolors=inks[order],
            linewidths=widths[order],
        )
    )  # fmt: skip
    low, high = polygons.min(axis=(0, 1)), polygons.max(axis=(0, 1))
    margin = 0.06 * float((high - low).max())
    ax.set(
        xlim=(low[0] - margin, high[0] + margin), ylim=(low[1] - margin, high[1] + margin),
        aspect="equal",
    )  # fmt: skip
    ax.axis("off")


def _triad(ax: Axes, right: FloatArray, up: FloatArray, share: float) -> None:
    """Draw the directions of x, y and z in a corner, over a share of the picture."""
    place = ax.inset_axes((0.0, 0.0, share, share))
    for axis, name in enumerate("xyz"):
        x, y = float(right[axis]), float(up[axis])
        place.annotate(
            "", (x, y), (0, 0),
            arrowprops={
                "arrowstyle": "-|>", "color": "0.3", "shrinkA": 0, "shrinkB": 0,
                "mutation_scale": 7,
            },
        )  # fmt: skip
        place.text(1.35 * x, 1.35 * y, name, ha="center", va="center", fontsize="small")
    place.set(xlim=(-1.5, 1.5), ylim=(-1.5, 1.5), aspect="equal")
    place.axis("off")
