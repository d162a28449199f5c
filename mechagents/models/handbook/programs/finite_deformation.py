"""Finite deformation of a plane or axisymmetric body, by finite elements in displacements.

Find u, prescribed on the supports, with

    integral of P(F) : grad v  =  integral of t . v on edges  +  integral of b . v
                                  -  integral of p n . v on edges as they are deformed

for every v that is zero on the supports. F = I + grad u, and P = dW/dF is the first
Piola-Kirchhoff stress of the hyperelastic law. Integrals go over the body before deformation;
t and b keep their directions and count per area and volume before it. A pressure p follows the
surface: its normal n and its area are those after deformation, and the tangent has the load
stiffness that comes of it. In plane stress the stretch across the body is what makes P_33 zero.
Loads and prescribed displacements grow together in steps, each solved by Newton's method. The
stress that is handed back is the true (Cauchy) one.

Reads formulation.json and settings.json; writes results.json, fields.vtu and the pictures.
"""

import numpy as np
from skfem import FacetBasis, LinearForm

from mechagents.kit import (
    FiniteBody,
    FollowerPressure,
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
    write_results,
)

problem, settings = read_problem()
axisymmetric = problem.idealisation == "axisymmetric"
if settings.mesh_size is None:
    raise SystemExit("settings.json: mesh_size is missing")
mesh = make_mesh(problem.geometry, settings.mesh_size, settings.element_order or 1)
V = basis(mesh)
dofs = node_dofs(V, mesh)  # the unknowns of each node
body = FiniteBody(problem, mesh, V)
pressure = FollowerPressure(problem, mesh, V)


def thickness(x):
    """Return what an area or a length counts for: 2 pi r, the thickness, or a metre."""
    return 2 * np.pi * x[0] if axisymmetric else problem.thickness or 1.0


@LinearForm
def work_of_force(v, w):
    return (w.fx * v[0] + w.fy * v[1]) * thickness(w.x)


# Dead loads: tractions on edges [Pa], body forces in regions [N/m^3], before deformation.
f = np.zeros(V.N)
x = np.asarray(V.global_coordinates())
for load in problem.loads:
    if load.kind == "traction":
        edges = FacetBasis(V.mesh, V.elem, facets=load.boundary, intorder=2 * mesh.order + 4)
        on = np.asarray(edges.global_coordinates())
        f += work_of_force.assemble(edges, fx=at_points(load.x, on), fy=at_points(load.y, on))
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
    pushed, K_load = pressure.forces(u)
    return internal - factor * (f + pushed), K - factor * K_load


u = load_steps(equations, np.zeros(V.N), fixed, values, settings.load_steps or 10)

# Cauchy stress: at the nodes, the mean of what the elements around say, region by region.
sigma = node_means(mesh, FiniteBody(problem, mesh, basis(mesh, at_nodes=True)).stress(u))
forces = equations(u, 1.0)[0][dofs]  # what is out of balance at a node is held by its support

solution = Solution(mesh, u[dofs], sigma, forces, body.energy(u))
results = quantities(problem, solution)
write_results(results)
write_fields(solution)
for picture in problem.pictures:
    draw_field(problem, solution, picture)

print(f"{len(mesh.cells)} {mesh.kind} elements, {V.N} unknowns")
for result in results:
    print(f"{result.name} = {result.value:.6g} {result.unit} ({result.method})")
