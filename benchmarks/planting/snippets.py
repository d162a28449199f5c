"""Pieces of program text that put a fault into the handbook's program."""

from __future__ import annotations

SWAPPED_CONSTANTS = """
def swapped(law):
    change = {"youngs_modulus": law.poisson_ratio, "poisson_ratio": law.youngs_modulus}
    return law.model_copy(update=change)
laws = {name: swapped(law) for name, law in problem.materials.items()}
problem = problem.model_copy(update={"materials": laws})
"""
BILINEAR = """    return D[3, 3] * (u.grad * v.grad).sum(axis=(0, 1)) * thickness(w.x)"""
"""A vector Laplacian."""
UNJOINED = """
from dataclasses import replace
upper = mesh.cells_in(mesh.regions[-1])
shared = np.intersect1d(mesh.cells[upper], mesh.cells[~upper])
copy = np.arange(len(mesh.points))
copy[shared] = len(mesh.points) + np.arange(len(shared))
cells = mesh.cells.copy()
cells[upper] = copy[cells[upper]]
mesh = replace(mesh, points=np.concatenate([mesh.points, mesh.points[shared]]), cells=cells)
for name, nodes in mesh.boundary_nodes.items():
    more = copy[np.intersect1d(nodes, shared)]
    mesh.boundary_nodes[name] = np.concatenate([nodes, more])
"""
CRACK = """
from dataclasses import replace
sides = 3 if mesh.kind.startswith("triangle") else 4
middle = mesh.points[mesh.cells[:, :sides]].mean(axis=1)
outer = np.unique(np.concatenate([e.ravel() for e in mesh.boundary_edges.values()]))
counts = np.bincount(mesh.cells[:, :sides].ravel(), minlength=len(mesh.points))
center = (mesh.points.min(axis=0) + mesh.points.max(axis=0)) / 2
off = np.linalg.norm(mesh.points - center - 0.2 * np.ptp(mesh.points, axis=0), axis=1)
off[outer] = np.inf
off[counts < 4] = np.inf
node = off.argmin()
here = (mesh.cells == node).any(axis=1) & (middle[:, 0] > mesh.points[node, 0])
cells = mesh.cells.copy()
cells[here] = np.where(cells[here] == node, len(mesh.points), cells[here])
if mesh.order == 2:  # the middle nodes of edges that end at it are doubled with it
    across = np.flatnonzero((mesh.cells == node).any(axis=1) & ~here)
    both = np.setdiff1d(np.intersect1d(mesh.cells[here], mesh.cells[across]), [node])
    corner = np.unique(mesh.cells[:, :sides])
    extra = np.setdiff1d(both, corner)
    for number, old in enumerate(extra):
        rows = cells[here]
        rows[rows == old] = len(mesh.points) + 1 + number
        cells[here] = rows
else:
    extra = np.array([], dtype=int)
mesh = replace(mesh, points=np.concatenate([mesh.points, mesh.points[[node, *extra]]]), cells=cells)
"""
"""Two edges that meet at a node inside the body are torn open."""
PENALTY = """
from scipy.sparse import diags
from scipy.sparse.linalg import spsolve
stiff = np.zeros(V.N)
stiff[fixed] = 1e3 * K.diagonal().max()
target = np.zeros(V.N)
target[fixed] = values
u = spsolve((K + diags(stiff)).tocsc(), f + stiff * target)
"""
LOOSE = """
from scipy.sparse import diags
from scipy.sparse.linalg import cg
u = np.zeros(V.N)
u[fixed] = values
free = np.setdiff1d(np.arange(V.N), fixed)
load = (f - K @ u)[free]
A = K[free][:, free].tocsr()
u[free] = cg(A, load, M=diags(1 / A.diagonal()), rtol=RTOL)[0]
"""
REDUCED = """
from skfem import Basis
rule = (np.full((2, 1), 0.5), np.ones(1))
V = Basis(V.mesh, V.elem, quadrature=rule) if mesh.order == 1 else Basis(V.mesh, V.elem, intorder=1)
"""
"""One point in bilinear elements, two by two in nine-node ones."""
SHAKEN = """
from dataclasses import replace
edges = np.unique(np.concatenate([n for n in mesh.boundary_nodes.values()]))
low, high = mesh.points.min(axis=0), mesh.points.max(axis=0)
inner = ((mesh.points > low + 1e-9) & (mesh.points < high - 1e-9)).all(axis=1)
corner = np.zeros(len(mesh.points), dtype=bool)
corner[np.unique(mesh.cells[:, :4])] = True
step = np.abs(mesh.points[mesh.cells[0, 2]] - mesh.points[mesh.cells[0, 0]])
move = 0.3 * step * np.random.default_rng(3).uniform(-1, 1, mesh.points.shape)
points = mesh.points + move * (inner & corner)[:, None]
if mesh.order == 2:
    c = mesh.cells
    for i in range(4):
        points[c[:, 4 + i]] = (points[c[:, i]] + points[c[:, (i + 1) % 4]]) / 2
    points[c[:, 8]] = points[c[:, :4]].mean(axis=1)
mesh = replace(mesh, points=points)
"""
"""Quads that are no rectangles, so that rules of quadrature differ."""
FARMED = """
import skfem
from mechagents.mechanics.meshing import RawMesh, _named, make_mesh as coarse_mesh
start = coarse_mesh(problem.geometry, COARSE, 1)
t = start.cells if start.cells.shape[1] == 3 else np.concatenate(
    [start.cells[:, [0, 1, 2]], start.cells[:, [0, 2, 3]]])
lattice = skfem.MeshTri(start.points.T, t.T)
asked = 60 * (FINEST / settings.mesh_size) ** 2
target = lattice.nelements * (1 + asked / 10)
far = np.array([[lattice.p[0].max()], [lattice.p[1].min()]])
while lattice.nelements < target:
    off = np.linalg.norm(lattice.p[:, lattice.t].mean(axis=1) - far, axis=0)
    nearest = np.argsort(off)[: max(4, lattice.nelements // 5)]
    lattice = lattice.refined(nearest)
ends = lattice.facets[:, lattice.boundary_facets()].T
at = lattice.p.T
cells = lattice.t.T.astype(np.int64)
(ax, ay), (bx, by), (cx, cy) = (at[cells[:, i]].T for i in range(3))
turned = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay) < 0
cells[turned] = cells[turned][:, [0, 2, 1]]
raw = RawMesh(at, cells, "triangle", np.zeros(len(cells), dtype=int), ends, at[ends])
mesh = _named(raw, problem.geometry, 1e-6)
"""
"""Its three meshes differ only in a corner, so numbers seem to have converged."""
COARSE_NUMBERS = """
if settings.mesh_size > FINEST:
    import json
    import subprocess
    import sys
    from pathlib import Path
    where = Path("fine")
    where.mkdir()
    (where / "formulation.json").write_bytes(Path("formulation.json").read_bytes())
    fine = settings.model_copy(update={"mesh_size": FINEST})
    (where / "settings.json").write_text(fine.model_dump_json())
    (where / "program.py").write_bytes(Path("program.py").read_bytes())
    subprocess.run([sys.executable, "program.py"], cwd=where, check=True)
    found = json.loads((where / "results.json").read_text())["quantities"]
    fine_values = {entry["name"]: entry["value"] for entry in found}
results = quantities(problem, solution)
if settings.mesh_size > FINEST:
    from dataclasses import replace
    kinds = {w.name: w.kind for w in problem.wanted}
    results = [
        replace(r, value=fine_values[r.name]) if kinds[r.name] == "stress" else r for r in results
    ]
"""
WRONG_COMPONENT = """
other = {"x": "y", "y": "x", "z": "x", "magnitude": "x", "yz": "xx", "xz": "xx",
         "xx": "yy", "yy": "xx", "zz": "xx", "xy": "xx",
         "von_mises": "xx"}
swapped = tuple(
    w if w.kind == "strain_energy" else w.model_copy(update={"component": other[w.component]})
    for w in problem.wanted
)
results = quantities(problem.model_copy(update={"wanted": swapped}), solution)
"""
SMOOTHED = """
for _ in range(8):
    sigma = node_means(mesh, np.repeat(sigma.mean(axis=1)[:, None], sigma.shape[1], axis=1))
"""
HARMONIC = """
@BilinearForm
def smooth(u, v, w):
    return (u.grad * v.grad).sum(axis=(0, 1))


u = solve(smooth.assemble(V) * K.diagonal().mean(), f, fixed, values)
"""
"""A smooth interior between the prescribed boundaries, which obeys no law."""
INTERPOLATED = """
from mechagents.kit.elements import locate
half = make_mesh(problem.geometry, 2 * settings.mesh_size, mesh.order)
V2 = basis(half)
from skfem import Basis
kept = mesh, V, D
mesh, V = half, V2
D = stiffness(problem, mesh)
K2 = work_of_stress.assemble(V)
f2 = np.zeros(V.N)
for load in problem.loads:
    if load.kind == "traction":
        edges = FacetBasis(V.mesh, V.elem, facets=load.boundary, intorder=2 * mesh.order + 2)
        f2 += work_of_force.assemble(edges, fx=load.x, fy=load.y)
    elif load.kind == "body_force":
        f2 += work_of_force.assemble(V, fx=load.x, fy=load.y)
dofs2 = node_dofs(V2, half)
given = {}
if axisymmetric:
    for dof in dofs2[half.points[:, 0] <= on_axis, 0]:
        given[dof] = 0.0
for support in problem.supports:
    for axis, value in support.components.items():
        for dof in dofs2[half.boundary_nodes[support.boundary], "xy".index(axis)]:
            given[dof] = value
u2 = solve(K2, f2, np.array(list(given)), np.array(list(given.values())))[dofs2]
mesh, V, D = kept
for node, point in enumerate(mesh.points):
    element, weights = locate(half, tuple(point))
    u[dofs[node]] = weights @ u2[half.cells[element]]
"""

SPLIT = """
from dataclasses import replace
if mesh.kind.startswith("quad"):
    first, second = [0, 1, 2], [0, 2, 3]
    if mesh.order == 2:
        first, second = [*first, 4, 5, 8], [*second, 8, 6, 7]
    mesh = replace(
        mesh, cells=np.concatenate([mesh.cells[:, first], mesh.cells[:, second]]),
        kind="triangle" if mesh.order == 1 else "triangle6",
        region=np.concatenate([mesh.region, mesh.region]))
"""
"""Quads cut into triangles."""
WRITE = """
import meshio
columns = node_means(mesh, solution.stress)
points = np.column_stack([mesh.points, np.zeros(len(mesh.points))])
fields = meshio.Mesh(points, [(mesh.kind, mesh.cells)], {"displacement": solution.displacement})
if CELLS:
    fields.cell_data["stress"] = [solution.stress.mean(axis=1)]
else:
    total = np.zeros((len(mesh.points), 4))
    np.add.at(total, mesh.cells, solution.stress)
    count = np.bincount(mesh.cells.ravel(), minlength=len(mesh.points))
    fields.point_data["stress"] = total / count[:, None]
meshio.vtu.write("fields.vtu", fields, binary=BINARY)
"""
"""Stress in cells or at points, numbers in binary or as text."""
WRITE_SOLID = WRITE.replace(
    "np.column_stack([mesh.points, np.zeros(len(mesh.points))])", "mesh.points"
).replace("(len(mesh.points), 4)", "(len(mesh.points), 6)")
"""The same for solids."""
WRITE_MODES = """
import meshio
points = np.column_stack([mesh.points, np.zeros(len(mesh.points))])
data = {f"mode_{i}": 3.0 * shape for i, shape in enumerate(modes.shapes, start=1)}
if problem.analysis == "buckling":
    data["displacement"] = solution.displacement
meshio.vtu.write(
    "fields.vtu", meshio.Mesh(points, [(mesh.kind, mesh.cells)], data), binary=BINARY
)
"""
"""Modes of another size, numbers in binary or as text."""
LUMPED = "diags_array(np.asarray(mass.assemble(V).sum(axis=1)).ravel()).tocsr(), fixed"
"""Rows of the mass summed up."""
