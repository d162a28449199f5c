"""Modes as a program returns them, by scikit-fem and dense eigenvalues, with room for mistakes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import meshio
import numpy as np
import scipy.linalg
import skfem
from returned import shaken, sheared_twice, textbook_law

from mechagents.kit.spaces import basis, node_dofs
from mechagents.mechanics.formulation import Formulation
from mechagents.mechanics.meshing import Mesh, make_mesh
from mechagents.messages import Evidence
from mechagents.verification import verify_folder

__all__ = ["ReturnedModes", "membrane", "sheared_twice", "solve_modes", "square"]
Law = Callable[[Any, str], np.ndarray]


@dataclass(frozen=True, eq=False)
class ReturnedModes:
    """What a program found."""

    formulation: Formulation
    mesh: Mesh
    values: np.ndarray
    """Frequencies [Hz] or factors, of as many modes as there are."""
    shapes: np.ndarray
    """(modes, nodes, 2)."""
    u: np.ndarray
    """[m], under the loads, (nodes, 2)."""
    stiffness: np.ndarray
    """K by unknowns, node after node."""

    def changed(self, **fields: object) -> ReturnedModes:
        return replace(self, **fields)

    def picked(self, *numbers: int) -> ReturnedModes:
        """Return these modes, counted from 1, as if they were the first ones."""
        rows = np.array(numbers) - 1
        return replace(self, values=self.values[rows], shapes=self.shapes[rows])

    def evidence(self, folder: Path) -> Evidence:
        """Write what a program would and check it."""
        f = self.formulation
        (folder / "formulation.json").write_text(f.model_dump_json())
        reported = [
            {"name": w.name, "value": self.values[w.number - 1], "unit": f.unit(w), "method": ""}
            for w in f.wanted
        ]
        (folder / "results.json").write_text(json.dumps({"quantities": reported}))
        data = {f"mode_{i + 1}": shape for i, shape in enumerate(self.shapes[: f.modes])}
        if f.analysis == "buckling":
            data["displacement"] = self.u
        points = np.column_stack([self.mesh.points, np.zeros(len(self.mesh.points))])
        cells = [(self.mesh.kind, self.mesh.cells)]
        meshio.Mesh(points, cells, data).write(folder / "fields.vtu")
        return verify_folder(folder)


def solve_modes(
    formulation: Formulation,
    size: float,
    order: int = 2,
    *,
    law: Law = textbook_law,
    density_factor: float = 1.0,
    lumped: bool = False,
    supported: Formulation | None = None,
    distorted: float = 0.0,
    turning: tuple[float, float, float] = (1.0, 1.0, 1.0),
    stiffness_factor: float = 1.0,
) -> ReturnedModes:
    """Solve a modal or buckling problem, or by the arguments another one.

    Args:
        formulation: The problem.
        size: The mesh size [m].
        order: Of the elements.
        law: The elasticity matrix of a material.
        density_factor: What the density is multiplied by.
        lumped: Whether the mass is lumped, by rows' sums or for order 2 by scaled diagonals.
        supported: A problem with the supports to use.
        distorted: By how much of an edge inner nodes are moved.
        turning: What sigma_xx, sigma_yy and sigma_xy are multiplied by in K_sigma.
        stiffness_factor: What the stiffness is multiplied by for the modes.
    """
    mesh = make_mesh(formulation.geometry, size, order)
    mesh = shaken(mesh, distorted) if distorted else mesh
    V = basis(mesh)
    D = np.stack([law(formulation.materials[r], formulation.idealisation) for r in mesh.regions])
    D = D[mesh.region]
    rho = np.array([formulation.materials[r].density or 0.0 for r in mesh.regions])[mesh.region]
    thick = formulation.thickness or 1.0

    def strain(grad: np.ndarray) -> np.ndarray:
        zero = np.zeros_like(grad[0, 0])
        return np.stack([grad[0, 0], grad[1, 1], zero, grad[0, 1] + grad[1, 0]])

    def stress(grad: np.ndarray) -> np.ndarray:
        return np.einsum("mij,jmq->imq", D, strain(grad))

    @skfem.BilinearForm
    def stiffness(u: Any, v: Any, _: Any) -> np.ndarray:
        return (stress(u.grad) * strain(v.grad)).sum(axis=0) * thick

    @skfem.BilinearForm
    def mass(u: Any, v: Any, _: Any) -> np.ndarray:
        return density_factor * rho[:, None] * (u[0] * v[0] + u[1] * v[1]) * thick

    @skfem.LinearForm
    def work(v: Any, w: Any) -> np.ndarray:
        return (w.fx * v[0] + w.fy * v[1]) * thick

    @skfem.BilinearForm
    def geometric(u: Any, v: Any, w: Any) -> np.ndarray:
        xx, yy, _, xy = stress(w.before.grad)
        xx, yy, xy = (part * factor for part, factor in zip((xx, yy, xy), turning, strict=True))
        a, b = u.grad, v.grad
        return thick * sum(
            xx * a[k, 0] * b[k, 0] + yy * a[k, 1] * b[k, 1]
            + xy * (a[k, 0] * b[k, 1] + a[k, 1] * b[k, 0]) for k in (0, 1)
        )  # fmt: skip

    dofs = node_dofs(V, mesh)
    K = stiffness.assemble(V).toarray()
    held = np.zeros(V.N, dtype=bool)
    u = np.zeros(V.N)
    for support in (supported or formulation).supports:
        for axis, value in support.components.items():
            own = dofs[mesh.boundary_nodes[support.boundary], "xy".index(axis)]
            held[own] = True
            u[own] = value
    free = ~held
    if formulation.analysis == "buckling":
        f = np.zeros(V.N)
        for load in formulation.loads:
            side = skfem.FacetBasis(V.mesh, V.elem, facets=load.boundary, intorder=5)
            f += work.assemble(side, fx=load.x, fy=load.y)
        u[free] = np.linalg.solve(K[np.ix_(free, free)], (f - K @ u)[free])
        right = -geometric.assemble(V, before=V.interpolate(u)).toarray()
        part = np.ix_(free, free)
        mu, vectors = scipy.linalg.eigh(right[part], stiffness_factor * K[part])
        chosen = np.argsort(-np.where(mu > 0, mu, 0))[:12]
        values, vectors = 1 / mu[chosen], vectors[:, chosen]
    else:
        M = mass.assemble(V).toarray()
        M = _lumped(mass, V, order) if lumped else M
        part = np.ix_(free, free)
        squares, vectors = scipy.linalg.eigh(
            stiffness_factor * K[part], M[part], subset_by_index=(0, 11)
        )
        values = np.sqrt(np.maximum(squares, 0.0)) / (2 * np.pi)
    phi = np.zeros((len(values), V.N))
    phi[:, free] = vectors.T
    by_node = dofs.ravel()
    return ReturnedModes(
        formulation, mesh, values, phi[:, dofs], u[dofs], K[np.ix_(by_node, by_node)]
    )


def _lumped(mass: Any, V: skfem.Basis, order: int) -> np.ndarray:
    """Return a diagonal mass: rows' sums, or for order 2 each element's diagonal, scaled."""
    total = np.zeros(V.N)
    for element, block in enumerate(mass.coo_data(V).tolocal()):
        if order == 1:
            weights = block.sum(axis=1)
        else:
            diagonal = np.diag(block)
            weights = diagonal * block.sum() / diagonal.sum()
        np.add.at(total, V.element_dofs[:, element], weights)
    return np.diag(total)


def square(**changes: Any) -> Formulation:
    """Return a square that nothing holds."""
    return Formulation.model_validate({
        "analysis": "modal",
        "idealisation": "plane_stress",
        "geometry": {"regions": {"plate": {"kind": "rectangle", "size": [1.0, 1.0]}}},
        "materials": {"plate": {"youngs_modulus": 200e9, "poisson_ratio": 0.3, "density": 8000}},
        "wanted": [{"name": f"f{n}", "kind": "frequency", "number": n} for n in (1, 3, 4, 5, 6, 7)],
        **changes,
    })  # fmt: skip


def membrane(**changes: Any) -> Formulation:
    """Return the tapered membrane of NAFEMS FV32."""
    return Formulation.model_validate({
        "analysis": "modal",
        "idealisation": "plane_stress",
        "thickness": 0.05,
        "geometry": {
            "regions": {
                "membrane": {"kind": "polygon",
                             "points": [[0.0, -2.5], [10.0, -0.5], [10.0, 0.5], [0.0, 2.5]]},
            },
            "boundaries": {"root": {"kind": "line", "axis": "x", "at": 0.0},
                           "tip": {"kind": "line", "axis": "x", "at": 10.0}},
        },
        "materials": {"membrane": {"youngs_modulus": 200e9, "poisson_ratio": 0.3,
                                   "density": 8000}},
        "supports": [{"boundary": "root", "x": 0.0, "y": 0.0}],
        "wanted": [{"name": f"f{n}", "kind": "frequency", "number": n} for n in range(1, 7)],
        **changes,
    })  # fmt: skip
