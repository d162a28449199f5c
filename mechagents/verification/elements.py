"""Plane finite elements in VTK's node order: shape functions, edges and quadrature.

Triangles live on (0, 0), (1, 0), (0, 1); quadrilaterals on [-1, 1] x [-1, 1].
"""

from __future__ import annotations

from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
ElementKind = Literal["triangle", "triangle6", "quad", "quad8", "quad9"]
"""The elements that a returned mesh may hold, by meshio's names."""

_TRIANGLE = ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (0.5, 0.0), (0.5, 0.5), (0.0, 0.5))
_QUAD = (
    *((-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)),
    *((0.0, -1.0), (1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, 0.0)),
)  # fmt: skip
_BILINEAR = ((0, 0), (1, 0), (0, 1), (1, 1))
_EXPONENTS: dict[ElementKind, tuple[tuple[int, int], ...]] = {
    "triangle": ((0, 0), (1, 0), (0, 1)),
    "triangle6": ((0, 0), (1, 0), (0, 1), (2, 0), (1, 1), (0, 2)),
    "quad": _BILINEAR,
    "quad8": (*_BILINEAR, (2, 0), (0, 2), (2, 1), (1, 2)),
    "quad9": (*_BILINEAR, (2, 0), (0, 2), (2, 1), (1, 2), (2, 2)),
}
"""The monomials x^i y^j that span each element's displacement."""
KINDS = tuple(_EXPONENTS)
"""Every element kind."""


def corners(kind: ElementKind) -> int:
    """Return how many corners an element has."""
    return 3 if kind.startswith("triangle") else 4


def order(kind: ElementKind) -> int:
    """Return the polynomial order that an element represents completely."""
    return 1 if kind in ("triangle", "quad") else 2


def reference_nodes(kind: ElementKind) -> FloatArray:
    """Return the nodes in reference coordinates, shape (nodes, 2)."""
    nodes = _TRIANGLE if corners(kind) == 3 else _QUAD
    return np.array(nodes[: len(_EXPONENTS[kind])])


def local_edges(kind: ElementKind) -> IntArray:
    """Return the local nodes of each edge: two ends, then the middle or -1, shape (edges, 3)."""
    n = corners(kind)
    middle = [n + i if order(kind) == 2 else -1 for i in range(n)]
    return np.array([(i, (i + 1) % n, middle[i]) for i in range(n)])


@cache
def _coefficients(kind: ElementKind) -> FloatArray:
    x, y = reference_nodes(kind).T
    return np.linalg.inv(np.stack([x**i * y**j for i, j in _EXPONENTS[kind]], axis=1))


def shape_functions(kind: ElementKind, points: FloatArray) -> FloatArray:
    """Return N at reference points (q, 2), shape (q, nodes) [-]."""
    x, y = points.T
    return np.stack([x**i * y**j for i, j in _EXPONENTS[kind]], axis=1) @ _coefficients(kind)


def shape_gradients(kind: ElementKind, points: FloatArray) -> FloatArray:
    """Return dN in reference coordinates at points (q, 2), shape (q, nodes, 2) [-]."""
    x, y = points.T
    dx = [i * x ** max(i - 1, 0) * y**j for i, j in _EXPONENTS[kind]]
    dy = [j * x**i * y ** max(j - 1, 0) for i, j in _EXPONENTS[kind]]
    by_axis = [np.stack(part, axis=1) @ _coefficients(kind) for part in (dx, dy)]
    return np.stack(by_axis, axis=2)


def edge_shape(quadratic: bool, points: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return N and dN/ds of an edge at s in [-1, 1]: two ends, then the middle; (q, 2 or 3)."""
    s, one = points, np.ones_like(points)
    if not quadratic:
        return np.stack([(1 - s) / 2, (1 + s) / 2], 1), np.stack([-one / 2, one / 2], 1)
    N = np.stack([s * (s - 1) / 2, s * (s + 1) / 2, 1 - s**2], 1)
    return N, np.stack([s - 0.5, s + 0.5, -2 * s], 1)


_SYMMETRIC: dict[int, tuple[tuple[float, tuple[float, float, float]], ...]] = {
    1: ((1.0, (1 / 3, 1 / 3, 1 / 3)),),
    3: ((1 / 3, (2 / 3, 1 / 6, 1 / 6)),),
    4: ((-27 / 48, (1 / 3, 1 / 3, 1 / 3)), (25 / 48, (0.6, 0.2, 0.2))),
    6: (
        (0.223381589678011, (0.108103018168070, 0.445948490915965, 0.445948490915965)),
        (0.109951743655322, (0.816847572980458, 0.091576213509771, 0.091576213509771)),
    ),
    7: (
        (0.225, (1 / 3, 1 / 3, 1 / 3)),
        (0.132394152788506, (0.059715871789770, 0.470142064105115, 0.470142064105115)),
        (0.125939180544827, (0.797426985353088, 0.101286507323456, 0.101286507323456)),
    ),
    12: (
        (0.116786275726379, (0.501426509658179, 0.249286745170910, 0.249286745170911)),
        (0.050844906370207, (0.873821971016996, 0.063089014491502, 0.063089014491502)),
        (0.082851075618374, (0.053145049844817, 0.310352451033784, 0.636502499121399)),
    ),
}
"""Weights and barycentric coordinates by the number of points; exact to degrees 1 to 6.

Dunavant, High degree efficient symmetrical Gaussian quadrature rules for the triangle (1985).
"""


def _triangle_rule(size: int) -> tuple[FloatArray, FloatArray]:
    points: list[tuple[float, float]] = []
    weights: list[float] = []
    for weight, (a, b, c) in _SYMMETRIC[size]:
        orbit = {(a, b), (b, c), (c, a)} | {(b, a), (c, b), (a, c)}
        found: list[tuple[float, float]] = []
        for point in sorted(orbit):
            if all(max(abs(point[0] - x), abs(point[1] - y)) > 1e-9 for x, y in found):
                found.append(point)
        points += found
        weights += [weight / 2] * len(found)
    return np.array(points), np.array(weights)


def gauss_rule(size: int) -> tuple[FloatArray, FloatArray]:
    """Return points and weights on [-1, 1], exact to degree 2 size - 1."""
    points, weights = np.polynomial.legendre.leggauss(size)
    return np.asarray(points, dtype=np.float64), np.asarray(weights, dtype=np.float64)


def _quad_rule(side: int) -> tuple[FloatArray, FloatArray]:
    s, w = gauss_rule(side)
    x, y = np.meshgrid(s, s, indexing="ij")
    return np.stack([x.ravel(), y.ravel()], axis=1), np.outer(w, w).ravel()


RULES: dict[ElementKind, tuple[int, int, int, int, int]] = {
    "triangle": (3, 6, 1, 4, 12),
    "triangle6": (6, 7, 3, 4, 12),
    "quad": (2, 3, 4, 5, 6),
    "quad8": (3, 4, 5, 6, 2),
    "quad9": (3, 4, 5, 6, 7),
}
"""The rules in use for each element, most usual first: points, or points a side.

Where the integrand is a polynomial all but the reduced rule of quad8, the last, agree; on curved
or distorted elements, and with the 1/r of axisymmetry, each is another, equally proper
finite-element solution.
"""


@cache
def quadrature(kind: ElementKind, level: int) -> tuple[FloatArray, FloatArray]:
    """Return points (q, 2) and weights (q,) of rule number ``level`` of an element."""
    size = RULES[kind][level]
    return _triangle_rule(size) if corners(kind) == 3 else _quad_rule(size)
