"""The reference of finite deformation of solids: NGSolve at rising orders.

As in the plane NGSolve differentiates the energy itself, and no stress or tangent of a program or
check is used. A higher order starts from what the lower one found.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version

import numpy as np
from ngsolve import (
    CoefficientFunction,
    Cof,
    Grad,
    GridFunction,
    Id,
    specialcf,
)

from mechagents.mechanics.formulation import Formulation
from mechagents.verification.reference.body import Resolution
from mechagents.verification.reference.finite import FiniteSolved
from mechagents.verification.reference.probe import FloatArray
from mechagents.verification.reference.solid import (
    ENOUGH,
    PER_ELEMENT,
    WELL_BELOW,
    Read,
    SolvedSolid,
    fields_of,
    found_by,
    holds_a_curve,
    known_well,
)
from mechagents.verification.reference.solid_mesh import make_solid_body
from mechagents.verification.reference.values import ReferenceSolution

ORDERS = (2, 3, 4)
MOST_ELEMENTS = 900
"""About; elements along sharp edges are no smaller, since there a finite deformation may fold."""
MOST_UNKNOWNS, MOST_PRESSED = 25_000, 9_000
"""Beyond these no higher order is solved; the factors of a tangent that a pressure makes
unsymmetric take several times as long."""


def solve(formulation: Formulation, tolerance: float = 0.02) -> ReferenceSolution:
    """Return the wanted quantities of a solid in finite deformation, with error estimates.

    Args:
        formulation: What to solve.
        tolerance: What numbers will be compared with, relative to a quantity [-].

    Raises:
        ArithmeticError: If Newton's method finds no equilibrium.
        Exception: Whatever netgen and NGSolve raise.
    """
    why = holds_a_curve(formulation)
    if why:
        return ReferenceSolution(means="", left_out=why)
    body = make_solid_body(formulation, most=MOST_ELEMENTS, finer=False)
    read: list[dict[str, Read]] = []
    solved: FiniteSolid | None = None
    means = ""
    for order in ORDERS:
        most = MOST_PRESSED if solved is not None and solved.pressures else MOST_UNKNOWNS
        if len(read) >= ENOUGH and PER_ELEMENT[order] * body.mesh.ne > most:
            break
        body.mesh.Curve(order)
        before, solved = solved, FiniteSolid(formulation, Resolution(order, 0, 0.0), body)
        if before is not None:
            solved.start_from(before.displacement)
        pressed = solved.pressed_points()
        if pressed:
            why = f"{pressed[0]!r} holds a point that a force acts on: nothing there has a limit"
            return ReferenceSolution(means="", left_out=why)
        read.append({wanted.name: solved.read(wanted) for wanted in fields_of(formulation)})
        means = f"NGSolve {version('ngsolve')}, stationary energy by Newton's method, curved "
        means += f"tetrahedra of order {order}, {solved.space.ndof} unknowns; error by lower orders"
        if known_well(read, WELL_BELOW * tolerance, ENOUGH):
            break
    return found_by(read, means)


@dataclass(frozen=True)
class FiniteSolid(FiniteSolved, SolvedSolid):
    """A solid in finite deformation at one order."""

    @cached_property
    def _all_forces(self) -> float:
        """The sum of the sizes of all forces on vertices, of loads and of supports, scaled."""
        vertices = len(self.body.mesh.vertices)
        starts = [self.space.Range(component).start for component in range(3)]
        corners = np.concatenate([np.arange(start, start + vertices) for start in starts])
        loads: FloatArray = np.abs(self.force.vec.FV().NumPy()[corners])
        return float(loads.sum() + np.abs(self.residual[corners]).sum())

    def gradient(self, u: CoefficientFunction, across: CoefficientFunction) -> CoefficientFunction:
        """Return F, 3 x 3."""
        found: CoefficientFunction = Id(3) + Grad(u)
        return found

    def deformed_area(
        self, u: CoefficientFunction, across: CoefficientFunction
    ) -> CoefficientFunction:
        """Return n da after deformation over dA before it, outward."""
        return Cof(Id(3) + Grad(u)) * specialcf.normal(3)

    def start_from(self, u: CoefficientFunction) -> None:
        """Look for the equilibrium from a displacement near it, scaled, before any load step."""
        state = GridFunction(self.whole)
        state.Set(u)
        if self.newton(state, 1.0):
            self.__dict__["state"] = state
