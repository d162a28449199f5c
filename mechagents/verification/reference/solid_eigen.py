"""The reference for modes of vibration and buckling of solids: NGSolve at rising orders.

Rayleigh's quotient makes the error of a value the square of that of its mode, so that moderate
orders are enough. Each is solved by shift and invert with a sparse Cholesky factor.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version

import numpy as np
from ngsolve import BilinearForm

from mechagents.mechanics.formulation import Formulation, WantedOfMode
from mechagents.mechanics.geometry import AXES
from mechagents.verification.reference.body import Body, Resolution
from mechagents.verification.reference.eigen import EigenModes
from mechagents.verification.reference.probe import FloatArray
from mechagents.verification.reference.solid import (
    ENOUGH,
    HELD_AT_A_POINT,
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
from mechagents.verification.reference.springs import with_beds, with_point_springs
from mechagents.verification.reference.values import ReferenceSolution

ORDERS = (3, 4, 5)
"""Thin elements of order 2 are so much too stiff that they tell little of the error."""
MOST_ELEMENTS = 900
"""About, with those along sharp edges."""
MOST_FACTORISED = 50_000
"""Unknowns: about 15 s and 2 GB of factors. A higher order that has more is not solved."""


def solve(formulation: Formulation, tolerance: float = 0.02) -> ReferenceSolution:
    """Return the wanted quantities of a modal or buckling problem of a solid, with errors.

    Orders rise until every quantity is known well, or the factors would be too large.

    Args:
        formulation: What to solve.
        tolerance: What numbers will be compared with, relative to a quantity [-].

    Raises:
        Exception: Whatever netgen, NGSolve and scipy raise.
    """
    why = holds_a_curve(formulation)
    if why:
        return ReferenceSolution(means="", left_out=why)
    vibrates = formulation.analysis == "modal"
    # In a stress without bound the smallest elements would buckle by themselves.
    body = make_solid_body(formulation, most=MOST_ELEMENTS, finer=vibrates)
    read: list[dict[str, Read]] = []
    means = ""
    many = PER_ELEMENT[ORDERS[1]] * body.mesh.ne > MOST_FACTORISED
    for order in (2, *ORDERS) if many else ORDERS:
        found = _solved(formulation, body, order)
        unknowns = found.solved.space.ndof
        if len(read) >= ENOUGH and unknowns > MOST_FACTORISED:
            break
        pressed = pressed_point(found)
        if pressed:
            why = f"{pressed!r} holds a point that a force acts on: no mode there has a limit"
            return ReferenceSolution(means="", left_out=why)
        read.append(_read(found))
        means = f"NGSolve {version('ngsolve')}, curved tetrahedra of order {order}, "
        means += f"{unknowns} unknowns; error by lower orders"
        if known_well(read, WELL_BELOW * tolerance, ENOUGH):
            break
    return found_by(read, means)


def _solved(formulation: Formulation, body: Body, order: int) -> EigenModes:
    body.mesh.Curve(order)
    resolution = Resolution(order, 0, 0.0)
    kind = FactorisedSolid if formulation.analysis == "modal" else SolvedSolid
    return EigenModes(formulation, kind(formulation, resolution, body))


def _read(found: EigenModes) -> dict[str, Read]:
    """Return what is wanted of the modes and, for buckling, of the state before, in SI units."""
    solved, read = found.solved, dict[str, Read]()
    assert isinstance(solved, SolvedSolid)
    for wanted in found.formulation.wanted:
        if isinstance(wanted, WantedOfMode):
            value = float(found.values[wanted.number - 1])
            read[wanted.name] = Read(np.array([value]), 0.0, value or found.own)
    return read | {wanted.name: solved.read(wanted) for wanted in fields_of(found.formulation)}


def pressed_point(found: EigenModes) -> str | None:
    """Return a point that a support holds with a force in one of the modes, if there is one."""
    solved = found.solved
    for support in found.formulation.supports:
        if support.boundary not in solved.body.points:
            continue
        for axis in support.components:
            (dof,) = solved.dofs(support.boundary, AXES.index(axis))
            if any(abs(force[dof]) > HELD_AT_A_POINT * np.abs(force).sum() for force in _of(found)):
                return support.boundary
    return None


def _of(found: EigenModes) -> list[FloatArray]:
    """Return the elastic forces of each mode up to the last that is asked for, but rigid ones."""
    matrix, forces = found.solved.stiffness.mat, list[FloatArray]()
    left, right = matrix.CreateColVector(), matrix.CreateColVector()
    values, shapes = found.pairs
    for number in range(found.formulation.modes):
        if values[number] > 0:
            right.FV().NumPy()[:] = shapes[:, number]
            left.data = matrix * right
            forces.append(np.array(left.FV().NumPy()))
    return forces


@dataclass(frozen=True)
class FactorisedSolid(SolvedSolid):
    """A solid whose matrix is only factorised, so that nothing else is prepared with it."""

    @cached_property
    def stiffness(self) -> BilinearForm:
        """K on all degrees of freedom."""
        sprung = BilinearForm(with_beds(self.work(), self), symmetric=True).Assemble()
        return with_point_springs(sprung, self)
