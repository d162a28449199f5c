"""Check 4, equilibrium: forces, moments, energy and stress of the returned displacement."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mechagents.mechanics.formulation import WantedOfField
from mechagents.mechanics.geometry import AXES
from mechagents.messages import Check
from mechagents.verification.assembly import (
    Balance,
    Stresses,
    balance,
    samples,
    small_strains,
    stresses,
)
from mechagents.verification.averages import NodalRange, nodal_range
from mechagents.verification.constitutive import COLUMNS, von_mises
from mechagents.verification.elements import RULES, FloatArray, quadrature, reference_nodes
from mechagents.verification.finite import least_volume_change
from mechagents.verification.plastic import balances, plastic_stresses
from mechagents.verification.solution import Solution
from mechagents.verification.wording import found, measured, place_words

RESIDUAL = 1e-6
"""Of the largest force at a point before it cancels. A direct solver leaves 1e-12, a wrong law,
load or region 1e-3 or more; 1e-6 is far from both, and is what iterative solvers can reach."""
LOCAL = 1e-3
"""Of the largest force around a point: a part of small forces has to balance by itself."""
SOLVER = 1e-10
"""Of the largest force in the body: what solvers may leave where nothing acts."""
RESIDUAL_BY_DIGITS = 1e-3
"""The most that is allowed for few digits in the file; beyond it a wrong law could hide."""
RESIDUAL_BY_RULE = 1e-2
"""The most that is allowed where quadrature rules differ: curved, distorted, axisymmetric."""
BALANCE = 1e-5
"""Of all forces, moments or work, which add up the residuals of many points."""
_PLANES = ((0, 1), (1, 2), (2, 0))
"""Axes that a moment about z, x and y turns into each other; the plane has the first."""
_RULES_OF_STRAIGHT = 2
"""How many rules tell that all agree on straight tetrahedra."""
STRESS = 0.2
"""Of a component's norm and a tenth of the whole: room for averaging, none for a wrong law."""


@dataclass(frozen=True, eq=False)
class Equilibrium:
    """A solution's forces by the quadrature rule that the program seems to have used."""

    solution: Solution
    forces: Balance
    unsure: FloatArray
    """Force at each point on which proper rules differ, where none balances, (points, d)."""
    steps: FloatArray | None = None
    """What each step of a history leaves at its worst free point, beyond rounding [-]."""

    @classmethod
    def of(cls, solution: Solution) -> Equilibrium:
        """Return the forces by the first rule in use that leaves them balanced.

        Any proper rule gives a finite-element solution. Where the integrands are polynomials the
        rules agree and one is enough. Where they do not, and none balances, what a rule that is
        not tried here may leave at a point is what those tried differ by, up to a limit.
        """
        if solution.history is not None:
            return cls._of_history(solution)
        tried: list[Balance] = []
        for level in range(len(RULES["quad"])):
            tried.append(balance(solution, level))
            if residual(solution, tried[-1]) <= RESIDUAL:
                return cls(solution, tried[-1], np.zeros_like(solution.fields.points))
            if len(tried) == _RULES_OF_STRAIGHT and _same_by_all(solution, tried):
                break
        best = min(tried, key=lambda forces: residual(solution, forces))
        apart = tried[:-1] if len(tried) == len(RULES["quad"]) else tried
        differ = np.ptp(np.stack([forces.residual for forces in apart]), axis=0)
        return cls(solution, best, np.minimum(differ, RESIDUAL_BY_RULE * best.scale))

    @classmethod
    def _of_history(cls, solution: Solution) -> Equilibrium:
        """Return the forces by the rule that leaves the steps of the history best balanced."""
        best: tuple[float, Equilibrium] | None = None
        for level in range(len(RULES["quad"])):
            shares: list[float] = []
            last: Balance | None = None
            for then, last in balances(solution, level):
                shares.append(residual(then, last))
            assert last is not None
            nothing = np.zeros_like(solution.fields.points)
            state = cls(solution, last, nothing, np.array(shares))
            if best is None or max(shares) < best[0]:
                best = max(shares), state
            if best[0] <= RESIDUAL:
                break
        assert best is not None
        return best[1]

    @property
    def tolerance(self) -> float:
        """What may be left of sums of forces, relative to the scale of the forces [-]."""
        return _allowed(self.forces) + self.between

    @property
    def between(self) -> float:
        """What proper quadrature rules differ by, relative to the scale of the forces [-]."""
        between = float(self.unsure[self.solution.free].max(initial=0.0))
        return between / (self.forces.scale or 1.0)

    @property
    def stress_noise(self) -> float:
        """The stress that the rounding of displacements alone may make in an element [Pa]."""
        fields = self.solution.fields
        largest = 0.0
        for index, block in enumerate(fields.blocks):
            corners = fields.points[block.nodes]
            shortest = np.linalg.norm(corners[:, 1] - corners[:, 0], axis=1)
            moved = np.linalg.norm(fields.displacement[block.nodes], axis=2).max(axis=1)
            stiffness = self.solution.stiffness(index).max(axis=(1, 2))
            stress = stiffness * moved / np.maximum(shortest, 1e-300)
            largest = max(largest, float(stress.max()))
        return 10 * fields.rounding * largest

    @cached_property
    def left(self) -> FloatArray:
        """Force left at points that nothing holds, beyond what is unsure, (points, d)."""
        beyond = np.maximum(np.abs(self.forces.residual) - self.unsure, 0.0)
        return np.where(self.solution.free, beyond, 0.0)

    @cached_property
    def held(self) -> FloatArray:
        """Force that supports exert on each point [N, or N/m], shape (points, d)."""
        return np.where(self.solution.free, 0.0, self.forces.residual)

    @property
    def strain_noise(self) -> float:
        """The strain that the rounding of displacements alone may make in an element [-]."""
        fields = self.solution.fields
        largest = 0.0
        for block in fields.blocks:
            corners = fields.points[block.nodes]
            shortest = np.linalg.norm(corners[:, 1] - corners[:, 0], axis=1)
            moved = np.linalg.norm(fields.displacement[block.nodes], axis=2).max(axis=1)
            largest = max(largest, float((moved / np.maximum(shortest, 1e-300)).max()))
        return 10 * fields.rounding * largest

    def tensors(self, wanted: WantedOfField) -> tuple[Stresses, ...]:
        """Return the strain in every element where that is wanted, else the stress."""
        return self.strains if wanted.kind == "strain" else self.stresses

    @cached_property
    def strains(self) -> tuple[Stresses, ...]:
        """The small strain of the displacement in every element: xy is eps_xy [-]."""
        return small_strains(self.solution)

    @cached_property
    def stresses(self) -> tuple[Stresses, ...]:
        """The stress of the law in every element."""
        if self.solution.history is not None:
            return plastic_stresses(self.solution)
        return stresses(self.solution)


def _same_by_all(solution: Solution, tried: list[Balance]) -> bool:
    """Return whether rules agree on straight tetrahedra, where what they integrate is polynomial.

    Then no further rule can balance what these do not.
    """
    if not all(block.kind.startswith("tetra") for block in solution.fields.blocks):
        return False
    differ = np.ptp(np.stack([forces.residual for forces in tried]), axis=0)
    allowed = np.maximum(1e-3 * RESIDUAL * tried[0].scale, tried[0].rounding)
    return bool((differ <= allowed).all())


def residual(solution: Solution, forces: Balance) -> float:
    """Return the largest of ``shares`` at a component that nothing holds [-]."""
    left = np.where(solution.free, np.abs(forces.residual), 0.0)
    return float(shares(forces, left).max())


def shares(forces: Balance, left: FloatArray) -> FloatArray:
    """Return the force left at each point over what is large there, beyond rounding [-]."""
    beyond = np.maximum(left - _rounding(forces), 0.0)
    local = np.maximum(LOCAL * forces.local, SOLVER * forces.scale) / RESIDUAL
    large = np.minimum(local, forces.scale)
    return beyond / np.where(large > 0, large, 1.0)


def _rounding(forces: Balance) -> FloatArray:
    """Return what rounding may leave at each point; a wrong law could hide behind more."""
    if forces.scale <= forces.nothing:
        return np.maximum(forces.rounding, forces.nothing)
    return np.minimum(forces.rounding, RESIDUAL_BY_DIGITS * forces.scale)


def _allowed(forces: Balance) -> float:
    """Return the residual that an exact solver and the rounding of the file may leave [-]."""
    rounding = float(forces.rounding.max()) / (forces.scale or 1.0)
    return min(RESIDUAL + rounding, RESIDUAL_BY_DIGITS)


def check_equilibrium(state: Equilibrium) -> Iterator[Check]:
    """Yield whether the returned displacement and stress obey equilibrium and the law."""
    yield _residual_check(state)
    if state.steps is not None:
        yield _steps(state.steps)
    yield _forces(state)
    if not state.solution.axisymmetric:
        yield _moments(state)
    if state.solution.formulation.analysis not in ("static_finite", "static_plastic"):
        yield _energy(state)
    if state.solution.fields.has_stress:
        yield _stress(state)


def check_orientation(solution: Solution) -> Check:
    """Return whether no element is turned inside out by a finite deformation: J = det F > 0."""
    fields, least = solution.fields, float("inf")
    for index, block in enumerate(fields.blocks):
        rules = [quadrature(block.kind, level)[0] for level in range(len(RULES["quad"]))]
        points = np.concatenate([reference_nodes(block.kind), *rules])
        at = samples(block.kind, fields.points[block.nodes], points)
        least = min(least, least_volume_change(solution, index, at))
    message = f"the volume of no part of an element falls below {least:.4g} of what it was"
    if not least > 0:
        message = f"an element is turned inside out: det F falls to {least:.4g}"
    return found("equilibrium:orientation", least > 0, message)


def _residual_check(state: Equilibrium) -> Check:
    forces, name = state.forces, "equilibrium:residual"
    share = shares(forces, state.left)
    value = float(share.max())
    if value <= RESIDUAL:
        message = f"forces balance at every free point to {value:.1e}, beyond rounding"
        return measured(name, value, RESIDUAL, message)
    node, axis = divmod(int(share.argmax()), share.shape[1])
    place = place_words(state.solution.fields.points[node])
    wrong = int((share > RESIDUAL).any(axis=1).sum())
    of_local = float(state.left[node, axis] / (forces.local[node, 0] or 1.0))
    message = (
        f"forces do not balance at {wrong} of {len(share)} points; the worst is {of_local:.2g} of "
        f"the largest force around it, in {AXES[axis]} at {place}. The displacement "
        "belongs to another law, material, load or support than the formulation's, or to an "
        "inexact solver"
    )
    few_digits = forces.rounding.max() > RESIDUAL_BY_DIGITS * forces.scale
    if few_digits and forces.scale > forces.nothing:
        slender = "So slender a body" if _slender(state.solution) else "So small a strain"
        message += f". {slender} needs displacements in double precision, float64"
    return measured(name, value, RESIDUAL, message)


def _steps(shares: FloatArray) -> Check:
    step, value = int(shares.argmax()) + 1, float(shares.max())
    message = f"forces balance at every free point in each of {len(shares)} steps"
    if not value <= RESIDUAL:
        message = (
            f"forces do not balance in {int((shares > RESIDUAL).sum())} of {len(shares)} steps, "
            f"worst in step {step}: the history belongs to another law, material or load, or "
            "its iteration did not converge"
        )
    return measured("equilibrium:steps", value, RESIDUAL, message)


def _slender(solution: Solution) -> bool:
    """Return whether a body is ten times as long as its area, or its volume, is wide."""
    fields = solution.fields
    area, d = sum(float(np.sum(part.area)) for part in stresses(solution)), fields.points.shape[1]
    return bool(fields.size**d >= 10.0 ** (d - 1) * area)


def _looser(state: Equilibrium) -> float:
    return max(BALANCE, state.tolerance)


def _beyond(left: float, rounding: FloatArray) -> float:
    """Return what a sum leaves beyond what the rounding of its terms may, which is not alike."""
    return max(left - float(np.linalg.norm(rounding)), 0.0)


def _forces(state: Equilibrium) -> Check:
    held, loads = state.held, state.forces.external
    columns = [1] if state.solution.axisymmetric else slice(None)
    size = float((np.abs(held) + np.abs(loads)).sum())
    total = (held + loads).sum(axis=0)[columns]
    value = _beyond(float(np.abs(total).max()), state.forces.rounding) / (size or 1.0)
    unit = state.solution.formulation.force_unit
    message = (
        f"reactions and loads leave {np.abs(total).max():.3g} {unit} of {size:.4g} {unit} in all"
    )
    return measured("equilibrium:forces", value, _looser(state), message)


def _moments(state: Equilibrium) -> Check:
    points = state.solution.fields.points
    if state.solution.finite:  # loads act where the body has moved to
        points = points + state.solution.fields.displacement
    arm = points - (points.min(axis=0) + points.max(axis=0)) / 2
    force = state.held + state.forces.external
    planes = _PLANES[: 1 if arm.shape[1] == 2 else 3]
    moments = [float((arm[:, i] * force[:, j] - arm[:, j] * force[:, i]).sum()) for i, j in planes]
    moment = max(moments, key=abs)
    largest = np.abs(state.held) + np.abs(state.forces.external)
    size = float((np.linalg.norm(arm, axis=1) * largest.sum(axis=1)).sum())
    value = _beyond(abs(moment), state.forces.rounding * np.linalg.norm(arm, axis=1)[:, None])
    message = f"moments of reactions and loads leave {moment:.3g} of {size:.4g} in all"
    return measured("equilibrium:moments", value / (size or 1.0), _looser(state), message)


def _energy(state: Equilibrium) -> Check:
    u = state.solution.fields.displacement
    work = float(((state.held + state.forces.external) * u).sum())
    within = state.forces.work
    size = max(abs(within), abs(work), 2 * sum(float(part.sum()) for part in state.forces.energy))
    off = _beyond(abs(work - within), state.forces.rounding * np.abs(u))
    message = f"work {work / 2:.6g} of the outer forces, {within / 2:.6g} of the stress"
    return measured("equilibrium:energy", off / (size or 1.0), _looser(state), message)


def _stress(state: Equilibrium) -> Check:
    """Compare the returned stress with D eps(u): its range around each place, and its size."""
    fields = state.solution.fields
    if fields.point_stress is not None:
        given, around = fields.point_stress, nodal_range(fields, state.stresses)
    else:
        given = np.concatenate(fields.cell_stress or ())
        around = nodal_range(fields, state.stresses).in_elements(fields, state.stresses)
    off, norms = np.maximum(around.beyond(given), around.off_size(given)), around.norm(around.mean)
    scale = norms + 0.1 * float(np.linalg.norm(norms)) + _noise(state)
    shares = off / scale
    worst = int(shares.argmax())
    value = float(shares[worst])
    name = "equilibrium:stress"
    if value <= STRESS:
        return measured(
            name, value, STRESS, "the stress field is that of the law at the displacement"
        )
    message = (
        f"stress {COLUMNS[worst]} is not {_law(state)} of the returned displacement"
        f"{_likeness(given, around, worst)}"
    )
    return (
        measured(name, value, STRESS, message)
        if np.isfinite(value)
        else found(name, False, message)
    )


def _law(state: Equilibrium) -> str:
    words = {"static_finite": "the Cauchy stress", "static_plastic": "the stress by J2 plasticity"}
    return words.get(state.solution.formulation.analysis, "D eps")


def _noise(state: Equilibrium) -> float:
    """Return a stress that is nothing [Pa]: what 1e-6 of the mean displacement gradient makes."""
    fields = state.solution.fields
    stiffest = max(float(state.solution.stiffness(i).max()) for i in range(len(fields.blocks)))
    return 1e-6 * stiffest * float(np.abs(fields.displacement).max()) / fields.size or 1e-300


def _likeness(given: FloatArray, around: NodalRange, column: int) -> str:
    """Return what a wrong column of stress looks like, in words, or nothing."""
    truth = around.mean
    guesses = {
        "twice the right value": 2 * truth[:, column],
        "half the right value": truth[:, column] / 2,
        "the other sign": -truth[:, column],
        "the von Mises stress": von_mises(truth),
        **{f"component {COLUMNS[i]}": truth[:, i] for i in range(truth.shape[1]) if i != column},
    }
    size = float(np.linalg.norm(given[:, column])) or 1.0
    near = {
        words: float(np.linalg.norm(given[:, column] - guess)) / size
        for words, guess in guesses.items()
    }
    words = min(near, key=lambda key: near[key])
    return f"; it looks like {words}" if near[words] < 0.1 else ""
