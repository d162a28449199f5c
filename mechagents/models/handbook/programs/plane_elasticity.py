"""Linear elasticity of a plane or axisymmetric body, by finite elements in displacements.

Find u, prescribed on the supports, with

    integral of sigma(u) : eps(v)  +  integral of k u . v on springs
        =  integral of t . v on edges  +  integral of b . v  +  F . v at points

for every v that is zero on the supports. sigma = D e with the elastic strain e = eps(u) - alpha T,
where a change of temperature T expands the material. Strains and stresses are columns xx, yy,
zz, xy, with gamma_xy = 2 eps_xy. The matrix D of each material, isotropic or not, knows the
idealisation: in plane stress sigma_zz vanishes, in plane strain eps_zz does; an axisymmetric
body has the hoop strain u_r / r, and every integral carries 2 pi r.

Reads formulation.json and settings.json; writes results.json, fields.vtu and the pictures.
"""

import numpy as np
from scipy.sparse import coo_array
from skfem import BilinearForm, FacetBasis, Functional, LinearForm

from mechagents.kit import (
    Solution,
    at_points,
    basis,
    draw_field,
    free_expansion,
    inside,
    make_mesh,
    node_dofs,
    node_means,
    quantities,
    read_problem,
    solve,
    stiffness,
    write_fields,
    write_results,
)

problem, settings = read_problem()
axisymmetric = problem.idealisation == "axisymmetric"
if settings.mesh_size is None:
    raise SystemExit("settings.json: mesh_size is missing")
mesh = make_mesh(problem.geometry, settings.mesh_size, settings.element_order or 1)
V = basis(mesh)
dofs = node_dofs(V, mesh)  # the two unknowns of each node

# Material: the matrix of each element, (4, 4, elements, 1).
D = stiffness(problem, mesh)


def strain(u, x):
    """Return eps_xx, eps_yy, eps_zz (the hoop strain) and gamma_xy = 2 eps_xy."""
    (xx, xy), (yx, yy) = u.grad
    zz = np.zeros_like(xx)
    if axisymmetric:  # on the axis u_r / r tends to du_r/dr
        zz = np.divide(u[0], x[0], out=np.array(xx), where=x[0] > on_axis)
    return np.stack([xx, yy, zz, xy + yx])


def stress(elastic):
    """Return sigma_xx, sigma_yy, sigma_zz, sigma_xy of the elastic part of a strain."""
    return np.einsum("ij...,j...->i...", D, elastic)


def thickness(x):
    """Return what an area or a length counts for: 2 pi r, the thickness, or a metre."""
    return 2 * np.pi * x[0] if axisymmetric else problem.thickness or 1.0


on_axis = 1e-9 * np.abs(mesh.points).max()


@BilinearForm
def work_of_stress(u, v, w):
    work = (stress(strain(u, w.x)) * strain(v, w.x)).sum(axis=0)
    return work * thickness(w.x)


@BilinearForm
def work_of_springs(u, v, w):
    return (w.kx * u[0] * v[0] + w.ky * u[1] * v[1]) * thickness(w.x)


@LinearForm
def work_of_force(v, w):
    return (w.fx * v[0] + w.fy * v[1]) * thickness(w.x)


@LinearForm
def work_of_expansion(v, w):
    held = stress(np.asarray(w.expansion))  # what keeps the body from expanding
    return (held * strain(v, w.x)).sum(axis=0) * thickness(w.x)


# Loads: tractions and pressures on edges [Pa], body forces in regions [N/m^3], temperatures [K].
K = work_of_stress.assemble(V)
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

    elif load.kind == "point_force":
        f[dofs[mesh.boundary_nodes[load.boundary]]] += load.x, load.y

# Springs: elastic beds on edges [N/m^3], springs at points [N/m, or N/m^2].
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
fixed, values = np.array(list(prescribed), dtype=int), np.array(list(prescribed.values()))
u = solve(K, f, fixed, values, direct_up_to=settings.options.get("direct_up_to"))

# Stress: at the nodes, the mean of what the elements around say, region by region, since it
# jumps from one material to the other.
W = basis(mesh, at_nodes=True)
at = np.asarray(W.global_coordinates())
sigma = stress(strain(W.interpolate(u), at) - free_expansion(problem, mesh, at))
sigma = node_means(mesh, np.moveaxis(sigma, 0, -1))


@Functional
def strain_energy(w):
    elastic = strain(w.u, w.x) - np.asarray(w.expansion)
    return (stress(elastic) * elastic).sum(axis=0) / 2 * thickness(w.x)


energy = strain_energy.elemental(V, u=V.interpolate(u), expansion=free_expansion(problem, mesh, x))
forces = (K @ u - f)[dofs]  # what is out of balance at a node is held by its support
springs = {name: -(bed @ u)[dofs].sum(axis=0) for name, bed in beds.items()}

solution = Solution(mesh, u[dofs], sigma, forces, energy, springs)
results = quantities(problem, solution)
write_results(results)
write_fields(solution)
for picture in problem.pictures:
    draw_field(problem, solution, picture)

print(f"{len(mesh.cells)} {mesh.kind} elements, {V.N} unknowns")
for result in results:
    print(f"{result.name} = {result.value:.6g} {result.unit} ({result.method})")
