"""Motion in time of a solid, by finite elements in displacements.

Find u(t), on the supports their displacement times their course, zero at the time 0, when the body
has its initial velocity, with

    integral of rho u'' . v  +  c(u', v)  +  k(u, v)
        +  integral of s u . v on elastic beds  +  s u . v at springs
        =  factor(t) (integral of t . v on surfaces  +  integral of b . v  +  F . v at points)

for every v that is zero on the supports; k(u, v) is the integral of sigma(u) : eps(v), and
c = alpha (mass) + beta k is the damping. Strains and stresses have the rows xx, yy, zz, xy, yz,
xz, with gamma = 2 eps in the shears. The mass is consistent, and time goes in equal steps by
Newmark's method of average acceleration, which loses no energy.

Reads formulation.json and settings.json; writes results.json, fields.vtu (the end), history.npz
(every step) and the pictures (the end).
"""

import numpy as np
from scipy.sparse import coo_matrix

from mechagents.kit import (
    SolidSpace,
    Solution,
    at_points,
    base_motion,
    by_element,
    draw_field,
    inside,
    load_factors,
    make_mesh,
    motion_quantities,
    newmark,
    node_means,
    read_problem,
    solid_steps,
    stiffness,
    write_fields,
    write_motion,
    write_results,
)

problem, settings = read_problem()
if settings.mesh_size is None or settings.time_steps is None:
    raise SystemExit("settings.json: mesh_size or time_steps is missing")
mesh = make_mesh(problem.geometry, settings.mesh_size, settings.element_order or 2)
V = SolidSpace(mesh, degree=4)

# Material: the matrix of each element, (6, 6, elements, 1), and its density.
D = stiffness(problem, mesh)
rho = by_element(mesh, {name: material.density for name, material in problem.materials.items()})


def stress(eps):
    """Return the stress of a strain, both (6, elements, points)."""
    return np.einsum("ij...,j...->i...", D, eps)


def vector(load, x):
    """Return the components of a load at points, (3, ...)."""
    return np.stack([at_points(value, x) for value in (load.x, load.y, load.z)])


# Loads at a factor of one: tractions and pressures on surfaces [Pa], body forces [N/m^3], forces
# at points [N].
f = np.zeros(V.N)
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

# Matrices; springs, on surfaces [N/m^3] or at points [N/m], have no mass and no damping.
M, K = V.mass(rho), V.stiffness(D)
C = 0.0 * M
if problem.damping is not None:
    C = problem.damping.mass * M + problem.damping.stiffness * K
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

held = [np.zeros(0, dtype=int)]
for support in problem.supports:
    nodes = mesh.boundary_nodes[support.boundary]
    held += [V.dofs[nodes, "xyz".index(axis)] for axis in support.components]
fixed = np.unique(np.concatenate(held))

v0 = np.zeros(V.N)
v0[V.dofs] = problem.initial_velocity
time = np.linspace(0.0, problem.end_time, settings.time_steps + 1)
linear = solid_steps(V, fixed, direct_up_to=settings.options.get("direct_up_to"))
base, factor = base_motion(problem, mesh, V.dofs, fixed, time), load_factors(problem, time)
motion = newmark((M, C, K), f, fixed, v0, time, factor, base=base, linear=linear)


def solution_at(time):
    """Return displacement, stress, reactions and energy at a time, linear between the steps."""
    then = motion.at(time)
    sigma = node_means(mesh, np.moveaxis(stress(V.strain_at_nodes(then.u)), 0, -1))
    eps = V.strain(then.u)
    energy = V.integral((stress(eps) * eps).sum(axis=0) / 2)
    springs = {name: -(bed @ then.u)[V.dofs].sum(axis=0) for name, bed in beds.items()}
    return Solution(mesh, then.u[V.dofs], sigma, then.held[V.dofs], energy, springs)


results = motion_quantities(problem, motion, V.dofs, solution_at, beds)
write_results(results)
end = solution_at(problem.end_time)
write_fields(end)
write_motion(motion, V.dofs)
for picture in problem.pictures:
    draw_field(problem, end, picture)

print(f"{len(mesh.cells)} {mesh.kind} elements, {V.N} unknowns, {len(time) - 1} steps of time")
for result in results:
    print(f"{result.name} = {result.value:.6g} {result.unit} ({result.method})")
