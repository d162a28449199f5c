"""Finite deformation of a solid, by finite elements in displacements.

Find u, prescribed on the supports, with

    integral of P(F) : grad v  =  integral of t . v on surfaces  +  integral of b . v
                                  -  integral of p n . v on surfaces as they are deformed

for every v that is zero on the supports. F = I + grad u, and P = dW/dF is the first
Piola-Kirchhoff stress of the hyperelastic law. Integrals go over the body before deformation;
t and b keep their directions and count per area and volume before it. A pressure p follows the
surface: its normal n and its area are those after deformation, and the load stiffness that comes
of it makes the tangent unsymmetric. Loads and prescribed displacements grow together in steps,
each solved by Newton's method. The stress that is handed back is the true (Cauchy) one.

Reads formulation.json and settings.json; writes results.json, fields.vtu and the pictures.
"""

from functools import partial

import numpy as np

from mechagents.kit import (
    FiniteBody,
    FollowerPressure,
    SolidSpace,
    Solution,
    at_points,
    draw_field,
    inside,
    load_steps,
    make_mesh,
    node_means,
    quantities,
    read_problem,
    solve_solid,
    write_fields,
    write_results,
)

problem, settings = read_problem()
if settings.mesh_size is None:
    raise SystemExit("settings.json: mesh_size is missing")
mesh = make_mesh(problem.geometry, settings.mesh_size, settings.element_order or 2)
V = SolidSpace(mesh)
body = FiniteBody(problem, mesh, V)
pressure = FollowerPressure(problem, mesh, V)


def vector(load, x):
    """Return the components of a load at points, (3, ...)."""
    return np.stack([at_points(value, x) for value in (load.x, load.y, load.z)])


# Dead loads: tractions on surfaces [Pa], body forces in regions [N/m^3], before deformation.
f = np.zeros(V.N)
for load in problem.loads:
    if load.kind == "traction":
        surface = V.on(load.boundary)
        f += surface.force_of(vector(load, surface.x))
    elif load.kind == "body_force":
        f += V.force_of(vector(load, V.x) * inside(mesh, load.region))

# Supports: prescribed displacements, component by component.
prescribed = {}
for support in problem.supports:
    nodes = mesh.boundary_nodes[support.boundary]
    for axis, value in support.components.items():
        moved = at_points(value, mesh.points[nodes].T)
        prescribed.update(zip(V.dofs[nodes, "xyz".index(axis)], moved, strict=True))
fixed, values = np.array(list(prescribed), dtype=int), np.array(list(prescribed.values()))


def equations(u, factor):
    """Return what internal forces and loads leave, and the tangent."""
    internal, K = body.forces(u)
    pushed, K_load = pressure.forces(u)
    return internal - factor * (f + pushed), K - factor * K_load


# Factors are quicker than multigrid while they fit, since a tangent may be far from elasticity.
linear = partial(
    solve_solid,
    V,
    direct_up_to=settings.options.get("direct_up_to", 30_000),
    symmetric=not any(load.kind == "pressure" for load in problem.loads),
)
steps = settings.load_steps or 5
u = load_steps(equations, np.zeros(V.N), fixed, values, steps, linear=linear)

# Cauchy stress: at the nodes, the mean of what the elements around say, region by region.
at_nodes = FiniteBody(problem, mesh, SolidSpace(mesh, at_nodes=True))
sigma = node_means(mesh, at_nodes.stress(u))
forces = equations(u, 1.0)[0][V.dofs]  # what is out of balance at a node is held by its support

solution = Solution(mesh, u[V.dofs], sigma, forces, body.energy(u))
results = quantities(problem, solution)
write_results(results)
write_fields(solution)
for picture in problem.pictures:
    draw_field(problem, solution, picture)

print(f"{len(mesh.cells)} {mesh.kind} elements, {V.N} unknowns")
for result in results:
    print(f"{result.name} = {result.value:.6g} {result.unit} ({result.method})")
