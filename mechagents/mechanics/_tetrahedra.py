"""Meshes of tetrahedra by netgen, with OpenCascade for the geometry."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from netgen.occ import OCCGeometry

from mechagents.errors import ProblemError
from mechagents.mechanics._outer_faces import face_keys, outer_faces
from mechagents.mechanics.geometry import Geometry
from mechagents.mechanics.occ import quiet_and_repeatable
from mechagents.mechanics.occ_marks import imprinted
from mechagents.mechanics.occ_solids import glued_solids
from mechagents.mechanics.occ_surfaces import frame_of

if TYPE_CHECKING:
    from netgen.meshing import Mesh as NetgenMesh
    from netgen.occ import Face, TopoDS_Shape

    from mechagents.mechanics.meshing import CellKind, FloatArray, IntArray

CURVATURES = (1.3, 2.6)
"""Edges on a curved surface are at most its radius over this: eight on a full circle. Where that
folds a curved element over, twice as many."""
_COLUMNS = [1, 0, 2, 3, 4, 5, 7, 8, 6, 9]
"""netgen's nodes in VTK's order: its corners turn the other way."""


class Tetrahedra:
    """A mesh of tetrahedra, and the face in OpenCascade under each of its outer faces."""

    def __init__(self, geometry: Geometry, mesh_size: float, order: int, near: float) -> None:
        """Make the mesh.

        Args:
            geometry: Regions that share the nodes on their interfaces.
            mesh_size: The length of edges [m].
            order: 1, or 2 for ten nodes an element and curved edges.
            near: Points closer than this are the same [m].

        Raises:
            ProblemError: If netgen fails, a region gets no element, or an element is folded.
        """
        self.frame = frame_of(geometry)
        folded = 0
        for curvature in CURVATURES:
            with quiet_and_repeatable():
                try:
                    shape = glued_solids(geometry.regions, self.frame)
                    shape = imprinted(shape, geometry, self.frame, near)
                    found = _meshed(shape, mesh_size * self.frame.scale, order, curvature)
                except Exception as error:  # netgen raises several kinds of its own
                    told = f"netgen cannot mesh it: {error}"
                    raise ProblemError(told, where="geometry") from error
            self.under: list[Face] = list(shape.faces)
            self._read(found, list(geometry.regions), order)
            folded = int(np.count_nonzero(least_jacobian(self.points[self.cells]) <= 0))
            if not folded:
                return
        raise ProblemError(
            f"{folded} of {len(self.cells)} elements are folded over; use a smaller mesh size",
            where="geometry",
        )

    def _read(self, found: NetgenMesh, names: list[str], order: int) -> None:
        volume, surface = found.Elements3D().NumPy(), found.Elements2D().NumPy()
        cells = volume["nodes"][:, _COLUMNS[: 4 if order == 1 else 10]].astype(np.int64) - 1
        of_solid = np.array([names.index(name) for name in found.GetRegionNames(codim=0)])
        self.region: IntArray = of_solid[volume["index"] - 1]
        self.kind: CellKind = "tetra" if order == 1 else "tetra10"
        faces = outer_faces(cells, self.kind)
        self.face: IntArray = _faces_under(found, surface, faces, len(found.Coordinates()) + 1)
        used, numbers = np.unique(cells, return_inverse=True)
        self.cells: IntArray = numbers.reshape(cells.shape).astype(np.int64)
        self.faces: IntArray = np.searchsorted(used, faces)
        self.points: FloatArray = self.frame.back(found.Coordinates()[used])
        for index, name in enumerate(names):
            if not np.any(self.region == index):
                raise ProblemError("no element lies in it", where=f"geometry.regions.{name}")


def _meshed(shape: TopoDS_Shape, mesh_size: float, order: int, curvature: float) -> NetgenMesh:
    for number, face in enumerate(shape.faces):
        face.name = f"face{number}"
    found = OCCGeometry(shape).GenerateMesh(maxh=mesh_size, curvaturesafety=curvature)
    if order == 2:
        found.SecondOrder()
    return found


def _faces_under(found: NetgenMesh, surface: np.ndarray, faces: IntArray, count: int) -> IntArray:
    """Return the number of the OpenCascade face under each outer face."""
    named = np.array([int(name.removeprefix("face")) for name in found.GetRegionNames(codim=1)])
    keys = face_keys(surface["nodes"][:, :3].astype(np.int64) - 1, count)
    order = np.argsort(keys)
    place = np.searchsorted(keys[order], face_keys(faces[:, :3], count))
    under: IntArray = named[surface["index"][order[place]] - 1]
    return under


def least_jacobian(x: FloatArray) -> FloatArray:
    """Return the least Jacobian determinant at the nodes of tetrahedra [m^3], shape (elements,).

    Args:
        x: Nodes of each element in VTK's order [m], shape (elements, 4 | 10, 3).
    """
    corners = np.concatenate([np.zeros((1, 3)), np.eye(3)])
    ends = [(0, 1), (1, 2), (0, 2), (0, 3), (1, 3), (2, 3)][: x.shape[1] - 4]
    places = [*corners, *((corners[a] + corners[b]) / 2 for a, b in ends)]
    slopes = np.concatenate([-np.ones((1, 3)), np.eye(3)])
    least = np.full(len(x), np.inf)
    for place in places:
        share = np.array([1 - place.sum(), *place])
        gradient = slopes
        if ends:
            middles = [4 * (share[a] * slopes[b] + share[b] * slopes[a]) for a, b in ends]
            gradient = np.concatenate([(4 * share[:, None] - 1) * slopes, middles])
        least = np.minimum(least, np.linalg.det(np.einsum("eni,nj->eij", x, gradient)))
    return least
