"""The reference for modes of vibration and buckling by NGSolve.

In the plane on the meshes of ``high_order``; of a solid the modes at one order.

References:
    Saad, Numerical Methods for Large Eigenvalue Problems (2011), section 8.1: shift and invert.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version

import numpy as np
from ngsolve import CF, BaseMatrix, BilinearForm, BitArray, Grad, InnerProduct, dx
from scipy.sparse import csr_matrix
from scipy.sparse.linalg import LinearOperator, eigsh

from mechagents.mechanics.formulation import Formulation, WantedOfField, WantedOfMode
from mechagents.mechanics.materials import Isotropic
from mechagents.verification.reference.body import Resolution, make_body
from mechagents.verification.reference.high_order import (
    COARSE,
    FINE,
    ROUNDING,
    SAFETY,
    Solved,
    value_of,
)
from mechagents.verification.reference.probe import FloatArray
from mechagents.verification.reference.values import ReferenceSolution, ReferenceValue

FINE_STRESS, COARSE_STRESS = (
    Resolution(order=FINE.order, layers=2, edge=FINE.edge),
    Resolution(order=COARSE.order, layers=1, edge=COARSE.edge),
)
"""For buckling. At a singular point a stress without bound makes the smallest elements buckle by
themselves, at a factor that falls to 0 with their size and means nothing; so none is small."""
SHIFT = 1e-3
"""The shift below 0 of a vibration problem, over (E / rho) / L^2."""
RIGID = 1e-8
"""A square of a frequency that is less, over (E / rho) / L^2, is that of a rigid motion."""
MORE = 6
"""Modes that are sought beyond those asked for, so that none of a group of close ones is missed."""


def solve(formulation: Formulation) -> ReferenceSolution:
    """Return the wanted quantities of a modal or buckling problem, with error estimates.

    Raises:
        Exception: Whatever netgen, NGSolve and scipy raise.
    """
    vibrates = formulation.analysis == "modal"
    resolutions = (FINE, COARSE) if vibrates else (FINE_STRESS, COARSE_STRESS)
    fine, coarse = (
        EigenModes(formulation, Solved(formulation, resolution, make_body(formulation, resolution)))
        for resolution in resolutions
    )
    found: dict[str, ReferenceValue] = {}
    for wanted in formulation.wanted:
        if isinstance(wanted, WantedOfMode):
            found[wanted.name] = _mode_value(wanted, fine, coarse)
        elif isinstance(wanted, WantedOfField):
            value = value_of(wanted, fine.solved, coarse.solved)
            found |= {} if value is None else {wanted.name: value}
    means = f"NGSolve {version('ngsolve')}, curved elements of order {FINE.order}"
    means += f" graded to the corners, {fine.solved.space.ndof} unknowns; "
    means += f"error by order {COARSE.order}"
    return ReferenceSolution(means=means, quantities=found)


def _mode_value(wanted: WantedOfMode, fine: EigenModes, coarse: EigenModes) -> ReferenceValue:
    best, rough = (float(modes.values[wanted.number - 1]) for modes in (fine, coarse))
    scale = best or fine.own
    error = SAFETY * abs(best - rough) + ROUNDING * scale
    return ReferenceValue(values=(best,), error=error, scale=scale)


@dataclass(frozen=True)
class EigenModes:
    """The modes of a formulation at one resolution."""

    formulation: Formulation
    solved: Solved

    @cached_property
    def free(self) -> FloatArray:
        """1 for each unknown that nothing holds, else 0."""
        found = np.ones(self.solved.space.ndof)
        found[self.solved.held] = 0.0
        return found

    @property
    def values(self) -> FloatArray:
        """Frequencies [Hz] or positive buckling factors [-], ascending."""
        return self.pairs[0]

    @cached_property
    def pairs(self) -> tuple[FloatArray, FloatArray]:
        """The values, and the mode of each by degrees of freedom, shape (ndof, values)."""
        vibration = self.formulation.analysis == "modal"
        return self._frequencies() if vibration else self._factors()

    @property
    def own(self) -> float:
        """sqrt(E / rho) / L / 2 pi [Hz], what is large for a frequency; 1 for a factor."""
        if self.formulation.analysis != "modal":
            return 1.0
        return float(np.sqrt(self._square())) * self.solved.body.frame.scale / (2 * np.pi)

    def _square(self) -> float:
        """Return (E / rho) / L^2 in scaled coordinates, in which L is about 1 [m^2/s^2]."""
        laws = self.formulation.materials.values()
        known = [law for law in laws if isinstance(law, Isotropic)]
        return max(law.youngs_modulus / (law.density or 1.0) for law in known)

    def _frequencies(self) -> tuple[FloatArray, FloatArray]:
        """K phi = omega^2 M phi; in coordinates s times as large omega^2 is s^2 times as small."""
        u, v = self.solved.space.TnT()
        laws = self.formulation.materials
        rho = self.solved.body.mesh.MaterialCF({n: law.density or 0.0 for n, law in laws.items()})
        form = rho * InnerProduct(u, v) * self.solved.weight
        mass = BilinearForm(form * dx(bonus_intorder=2), symmetric=True).Assemble().mat
        stiffness = self.solved.stiffness.mat
        shift = -SHIFT * self._square()
        shifted = stiffness.CreateMatrix()
        shifted.AsVector().data = stiffness.AsVector() - shift * mass.AsVector()
        K, M = exported(stiffness), exported(mass)
        _, phi = self._largest(M, K - shift * M, shifted)
        squares = np.einsum("ik,ik->k", phi, K @ phi) / np.einsum("ik,ik->k", phi, M @ phi)
        squares[squares <= RIGID * self._square()] = 0.0
        order = np.argsort(squares, kind="stable")
        found = np.sqrt(squares[order]) * self.solved.body.frame.scale / (2 * np.pi)
        return found, phi[:, order]

    def _factors(self) -> tuple[FloatArray, FloatArray]:
        """K phi = factor (-K_sigma) phi, with the stress of the displacement under the loads."""
        a, b = self.solved.space.TnT()
        sigma = self.solved.stress(self.solved.elastic)
        if self.formulation.dimension == 2:
            sigma = CF((sigma[0, 0], sigma[0, 1], sigma[1, 0], sigma[1, 1]), dims=(2, 2))
        form = InnerProduct(Grad(a) * sigma, Grad(b)) * self.solved.weight
        # The stress has the order of the gradients themselves.
        turning = BilinearForm(
            form * dx(bonus_intorder=self.solved.resolution.order + 2), symmetric=True
        ).Assemble()
        stiffness = self.solved.stiffness.mat
        mu, phi = self._largest(-exported(turning.mat), exported(stiffness), stiffness)
        if mu[self.formulation.modes - 1] <= 0:
            raise ValueError("there are fewer positive buckling factors than are asked for")
        return np.asarray(1 / mu[mu > 0], dtype=np.float64), phi[:, mu > 0]

    def _largest(
        self,
        A: csr_matrix,
        B: csr_matrix,
        matrix: BaseMatrix,
    ) -> tuple[FloatArray, FloatArray]:
        """Return the largest mu of A x = mu B x on the free unknowns, descending."""
        inverse = matrix.Inverse(BitArray(list(map(bool, self.free))), inverse="sparsecholesky")
        left, right = matrix.CreateColVector(), matrix.CreateColVector()

        def apply(x: FloatArray) -> FloatArray:
            right.FV().NumPy()[:] = x.ravel()
            left.data = inverse * right
            return np.array(left.FV().NumPy())

        size, free = len(self.free), self.free[:, None]
        every = np.arange(size, dtype=np.int64)
        count = min(self.formulation.modes + MORE, int(self.free.sum()) - 1)
        # Held unknowns have no part in A, so that every vector of the iteration is 0 there.
        held = csr_matrix((self.free, (every, every)), (size, size))
        start = np.random.default_rng(2).standard_normal(size) * self.free
        solver = LinearOperator((size, size), matvec=apply, dtype=np.float64)
        mu, phi = eigsh(
            held @ A @ held, k=count, M=B, Minv=solver, which="LA", ncv=4 * count + 20, v0=start
        )
        order = np.argsort(-mu)
        return mu[order], np.asarray(phi[:, order] * free, dtype=np.float64)


def exported(matrix: BaseMatrix) -> csr_matrix:
    """Return a matrix of NGSolve, of which a symmetric one holds the lower half, whole."""
    rows, columns, values = (np.asarray(part) for part in matrix.COO())
    found = csr_matrix((values, (rows, columns)), (matrix.height, matrix.width))
    strictly_upper = columns > rows
    if strictly_upper.any():
        return found
    lower = csr_matrix(
        (np.where(rows != columns, values, 0.0), (columns, rows)), (matrix.height, matrix.width)
    )
    return found + lower
