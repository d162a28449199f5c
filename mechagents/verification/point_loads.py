"""Quantities that have no limit because a force acts at a single point, or along a line in space.

Under a force at a point the displacement of linear elasticity grows like log h in the plane and
like 1 / h in space, the stress faster, and the strain energy without end. A support or a spring
at a point yields without end in the same way, and takes all that rests on it along. A line of
space has no area either: across it all is as at a point of the plane.

References:
    Timoshenko & Goodier, Theory of Elasticity (1970), sections 36 and 42 (Flamant, Kelvin).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mechagents.mechanics.formulation import (
    Wanted,
    WantedDisplacement,
    WantedEnergy,
    WantedReaction,
    WantedStrain,
    WantedStress,
    WantedVelocity,
)
from mechagents.mechanics.geometry import AXES, AtPoint, AtSpacePoint, OnCurve
from mechagents.mechanics.shapes import ON_BOUNDARY
from mechagents.verification.convergence import Estimate
from mechagents.verification.elements import FloatArray
from mechagents.verification.equilibrium import Equilibrium
from mechagents.verification.singular import where_read
from mechagents.verification.springs import point_force, spring_force
from mechagents.verification.wording import place_words

CARRIES = 1e-3
"""Of all forces: a support at a point that carries less only takes rigid motion away."""
_WITHOUT_AREA = (AtPoint, AtSpacePoint, OnCurve)
SLOW = 0.7
"""Values of a higher observed order settle; log h has order 0."""


@dataclass(frozen=True, eq=False)
class PointLoad:
    """A point, or a line in space, at which a force acts on the body."""

    name: str
    at: FloatArray
    """Where: its nodes [m], shape (nodes, d)."""
    yields: bool
    """Whether it is a support or a spring, which yields under the force."""
    line: bool = False
    """Whether it is a line."""

    @property
    def words(self) -> str:
        """Where it is, and what acts there."""
        what = "what holds the body" if self.yields else "a force"
        on = "a line without area" if self.line else "a single point"
        return f"at {place_words(self.at[0])} {what} acts on {on} ({self.name})"


def point_loads(state: Equilibrium) -> list[PointLoad]:
    """Return the points at which forces, springs, or supports that carry something act."""
    solution = state.solution
    f, points = solution.formulation, solution.fields.points
    found: dict[str, PointLoad] = {}
    for load in f.loads:
        # What acts on a held component goes into the support and not into the body.
        if load.kind == "point_force" and np.any(point_force(solution, load)[solution.free]):
            found[load.boundary] = _at(state, load.boundary, yields=False)
    size = float((np.abs(state.held) + np.abs(state.forces.external)).sum())
    for spring in f.springs:
        if spring.kind == "point_spring":
            force = np.abs(spring_force(solution, spring)).max()
            if force > CARRIES * size:
                found[spring.boundary] = _at(state, spring.boundary, yields=True)
    on_edges = np.zeros(points.shape, dtype=np.bool_)
    for support in f.supports:
        if not isinstance(f.geometry.boundaries[support.boundary], _WITHOUT_AREA):
            for axis in support.components:
                on_edges[solution.places[support.boundary].nodes, AXES.index(axis)] = True
    alone = np.where(on_edges, 0.0, np.abs(state.held))
    for support in f.supports:
        if isinstance(f.geometry.boundaries[support.boundary], _WITHOUT_AREA):
            nodes = solution.places[support.boundary].nodes
            # A line of many nodes carries what they do in sum.
            if alone[nodes].sum(axis=0).max() > CARRIES * size:
                found[support.boundary] = _at(state, support.boundary, yields=True)
    return list(found.values())


def _at(state: Equilibrium, name: str, *, yields: bool) -> PointLoad:
    solution = state.solution
    line = isinstance(solution.formulation.geometry.boundaries[name], OnCurve)
    nodes = solution.places[name].nodes
    return PointLoad(name, solution.fields.points[nodes if line else nodes[:1]], yields, line)


def without_limit(
    state: Equilibrium, wanted: Wanted, estimate: Estimate, *, settled: bool
) -> str | None:
    """Return why a quantity has no limit because of a force at a point, or None.

    Args:
        state: The answered run.
        wanted: The quantity.
        estimate: What three meshes tell of it.
        settled: Whether its error bound is within the tolerance.
    """
    if estimate.behaviour == "exact":
        return None
    loads = point_loads(state)
    plane = state.solution.formulation.dimension == 2
    what = "an edge" if plane else "a surface"
    here = [load for load in loads if _reads(state, wanted, load)]
    if here:
        why = "There stress and displacement have no bound, and neither has the strain energy"
        return f"{here[0].words}. {why}: read it elsewhere, or spread the force over {what}"
    slow = estimate.order is None or estimate.order <= SLOW
    yielding = [load for load in loads if load.yields]
    if settled or not slow or not yielding or isinstance(wanted, WantedStress | WantedStrain):
        return None
    return (
        f"{yielding[0].words}. It yields the more, the finer the mesh, and all that rests on it "
        f"follows: hold the body {'along' if plane else 'on'} {what}"
    )


def _reads(state: Equilibrium, wanted: Wanted, load: PointLoad) -> bool:
    """Return whether a quantity is read where a force acts, or has it inside."""
    near = 2 * ON_BOUNDARY * state.solution.fields.size
    match wanted:
        case WantedReaction():
            return False
        case WantedEnergy():
            return _touches(state, wanted.region, load)
        case WantedStress() | WantedStrain():
            place = where_read(state, wanted)
        case WantedDisplacement():
            place = _where_moved(state, wanted)
        case WantedVelocity():
            return _reads(state, wanted.as_displacement, load)
        case _:
            return False
    return float(np.linalg.norm(place - load.at, axis=1).min()) <= near


def _touches(state: Equilibrium, region: str | None, load: PointLoad) -> bool:
    solution = state.solution
    for index, block in enumerate(solution.fields.blocks):
        around = solution.fields.points[block.nodes[solution.inside(index, region)]]
        if any(np.any(np.all(around == at, axis=-1)) for at in load.at):
            return True
    return False


def _where_moved(state: Equilibrium, wanted: WantedDisplacement) -> FloatArray:
    """Return the point, or the node of the extreme, at which a displacement is read [m]."""
    if wanted.at is not None:
        return np.array(wanted.at)
    solution, fields = state.solution, state.solution.fields
    blocks = enumerate(fields.blocks)
    nodes = np.unique(
        np.concatenate([b.nodes[solution.inside(i, wanted.region)].ravel() for i, b in blocks])
    )
    u = fields.displacement[nodes]
    if wanted.component == "magnitude":
        values = np.linalg.norm(u, axis=1)
    else:
        values = u[:, AXES.index(wanted.component)]
    chosen = {"max_abs": np.abs(values), "min": -values}.get(wanted.extreme or "max", values)
    return np.asarray(fields.points[nodes[int(chosen.argmax())]], dtype=np.float64)
