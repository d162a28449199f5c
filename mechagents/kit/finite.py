"""Internal forces and tangent stiffness of nonlinear bodies, assembled in numpy."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, cast

import numpy as np

from mechagents.kit.hyperelastic import Response, respond
from mechagents.mechanics.formulation import Formulation
from mechagents.mechanics.hyperelastic import Hyperelastic
from mechagents.mechanics.meshing import Mesh

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix
    from skfem import Basis

    from mechagents.mechanics.meshing import FloatArray, IntArray

ELEMENTS_AT_ONCE = 2000
"""How many elements are assembled at a time, so that memory does not grow with the mesh."""


@dataclass(frozen=True, eq=False)
class NonlinearBody(ABC):
    """A meshed body whose stress is no linear function of its displacement.

    At the points of a scikit-fem basis. What a law answers, subclasses say.
    """

    problem: Formulation
    mesh: Mesh
    space: Basis

    @abstractmethod
    def answer(self, name: str, H: FloatArray, elements: IntArray) -> Response:
        """Return what the law of a region answers.

        Args:
            name: Of the region.
            H: The displacement gradient, shape (elements, points, 3, 3).
            elements: Which elements these are.
        """

    @property
    def _axisymmetric(self) -> bool:
        return self.problem.idealisation == "axisymmetric"

    @cached_property
    def _pairs(self) -> tuple[tuple[int, int], ...]:
        """The components of H that change with the displacement."""
        d = self.mesh.points.shape[1]
        inside = tuple((i, j) for i in range(d) for j in range(d))
        return (*inside, (2, 2)) if self._axisymmetric else inside

    @cached_property
    def volume(self) -> FloatArray:
        """What each point counts for [m^3 or m^2], shape (elements, points)."""
        x = np.asarray(self.space.global_coordinates())
        if self._axisymmetric:
            return np.asarray(self.space.dx * 2 * np.pi * x[0])
        return np.asarray(self.space.dx * (self.problem.thickness or 1.0))

    @cached_property
    def slopes(self) -> FloatArray:
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

    def responses(self, u: FloatArray, rows: IntArray) -> list[tuple[IntArray, Response]]:
        """Return for each law the elements, among some, that it is in, and what it answers."""
        local = u[self.space.element_dofs[:, rows]].T
        change = np.einsum("mqcd,md->mqc", self.slopes[rows], local)
        H = np.zeros((*change.shape[:2], 3, 3))
        for column, (i, j) in enumerate(self._pairs):
            H[..., i, j] = change[..., column]
        found: list[tuple[IntArray, Response]] = []
        for number, name in enumerate(self.mesh.regions):
            here = np.flatnonzero(self.mesh.region[rows] == number)
            found.append((here, self.answer(name, H[here], rows[here])))
        return found

    def _parts(self) -> list[IntArray]:
        count = len(self.mesh.cells)
        return np.array_split(np.arange(count), -(-count // ELEMENTS_AT_ONCE))

    def forces(self, u: FloatArray) -> tuple[FloatArray, csr_matrix]:
        """Return internal forces [N or N/m] and their tangent.

        Args:
            u: Displacement [m], one for each unknown of the space.

        Raises:
            FloatingPointError: If an element is turned inside out.
        """
        from scipy.sparse import coo_matrix

        total = np.zeros(self.space.N)
        values: list[FloatArray] = []
        dofs = self.space.element_dofs
        i, j = np.array(self._pairs).T
        for rows in self._parts():
            element = np.zeros((len(rows), len(dofs), len(dofs)))
            for here, found in self.responses(u, rows):
                G, volume = self.slopes[rows[here]], self.volume[rows[here]]
                P = found.stress[..., i, j] * volume[..., None]
                A = found.tangent[..., i[:, None], j[:, None], i, j]
                AG = (A * volume[..., None, None]) @ G
                element[here] = (np.swapaxes(G, -1, -2) @ AG).sum(axis=1)
                force = np.einsum("mqcd,mqc->md", G, P)
                total += np.bincount(dofs[:, rows[here]].T.ravel(), force.ravel(), len(total))
            values.append(element.ravel())
        across = np.broadcast_to(dofs.T[:, :, None], (dofs.shape[1], len(dofs), len(dofs)))
        along = np.swapaxes(across, 1, 2)
        entries = (np.concatenate(values), (across.ravel(), along.ravel()))
        return total, coo_matrix(entries, shape=(len(total), len(total))).tocsr()

    def energy(self, u: FloatArray) -> FloatArray:
        """Return the strain energy of each element [J or J/m], shape (elements,)."""
        total = np.zeros(len(self.mesh.cells))
        for rows in self._parts():
            for here, found in self.responses(u, rows):
                total[rows[here]] = (found.energy * self.volume[rows[here]]).sum(axis=1)
        return total

    def stress(self, u: FloatArray) -> FloatArray:
        """Return the true stress at the points of the space [Pa], (elements, points, 4).

        The columns are xx, yy, zz and xy.
        """
        stress = np.zeros((*self.volume.shape, 4))
        for rows in self._parts():
            for here, found in self.responses(u, rows):
                stress[rows[here]] = found.cauchy[..., [0, 1, 2, 0], [0, 1, 2, 1]]
        return stress


class FiniteBody(NonlinearBody):
    """A body of hyperelastic materials; its forces are by area and volume before deformation."""

    def answer(self, name: str, H: FloatArray, elements: IntArray) -> Response:
        """Return what a hyperelastic law answers to F = I + H."""
        law = cast("Hyperelastic", self.problem.materials[name])
        return respond(law, np.eye(3) + H, plane_stress=self.problem.idealisation == "plane_stress")
