"""Modes of solids as a program returns them, by scikit-fem, with room for mistakes."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import meshio
import numpy as np
import scipy.linalg
import skfem
from skfem.helpers import ddot, sym_grad, trace
from solid_returned import SolidMesh, basis_on, loads_on, number_of, on_plane

from mechagents.mechanics.formulation import Formulation
from mechagents.messages import Evidence
from mechagents.verification import verify_folder

MOST = 14
"""Modes that are kept."""


@dataclass(frozen=True, eq=False)
class ReturnedSolidModes:
    """What a program found."""

    formulation: Formulation
    mesh: SolidMesh
    values: np.ndarray
    """Frequencies [Hz] or factors."""
    shapes: np.ndarray
    """(modes, nodes, 3)."""
    u: np.ndarray
    """[m], under the loads, (nodes, 3)."""

    def changed(self, **fields: object) -> ReturnedSolidModes:
        return replace(self, **fields)

    def picked(self, *numbers: int) -> ReturnedSolidModes:
        """Return these modes, counted from 1, as if they were the first ones."""
        rows = np.array(numbers) - 1
        return replace(self, values=self.values[rows], shapes=self.shapes[rows])

    def leave(self, folder: Path) -> None:
        """Write what a program would."""
        f = self.formulation
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "formulation.json").write_text(f.model_dump_json())
        reported = [
            {"name": w.name, "value": self.values[w.number - 1], "unit": f.unit(w), "method": ""}
            for w in f.wanted
        ]
        (folder / "results.json").write_text(json.dumps({"quantities": reported}))
        data = {f"mode_{i + 1}": shape for i, shape in enumerate(self.shapes[: f.modes])}
        if f.analysis == "buckling":
            data["displacement"] = self.u
        cells = [(self.mesh.kind, self.mesh.cells)]
        meshio.Mesh(self.mesh.points, cells, data).write(folder / "fields.vtu")

    def evidence(self, folder: Path) -> Evidence:
        """Write what a program would and check it."""
        self.leave(folder)
        return verify_folder(folder)


def vibrating(still: Formulation, *numbers: int, **changes: Any) -> Formulation:
    """Return a static problem as one of vibration, without its loads."""
    wanted = [{"name": f"f{n}", "kind": "frequency", "number": n} for n in numbers]
    changed = {"analysis": "modal", "loads": [], "wanted": wanted, **changes}
    return Formulation.model_validate(still.model_dump(mode="json") | changed)


def buckling(still: Formulation, *numbers: int) -> Formulation:
    """Return a static problem as one of buckling under its loads."""
    wanted = [{"name": f"factor{n}", "kind": "buckling_factor", "number": n} for n in numbers]
    changed = {"analysis": "buckling", "wanted": wanted}
    return Formulation.model_validate(still.model_dump(mode="json") | changed)


def solve_solid_modes(
    formulation: Formulation,
    mesh: SolidMesh,
    *,
    density_factor: float = 1.0,
    poisson_ratio: float | None = None,
    lumped: bool = False,
    supported: Formulation | None = None,
    turning: float = 1.0,
    shear_turning: float = 1.0,
) -> ReturnedSolidModes:
    """Solve a modal or buckling problem of a box, or by the arguments another one.

    Args:
        formulation: The problem.
        mesh: Of its box.
        density_factor: What the density is multiplied by.
        poisson_ratio: Another one, a wrong one.
        lumped: Whether the mass is lumped, by rows' sums or for order 2 by scaled diagonals.
        supported: A problem with the supports to use.
        turning: What the stress is multiplied by in K_sigma.
        shear_turning: What its shear is multiplied by as well.
    """
    V = basis_on(mesh)
    law = formulation.materials["bar"]
    if poisson_ratio is not None:
        law = law.model_copy(update={"poisson_ratio": poisson_ratio})
    lam, mu = law.lame_constants

    def stress(e: np.ndarray) -> np.ndarray:
        return lam * trace(e) * np.eye(3)[:, :, None, None] + 2 * mu * e

    @skfem.BilinearForm
    def stiffness(u: Any, v: Any, _: Any) -> np.ndarray:
        return lam * trace(sym_grad(u)) * trace(sym_grad(v)) + 2 * mu * ddot(
            sym_grad(u), sym_grad(v)
        )

    @skfem.BilinearForm
    def mass(u: Any, v: Any, _: Any) -> np.ndarray:
        return density_factor * (law.density or 0.0) * sum(u[i] * v[i] for i in range(3))

    @skfem.BilinearForm
    def geometric(u: Any, v: Any, w: Any) -> np.ndarray:
        sigma = turning * stress(sym_grad(w.before))
        own = np.eye(3)[:, :, None, None]
        sigma = sigma * own + shear_turning * sigma * (1 - own)
        return np.einsum("ki...,ij...,kj...->...", np.asarray(u.grad), sigma, np.asarray(v.grad))

    K = stiffness.assemble(V).toarray()
    number = number_of(V, mesh)
    held, u = np.zeros(V.N, dtype=bool), np.zeros(V.N)
    for support in (supported or formulation).supports:
        for axis, value in support.components.items():
            dofs = number[on_plane(formulation, support.boundary, mesh), "xyz".index(axis)]
            held[dofs], u[dofs] = True, value
    free = ~held
    part = np.ix_(free, free)
    count = min(MOST, int(free.sum()))
    if formulation.analysis == "buckling":
        f = loads_on(formulation, V)
        u[free] = np.linalg.solve(K[part], (f - K @ u)[free])
        right = -geometric.assemble(V, before=V.interpolate(u)).toarray()
        turned, vectors = scipy.linalg.eigh(right[part], K[part])
        chosen = np.argsort(-np.where(turned > 0, turned, 0))[:count]
        values, vectors = 1 / turned[chosen], vectors[:, chosen]
    else:
        M = _lumped(mass, V, mesh) if lumped else mass.assemble(V).toarray()
        squares, vectors = scipy.linalg.eigh(K[part], M[part], subset_by_index=(0, count - 1))
        values = np.sqrt(np.maximum(squares, 0.0)) / (2 * np.pi)
    phi = np.zeros((len(values), V.N))
    phi[:, free] = vectors.T
    return ReturnedSolidModes(formulation, mesh, values, phi[:, number], u[number])


def _lumped(mass: Any, V: skfem.Basis, mesh: SolidMesh) -> np.ndarray:
    """Return a diagonal mass: rows' sums, or for order 2 each element's diagonal, scaled."""
    total = np.zeros(V.N)
    for element, block in enumerate(mass.coo_data(V).tolocal()):
        weights = block.sum(axis=1)
        if mesh.kind[-1].isdigit():
            weights = np.diag(block) * block.sum() / np.trace(block)
        np.add.at(total, V.element_dofs[:, element], weights)
    return np.diag(total)
