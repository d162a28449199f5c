"""The surface of a returned mesh as triangles, and the lines that are drawn on it.

Faces of a solid that only one element has, or the elements of a body of the plane. Curved ones
are divided through the nodes in the middle of their sides, so every vertex is a node of the mesh
and has that node's values. Triangles run anticlockwise seen from outside; in the plane, from +z.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from mechagents.verification.elements import BoolArray, FloatArray, IntArray
from mechagents.verification.skin import by_count, skin_of
from mechagents.view.returned import Returned

SPLIT: dict[int, tuple[tuple[int, int, int], ...]] = {
    3: ((0, 1, 2),),
    6: ((0, 3, 5), (3, 1, 4), (5, 4, 2), (3, 4, 5)),
    4: ((0, 1, 2), (0, 2, 3)),
    8: ((0, 4, 7), (4, 1, 5), (5, 2, 6), (6, 3, 7), (4, 5, 6), (4, 6, 7)),
    9: ((0, 4, 8), (4, 1, 8), (1, 5, 8), (5, 2, 8), (2, 6, 8), (6, 3, 8), (3, 7, 8), (7, 0, 8)),
}  # fmt: skip
"""The triangles that a face of so many nodes is drawn as."""
CREASE = np.cos(np.radians(30.0))
"""An edge between faces whose normals are further apart is part of the outline."""


@dataclass(frozen=True, eq=False)
class Surface:
    """Triangles and lines between some of the points of a mesh."""

    points: IntArray
    """Which point of the mesh each vertex is, ascending, shape (vertices,)."""
    triangles: IntArray
    """Vertices, shape (triangles, 3)."""
    element: IntArray
    """The element that each triangle is of, shape (triangles,)."""
    edges: IntArray
    """The sides of faces as straight pieces between vertices, shape (pieces, 2)."""
    outline: IntArray
    """Those of them that are creases, ends, or borders of regions, shape (pieces, 2)."""


def surface_of(returned: Returned) -> Surface:
    """Return the surface of a mesh."""
    faces, element = _faces(returned)
    parts = list(_triangles(faces, element))
    triangles = np.concatenate([part[0] for part in parts])
    of = np.concatenate([part[1] for part in parts])
    region = returned.region
    edges, outline = _lines(returned.x, faces, None if region is None else region[element])
    points = np.unique(triangles)
    vertex = np.full(len(returned.x), -1, dtype=np.int64)
    vertex[points] = np.arange(len(points))
    return Surface(points, vertex[triangles], of, vertex[edges], vertex[outline])


def _faces(returned: Returned) -> tuple[IntArray, IntArray]:
    """Return the faces that are seen, nodes then -1, (faces, 9), and the element of each."""
    if returned.dimension == 3:
        skin = skin_of(returned.fields)
        return skin.faces, skin.element
    padded = np.full((int(returned.starts[-1]), 9), -1, dtype=np.int64)
    for start, block in zip(returned.starts, returned.blocks, strict=False):
        nodes = _anticlockwise(returned.x, block.nodes)
        padded[start : start + len(block), : nodes.shape[1]] = nodes
    return padded, np.arange(len(padded))


_MIRRORED: dict[int, tuple[int, ...]] = {
    3: (0, 2, 1), 6: (0, 2, 1, 5, 4, 3), 4: (0, 3, 2, 1), 8: (0, 3, 2, 1, 7, 6, 5, 4),
    9: (0, 3, 2, 1, 7, 6, 5, 4, 8),
}  # fmt: skip


def _anticlockwise(x: FloatArray, nodes: IntArray) -> IntArray:
    """Return elements with those that run clockwise, seen from +z, turned round."""
    clockwise = _normals(x, nodes)[:, 2] < 0
    return np.where(clockwise[:, None], nodes[:, list(_MIRRORED[nodes.shape[1]])], nodes)


def _normals(x: FloatArray, nodes: IntArray) -> FloatArray:
    """Return the normal of each face times twice its area, by its corners, (faces, 3)."""
    triangle = nodes.shape[1] in (3, 6)
    a, b, c, d = (x[nodes[:, i]] for i in ((0, 1, 2, 0) if triangle else (0, 1, 2, 3)))
    return np.asarray(np.cross(c - a, d - b) if not triangle else np.cross(b - a, c - a))


def _triangles(faces: IntArray, element: IntArray) -> Iterator[tuple[IntArray, IntArray]]:
    for rows, nodes in by_count(faces):
        split = np.array(SPLIT[nodes.shape[1]])
        yield nodes[:, split].reshape(-1, 3), np.repeat(element[rows], len(split))


def _lines(x: FloatArray, faces: IntArray, region: IntArray | None) -> tuple[IntArray, IntArray]:
    """Return the sides of faces in straight pieces, and those that are part of the outline."""
    ends, middle, face = _sides(faces)
    low, high = ends.min(axis=1), ends.max(axis=1)
    order = np.lexsort((high, low))
    low, high = low[order], high[order]
    new = np.ones(len(order), dtype=np.bool_)
    new[1:] = (low[1:] != low[:-1]) | (high[1:] != high[:-1])
    first = np.flatnonzero(new)
    times = np.diff(np.append(first, len(order)))
    outlined = times != 2
    pairs = first[times == 2]
    one, two = face[order[pairs]], face[order[pairs + 1]]
    outlined[times == 2] = _differ(_unit_normals(x, faces), region, one, two)
    kept = order[first]
    return _pieces(ends[kept], middle[kept]), _pieces(ends[kept][outlined], middle[kept][outlined])


def _sides(faces: IntArray) -> tuple[IntArray, IntArray, IntArray]:
    """Return the ends of every side of every face, its middle node or -1, and the face."""
    parts: list[tuple[IntArray, IntArray, IntArray]] = []
    for rows, nodes in by_count(faces):
        count = 3 if nodes.shape[1] in (3, 6) else 4
        for side in range(count):
            ends = nodes[:, [side, (side + 1) % count]]
            straight = nodes.shape[1] == count
            middle = np.full(len(nodes), -1) if straight else nodes[:, count + side]
            parts.append((ends, middle, rows))
    ends, middle, face = (np.concatenate(column) for column in zip(*parts, strict=True))
    return ends, middle, face


def _unit_normals(x: FloatArray, faces: IntArray) -> FloatArray:
    found = np.zeros((len(faces), 3))
    for rows, nodes in by_count(faces):
        found[rows] = _normals(x, nodes)
    length = np.linalg.norm(found, axis=1, keepdims=True)
    return np.asarray(found / np.where(length == 0, 1.0, length))


def _differ(
    normals: FloatArray, region: IntArray | None, one: IntArray, two: IntArray
) -> BoolArray:
    """Return whether two faces meet in a crease, or are of two regions."""
    differ = np.einsum("fx,fx->f", normals[one], normals[two]) < CREASE
    if region is not None:
        differ |= region[one] != region[two]
    return np.asarray(differ, dtype=np.bool_)


def _pieces(ends: IntArray, middle: IntArray) -> IntArray:
    curved = middle >= 0
    a, b, m = ends[curved, 0], ends[curved, 1], middle[curved]
    halves = [np.column_stack([a, m]), np.column_stack([m, b])]
    return np.concatenate([ends[~curved], *halves]).astype(np.int64)
