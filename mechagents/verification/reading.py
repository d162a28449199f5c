"""What the returned displacement allows each wanted number to be."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mechagents.mechanics.formulation import (
    WantedDisplacement,
    WantedEnergy,
    WantedOfField,
    WantedReaction,
    WantedStrain,
    WantedStress,
)
from mechagents.mechanics.geometry import AXES
from mechagents.verification.averages import nodal_range
from mechagents.verification.constitutive import tensor_component
from mechagents.verification.elements import FloatArray, quadrature, shape_functions
from mechagents.verification.equilibrium import Equilibrium
from mechagents.verification.locate import Spot, locate, patch
from mechagents.verification.solution import Solution
from mechagents.verification.springs import spring_total

EXACT = 1e-4
"""For displacements, reactions and energies, relative to their own size: they follow from the
displacement without any choice, so programs agree to rounding; 1e-4 leaves room for the digits
of a report and for a quadrature rule of one's own."""
PLACE = 1e-6
"""Of what a displacement changes by over an element: how well programs know where a point is."""
CANCELLED = 1e-8
"""Of the forces that a reaction adds up and the stresses that a component is small beside."""
STRESS_SCALE = 0.03
STRESS_RANGE = 0.25
"""For stresses, of the stress at the place and of its range in the elements around: averaging
stays in that range, smoothing and extrapolating to nodes leave it a little."""


WantedTensor = WantedStress | WantedStrain


@dataclass(frozen=True, slots=True)
class Reading:
    """The interval in which a proper reading of the field lies, all in SI units."""

    low: float
    high: float
    best: tuple[float, ...]
    """What the field itself says: for stresses the mean at the place, in each region there."""
    noise: float
    """What rounding, and forces left unbalanced, may change the number by."""
    allowance: float
    """How far outside the interval is accepted."""

    def off(self, value: float) -> float:
        """Return how far a value is outside the interval."""
        return max(self.low - value, value - self.high, 0.0)

    def apart(self, value: float) -> float:
        """Return how far a value is from what the field itself says."""
        return min(abs(value - one) for one in self.best)

    @property
    def scale(self) -> float:
        """What a deviation is measured against: the size of the number, or what is nothing."""
        return max(abs(self.low), abs(self.high)) or self.allowance or 1.0

    @property
    def middle(self) -> float:
        """The middle of the interval."""
        return (self.low + self.high) / 2


def read(state: Equilibrium, wanted: WantedOfField) -> Reading | None:
    """Return what the field says a wanted quantity is; None where its place has no element."""
    match wanted:
        case WantedReaction():
            return _reaction(state, wanted)
        case WantedEnergy():
            return _energy(state, wanted)
        case WantedDisplacement():
            return _displacement(state, wanted)
        case _:
            return _tensor(state, wanted)


def natural_scale(state: Equilibrium, wanted: WantedOfField) -> float:
    """Return what is large for a quantity of this kind in this field, in SI units.

    The largest displacement, the root mean square stress or strain, the largest force on a
    boundary or in the loads, or the whole strain energy.
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
                for part in state.tensors(wanted)
            ]
            total, area = np.sum(squares, axis=0)
            return float(np.sqrt(total / area))


def _tight(value: float, noise: float, state: Equilibrium) -> Reading:
    relative = max(EXACT, 3 * state.between)
    return Reading(value, value, (value,), noise, relative * abs(value) + noise)


def _reaction(state: Equilibrium, wanted: WantedReaction) -> Reading:
    nodes, column = state.solution.places[wanted.boundary].nodes, AXES.index(wanted.component)
    forces = state.forces.residual[nodes, column]
    springs = spring_total(state.solution, wanted.boundary, wanted.component)
    # Programs that add up loads in place of the boundary's forces find what is left elsewhere.
    free = state.solution.free[:, column]
    left = abs(float(state.forces.residual[free, column].sum()))
    rounding = float(np.linalg.norm(state.forces.rounding[nodes]))
    apart = 3 * float(np.linalg.norm(state.unsure[nodes, column]))
    noise = rounding + left + apart + CANCELLED * float(np.abs(forces).sum())
    return _tight(float(forces.sum()) + springs, noise, state)


def _force_scale(state: Equilibrium) -> float:
    """Return the largest resultant, or where all cancel, a thousandth of the sum of forces."""
    solution, residual = state.solution, state.forces.residual
    springs = [
        abs(spring_total(solution, spring.boundary, axis))
        for spring in solution.formulation.springs
        for axis in spring.components
    ]
    boundaries = {support.boundary for support in solution.formulation.supports}
    totals = [np.abs(residual[solution.places[b].nodes].sum(axis=0)).max() for b in boundaries]
    loads = np.abs(state.forces.external.sum(axis=0)).max()
    spread = 1e-3 * (np.abs(state.held).sum() + np.abs(state.forces.external).sum())
    return float(max(*totals, *springs, loads, spread))


def _energy(state: Equilibrium, wanted: WantedEnergy) -> Reading:
    solution, u = state.solution, state.solution.fields.displacement
    inside = [solution.inside(i, wanted.region) for i in range(len(state.forces.energy))]
    stored = zip(state.forces.energy, inside, strict=True)
    value = sum(float(energy[rows].sum()) for energy, rows in stored)
    blocks = zip(solution.fields.blocks, inside, strict=True)
    nodes = np.unique(np.concatenate([block.nodes[rows].ravel() for block, rows in blocks]))
    rounding = float(np.linalg.norm(state.forces.rounding[nodes] * u[nodes]))
    most = max(EXACT, 3 * state.tolerance) * natural_scale(state, wanted)
    work = 0.0 if wanted.region else abs(float((state.left * u).sum())) / 2
    return _tight(value, min(rounding + work, most), state)


def _displacement(state: Equilibrium, wanted: WantedDisplacement) -> Reading | None:
    fields = state.solution.fields
    largest = float(np.linalg.norm(fields.displacement, axis=1).max())
    noise = 10 * fields.rounding * largest
    if wanted.at is not None:
        spots = locate(fields, wanted.at)
        if not spots:
            return None
        around = [fields.displacement[fields.blocks[s.block].nodes[s.element]] for s in spots]
        u = [spot.N @ nodal for spot, nodal in zip(spots, around, strict=True)]
        values = moved(np.array(u), wanted.component)
        changes = max(float(np.ptp(nodal, axis=0).max()) for nodal in around)
        low, high = float(values.min()), float(values.max())
        allowance = EXACT * max(abs(low), abs(high)) + PLACE * changes + noise
        return Reading(low, high, (low, high), noise, allowance)
    at_nodes, within = _displacements(state.solution, wanted)
    candidates = (extreme(at_nodes, wanted.extreme), extreme(within, wanted.extreme))
    low, high = min(candidates), max(candidates)
    allowance = EXACT * max(abs(low), abs(high)) + 0.25 * (high - low) + noise
    return Reading(low, high, candidates, noise, allowance)


def _displacements(solution: Solution, wanted: WantedDisplacement) -> tuple[FloatArray, FloatArray]:
    """Return the component at the region's nodes, and there and at points in between."""
    fields = solution.fields
    nodal, inner = list[FloatArray](), list[FloatArray]()
    for index, block in enumerate(fields.blocks):
        u = fields.displacement[block.nodes[solution.inside(index, wanted.region)]]
        N = shape_functions(block.kind, quadrature(block.kind, 1)[0])
        nodal.append(moved(u, wanted.component).ravel())
        inner.append(moved(N @ u, wanted.component).ravel())
    return np.concatenate(nodal), np.concatenate([*nodal, *inner])


def moved(u: FloatArray, component: str) -> FloatArray:
    """Return a component of displacements, or their magnitude."""
    if component == "magnitude":
        return np.asarray(np.linalg.norm(u, axis=-1), dtype=np.float64)
    return u[..., ("x", "y", "z").index(component)]


def extreme(values: FloatArray, which: str | None) -> float:
    """Return the largest, the smallest or the largest absolute of some values."""
    if which == "max_abs":
        return float(np.abs(values).max())
    return float(values.max() if which == "max" else values.min())


def _tensor(state: Equilibrium, wanted: WantedTensor) -> Reading | None:
    if wanted.at is not None:
        return _tensor_at(state, wanted, wanted.at)
    return _tensor_extreme(state, wanted)


def _tensor_at(
    state: Equilibrium, wanted: WantedTensor, point: tuple[float, ...]
) -> Reading | None:
    """Return the range in the elements that hold the point and those that share a node."""
    fields = state.solution.fields
    spots = locate(fields, point)
    if not spots:
        return None
    parts = state.tensors(wanted)
    around = [_flat(parts[i].all[rows]) for i, rows in enumerate(patch(fields, spots))]
    sigma = np.concatenate(around)
    # The von Mises or principal stress of a mean may be outside all that went into it.
    values = np.append(
        tensor_component(sigma, wanted.component),
        tensor_component(sigma.mean(axis=0), wanted.component),
    )
    best = _means_at(state, wanted, spots)
    noise = _noise(state, wanted, float(np.abs(sigma).max()))
    return _interval(values, best, noise)


def _means_at(state: Equilibrium, wanted: WantedTensor, spots: list[Spot]) -> tuple[float, ...]:
    """Return the stress or strain between the means at nodes, in each region that has the point."""
    solution = state.solution
    found: dict[int, list[float]] = {}
    for spot in spots:
        region = int(solution.region[spot.block][spot.element])
        chosen = tuple(regions == region for regions in solution.region)
        means = nodal_range(solution.fields, state.tensors(wanted), chosen).mean
        nodes = solution.fields.blocks[spot.block].nodes[spot.element]
        sigma = spot.N @ means[nodes]
        found.setdefault(region, []).append(float(tensor_component(sigma, wanted.component)))
    return tuple(float(np.mean(values)) for values in found.values())


def _tensor_extreme(state: Equilibrium, wanted: WantedTensor) -> Reading:
    """Return the interval from the extreme of means, by element or node, to that of all points."""
    solution = state.solution
    count = range(len(solution.fields.blocks))
    chosen = tuple(solution.inside(i, wanted.region) for i in count)
    parts = [(state.tensors(wanted)[i], chosen[i]) for i in count]
    everywhere = np.concatenate([_flat(part.all[rows]) for part, rows in parts])
    by_element = np.concatenate([part.at_points[rows].mean(axis=1) for part, rows in parts])
    nodes = nodal_range(solution.fields, state.tensors(wanted), chosen)
    by_node = nodes.mean[nodes.weight > 0]
    extremes = [
        extreme(tensor_component(sigma, wanted.component), wanted.extreme)
        for sigma in (everywhere, by_element, by_node)
    ]
    largest = float(np.abs(everywhere).max())
    return _interval(np.array(extremes), (extremes[-1],), _noise(state, wanted, largest))


def _flat(stress: FloatArray) -> FloatArray:
    """Return stresses of elements (elements, points, c) as rows, (elements * points, c)."""
    return stress.reshape(-1, stress.shape[-1])


def _noise(state: Equilibrium, wanted: WantedTensor, largest: float) -> float:
    rounding = state.strain_noise if wanted.kind == "strain" else state.stress_noise
    return rounding + CANCELLED * largest


def _interval(values: FloatArray, best: tuple[float, ...], noise: float) -> Reading:
    low, high = float(values.min()), float(values.max())
    allowance = STRESS_SCALE * max(abs(low), abs(high)) + STRESS_RANGE * (high - low) + noise
    return Reading(low, high, best, noise, allowance)
