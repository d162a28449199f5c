"""The reference solution of solids by NGSolve: curved tetrahedra of high order.

Three orders on one mesh show how fast each quantity settles, and so how far it may still be off.

References:
    Babuska, Szabo, Katz, The p-version of the finite element method (1981): the error falls
    exponentially with the order where the solution is smooth, else as a power of it.
    Dohrmann, A preconditioner for substructuring based on constrained energy minimization (2003).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from ngsolve import (
    CF,
    BilinearForm,
    CGSolver,
    CoefficientFunction,
    Grad,
    GridFunction,
    InnerProduct,
    Preconditioner,
    VectorH1,
    dx,
)

from mechagents.mechanics.formulation import (
    Formulation,
    WantedDisplacement,
    WantedOfField,
    WantedStrain,
    WantedStress,
)
from mechagents.mechanics.geometry import AXES, OnCurve
from mechagents.mechanics.springs import Foundation
from mechagents.verification.reference.body import Body, Resolution
from mechagents.verification.reference.high_order import ROUNDING, Solved
from mechagents.verification.reference.laws import constants
from mechagents.verification.reference.probe import FloatArray
from mechagents.verification.reference.rigid_motion import moved_to_points
from mechagents.verification.reference.solid_matrix import apart, gradient, integrated
from mechagents.verification.reference.solid_mesh import make_solid_body
from mechagents.verification.reference.solid_probe import at_place, extreme_of
from mechagents.verification.reference.springs import with_beds, with_point_springs
from mechagents.verification.reference.values import ReferenceSolution, ReferenceValue

UNKNOWNS = 130_000
"""About the most that are solved for."""
PER_ELEMENT = {5: 72.0, 4: 38.0, 3: 17.0, 2: 6.0}
"""About how many unknowns a tetrahedron of an order adds."""
SAFETY = 2.0
"""The error is taken as this times the changes that are still to come, if they shrink on."""
MOST_RATIO = 0.9
"""Of a change to that before; where they shrink no faster the error is 18 times the change."""
SMALL = 0.05
"""A smaller value is compared with so much of what is large for its kind."""
NOTHING = 1e-3
"""Of a value: a smaller change from one order to the next is no growth."""
OF_THE_LAST_BUT_ONE = 0.05
"""As little as this of the change before may be left, however small the last one was."""
HELD_AT_A_POINT = 1e-5
"""A smaller part of the largest force is none: a support at a point then only stops a motion."""
PIECES = 5
"""Into how many pieces each edge of an element is divided where an extreme is looked for."""
MOST_DIRECT = 60_000
"""Up to so many unknowns what conjugate gradients cannot solve is factorised."""
LEFT = 1e-9
"""Of the first residual: more than this after the last step is no convergence."""
SLOW, ENOUGH = 250, 2
"""Past so many steps no higher order is solved, if there are so many orders already."""
WELL_BELOW = 0.2
"""Of the tolerance that numbers are compared with: no higher order is solved for smaller errors."""
SINGULAR = 0.6
"""Of the change before: what still changes by more, the same way, has no limit. Changes shrink
with every order by a ratio in a smooth solution, and at least like p^-2.8 in an energy beside a
singular edge, by 0.4 and less."""
_TOLERANCE, _STEPS = 1e-10, 600

if TYPE_CHECKING:
    from ngsolve import BaseVector, FESpace, Integral


@dataclass(frozen=True)
class Read:
    """A wanted quantity at one order, in SI units."""

    values: FloatArray
    spread: float
    """How far apart elements that meet at a point are."""
    scale: float


def solve(formulation: Formulation, tolerance: float = 0.02) -> ReferenceSolution:
    """Return the wanted quantities of a solid, with error estimates.

    Args:
        formulation: What to solve.
        tolerance: What numbers will be compared with, relative to a quantity [-].

    Raises:
        Exception: Whatever netgen or NGSolve raise.
    """
    return SolidSolver().solve(formulation, tolerance)


class SolidSolver:
    """Solves one formulation after the other, and uses again what they have in common.

    The mesh serves all readings of a body; the matrices serve those in which only loads and
    prescribed displacements are others.
    """

    def __init__(self) -> None:
        """Begin with nothing."""
        self._last: Formulation | None = None
        self._body: Body | None = None
        self._solved: dict[int, SolvedSolid] = {}

    def solve(self, formulation: Formulation, tolerance: float) -> ReferenceSolution:
        """Return the wanted quantities of a solid; orders rise until those with a limit are known.

        Args:
            formulation: What to solve.
            tolerance: What numbers will be compared with, relative to a quantity [-].

        Raises:
            Exception: Whatever netgen or NGSolve raise.
        """
        body = self._body_of(formulation)
        top = next((p for p, n in PER_ELEMENT.items() if n * body.mesh.ne <= UNKNOWNS), 0)
        if not top:
            fault = f"{body.mesh.ne} elements of high order are too many"
            return ReferenceSolution(means="", fault=fault)
        read: list[dict[str, Read]] = []
        means = ""
        for order in range(min(2, top - 1), top + 1):
            body.mesh.Curve(order)
            like = self._solved.get(order)
            solved = SolvedSolid(formulation, Resolution(order, 0, 0.0), body, like)
            try:
                steps = solved.steps
            except RuntimeError:
                if len(read) < ENOUGH:
                    raise
                break
            self._solved[order] = solved
            pressed = solved.pressed_points()
            if pressed:
                why = (
                    f"{pressed[0]!r} holds a point that a force acts on: nothing there has a limit"
                )
                return ReferenceSolution(means="", left_out=why)
            read.append({w.name: solved.read(w) for w in fields_of(formulation)})
            means = f"NGSolve {version('ngsolve')}, curved tetrahedra of order {order}, "
            means += f"{solved.space.ndof} unknowns; error by lower orders"
            if (steps > SLOW and len(read) >= ENOUGH) or known_well(read, WELL_BELOW * tolerance):
                break
        return found_by(read, means)

    def _body_of(self, formulation: Formulation) -> Body:
        """Return the mesh of a body, and forget what fits another formulation only."""
        last, self._last = self._last, formulation
        if last is None or self._body is None or last.geometry != formulation.geometry:
            self._body = None
        if self._body is None or last is None or _matrix(last) != _matrix(formulation):
            self._solved.clear()
        if self._body is None:
            self._body = make_solid_body(formulation)
        return self._body


def _matrix(formulation: Formulation) -> tuple[object, ...]:
    """Return what the stiffness and what is held in it follow from, besides the geometry."""
    held = {(s.boundary, axis) for s in formulation.supports for axis in s.components}
    return formulation.analysis, formulation.materials, held, formulation.springs


def holds_a_curve(formulation: Formulation) -> str:
    """Return why there is no reference where a support holds a curve, or nothing."""
    for support in formulation.supports:
        if isinstance(formulation.geometry.boundaries[support.boundary], OnCurve):
            name = support.boundary
            return f"{name!r} holds a curve, which has no area: nothing near it has a limit"
    return ""


def found_by(read: list[dict[str, Read]], means: str) -> ReferenceSolution:
    """Return the solution that quantities at rising orders tend to.

    Args:
        read: The wanted quantities by name, at one order after the other.
        means: What solved it, in words.
    """
    found = {name: settled(last_of(read, name)) for name in read[-1]}
    grown = [name for name in found if grows(last_of(read, name))]
    why = f"with each higher order {' and '.join(grown)} changed on, as at a singular edge"
    return ReferenceSolution(
        means=means,
        quantities={n: v for n, v in found.items() if v is not None and n not in grown},
        left_out=why if grown else "",
    )


def last_of(read: list[dict[str, Read]], name: str) -> list[Read]:
    """Return a quantity at the highest three orders."""
    return [one[name] for one in read[-3:]]


def known_well(read: list[dict[str, Read]], enough: float, orders: int = 3) -> bool:
    """Return whether every quantity that has a limit is known to an error relative to its size.

    Args:
        read: The wanted quantities by name, at one order after the other.
        enough: How well [-].
        orders: How many orders it takes to tell.
    """
    if len(read) < orders:
        return False
    for name in read[-1]:
        value = settled(last_of(read, name))
        if value is not None and not grows(last_of(read, name)):
            large = max(abs(one) for one in value.values)
            if value.error > enough * max(large, SMALL * value.scale):
                return False
    return True


def grows(read: list[Read]) -> bool:
    """Return whether the size of a quantity grows from order to order without an end in sight."""
    if len(read) < 3 or len({len(one.values) for one in read}) > 1 or not len(read[0].values):
        return False
    before, last = (b.values - a.values for a, b in pairwise(read))
    which = int(np.abs(last).argmax())
    large = max(float(np.abs(read[-1].values).max()), SMALL * read[-1].scale)
    growth = last[which] * np.sign(read[-1].values[which])
    share = last[which] / before[which] if before[which] else 0.0
    return bool(share > SINGULAR and growth > NOTHING * large)


def fields_of(formulation: Formulation) -> list[WantedOfField]:
    """Return what is wanted of the displacement under the loads."""
    return [wanted for wanted in formulation.wanted if isinstance(wanted, WantedOfField)]


def settled(read: list[Read]) -> ReferenceValue | None:
    """Return the value that a quantity tends to as the order grows, with an error estimate.

    Where the changes shrink by a ratio r, all that follow the last one sum up to r / (1 - r) of
    it.

    Args:
        read: The quantity at rising orders, two or three of them.
    """
    best, scale = read[-1].values, read[-1].scale
    if not len(best) or len({len(one.values) for one in read}) > 1:
        return None
    changes = [float(np.abs(b.values - a.values).max()) for a, b in pairwise(read)]
    last = changes[-1]
    before = changes[0] if len(changes) > 1 else 4 * last
    ratio = min(last / before, MOST_RATIO) if before > 0 else 0.0
    error = last * max(1.0, SAFETY * ratio / (1 - ratio)) + OF_THE_LAST_BUT_ONE * before
    error = max(error, read[-1].spread / 2)
    error += ROUNDING * max(float(np.abs(best).max()), scale)
    return ReferenceValue(values=tuple(map(float, best)), error=error, scale=scale)


def _hold(space: VectorH1, component: int, body: Body, name: str) -> None:
    """Take the unknowns of a component on a named curve or point from those that are free."""
    part = space.components[component]
    if name in body.points:
        held = list(part.GetDofNrs(body.points[name]))
    else:
        held = np.flatnonzero(list(part.GetDofs(body.boundary(name)))).tolist()
    for dof in held:
        space.FreeDofs().Clear(space.Range(component).start + dof)


@dataclass(frozen=True)
class SolvedSolid(Solved):
    """A solid solved at one order, in coordinates scaled by ``frame.scale``."""

    like: SolvedSolid | None = None
    """One with the same matrix, which is not made again."""

    @cached_property
    def space(self) -> VectorH1:
        """Displacements; what supports hold is not free."""
        if self.like is not None:
            return self.like.space
        held = {
            f"dirichlet{axis}": "|".join(
                self.body.edges[support.boundary]
                for support in self.formulation.supports
                if axis in support.components and support.boundary in self.body.edges
            )
            for axis in AXES
        }
        space = VectorH1(self.body.mesh, order=self.resolution.order, wb_fulledges=True, **held)
        for support in self.formulation.supports:
            for axis in support.components:
                if support.boundary not in self.body.edges:  # a curve or a point
                    _hold(space, AXES.index(axis), self.body, support.boundary)
        return space

    @cached_property
    def weight(self) -> CoefficientFunction:
        """A volume counts for itself."""
        return CF(1.0)

    @property
    def force_scale(self) -> float:
        """Forces here over forces [N]."""
        return float(self.body.frame.scale**2)

    def strain(self, u: CoefficientFunction) -> CoefficientFunction:
        """Return the strain, a 3 x 3 matrix."""
        return self.strain_of(Grad(u))

    def strain_of(self, H: CoefficientFunction) -> CoefficientFunction:
        """Return the strain of a gradient, both 3 x 3 matrices."""
        return 0.5 * (H + H.trans)

    @cached_property
    def by_components(self) -> FESpace:
        """The same displacements, of which matrices are made more cheaply."""
        return apart(self.space)

    @property
    def pair(self) -> tuple[CoefficientFunction, CoefficientFunction]:
        """The displacement that does work and the one it is done on."""
        u, v = self.by_components.TnT()
        return CF(tuple(u)), CF(tuple(v))

    def work(self) -> Integral:
        """Return the work of the stress of one displacement on the strain of the other."""
        u, v = (self.strain_of(gradient(one)) for one in self.by_components.TnT())
        return integrated(InnerProduct(self.stress(u), v) * self.weight, self.body.mesh)

    @cached_property
    def _assembled(self) -> tuple[BilinearForm, Preconditioner]:
        if self.like is not None:
            return self.like._assembled
        work = self.work()
        stiffness = BilinearForm(work, symmetric=True)
        if not self.formulation.springs:
            preconditioner = Preconditioner(stiffness, "bddc")
            return stiffness.Assemble(), preconditioner
        # Springs alone make singular matrices of elements of a surface, which bddc cannot take: in
        # the preconditioner they are spread over the body.
        around = BilinearForm(work + self._bed * InnerProduct(*self.pair) * dx, symmetric=True)
        preconditioner = Preconditioner(around, "bddc")
        around.Assemble()
        sprung = BilinearForm(with_beds(work, self), symmetric=True).Assemble()
        return with_point_springs(sprung, self), preconditioner

    @property
    def _bed(self) -> float:
        """The stiffest spring in a direction, scaled, but no stiffer than the body."""
        scale = self.body.frame.scale
        beds = [
            k / scale if isinstance(spring, Foundation) else k * scale
            for spring in self.formulation.springs
            for k in spring.components.values()
        ]
        return min(max(beds), self._stiffest)

    @property
    def _stiffest(self) -> float:
        """The largest constant of any material in the direction of x [Pa]."""
        laws = self.formulation.materials
        return max(constants(law, plane_stress=False).normal[0][0] for law in laws.values())

    @cached_property
    def stiffness(self) -> BilinearForm:
        """K on all degrees of freedom."""
        return self._assembled[0]

    @cached_property
    def displacement(self) -> GridFunction:
        """The displacement, scaled.

        Raises:
            RuntimeError: If the iteration does not converge.
        """
        u = GridFunction(self.space)
        u.vec.FV().NumPy()[:] = self.prescribed
        u.vec.data += self._solution[0]
        return moved_to_points(self, u) if self.body.points else u

    @property
    def steps(self) -> int:
        """How many steps conjugate gradients took.

        Raises:
            RuntimeError: If they do not converge.
        """
        return self._solution[1]

    @cached_property
    def _solution(self) -> tuple[BaseVector, int]:
        """What the loads add to what is prescribed."""
        stiffness, force = self.system
        held = GridFunction(self.space)
        held.vec.FV().NumPy()[:] = self.prescribed
        rest = (force.vec - stiffness.mat * held.vec).Evaluate()
        rest.FV().NumPy()[self.held] = 0.0
        return self._solved(rest)

    def _solved(self, rest: BaseVector) -> tuple[BaseVector, int]:
        stiffness, preconditioner = self._assembled
        solver = CGSolver(stiffness.mat, preconditioner.mat, tol=_TOLERANCE, maxiter=_STEPS)
        found = (solver * rest).Evaluate()
        if solver.iterations < _STEPS or solver.residuals[-1] < LEFT * solver.residuals[0]:
            return found, solver.iterations
        if self.space.ndof > MOST_DIRECT:
            raise RuntimeError(f"conjugate gradients did not converge in {_STEPS} steps")
        inverse = stiffness.mat.Inverse(self.space.FreeDofs(), inverse="sparsecholesky")
        return (inverse * rest).Evaluate(), _STEPS

    def read(self, wanted: WantedOfField) -> Read:
        """Return a wanted quantity in SI units."""
        spread = 0.0
        if isinstance(wanted, WantedDisplacement | WantedStress | WantedStrain):
            field = self.field(wanted)
            if wanted.at is not None:
                jumps = wanted.kind != "displacement"
                values, spread = at_place(self.body, field, wanted.at, jumps=jumps)
            else:
                assert wanted.extreme is not None
                top = extreme_of(self.body, field, wanted.extreme, wanted.region, PIECES)
                values = np.array([top])
        else:
            values = self.quantity(wanted, PIECES)
        return Read(values, spread, self.scale(wanted))

    def size_of_displacement(self) -> float:
        """Return how large the largest displacement is [m]."""
        whole = WantedDisplacement(name="u", component="magnitude", extreme="max")
        return extreme_of(self.body, self.field(whole), "max", None, 2)

    def largest_force(self) -> float:
        """Return the largest resultant on a support, or a little of all forces together."""
        return max(super().largest_force(), 1e-3 * self._all_forces / self.force_scale)

    @cached_property
    def _all_forces(self) -> float:
        """The sum of the sizes of all forces on vertices, of loads and of supports, scaled."""
        vertices = len(self.body.mesh.vertices)
        starts = [self.space.Range(component).start for component in range(3)]
        corners = np.concatenate([np.arange(start, start + vertices) for start in starts])
        loads: FloatArray = np.abs(self.system[1].vec.FV().NumPy()[corners])
        return float(loads.sum() + np.abs(self.residual[corners]).sum())

    def pressed_points(self) -> list[str]:
        """Return the points that a force of their own holds."""
        forces = self._all_forces
        return [
            support.boundary
            for support in self.formulation.supports
            if support.boundary in self.body.points
            for axis in support.components
            for dof in self.dofs(support.boundary, AXES.index(axis))
            if abs(float(self.residual[dof])) > HELD_AT_A_POINT * forces
        ]
