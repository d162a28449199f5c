"""The reference for motion in time where NGSolve is not there: elements of another family."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.sparse import csr_matrix

from mechagents.mechanics.courses import Course
from mechagents.mechanics.formulas import value_at
from mechagents.mechanics.formulation import (
    Formulation,
    WantedOfField,
    WantedOfMode,
    WantedVelocity,
)
from mechagents.mechanics.geometry import AXES
from mechagents.mechanics.shapes import outline, size
from mechagents.mechanics.solid_body import box, volume
from mechagents.verification.assembly import balance
from mechagents.verification.convergence import COARSENING, WAVES
from mechagents.verification.dynamics import Dynamics, Motion
from mechagents.verification.elements import FloatArray
from mechagents.verification.matrices import mass_matrix, stiffness_matrix
from mechagents.verification.motion_reading import motion_scale, read_motion_at
from mechagents.verification.reference import march, solid_elements
from mechagents.verification.reference.other_elements import unloaded, value_by_meshes
from mechagents.verification.reference.values import ReferenceSolution, ReferenceValue
from mechagents.verification.solution import Solution
from mechagents.verification.springs import spring_stiffness

ELEMENTS = (2000, 890, 395)
"""About how many elements the three meshes of the plane have."""
SHARE = 0.15
"""Of the elements that a solid has in statics: each step of time solves five times."""


def solve(formulation: Formulation) -> ReferenceSolution:
    """Return the wanted quantities of a transient problem, with error estimates.

    Raises:
        MechagentsError: If the body cannot be meshed.
        RuntimeError: If the equations cannot be solved.
    """
    bodies, measure, steps = (_of_space if formulation.dimension == 3 else _of_plane)(formulation)
    runs = [
        _moved(body, max(2, round(steps / COARSENING**number)))
        for number, body in enumerate(bodies)
    ]
    root = 1 / formulation.dimension
    sizes = tuple(float((measure / run.solution.fields.elements) ** root) for run in runs)
    quantities: dict[str, ReferenceValue] = {}
    for wanted in formulation.wanted:
        if isinstance(wanted, WantedOfMode):
            continue
        scale = motion_scale(runs[0], wanted)
        found = _value(wanted, runs, sizes, scale)
        if found is not None:
            near = march.nearby_times(formulation, wanted.time)
            times = [
                _value(wanted.model_copy(update={"time": t}), runs, sizes, scale) for t in near
            ]
            worst = max(value.error for value in (found, *times) if value is not None)
            quantities[wanted.name] = found.model_copy(update={"error": worst})
    kind, nodes = runs[0].solution.fields.blocks[0].kind, len(runs[0].solution.fields.points)
    means = f"{kind} elements on another mesh of {nodes} nodes and {steps} steps of an implicit "
    means += "Runge-Kutta method, in numpy; error by three meshes"
    return ReferenceSolution(means=means, quantities=quantities)


def _value(
    wanted: WantedOfField | WantedVelocity,
    runs: list[Dynamics],
    sizes: tuple[float, ...],
    scale: float,
) -> ReferenceValue | None:
    """Return a quantity by three meshes; None where it has no place on one of them."""
    readings = [read_motion_at(run, wanted) for run in runs]
    best = [reading.best for reading in readings if reading is not None]
    if len(best) != len(runs) or len({len(values) for values in best}) != 1:
        return None
    return value_by_meshes(sizes, best, scale, WAVES)


def _of_plane(formulation: Formulation) -> tuple[list[Solution], float, int]:
    """Return three meshes, the finest first, the area [m^2], and steps of time for the finest."""
    outlines = [outline(shape) for shape in formulation.geometry.regions.values()]
    area = sum(one.area for one in outlines)
    bodies = [unloaded(formulation, (7 * area / count) ** 0.5) for count in ELEMENTS]
    return bodies, area, march.steps_for(formulation, size(outlines))


def _of_space(formulation: Formulation) -> tuple[list[Solution], float, int]:
    """Return the same of a solid, with its volume [m^3], and half of the steps."""
    whole = sum(volume(shape) for shape in formulation.geometry.regions.values())
    low, high = box(formulation.geometry)
    steps = march.steps_for(formulation, float((high - low).max())) // 2
    return list(solid_elements.unloaded(formulation, SHARE)), whole, steps


def _moved(solution: Solution, steps: int) -> Dynamics:
    formulation = solution.formulation
    assert formulation.end_time is not None
    v0 = np.tile(formulation.initial_velocity, len(solution.fields.points))
    found = march.march(_system(solution), formulation.time_course, v0, formulation.end_time, steps)
    u, v, a = (
        part.reshape(steps + 1, -1, formulation.dimension) for part in (found.u, found.v, found.a)
    )
    fields = replace(solution.fields, displacement=u[-1])
    return Dynamics.of(replace(solution, fields=fields), Motion(found.time, u, v, a))


def _system(solution: Solution) -> march.System:
    M, K = mass_matrix(solution, 0, lumped=False), stiffness_matrix(solution, 0)
    slowing, damping = 0.0 * M, solution.formulation.damping
    if damping is not None:
        slowing = damping.mass * M + damping.stiffness * K
    values, rows, columns = spring_stiffness(solution)
    held = K + csr_matrix((values, (rows, columns)), K.shape)
    load: FloatArray = balance(replace(solution, factor=1.0)).external.ravel()
    return march.System(M, slowing, held, load, ~solution.free.ravel(), _by_course(solution))


def _by_course(solution: Solution) -> tuple[tuple[Course, FloatArray], ...]:
    """Return the courses of supports, with what they move [m], shape (unknowns,)."""
    points, found = solution.fields.points, dict[Course, FloatArray]()
    for support in solution.formulation.supports:
        if support.course is None:
            continue
        values = found.setdefault(support.course, np.zeros_like(points))
        nodes = solution.places[support.boundary].nodes
        for axis, value in support.components.items():
            values[nodes, AXES.index(axis)] = value_at(value, points[nodes])
    return tuple((course, values.ravel()) for course, values in found.items())
