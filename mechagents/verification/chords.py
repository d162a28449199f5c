"""How far the faces of a right mesh may be off the curved surfaces of a solid: by their chords.

Corners of elements lie on the surfaces; what is between them lies off by what the mesh itself
tells. So a coarse mesh of flat faces is allowed what it cuts off, and a fine or a curved one next
to nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mechagents.verification.creases import rim
from mechagents.verification.elements import FloatArray, IntArray
from mechagents.verification.facets import Facets
from mechagents.verification.skin import face_edges
from mechagents.verification.walls import Wall

MOST = 0.1
"""The most that chords may cut off a volume or an area, as a share of it: past that the mesh is
another body. Flat faces of 0.4 of the radius cut 6 % off a ball."""
_LONGEST = 1.01
"""In radii: the side of a hexagon. What is longer is no chord."""
_POLE = (0.2, 2.0)
"""Corners around the pole of a sphere are h^2 / 6 R below it, of a ball of four more."""
_ALONG: FloatArray = np.arange(0.5, 8) / 8
"""Places on an edge."""


def cut_from_area(facets: Facets, wall: Wall, walls: Sequence[Wall], near: float) -> float:
    """Return the area that faces may lack of the part of a surface that they stand for [m^2].

    Across a facet whose middle is m off a surface of radius R the area falls short by up to
    2 m / R; and between the edge of a surface and the chord along it lies an area of its own.

    Args:
        facets: Faces on the surface.
        wall: The surface.
        walls: All surfaces of the body, on which the edges of this one lie.
        near: Points closer than this to a surface lie on it [m].
    """
    gap = float(facets.gaps([wall], np.zeros(len(facets.nodes), dtype=np.int64))[0])
    bent = 0.0 if np.isinf(wall.bend) else 2 * gap / wall.bend
    return bent + _beside_rim(facets, [other for other in walls if other != wall], near)


def _beside_rim(facets: Facets, walls: Sequence[Wall], near: float) -> float:
    """Return the area between the edges around some faces and the curved surfaces they end at."""
    edges, points = _rim(facets.nodes), facets.fields.points
    ends = points[edges[:, :2]]
    middle = np.where(edges[:, 2:] < 0, ends.mean(axis=1), points[edges[:, 2]])
    s = _ALONG[:, None, None]
    line = (1 - s) * (1 - 2 * s) * ends[:, 0] + 4 * s * (1 - s) * middle
    line = line + s * (2 * s - 1) * ends[:, 1]
    length = np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1)
    off = np.zeros(len(edges))
    for wall in walls:
        if np.isinf(wall.bend):
            continue
        on = (np.abs(wall.height(ends)) <= near).all(axis=1)
        on &= wall.sagitta(ends[:, 1] - ends[:, 0], 1.0, _LONGEST) > 0
        off = np.maximum(off, np.where(on, np.abs(wall.height(line)).mean(axis=0), 0.0))
    return float((off * length).sum())


def _rim(faces: IntArray) -> IntArray:
    """Return the edges that one of the faces has alone: two ends, then the middle node or -1."""
    edges = face_edges(faces)
    alone = {(int(a), int(b)) for a, b in rim(faces)}
    keep = [row for row, (a, b, _) in enumerate(edges.tolist()) if (a, b) in alone]
    return edges[keep]


def short_of_pole(facets: Facets, walls: Sequence[Wall], which: IntArray) -> float:
    """Return how far the nodes of faces may all be from the end of a curved surface [m].

    Args:
        facets: Outer faces of a mesh.
        walls: Surfaces.
        which: The surface that each face lies on, or -1.
    """
    found = 0.0
    for number, wall in enumerate(walls):
        if not np.isinf(wall.bend):
            steps = facets.diagonals[which == number]
            found = max(found, float(wall.sagitta(steps, *_POLE).max(initial=0.0)))
    return found
