"""A plane section through a solid mesh: what is inside, as triangles with the values there.

Every element that the plane crosses is divided into tetrahedra, curved ones through the nodes in
the middle of their sides, and each of those is cut. Values on the section are interpolated between
the two ends of each cut side; ``probe`` reads by the element's own shape functions.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cache
from itertools import combinations

import numpy as np

from mechagents.verification.elements import (
    BoolArray,
    ElementKind,
    FloatArray,
    IntArray,
    reference_nodes,
    shape_functions,
)
from mechagents.view.returned import Returned

Tetrahedra = tuple[tuple[int, int, int, int], ...]
_TETRA: Tetrahedra = ((0, 1, 2, 3),)
_TETRA10: Tetrahedra = (
    (0, 4, 6, 7), (4, 1, 5, 8), (6, 5, 2, 9), (7, 8, 9, 3),
    (4, 5, 6, 8), (4, 6, 7, 8), (6, 5, 9, 8), (6, 9, 7, 8),
)  # fmt: skip
_HEXAHEDRON: Tetrahedra = (
    (0, 1, 2, 6), (0, 2, 3, 6), (0, 3, 7, 6), (0, 7, 4, 6), (0, 4, 5, 6), (0, 5, 1, 6),
)  # fmt: skip
_WEDGE: Tetrahedra = ((0, 1, 2, 5), (0, 1, 5, 4), (0, 4, 5, 3))
_OCTANT = ((0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0), (0, 0, 1), (1, 0, 1), (1, 1, 1), (0, 1, 1))
NEAR = 1e-12
"""A point that is nearer to the plane, relative to the body's size, is taken to be behind it."""


@dataclass(frozen=True, eq=False)
class Section:
    """Triangles of a plane through a mesh, three vertices each, and none shared.

    A vertex lies between two places of an element; what is known at the element's nodes is at the
    vertex ``weights @ values[nodes]``.
    """

    x: FloatArray
    """Vertices in the undeformed body [m], shape (3 * triangles, 3)."""
    element: IntArray
    """The element that each triangle is of, shape (triangles,)."""
    parts: tuple[tuple[IntArray, FloatArray], ...]
    """Nodes (v, k) and weights (v, k) of the vertices, part by part, in their order."""
    edges: IntArray
    """Where the plane crosses the faces of elements: pairs of vertices, shape (pieces, 2)."""

    def interpolated(self, values: FloatArray) -> FloatArray:
        """Return values at points (points, c) as they are at the vertices, (3 * triangles, c)."""
        found = [np.einsum("vk,vkc->vc", w, values[nodes]) for nodes, w in self.parts]
        return np.concatenate([np.zeros((0, values.shape[1])), *found])


def cut(returned: Returned, normal: FloatArray, offset: float) -> Section:
    """Return the section of a solid with the plane normal . x = offset.

    Args:
        returned: The mesh, of a solid.
        normal: Of unit length, shape (3,).
        offset: Distance of the plane from the origin [m].

    Raises:
        ValueError: If the body is no solid.
    """
    if returned.dimension != 3:
        raise ValueError("only a solid has a section")
    height = returned.x @ normal - offset
    height = np.where(np.abs(height) < NEAR * returned.size, -NEAR * returned.size, height)
    x: list[FloatArray] = [np.zeros((0, 3))]
    elements: list[IntArray] = [np.zeros(0, dtype=np.int64)]
    edges: list[IntArray] = [np.zeros((0, 2), dtype=np.int64)]
    parts: list[tuple[IntArray, FloatArray]] = []
    count = 0
    for start, block in zip(returned.starts, returned.blocks, strict=False):
        ahead = height[block.nodes] > 0
        rows = np.flatnonzero(ahead.any(axis=1) & ~ahead.all(axis=1))
        nodes, division = block.nodes[rows], _division(block.kind)
        for one in _cut_all(division, division.places @ height[nodes].T):
            chosen, weights = nodes[one.element], one.weights(division)
            vertices = len(weights)
            parts.append((chosen, weights))
            x.append(np.einsum("vk,vkc->vc", weights, returned.x[chosen]))
            elements.append(start + rows[one.element[::3]])
            edges.append(one.edges + count)
            count += vertices
    return Section(np.concatenate(x), np.concatenate(elements), tuple(parts), np.concatenate(edges))


@dataclass(frozen=True, eq=False)
class _Division:
    """How an element is divided into tetrahedra."""

    places: FloatArray
    """Shape functions at the places that are their corners, shape (places, nodes)."""
    tetrahedra: IntArray
    """Places, shape (tetrahedra, 4)."""
    outer: BoolArray
    """Whether the face opposite each corner is on the element's own, (tetrahedra, 4)."""


@cache
def _division(kind: ElementKind) -> _Division:
    by_kind = {"tetra": _TETRA, "tetra10": _TETRA10, "hexahedron": _HEXAHEDRON, "wedge": _WEDGE}
    places = np.eye(len(reference_nodes(kind)))
    tetrahedra = by_kind.get(kind)
    if tetrahedra is None:  # a quadratic hexahedron: eight small ones
        line = np.linspace(-1.0, 1.0, 3)
        z, y, x = np.meshgrid(line, line, line, indexing="ij")
        places = shape_functions(kind, np.stack([x.ravel(), y.ravel(), z.ravel()], axis=1))
        tetrahedra = tuple(_in_octants())
    inner = Counter(frozenset(face) for four in tetrahedra for face in combinations(four, 3))
    outer = [[inner[frozenset({*four} - {corner})] == 1 for corner in four] for four in tetrahedra]
    return _Division(places, np.array(tetrahedra), np.array(outer))


def _in_octants() -> list[tuple[int, int, int, int]]:
    """Return the tetrahedra of eight hexahedra on a grid of 3 x 3 x 3 places."""
    found: list[tuple[int, int, int, int]] = []
    for i, j, k in _OCTANT:
        corner = [(i + a) + 3 * (j + b) + 9 * (k + c) for a, b, c in _OCTANT]
        found += [(corner[a], corner[b], corner[c], corner[d]) for a, b, c, d in _HEXAHEDRON]
    return found


@dataclass(frozen=True, eq=False)
class _Cut:
    """Vertices on sides of tetrahedra, three for each triangle."""

    element: IntArray
    """Row of the element of each vertex, shape (vertices,)."""
    one: IntArray
    two: IntArray
    """The places that each vertex lies between."""
    share: FloatArray
    """How far it is on the way from one to two."""
    edges: IntArray

    def weights(self, division: _Division) -> FloatArray:
        """Return the weight of each node of the element at each vertex, (vertices, nodes)."""
        ahead = self.share[:, None]
        return (1 - ahead) * division.places[self.one] + ahead * division.places[self.two]


def _cut_all(division: _Division, height: FloatArray) -> list[_Cut]:
    """Return the cuts of elements whose places have heights (places, elements)."""
    found: list[_Cut] = []
    for four, outer in zip(division.tetrahedra, division.outer, strict=True):
        above = height[four] > 0
        for pattern in range(1, 15):
            bits = [bool(pattern >> i & 1) for i in range(4)]
            rows = np.flatnonzero((above == np.array(bits)[:, None]).all(axis=0))
            if rows.size:
                found.append(_cut_alike(four, outer, bits, rows, height))
    return found


def _cut_alike(
    four: IntArray, outer: BoolArray, above: list[bool], rows: IntArray, height: FloatArray
) -> _Cut:
    """Return the cut of tetrahedra that have the same corners above the plane."""
    ring, opposite = _ring(above)
    corners = (0, 1, 2) if len(ring) == 3 else (0, 1, 2, 0, 2, 3)
    one = np.tile(four[[ring[i][0] for i in corners]], len(rows))
    two = np.tile(four[[ring[i][1] for i in corners]], len(rows))
    element = np.repeat(rows, len(corners))
    from_one, from_two = height[one, element], height[two, element]
    first = np.arange(len(rows))[:, None] * len(corners)
    # The sides of the triangle, or of the quadrilateral, by their places among the vertices.
    at = {3: ((0, 1), (1, 2), (2, 0)), 4: ((0, 1), (1, 2), (4, 5), (5, 0))}[len(ring)]
    sides = [np.array(at[i]) + first for i, face in enumerate(opposite) if outer[face]]
    edges = np.concatenate([np.zeros((0, 2), dtype=np.int64), *sides])
    return _Cut(element, one, two, from_one / (from_one - from_two), edges)


def _ring(above: list[bool]) -> tuple[list[tuple[int, int]], list[int]]:
    """Return the sides that are cut, in turn, and the corner opposite the face between each two."""
    up = [i for i in range(4) if above[i]]
    down = [i for i in range(4) if not above[i]]
    if len(up) == 2:
        (a, b), (c, d) = up, down
        return [(a, c), (a, d), (b, d), (b, c)], [b, c, a, d]
    alone, others = (up[0], down) if len(up) == 1 else (down[0], up)
    x, y, z = others
    return [(alone, x), (alone, y), (alone, z)], [z, x, y]
