"""What each kind of element is made of: nodes in VTK's order, monomials, edges and faces.

Triangles live on (0, 0), (1, 0), (0, 1), tetrahedra on those and (0, 0, 1); quadrilaterals and
hexahedra on [-1, 1] along each axis; wedges are a triangle times [-1, 1].

References:
    VTK file formats, https://docs.vtk.org/en/latest/vtk_file_formats/vtk_legacy_file_format.html
    and ``vtkTriQuadraticHexahedron.cxx`` for the order of the middles of faces.
"""

from __future__ import annotations

from itertools import product
from typing import Literal

PlaneKind = Literal["triangle", "triangle6", "quad", "quad8", "quad9"]
"""Elements of the plane, by meshio's names."""
SpaceKind = Literal["tetra", "tetra10", "hexahedron", "hexahedron20", "hexahedron27", "wedge"]
"""Elements of space."""
ElementKind = PlaneKind | SpaceKind
"""The elements that a returned mesh may hold."""

TRIANGLE = ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (0.5, 0.0), (0.5, 0.5), (0.0, 0.5))
QUAD = (
    *((-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)),
    *((0.0, -1.0), (1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, 0.0)),
)  # fmt: skip
TETRA = (
    *((0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    *((0.5, 0.0, 0.0), (0.5, 0.5, 0.0), (0.0, 0.5, 0.0)),
    *((0.0, 0.0, 0.5), (0.5, 0.0, 0.5), (0.0, 0.5, 0.5)),
)  # fmt: skip
HEXAHEDRON = (
    *((x, y, z) for z in (-1.0, 1.0) for x, y in QUAD[:4]),
    *((x, y, z) for z in (-1.0, 1.0) for x, y in QUAD[4:8]),
    *((x, y, 0.0) for x, y in QUAD[:4]),
    *((-1.0, 0.0, 0.0), (1.0, 0.0, 0.0), (0.0, -1.0, 0.0), (0.0, 1.0, 0.0)),
    *((0.0, 0.0, -1.0), (0.0, 0.0, 1.0), (0.0, 0.0, 0.0)),
)  # fmt: skip
WEDGE = tuple((x, y, z) for z in (-1.0, 1.0) for x, y in TRIANGLE[:3])

_BILINEAR = ((0, 0), (1, 0), (0, 1), (1, 1))
_TRILINEAR = tuple((i, j, k) for k in (0, 1) for i, j in _BILINEAR)
_SERENDIPITY = (
    *((2, j, k) for j, k in _BILINEAR),
    *((i, 2, k) for i, k in _BILINEAR),
    *((i, j, 2) for i, j in _BILINEAR),
)  # fmt: skip
_SQUARES = ((2, 0, 0), (0, 2, 0), (0, 0, 2), (1, 1, 0), (0, 1, 1), (1, 0, 1))
MONOMIALS: dict[ElementKind, tuple[tuple[int, ...], ...]] = {
    "triangle": ((0, 0), (1, 0), (0, 1)),
    "triangle6": ((0, 0), (1, 0), (0, 1), (2, 0), (1, 1), (0, 2)),
    "quad": _BILINEAR,
    "quad8": (*_BILINEAR, (2, 0), (0, 2), (2, 1), (1, 2)),
    "quad9": (*_BILINEAR, (2, 0), (0, 2), (2, 1), (1, 2), (2, 2)),
    "tetra": ((0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "tetra10": ((0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1), *_SQUARES),
    "hexahedron": _TRILINEAR,
    "hexahedron20": (*_TRILINEAR, *_SERENDIPITY),
    "hexahedron27": tuple(product((0, 1, 2), repeat=3)),
    "wedge": tuple((i, j, k) for k in (0, 1) for i, j in ((0, 0), (1, 0), (0, 1))),
}
"""The exponents of the monomials x^i y^j z^k that span each element's displacement."""

LINEAR = ("triangle", "quad", "tetra", "hexahedron", "wedge")
"""The kinds that hold no node but their corners."""

TETRA_EDGES = ((0, 1), (1, 2), (2, 0), (0, 3), (1, 3), (2, 3))
HEXAHEDRON_EDGES = (
    *((0, 1), (1, 2), (2, 3), (3, 0), (4, 5), (5, 6), (6, 7), (7, 4)),
    *((0, 4), (1, 5), (2, 6), (3, 7)),
)  # fmt: skip
WEDGE_EDGES = ((0, 1), (1, 2), (2, 0), (3, 4), (4, 5), (5, 3), (0, 3), (1, 4), (2, 5))

TETRA_FACES = ((0, 1, 3), (1, 2, 3), (0, 3, 2), (0, 2, 1))
HEXAHEDRON_FACES = (
    *((0, 4, 7, 3), (1, 2, 6, 5), (0, 1, 5, 4), (3, 7, 6, 2), (0, 3, 2, 1), (4, 5, 6, 7)),
)  # fmt: skip
WEDGE_FACES = ((0, 2, 1), (3, 4, 5), (0, 1, 4, 3), (1, 2, 5, 4), (2, 0, 3, 5))
"""The corners of each face: seen from outside they run anticlockwise, where det dx/dxi > 0."""
