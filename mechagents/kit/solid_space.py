"""Displacements of a solid on a mesh: integrals over its volume and over its surfaces.

Nothing loops over elements in Python; large arrays are made a few thousand elements at a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from mechagents.kit.elements import reference_nodes, shape_functions
from mechagents.mechanics.meshing import CellKind, Mesh

if TYPE_CHECKING:
    from scipy.sparse import bsr_matrix

    from mechagents.mechanics.meshing import FloatArray, IntArray

VOIGT = np.array([[0, 3, 5], [3, 1, 4], [5, 4, 2]])
"""Where the component ij of a symmetric tensor is among xx, yy, zz, xy, yz, xz."""
AT_ONCE = 12_000_000
"""Numbers in the element matrices that are held at a time."""
_STRAIGHT = 1e-12
"""Of its size: a middle node that is less off the middle of its edge is on it."""
_VOLUME_ORDER: dict[CellKind, int] = {"tetra": 2, "tetra10": 2, "hexahedron": 3, "hexahedron27": 5}
"""Polynomials in local coordinates that are integrated exactly."""
_CURVED_ORDER = 4
_FACE_ORDER: dict[CellKind, int] = {"triangle": 2, "triangle6": 6, "quad": 5, "quad9": 7}
_FACES: dict[CellKind, CellKind] = {
    "tetra": "triangle", "tetra10": "triangle6", "hexahedron": "quad", "hexahedron27": "quad9",
}  # fmt: skip


class SolidSpace:
    """Vector fields u on a mesh of solid elements.

    Unknown 3 n + i is component i at node n, so ``u[V.dofs]`` is the displacement at
    ``mesh.points``. Stresses and strains have the rows xx, yy, zz, xy, yz, xz, with the shear
    strain gamma = 2 eps; points come as coordinates first, (3, elements, points).
    """

    def __init__(self, mesh: Mesh, *, degree: int = 2, at_nodes: bool = False) -> None:
        """Choose points of integration: exact on straight elements, more on curved ones.

        Args:
            mesh: Of solid elements.
            degree: Of the polynomials that are integrated exactly on straight tetrahedra, at
                least: 2 is enough for stiffness and loads, 4 for mass and geometric stiffness.
            at_nodes: Whether values are wanted at each element's own nodes, in the mesh's order,
                instead of at points of integration.
        """
        if mesh.kind not in _VOLUME_ORDER:
            raise ValueError(f"mesh: {mesh.kind} is no solid element; use basis(mesh) in the plane")
        self.mesh = mesh
        self.N: int = mesh.points.size
        self.dofs: IntArray = np.arange(self.N).reshape(-1, 3)
        if at_nodes:
            self._points = reference_nodes(mesh.kind)
            self._weights = np.ones(len(self._points))
            return
        curved = mesh.kind == "tetra10" and not _is_straight(mesh)
        least = _CURVED_ORDER if curved else _VOLUME_ORDER[mesh.kind]
        self._points, self._weights = _rule(mesh.kind, max(least, degree))

    @cached_property
    def x(self) -> FloatArray:
        """The points of integration [m], shape (3, elements, points)."""
        N, _ = shape_functions(self.mesh.kind, self._points)
        return _coordinates_first(N @ self.mesh.points[self.mesh.cells])

    @cached_property
    def x_at_nodes(self) -> FloatArray:
        """Each element's own nodes [m], shape (3, elements, nodes of an element)."""
        return _coordinates_first(self.mesh.points[self.mesh.cells])

    @property
    def rigid_motions(self) -> FloatArray:
        """Translations and small rotations about the middle, shape (N, 6)."""
        return rigid_motions(self.mesh.points)

    def stiffness(self, D: FloatArray) -> bsr_matrix:
        """Return K: v K u is the integral of D eps(u) : eps(v).

        Args:
            D: The matrix of each element's material [Pa], shape (6, 6, elements, 1).
        """
        return self.matrix_of(
            (chunk, _element_blocks(gradient, weight, D[:, :, chunk, 0]))
            for chunk, gradient, weight in self._pieces()
        )

    def matrix_of(self, parts: Iterable[tuple[slice, FloatArray]]) -> bsr_matrix:
        """Return the matrix that element matrices add up to, shape (N, N).

        Args:
            parts: Some elements at a time, with their matrices as 3 x 3 blocks of node pairs,
                shape (elements, nodes^2, 9).
        """
        from scipy.sparse import bsr_matrix

        starts, columns, place = self._pattern
        data = np.zeros((9, len(columns)))
        for chunk, blocks in parts:
            for k, values in enumerate(np.moveaxis(blocks, -1, 0)):
                data[k] += np.bincount(place[chunk].ravel(), values.ravel(), len(columns))
        shape = (self.N, self.N)
        blocks = np.ascontiguousarray(data.T).reshape(-1, 3, 3)
        return bsr_matrix((blocks, columns, starts), shape=shape)

    def slopes(self, rows: slice | IntArray) -> tuple[FloatArray, FloatArray]:
        """Return dN/dx [1/m] in some elements, and what their points count for [m^3].

        Returns:
            Shapes (elements, points, nodes, 3) and (elements, points).
        """
        _, local = shape_functions(self.mesh.kind, self._points)
        jacobian = np.einsum("end,qnl->eqdl", self.mesh.points[self.mesh.cells[rows]], local)
        inverse = np.asarray(np.linalg.inv(jacobian), dtype=np.float64)
        return local @ inverse, self._weights * np.linalg.det(jacobian)

    @cached_property
    def volume(self) -> FloatArray:
        """What each point counts for [m^3], shape (elements, points)."""
        return np.concatenate([weight for _, _, weight in self._pieces()])

    def mass(self, rho: FloatArray) -> bsr_matrix:
        """Return M: v M u is the integral of rho u . v, consistent with the shape functions.

        Args:
            rho: The density of each element [kg/m^3], shape (elements, 1).
        """
        N, _ = shape_functions(self.mesh.kind, self._points)
        products = np.einsum("qa,qb->qab", N, N).reshape(len(N), -1)
        weights = self.volume * rho
        return self._alike((chunk, weights[chunk] @ products) for chunk, _, _ in self._pieces())

    def geometric_stiffness(self, sigma: FloatArray) -> bsr_matrix:
        """Return K_sigma: v K_sigma u is the integral of sigma_ij du_k/dx_i dv_k/dx_j.

        Args:
            sigma: A stress [Pa], tension positive, at ``x``, shape (6, elements, points).
        """

        def pieces() -> Iterator[tuple[slice, FloatArray]]:
            for chunk, gradient, weight in self._pieces():
                full = np.moveaxis((sigma[:, chunk] * weight)[VOIGT], (0, 1), (2, 3))
                turned = gradient @ full  # elements, points, nodes, 3
                yield chunk, np.einsum("eqai,eqbi->eab", turned, gradient, optimize=True)

        return self._alike(pieces())

    def _alike(self, pieces: Iterable[tuple[slice, FloatArray]]) -> bsr_matrix:
        """Return a matrix that acts on each component alike, from its values at node pairs.

        Args:
            pieces: Of some elements, shape (elements, nodes^2) or (elements, nodes, nodes).
        """
        from scipy.sparse import bsr_matrix

        starts, columns, place = self._pattern
        data = np.zeros(len(columns))
        for chunk, values in pieces:
            data += np.bincount(place[chunk].ravel(), values.ravel(), len(columns))
        shape = (self.N, self.N)
        return bsr_matrix((data[:, None, None] * np.eye(3), columns, starts), shape=shape)

    def force_of(self, b: FloatArray) -> FloatArray:
        """Return f: v f is the integral of b . v for a force per volume b [N/m^3] at ``x``."""
        N, _ = shape_functions(self.mesh.kind, self._points)
        at_nodes = np.einsum("ieq,eq,qn->ein", b, self.volume, N)
        return self._summed(at_nodes)

    def force_of_stress(self, sigma: FloatArray) -> FloatArray:
        """Return f: v f is the integral of sigma : eps(v) for a stress [Pa] at ``x``."""
        found = np.empty((len(self.mesh.cells), 3, self.mesh.cells.shape[1]))
        for chunk, gradient, weight in self._pieces():
            full = sigma[VOIGT][:, :, chunk] * weight
            found[chunk] = np.einsum("ijeq,eqnj->ein", full, gradient)
        return self._summed(found)

    def strain(self, u: FloatArray) -> FloatArray:
        """Return the strain of u at ``x``, shape (6, elements, points)."""
        return self._strain(u, self._points)

    def strain_at_nodes(self, u: FloatArray) -> FloatArray:
        """Return the strain of u at each element's own nodes, shape (6, elements, nodes)."""
        return self._strain(u, reference_nodes(self.mesh.kind))

    def integral(self, density: FloatArray) -> FloatArray:
        """Return the integral over each element of values at ``x``, shape (elements,)."""
        total: FloatArray = (density * self.volume).sum(axis=1)
        return total

    def on(self, boundary: str) -> SolidSurface:
        """Return a named surface of the body, to integrate over.

        Raises:
            ValueError: If it has no faces: a curve or a point has no area.
        """
        faces = self.mesh.boundary_faces[boundary]
        if not len(faces):
            raise ValueError(f"{boundary} has no faces: a curve or a point has no area")
        return SolidSurface(self, faces)

    @cached_property
    def _pattern(self) -> tuple[IntArray, IntArray, IntArray]:
        """Return row starts and columns of the node pairs, and each element's place in them."""
        cells, count = self.mesh.cells, len(self.mesh.points)
        keys = cells[:, :, None] * count + cells[:, None, :]
        pairs, place = np.unique(keys, return_inverse=True)
        starts = np.searchsorted(pairs, np.arange(count + 1) * count)
        return starts, pairs % count, place.reshape(len(cells), -1)

    def _pieces(self) -> Iterator[tuple[slice, FloatArray, FloatArray]]:
        """Yield elements with dN/dx, shape (elements, points, nodes, 3), and weights [m^3]."""
        yield from self._gradients(self._points, self._weights)

    def _gradients(
        self, points: FloatArray, weights: FloatArray
    ) -> Iterator[tuple[slice, FloatArray, FloatArray]]:
        cells = self.mesh.cells
        step = max(1, AT_ONCE // max(9 * cells.shape[1] ** 2, 10 * points.size * cells.shape[1]))
        _, slopes = shape_functions(self.mesh.kind, points)
        for first in range(0, len(cells), step):
            chunk = slice(first, first + step)
            jacobian = np.einsum("end,qnl->eqdl", self.mesh.points[cells[chunk]], slopes)
            inverse = np.asarray(np.linalg.inv(jacobian), dtype=np.float64)
            gradient = slopes @ inverse
            yield chunk, gradient, weights * np.linalg.det(jacobian)

    def _strain(self, u: FloatArray, points: FloatArray) -> FloatArray:
        found = np.empty((6, len(self.mesh.cells), len(points)))
        at_nodes = u[self.dofs][self.mesh.cells]
        for chunk, gradient, _ in self._gradients(points, np.ones(len(points))):
            H = np.einsum("eni,eqnj->ijeq", at_nodes[chunk], gradient)
            found[:, chunk] = np.stack(
                [H[0, 0], H[1, 1], H[2, 2], H[0, 1] + H[1, 0], H[1, 2] + H[2, 1], H[0, 2] + H[2, 0]]
            )
        return found

    def _summed(self, at_nodes: FloatArray) -> FloatArray:
        """Return what elements add up to, from shape (elements, 3, nodes) to (N,)."""
        return summed(at_nodes, self.mesh.cells, len(self.mesh.points))


class SolidSurface:
    """The faces of a mesh on a named boundary, with points of integration."""

    def __init__(self, space: SolidSpace, faces: IntArray) -> None:
        """Take faces whose corners run anticlockwise seen from outside."""
        self._space, self.faces = space, faces
        kind = _FACES[space.mesh.kind]
        points, weights = _rule(kind, _FACE_ORDER[kind])
        self._N, slopes = shape_functions(kind, points)
        self.local: tuple[FloatArray, FloatArray, FloatArray] = self._N, slopes, weights
        """Shape functions and slopes by local coordinate at the points of integration, and what
        these count for there: shapes (points, nodes), (points, nodes, 2) and (points,)."""
        corners = space.mesh.points[faces]
        self.x: FloatArray = _coordinates_first(self._N @ corners)
        """The points of integration [m], shape (3, faces, points)."""
        along = np.einsum("fnd,qnl->lfqd", corners, slopes)
        outward = np.cross(along[0], along[1])
        area = np.linalg.norm(outward, axis=-1)
        self._weights: FloatArray = area * weights
        self.normals: FloatArray = _coordinates_first(outward / area[..., None])
        """Unit normals out of the body there, shape (3, faces, points)."""

    @property
    def area(self) -> float:
        """The area of the faces [m^2]."""
        return float(self._weights.sum())

    def force_of(self, t: FloatArray) -> FloatArray:
        """Return f: v f is the integral of t . v for a traction t [Pa] at ``x``; shape (N,)."""
        at_nodes = np.einsum("ifq,fq,qn->fin", t, self._weights, self._N)
        return summed(at_nodes, self.faces, len(self._space.mesh.points))

    def stiffness_of(self, bed: FloatArray) -> bsr_matrix:
        """Return K: v K u is the integral of k u . v for a bed of springs.

        Args:
            bed: The stiffness k along x, y and z [N/m^3], shape (3,).
        """
        from scipy.sparse import bsr_matrix, coo_matrix

        products = np.einsum("fq,qm,qn->fmn", self._weights, self._N, self._N)
        rows, columns = np.broadcast_arrays(self.faces[:, :, None], self.faces[:, None, :])
        count = len(self._space.mesh.points)
        entries = (products.ravel(), (rows.ravel(), columns.ravel()))
        one = coo_matrix(entries, shape=(count, count)).tocsr()
        blocks = one.data[:, None, None] * np.diag(bed)
        shape = (self._space.N, self._space.N)
        return bsr_matrix((blocks, one.indices, one.indptr), shape=shape)


def rigid_motions(points: FloatArray) -> FloatArray:
    """Return translations along and rotations about x, y and z at points, shape (3 points, 6)."""
    r = points - points.mean(axis=0)
    r = r / (np.abs(r).max() or 1.0)
    moves = np.broadcast_to(np.eye(3), (len(points), 3, 3))
    turns = np.stack([np.asarray(np.cross(axis, r), dtype=np.float64) for axis in np.eye(3)], 2)
    return np.concatenate([moves, turns], axis=2).reshape(-1, 6)


def summed(at_nodes: FloatArray, cells: IntArray, count: int) -> FloatArray:
    """Return a vector of unknowns from its parts, shape (elements, 3, nodes), in each element."""
    columns = [np.bincount(cells.ravel(), part.ravel(), count) for part in at_nodes.swapaxes(0, 1)]
    return np.stack(columns, axis=1, dtype=np.float64).ravel()


def _element_blocks(gradient: FloatArray, weight: FloatArray, D: FloatArray) -> FloatArray:
    """Return element matrices as 3 x 3 blocks of node pairs, shape (elements, nodes^2, 9).

    Block ab has the entries ij: the sum over k and l of C_ikjl times the integral of
    dN_a/dx_k dN_b/dx_l.
    """
    elements, points, nodes, _ = gradient.shape
    rows = gradient.reshape(elements, points, nodes * 3)
    products = np.swapaxes(rows * weight[..., None], 1, 2) @ rows
    pairs = products.reshape(elements, nodes, 3, nodes, 3).swapaxes(2, 3)
    law = D[VOIGT[:, :, None, None], VOIGT]  # i, k, j, l, elements
    by_slopes = np.moveaxis(law, [4, 1, 3, 0, 2], [0, 1, 2, 3, 4]).reshape(elements, 9, 9)
    blocks: FloatArray = np.ascontiguousarray(pairs).reshape(elements, nodes**2, 9) @ by_slopes
    return blocks


def _rule(kind: CellKind, order: int) -> tuple[FloatArray, FloatArray]:
    """Return points (q, d) and weights (q,) on the reference element."""
    from skfem import refdom
    from skfem.quadrature import get_quadrature

    domains = {
        "triangle": refdom.RefTri, "quad": refdom.RefQuad,
        "tetra": refdom.RefTet, "hexahedron": refdom.RefHex,
    }  # fmt: skip
    points, weights = get_quadrature(domains[kind.rstrip("0123456789")], order)
    return points.T, weights


def _is_straight(mesh: Mesh) -> bool:
    """Return whether every middle node of ten lies in the middle of its edge."""
    from mechagents.kit.elements import SIMPLEX_EDGES

    ends = mesh.points[mesh.cells[:, np.array(SIMPLEX_EDGES)]]
    off = mesh.points[mesh.cells[:, 4:]] - ends.mean(axis=2)
    return bool(np.abs(off).max() <= _STRAIGHT * np.abs(mesh.points).max())


def _coordinates_first(x: FloatArray) -> FloatArray:
    return np.ascontiguousarray(np.moveaxis(x, -1, 0))
