"""Springs and point forces of the reference."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ngsolve import CF, BilinearForm, Integrate, LinearForm, ds

from mechagents.mechanics.geometry import AXES, Axis
from mechagents.mechanics.springs import Foundation, Spring

if TYPE_CHECKING:
    from ngsolve import Integral

    from mechagents.verification.reference.high_order import Solved


def with_beds(form: Integral, solved: Solved) -> Integral:
    """Return the work of the stress with that of the elastic beds."""
    u, v = solved.pair
    for spring in solved.formulation.springs:
        if isinstance(spring, Foundation):
            where = ds(definedon=solved.body.boundary(spring.boundary), bonus_intorder=2)
            for axis, stiffness in spring.components.items():
                k, column = stiffness / solved.body.frame.scale, AXES.index(axis)
                form = form + k * u[column] * v[column] * solved.weight * where
    return form


def with_point_springs(stiffness: BilinearForm, solved: Solved) -> BilinearForm:
    """Return a matrix that is assembled, to which springs at points are added.

    Of all shape functions only those of the vertex are not 0 there; they are 1.
    """
    for spring in solved.formulation.springs:
        if not isinstance(spring, Foundation):
            for axis, k in spring.components.items():
                (dof,) = solved.dofs(spring.boundary, AXES.index(axis))
                here = (int(dof), int(dof))
                stiffness.mat[here] += k * solved.force_scale / solved.body.frame.scale
    return stiffness


def with_point_forces(force: LinearForm, solved: Solved) -> LinearForm:
    """Return loads that are assembled, to which forces at points are added."""
    values = force.vec.FV().NumPy()
    for load in solved.formulation.loads:
        if load.kind == "point_force":
            for axis in solved.formulation.axes:
                (dof,) = solved.dofs(load.boundary, AXES.index(axis))
                values[dof] += getattr(load, axis) * solved.force_scale
    return force


def total(solved: Solved, boundary: str, axis: Axis) -> float:
    """Return what the springs on a boundary exert on the body [N or N/m]."""
    springs = [spring for spring in solved.formulation.springs if spring.boundary == boundary]
    return sum(_force(solved, spring, axis) for spring in springs)


def totals(solved: Solved) -> list[float]:
    """Return the size of every force that a spring exerts on the body [N or N/m]."""
    springs = solved.formulation.springs
    return [abs(_force(solved, spring, axis)) for spring in springs for axis in spring.components]


def _force(solved: Solved, spring: Spring, axis: Axis) -> float:
    scale, column = solved.body.frame.scale, AXES.index(axis)
    k = -spring.components.get(axis, 0.0) / scale
    if not isinstance(spring, Foundation):
        (dof,) = solved.dofs(spring.boundary, column)
        return k * float(solved.displacement.vec.FV().NumPy()[dof])
    where = solved.body.boundary(spring.boundary)
    density = CF(k) * solved.displacement[column] * solved.weight
    order = 2 * solved.resolution.order
    found = Integrate(density, solved.body.mesh, definedon=where, order=order)
    return float(found) / solved.force_scale
