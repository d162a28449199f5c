"""The edges at which the faces of a solid's mesh turn, and the angle of the body there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mechagents.verification.elements import FloatArray, IntArray
from mechagents.verification.facets import Facets
from mechagents.verification.fields import Fields
from mechagents.verification.skin import by_count
from mechagents.verification.walls import Wall


@dataclass(frozen=True, eq=False)
class Creases:
    """The edges of faces that close a body, each with the two faces that meet there."""

    ends: IntArray
    """Nodes, shape (edges, 2)."""
    faces: IntArray
    """Which faces, shape (edges, 2)."""
    angle: FloatArray
    """Of the body, between its faces [rad]: pi where they go on smoothly, (edges,)."""

    def points(self, fields: Fields) -> FloatArray:
        """Return both ends of the edges and their middles [m], shape (3 edges, 3)."""
        ends = fields.points[self.ends]
        return np.concatenate([ends.reshape(-1, 3), ends.mean(axis=1)])

    def take(self, rows: IntArray) -> Creases:
        """Return some of the edges."""
        return Creases(self.ends[rows], self.faces[rows], self.angle[rows])


def creases(fields: Fields, faces: IntArray, walls: Sequence[Wall], near: float) -> Creases:
    """Return the edges of faces (faces, 9) that are seen from outside a body.

    The angle follows from the surfaces that the faces lie on, not from the chords that stand for
    them, and so it is pi all over a hole. An edge at which more than two faces meet, as where
    two blocks touch along it, counts as the sharpest there is.

    Args:
        fields: The mesh.
        faces: That close the body: corners, middles, then -1.
        walls: The surfaces that they may lie on.
        near: How far off them they may be [m].
    """
    sides, owner = _sides(faces)
    key = np.sort(sides, axis=1)
    order = np.lexsort((key[:, 1], key[:, 0]))
    fresh = np.ones(len(order), dtype=np.bool_)
    fresh[1:] = np.any(key[order][1:] != key[order][:-1], axis=1)
    first = np.flatnonzero(fresh)
    times = np.diff(np.append(first, len(order)))
    pairs, many = first[times == 2], first[times > 2]
    one, two = order[pairs], order[pairs + 1]
    normals = _Normals(fields, faces, walls, near)
    middle = fields.points[sides[one]].mean(axis=1)
    along = fields.points[sides[one, 1]] - fields.points[sides[one, 0]]
    n1, n2 = normals(owner[one], middle), normals(owner[two], middle)
    along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-300)
    turn = np.arctan2((np.cross(n1, n2) * along).sum(axis=1), (n1 * n2).sum(axis=1))
    branch = order[many]
    return Creases(
        np.concatenate([sides[one], sides[branch]]),
        np.concatenate([np.stack([owner[one], owner[two]], 1), np.stack([owner[branch]] * 2, 1)]),
        np.concatenate([np.pi - turn, np.full(len(branch), 2 * np.pi)]),
    )


def rim(faces: IntArray) -> IntArray:
    """Return the edges that one of the faces (faces, 9) has alone: two ends, ascending."""
    sides, _ = _sides(faces)
    ends, times = np.unique(np.sort(sides, axis=1), axis=0, return_counts=True)
    return np.asarray(ends[times == 1], dtype=np.int64)


def _sides(faces: IntArray) -> tuple[IntArray, IntArray]:
    """Return the ends of each side, anticlockwise, and the face that has it."""
    sides, owner = [np.zeros((0, 2), dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
    for rows, nodes in by_count(faces):
        count = 3 if nodes.shape[1] in (3, 6) else 4
        for side in range(count):
            sides.append(nodes[:, [side, (side + 1) % count]])
            owner.append(rows)
    return np.concatenate(sides), np.concatenate(owner)


class _Normals:
    """The unit vectors out of the body at places of its faces."""

    def __init__(self, fields: Fields, faces: IntArray, walls: Sequence[Wall], near: float) -> None:
        self._facets = Facets.of(fields, faces)
        self._wall = self._facets.nearest(walls, near)
        self._walls = walls

    def __call__(self, which: IntArray, at: FloatArray) -> FloatArray:
        """Return the normals of some faces, of the surfaces they lie on, at points (n, 3)."""
        own = self._facets.normal[which]
        found = own.copy()
        for number, wall in enumerate(self._walls):
            rows = np.flatnonzero(self._wall[which] == number)
            square = wall.normal(at[rows])
            sense = np.sign((square * own[rows]).sum(axis=1, keepdims=True))
            found[rows] = square * sense
        return found
