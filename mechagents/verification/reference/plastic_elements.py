"""The reference of plasticity: Newton's method in numpy, on another mesh and element family.

It shares with the checks their radial return and matrices, with programs nothing but the mesh
generator. The load goes in more steps on finer meshes, so that three of them tell what mesh and
steps leave together.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import scipy.sparse as sparse
import scipy.sparse.linalg as linear

from mechagents.mechanics.formulas import value_at
from mechagents.mechanics.geometry import AXES
from mechagents.verification.assembly import Samples, balance, element_forces, strain, volumes
from mechagents.verification.elements import FloatArray
from mechagents.verification.equilibrium import Equilibrium
from mechagents.verification.history import History
from mechagents.verification.plastic import (
    Constants,
    State,
    constants,
    radial_return,
    tangent,
    unstrained,
)
from mechagents.verification.reference.matrices import assembled, strain_matrix, unknowns
from mechagents.verification.solution import Solution

ELEMENTS = (1500, 670, 300)
"""About how many elements the three meshes have."""
STEPS, STEPS_OF_SOLIDS = (18, 12, 8), (12, 9, 7)
"""Load steps on each, for each part of the load path."""
SHARE_OF_SOLIDS = 0.1
"""Of the elements that linear elasticity of a solid has, since it is solved for many times."""
MOST_ITERATIONS = 25
CONVERGED = 1e-9
"""Of the largest force, that may be left anywhere."""
MOST_HALVINGS = 6


def flowed(unloaded: Solution, steps: int) -> Equilibrium:
    """Return the state at the end of a load path.

    Args:
        unloaded: The mesh, without displacement.
        steps: Into how many the load of each part of the path is divided.

    Raises:
        ArithmeticError: If Newton's method finds no equilibrium.
    """
    march = _March(unloaded)
    before = 0.0
    for target in unloaded.formulation.load_path:
        for factor in np.linspace(before, target, steps + 1)[1:]:
            march.to(float(factor), MOST_HALVINGS)
        before = target
    u = np.array(march.displacements)
    history = History(np.array(march.factors), u)
    fields = replace(unloaded.fields, displacement=u[-1])
    return Equilibrium.of(replace(unloaded, fields=fields, history=history))


class _March:
    """A body on its way along a load path."""

    def __init__(self, unloaded: Solution) -> None:
        self.solution = unloaded
        count = len(unloaded.fields.blocks)
        self.points: list[tuple[Samples, FloatArray]] = [
            volumes(unloaded, index, 0) for index in range(count)
        ]
        self.laws: list[Constants] = [constants(unloaded, index) for index in range(count)]
        self.states: list[State] = [unstrained(at) for at, _ in self.points]
        self.load = balance(replace(unloaded, factor=1.0)).external.ravel()
        self.free = np.flatnonzero(unloaded.free.ravel())
        self.factors: list[float] = []
        self.displacements: list[FloatArray] = []

    @property
    def u(self) -> FloatArray:
        """The displacement reached [m], shape (points, d)."""
        return self.displacements[-1] if self.displacements else self.solution.fields.displacement

    def to(self, factor: float, halvings: int) -> None:
        """Go to a load factor, in smaller steps where it takes them."""
        try:
            u = self.equilibrium(factor)
        except ArithmeticError:
            if not halvings:
                raise
            done = self.factors[-1] if self.factors else 0.0
            self.to((done + factor) / 2, halvings - 1)
            self.to(factor, halvings - 1)
            return
        for index, (eps, law) in enumerate(zip(self.strains(u), self.laws, strict=True)):
            _, self.states[index] = radial_return(law, eps, self.states[index])
        self.factors.append(factor)
        self.displacements.append(u)

    def strains(self, u: FloatArray) -> list[FloatArray]:
        """Return the strain at the points of each block."""
        pairs = zip(self.points, self.solution.fields.blocks, strict=True)
        around = self.solution.axisymmetric
        return [strain(at, u[block.nodes], axisymmetric=around) for (at, _), block in pairs]

    def equilibrium(self, factor: float) -> FloatArray:
        """Return the displacement in equilibrium at a load factor [m], shape (points, d).

        Raises:
            ArithmeticError: If Newton's method does not converge.
        """
        u = self.u.copy()
        jump = self.prescribed(factor) - u.ravel()
        jump[self.free] = 0.0
        at_first = 0.0
        for _ in range(MOST_ITERATIONS):
            forces, K = self.forces(u)
            left = factor * self.load - forces
            # Where a load is taken off, no force is left to measure by but that at first.
            at_first = at_first or float(np.abs(left).max())
            scale = max(float(np.abs(left).max()), at_first)
            if not np.any(jump) and np.abs(left[self.free]).max() <= CONVERGED * scale:
                return u
            rest = (left - K @ jump)[self.free]
            change = jump.copy()
            change[self.free] = _solved(K[self.free][:, self.free].tocsc(), rest)
            if not np.isfinite(change).all():
                break
            u += change.reshape(u.shape)
            jump[:] = 0.0
        raise ArithmeticError(f"no equilibrium was found at load factor {factor:g}")

    def prescribed(self, factor: float) -> FloatArray:
        """Return what supports prescribe at a load factor [m], and else 0, flat."""
        fields = self.solution.fields
        u = np.zeros_like(fields.points)
        for support in self.solution.formulation.supports:
            for axis, value in support.components.items():
                nodes = self.solution.places[support.boundary].nodes
                u[nodes, AXES.index(axis)] = factor * value_at(value, fields.points[nodes])
        return u.ravel()

    def forces(self, u: FloatArray) -> tuple[FloatArray, sparse.csr_array]:
        """Return internal forces, flat, and their tangent."""
        fields, around = self.solution.fields, self.solution.axisymmetric
        total = np.zeros(fields.points.size)
        parts: list[FloatArray] = []
        for index, eps in enumerate(self.strains(u)):
            (at, volume), law, state = self.points[index], self.laws[index], self.states[index]
            nodes = fields.blocks[index].nodes
            sigma, _ = radial_return(law, eps, state)
            force = element_forces(at, sigma * volume[..., None], axisymmetric=around)
            dofs = unknowns(nodes, force.shape[-1])
            total += np.bincount(dofs.ravel(), force.ravel(), len(total))
            B = strain_matrix(at, axisymmetric=around)
            DB = tangent(law, eps, state) @ B * volume[..., None, None]
            flat = (len(B), -1, B.shape[-1])
            parts.append(np.swapaxes(B.reshape(flat), 1, 2) @ DB.reshape(flat))
        return total, assembled(self.solution, parts)


def _solved(A: sparse.csr_matrix, rest: FloatArray) -> FloatArray:
    """Return A^-1 rest for a symmetric matrix.

    Raises:
        ArithmeticError: If it is singular.
    """
    try:
        factors = linear.splu(
            A,
            permc_spec="MMD_AT_PLUS_A",
            diag_pivot_thresh=0.0,
            options={"SymmetricMode": True},
        )
    except RuntimeError as error:
        raise ArithmeticError(f"the tangent is singular: {error}") from error
    return factors.solve(rest)
