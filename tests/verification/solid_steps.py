"""Solids of finite deformation or plastic flow as programs return them, with room for mistakes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from mechagents.kit import (
    FiniteBody,
    FollowerPressure,
    PlasticBody,
    SolidSpace,
    Solution,
    at_points,
    load_steps,
    make_mesh,
    node_means,
    quantities,
    solve_solid,
    write_fields,
    write_history,
    write_results,
)
from mechagents.kit.evaluate import Result
from mechagents.mechanics.formulation import Formulation
from mechagents.messages import Evidence
from mechagents.verification import verify_folder

RUBBER = {"kind": "neo_hookean", "volumetric": "logarithmic", "mu": 1e6, "lam": 3e6}
STEEL = {
    "kind": "j2_plastic", "youngs_modulus": 200e9, "poisson_ratio": 0.3, "yield_stress": 250e6,
    "hardening_modulus": 10e9,
}  # fmt: skip
PLANES = {
    f"{axis}_{end}": {"kind": "plane", "axis": axis, "at": at}
    for axis in "xyz"
    for end, at in (("low", 0.0), ("high", 1.0))
}
SMOOTH = [{"boundary": f"{axis}_low", axis: 0.0} for axis in "xyz"]


def cube(**changes: object) -> Formulation:
    """A cube of rubber, clamped at x = 0 and pulled, sheared and weighed by dead loads."""
    data: dict[str, object] = {
        "analysis": "static_finite",
        "idealisation": "solid",
        "geometry": {
            "regions": {"cube": {"kind": "box", "size": [1.0, 1.0, 1.0]}},
            "boundaries": PLANES,
        },
        "materials": {"cube": RUBBER},
        "supports": [{"boundary": "x_low", "x": 0.0, "y": 0.0, "z": 0.0}],
        "loads": [
            {"kind": "traction", "boundary": "x_high", "x": 6e5, "y": 2e5, "z": 1e5},
            {"kind": "body_force", "z": -2e5},
        ],
        "wanted": [
            {"name": "pull", "kind": "reaction", "boundary": "x_low", "component": "x"},
            {"name": "tip", "kind": "displacement", "component": "z", "at": [1.0, 1.0, 1.0]},
            {"name": "sigma", "kind": "stress", "component": "xz", "at": [0.5, 0.5, 0.5]},
            {"name": "energy", "kind": "strain_energy"},
        ],
    }
    return Formulation.model_validate(data | changes)


def steel_cube(**changes: object) -> Formulation:
    """A clamped cube of steel, pulled and sheared beyond yield, then a part of the way back."""
    data: dict[str, object] = {
        "analysis": "static_plastic",
        "materials": {"cube": STEEL},
        "supports": [
            {"boundary": "x_low", "x": 0.0, "y": 0.0, "z": 0.0},
            {"boundary": "x_high", "x": 0.003, "z": 0.002},
        ],
        "loads": [],
        "load_path": [1.0, 0.5],
    }
    return cube(**(data | changes))


@dataclass(frozen=True, eq=False)
class Stepped:
    """What a program found, with its history."""

    formulation: Formulation
    solution: Solution
    results: list[Result]
    factors: list[float]
    displacements: list[np.ndarray]

    @property
    def values(self) -> dict[str, float]:
        return {result.name: result.value for result in self.results}

    def with_value(self, name: str, factor: float) -> Stepped:
        """Return it with one number reported times a factor."""
        results = [
            replace(one, value=one.value * factor) if one.name == name else one
            for one in self.results
        ]
        return replace(self, results=results)

    def left(self, folder: Path) -> Evidence:
        """Leave the files, and return the evidence on them."""
        folder.mkdir(parents=True, exist_ok=True)
        write_results(self.results, folder)
        write_fields(self.solution, folder)
        write_history(self.factors, self.displacements, folder)
        return verify_folder(folder, formulation=self.formulation)


def march(
    meant: Formulation,
    done: Formulation | None = None,
    *,
    size: float = 0.5,
    order: int = 1,
    steps: int = 3,
    load_factor: float = 1.0,
    stop_at: float | None = None,
    pressed: type[FollowerPressure] = FollowerPressure,
) -> Stepped:
    """Return a solution of a problem, or of the one that was done in its place.

    Args:
        meant: What was asked.
        done: What is solved in its place.
        size: Of the mesh [m].
        order: Of the elements.
        steps: For each part of the load path.
        load_factor: What loads are multiplied by.
        stop_at: The relative residual at which Newton's method stops, in one step.
        pressed: How pressures act in finite deformation.
    """
    problem = done or meant
    finite = problem.analysis == "static_finite"
    make = FiniteBody if finite else PlasticBody
    mesh = make_mesh(problem.geometry, size, order)
    V = SolidSpace(mesh)
    body = make(problem, mesh, V)
    nodal = make(problem, mesh, SolidSpace(mesh, at_nodes=True))
    f = load_factor * _loads(problem, V, finite)
    pressure = pressed(problem, mesh, V)
    held: dict[int, float] = {}
    for support in problem.supports:
        nodes = mesh.boundary_nodes[support.boundary]
        for axis, value in support.components.items():
            moved = at_points(value, mesh.points[nodes].T)
            held.update(zip(V.dofs[nodes, "xyz".index(axis)].tolist(), moved, strict=True))
    fixed, values = np.array(list(held)), np.array(list(held.values()))
    factors: list[float] = []
    displacements: list[np.ndarray] = []

    def equations(u: np.ndarray, factor: float) -> tuple[np.ndarray, object]:
        forces, K = body.forces(u)
        if not finite:
            return forces - factor * f, K
        pushed, K_load = pressure.forces(u)
        return forces - factor * (f + pushed), K - factor * K_load

    def accept(u: np.ndarray, factor: float) -> None:
        if not finite:
            body.accept(u)
            nodal.accept(u)
        factors.append(factor)
        displacements.append(u[V.dofs])

    linear = partial(solve_solid, V, symmetric=False)
    u, start = np.zeros(V.N), 0.0
    if stop_at is not None:
        u = _unconverged(equations, linear, fixed, values, V.N, stop_at)
        accept(u, 1.0)
    else:
        for end in problem.load_path:
            u = load_steps(
                equations, u, fixed, values, steps,
                start=start, end=end, accept=accept, linear=linear,
            )  # fmt: skip
            start = end
    sigma = node_means(mesh, nodal.stress(u))
    forces = equations(u, problem.load_path[-1])[0][V.dofs]
    found = Solution(mesh, u[V.dofs], sigma, forces, body.energy(u))
    return Stepped(meant, found, quantities(meant, found), factors, displacements)


def _loads(problem: Formulation, V: SolidSpace, finite: bool) -> np.ndarray:
    f = np.zeros(V.N)
    for load in problem.loads:
        if load.kind == "body_force":
            f += V.force_of(np.stack([at_points(b, V.x) for b in (load.x, load.y, load.z)]))
            continue
        surface = V.on(load.boundary)
        if load.kind == "traction":
            t = [at_points(value, surface.x) for value in (load.x, load.y, load.z)]
            f += surface.force_of(np.stack(t))
        elif not finite:
            f += surface.force_of(-at_points(load.value, surface.x) * surface.normals)
    return f


def _unconverged(
    equations: object,
    linear: object,
    fixed: np.ndarray,
    values: np.ndarray,
    count: int,
    stop_at: float,
) -> np.ndarray:
    u, step = np.zeros(count), values
    free = np.setdiff1d(np.arange(count), fixed)
    while True:
        forces, K = equations(u, 1.0)
        if np.abs(forces[free]).max() <= stop_at * np.abs(forces).max() and not step.any():
            return u
        u = u + linear(K, -forces, fixed, step)
        step = np.zeros_like(step)
