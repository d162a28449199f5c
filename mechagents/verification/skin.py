"""The outer faces of a returned mesh of a solid, and how its elements are joined by their faces."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from mechagents.verification.elements import (
    BoolArray,
    FloatArray,
    IntArray,
    face_rule,
    face_shape,
    local_faces,
)
from mechagents.verification.fields import Block, Fields

MOST_NODES = 9
"""Of a face."""
_TURNED: dict[int, tuple[int, ...]] = {
    3: (0, 2, 1),
    6: (0, 2, 1, 5, 4, 3),
    4: (0, 3, 2, 1),
    8: (0, 3, 2, 1, 7, 6, 5, 4),
    9: (0, 3, 2, 1, 7, 6, 5, 4, 8),
}
"""The nodes of a face seen from its other side, by how many it has."""


@dataclass(frozen=True, eq=False)
class Skin:
    """The faces of a mesh of a solid."""

    faces: IntArray
    """Those of one element only: corners, middles, then -1, anticlockwise seen from outside;
    shape (faces, 9)."""
    element: IntArray
    """The element of each, counted over all blocks, shape (faces,)."""
    inner: IntArray
    """Faces that two elements share, seen from outside the first, shape (inner, 9)."""
    sides: IntArray
    """The two elements of each of those, shape (inner, 2)."""
    overlapping: int
    """How many faces have two elements on the same side of them."""
    torn: int
    """How many have two elements with the same corners but other nodes between them."""

    @property
    def all_nodes(self) -> IntArray:
        """Every node of the outer faces, ascending."""
        return nodes_of(self.faces)

    def between(self, region: IntArray, which: int) -> IntArray:
        """Return the faces that bound a region, (faces, 9).

        Args:
            region: The region of each element, over all blocks, shape (elements,).
            which: The region.
        """
        inside = region[self.sides] == which
        ends = inside[:, 0] != inside[:, 1]
        return np.concatenate([self.faces[region[self.element] == which], self.inner[ends]])


_NONE = np.zeros((0, MOST_NODES), dtype=np.int64)
NO_SKIN = Skin(_NONE, _NONE[:, 0], _NONE, _NONE[:, :2], 0, 0)
"""That of a mesh of the plane."""


def skin_of(fields: Fields) -> Skin:
    """Return the faces of a mesh of a solid."""
    parts = [_faces(fields, block) for block in fields.blocks]
    count = np.cumsum([0, *map(len, fields.blocks)])
    element = np.concatenate(
        [np.tile(np.arange(len(b)), len(local_faces(b.kind))) + count[i]
         for i, b in enumerate(fields.blocks)]
    )  # fmt: skip
    faces = np.concatenate(parts)
    number, sense = _numbered(faces)
    times = np.bincount(number)
    order = np.argsort(number, kind="stable")
    starts = np.concatenate([[0], np.cumsum(times)[:-1]])
    alone = order[starts[times == 1]]
    first, second = order[starts[times == 2]], order[starts[times == 2] + 1]
    same = sense[first] == sense[second]
    torn = np.any(np.sort(faces[first], axis=1) != np.sort(faces[second], axis=1), axis=1)
    return Skin(
        faces=faces[alone],
        element=element[alone],
        inner=faces[first],
        sides=np.stack([element[first], element[second]], axis=1),
        overlapping=int(same.sum()) + int((times > 2).sum()),
        torn=int(torn.sum()),
    )


def _faces(fields: Fields, block: Block) -> IntArray:
    """Return every face of a block, seen from outside its element, (faces * elements, 9)."""
    local = local_faces(block.kind)
    padded = np.full((len(local), len(block), MOST_NODES), -1, dtype=np.int64)
    from_middle = fields.points[block.nodes] - fields.points[block.nodes].mean(axis=1)[:, None]
    volume = np.zeros(len(block))
    for face, row in enumerate(local):
        padded[face, :, : len(row)] = np.where(row < 0, -1, block.nodes[:, row])
        a, b, c, d = from_middle[:, _four_corners(row)].transpose(1, 0, 2)
        volume += np.einsum("mx,mx->m", a + b + c + d, np.cross(c - a, d - b))
    inside_out = (volume < 0)[:, None]
    for face, row in enumerate(local):
        count = int((row >= 0).sum())
        back = padded[face][:, list(_TURNED[count])]
        padded[face, :, :count] = np.where(inside_out, back, padded[face, :, :count])
    return padded.reshape(-1, MOST_NODES)


def _four_corners(row: IntArray) -> IntArray:
    """Return four corners of a face; of a triangle the last one twice."""
    triangle = int((row >= 0).sum()) in (3, 6)
    return row[[0, 1, 2, 2]] if triangle else row[:4]


def _numbered(faces: IntArray) -> tuple[IntArray, BoolArray]:
    """Return a number for each face, the same for the same corners, and how it turns, (faces,)."""
    four = np.where(triangular(faces)[:, None], np.int64(-1), faces[:, :4])
    four[:, :3] = faces[:, :3]
    sides = np.where(four[:, 3] < 0, 3, 4)
    start = np.where(four < 0, np.iinfo(np.int64).max, four).argmin(axis=1)
    at = (start[:, None] + np.arange(4)) % sides[:, None]
    round_it: IntArray = np.take_along_axis(four, at, axis=1)
    a, b, c, d = round_it.T
    # A triangle goes a, b, c and comes round to a; its neighbours of a are b and c.
    last, across = np.copy(d), np.copy(c)
    last[sides == 3], across[sides == 3] = c[sides == 3], -1
    keys = (a, across, np.minimum(b, last), np.maximum(b, last))
    order = np.lexsort(keys)
    changed = np.zeros(len(faces), dtype=np.int64)
    for key in keys:
        changed[1:] |= key[order][1:] != key[order][:-1]
    number = np.empty_like(changed)
    number[order] = np.cumsum(changed)
    return number, np.asarray(b < last, dtype=np.bool_)


def triangular(faces: IntArray) -> BoolArray:
    """Return which faces (faces, 9) are triangles."""
    count = (faces >= 0).sum(axis=1)
    return np.asarray((count == 3) | (count == 6), dtype=np.bool_)


def nodes_of(faces: IntArray) -> IntArray:
    """Return every node of faces, ascending."""
    found = np.unique(faces)
    return np.asarray(found[found >= 0], dtype=np.int64)


def by_count(faces: IntArray) -> Iterator[tuple[IntArray, IntArray]]:
    """Yield the faces of each number of nodes: which they are, and their nodes alone."""
    count = (faces >= 0).sum(axis=1)
    for number in np.unique(count):
        rows = np.flatnonzero(count == number)
        yield rows, faces[rows, :number]


@dataclass(frozen=True, eq=False)
class FaceSamples:
    """Values at quadrature points of faces that have the same number of nodes."""

    rows: IntArray
    """Which faces these are."""
    nodes: IntArray
    """Their nodes, shape (faces, nodes)."""
    N: FloatArray
    """Shape functions, shape (points, nodes)."""
    x: FloatArray
    """Where the points lie [m], shape (faces, points, 3)."""
    area: FloatArray
    """The unit normal out of the body times the area of each point [m^2], (faces, points, 3)."""


def face_samples(fields: Fields, faces: IntArray, level: int = 0) -> Iterator[FaceSamples]:
    """Yield the quadrature points of faces (faces, 9), once for each number of nodes."""
    for rows, nodes in by_count(faces):
        points, weights = face_rule(nodes.shape[1], level)
        N, dN = face_shape(nodes.shape[1], points)
        x = fields.points[nodes]
        along = np.einsum("qks,mkx->smqx", dN, x)
        yield FaceSamples(rows, nodes, N, N @ x, np.cross(along[0], along[1]) * weights[:, None])


def face_areas(fields: Fields, faces: IntArray) -> FloatArray:
    """Return the area of each face (faces, 9) [m^2], shape (faces,)."""
    found = np.zeros(len(faces))
    for part in face_samples(fields, faces):
        found[part.rows] = np.linalg.norm(part.area, axis=-1).sum(axis=1)
    return found


def face_middles(fields: Fields, faces: IntArray) -> tuple[FloatArray, FloatArray]:
    """Return the middle of each face [m] and the unit normal there, both (faces, 3)."""
    middle, normal = np.zeros((len(faces), 3)), np.zeros((len(faces), 3))
    for rows, nodes in by_count(faces):
        triangle = nodes.shape[1] in (3, 6)
        at = np.full((1, 2), 1 / 3 if triangle else 0.0)
        N, dN = face_shape(nodes.shape[1], at)
        x = fields.points[nodes]
        middle[rows] = np.einsum("k,mkx->mx", N[0], x)
        along = np.einsum("ks,mkx->smx", dN[0], x)
        square = np.cross(along[0], along[1])
        length = np.linalg.norm(square, axis=1, keepdims=True)
        normal[rows] = square / np.where(length == 0, 1.0, length)
    return middle, normal


def face_sizes(fields: Fields, faces: IntArray) -> FloatArray:
    """Return the longest side of each face, between its corners [m], shape (faces,)."""
    found = np.zeros(len(faces))
    for rows, nodes in by_count(faces):
        sides = 3 if nodes.shape[1] in (3, 6) else 4
        x = fields.points[nodes[:, :sides]]
        found[rows] = np.linalg.norm(x - np.roll(x, -1, axis=1), axis=2).max(axis=1)
    return found


def face_edges(faces: IntArray) -> IntArray:
    """Return the edges of faces, each once: two ends, then the middle node or -1; (edges, 3)."""
    found: list[IntArray] = [np.zeros((0, 3), dtype=np.int64)]
    for _, nodes in by_count(faces):
        sides = 3 if nodes.shape[1] in (3, 6) else 4
        for side in range(sides):
            ends = np.sort(nodes[:, [side, (side + 1) % sides]], axis=1)
            middle = nodes[:, sides + side] if nodes.shape[1] > sides else np.full(len(nodes), -1)
            found.append(np.column_stack([ends, middle]))
    return np.unique(np.concatenate(found), axis=0)
