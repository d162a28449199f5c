"""Linear elasticity of a plane or axisymmetric body, by finite elements in displacements.

Find u, prescribed on the supports, with

    integral of sigma(u) : eps(v)  =  integral of t . v on edges  +  integral of b . v

for every v that is zero on the supports. sigma = lambda tr(e) I + 2 mu e with the elastic strain
e = eps(u) - alpha T I, where a change of temperature T expands the material. One set of
formulas serves all three idealisations: plane strain is the plain case; plane stress takes
lambda* = 2 lambda mu / (lambda + 2 mu), which makes sigma_zz vanish; an axisymmetric body has
the hoop strain u_r / r, and every integral carries 2 pi r.

Reads formulation.json and settings.json; writes results.json, fields.vtu and the pictures.
"""

import numpy as np
from skfem import BilinearForm, FacetBasis, Functional, LinearForm

from mechagents.kit import (
    Solution,
    at_points,
    basis,
    by_element,
    draw_field,
    free_expansion,
    inside,
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


def stress(eps, expansion=0.0):
    """Return sigma_xx, sigma_yy, sigma_zz, sigma_xy of a strain less a free expansion alpha T."""
    xx, yy, zz = (part - expansion for part in eps[:3])
    gamma = eps[3]
    if plane_stress:  # what sigma_zz = 0 asks for is in lam; the expansion out of the plane is free
        zz = np.zeros_like(xx)
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


@LinearForm
def work_of_expansion(v, w):
    held = stress(np.zeros((4, *w.expansion.shape)), -w.expansion)
    return sum(s * e for s, e in zip(held, strain(v, w.x), strict=True)) * thickness(w.x)


# Loads: tractions and pressures on edges [Pa], body forces in regions [N/m^3], temperatures [K].
K = stiffness.assemble(V)
x = np.asarray(V.global_coordinates())
f = work_of_expansion.assemble(V, expansion=free_expansion(problem, mesh, x))
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
    for dof in dofs[mesh.points[:, 0] <= on_axis, 0]:
        prescribed[dof] = 0.0
for support in problem.supports:
    nodes = mesh.boundary_nodes[support.boundary]
    for axis, value in support.components.items():
        moved = at_points(value, mesh.points[nodes].T)
        prescribed.update(zip(dofs[nodes, "xy".index(axis)], moved, strict=True))
fixed, values = np.array(list(prescribed)), np.array(list(prescribed.values()))
u = solve(K, f, fixed, values, direct_up_to=settings.options.get("direct_up_to"))

# Stress: at the nodes, the mean of what the elements around say, region by region, since it
# jumps from one material to the other.
W = basis(mesh, at_nodes=True)
at = np.asarray(W.global_coordinates())
sigma = np.stack(stress(strain(W.interpolate(u), at), free_expansion(problem, mesh, at)), axis=-1)
sigma = node_means(mesh, sigma)


@Functional
def strain_energy(w):
    *normal, gamma = strain(w.u, w.x)
    elastic = [*(part - w.expansion for part in normal), gamma]
    work = sum(s * e for s, e in zip(stress(elastic), elastic, strict=True))
    return work / 2 * thickness(w.x)


energy = strain_energy.elemental(V, u=V.interpolate(u), expansion=free_expansion(problem, mesh, x))
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
