"""Motion in time of a plane or axisymmetric body, by finite elements in displacements.

Find u(t), on the supports their displacement times their course, zero at the time 0, when the body
has its initial velocity, with

    integral of rho u'' . v  +  c(u', v)  +  k(u, v)  +  integral of s u . v on springs
        =  factor(t) (integral of t . v on edges  +  integral of b . v  +  F . v at points)

for every v that is zero on the supports; k(u, v) is the integral of sigma(u) : eps(v), and
c = alpha (mass) + beta k is the damping. Strains and stresses are columns xx, yy, zz, xy, with
gamma_xy = 2 eps_xy; the law is that of plane_elasticity.py. The mass is consistent, and time goes
in equal steps by Newmark's method of average acceleration, which loses no energy.

Reads formulation.json and settings.json; writes results.json, fields.vtu (the end), history.npz
(every step) and the pictures (the end).
"""

import numpy as np
from scipy.sparse import coo_array
from skfem import BilinearForm, FacetBasis, Functional, LinearForm

from mechagents.kit import (
    Solution,
    at_points,
    base_motion,
    basis,
    by_element,
    draw_field,
    inside,
    load_factors,
    make_mesh,
    motion_quantities,
    newmark,
    node_dofs,
    node_means,
    read_problem,
    stiffness,
    write_fields,
    write_motion,
    write_results,
)

problem, settings = read_problem()
axisymmetric = problem.idealisation == "axisymmetric"
if settings.mesh_size is None or settings.time_steps is None:
    raise SystemExit("settings.json: mesh_size or time_steps is missing")
mesh = make_mesh(problem.geometry, settings.mesh_size, settings.element_order or 1)
V = basis(mesh)
dofs = node_dofs(V, mesh)  # the two unknowns of each node

# Material: the matrix and the density of each element.
D = stiffness(problem, mesh)
rho = by_element(mesh, {name: material.density for name, material in problem.materials.items()})
on_axis = 1e-9 * np.abs(mesh.points).max()


def strain(u, x):
    """Return eps_xx, eps_yy, eps_zz (the hoop strain) and gamma_xy = 2 eps_xy."""
    (xx, xy), (yx, yy) = u.grad
    zz = np.zeros_like(xx)
    if axisymmetric:  # on the axis u_r / r tends to du_r/dr
        zz = np.divide(u[0], x[0], out=np.array(xx), where=x[0] > on_axis)
    return np.stack([xx, yy, zz, xy + yx])


def stress(eps):
    """Return sigma_xx, sigma_yy, sigma_zz, sigma_xy."""
    return np.einsum("ij...,j...->i...", D, eps)


def thickness(x):
    """Return what an area or a length counts for: 2 pi r, the thickness, or a metre."""
    return 2 * np.pi * x[0] if axisymmetric else problem.thickness or 1.0


@BilinearForm
def work_of_stress(u, v, w):
    return (stress(strain(u, w.x)) * strain(v, w.x)).sum(axis=0) * thickness(w.x)


@BilinearForm
def mass(u, v, w):
    return rho * (u[0] * v[0] + u[1] * v[1]) * thickness(w.x)


@BilinearForm
def work_of_springs(u, v, w):
    return (w.kx * u[0] * v[0] + w.ky * u[1] * v[1]) * thickness(w.x)


@LinearForm
def work_of_force(v, w):
    return (w.fx * v[0] + w.fy * v[1]) * thickness(w.x)


# Loads at a factor of one: tractions and pressures on edges [Pa], body forces [N/m^3], forces.
x = np.asarray(V.global_coordinates())
f = np.zeros(V.N)
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
    elif load.kind == "point_force":
        f[dofs[mesh.boundary_nodes[load.boundary]]] += load.x, load.y

# Matrices; springs have no mass and no damping.
M, K = mass.assemble(V), work_of_stress.assemble(V)
C = 0.0 * M
if problem.damping is not None:
    C = problem.damping.mass * M + problem.damping.stiffness * K
beds = {}
for spring in problem.springs:
    if spring.kind == "foundation":
        edges = FacetBasis(V.mesh, V.elem, facets=spring.boundary, intorder=2 * mesh.order + 2)
        bed = work_of_springs.assemble(edges, kx=spring.x, ky=spring.y)
    else:
        at = dofs[mesh.boundary_nodes[spring.boundary]].ravel()
        bed = coo_array(([spring.x, spring.y], (at, at)), shape=K.shape).tocsr()
    K = (K + bed).tocsr()
    beds[spring.boundary] = beds.get(spring.boundary, 0) + bed

held = []
if axisymmetric:  # nothing can leave the axis
    held += list(dofs[mesh.points[:, 0] <= on_axis, 0])
for support in problem.supports:
    nodes = mesh.boundary_nodes[support.boundary]
    for axis in support.components:
        held += list(dofs[nodes, "xy".index(axis)])
fixed = np.unique(np.array(held, dtype=np.int64))

v0 = np.zeros(V.N)
v0[dofs] = problem.initial_velocity
time = np.linspace(0.0, problem.end_time, settings.time_steps + 1)
base = base_motion(problem, mesh, dofs, fixed, time)
motion = newmark((M, C, K), f, fixed, v0, time, load_factors(problem, time), base=base)


@Functional
def strain_energy(w):
    eps = strain(w.u, w.x)
    return (stress(eps) * eps).sum(axis=0) / 2 * thickness(w.x)


W = basis(mesh, at_nodes=True)
at = np.asarray(W.global_coordinates())


def solution_at(time):
    """Return displacement, stress, reactions and energy at a time, linear between the steps."""
    then = motion.at(time)
    sigma = np.moveaxis(stress(strain(W.interpolate(then.u), at)), 0, -1)
    energy = strain_energy.elemental(V, u=V.interpolate(then.u))
    springs = {name: -(bed @ then.u)[dofs].sum(axis=0) for name, bed in beds.items()}
    u, forces = then.u[dofs], then.held[dofs]
    return Solution(mesh, u, node_means(mesh, sigma), forces, energy, springs)


results = motion_quantities(problem, motion, dofs, solution_at, beds)
write_results(results)
end = solution_at(problem.end_time)
write_fields(end)
write_motion(motion, dofs)
for picture in problem.pictures:
    draw_field(problem, end, picture)

print(f"{len(mesh.cells)} {mesh.kind} elements, {V.N} unknowns, {len(time) - 1} steps of time")
for result in results:
    print(f"{result.name} = {result.value:.6g} {result.unit} ({result.method})")
