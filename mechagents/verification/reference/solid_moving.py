"""The reference for motion in time of solids: NGSolve's tetrahedra at two orders.

The method of integration is that of the plane, ``march``; its factors bound how many unknowns are
worth while.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version

import numpy as np
from ngsolve import CoefficientFunction, GridFunction, VectorH1

from mechagents.mechanics.formulation import Formulation, WantedOfField
from mechagents.mechanics.solid_body import box
from mechagents.verification.reference import march
from mechagents.verification.reference.body import Resolution
from mechagents.verification.reference.high_order import Solved
from mechagents.verification.reference.moving import Moving, Read, compared
from mechagents.verification.reference.probe import FloatArray
from mechagents.verification.reference.solid import PER_ELEMENT, SolvedSolid, holds_a_curve
from mechagents.verification.reference.solid_eigen import FactorisedSolid
from mechagents.verification.reference.solid_mesh import make_solid_body
from mechagents.verification.reference.solid_probe import at_place
from mechagents.verification.reference.values import ReferenceSolution

ORDERS = (5, 4, 3)
"""Of the finer of two solutions, the highest first."""
MOST_ELEMENTS = 500
"""About; elements are no smaller along sharp edges, which a motion as a whole hardly feels."""
MOST_UNKNOWNS = 9_000
"""Of the finer solution, if order 3 has no more."""


def solve(formulation: Formulation, tolerance: float = 0.02) -> ReferenceSolution:
    """Return the wanted quantities of a transient problem of a solid, with error estimates.

    The coarser solution is an order lower, in half as many steps, whatever the tolerance.

    Args:
        formulation: What to solve.
        tolerance: What numbers will be compared with [-].

    Raises:
        Exception: Whatever netgen, NGSolve and scipy raise.
    """
    del tolerance
    why = holds_a_curve(formulation)
    if why:
        return ReferenceSolution(means="", left_out=why)
    body = make_solid_body(formulation, most=MOST_ELEMENTS, finer=False)
    few = (order for order in ORDERS if PER_ELEMENT[order] * body.mesh.ne <= MOST_UNKNOWNS)
    order = next(few, ORDERS[-1])
    low, high = box(formulation.geometry)
    steps = march.steps_for(formulation, float((high - low).max())) // 2
    read: list[dict[str, Read]] = []
    unknowns = 0
    for p, count in ((order - 1, steps // 2), (order, steps)):
        body.mesh.Curve(p)
        solved = FactorisedSolid(formulation, Resolution(p, 0, 0.0), body)
        moving = SolidMoving(formulation, solved, count)
        pressed = moving.fullest.pressed_points()
        if pressed:
            why = f"{pressed[0]!r} holds a point that a force acts on: nothing there has a limit"
            return ReferenceSolution(means="", left_out=why)
        read.append(moving.readings)
        unknowns = solved.space.ndof
    means = f"NGSolve {version('ngsolve')}, curved tetrahedra of order {order}, {unknowns} unknowns"
    means += f", {steps} steps of an implicit Runge-Kutta method; error by order {order - 1} and "
    means += "half the steps"
    return ReferenceSolution(means=means, quantities=compared(read[1], read[0]))


@dataclass(frozen=True)
class SolidMoment(SolvedSolid):
    """A solid at one time: what is read of it is read as in statics."""

    base: SolvedSolid | None = None
    moved: FloatArray | None = None
    """Displacement, or velocity, of each unknown, scaled."""
    left: FloatArray | None = None
    """What holds each unknown, scaled."""

    @cached_property
    def space(self) -> VectorH1:
        """That of the body."""
        assert self.base is not None
        return self.base.space

    @cached_property
    def displacement(self) -> GridFunction:
        """The displacement, scaled."""
        u = GridFunction(self.space)
        u.vec.FV().NumPy()[:] = self.moved
        return u

    @cached_property
    def residual(self) -> FloatArray:
        """What the surroundings exert on each degree of freedom, scaled."""
        assert self.left is not None
        return self.left


@dataclass(frozen=True)
class SolidMoving(Moving):
    """The motion of a solid at one resolution."""

    solved: FactorisedSolid

    def moment_of(self, moved: FloatArray, left: FloatArray) -> SolidMoment:
        """Return the body with a displacement, or velocity, and what holds it, both scaled."""
        solved = self.solved
        return SolidMoment(
            solved.formulation, solved.resolution, solved.body, solved, solved, moved, left
        )

    def value(self, then: Solved, wanted: WantedOfField) -> FloatArray:
        """Return a quantity of a moment in SI units; none where it has no place."""
        assert isinstance(then, SolvedSolid)
        return then.read(wanted).values

    def at(self, field: CoefficientFunction, point: tuple[float, ...]) -> FloatArray:
        """Return a continuous field at a point; none where it has no place."""
        values, _ = at_place(self.solved.body, field, point, jumps=False)
        return values

    @property
    def fullest(self) -> SolidMoment:
        """The body when it is held by the largest forces."""
        largest = int(np.abs(self.left).max(axis=1).argmax())
        return self.moment_of(self.motion.u[largest], self.left[largest])
