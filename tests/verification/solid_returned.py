"""Solids solved by scikit-fem on meshes of every kind, and what a program leaves of them."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

import meshio
import numpy as np
import skfem
from skfem.helpers import ddot, sym_grad, trace
from skfem.quadrature import get_quadrature_line, get_quadrature_tri

from mechagents.mechanics.formulation import Formulation
from mechagents.messages import Evidence
from mechagents.verification.elements import (
    ElementKind,
    order,
    reference_nodes,
    shape_functions,
)
from mechagents.verification.judge import verify_folder

STEEL = {"youngs_modulus": 210e9, "poisson_ratio": 0.3}
PAIRS = ((0, 0), (1, 1), (2, 2), (0, 1), (1, 2), (0, 2))
_SPLIT = {
    "hexahedron": [[0, 1, 2, 3, 4, 5, 6, 7]],
    "wedge": [[0, 1, 2, 4, 5, 6], [0, 2, 3, 4, 6, 7]],
    "tetra": [
        [0, 1, 2, 6], [0, 2, 3, 6], [0, 3, 7, 6], [0, 7, 4, 6], [0, 4, 5, 6], [0, 5, 1, 6],
    ],
}  # fmt: skip
_STRAIGHT = {"hexahedron": skfem.MeshHex1, "wedge": skfem.MeshWedge1, "tetra": skfem.MeshTet1}
_ELEMENTS = {
    "tetra": skfem.ElementTetP1,
    "tetra10": skfem.ElementTetP2,
    "hexahedron": skfem.ElementHex1,
    "hexahedron20": skfem.ElementHexS2,
    "hexahedron27": skfem.ElementHex2,
    "wedge": skfem.ElementWedge1,
}


def bar(**changes: object) -> Formulation:
    """A box held at one end, pulled and sheared at the other, under its weight."""
    planes = {
        f"{axis}_{end}": {"kind": "plane", "axis": axis, "at": at}
        for axis, size in (("x", 2.0), ("y", 1.0), ("z", 0.5))
        for end, at in (("low", 0.0), ("high", size))
    }
    data: dict[str, object] = {
        "idealisation": "solid",
        "geometry": {
            "regions": {"bar": {"kind": "box", "size": [2.0, 1.0, 0.5]}},
            "boundaries": planes,
        },
        "materials": {"bar": STEEL},
        "supports": [{"boundary": "x_low", "x": 0.0, "y": 0.0, "z": 0.0}],
        "loads": [
            {"kind": "traction", "boundary": "x_high", "x": 4e6, "y": 1e6, "z": -2e6},
            {"kind": "pressure", "boundary": "z_high", "value": 1e6},
            {"kind": "body_force", "x": 1e5, "y": 0.0, "z": -77e3},
        ],
        "wanted": [
            {"name": "wall_z", "kind": "reaction", "boundary": "x_low", "component": "z"},
            {"name": "tip", "kind": "displacement", "component": "z", "at": [2.0, 0.5, 0.25]},
            {"name": "energy", "kind": "strain_energy"},
            {"name": "shear", "kind": "stress", "component": "xz", "at": [1.0, 0.5, 0.25]},
            {"name": "bending", "kind": "stress", "component": "von_mises", "at": [1.0, 0.5, 0.5]},
        ],
    }
    return Formulation.model_validate(data | changes)


@dataclass(frozen=True, eq=False)
class SolidMesh:
    """A mesh of a box."""

    kind: ElementKind
    points: np.ndarray
    cells: np.ndarray
    corners: np.ndarray
    """The cells of the straight mesh below it, into ``places``."""
    places: np.ndarray


def box_mesh(
    kind: ElementKind,
    count: tuple[int, int, int],
    size: tuple[float, float, float] = (2.0, 1.0, 0.5),
    distorted: float = 0.0,
) -> SolidMesh:
    """Return a mesh of a box of so many cubes along each axis, inner corners moved at will."""
    axes = [np.linspace(0, s, n + 1) for s, n in zip(size, count, strict=True)]
    places = np.stack([x.ravel() for x in np.meshgrid(*axes, indexing="ij")], axis=1)
    inner = ((places > 1e-9) & (places < np.array(size) - 1e-9)).all(axis=1)
    step = np.array(size) / np.array(count)
    moves = np.random.default_rng(3).uniform(-1, 1, (len(places), 3))
    places = places + distorted * step * moves * inner[:, None]
    number = np.arange(len(places)).reshape([n + 1 for n in count])
    low = [number[a : count[0] + a, b : count[1] + b, c : count[2] + c].ravel()
           for c in (0, 1) for a, b in ((0, 0), (1, 0), (1, 1), (0, 1))]  # fmt: skip
    base = kind.rstrip("0123456789")
    corners = np.concatenate([np.stack(low, axis=1)[:, part] for part in _SPLIT[base]])
    if order(kind) == 1:
        return SolidMesh(kind, places, corners, corners, places)
    straight: ElementKind = "tetra" if base == "tetra" else "hexahedron"
    nodes = shape_functions(straight, reference_nodes(kind)) @ places[corners]
    key = np.round(nodes.reshape(-1, 3) / 1e-9).astype(np.int64)
    _, first, cells = np.unique(key, axis=0, return_index=True, return_inverse=True)
    points = nodes.reshape(-1, 3)[first]
    return SolidMesh(kind, points, cells.reshape(nodes.shape[:2]), corners, places)


@dataclass(frozen=True, eq=False)
class SolidReturned:
    """What was found."""

    formulation: Formulation
    mesh: SolidMesh
    u: np.ndarray
    stress: np.ndarray
    forces: np.ndarray
    energy: float


def solve_solid(
    formulation: Formulation, mesh: SolidMesh, shear: float | None = None
) -> SolidReturned:
    """Return the finite-element solution on a mesh of a box of one material.

    Args:
        formulation: The problem.
        mesh: Of its box.
        shear: Another shear modulus for the shear strains alone [Pa], a wrong one.
    """
    V = basis_on(mesh)
    law = formulation.materials["bar"]
    lam, mu = law.lame_constants

    @skfem.BilinearForm
    def stiffness(u: object, v: object, w: object) -> object:
        e, d = sym_grad(u), sym_grad(v)
        across = sum(e[i, j] * d[i, j] for i, j in PAIRS[3:])
        more = 0.0 if shear is None else 4 * (shear - mu) * across
        return lam * trace(e) * trace(d) + 2 * mu * ddot(e, d) + more

    K = stiffness.assemble(V)
    f = loads_on(formulation, V)
    number = number_of(V, mesh)
    u, held = np.zeros(V.N), np.zeros(V.N, dtype=bool)
    for support in formulation.supports:
        for axis, value in support.components.items():
            dofs = number[on_plane(formulation, support.boundary, mesh), "xyz".index(axis)]
            u[dofs], held[dofs] = value, True
    u = skfem.solve(*skfem.condense(K, f, x=u, D=np.flatnonzero(held)))
    nodal = u[number]
    return SolidReturned(
        formulation,
        mesh,
        nodal,
        nodal_stress(formulation, mesh, nodal),
        (K @ u - f)[number],
        float(u @ K @ u) / 2,
    )


def basis_on(mesh: SolidMesh) -> skfem.Basis:
    """Return vector fields on a mesh."""
    straight = _STRAIGHT[mesh.kind.rstrip("0123456789")]
    made = straight(mesh.places.T, _to_skfem(mesh).T)
    element = skfem.ElementVector(_ELEMENTS[mesh.kind]())
    rule = _on_wedges() if mesh.kind == "wedge" else None
    return skfem.Basis(made, element, intorder=5, quadrature=rule)


def loads_on(formulation: Formulation, V: skfem.Basis) -> np.ndarray:
    """Return the forces of all loads."""
    f = np.zeros(V.N)
    for load in formulation.loads:
        f += _load(formulation, load, V)
    return f


def _on_wedges() -> tuple[np.ndarray, np.ndarray]:
    """Return a rule on wedges; scikit-fem's own has half the volume."""
    (at, area), (along, length) = get_quadrature_tri(5), get_quadrature_line(5)
    points = [np.vstack([at, np.full(at.shape[1], z)]) for z in along[0]]
    return np.concatenate(points, axis=1), np.outer(length, area).ravel()


def _to_skfem(mesh: SolidMesh) -> np.ndarray:
    """Return the straight cells in the node order of scikit-fem."""
    if mesh.kind.startswith("hexahedron"):
        return mesh.corners[:, [0, 1, 3, 4, 2, 5, 7, 6]]
    return mesh.corners


def number_of(V: skfem.Basis, mesh: SolidMesh) -> np.ndarray:
    """Return the unknowns of each node, shape (points, 3)."""
    found = np.full((len(mesh.points), 3), -1)
    known = {
        tuple(key): i for i, key in enumerate(np.round(mesh.points / 1e-7).astype(int).tolist())
    }
    for dof, place in enumerate(np.round(V.doflocs.T / 1e-7).astype(int).tolist()):
        row = found[known[tuple(place)]]
        row[int((row >= 0).sum())] = dof
    return np.sort(found, axis=1)


def on_plane(formulation: Formulation, name: str, mesh: SolidMesh) -> np.ndarray:
    """Return which nodes lie on a named plane."""
    plane = formulation.geometry.boundaries[name]
    return np.abs(mesh.points[:, "xyz".index(plane.axis)] - plane.at) < 1e-9


def _facets(formulation: Formulation, name: str, V: skfem.Basis) -> np.ndarray:
    plane = formulation.geometry.boundaries[name]
    row = "xyz".index(plane.axis)
    return V.mesh.facets_satisfying(lambda x: np.abs(x[row] - plane.at) < 1e-9, True)


def _load(formulation: Formulation, load: object, V: skfem.Basis) -> np.ndarray:
    if load.kind == "body_force":
        b = (load.x, load.y, load.z)
        form = skfem.LinearForm(lambda v, w: b[0] * v[0] + b[1] * v[1] + b[2] * v[2])
        return form.assemble(V)
    facets = skfem.FacetBasis(
        V.mesh, V.elem, facets=_facets(formulation, load.boundary, V), intorder=5
    )
    if load.kind == "pressure":
        press = skfem.LinearForm(lambda v, w: -load.value * sum(v[i] * w.n[i] for i in range(3)))
        return press.assemble(facets)
    t = (load.x, load.y, load.z)
    return skfem.LinearForm(lambda v, w: t[0] * v[0] + t[1] * v[1] + t[2] * v[2]).assemble(facets)


def nodal_stress(formulation: Formulation, mesh: SolidMesh, u: np.ndarray) -> np.ndarray:
    """Return the mean of the elements' stresses at each node, shape (points, 6)."""
    lam, mu = formulation.materials["bar"].lame_constants
    at = reference_nodes(mesh.kind)
    step, d = 1e-6, np.eye(3)
    dN = np.stack([(shape_functions(mesh.kind, at + step * d[i])
                    - shape_functions(mesh.kind, at - step * d[i])) / (2 * step)
                   for i in range(3)], axis=-1)  # fmt: skip
    J = np.einsum("qka,mkx->mqxa", dN, mesh.points[mesh.cells])
    H = np.einsum("qka,mki,mqax->mqix", dN, u[mesh.cells], np.linalg.inv(J))
    e = (H + np.swapaxes(H, -1, -2)) / 2
    sigma = 2 * mu * e + lam * np.trace(e, axis1=-2, axis2=-1)[..., None, None] * np.eye(3)
    values = np.stack([sigma[..., i, j] for i, j in PAIRS], axis=-1)
    total, count = np.zeros((len(mesh.points), 6)), np.zeros(len(mesh.points))
    np.add.at(total, mesh.cells, values)
    np.add.at(count, mesh.cells, 1.0)
    return total / count[:, None]


def von_mises(s: np.ndarray) -> np.ndarray:
    """Return the von Mises stress from the deviator."""
    deviator = s[..., :3] - s[..., :3].mean(axis=-1, keepdims=True)
    return np.sqrt(1.5 * ((deviator**2).sum(axis=-1) + 2 * (s[..., 3:] ** 2).sum(axis=-1)))


def reported(found: SolidReturned) -> dict[str, float]:
    """Return each wanted quantity as a careful program would; points must be nodes."""
    values: dict[str, float] = {}
    points = found.mesh.points
    for wanted in found.formulation.wanted:
        if wanted.kind == "reaction":
            on = on_plane(found.formulation, wanted.boundary, found.mesh)
            values[wanted.name] = found.forces[on, "xyz".index(wanted.component)].sum()
        elif wanted.kind == "strain_energy":
            values[wanted.name] = found.energy
        else:
            if wanted.kind == "displacement":
                size = np.linalg.norm(found.u, axis=1)
                field = {"magnitude": size} | {a: found.u[:, i] for i, a in enumerate("xyz")}
            else:
                names = ("xx", "yy", "zz", "xy", "yz", "xz")
                field = {"von_mises": von_mises(found.stress)}
                field |= {name: found.stress[:, i] for i, name in enumerate(names)}
            one = field[wanted.component]
            if wanted.at is None:
                values[wanted.name] = {"max": one.max(), "min": one.min()}.get(
                    wanted.extreme, np.abs(one).max()
                )
            else:
                values[wanted.name] = one[
                    np.linalg.norm(points - np.array(wanted.at), axis=1).argmin()
                ]
    return {name: float(value) for name, value in values.items()}


def leave_solid(folder: Path, found: SolidReturned, values: dict[str, float] | None = None) -> Path:
    """Write what a program leaves behind; return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    f = found.formulation
    (folder / "formulation.json").write_text(f.model_dump_json())
    unit = {w.name: f.unit(w) for w in f.wanted}
    numbers = reported(found) if values is None else values
    entries = [
        {"name": n, "value": v, "unit": unit[n], "method": "test"} for n, v in numbers.items()
    ]
    (folder / "results.json").write_text(json.dumps({"quantities": entries}))
    vtu = meshio.Mesh(found.mesh.points, [(found.mesh.kind, found.mesh.cells)])
    vtu.point_data["displacement"] = found.u
    vtu.point_data["stress"] = found.stress
    vtu.write(folder / "fields.vtu")
    return folder


def verdict_of_solid(
    folder: Path, found: SolidReturned, values: dict[str, float] | None = None
) -> Evidence:
    """Return the evidence on what a program leaves behind."""
    return verify_folder(leave_solid(folder, found, values), formulation=found.formulation)


def with_law(found: SolidReturned, **changes: float) -> SolidReturned:
    """Return the solution of the same problem with another law, as if it were the right one."""
    law = {**STEEL, **changes}
    data = found.formulation.model_dump(mode="json") | {"materials": {"bar": law}}
    wrong = solve_solid(Formulation.model_validate(data), found.mesh)
    return replace(wrong, formulation=found.formulation)
