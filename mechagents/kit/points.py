"""Where a nonlinear body is integrated: displacement gradients at points, and forces from stresses.

In the plane by a scikit-fem basis, in space by a ``SolidSpace``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

import numpy as np

from mechagents.kit.solid_space import SolidSpace
from mechagents.mechanics.formulation import Formulation
from mechagents.mechanics.meshing import Mesh

if TYPE_CHECKING:
    from scipy.sparse import bsr_matrix, csr_matrix
    from skfem import Basis

    from mechagents.mechanics.meshing import FloatArray

ELEMENTS_AT_ONCE = 2000
POINTS_AT_ONCE = 20_000
"""How much is assembled at a time, so that memory does not grow with the mesh."""
Part = tuple[slice, "FloatArray", "FloatArray"]
"""Some elements, and at their points P and dP/dF [Pa]: (elements, points, 3, 3), (..., 3, 3)."""


class Points(Protocol):
    """The points of a mesh's elements at which a nonlinear law is asked."""

    @property
    def volume(self) -> FloatArray:
        """What each point counts for [m^3 or m^2], shape (elements, points)."""
        ...

    @property
    def columns(self) -> int:
        """How many components of a stress are kept: four in the plane, six in space."""
        ...

    def parts(self) -> list[slice]:
        """Return the elements, some at a time."""
        ...

    def gradient(self, u: FloatArray, rows: slice) -> FloatArray:
        """Return the displacement gradient in some elements, shape (elements, points, 3, 3)."""
        ...

    def forces(self, parts: Iterable[Part]) -> tuple[FloatArray, csr_matrix]:
        """Return the internal forces of stresses, and their tangent."""
        ...


def points_of(problem: Formulation, mesh: Mesh, space: Basis | SolidSpace) -> Points:
    """Return the points of a space."""
    if isinstance(space, SolidSpace):
        return SolidPoints(space)
    return PlanePoints(problem, mesh, space)


@dataclass(frozen=True, eq=False)
class PlanePoints:
    """The points of a scikit-fem basis."""

    problem: Formulation
    mesh: Mesh
    space: Basis
    columns: int = 4

    @property
    def _axisymmetric(self) -> bool:
        return self.problem.idealisation == "axisymmetric"

    @cached_property
    def _pairs(self) -> tuple[tuple[int, int], ...]:
        """The components of H that change with the displacement."""
        inside = tuple((i, j) for i in range(2) for j in range(2))
        return (*inside, (2, 2)) if self._axisymmetric else inside

    @property
    def volume(self) -> FloatArray:
        """What each point counts for [m^3 or m^2], shape (elements, points)."""
        return self._volume

    @cached_property
    def _volume(self) -> FloatArray:
        x = np.asarray(self.space.global_coordinates())
        if self._axisymmetric:
            return np.asarray(self.space.dx * 2 * np.pi * x[0])
        return np.asarray(self.space.dx * (self.problem.thickness or 1.0))

    @cached_property
    def _slopes(self) -> FloatArray:
        """DF of each unknown of an element, shape (elements, points, components, unknowns)."""
        rows: list[list[FloatArray]] = []
        x = np.asarray(self.space.global_coordinates())
        for (field,) in self.space.basis:
            value, grad = np.asarray(field), np.asarray(field.grad)
            parts = [grad[i, j] for i, j in self._pairs[: len(grad) ** 2]]
            if self._axisymmetric:  # on the axis u_r / r tends to du_r/dr
                on_axis = x[0] <= 1e-9 * np.abs(x).max()
                parts.append(np.where(on_axis, grad[0, 0], value[0] / np.where(on_axis, 1.0, x[0])))
            rows.append([np.broadcast_to(part, self.volume.shape) for part in parts])
        return np.moveaxis(np.array(rows), (0, 1), (3, 2)).copy()

    def parts(self) -> list[slice]:
        """Return the elements, some at a time."""
        return _slices(len(self.mesh.cells), ELEMENTS_AT_ONCE)

    def gradient(self, u: FloatArray, rows: slice) -> FloatArray:
        """Return the displacement gradient in some elements, shape (elements, points, 3, 3)."""
        local = u[self.space.element_dofs[:, rows]].T
        change = np.einsum("mqcd,md->mqc", self._slopes[rows], local)
        H = np.zeros((*change.shape[:2], 3, 3))
        for column, (i, j) in enumerate(self._pairs):
            H[..., i, j] = change[..., column]
        return H

    def forces(self, parts: Iterable[Part]) -> tuple[FloatArray, csr_matrix]:
        """Return the internal forces of stresses [N or N/m], and their tangent."""
        from scipy.sparse import coo_matrix

        total = np.zeros(self.space.N)
        values: list[FloatArray] = []
        dofs = self.space.element_dofs
        i, j = np.array(self._pairs).T
        for rows, stress, tangent in parts:
            G, volume = self._slopes[rows], self.volume[rows]
            P = stress[..., i, j] * volume[..., None]
            A = tangent[..., i[:, None], j[:, None], i, j] * volume[..., None, None]
            values.append((np.swapaxes(G, -1, -2) @ (A @ G)).sum(axis=1).ravel())
            force = np.einsum("mqcd,mqc->md", G, P)
            total += np.bincount(dofs[:, rows].T.ravel(), force.ravel(), len(total))
        across = np.broadcast_to(dofs.T[:, :, None], (dofs.shape[1], len(dofs), len(dofs)))
        along = np.swapaxes(across, 1, 2)
        entries = (np.concatenate(values), (across.ravel(), along.ravel()))
        return total, coo_matrix(entries, shape=(len(total), len(total))).tocsr()


@dataclass(frozen=True, eq=False)
class SolidPoints:
    """The points of a space of solids."""

    space: SolidSpace
    columns: int = 6

    @property
    def volume(self) -> FloatArray:
        """What each point counts for [m^3], shape (elements, points)."""
        return self.space.volume

    def parts(self) -> list[slice]:
        """Return the elements, some at a time."""
        elements, points = self.volume.shape
        return _slices(elements, max(1, POINTS_AT_ONCE // points))

    def gradient(self, u: FloatArray, rows: slice) -> FloatArray:
        """Return the displacement gradient in some elements, shape (elements, points, 3, 3)."""
        at_nodes = u[self.space.dofs][self.space.mesh.cells[rows]]
        slopes, _ = self.space.slopes(rows)
        found: FloatArray = np.swapaxes(at_nodes, 1, 2)[:, None] @ slopes
        return found

    def forces(self, parts: Iterable[Part]) -> tuple[FloatArray, bsr_matrix]:
        """Return the internal forces of stresses [N], and their tangent in blocks of 3 x 3."""
        total = np.zeros(self.space.N)
        return total, self.space.matrix_of(self._blocks(parts, total))

    def _blocks(
        self, parts: Iterable[Part], total: FloatArray
    ) -> Iterator[tuple[slice, FloatArray]]:
        """Yield the matrices of some elements at a time, and add their forces to a total."""
        for rows, stress, tangent in parts:
            slopes, volume = self.space.slopes(rows)
            weighted = slopes * volume[..., None, None]
            force = (weighted @ np.swapaxes(stress, -1, -2)).sum(axis=1)
            dofs = self.space.dofs[self.space.mesh.cells[rows]]
            total += np.bincount(dofs.ravel(), force.ravel(), len(total))
            yield rows, _blocks(slopes, weighted, tangent)


def _blocks(slopes: FloatArray, weighted: FloatArray, A: FloatArray) -> FloatArray:
    """Return element matrices as 3 x 3 blocks of node pairs, shape (elements, nodes^2, 9).

    Block ab has the entries ik: the sum over points, j and l of g_aj A_ijkl g_bl.
    """
    elements, points, nodes, _ = slopes.shape
    along = A.reshape(elements, points, 27, 3) @ np.swapaxes(slopes, -1, -2)
    by_j = along.reshape(elements, points, 3, 3, 3 * nodes).swapaxes(2, 3)
    right = by_j.reshape(elements, points * 3, 9 * nodes)
    left = weighted.swapaxes(1, 2).reshape(elements, nodes, points * 3)
    found = (left @ right).reshape(elements, nodes, 3, 3, nodes)
    ordered = found.transpose(0, 1, 4, 2, 3)
    return ordered.reshape(elements, nodes**2, 9)


def _slices(count: int, at_once: int) -> list[slice]:
    return [slice(first, min(first + at_once, count)) for first in range(0, count, at_once)]
