"""Linear elasticity of a plane or axisymmetric body, by finite elements in displacements.

Find u, prescribed on the supports, with

    integral of sigma(u) : eps(v)  =  integral of t . v on edges  +  integral of b . v

for every v that is zero on the supports. sigma = lambda tr(eps) I + 2 mu eps. One set of
formulas serves all three idealisations: plane strain is the plain case; plane stress takes
lambda* = 2 lambda mu / (lambda + 2 mu), which makes sigma_zz vanish; an axisymmetric body has
the hoop strain u_r / r, and every integral carries 2 pi r.

Reads formulation.json and settings.json; writes results.json, fields.vtu and the pictures.
"""

import numpy as np
from skfem import BilinearForm, FacetBasis, Functional, LinearForm

from mechagents.kit import (
    Solution,
    basis,
    by_element,
    draw_field,
    make_mesh,
    node_dofs,
    node_means,
    quantities,
    read_problem,
    solve,
    write_fields,
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

# Material: the Lame constants of each element, from E and nu of its region.


def lame_constants(material):
    E, nu = material.youngs_modulus, material.poisson_ratio
    lam, mu = E * nu / ((1 + nu) * (1 - 2 * nu)), E / (2 * (1 + nu))
    return (2 * lam * mu / (lam + 2 * mu) if plane_stress else lam), mu


constants = {name: lame_constants(material) for name, material in problem.materials.items()}
lam = by_element(mesh, {name: pair[0] for name, pair in constants.items()})
mu = by_element(mesh, {name: pair[1] for name, pair in constants.items()})


def strain(u, x):
    """Return eps_xx, eps_yy, eps_zz (the hoop strain) and gamma_xy = 2 eps_xy."""
    (xx, xy), (yx, yy) = u.grad
    zz = np.zeros_like(xx)
    if axisymmetric:  # on the axis u_r / r tends to du_r/dr
        zz = np.divide(u[0], x[0], out=np.array(xx), where=x[0] > on_axis)
    return xx, yy, zz, xy + yx


def stress(eps):
    """Return sigma_xx, sigma_yy, sigma_zz, sigma_xy."""
    xx, yy, zz, gamma = eps
    pressure = lam * (xx + yy + zz)
    out_of_plane = np.zeros_like(zz) if plane_stress else pressure + 2 * mu * zz
    return pressure + 2 * mu * xx, pressure + 2 * mu * yy, out_of_plane, mu * gamma


def thickness(x):
    """Return what an area or a length counts for: 2 pi r, the thickness, or a metre."""
    return 2 * np.pi * x[0] if axisymmetric else problem.thickness or 1.0


on_axis = 1e-9 * np.abs(mesh.points).max()


@BilinearForm
def stiffness(u, v, w):
    work = sum(s * e for s, e in zip(stress(strain(u, w.x)), strain(v, w.x), strict=True))
    return work * thickness(w.x)


@LinearForm
def work_of_force(v, w):
    return (w.fx * v[0] + w.fy * v[1]) * thickness(w.x)


# Loads: tractions on edges [Pa], body forces in regions [N/m^3].
K = stiffness.assemble(V)
f = np.zeros(V.N)
for load in problem.loads:
    if load.kind == "traction":
        edges = FacetBasis(V.mesh, V.elem, facets=load.boundary, intorder=2 * mesh.order + 2)
        f += work_of_force.assemble(edges, fx=load.x, fy=load.y)
    else:
        here = {name: 1.0 for name in mesh.regions if load.region in (None, name)}
        where = by_element(mesh, here)
        f += work_of_force.assemble(V, fx=load.x * where, fy=load.y * where)

# Supports: prescribed displacements, component by component.
prescribed = {}
if axisymmetric:  # nothing can leave the axis
    for dof in dofs[mesh.points[:, 0] <= on_axis, 0]:
        prescribed[dof] = 0.0
for support in problem.supports:
    for axis, value in support.components.items():
        for dof in dofs[mesh.boundary_nodes[support.boundary], "xy".index(axis)]:
            prescribed[dof] = value
fixed, values = np.array(list(prescribed)), np.array(list(prescribed.values()))
u = solve(K, f, fixed, values, direct_up_to=settings.options.get("direct_up_to"))

# Stress: at the nodes, the mean of what the elements around say, region by region, since it
# jumps from one material to the other.
W = basis(mesh, at_nodes=True)
sigma = np.stack(stress(strain(W.interpolate(u), W.global_coordinates())), axis=-1)
sigma = node_means(mesh, sigma)


@Functional
def strain_energy(w):
    eps = strain(w.u, w.x)
    work = sum(s * e for s, e in zip(stress(eps), eps, strict=True))
    return work / 2 * thickness(w.x)


energy = strain_energy.elemental(V, u=V.interpolate(u))
forces = (K @ u - f)[dofs]  # what is out of balance at a node is held by its support

solution = Solution(mesh, u[dofs], sigma, forces, energy)
results = quantities(problem, solution)
write_results(results)
write_fields(solution)
for picture in problem.pictures:
    draw_field(problem, solution, picture)

print(f"{len(mesh.cells)} {mesh.kind} elements, {V.N} unknowns")
for result in results:
    print(f"{result.name} = {result.value:.6g} {result.unit} ({result.method})")
