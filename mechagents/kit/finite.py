"""Internal forces and tangent stiffness of nonlinear bodies, assembled in numpy."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, cast

import numpy as np

from mechagents.kit.hyperelastic import Response, respond
from mechagents.kit.points import Part, Points, points_of
from mechagents.kit.solid_space import SolidSpace
from mechagents.mechanics.formulation import Formulation
from mechagents.mechanics.hyperelastic import Hyperelastic
from mechagents.mechanics.meshing import Mesh

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix
    from skfem import Basis

    from mechagents.mechanics.meshing import FloatArray, IntArray

_COLUMNS = [0, 1, 2, 0, 1, 0], [0, 1, 2, 1, 2, 2]
"""xx, yy, zz, xy, and in space yz, xz."""


@dataclass(frozen=True, eq=False)
class NonlinearBody(ABC):
    """A meshed body whose stress is no linear function of its displacement.

    At the points of a scikit-fem basis or, of solids, of a ``SolidSpace``. What a law answers,
    subclasses say.
    """

    problem: Formulation
    mesh: Mesh
    space: Basis | SolidSpace

    @abstractmethod
    def answer(self, name: str, H: FloatArray, elements: IntArray) -> Response:
        """Return what the law of a region answers.

        Args:
            name: Of the region.
            H: The displacement gradient, shape (elements, points, 3, 3).
            elements: Which elements these are.
        """

    @cached_property
    def points(self) -> Points:
        """Where the laws are asked."""
        return points_of(self.problem, self.mesh, self.space)

    def responses(self, u: FloatArray, rows: slice) -> Iterator[tuple[IntArray, Response]]:
        """Yield for each law the elements that it is in, among some, and what it answers."""
        H, region = self.points.gradient(u, rows), self.mesh.region[rows]
        for number, name in enumerate(self.mesh.regions):
            here = np.flatnonzero(region == number)
            if len(here):
                yield here, self.answer(name, H[here], here + rows.start)

    def forces(self, u: FloatArray) -> tuple[FloatArray, csr_matrix]:
        """Return internal forces [N or N/m] and their tangent, for solids in blocks of 3 x 3.

        Args:
            u: Displacement [m], one for each unknown of the space.

        Raises:
            FloatingPointError: If an element is turned inside out.
        """
        return self.points.forces(self._stressed(u))

    def _stressed(self, u: FloatArray) -> Iterator[Part]:
        for rows in self.points.parts():
            stress = np.zeros((*self.points.volume[rows].shape, 3, 3))
            tangent = np.zeros((*stress.shape, 3, 3))
            for here, found in self.responses(u, rows):
                stress[here], tangent[here] = found.stress, found.tangent
            yield rows, stress, tangent

    def energy(self, u: FloatArray) -> FloatArray:
        """Return the strain energy of each element [J or J/m], shape (elements,)."""
        total = np.zeros(len(self.mesh.cells))
        for rows in self.points.parts():
            for here, found in self.responses(u, rows):
                volume = self.points.volume[rows][here]
                total[here + rows.start] = (found.energy * volume).sum(axis=1)
        return total

    def stress(self, u: FloatArray) -> FloatArray:
        """Return the true stress at the points of the space [Pa], (elements, points, 4 | 6).

        The columns are xx, yy, zz and xy, of solids yz and xz too.
        """
        columns = self.points.columns
        i, j = (axes[:columns] for axes in _COLUMNS)
        stress = np.zeros((*self.points.volume.shape, columns))
        for rows in self.points.parts():
            for here, found in self.responses(u, rows):
                stress[here + rows.start] = found.cauchy[..., i, j]
        return stress


class FiniteBody(NonlinearBody):
    """A body of hyperelastic materials; its forces are by area and volume before deformation."""

    def answer(self, name: str, H: FloatArray, elements: IntArray) -> Response:
        """Return what a hyperelastic law answers to F = I + H."""
        law = cast("Hyperelastic", self.problem.materials[name])
        return respond(law, np.eye(3) + H, plane_stress=self.problem.idealisation == "plane_stress")
