"""J2 plasticity at small strain of a plane or axisymmetric body, by finite elements.

Find u, prescribed on the supports, with

    integral of sigma : eps(v)  =  integral of t . v on edges  +  integral of b . v

for every v that is zero on the supports. The stress follows from the strain and its history by
radial return, the implicit Euler method for associated flow with linear isotropic hardening; in
plane stress the strain across the body is what leaves sigma_zz = 0.
Loads and prescribed displacements go through the factors of the load path in steps, each solved
by Newton's method with the consistent tangent. The displacement at every step is handed back.

Reads formulation.json and settings.json; writes results.json, fields.vtu, history.npz and the
pictures.
"""

import numpy as np
from skfem import FacetBasis, LinearForm

from mechagents.kit import (
    PlasticBody,
    Solution,
    at_points,
    basis,
    draw_field,
    inside,
    load_steps,
    make_mesh,
    node_dofs,
    node_means,
    quantities,
    read_problem,
    write_fields,
    write_history,
    write_results,
)

problem, settings = read_problem()
axisymmetric = problem.idealisation == "axisymmetric"
if settings.mesh_size is None:
    raise SystemExit("settings.json: mesh_size is missing")
mesh = make_mesh(problem.geometry, settings.mesh_size, settings.element_order or 1)
V = basis(mesh)
dofs = node_dofs(V, mesh)  # the unknowns of each node
body = PlasticBody(problem, mesh, V)
at_nodes = PlasticBody(problem, mesh, basis(mesh, at_nodes=True))


def thickness(x):
    """Return what an area or a length counts for: 2 pi r, the thickness, or a metre."""
    return 2 * np.pi * x[0] if axisymmetric else problem.thickness or 1.0


@LinearForm
def work_of_force(v, w):
    return (w.fx * v[0] + w.fy * v[1]) * thickness(w.x)


# Loads: tractions and pressures on edges [Pa], body forces in regions [N/m^3].
f = np.zeros(V.N)
x = np.asarray(V.global_coordinates())
for load in problem.loads:
    if load.kind in ("traction", "pressure"):
        edges = FacetBasis(V.mesh, V.elem, facets=load.boundary, intorder=2 * mesh.order + 4)
        on = np.asarray(edges.global_coordinates())
        if load.kind == "traction":
            t = at_points(load.x, on), at_points(load.y, on)
        else:  # square to the edge, into the body
            t = -at_points(load.value, on) * np.asarray(edges.normals)
        f += work_of_force.assemble(edges, fx=t[0], fy=t[1])
    elif load.kind == "body_force":
        where = inside(mesh, load.region)
        b = where * at_points(load.x, x), where * at_points(load.y, x)
        f += work_of_force.assemble(V, fx=b[0], fy=b[1])

# Supports: prescribed displacements, component by component.
prescribed = {}
if axisymmetric:  # nothing can leave the axis
    for dof in dofs[mesh.points[:, 0] <= 1e-9 * np.abs(mesh.points).max(), 0]:
        prescribed[dof] = 0.0
for support in problem.supports:
    nodes = mesh.boundary_nodes[support.boundary]
    for axis, value in support.components.items():
        moved = at_points(value, mesh.points[nodes].T)
        prescribed.update(zip(dofs[nodes, "xy".index(axis)], moved, strict=True))
fixed, values = np.array(list(prescribed)), np.array(list(prescribed.values()))


def equations(u, factor):
    """Return what internal forces and loads leave, and the tangent."""
    internal, K = body.forces(u)
    return internal - factor * f, K


factors, displacements = [], []


def accept(u, factor):
    """Take a step in equilibrium: the plastic state follows, and the history grows."""
    body.accept(u)
    at_nodes.accept(u)
    factors.append(factor)
    displacements.append(u[dofs])


u, start = np.zeros(V.N), 0.0
for end in problem.load_path:
    steps = settings.load_steps or 20
    u = load_steps(equations, u, fixed, values, steps, start=start, end=end, accept=accept)
    start = end

# Stress: at the nodes, from the history of the strain there; the mean of what the elements around
# say, region by region.
sigma = node_means(mesh, at_nodes.stress(u))
forces = (body.forces(u)[0] - start * f)[dofs]  # held by the supports

solution = Solution(mesh, u[dofs], sigma, forces, body.energy(u))
results = quantities(problem, solution)
write_results(results)
write_fields(solution)
write_history(factors, displacements)
for picture in problem.pictures:
    draw_field(problem, solution, picture)

print(f"{len(mesh.cells)} {mesh.kind} elements, {V.N} unknowns")
for result in results:
    print(f"{result.name} = {result.value:.6g} {result.unit} ({result.method})")
