"""Which surface the faces of a solid's mesh lie on, and how much lies between them and it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mechagents.verification.elements import BoolArray, FloatArray, IntArray
from mechagents.verification.fields import Fields
from mechagents.verification.skin import face_middles, face_samples, triangular
from mechagents.verification.walls import Wall

_SAME_WAY = 0.7
"""The least cosine between the normals of a face and of the surface it is part of."""
_FACE = (0.26, 1.75)
"""The middle of an equilateral triangle of side h is about h^2 / 6 R off its sphere, that of a
square with the diagonal h about h^2 / 8 R, more on coarse meshes: a tetrahedron in a ball has
sides of 1.63 R, which are 0.25 h^2 / R off."""


@dataclass(frozen=True, eq=False)
class Facets:
    """Faces of a mesh, with where they lie."""

    fields: Fields
    nodes: IntArray
    """Corners, middles, then -1, shape (faces, 9)."""
    middle: FloatArray
    """[m], shape (faces, 3)."""
    normal: FloatArray
    """Unit vectors at the middles, shape (faces, 3)."""
    diagonals: FloatArray
    """From each corner to the others [m], shape (faces, pairs, 3)."""

    @classmethod
    def of(cls, fields: Fields, nodes: IntArray) -> Facets:
        """Return faces (faces, 9) with where they lie."""
        middle, normal = face_middles(fields, nodes)
        four = nodes[:, [0, 1, 2, 3]]
        four[:, 3] = np.where(triangular(nodes), four[:, 2], four[:, 3])
        x = fields.points[four]
        first, second = np.triu_indices(4, 1)
        return cls(fields, nodes, middle, normal, x[:, second] - x[:, first])

    def take(self, rows: IntArray) -> Facets:
        """Return some of the faces."""
        return Facets(
            self.fields,
            self.nodes[rows],
            self.middle[rows],
            self.normal[rows],
            self.diagonals[rows],
        )

    def on(self, wall: Wall, near: float) -> BoolArray:
        """Return which faces lie on a surface, shape (faces,).

        Their corners do, the other nodes too or are as far off as chords must be, and they face
        as it does.
        """
        height = np.abs(wall.height(self.fields.points))
        chords = wall.sagitta(self.diagonals, *_FACE).max(axis=1)
        allowed = np.full(self.nodes.shape, near) + chords[:, None]
        allowed[:, :3] = near
        allowed[:, 3] = np.where(triangular(self.nodes), allowed[:, 3], near)
        off = np.where(self.nodes < 0, 0.0, height[self.nodes])
        facing = np.einsum("mx,mx->m", self.normal, wall.normal(self.middle))
        return np.asarray(
            (off <= allowed).all(axis=1)
            & (np.abs(wall.height(self.middle)) <= near + chords)
            & (np.abs(facing) >= _SAME_WAY)
        )

    def nearest(self, walls: Sequence[Wall], near: float) -> IntArray:
        """Return the number of the surface that each face lies on, or -1; shape (faces,)."""
        found = np.full(len(self.nodes), -1, dtype=np.int64)
        least = np.full(len(self.nodes), np.inf)
        for number, wall in enumerate(walls):
            off = np.where(self.on(wall, near), np.abs(wall.height(self.middle)), np.inf)
            found[off < least] = number
            least = np.minimum(least, off)
        return found

    def gaps(self, walls: Sequence[Wall], which: IntArray) -> FloatArray:
        """Return the volume between the faces and the surfaces they lie on [m^3], (walls,).

        Only what lies between corners counts: how far these are off themselves is no chord's doing.
        """
        found = np.zeros(len(walls))
        for part in face_samples(self.fields, self.nodes):
            area = np.linalg.norm(part.area, axis=-1)
            for number, wall in enumerate(walls):
                on = which[part.rows] == number
                if not np.isinf(wall.bend):
                    corners = wall.height(self.fields.points[part.nodes[on, :3]])
                    off = wall.height(part.x[on]) - corners.mean(axis=1, keepdims=True)
                    found[number] += float((np.abs(off) * area[on]).sum())
        return found

    def outward(self, wall: Wall) -> FloatArray:
        """Return a surface's unit normals beside the faces, out of the body, (faces, 3)."""
        normal = wall.normal(wall.foot(self.middle))
        sense = np.sign(np.einsum("mx,mx->m", normal, self.normal))
        return np.asarray(normal * sense[:, None])
