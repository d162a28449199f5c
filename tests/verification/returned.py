"""Solutions as a program returns them, by scikit-fem, with room for mistakes of every kind."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import meshio
import numpy as np
import skfem

from mechagents.kit.spaces import basis, node_dofs
from mechagents.mechanics.formulation import Formulation
from mechagents.mechanics.materials import Isotropic
from mechagents.mechanics.meshing import Mesh, make_mesh
from mechagents.messages import Check, Evidence, Execution, Settings
from mechagents.verification import verify_folder

Law = Callable[[Isotropic, str], np.ndarray]
Form = Callable[[object, object, object], np.ndarray]


def textbook_law(material: Isotropic, idealisation: str) -> np.ndarray:
    """Return D for xx, yy, zz, gamma_xy, from the compliance, as few programs do it."""
    E, nu = material.youngs_modulus, material.poisson_ratio
    G = E / 2 / (1 + nu)
    D = np.zeros((4, 4))
    D[3, 3] = G
    if idealisation == "plane_stress":
        D[:2, :2] = np.linalg.inv(np.array([[1, -nu], [-nu, 1]]) / E)
    else:
        D[:3, :3] = np.linalg.inv((np.eye(3) * (1 + nu) - nu) / E)
    return D


def sheared_twice(material: Isotropic, idealisation: str) -> np.ndarray:
    """The law with G in place of a matrix that takes gamma_xy = 2 eps_xy."""
    D = textbook_law(material, idealisation)
    D[3, 3] *= 2
    return D


@dataclass(frozen=True, eq=False)
class Returned:
    """What a program found."""

    formulation: Formulation
    mesh: Mesh
    kind: str
    u: np.ndarray
    """[m], (nodes, 2)."""
    stress: np.ndarray
    """xx, yy, zz, xy at the nodes [Pa], (nodes, 4)."""
    forces: np.ndarray
    """K u - f, (nodes, 2)."""
    energy: np.ndarray
    """Of each element."""
    in_cells: np.ndarray
    """The stress at each element's own nodes [Pa], (elements, nodes, 4)."""

    def changed(self, **fields: object) -> Returned:
        return replace(self, **fields)

    def as_answer_to(self, formulation: Formulation) -> Returned:
        """Return it as if another problem had been meant."""
        return replace(self, formulation=formulation)

    @property
    def cells(self) -> np.ndarray:
        return self.mesh.cells


def solve(
    formulation: Formulation,
    mesh: Mesh,
    *,
    law: Law = textbook_law,
    form: Form | None = None,
    load_factor: float = 1.0,
    without: Sequence[int] = (),
    materials: dict[str, Isotropic] | None = None,
    intorder: int | None = None,
    serendipity: bool = False,
) -> Returned:
    """Solve a problem, or by the arguments another one.

    Args:
        formulation: The problem.
        mesh: Where.
        law: The elasticity matrix of a material.
        form: A bilinear form in place of elasticity.
        load_factor: What all loads are multiplied by.
        without: Indices of supports that are left out.
        materials: In place of the formulation's.
        intorder: Degree of the quadrature rule; scikit-fem's for None.
        serendipity: Whether to take the middle node out of nine-node elements.
    """
    if serendipity:
        mesh, V = serendipity_basis(mesh, intorder)
    else:
        V = basis(mesh) if intorder is None else _with_order(mesh, intorder)
    dofs = node_dofs(V, mesh)
    axisymmetric = formulation.idealisation == "axisymmetric"
    given = materials or formulation.materials
    by_region = [law(given[name], formulation.idealisation) for name in mesh.regions]
    D = np.stack(by_region)[mesh.region]

    def strain(w_grad: np.ndarray, value: np.ndarray, x: np.ndarray) -> np.ndarray:
        zz = np.zeros_like(w_grad[0, 0])
        if axisymmetric:
            safe = np.where(x[0] > 1e-12, x[0], 1.0)
            zz = np.where(x[0] > 1e-12, value[0] / safe, w_grad[0, 0])
        return np.stack([w_grad[0, 0], w_grad[1, 1], zz, w_grad[0, 1] + w_grad[1, 0]])

    def thickness(x: np.ndarray) -> np.ndarray:
        return 2 * np.pi * x[0] if axisymmetric else formulation.thickness or 1.0

    @skfem.BilinearForm
    def stiffness(u: object, v: object, w: object) -> np.ndarray:
        sigma = np.einsum("mij,jmq->imq", D, strain(u.grad, u, w.x))
        return (sigma * strain(v.grad, v, w.x)).sum(axis=0) * thickness(w.x)

    @skfem.LinearForm
    def work(v: object, w: object) -> np.ndarray:
        return (w.fx * v[0] + w.fy * v[1]) * thickness(w.x)

    K = (skfem.BilinearForm(form) if form else stiffness).assemble(V)
    f = np.zeros(V.N)
    for load in formulation.loads:
        if load.kind == "traction":
            side = skfem.FacetBasis(V.mesh, V.elem, facets=load.boundary, intorder=5)
            f += load_factor * work.assemble(side, fx=load.x, fy=load.y)
        else:
            inside = mesh.cells_in(load.region).astype(float)[:, None]
            f += load_factor * work.assemble(V, fx=load.x * inside, fy=load.y * inside)
    u = np.zeros(V.N)
    fixed: list[int] = []
    if axisymmetric:
        fixed += dofs[np.abs(mesh.points[:, 0]) < 1e-12, 0].tolist()
    for index, support in enumerate(formulation.supports):
        if index in without:
            continue
        for axis, value in support.components.items():
            held = dofs[mesh.boundary_nodes[support.boundary], "xy".index(axis)]
            u[held] = value
            fixed += held.tolist()
    u = skfem.solve(*skfem.condense(K, f, x=u, D=np.unique(fixed)))
    W = _at_nodes(V, mesh)
    eps = strain(W.interpolate(u).grad, W.interpolate(u), W.global_coordinates())
    sigma = np.einsum("mij,jmq->mqi", D, eps)
    energy = np.zeros(len(mesh.cells))
    eps_q = strain(V.interpolate(u).grad, V.interpolate(u), V.global_coordinates())
    x_q = np.asarray(V.global_coordinates())
    density = 0.5 * np.einsum("imq,mij,jmq->mq", eps_q, D, eps_q) * thickness(x_q)
    energy = (density * V.dx).sum(axis=1)
    kind = "quad8" if serendipity else mesh.kind
    forces = (K @ u - f)[dofs]
    means = nodal_means(mesh.cells, sigma)
    return Returned(formulation, mesh, kind, u[dofs], means, forces, energy, sigma)


def nodal_means(cells: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return means over the elements around each node of values (elements, nodes, columns)."""
    total = np.zeros((cells.max() + 1, values.shape[-1]))
    count = np.zeros(len(total))
    np.add.at(total, cells, values)
    np.add.at(count, cells, 1.0)
    return total / np.maximum(count, 1.0)[:, None]


def serendipity_basis(mesh: Mesh, intorder: int | None = None) -> tuple[Mesh, skfem.Basis]:
    """Return a nine-node mesh as an eight-node one, and a basis on it."""
    used = np.unique(mesh.cells[:, :8])
    number = np.full(len(mesh.points), -1)
    number[used] = np.arange(len(used))
    nodes = {name: number[n][number[n] >= 0] for name, n in mesh.boundary_nodes.items()}
    edges = {name: number[e] for name, e in mesh.boundary_edges.items()}
    eight = replace(
        mesh,
        points=mesh.points[used],
        cells=number[mesh.cells[:, :8]],
        boundary_nodes=nodes,
        boundary_edges=edges,
    )
    corners = np.unique(eight.cells[:, :4])
    order = np.searchsorted(corners, eight.cells[:, :4])
    made = skfem.MeshQuad1(eight.points[corners].T, order.T, sort_t=False)
    sides = {}
    for name, found in edges.items():
        key = {tuple(sorted(pair)): i for i, pair in enumerate(made.facets.T.tolist())}
        ends = np.searchsorted(corners, found[:, :2])
        sides[name] = np.array([key[tuple(sorted(pair))] for pair in ends.tolist()], dtype=int)
    made = made.with_boundaries({n: s for n, s in sides.items() if len(s)})
    return eight, skfem.Basis(made, skfem.ElementVector(skfem.ElementQuadS2()), intorder=intorder)


def _with_order(mesh: Mesh, intorder: int) -> skfem.Basis:
    first = basis(mesh)
    return skfem.Basis(first.mesh, first.elem, intorder=intorder)


def _at_nodes(V: skfem.Basis, mesh: Mesh) -> skfem.Basis:
    local = V.elem.elem.doflocs.T
    weights = np.ones(local.shape[1])
    return skfem.Basis(V.mesh, V.elem, quadrature=(local, weights))


def von_mises(s: np.ndarray) -> np.ndarray:
    """Return the von Mises stress from the deviator."""
    pressure = s[..., :3].mean(axis=-1, keepdims=True)
    d = s[..., :3] - pressure
    return np.sqrt(1.5 * ((d**2).sum(axis=-1) + 2 * s[..., 3] ** 2))


def reported(found: Returned) -> dict[str, float]:
    """Return each wanted quantity as a careful program would; points must be nodes."""
    values: dict[str, float] = {}
    mesh = found.mesh
    for wanted in found.formulation.wanted:
        if wanted.kind == "reaction":
            nodes = mesh.boundary_nodes[wanted.boundary]
            values[wanted.name] = found.forces[nodes, "xy".index(wanted.component)].sum()
        elif wanted.kind == "strain_energy":
            values[wanted.name] = found.energy[mesh.cells_in(wanted.region)].sum()
        else:
            values[wanted.name] = _located(found, wanted)
    return {name: float(value) for name, value in values.items()}


def _located(found: Returned, wanted: object) -> float:
    cells = found.mesh.cells_in(getattr(wanted, "region", None))
    stress = found.stress
    if not cells.all():
        # A mean over two materials is in neither.
        stress = nodal_means(found.cells[cells], found.in_cells[cells])
    if wanted.kind == "displacement":
        size = np.linalg.norm(found.u, axis=1)
        field = {"x": found.u[:, 0], "y": found.u[:, 1], "magnitude": size}[wanted.component]
    elif wanted.component == "von_mises":
        field = von_mises(stress)
    else:
        field = stress[:, ("xx", "yy", "zz", "xy").index(wanted.component)]
    if wanted.at is not None:
        distance = np.linalg.norm(found.mesh.points - np.array(wanted.at), axis=1)
        return field[distance.argmin()]
    inside = field[np.unique(found.cells[cells])]
    return {"max": inside.max(), "min": inside.min(), "max_abs": np.abs(inside).max()}[
        wanted.extreme
    ]


def leave(
    folder: Path,
    found: Returned,
    values: dict[str, float] | None = None,
    *,
    units: dict[str, str] | None = None,
    stress: str = "points",
    digits: type = np.float64,
) -> Path:
    """Write what a program leaves behind; return the folder.

    Args:
        folder: Made if need be.
        found: What was found.
        values: The reported numbers; those of a careful program for None.
        units: Units to give in place of the right ones.
        stress: Where the stress is given: in points, in cells, or not at all.
        digits: The type of the numbers in ``fields.vtu``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    f = found.formulation
    (folder / "formulation.json").write_text(f.model_dump_json())
    numbers = reported(found) if values is None else values
    unit = {w.name: f.unit(w) for w in f.wanted} | (units or {})
    entries = [
        {"name": n, "value": v, "unit": unit.get(n, "Pa"), "method": "test"}
        for n, v in numbers.items()
    ]
    (folder / "results.json").write_text(json.dumps({"quantities": entries}))
    points = np.column_stack([found.mesh.points, np.zeros(len(found.mesh.points))]).astype(digits)
    vtu = meshio.Mesh(points, [(found.kind, found.cells)])
    vtu.point_data["displacement"] = found.u.astype(digits)
    if stress == "points":
        vtu.point_data["stress"] = found.stress.astype(digits)
    elif stress == "cells":
        vtu.cell_data["stress"] = [found.in_cells.mean(axis=1).astype(digits)]
    vtu.write(folder / "fields.vtu")
    for picture in f.pictures:
        (folder / picture.file).write_bytes(png(80, 70))
    return folder


def png(width: int, height: int, *, blank: bool = False) -> bytes:
    """Return a grey picture, of one shade or of many."""
    shade = bytes(width) if blank else bytes(i % 200 for i in range(width))
    rows = b"".join(b"\0" + shade for _ in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    chunks = [
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def ran(folder: Path, settings: Settings | None = None, **fields: object) -> Execution:
    """Return the execution of a program that ran to its end."""
    values = {"attempt": 1, "status": "ok", "exit_code": 0} | fields
    return Execution(folder=folder.name, settings=settings or Settings(), **values)


def verdict(
    folder: Path, found: Returned, values: dict[str, float] | None = None, **left: object
) -> Evidence:
    """Return the evidence on what a program leaves behind, all else as by ``leave``."""
    leave(folder, found, values, **left)
    return verify_folder(folder, formulation=found.formulation)


def failed(evidence: Evidence) -> dict[str, Check]:
    """Return the failed checks by name."""
    return {check.name: check for check in evidence.failed}


def mesh_of(formulation: Formulation, size: float, order: int = 1) -> Mesh:
    """Return a mesh of the formulation's body."""
    return make_mesh(formulation.geometry, size, order)


def shaken(mesh: Mesh, share: float) -> Mesh:
    """Return a mesh of quads with its inner corners moved, so that few elements are rectangles.

    The node in the middle of the mesh stays.
    """
    corners = np.unique(mesh.cells[:, :4])
    points = mesh.points.copy()
    low, high = points.min(axis=0), points.max(axis=0)
    at, middle = points[corners], (low + high) / 2
    inner = corners[
        ((at > low + 1e-9) & (at < high - 1e-9)).all(axis=1)
        & (np.linalg.norm(at - middle, axis=1) > 1e-9)
    ]
    edge = np.abs(points[mesh.cells[0, 1]] - points[mesh.cells[0, 0]]).max()
    points[inner] += share * edge * np.random.default_rng(1).uniform(-1, 1, (len(inner), 2))
    if mesh.kind == "quad9":
        c = mesh.cells
        for i in range(4):
            points[c[:, 4 + i]] = (points[c[:, i]] + points[c[:, (i + 1) % 4]]) / 2
        points[c[:, 8]] = points[c[:, :4]].mean(axis=1)
    return replace(mesh, points=points)


def split(mesh: Mesh) -> Mesh:
    """Return a mesh of quads cut into triangles of the same order."""
    first, second, kind = [0, 1, 2], [0, 2, 3], "triangle"
    if mesh.kind == "quad9":
        first, second, kind = [*first, 4, 5, 8], [*second, 8, 6, 7], "triangle6"
    cells = np.concatenate([mesh.cells[:, first], mesh.cells[:, second]])
    return replace(mesh, cells=cells, kind=kind, region=np.concatenate([mesh.region] * 2))


KINDS = ("triangle", "triangle6", "quad", "quad8", "quad9")


def solve_by(kind: str, formulation: Formulation, size: float, distorted: float = 0.0) -> Returned:
    """Solve a problem of a rectangle on elements of one kind, distorted or not."""
    mesh = mesh_of(formulation, size, 1 if kind in ("triangle", "quad") else 2)
    mesh = shaken(mesh, distorted) if distorted else mesh
    if kind.startswith("triangle"):
        mesh = split(mesh)
    return solve(formulation, mesh, serendipity=kind == "quad8")
