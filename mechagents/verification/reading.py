"""What the returned displacement allows each wanted number to be."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mechagents.mechanics.formulation import (
    Wanted,
    WantedDisplacement,
    WantedEnergy,
    WantedReaction,
    WantedStress,
)
from mechagents.verification.averages import nodal_range
from mechagents.verification.constitutive import stress_component
from mechagents.verification.elements import FloatArray, quadrature, shape_functions
from mechagents.verification.equilibrium import Equilibrium
from mechagents.verification.locate import locate, patch
from mechagents.verification.solution import Solution

EXACT = 1e-4
"""For displacements, reactions and energies, relative to their scale: they follow from the
displacement without any choice, so programs agree to rounding; 1e-4 leaves room for the digits
of a report and for a quadrature rule of one's own."""
STRESS_SCALE = 0.03
STRESS_RANGE = 0.25
"""For stresses, of the stress at the place and of its range in the elements around: averaging
stays in that range, smoothing and extrapolating to nodes leave it a little."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The interval in which a proper reading of the field lies, all in SI units."""

    low: float
    high: float
    scale: float
    """What a deviation is measured against."""
    allowance: float
    """How far outside the interval is accepted."""

    def off(self, value: float) -> float:
        """Return how far a value is outside the interval."""
        return max(self.low - value, value - self.high, 0.0)

    @property
    def middle(self) -> float:
        """The middle of the interval."""
        return (self.low + self.high) / 2


def read(state: Equilibrium, wanted: Wanted) -> Reading | None:
    """Return what the field says a wanted quantity is; None where its place has no element."""
    match wanted:
        case WantedReaction():
            return _reaction(state, wanted)
        case WantedEnergy():
            return _energy(state, wanted)
        case WantedDisplacement():
            return _displacement(state.solution, wanted)
        case _:
            return _stress(state, wanted)


def natural_scale(state: Equilibrium, wanted: Wanted) -> float:
    """Return what is large for a quantity of this kind in this field, in SI units.

    The largest displacement, the root mean square stress, the largest force on a boundary or
    in the loads, or the whole strain energy.
    """
    match wanted:
        case WantedReaction():
            return _force_scale(state)
        case WantedEnergy():
            return sum(float(part.sum()) for part in state.forces.energy)
        case WantedDisplacement():
            return float(np.linalg.norm(state.solution.fields.displacement, axis=1).max())
        case _:
            squares = [
                (part.area @ (part.at_points**2).sum(axis=2).mean(axis=1), part.area.sum())
                for part in state.stresses
            ]
            total, area = np.sum(squares, axis=0)
            return float(np.sqrt(total / area))


def _tight(value: float, scale: float, state: Equilibrium) -> Reading:
    allowance = max(EXACT, 3 * state.tolerance) * scale
    return Reading(value, value, scale or 1.0, allowance)


def _reaction(state: Equilibrium, wanted: WantedReaction) -> Reading:
    nodes = state.solution.places[wanted.boundary].nodes
    total = float(state.forces.residual[nodes, "xy".index(wanted.component)].sum())
    return _tight(total, _force_scale(state), state)


def _force_scale(state: Equilibrium) -> float:
    """Return the largest resultant, or where all cancel, a thousandth of the sum of forces."""
    solution, residual = state.solution, state.forces.residual
    boundaries = {support.boundary for support in solution.formulation.supports}
    totals = [np.abs(residual[solution.places[b].nodes].sum(axis=0)).max() for b in boundaries]
    loads = np.abs(state.forces.external.sum(axis=0)).max()
    spread = 1e-3 * (np.abs(state.held).sum() + np.abs(state.forces.external).sum())
    return float(max(*totals, loads, spread))


def _energy(state: Equilibrium, wanted: WantedEnergy) -> Reading:
    parts = enumerate(state.forces.energy)
    inside = sum(float(e[state.solution.inside(i, wanted.region)].sum()) for i, e in parts)
    return _tight(inside, natural_scale(state, wanted), state)


def _displacement(solution: Solution, wanted: WantedDisplacement) -> Reading | None:
    fields = solution.fields
    scale = float(np.linalg.norm(fields.displacement, axis=1).max())
    if wanted.at is not None:
        spots = locate(fields, wanted.at)
        if not spots:
            return None
        u = [s.N @ fields.displacement[fields.blocks[s.block].nodes[s.element]] for s in spots]
        values = _moved(np.array(u), wanted.component)
        return Reading(float(values.min()), float(values.max()), scale or 1.0, EXACT * scale)
    at_nodes, within = _displacements(solution, wanted)
    candidates = [_extreme(at_nodes, wanted.extreme), _extreme(within, wanted.extreme)]
    low, high = min(candidates), max(candidates)
    return Reading(low, high, scale or 1.0, EXACT * scale + 0.25 * (high - low))


def _displacements(solution: Solution, wanted: WantedDisplacement) -> tuple[FloatArray, FloatArray]:
    """Return the component at the region's nodes, and there and at points in between."""
    fields = solution.fields
    nodal, inner = list[FloatArray](), list[FloatArray]()
    for index, block in enumerate(fields.blocks):
        u = fields.displacement[block.nodes[solution.inside(index, wanted.region)]]
        N = shape_functions(block.kind, quadrature(block.kind, 1)[0])
        nodal.append(_moved(u, wanted.component).ravel())
        inner.append(_moved(N @ u, wanted.component).ravel())
    return np.concatenate(nodal), np.concatenate([*nodal, *inner])


def _moved(u: FloatArray, component: str) -> FloatArray:
    if component == "magnitude":
        return np.asarray(np.linalg.norm(u, axis=-1), dtype=np.float64)
    return u[..., "xy".index(component)]


def _extreme(values: FloatArray, which: str | None) -> float:
    if which == "max_abs":
        return float(np.abs(values).max())
    return float(values.max() if which == "max" else values.min())


def _stress(state: Equilibrium, wanted: WantedStress) -> Reading | None:
    if wanted.at is not None:
        return _stress_at(state, wanted, wanted.at)
    return _stress_extreme(state, wanted)


def _stress_at(
    state: Equilibrium, wanted: WantedStress, point: tuple[float, float]
) -> Reading | None:
    """Return the range in the elements that hold the point and those that share a node."""
    fields = state.solution.fields
    spots = locate(fields, point)
    if not spots:
        return None
    around = [
        state.stresses[i].all[rows].reshape(-1, 4) for i, rows in enumerate(patch(fields, spots))
    ]
    sigma = np.concatenate(around)
    # The von Mises stress of a mean may be smaller than each that went into it.
    values = np.append(
        stress_component(sigma, wanted.component),
        stress_component(sigma.mean(axis=0), wanted.component),
    )
    return _interval(float(values.min()), float(values.max()), float(np.abs(sigma).max()))


def _stress_extreme(state: Equilibrium, wanted: WantedStress) -> Reading:
    """Return the interval from the extreme of means, by element or node, to that of all points."""
    solution = state.solution
    count = range(len(solution.fields.blocks))
    chosen = tuple(solution.inside(i, wanted.region) for i in count)
    parts = [(state.stresses[i], chosen[i]) for i in count]
    everywhere = np.concatenate([part.all[rows].reshape(-1, 4) for part, rows in parts])
    by_element = np.concatenate([part.at_points[rows].mean(axis=1) for part, rows in parts])
    nodes = nodal_range(solution.fields, state.stresses, chosen)
    by_node = nodes.mean[nodes.weight > 0]
    extremes = [
        _extreme(stress_component(sigma, wanted.component), wanted.extreme)
        for sigma in (everywhere, by_element, by_node)
    ]
    scale = float(np.abs(by_node).max())
    return _interval(min(extremes), max(extremes), scale)


def _interval(low: float, high: float, scale: float) -> Reading:
    allowance = STRESS_SCALE * scale + STRESS_RANGE * (high - low)
    return Reading(low, high, scale or 1.0, allowance)
