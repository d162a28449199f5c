"""Linear elasticity of a solid, by finite elements in displacements.

Find u, prescribed on the supports, with

    integral of sigma(u) : eps(v)  +  integral of k u . v on elastic beds  +  k u . v at springs
        =  integral of t . v on surfaces  +  integral of b . v  +  F . v at points

for every v that is zero on the supports. sigma = D e with the elastic strain e = eps(u) - alpha T,
where a change of temperature T expands the material. Strains and stresses have the rows xx, yy,
zz, xy, yz, xz, with gamma = 2 eps in the shears.

Reads formulation.json and settings.json; writes results.json, fields.vtu and the pictures.
"""

import numpy as np
from scipy.sparse import coo_matrix

from mechagents.kit import (
    SolidSpace,
    Solution,
    at_points,
    draw_field,
    free_expansion,
    inside,
    make_mesh,
    node_means,
    quantities,
    read_problem,
    solve_solid,
    stiffness,
    write_fields,
    write_results,
)

problem, settings = read_problem()
if settings.mesh_size is None:
    raise SystemExit("settings.json: mesh_size is missing")
mesh = make_mesh(problem.geometry, settings.mesh_size, settings.element_order or 2)
V = SolidSpace(mesh)

# Material: the matrix of each element, (6, 6, elements, 1).
D = stiffness(problem, mesh)


def stress(elastic):
    """Return the stress of the elastic part of a strain, both (6, elements, points)."""
    return np.einsum("ij...,j...->i...", D, elastic)


def vector(load, x):
    """Return the components of a load at points, (3, ...)."""
    return np.stack([at_points(value, x) for value in (load.x, load.y, load.z)])


# Loads: tractions and pressures on surfaces [Pa], body forces in regions [N/m^3], forces at points
# [N], temperatures [K].
K = V.stiffness(D)
expansion = free_expansion(problem, mesh, V.x)
f = V.force_of_stress(stress(expansion))  # what keeps the body from expanding, let go
for load in problem.loads:
    if load.kind == "traction":
        surface = V.on(load.boundary)
        f += surface.force_of(vector(load, surface.x))
    elif load.kind == "pressure":  # square to the surface, into the body
        surface = V.on(load.boundary)
        f += surface.force_of(-at_points(load.value, surface.x) * surface.normals)
    elif load.kind == "body_force":
        f += V.force_of(vector(load, V.x) * inside(mesh, load.region))
    elif load.kind == "point_force":
        f[V.dofs[mesh.boundary_nodes[load.boundary]]] += load.x, load.y, load.z

# Springs: elastic beds on surfaces [N/m^3], springs at points [N/m].
beds = {}
for spring in problem.springs:
    k = np.array([spring.x, spring.y, spring.z])
    if spring.kind == "foundation":
        bed = V.on(spring.boundary).stiffness_of(k)
    else:
        at = V.dofs[mesh.boundary_nodes[spring.boundary]].ravel()
        bed = coo_matrix((k, (at, at)), shape=K.shape).tocsr()
    K = (K + bed).tobsr((3, 3))
    beds[spring.boundary] = beds.get(spring.boundary, 0) + bed

# Supports: prescribed displacements, component by component.
prescribed = {}
for support in problem.supports:
    nodes = mesh.boundary_nodes[support.boundary]
    for axis, value in support.components.items():
        moved = at_points(value, mesh.points[nodes].T)
        prescribed.update(zip(V.dofs[nodes, "xyz".index(axis)], moved, strict=True))
fixed, values = np.array(list(prescribed), dtype=int), np.array(list(prescribed.values()))
u = solve_solid(V, K, f, fixed, values, direct_up_to=settings.options.get("direct_up_to"))

# Stress: at the nodes, the mean of what the elements around say, region by region, since it
# jumps from one material to the other.
sigma = stress(V.strain_at_nodes(u) - free_expansion(problem, mesh, V.x_at_nodes))
sigma = node_means(mesh, np.moveaxis(sigma, 0, -1))
elastic = V.strain(u) - expansion
energy = V.integral((stress(elastic) * elastic).sum(axis=0) / 2)
forces = (K @ u - f)[V.dofs]  # what is out of balance at a node is held by its support
springs = {name: -(bed @ u)[V.dofs].sum(axis=0) for name, bed in beds.items()}

solution = Solution(mesh, u[V.dofs], sigma, forces, energy, springs)
results = quantities(problem, solution)
write_results(results)
write_fields(solution)
for picture in problem.pictures:
    draw_field(problem, solution, picture)

print(f"{len(mesh.cells)} {mesh.kind} elements, {V.N} unknowns")
for result in results:
    print(f"{result.name} = {result.value:.6g} {result.unit} ({result.method})")
