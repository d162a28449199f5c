"""The reference of finite deformation: NGSolve makes the stored energy less the work stationary.

NGSolve differentiates W(F) itself, twice; no stress or tangent of a program or check is used.
In plane stress the stretch across the body is a field of its own, by which W is stationary too.
A pressure adds its virtual work on the surface as it moves, by Nanson's formula: n da = cof F N dA.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from typing import cast

import numpy as np
from ngsolve import (
    CF,
    L2,
    BilinearForm,
    BitArray,
    CoefficientFunction,
    Cof,
    Det,
    FESpace,
    Grad,
    GridFunction,
    Id,
    InnerProduct,
    Integrate,
    Parameter,
    Trace,
    Variation,
    ds,
    dx,
    exp,
    log,
    specialcf,
)

from mechagents.mechanics.formulation import Formulation, Load, Pressure
from mechagents.mechanics.hyperelastic import (
    Hyperelastic,
    MooneyRivlin,
    NeoHookean,
    SaintVenantKirchhoff,
)
from mechagents.verification.reference.body import Resolution, make_body
from mechagents.verification.reference.high_order import Solved, compared
from mechagents.verification.reference.probe import FloatArray
from mechagents.verification.reference.values import ReferenceSolution

RESOLUTIONS = tuple(Resolution(n, n - 1, 0.12) for n in (5, 4, 3))
"""The reference, what it is compared with to estimate its error, and what does instead where a
body that hardly changes its volume folds at a corner of the finest."""
NEARLY_INCOMPRESSIBLE = 100.0
"""Bulk over shear modulus beyond which only the coarser two are tried."""
STEPS = 5
"""Load steps to begin with; one that fails is halved."""
SHORTEST = 2e-3
"""The smallest step of the load, as a share of the whole."""
MOST_ITERATIONS = 20
CONVERGED, STALLED = 1e-11, 1e-7
"""Of the forces: what may be left, and below what a residual that no longer falls is rounding."""
_MORE = 4
"""Orders of integration besides those of the elements."""


def solve(formulation: Formulation) -> ReferenceSolution:
    """Return the wanted quantities of a problem of finite deformation, with error estimates.

    Raises:
        ArithmeticError: If Newton's method finds no equilibrium.
        Exception: Whatever netgen or NGSolve raise.
    """
    solved = [
        FiniteSolved(formulation, resolution, make_body(formulation, resolution))
        for resolution in RESOLUTIONS
    ]
    if not _keeps_its_volume(formulation):
        with contextlib.suppress(ArithmeticError):
            return _compared(formulation, solved[0], solved[1])
    return _compared(formulation, solved[1], solved[2])


def _keeps_its_volume(formulation: Formulation) -> bool:
    laws = [cast("Hyperelastic", law) for law in formulation.materials.values()]
    return any(law.bulk_modulus > NEARLY_INCOMPRESSIBLE * law.lame_constants[1] for law in laws)


def _compared(
    formulation: Formulation, fine: FiniteSolved, coarse: FiniteSolved
) -> ReferenceSolution:
    means = f"NGSolve {version('ngsolve')}, stationary energy by Newton's method, curved elements "
    means += f"of order {fine.resolution.order}, {fine.whole.ndof} unknowns; "
    means += f"error by order {coarse.resolution.order}"
    return compared(formulation, fine, coarse, means)


@dataclass(frozen=True)
class FiniteSolved(Solved):
    """A problem of finite deformation solved at one resolution, in scaled coordinates."""

    @property
    def plane_stress(self) -> bool:
        """Whether the stretch across the body is an unknown."""
        return self.formulation.idealisation == "plane_stress"

    @cached_property
    def whole(self) -> FESpace:
        """The displacement, and in plane stress the logarithm of the stretch across."""
        if not self.plane_stress:
            return self.space
        return self.space * L2(self.body.mesh, order=self.resolution.order)

    def gradient(self, u: CoefficientFunction, across: CoefficientFunction) -> CoefficientFunction:
        """Return F, 3 x 3, by the logarithm of the stretch across where it is an unknown."""
        H = Grad(u)
        third = CF(1.0)
        if self.plane_stress:
            third = exp(across)
        elif self.axisymmetric:
            third = 1 + u[0] / self.radius
        return CF((1 + H[0, 0], H[0, 1], 0, H[1, 0], 1 + H[1, 1], 0, 0, 0, third), dims=(3, 3))

    @cached_property
    def stored(self) -> BilinearForm:
        """The form whose residual is the forces, less those of pressures."""
        trial = self.whole.TrialFunction()
        u, across = trial if self.plane_stress else (trial, CF(0.0))
        F = self.gradient(u, across)
        form = BilinearForm(self.whole, symmetric=not self.pressures)
        for name, law in self.formulation.materials.items():
            where = dx(definedon=self.body.mesh.Materials(name), bonus_intorder=_MORE)
            W = energy_density(cast("Hyperelastic", law), F)
            form += Variation((W * self.weight).Compile() * where)
        test = self.whole.TestFunction()
        v: CoefficientFunction = test[0] if self.plane_stress else test
        for load in self.pressures:
            where = ds(
                skeleton=True,
                definedon=self.body.boundary(load.boundary),
                bonus_intorder=_MORE,
            )
            outward = self.varying(load.value) * self.deformed_area(u, across)
            form += self.share * InnerProduct(outward, v) * where
        return form

    def deformed_area(
        self, u: CoefficientFunction, across: CoefficientFunction
    ) -> CoefficientFunction:
        """Return n da after deformation over dL before it, outward, with thickness or 2 pi r."""
        area = Cof(Id(2) + Grad(u)) * specialcf.normal(2)
        weight = self.weight * (exp(across) if self.plane_stress else 1.0)
        if self.axisymmetric:
            weight = 2 * np.pi * (self.radius + u[0])
        return area * weight

    @cached_property
    def share(self) -> Parameter:
        """The share of the pressures that acts."""
        return Parameter(1.0)

    @property
    def pressures(self) -> list[Pressure]:
        """The loads that follow the surface."""
        return [load for load in self.formulation.loads if isinstance(load, Pressure)]

    @property
    def means(self) -> str:
        """How the tangent, which pressures make unsymmetric, is inverted."""
        return "umfpack" if self.pressures else "sparsecholesky"

    @property
    def dead(self) -> list[Load]:
        """The loads that do not change with the displacement."""
        return [load for load in self.formulation.loads if not isinstance(load, Pressure)]

    @cached_property
    def state(self) -> GridFunction:
        """The displacement, scaled, and the stretch across, in equilibrium with the whole load."""
        state = GridFunction(self.whole)
        done, step = 0.0, 1.0 / STEPS
        while done < 1.0:
            following = min(1.0, done + step)
            if following > 1.0 - 1e-9:
                following = 1.0
            before = state.vec.CreateVector(copy=True)
            if self.newton(state, following):
                done, step = following, min(1.0 / STEPS, 1.5 * step)
                continue
            state.vec.data = before
            step /= 2
            if step < SHORTEST:
                raise ArithmeticError(f"no equilibrium was found beyond load factor {done:g}")
        return state

    def newton(self, state: GridFunction, factor: float, large: float = 1e-300) -> bool:
        """Bring a state into equilibrium with a share of the load; return whether that worked.

        Args:
            state: What is brought there.
            factor: The share.
            large: A force that is large here, should all be small at this share.
        """
        values = state.vec.FV().NumPy()
        held, prescribed = self.held, self.prescribed
        free = BitArray([*map(bool, ~held), *[True] * (self.whole.ndof - len(held))])
        mask = np.array(list(free), dtype=np.bool_)
        jump = np.zeros(self.whole.ndof)
        jump[: len(held)][held] = factor * prescribed[held] - values[: len(held)][held]
        history: list[float] = []
        for _ in range(MOST_ITERATIONS):
            left = self.left(state, factor)
            moved = bool(np.any(jump))
            if not np.isfinite(left).all():
                return False
            size = float(np.abs(left[mask]).max()) / max(float(np.abs(left).max()), large)
            history.append(1.0 if moved else size)
            stalled = len(history) > 2 and max(history[-2:]) <= STALLED
            if size <= CONVERGED and not moved:
                return True
            if stalled and history[-1] > 0.1 * history[-2]:
                return True
            self.stored.AssembleLinearization(state.vec)
            rest, change = state.vec.CreateVector(), state.vec.CreateVector()
            change.FV().NumPy()[:] = jump
            rest.data = self.stored.mat * change
            rest.FV().NumPy()[:] = -left - rest.FV().NumPy()
            change.data += self.stored.mat.Inverse(free, inverse=self.means) * rest
            state.vec.data += change
            jump[:] = 0.0
        return False

    def left(self, state: GridFunction, factor: float) -> FloatArray:
        """Return internal less outer forces on each degree of freedom, scaled."""
        found = state.vec.CreateVector()
        self.share.Set(factor)
        self.stored.Apply(state.vec, found)
        forces = np.array(found.FV().NumPy())
        forces[: self.space.ndof] -= factor * self.force.vec.FV().NumPy()
        return forces

    @cached_property
    def displacement(self) -> GridFunction:
        """The displacement, scaled."""
        return self.state.components[0] if self.plane_stress else self.state

    @cached_property
    def residual(self) -> FloatArray:
        """What the surroundings exert on each degree of freedom, scaled."""
        return self.left(self.state, 1.0)[: self.space.ndof]

    @cached_property
    def final_gradient(self) -> CoefficientFunction:
        """F of the solution, 3 x 3."""
        across = self.state.components[1] if self.plane_stress else CF(0.0)
        return self.gradient(self.displacement, across)

    def energy(self, region: str | None) -> float:
        """Return the strain energy [J or J/m]."""
        total = 0.0
        for name, law in self.formulation.materials.items():
            if region in (None, name):
                W = energy_density(cast("Hyperelastic", law), self.final_gradient) * self.weight
                where = self.body.mesh.Materials(name)
                order = 2 * self.resolution.order + _MORE
                total += float(Integrate(W, self.body.mesh, definedon=where, order=order))
        return total / self.force_scale / self.body.frame.scale

    @property
    def true_stress(self) -> CoefficientFunction:
        """The Cauchy stress [Pa], 3 x 3: dW/dF F^T / J, by NGSolve's differentiation."""
        F = self.final_gradient.MakeVariable()
        parts = {
            name: energy_density(cast("Hyperelastic", law), F).Diff(F)
            for name, law in self.formulation.materials.items()
        }
        P = self.body.mesh.MaterialCF(parts)
        found: CoefficientFunction = P * F.trans / Det(F)
        return found


def energy_density(law: Hyperelastic, F: CoefficientFunction) -> CoefficientFunction:
    """Return W(F) of a law [J/m^3], as its definition has it."""
    lam, mu = law.lame_constants
    C = F.trans * F
    I1 = Trace(C)
    if isinstance(law, SaintVenantKirchhoff):
        E = 0.5 * (C - Id(3))
        return lam / 2 * Trace(E) * Trace(E) + mu * Trace(E * E)
    J = Det(F)
    if isinstance(law, NeoHookean) and law.volumetric == "logarithmic":
        return mu / 2 * (I1 - 3 - 2 * log(J)) + lam / 2 * log(J) * log(J)
    I2 = 0.5 * (I1 * I1 - Trace(C * C))
    shrink = exp(-2 / 3 * log(J))
    volume = law.bulk_modulus / 4 * (J * J - 1 - 2 * log(J))
    if isinstance(law, MooneyRivlin):
        shape = law.c10 * (shrink * I1 - 3) + law.c01 * (shrink * shrink * I2 - 3)
    else:
        shape = mu / 2 * (shrink * I1 - 3)
    return shape + volume
