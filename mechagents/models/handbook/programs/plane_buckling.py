"""Linear buckling of a plane body in its plane, by finite elements in displacements.

First the displacement u under the loads as they are given, prescribed on the supports, with

    integral of sigma(u) : eps(v)  =  integral of t . v on edges  +  integral of b . v

for every v that is zero on the supports. sigma = lambda tr(e) I + 2 mu e with the elastic strain
e = eps(u) - alpha T I, where a change of temperature T expands the material; plane stress takes
lambda* = 2 lambda mu / (lambda + 2 mu), which makes sigma_zz vanish. Then the factors of all
loads, and the modes phi, zero where a support holds, with

    integral of sigma(phi) : eps(v)  +  factor integral of sigma_ij(u) dphi_k/dx_i dv_k/dx_j  =  0

and tension positive in sigma. The loads keep their direction; the body is perfect until then.

Reads formulation.json and settings.json; writes results.json, fields.vtu and the pictures.
"""

import numpy as np
from skfem import BilinearForm, FacetBasis, Functional, LinearForm

from mechagents.kit import (
    Modes,
    Solution,
    at_points,
    basis,
    buckling_modes,
    by_element,
    draw_field,
    draw_mode,
    free_expansion,
    inside,
    make_mesh,
    mode_quantities,
    node_dofs,
    node_means,
    quantities,
    read_problem,
    solve,
    write_modes,
    write_results,
)

problem, settings = read_problem()
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


def strain(u):
    """Return eps_xx, eps_yy, eps_zz and gamma_xy = 2 eps_xy."""
    (xx, xy), (yx, yy) = u.grad
    return xx, yy, np.zeros_like(xx), xy + yx


def stress(eps, expansion=0.0):
    """Return sigma_xx, sigma_yy, sigma_zz, sigma_xy of a strain less a free expansion alpha T."""
    xx, yy, zz = (part - expansion for part in eps[:3])
    gamma = eps[3]
    if plane_stress:  # what sigma_zz = 0 asks for is in lam; the expansion out of the plane is free
        zz = np.zeros_like(xx)
    pressure = lam * (xx + yy + zz)
    out_of_plane = np.zeros_like(zz) if plane_stress else pressure + 2 * mu * zz
    return pressure + 2 * mu * xx, pressure + 2 * mu * yy, out_of_plane, mu * gamma


thickness = problem.thickness or 1.0  # what an area or a length counts for


@BilinearForm
def stiffness(u, v, w):
    work = sum(s * e for s, e in zip(stress(strain(u)), strain(v), strict=True))
    return work * thickness


@LinearForm
def work_of_force(v, w):
    return (w.fx * v[0] + w.fy * v[1]) * thickness


@LinearForm
def work_of_expansion(v, w):
    held = stress(np.zeros((4, *w.expansion.shape)), -w.expansion)
    return sum(s * e for s, e in zip(held, strain(v), strict=True)) * thickness


# Loads: tractions on edges [Pa], body forces in regions [N/m^3], temperatures [K].
K = stiffness.assemble(V)
x = np.asarray(V.global_coordinates())
f = work_of_expansion.assemble(V, expansion=free_expansion(problem, mesh, x)[0])
for load in problem.loads:
    if load.kind == "traction":
        edges = FacetBasis(V.mesh, V.elem, facets=load.boundary, intorder=2 * mesh.order + 4)
        on = np.asarray(edges.global_coordinates())
        t = at_points(load.x, on), at_points(load.y, on)
        f += work_of_force.assemble(edges, fx=t[0], fy=t[1])
    elif load.kind == "body_force":
        where = inside(mesh, load.region)
        b = where * at_points(load.x, x), where * at_points(load.y, x)
        f += work_of_force.assemble(V, fx=b[0], fy=b[1])

# Supports: prescribed displacements, component by component.
prescribed = {}
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
sigma = np.stack(stress(strain(W.interpolate(u)), free_expansion(problem, mesh, at)[0]), axis=-1)
sigma = node_means(mesh, sigma)


@Functional
def strain_energy(w):
    *normal, gamma = strain(w.u)
    elastic = [*(part - w.expansion for part in normal), gamma]
    work = sum(s * e for s, e in zip(stress(elastic), elastic, strict=True))
    return work / 2 * thickness


energy = strain_energy.elemental(
    V, u=V.interpolate(u), expansion=free_expansion(problem, mesh, x)[0]
)
forces = (K @ u - f)[dofs]  # what is out of balance at a node is held by its support

solution = Solution(mesh, u[dofs], sigma, forces, energy)

# Buckling: the stress at the points of integration, and the work that it does in turning.
prestress = stress(strain(V.interpolate(u)), free_expansion(problem, mesh, x)[0])


@BilinearForm
def turning(a, b, w):
    xx, yy, _, xy = prestress
    total = 0.0
    for k in (0, 1):
        (a_x, a_y), (b_x, b_y) = a.grad[k], b.grad[k]
        total = total + xx * a_x * b_x + yy * a_y * b_y + xy * (a_x * b_y + a_y * b_x)
    return total * thickness


factors, phi = buckling_modes(K, turning.assemble(V), np.unique(fixed), problem.modes)
modes = Modes(mesh, factors, np.moveaxis(phi[dofs], -1, 0))
results = [*quantities(problem, solution), *mode_quantities(problem, modes)]
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
