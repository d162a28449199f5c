"""Quadrature on the reference elements: Gauss's rules, and symmetric ones on simplices.

References:
    Dunavant, High degree efficient symmetrical Gaussian quadrature rules for the triangle (1985);
    Keast, Moderate-degree tetrahedral quadrature formulas (1986); Walkington, Quadrature on
    simplices of arbitrary dimension (2000), for 14 points; Zienkiewicz, Taylor, The Finite
    Element Method (2000), volume 1, table 9.3, for 1, 4 and 5 points.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from itertools import permutations

import numpy as np
from numpy.typing import NDArray

from mechagents.verification.element_tables import ElementKind

_FloatArray = NDArray[np.float64]
_Rule = tuple[_FloatArray, _FloatArray]
_Orbits = tuple[tuple[float, tuple[float, ...]], ...]

_TRIANGLE: dict[int, _Orbits] = {
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
"""Weights and barycentric coordinates by the number of points; exact to degrees 1 to 6."""
_TETRA: dict[int, _Orbits] = {
    1: ((1.0, (0.25,) * 4),),
    4: ((0.25, (0.585410196624968, 0.138196601125011, 0.138196601125011, 0.138196601125011)),),
    5: ((-0.8, (0.25,) * 4), (0.45, (1 / 2, 1 / 6, 1 / 6, 1 / 6))),
    11: (
        (-148 / 1875, (0.25,) * 4),
        (343 / 7500, (11 / 14, 1 / 14, 1 / 14, 1 / 14)),
        (56 / 375, (0.399403576166799, 0.399403576166799, 0.100596423833201, 0.100596423833201)),
    ),
    14: (
        (0.112687925718016, (0.067342242210098, *(0.310885919263301,) * 3)),
        (0.073493043116362, (0.721794249067326, *(0.092735250310891,) * 3)),
        (0.042546020777081, (0.454496295874350, 0.454496295874350, *(0.045503704125650,) * 2)),
    ),
    15: (
        (0.181702068582535, (0.25,) * 4),
        (0.036160714285714, (0.0, 1 / 3, 1 / 3, 1 / 3)),
        (0.069871494516174, (8 / 11, 1 / 11, 1 / 11, 1 / 11)),
        (0.065694849368318, (0.433449846426336, 0.433449846426336, *(0.066550153573664,) * 2)),
    ),
    24: (
        (0.039922750258168, (0.356191386222545, *(0.214602871259152,) * 3)),
        (0.010077211055321, (0.877978124396166, *(0.040673958534611,) * 3)),
        (0.055357181543655, (0.032986329573173, *(0.322337890142276,) * 3)),
        (27 / 560, (0.603005664791649, 0.269672331458316, *(0.063661001875018,) * 2)),
    ),
}
"""The same of the tetrahedron; exact to degrees 1, 2, 3, 4, 5, 5 and 6."""
RULES: dict[ElementKind, tuple[int, int, int, int, int]] = {
    "triangle": (3, 6, 1, 4, 12),
    "triangle6": (6, 7, 3, 4, 12),
    "quad": (2, 3, 4, 5, 6),
    "quad8": (3, 4, 5, 6, 2),
    "quad9": (3, 4, 5, 6, 7),
    "tetra": (4, 1, 5, 11, 15),
    "tetra10": (4, 11, 15, 14, 24),
    "hexahedron": (2, 3, 4, 5, 6),
    "hexahedron20": (3, 4, 5, 6, 2),
    "hexahedron27": (3, 4, 5, 6, 7),
    "wedge": (3, 6, 4, 7, 12),
}
"""The rules in use for each element, most usual first: points, or points a side.

Where the integrand is a polynomial all but the reduced rule of quad8 and hexahedron20, the last,
agree; on curved or distorted elements, and with the 1/r of axisymmetry, each is another, equally
proper finite-element solution. The four points of a straight tetra10 are as good as more, and
its curved siblings take the next. For a wedge it is the points of its triangle.
"""
FACE_RULES: dict[int, tuple[int, int, int, int, int]] = {
    3: (3, 6, 4, 7, 12),
    6: (12, 6, 12, 7, 12),
    4: (3, 4, 5, 6, 2),
    8: (4, 3, 5, 6, 7),
    9: (4, 3, 5, 6, 7),
}
"""The rules that go with them on the faces of elements in space, by the nodes of a face."""


def gauss_rule(size: int) -> _Rule:
    """Return points and weights on [-1, 1], exact to degree 2 size - 1."""
    points, weights = np.polynomial.legendre.leggauss(size)
    return np.asarray(points, dtype=np.float64), np.asarray(weights, dtype=np.float64)


@cache
def quadrature(kind: ElementKind, level: int) -> _Rule:
    """Return points (q, dimension) and weights (q,) of rule number ``level`` of an element."""
    size = RULES[kind][level]
    if kind.startswith("triangle"):
        return _on_simplex(_TRIANGLE[size])
    if kind.startswith("tetra"):
        return _on_simplex(_TETRA[size])
    if kind == "wedge":
        return _on_wedge(size)
    return _on_cube(size, 2 if kind.startswith("quad") else 3)


@cache
def face_rule(nodes: int, level: int) -> _Rule:
    """Return points (q, 2) and weights (q,) of rule number ``level`` of a face of so many nodes."""
    size = FACE_RULES[nodes][level]
    return _on_simplex(_TRIANGLE[size]) if nodes in (3, 6) else _on_cube(size, 2)


def _on_simplex(orbits: _Orbits) -> _Rule:
    """Return a rule from one weight and one point for each set of points alike by symmetry."""
    points: list[tuple[float, ...]] = []
    weights: list[float] = []
    for weight, barycentric in orbits:
        found = _alike(permutations(barycentric))
        points += found
        weights += [weight] * len(found)
    # The reference simplex of n dimensions has the volume 1 / n!.
    volume = 0.5 if len(points[0]) == 2 else 1 / 6
    return np.array(points), np.array(weights) * volume


def _alike(orbit: Iterable[tuple[float, ...]]) -> list[tuple[float, ...]]:
    """Return points without the last coordinate, each once; their digits differ by rounding."""
    found: list[tuple[float, ...]] = []
    for point in sorted({values[:-1] for values in orbit}):
        if all(max(abs(a - b) for a, b in zip(point, p, strict=True)) > 1e-9 for p in found):
            found.append(point)
    return found


def _on_cube(side: int, dimension: int) -> _Rule:
    s, w = gauss_rule(side)
    points = np.stack([x.ravel() for x in np.meshgrid(*[s] * dimension, indexing="ij")], axis=1)
    weights = w
    for _ in range(dimension - 1):
        weights = np.outer(weights, w).ravel()
    return points, weights


def _on_wedge(size: int) -> _Rule:
    across, area = _on_simplex(_TRIANGLE[size])
    along, length = gauss_rule({3: 2, 12: 4}.get(size, 3))
    points = [np.column_stack([across, np.full(len(across), z)]) for z in along]
    return np.concatenate(points), np.outer(length, area).ravel()
