"""Finite elements of the plane and of space: shape functions, edges and faces.

Nodes are in VTK's order; ``element_tables`` says where they lie.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from mechagents.verification.element_tables import (
    HEXAHEDRON,
    HEXAHEDRON_EDGES,
    HEXAHEDRON_FACES,
    LINEAR,
    MONOMIALS,
    QUAD,
    TETRA,
    TETRA_EDGES,
    TETRA_FACES,
    TRIANGLE,
    WEDGE,
    WEDGE_EDGES,
    WEDGE_FACES,
    ElementKind,
    PlaneKind,
)
from mechagents.verification.quadrature import RULES, face_rule, gauss_rule, quadrature

__all__ = [
    "KINDS",
    "RULES",
    "BoolArray",
    "ElementKind",
    "FloatArray",
    "IntArray",
    "corners",
    "dimension",
    "edge_shape",
    "face_rule",
    "face_shape",
    "gauss_rule",
    "local_edges",
    "local_faces",
    "order",
    "quadrature",
    "reference_middle",
    "reference_nodes",
    "shape_functions",
    "shape_gradients",
]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
KINDS = tuple(MONOMIALS)
"""Every element kind."""
_CORNERS = {"triangle": 3, "quad": 4, "tetra": 4, "hexahedron": 8, "wedge": 6}
_NODES: dict[str, tuple[tuple[float, ...], ...]] = {
    "triangle": TRIANGLE, "quad": QUAD, "tetra": TETRA, "hexahedron": HEXAHEDRON, "wedge": WEDGE,
}  # fmt: skip
_FACES: dict[int, PlaneKind] = {3: "triangle", 6: "triangle6", 4: "quad", 8: "quad8", 9: "quad9"}
"""A face is an element of the plane: by how many nodes it has."""


def shape(kind: ElementKind) -> str:
    """Return the name of the straight element with the same corners."""
    return kind.rstrip("0123456789")


def dimension(kind: ElementKind) -> int:
    """Return 2 for an element of the plane, 3 for one of space."""
    return len(MONOMIALS[kind][0])


def corners(kind: ElementKind) -> int:
    """Return how many corners an element has."""
    return _CORNERS[shape(kind)]


def order(kind: ElementKind) -> int:
    """Return the polynomial order that an element represents completely."""
    return 1 if kind in LINEAR else 2


def reference_nodes(kind: ElementKind) -> FloatArray:
    """Return the nodes in reference coordinates, shape (nodes, dimension)."""
    return np.array(_NODES[shape(kind)][: len(MONOMIALS[kind])])


def reference_middle(kind: ElementKind) -> FloatArray:
    """Return the middle of an element in reference coordinates, shape (1, dimension)."""
    nodes = reference_nodes(kind)[: corners(kind)]
    return np.asarray(nodes.mean(axis=0, keepdims=True), dtype=np.float64)


def local_edges(kind: ElementKind) -> IntArray:
    """Return the local nodes of each edge: two ends, then the middle or -1, shape (edges, 3)."""
    n = corners(kind)
    around = tuple((i, (i + 1) % n) for i in range(n))
    of_space = {"tetra": TETRA_EDGES, "hexahedron": HEXAHEDRON_EDGES, "wedge": WEDGE_EDGES}
    ends = of_space.get(shape(kind), around)
    middle = [n + i if order(kind) == 2 else -1 for i in range(len(ends))]
    return np.array([(*pair, middle[i]) for i, pair in enumerate(ends)])


@cache
def local_faces(kind: ElementKind) -> IntArray:
    """Return the local nodes of each face of an element of space, shape (faces, 3|4|6|8|9).

    Corners come first, then middles in the order of ``face_shape``. The corners run anticlockwise
    seen from outside where det dx/dxi is positive, and clockwise where a mesh has it negative.
    Triangular faces of a wedge end with -1.
    """
    by_shape = {"tetra": TETRA_FACES, "hexahedron": HEXAHEDRON_FACES, "wedge": WEDGE_FACES}
    rows = [_face_nodes(kind, face) for face in by_shape[shape(kind)]]
    width = max(map(len, rows))
    return np.array([[*row, *[-1] * (width - len(row))] for row in rows])


def _face_nodes(kind: ElementKind, face: tuple[int, ...]) -> list[int]:
    """Return a face's corners with those nodes of the element that lie in the middle of them."""
    if order(kind) == 1:
        return list(face)
    nodes = reference_nodes(kind)
    sides = [nodes[[a, b]].mean(axis=0) for a, b in zip(face, (*face[1:], face[0]), strict=True)]
    middles = [*sides, nodes[list(face)].mean(axis=0)]
    near = [np.flatnonzero(np.abs(nodes - middle).max(axis=1) < 1e-9) for middle in middles]
    return [*face, *(int(found[0]) for found in near if found.size)]


def _power(values: FloatArray, exponents: tuple[int, ...]) -> FloatArray:
    """Return a monomial at points (q, dimension), shape (q,)."""
    found = np.ones(len(values))
    for axis, exponent in enumerate(exponents):
        found *= values[:, axis] ** exponent
    return found


@cache
def _coefficients(kind: ElementKind) -> FloatArray:
    nodes = reference_nodes(kind)
    at_nodes = np.stack([_power(nodes, e) for e in MONOMIALS[kind]], axis=1)
    return np.asarray(np.linalg.inv(at_nodes), dtype=np.float64)


def shape_functions(kind: ElementKind, points: FloatArray) -> FloatArray:
    """Return N at reference points (q, dimension), shape (q, nodes) [-]."""
    return np.stack([_power(points, e) for e in MONOMIALS[kind]], axis=1) @ _coefficients(kind)


def shape_gradients(kind: ElementKind, points: FloatArray) -> FloatArray:
    """Return dN in reference coordinates at points (q, d), shape (q, nodes, d) [-]."""
    by_axis: list[FloatArray] = []
    for axis in range(dimension(kind)):
        slopes = [
            e[axis] * _power(points, (*e[:axis], max(e[axis] - 1, 0), *e[axis + 1 :]))
            for e in MONOMIALS[kind]
        ]
        by_axis.append(np.stack(slopes, axis=1) @ _coefficients(kind))
    return np.stack(by_axis, axis=2)


def face_shape(nodes: int, points: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return N and dN of a face of 3, 6, 4, 8 or 9 nodes at points (q, 2) of its own plane.

    Triangles live on (0, 0), (1, 0), (0, 1), quadrilaterals on [-1, 1] x [-1, 1], as ``face_rule``
    has them.

    Returns:
        N, shape (q, nodes), and dN, shape (q, nodes, 2) [-]. With x = N @ coordinates, the cross
        product of dx/ds and dx/dt is the normal times the area of a unit of the reference face.
    """
    return shape_functions(_FACES[nodes], points), shape_gradients(_FACES[nodes], points)


def edge_shape(quadratic: bool, points: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return N and dN/ds of an edge at s in [-1, 1]: two ends, then the middle; (q, 2 or 3)."""
    s, one = points, np.ones_like(points)
    if not quadratic:
        return np.stack([(1 - s) / 2, (1 + s) / 2], 1), np.stack([-one / 2, one / 2], 1)
    N = np.stack([s * (s - 1) / 2, s * (s + 1) / 2, 1 - s**2], 1)
    return N, np.stack([s - 0.5, s + 0.5, -2 * s], 1)
