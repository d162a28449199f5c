"""Check 3, supports: the returned displacement is the prescribed one on every boundary."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mechagents.mechanics.formulas import value_at
from mechagents.mechanics.geometry import AXES, Axis
from mechagents.messages import Check
from mechagents.verification.elements import FloatArray
from mechagents.verification.solution import Solution
from mechagents.verification.wording import found, likely_slip, measured, place_words

DISPLACEMENT = 1e-6
"""Relative to the largest displacement: elimination is exact to rounding, and a penalty stiff
enough to do no harm leaves less."""


def check_supports(solution: Solution) -> Iterator[Check]:
    """Yield for each boundary with a support whether its nodes moved as prescribed.

    A node that several boundaries share with different values may follow any of them.
    """
    prescribed: dict[str, dict[Axis, FloatArray]] = {}
    for support in solution.formulation.supports:
        points = solution.fields.points[solution.places[support.boundary].nodes]
        known = prescribed.setdefault(support.boundary, {})
        for axis, value in support.components.items():
            known[axis] = solution.factor * value_at(value, points)
    yield from check_points(solution)
    off = _distance(solution, prescribed)
    given = max(
        (float(np.abs(v).max(initial=0.0)) for vs in prescribed.values() for v in vs.values()),
        default=0.0,
    )
    scale = max(float(np.abs(solution.fields.displacement).max()), given)
    for boundary, components in prescribed.items():
        yield _boundary(solution, boundary, components, off, scale or 1.0)


def check_points(solution: Solution) -> Iterator[Check]:
    """Yield a fault for each point with a force or a spring where the mesh has no node."""
    f = solution.formulation
    named = [load.boundary for load in f.loads if load.kind == "point_force"]
    named += [spring.boundary for spring in f.springs if spring.kind == "point_spring"]
    for name in dict.fromkeys(named):
        if not solution.places[name].nodes.size:
            yield found(f"supports:{name}", False, f"no node on the outside lies at {name}")


def _distance(solution: Solution, prescribed: dict[str, dict[Axis, FloatArray]]) -> FloatArray:
    """Return how far each component is from the nearest value prescribed for it, (points, d)."""
    u = solution.fields.displacement
    off = np.full_like(u, np.inf)
    for boundary, components in prescribed.items():
        nodes = solution.places[boundary].nodes
        for axis, value in components.items():
            column = AXES.index(axis)
            off[nodes, column] = np.minimum(off[nodes, column], np.abs(u[nodes, column] - value))
    return off


def _boundary(
    solution: Solution,
    boundary: str,
    components: dict[Axis, FloatArray],
    off: FloatArray,
    scale: float,
) -> Check:
    name, nodes = f"supports:{boundary}", solution.places[boundary].nodes
    if not nodes.size:
        return found(name, False, f"no node on the outside of the mesh lies on {boundary}")
    columns = {axis: off[nodes, AXES.index(axis)] for axis in components}
    worst: Axis = max(components, key=lambda axis: float(columns[axis].max()))
    value = float(columns[worst].max()) / scale
    if value <= DISPLACEMENT:
        message = f"{len(nodes)} nodes on {boundary} moved as prescribed"
        return measured(name, value, DISPLACEMENT, message)
    which = int(columns[worst].argmax())
    node, meant = nodes[which], float(components[worst][which])
    moved = float(solution.fields.displacement[node, AXES.index(worst)])
    wrong = int((columns[worst] > DISPLACEMENT * scale).sum())
    message = (
        f"{wrong} of {len(nodes)} nodes on {boundary} did not move as prescribed: at "
        f"{place_words(solution.fields.points[node])} u_{worst} is {moved:.6g} m, not {meant:.6g} m"
        f"{likely_slip(moved, meant)}"
    )
    return measured(name, value, DISPLACEMENT, message)
