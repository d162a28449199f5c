"""Linear buckling of a solid, by finite elements in displacements.

First the displacement u under the loads as they are given, prescribed on the supports, with

    integral of sigma(u) : eps(v)  =  integral of t . v on surfaces  +  integral of b . v

for every v that is zero on the supports. sigma = D e with the elastic strain e = eps(u) - alpha T,
where a change of temperature T expands the material; the rows are xx, yy, zz, xy, yz, xz, with
gamma = 2 eps in the shears. Then the factors of all loads, and the modes phi, zero where a
support holds, with

    integral of sigma(phi) : eps(v)  +  factor integral of sigma_ij(u) dphi_k/dx_i dv_k/dx_j  =  0

and tension positive in sigma. The loads keep their direction; the body is perfect until then.

Reads formulation.json and settings.json; writes results.json, fields.vtu and the pictures.
"""

import numpy as np

from mechagents.kit import (
    Modes,
    SolidSpace,
    Solution,
    at_points,
    draw_field,
    draw_mode,
    free_expansion,
    inside,
    make_mesh,
    mode_quantities,
    node_means,
    quantities,
    read_problem,
    solid_buckling_modes,
    solve_solid,
    stiffness,
    write_modes,
    write_results,
)

problem, settings = read_problem()
if settings.mesh_size is None:
    raise SystemExit("settings.json: mesh_size is missing")
mesh = make_mesh(problem.geometry, settings.mesh_size, settings.element_order or 2)
V = SolidSpace(mesh, degree=4)

# Material: the matrix of each element, (6, 6, elements, 1).
D = stiffness(problem, mesh)


def stress(elastic):
    """Return the stress of the elastic part of a strain, both (6, elements, points)."""
    return np.einsum("ij...,j...->i...", D, elastic)


def vector(load, x):
    """Return the components of a load at points, (3, ...)."""
    return np.stack([at_points(value, x) for value in (load.x, load.y, load.z)])


# Loads: tractions and pressures on surfaces [Pa], body forces in regions [N/m^3], temperatures [K].
K = V.stiffness(D)
expansion = free_expansion(problem, mesh, V.x)
f = V.force_of_stress(stress(expansion))  # what keeps the body from expanding, let go
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
limit = settings.options.get("direct_up_to")
u = solve_solid(V, K, f, fixed, values, direct_up_to=limit)

# Stress: at the nodes, the mean of what the elements around say, region by region, since it
# jumps from one material to the other.
sigma = stress(V.strain_at_nodes(u) - free_expansion(problem, mesh, V.x_at_nodes))
sigma = node_means(mesh, np.moveaxis(sigma, 0, -1))
elastic = V.strain(u) - expansion
energy = V.integral((stress(elastic) * elastic).sum(axis=0) / 2)
forces = (K @ u - f)[V.dofs]  # what is out of balance at a node is held by its support

# Buckling: the stress before it, at the points of integration, turns with the body.
K_sigma = V.geometric_stiffness(stress(elastic))
factors, phi = solid_buckling_modes(V, K, K_sigma, fixed, problem.modes, direct_up_to=limit)
modes = Modes(mesh, factors, np.moveaxis(phi[V.dofs], -1, 0))

solution = Solution(mesh, u[V.dofs], sigma, forces, energy)
results = quantities(problem, solution) + mode_quantities(problem, modes)
write_results(results)
write_modes(modes, solution)
for picture in problem.pictures:
    if picture.mode is None:
        draw_field(problem, solution, picture)
    else:
        draw_mode(problem, modes, picture)

print(f"{len(mesh.cells)} {mesh.kind} elements, {V.N} unknowns")
for result in results:
    print(f"{result.name} = {result.value:.6g} {result.unit} ({result.method})")
