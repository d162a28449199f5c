"""How large the elements of a solid of the reference are: few, and small where that tells most."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from netgen.meshing import MeshingParameters
from netgen.occ import OCCGeometry, TopoDS_Shape
from ngsolve import Mesh

from mechagents.verification.reference.probe import FloatArray

if TYPE_CHECKING:
    from mechagents.mechanics.units import SpacePoint

ELEMENTS = (450, 1800)
"""About how few and how many tetrahedra a body has; what is sharp or thin has more."""
MOST_ELEMENTS = 20_000
"""Past these no order of elements is affordable."""
GRADING = 0.4
"""How fast elements grow away from what is finer, over their distance from it."""
FINER = (8.0, 5.0, 3.0, 1.5)
"""How much smaller elements are along a sharp edge, in the order in which it is tried."""
AT_A_POINT = 5.0
"""How much smaller, at most, where a stress or strain is read or a force acts: else the order would
have to rise everywhere for the sake of one point."""
_SURELY = 1.3
"""A mesh that should have so many times what is affordable is not tried. One has 0.6 to 1 times
the elements that it should have."""
_PIECES = 4
"""Into how many pieces each edge of an element is divided to tell how large it may be."""


@dataclass(frozen=True)
class Coarse:
    """A mesh with elements of about one size."""

    geometry: OCCGeometry
    mesh: Mesh
    h: float
    """That size, in the units of the geometry."""
    curved: float
    """How finely curved surfaces are meshed."""

    @classmethod
    def of(cls, shape: TopoDS_Shape, size: float) -> Coarse:
        """Return the coarsest mesh of solids that is good enough where nothing is sharp.

        Args:
            shape: The solids.
            size: How large they are, in their own units.

        Raises:
            ValueError: If it takes too many elements.
        """
        volume = sum(solid.mass for solid in shape.solids)
        h = min((8 * volume / ELEMENTS[0]) ** (1 / 3), 0.3 * size)
        geometry = OCCGeometry(shape)
        curved, mesh = 1.0, _mesh(geometry, _parameters(h, 1.0))
        while mesh.ne > ELEMENTS[1] and curved > 0.2:
            h, curved = 1.5 * h, 0.6 * curved
            mesh = _mesh(geometry, _parameters(h, curved))
        if mesh.ne > MOST_ELEMENTS:
            raise ValueError(f"a mesh of {mesh.ne} elements of high order is too large")
        return cls(geometry, mesh, h, curved)

    def with_enough(self) -> Coarse:
        """Return one that has about as many elements as one should have at least."""
        if self.mesh.ne >= 0.5 * ELEMENTS[0]:
            return self
        h = self.h * (self.mesh.ne / ELEMENTS[0]) ** (1 / 3)
        mesh = _mesh(self.geometry, _parameters(h, self.curved))
        return self if mesh.ne > ELEMENTS[1] else replace(self, mesh=mesh, h=h).with_enough()

    def finer(self, edges: FloatArray, points: Sequence[SpacePoint], most: int) -> Mesh:
        """Return a mesh that is as fine along edges and at points as it can be with few elements.

        Args:
            edges: Their ends, shape (n, 2, 3).
            points: Where stresses and strains are read, and where forces act.
            most: About how many elements it may have.
        """
        even = self if len(edges) else self.with_enough()
        limit = max(most, 1.5 * even.mesh.ne)
        for share in FINER if len(edges) or points else ():
            small = along(edges, even.h / share)
            small += [(point, even.h / min(share, AT_A_POINT)) for point in points]
            if even.foreseen(small) <= _SURELY * limit:
                mesh = _mesh(self.geometry, _parameters(even.h, even.curved, small))
                if mesh.ne <= limit:
                    return mesh
        return even.with_enough().mesh

    def foreseen(self, finer: Sequence[tuple[SpacePoint, float]]) -> float:
        """Return about how many elements a finer mesh should have.

        A piece of an element makes as many more of them as it is larger than they may be there.

        Args:
            finer: Points, each with the size of elements there.
        """
        ngmesh = self.mesh.ngmesh
        nodes = ngmesh.Elements3D().NumPy()["nodes"][:, :4].astype(np.int64) - 1
        corners = ngmesh.Coordinates()[nodes]
        edges = corners[:, 1:] - corners[:, :1]
        # The edge of a tetrahedron with sides alike, of the same volume.
        size = np.cbrt(np.sqrt(2.0) * np.abs(np.linalg.det(edges)))
        inner = _middles(_PIECES)
        places = inner @ corners
        allowed = np.repeat(size[:, None], len(inner), axis=1)
        for point, h in finer:
            distance = np.linalg.norm(places - np.array(point), axis=2)
            allowed = np.minimum(allowed, h + GRADING * distance)
        return float(np.mean((size[:, None] / allowed) ** 3, axis=1).sum())


def _middles(pieces: int) -> FloatArray:
    """Return evenly spaced inner points of a tetrahedron, in shares of its corners, (n, 4)."""
    steps = range(pieces)
    parts = [(a, b, c, pieces - 1 - a - b - c) for a in steps for b in steps for c in steps]
    return (np.array([some for some in parts if some[3] >= 0]) + 0.25) / pieces


def along(edges: FloatArray, h: float) -> list[tuple[SpacePoint, float]]:
    """Return points along edges, shape (edges, 2, 3), each with an element size."""
    found: list[tuple[SpacePoint, float]] = []
    for start, end in edges:
        steps = max(1, math.ceil(float(np.linalg.norm(end - start)) / h))
        for share in np.linspace(0, 1, steps + 1):
            a, b, c = (float(value) for value in start + share * (end - start))
            found.append(((a, b, c), h))
    return found


def _parameters(
    h: float, curved: float, finer: Sequence[tuple[SpacePoint, float]] = ()
) -> MeshingParameters:
    parameters = MeshingParameters(maxh=h, grading=GRADING, curvaturesafety=curved)
    for (a, b, c), size in finer:
        parameters.RestrictH(a, b, c, size)
    return parameters


def _mesh(geometry: OCCGeometry, parameters: MeshingParameters) -> Mesh:
    return Mesh(geometry.GenerateMesh(parameters))
