"""Returned modes of vibration or buckling: their forces, their quotients, and what they may be.

A mode phi and its value belong together by the forces that balance at every free point:

    vibration   K phi  =  omega^2 M phi
    buckling    K phi  =  -factor K_sigma phi

with K phi from ``assembly`` and the right side by the same quadrature. The value is not taken
from what was reported, but from the mode, by Rayleigh's quotient.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from mechagents.mechanics.formulation import Formulation, WantedOfMode
from mechagents.verification.assembly import balance
from mechagents.verification.elements import RULES, FloatArray
from mechagents.verification.equilibrium import (
    RESIDUAL,
    RESIDUAL_BY_RULE,
    Equilibrium,
    residual,
    shares,
)
from mechagents.verification.matrices import geometric_matrix, mass_matrix, stiffness_matrix
from mechagents.verification.reading import EXACT, Reading
from mechagents.verification.solution import Solution

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

RIGID = 1e-8
"""Of (E / rho) / L^2: a square of a frequency that is less is that of a rigid motion. The first
of a free beam ten thousand times as long as it is high is larger."""


@dataclass(frozen=True, eq=False)
class Modes:
    """Modes with the matrices of the discretisation that the program seems to have used."""

    solution: Solution
    """What was returned; for buckling its displacement makes the stress before buckling."""
    states: tuple[Equilibrium, ...]
    """For each mode, the mode as displacement and its forces."""
    quotients: FloatArray
    """omega^2 [1/s^2] or factor [-] of each mode, by Rayleigh's quotient, shape (modes,)."""
    noise: FloatArray
    """What the rounding of the file may change them by, shape (modes,)."""
    unsure: FloatArray
    """What proper quadrature rules differ by, where none balances, shape (modes,)."""
    right: csr_matrix
    """M, or -K_sigma, on all unknowns, (n, n)."""
    level: int
    """Of the quadrature rules."""
    lumped: bool
    """Whether M is lumped."""

    @classmethod
    def of(cls, solution: Solution) -> Modes:
        """Return the modes by the first discretisation in use that leaves all of them balanced.

        Tried are the quadrature rules, with a consistent mass, then with a lumped one. Where no
        rule balances, what the rules differ by is allowed, as in statics.
        """
        tried: list[Modes] = []
        for lumped in (False, True) if solution.formulation.analysis == "modal" else (False,):
            for level in range(len(RULES["quad"])):
                tried.append(_by_rule(solution, level, lumped))
                if tried[-1].worst <= RESIDUAL:
                    return tried[-1]
        best = min(tried, key=lambda modes: modes.worst)
        return best.allowing([one for one in tried[:-1] if one.lumped == best.lumped][:4])

    def allowing(self, others: Sequence[Modes]) -> Modes:
        """Return these modes with the differences between rules allowed, up to a limit."""
        states = list[Equilibrium]()
        for index, state in enumerate(self.states):
            left = np.stack([other.states[index].forces.residual for other in others])
            limit = RESIDUAL_BY_RULE * state.forces.scale
            states.append(replace(state, unsure=np.minimum(np.ptp(left, axis=0), limit)))
        apart = np.ptp(np.stack([other.quotients for other in others]), axis=0)
        most = RESIDUAL_BY_RULE * np.abs(self.quotients)
        return replace(self, states=tuple(states), unsure=np.minimum(apart, most))

    @property
    def worst(self) -> float:
        """The largest residual of all modes, as ``equilibrium.residual`` measures it [-]."""
        return max(
            0.0 if self.is_rigid(index) else residual(state.solution, state.forces)
            for index, state in enumerate(self.states)
        )

    def shares_left(self, index: int) -> FloatArray:
        """Return what is left at each point in a mode, over what is large there, (points, 2).

        A motion without strain has no forces but rounding: K is positive semidefinite, so that a
        quotient of 0 is all that there is to show.
        """
        state = self.states[index]
        left = shares(state.forces, state.left)
        return np.zeros_like(left) if self.is_rigid(index) else left

    @property
    def vibration(self) -> bool:
        """Whether they are modes of vibration, not of buckling."""
        return self.solution.formulation.analysis == "modal"

    @property
    def shapes(self) -> FloatArray:
        """The modes by unknowns, shape (modes, n)."""
        return np.stack([state.solution.fields.displacement.ravel() for state in self.states])

    @cached_property
    def stiffness(self) -> csr_matrix:
        """K on all unknowns, (n, n)."""
        return stiffness_matrix(self.solution, self.level)

    @cached_property
    def own(self) -> float:
        """(E / rho) / L^2 of the body [1/s^2], what is large for omega^2; 0 for buckling."""
        fields = self.solution.fields
        if not self.vibration:
            return 0.0
        blocks = range(len(fields.blocks))
        stiffest = max(float(self.solution.stiffness(i).max()) for i in blocks)
        lightest = min(float(self.solution.density(i).min()) for i in blocks)
        return stiffest / (lightest or 1.0) / fields.size**2

    @property
    def floor(self) -> float:
        """A quotient that is as good as 0 [1/s^2]; 0 for buckling."""
        return RIGID * self.own

    def is_rigid(self, index: int) -> bool:
        """Return whether a mode is a motion without strain."""
        return self.vibration and bool(self.quotients[index] <= self.floor)


def homogeneous(formulation: Formulation) -> Formulation:
    """Return a formulation whose supports hold 0 and that has no loads, as a mode sees it."""
    held = tuple(
        support.model_copy(update=dict.fromkeys(support.components, 0.0))
        for support in formulation.supports
    )
    return formulation.model_copy(update={"supports": held, "loads": ()})


def _by_rule(solution: Solution, level: int, lumped: bool) -> Modes:
    """Return the modes with all integrals by one level of quadrature rules."""
    if solution.formulation.analysis == "modal":
        right = mass_matrix(solution, level, lumped=lumped)
    else:
        right = -geometric_matrix(solution, level)
    found = list(_states(solution, right, level))
    quotients, noise = np.array([(q, n) for _, q, n in found]).T
    states = tuple(state for state, _, _ in found)
    unsure = np.zeros(len(states))
    return Modes(solution, states, quotients, noise, unsure, right, level, lumped)


def _states(
    solution: Solution, right: csr_matrix, level: int
) -> Iterator[tuple[Equilibrium, float, float]]:
    """Yield each mode's forces, its quotient, and the rounding of that."""
    meant, fields = homogeneous(solution.formulation), solution.fields
    for shape in fields.modes:
        alone = replace(solution, formulation=meant, fields=replace(fields, displacement=shape))
        inner = balance(alone, level)
        action = (right @ shape.ravel()).reshape(shape.shape)
        weight = float((shape * action).sum()) or np.nan
        quotient = float((shape * inner.internal).sum()) / weight
        # In a plain static balance the inertia, or the turning of stress, is the load.
        load = quotient * action
        forces = replace(inner, external=load, activity=inner.activity + np.abs(load))
        rounding = float(np.linalg.norm(inner.rounding * shape)) / abs(weight)
        yield Equilibrium(alone, forces, np.zeros_like(shape)), quotient, rounding


def read_mode(modes: Modes, wanted: WantedOfMode) -> Reading:
    """Return what the field says a frequency [Hz] or buckling factor [-] is."""
    index = wanted.number - 1
    value, noise = float(modes.quotients[index]), float(modes.noise[index])
    apart = float(modes.unsure[index])
    if not modes.vibration:
        allowance = max(EXACT * abs(value), 3 * apart) + noise
        return Reading(value, value, (value,), noise, allowance)
    if modes.is_rigid(index):
        # It has no strain, so its frequency is 0, and a program's is what rounding makes of that.
        return Reading(0.0, 0.0, (0.0,), 0.0, float(np.sqrt(modes.floor)) / (2 * np.pi))
    omega = float(np.sqrt(value))
    frequency, per = omega / (2 * np.pi), 1 / (4 * np.pi * omega)
    allowance = max(EXACT * frequency, 3 * apart * per) + noise * per
    return Reading(frequency, frequency, (frequency,), noise * per, allowance)


def mode_scale(modes: Modes, wanted: WantedOfMode) -> float:
    """Return what is large for a frequency or factor: itself, or for a rigid motion sqrt(own)."""
    if modes.is_rigid(wanted.number - 1):
        return float(np.sqrt(modes.own)) / (2 * np.pi)
    return abs(read_mode(modes, wanted).middle)
