"""Pressure that follows a surface in finite deformation, and its load stiffness.

By Nanson's formula an area N dA before deformation is n da = J F^-T N dA after it. A pressure p,
into the body, then does the work

    - integral of p (cof F) N . v w dL       cof F of the plane's part of F, over edges before it

where w is 2 pi (r + u_r), the thickness times the stretch across the body, or 1. It depends on u,
and its derivative makes the tangent unsymmetric where the ends of an edge are free. On the faces of
a solid n da = (dx/ds x dx/dt) ds dt, with x = X + u by the face's own coordinates s and t.

References:
    Bonet & Wood, Nonlinear Continuum Mechanics for Finite Element Analysis (2008), section 8.5.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, cast

import numpy as np

from mechagents.kit.hyperelastic import stretch_across
from mechagents.kit.solid_space import SolidSpace, SolidSurface
from mechagents.kit.spaces import at_points
from mechagents.mechanics.formulation import Formulation, Pressure
from mechagents.mechanics.hyperelastic import Hyperelastic
from mechagents.mechanics.meshing import Mesh

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix
    from skfem import Basis, FacetBasis

    from mechagents.mechanics.meshing import FloatArray, IntArray

_INTO = (0, 0, 1, 1), (0, 1, 0, 1)
"""The components of the plane's part of H, as columns: 11, 12, 21, 22."""
_PERMUTATION = np.cross(np.eye(3)[:, None], np.eye(3)).transpose(2, 0, 1)
"""eps_ikm: (a x b)_i = eps_ikm a_k b_m."""


@dataclass(frozen=True, eq=False)
class PressedEdge:
    """A boundary under pressure, at the points of a scikit-fem basis on its edges."""

    problem: Formulation
    mesh: Mesh
    load: Pressure
    edges: FacetBasis

    @classmethod
    def of(cls, problem: Formulation, mesh: Mesh, space: Basis, load: Pressure) -> PressedEdge:
        """Return the edges that a pressure acts on."""
        from skfem import FacetBasis

        order = 2 * mesh.order + 4
        edges = FacetBasis(space.mesh, space.elem, facets=load.boundary, intorder=order)
        return cls(problem, mesh, load, edges)

    @cached_property
    def _pushed(self) -> FloatArray:
        """Minus the pressure times the length of each point [N/m], shape (edges, points)."""
        x = np.asarray(self.edges.global_coordinates())
        return np.asarray(-at_points(self.load.value, x) * self.edges.dx)

    @cached_property
    def _shapes(self) -> tuple[FloatArray, FloatArray]:
        """Value and gradient of each unknown, (edges, points, 2 | 4, unknowns of an element)."""
        shape = self._pushed.shape
        values: list[list[FloatArray]] = []
        grads: list[list[FloatArray]] = []
        for (field,) in self.edges.basis:
            value, grad = np.asarray(field), np.asarray(field.grad)
            values.append([np.broadcast_to(part, shape) for part in value])
            parts = [grad[i, j] for i, j in zip(*_INTO, strict=True)]
            grads.append([np.broadcast_to(part, shape) for part in parts])
        return _last(np.array(values)), _last(np.array(grads))

    def _normal(self, H: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return (cof F) N, and its derivative by H, (edges, points, 2) and (..., 2, 4)."""
        n = np.moveaxis(np.asarray(self.edges.normals), 0, -1)
        slope = np.zeros((*H.shape[:-1], 2, 4))
        slope[..., 0, 3], slope[..., 0, 2] = n[..., 0], -n[..., 1]
        slope[..., 1, 1], slope[..., 1, 0] = -n[..., 0], n[..., 1]
        return n + np.einsum("mqij,mqj->mqi", slope, H), slope

    def _weight(self, u: FloatArray, H: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return w, and its derivative by each unknown, (edges, points, 1 | unknowns)."""
        values, grads = self._shapes
        if self.problem.idealisation == "axisymmetric":
            r = np.asarray(self.edges.global_coordinates())[0]
            moved = np.einsum("mqd,md->mq", values[:, :, 0], u)
            return 2 * np.pi * (r + moved)[..., None], 2 * np.pi * values[:, :, 0]
        thickness = self.problem.thickness or 1.0
        if self.problem.idealisation != "plane_stress":
            return np.full((*H.shape[:2], 1), thickness), np.zeros_like(values[:, :, 0])
        stretch, slope = np.ones(H.shape[:2]), np.zeros(H.shape)
        F = np.zeros((*H.shape[:2], 3, 3)) + np.eye(3)
        F[..., _INTO[0], _INTO[1]] += H
        region = self.mesh.region[self.edges.tind]
        for number, name in enumerate(self.mesh.regions):
            here, law = region == number, cast("Hyperelastic", self.problem.materials[name])
            stretch[here], by_F = stretch_across(law, F[here])
            slope[here] = by_F[..., _INTO[0], _INTO[1]]
        by_u = np.einsum("mqj,mqjd->mqd", slope, grads)
        return thickness * stretch[..., None], thickness * by_u

    @property
    def dofs(self) -> IntArray:
        """The unknowns of each edge's element, shape (edges, unknowns of an element)."""
        return self.edges.element_dofs.T.astype(np.int64)

    def answer(self, u: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return force and derivative of each edge, (edges, unknowns) and (edges, unknowns^2).

        Args:
            u: Displacement [m], one for each unknown of the space.
        """
        values, grads = self._shapes
        local = u[self.dofs]
        H = np.einsum("mqcd,md->mqc", grads, local)
        normal, by_H = self._normal(H)
        weight, by_u = self._weight(local, H)
        pushed = np.swapaxes(values, -1, -2) * self._pushed[..., None, None]
        force = np.einsum("mqdi,mqi->md", pushed, normal * weight)
        turned = (by_H @ grads) * weight[..., None] + normal[..., None] * by_u[..., None, :]
        return force, (pushed @ turned).sum(axis=1)


@dataclass(frozen=True, eq=False)
class PressedSurface:
    """A surface of a solid under pressure."""

    load: Pressure
    space: SolidSpace

    @cached_property
    def surface(self) -> SolidSurface:
        """The faces that it acts on."""
        return self.space.on(self.load.boundary)

    @property
    def dofs(self) -> IntArray:
        """The unknowns of each face, node by node, shape (faces, unknowns of a face)."""
        faces = self.surface.faces
        return self.space.dofs[faces].reshape(len(faces), -1)

    def answer(self, u: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return force and derivative of each face, (faces, unknowns) and (faces, unknowns^2).

        Args:
            u: Displacement [m], one for each unknown of the space.
        """
        N, slopes, weights = self.surface.local
        faces, size = self.surface.faces, self.dofs.shape[1]
        moved = self.space.mesh.points[faces] + u[self.space.dofs[faces]]
        along = np.swapaxes(slopes, 1, 2) @ moved[:, None]
        s, t = along[..., 0, :], along[..., 1, :]
        # Where the pressure is read is a place before deformation.
        pushed = -at_points(self.load.value, self.surface.x) * weights
        by_node = np.swapaxes(pushed[..., None] * N, 1, 2)
        force = by_node @ np.cross(s, t)
        # The derivative of s x t by node b is v times: a_i = eps_ikm v_m.
        v = slopes[:, :, 0, None] * t[:, :, None] - slopes[:, :, 1, None] * s[:, :, None]
        turned = (by_node @ v.reshape(*s.shape[:2], -1)).reshape(*faces.shape, -1, 3)
        tangent = np.einsum("ikm,fabm->faibk", _PERMUTATION, turned)
        return force.reshape(-1, size), tangent.reshape(-1, size, size)


@dataclass(frozen=True, eq=False)
class FollowerPressure:
    """All pressures of a problem of finite deformation; other loads are not counted.

    ``forces(u)`` gives what they exert on a displaced body.
    """

    problem: Formulation
    mesh: Mesh
    space: Basis | SolidSpace

    @cached_property
    def edges(self) -> tuple[PressedEdge | PressedSurface, ...]:
        """The boundaries that a pressure acts on."""
        loads = [load for load in self.problem.loads if isinstance(load, Pressure)]
        return tuple(self._pressed(load) for load in loads)

    def _pressed(self, load: Pressure) -> PressedEdge | PressedSurface:
        if isinstance(self.space, SolidSpace):
            return PressedSurface(load, self.space)
        return PressedEdge.of(self.problem, self.mesh, self.space, load)

    def forces(self, u: FloatArray) -> tuple[FloatArray, csr_matrix]:
        """Return the forces of all pressures [N or N/m] and their derivative by u.

        Args:
            u: Displacement [m], one for each unknown of the space, shape (n,).

        Returns:
            Shapes (n,) and (n, n).
        """
        from scipy.sparse import coo_matrix, csr_matrix

        n = self.space.N
        total, tangent = np.zeros(n), csr_matrix((n, n))
        for edge in self.edges:
            dofs = edge.dofs
            force, slope = edge.answer(u)
            total += np.bincount(dofs.ravel(), force.ravel(), n)
            shape = (*dofs.shape, dofs.shape[1])
            rows = np.broadcast_to(dofs[:, :, None], shape).ravel()
            columns = np.broadcast_to(dofs[:, None, :], shape).ravel()
            tangent = tangent + coo_matrix((slope.ravel(), (rows, columns)), shape=(n, n)).tocsr()
        return total, tangent.tobsr((3, 3)) if isinstance(self.space, SolidSpace) else tangent


def _last(by_unknown: FloatArray) -> FloatArray:
    """Return (unknowns, columns, edges, points) as (edges, points, columns, unknowns)."""
    return np.moveaxis(by_unknown, (0, 1), (3, 2)).copy()
