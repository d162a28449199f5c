"""J2 plasticity at small strain of a solid, by finite elements.

Find u, prescribed on the supports, with

    integral of sigma : eps(v)  =  integral of t . v on surfaces  +  integral of b . v

for every v that is zero on the supports. The stress follows from the strain and its history by
radial return, the implicit Euler method for associated flow with linear isotropic hardening.
Loads and prescribed displacements go through the factors of the load path in steps, each solved
by Newton's method with the consistent tangent. The displacement at every step is handed back.

Reads formulation.json and settings.json; writes results.json, fields.vtu, history.npz and the
pictures.
"""

from functools import partial

import numpy as np

from mechagents.kit import (
    PlasticBody,
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
    write_history,
    write_results,
)

problem, settings = read_problem()
if settings.mesh_size is None:
    raise SystemExit("settings.json: mesh_size is missing")
mesh = make_mesh(problem.geometry, settings.mesh_size, settings.element_order or 2)
V = SolidSpace(mesh)
body = PlasticBody(problem, mesh, V)
at_nodes = PlasticBody(problem, mesh, SolidSpace(mesh, at_nodes=True))


def vector(load, x):
    """Return the components of a load at points, (3, ...)."""
    return np.stack([at_points(value, x) for value in (load.x, load.y, load.z)])


# Loads: tractions and pressures on surfaces [Pa], body forces in regions [N/m^3].
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
    return internal - factor * f, K


factors, displacements = [], []


def accept(u, factor):
    """Take a step in equilibrium: the plastic state follows, and the history grows."""
    body.accept(u)
    at_nodes.accept(u)
    factors.append(factor)
    displacements.append(u[V.dofs])


# Factors are quicker than multigrid while they fit: flow leaves nearly incompressible tangents.
direct_up_to = settings.options.get("direct_up_to", 30_000)
linear = partial(solve_solid, V, direct_up_to=direct_up_to)
u, start = np.zeros(V.N), 0.0
for end in problem.load_path:
    steps = settings.load_steps or 10
    u = load_steps(
        equations, u, fixed, values, steps, start=start, end=end, accept=accept, linear=linear
    )
    start = end

# Stress: at the nodes, from the history of the strain there; the mean of what the elements around
# say, region by region.
sigma = node_means(mesh, at_nodes.stress(u))
forces = (body.forces(u)[0] - start * f)[V.dofs]  # held by the supports

solution = Solution(mesh, u[V.dofs], sigma, forces, body.energy(u))
results = quantities(problem, solution)
write_results(results)
write_fields(solution)
write_history(factors, displacements)
for picture in problem.pictures:
    draw_field(problem, solution, picture)

print(f"{len(mesh.cells)} {mesh.kind} elements, {V.N} unknowns")
for result in results:
    print(f"{result.name} = {result.value:.6g} {result.unit} ({result.method})")
