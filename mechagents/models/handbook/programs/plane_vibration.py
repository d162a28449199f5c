"""Free vibration of a plane or axisymmetric body, by finite elements in displacements.

Find omega and u, zero on the supports, with

    integral of sigma(u) : eps(v)  =  omega^2 integral of rho u . v

for every v that is zero on the supports. The law is that of plane_elasticity.py: plane stress
takes lambda* = 2 lambda mu / (lambda + 2 mu), an axisymmetric body has the hoop strain u_r / r,
and every integral carries the thickness or 2 pi r. Only motions in the plane are found; a body
that nothing holds has its rigid ones too, with frequency 0.

Reads formulation.json and settings.json; writes results.json, fields.vtu and the pictures.
"""

import numpy as np
from skfem import BilinearForm

from mechagents.kit import (
    Modes,
    basis,
    by_element,
    draw_mode,
    make_mesh,
    mode_quantities,
    node_dofs,
    read_problem,
    vibration_modes,
    write_modes,
    write_results,
)

problem, settings = read_problem()
axisymmetric = problem.idealisation == "axisymmetric"
plane_stress = problem.idealisation == "plane_stress"
if settings.mesh_size is None:
    raise SystemExit("settings.json: mesh_size is missing")
mesh = make_mesh(problem.geometry, settings.mesh_size, settings.element_order or 1)
V = basis(mesh)
dofs = node_dofs(V, mesh)  # the two unknowns of each node

# Material: the Lame constants and the density of each element, from its region.


def lame_constants(material):
    E, nu = material.youngs_modulus, material.poisson_ratio
    lam, mu = E * nu / ((1 + nu) * (1 - 2 * nu)), E / (2 * (1 + nu))
    return (2 * lam * mu / (lam + 2 * mu) if plane_stress else lam), mu


constants = {name: lame_constants(material) for name, material in problem.materials.items()}
lam = by_element(mesh, {name: pair[0] for name, pair in constants.items()})
mu = by_element(mesh, {name: pair[1] for name, pair in constants.items()})
rho = by_element(mesh, {name: material.density for name, material in problem.materials.items()})
on_axis = 1e-9 * np.abs(mesh.points).max()


def strain(u, x):
    """Return eps_xx, eps_yy, eps_zz (the hoop strain) and gamma_xy = 2 eps_xy."""
    (xx, xy), (yx, yy) = u.grad
    zz = np.zeros_like(xx)
    if axisymmetric:  # on the axis u_r / r tends to du_r/dr
        zz = np.divide(u[0], x[0], out=np.array(xx), where=x[0] > on_axis)
    return xx, yy, zz, xy + yx


def thickness(x):
    """Return what an area counts for: 2 pi r, the thickness, or a metre."""
    return 2 * np.pi * x[0] if axisymmetric else problem.thickness or 1.0


@BilinearForm
def stiffness(u, v, w):
    a, b = strain(u, w.x), strain(v, w.x)
    work = lam * sum(a[:3]) * sum(b[:3]) + mu * a[3] * b[3]
    work += 2 * mu * sum(p * q for p, q in zip(a[:3], b[:3], strict=True))
    return work * thickness(w.x)


@BilinearForm
def mass(u, v, w):
    return rho * (u[0] * v[0] + u[1] * v[1]) * thickness(w.x)


held = []
if axisymmetric:  # nothing can leave the axis
    held += list(dofs[mesh.points[:, 0] <= on_axis, 0])
for support in problem.supports:
    nodes = mesh.boundary_nodes[support.boundary]
    for axis in support.components:
        held += list(dofs[nodes, "xy".index(axis)])
fixed = np.unique(np.array(held, dtype=np.int64))

omega2, phi = vibration_modes(stiffness.assemble(V), mass.assemble(V), fixed, problem.modes)
modes = Modes(mesh, np.sqrt(omega2) / (2 * np.pi), np.moveaxis(phi[dofs], -1, 0))
results = mode_quantities(problem, modes)
write_results(results)
write_modes(modes)
for picture in problem.pictures:
    draw_mode(problem, modes, picture)

print(f"{len(mesh.cells)} {mesh.kind} elements, {V.N} unknowns, {len(fixed)} of them held")
for result in results:
    print(f"{result.name} = {result.value:.6g} {result.unit} ({result.method})")
