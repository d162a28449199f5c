"""The reference of J2 plasticity in the plane and of revolution, by NGSolve.

NGSolve makes the energy of each step stationary. With linear isotropic hardening a step of the
implicit Euler method is the minimum of

    integral of  kappa/2 tr(e)^2 + mu |dev e|^2 - f_+^2 / (4 mu + 4/3 H)  less the work of the loads

by the displacement, with e = eps(u) - eps_p the elastic strain of the trial state and
f = |2 mu dev e| - sqrt(2/3) (sigma_y + H alpha), f_+ its positive part. NGSolve differentiates it;
no radial return or tangent of a program or check is used. In plane stress the strain across the
body is a field of its own, by which the energy is stationary too.

References:
    Ortiz & Stainier, Computer Methods in Applied Mechanics and Engineering 171 (1999) 419-444.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version

import numpy as np
from ngsolve import (
    CF,
    L2,
    BilinearForm,
    BitArray,
    CoefficientFunction,
    GridFunction,
    Id,
    IfPos,
    InnerProduct,
    Integrate,
    IntegrationRule,
    LinearForm,
    Trace,
    Variation,
    VectorValued,
    dx,
    sqrt,
)
from ngsolve.comp import IntegrationRuleSpace

from mechagents.mechanics.formulation import Formulation, Load, Pressure
from mechagents.mechanics.materials import Isotropic
from mechagents.mechanics.plastic import J2Plastic
from mechagents.verification.reference.body import Resolution, make_body
from mechagents.verification.reference.finite import FiniteSolved
from mechagents.verification.reference.high_order import compared
from mechagents.verification.reference.probe import FloatArray
from mechagents.verification.reference.values import ReferenceSolution

RESOLUTIONS = (Resolution(4, 2, 0.06), Resolution(3, 2, 0.06))
"""The reference, and what it is compared with to estimate its error."""
STEPS = (24, 12)
"""Load steps of either for each part of the load path: what they leave is in the error too."""
MOST_HALVINGS = 6
_NEVER = 1e9
"""The yield stress of what does not flow, over its shear modulus."""
_PAIRS = ((0, 0), (1, 1), (2, 2), (0, 1))
"""The components of a strain in the plane and of revolution."""


def solve(formulation: Formulation) -> ReferenceSolution:
    """Return the wanted quantities of a problem of plasticity, with error estimates.

    Raises:
        ArithmeticError: If Newton's method finds no equilibrium.
        Exception: Whatever netgen or NGSolve raise.
    """
    fine, coarse = (
        FlowSolved(formulation, resolution, make_body(formulation, resolution), steps)
        for resolution, steps in zip(RESOLUTIONS, STEPS, strict=True)
    )
    means = f"NGSolve {version('ngsolve')}, least energy of each of {STEPS[0]} load steps, "
    means += f"curved elements of order {fine.resolution.order}, {fine.whole.ndof} unknowns; "
    means += f"error by order {coarse.resolution.order} and {STEPS[1]} steps"
    return compared(formulation, fine, coarse, means)


@dataclass(frozen=True)
class FlowSolved(FiniteSolved):
    """A problem of plasticity solved at one resolution, in scaled coordinates."""

    steps: int = STEPS[0]

    @property
    def pressures(self) -> list[Pressure]:
        """None that follows the surface: the strain is small."""
        return []

    @property
    def dead(self) -> list[Load]:
        """All loads."""
        return list(self.formulation.loads)

    @cached_property
    def points(self) -> IntegrationRuleSpace:
        """Values at the points of integration."""
        return IntegrationRuleSpace(self.body.mesh, order=2 * self.resolution.order)

    @cached_property
    def rules(self) -> Mapping[object, IntegrationRule]:
        """The points of integration of each kind of element."""
        return self.points.GetIntegrationRules()

    @cached_property
    def memory(self) -> GridFunction:
        """The plastic strain, in the order of ``_PAIRS``, and its accumulation, at the points."""
        return GridFunction(VectorValued(self.points, len(_PAIRS) + 1))

    def constant(self, of: str) -> CoefficientFunction:
        """Return a constant of the laws, region by region [Pa]."""
        found: dict[str, float] = {}
        for name, law in self.formulation.materials.items():
            assert isinstance(law, Isotropic | J2Plastic)
            lam, mu = law.lame_constants
            known = {"kappa": lam + 2 / 3 * mu, "mu": mu, "yields": _NEVER * mu, "hardens": 0.0}
            if isinstance(law, J2Plastic):
                known |= {"yields": law.yield_stress, "hardens": law.hardening_modulus}
            found[name] = known[of]
        return self.body.mesh.MaterialCF(found)

    def whole_strain(self, state: Sequence[CoefficientFunction]) -> CoefficientFunction:
        """Return eps, 3 x 3, of a displacement and, where it is an unknown, the strain across."""
        if not self.plane_stress:
            return self.strain(state[0])
        u, across = state
        return self.strain(u) + CF((0, 0, 0, 0, 0, 0, 0, 0, across), dims=(3, 3))

    def trial(self, eps: CoefficientFunction, plastic: CoefficientFunction) -> CoefficientFunction:
        """Return eps - eps_p, 3 x 3, by a plastic strain in the order of ``_PAIRS``."""
        xx, yy, zz, xy = (plastic[column] for column in range(len(_PAIRS)))
        return eps - CF((xx, xy, 0, xy, yy, 0, 0, 0, zz), dims=(3, 3))

    def beyond(self, e: CoefficientFunction) -> tuple[CoefficientFunction, CoefficientFunction]:
        """Return the positive part of f, and |2 mu dev e|, of an elastic trial strain."""
        deviator = e - Trace(e) / 3 * Id(3)
        yields = self.constant("yields")
        mu = self.constant("mu")
        # The root has no slope at 0, where nothing flows.
        size = 2 * mu * sqrt(InnerProduct(deviator, deviator) + 1e-24 * yields * yields / (mu * mu))
        f = size - np.sqrt(2 / 3) * (yields + self.constant("hardens") * self.memory[len(_PAIRS)])
        return IfPos(f, f, CF(0.0)), size

    def stored_elastically(self, e: CoefficientFunction) -> CoefficientFunction:
        """Return the energy that unloading gives back [J/m^3]."""
        deviator = e - Trace(e) / 3 * Id(3)
        kappa, mu = self.constant("kappa"), self.constant("mu")
        return kappa / 2 * Trace(e) * Trace(e) + mu * InnerProduct(deviator, deviator)

    @cached_property
    def stored(self) -> BilinearForm:
        """The form whose residual is the internal forces of a step."""
        unknowns = self.whole.TrialFunction()
        trial = unknowns if self.plane_stress else (unknowns,)
        e = self.trial(self.whole_strain(trial), self.memory)
        f, _ = self.beyond(e)
        softer = f * f / (4 * self.constant("mu") + 4 / 3 * self.constant("hardens"))
        W = (self.stored_elastically(e) - softer) * self.weight
        form = BilinearForm(self.whole, symmetric=True)
        form += Variation(W.Compile() * dx(intrules=self.rules))
        return form

    @cached_property
    def reached(self) -> GridFunction:
        """The displacement, scaled, and the strain across, as far as the load has gone."""
        return GridFunction(self.whole)

    @cached_property
    def state(self) -> GridFunction:
        """The same at the end of the load path."""
        before = 0.0
        for target in self.formulation.load_path:
            for factor in np.linspace(before, target, self.steps + 1)[1:]:
                self.go(before, float(factor), MOST_HALVINGS)
                before = float(factor)
        return self.reached

    def go(self, before: float, factor: float, halvings: int) -> None:
        """Go from one load factor to the next, in smaller steps where it takes them.

        Raises:
            ArithmeticError: If there is no equilibrium.
        """
        at_first = self.reached.vec.CreateVector(copy=True)
        if self.newton(self.reached, factor, self.large):
            self.increment.Interpolate(self.flow)
            self.memory.vec.data += self.increment.vec
            return
        self.reached.vec.data = at_first
        if not halvings:
            raise ArithmeticError(f"no equilibrium was found beyond load factor {before:g}")
        middle = (before + factor) / 2
        self.go(before, middle, halvings - 1)
        self.go(middle, factor, halvings - 1)

    @cached_property
    def large(self) -> float:
        """What is large for a force: those of the whole load on the body before it flows."""
        most = max(abs(factor) for factor in self.formulation.load_path)
        return most * float(np.abs(self.force.vec.FV().NumPy()).max(initial=1e-300))

    def parts(self, state: GridFunction) -> Sequence[GridFunction]:
        """Return the displacement and, in plane stress, the strain across."""
        return state.components if self.plane_stress else (state,)

    @cached_property
    def increment(self) -> GridFunction:
        """Room for what a step adds to the memory."""
        return GridFunction(self.memory.space)

    @cached_property
    def flow(self) -> CoefficientFunction:
        """What the step to the state reached adds to the memory."""
        e = self.trial(self.whole_strain(self.parts(self.reached)), self.memory)
        f, size = self.beyond(e)
        mu = self.constant("mu")
        slip = f / (2 * mu + 2 / 3 * self.constant("hardens"))
        n = 2 * mu * (e - Trace(e) / 3 * Id(3)) / size
        found = CF((*(slip * n[i, j] for i, j in _PAIRS), np.sqrt(2 / 3) * slip))
        return found.Compile()

    @cached_property
    def residual(self) -> FloatArray:
        """What the surroundings exert on each degree of freedom, scaled."""
        return self.left(self.state, self.formulation.load_path[-1])[: self.space.ndof]

    def energy(self, region: str | None) -> float:
        """Return the elastic strain energy [J or J/m]."""
        e = self.trial(self.whole_strain(self.parts(self.state)), self.memory)
        inside = self.body.mesh.MaterialCF(
            {n: 1.0 for n in self.formulation.materials if region in (None, n)}, default=0.0
        )
        W = self.stored_elastically(e) * self.weight * inside
        total = Integrate(W * dx(intrules=self.rules), self.body.mesh)
        return float(total) / self.force_scale / self.body.frame.scale

    @property
    def true_stress(self) -> CoefficientFunction:
        """The stress [Pa], 3 x 3, with the plastic strain as a polynomial in each element."""
        e = self.trial(self.whole_strain(self.parts(self.state)), self.smooth)
        deviator = e - Trace(e) / 3 * Id(3)
        return self.constant("kappa") * Trace(e) * Id(3) + 2 * self.constant("mu") * deviator

    @cached_property
    def smooth(self) -> CoefficientFunction:
        """The polynomials in each element that are nearest to the plastic strain at its points."""
        space = L2(self.body.mesh, order=self.resolution.order)
        p, q = space.TnT()
        where = dx(intrules=self.rules)
        mass = BilinearForm(p * q * where).Assemble().mat
        undo = mass.Inverse(BitArray([True] * space.ndof), inverse="sparsecholesky")
        found = [GridFunction(space) for _ in _PAIRS]
        for column, part in enumerate(found):
            part.vec.data = undo * LinearForm(self.memory[column] * q * where).Assemble().vec
        return CF(tuple(found))
