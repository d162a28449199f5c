"""Solutions of finite deformation as a program returns them, with room for mistakes."""

from __future__ import annotations

import numpy as np
import skfem
from returned import Returned, nodal_means

from mechagents.kit import (
    FiniteBody,
    FollowerPressure,
    basis,
    load_steps,
    make_mesh,
    node_dofs,
    solve,
)
from mechagents.mechanics.formulas import value_at
from mechagents.mechanics.formulation import Formulation

RUBBER = {"kind": "neo_hookean", "volumetric": "logarithmic", "mu": 1e6, "lam": 3e6}
LINES = {
    "left": {"kind": "line", "axis": "x", "at": 0.0},
    "right": {"kind": "line", "axis": "x", "at": 1.0},
    "bottom": {"kind": "line", "axis": "y", "at": 0.0},
}
PULLED = (
    {"boundary": "left", "x": 0.0},
    {"boundary": "bottom", "y": 0.0},
    {"boundary": "right", "x": 0.5},
)


def block(**changes: object) -> Formulation:
    """A block of rubber in plane strain, clamped at its left and pulled by dead loads."""
    data: dict[str, object] = {
        "analysis": "static_finite",
        "idealisation": "plane_strain",
        "geometry": {
            "regions": {"block": {"kind": "rectangle", "size": [1.0, 1.0]}},
            "boundaries": LINES,
        },
        "materials": {"block": RUBBER},
        "supports": [{"boundary": "left", "x": 0.0, "y": 0.0}],
        "loads": [
            {"kind": "traction", "boundary": "right", "x": 1e6, "y": 4e5},
            {"kind": "body_force", "y": -2e5},
        ],
        "wanted": [
            {"name": "pull", "kind": "reaction", "boundary": "left", "component": "x"},
            {"name": "tip", "kind": "displacement", "component": "y", "at": [1.0, 1.0]},
            {"name": "sigma", "kind": "stress", "component": "xx", "at": [0.5, 0.5]},
            {"name": "energy", "kind": "strain_energy"},
        ],
    }
    return Formulation.model_validate(data | changes)


def solve_finite(
    meant: Formulation,
    size: float = 0.25,
    order: int = 2,
    *,
    done: Formulation | None = None,
    load_factor: float = 1.0,
    stop_at: float | None = None,
    pressed: type[FollowerPressure] = FollowerPressure,
) -> Returned:
    """Return a solution of a problem, or of the one that was done in its place.

    Args:
        meant: What was asked.
        size: Of the mesh [m].
        order: Of the elements.
        done: What is solved in its place.
        load_factor: What loads are multiplied by.
        stop_at: The relative residual at which Newton's method stops, in one step.
        pressed: How pressures act.
    """
    problem = done or meant
    mesh = make_mesh(problem.geometry, size, order)
    V = basis(mesh)
    dofs = node_dofs(V, mesh)
    body = FiniteBody(problem, mesh, V)
    f = load_factor * _loads(problem, V, mesh.order)
    pressure = pressed(problem, mesh, V)
    held: dict[int, float] = {}
    if problem.idealisation == "axisymmetric":
        held.update(dict.fromkeys(dofs[mesh.points[:, 0] < 1e-9, 0].tolist(), 0.0))
    for support in problem.supports:
        for axis, value in support.components.items():
            nodes = mesh.boundary_nodes[support.boundary]
            moved = value_at(value, mesh.points[nodes])
            held.update(zip(dofs[nodes, "xy".index(axis)].tolist(), moved.tolist(), strict=True))
    fixed, values = np.array(list(held)), np.array(list(held.values()))

    def equations(u: np.ndarray, factor: float) -> tuple[np.ndarray, object]:
        forces, K = body.forces(u)
        pushed, K_load = pressure.forces(u)
        return forces - factor * (f + pushed), K - factor * K_load

    if stop_at is None:
        u = load_steps(equations, np.zeros(V.N), fixed, values, 4)
    else:
        u = _unconverged(equations, fixed, values, V.N, stop_at)
    sigma = FiniteBody(problem, mesh, basis(mesh, at_nodes=True)).stress(u)
    forces = equations(u, 1.0)[0][dofs]
    means = nodal_means(mesh.cells, sigma)
    return Returned(meant, mesh, mesh.kind, u[dofs], means, forces, body.energy(u), sigma)


def _loads(problem: Formulation, V: skfem.Basis, order: int) -> np.ndarray:
    around = problem.idealisation == "axisymmetric"

    @skfem.LinearForm
    def work(v: object, w: object) -> np.ndarray:
        weight = 2 * np.pi * w.x[0] if around else problem.thickness or 1.0
        return (w.fx * v[0] + w.fy * v[1]) * weight

    f = np.zeros(V.N)
    for load in problem.loads:
        side = V
        if load.kind == "pressure":
            continue
        if load.kind == "traction":
            side = skfem.FacetBasis(V.mesh, V.elem, facets=load.boundary, intorder=2 * order + 2)
        f += work.assemble(side, fx=load.x, fy=load.y)
    return f


def _unconverged(
    equations: object, fixed: np.ndarray, values: np.ndarray, count: int, stop_at: float
) -> np.ndarray:
    u, step = np.zeros(count), values
    free = np.setdiff1d(np.arange(count), fixed)
    while True:
        forces, K = equations(u, 1.0)
        if np.abs(forces[free]).max() <= stop_at * np.abs(forces).max() and not step.any():
            return u
        u = u + solve(K, -forces, fixed, step)
        step = np.zeros_like(step)
