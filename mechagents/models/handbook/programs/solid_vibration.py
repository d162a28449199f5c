"""Free vibration of a solid, by finite elements in displacements.

Find omega and u, zero on the supports, with

    integral of sigma(u) : eps(v)  =  omega^2 integral of rho u . v

for every v that is zero on the supports. sigma = D eps, both with the rows xx, yy, zz, xy, yz,
xz and gamma = 2 eps in the shears. A body that nothing holds has six rigid motions too, with
frequency 0.

Reads formulation.json and settings.json; writes results.json, fields.vtu and the pictures.
"""

import numpy as np

from mechagents.kit import (
    Modes,
    SolidSpace,
    by_element,
    draw_mode,
    make_mesh,
    mode_quantities,
    read_problem,
    solid_vibration_modes,
    stiffness,
    write_modes,
    write_results,
)

problem, settings = read_problem()
if settings.mesh_size is None:
    raise SystemExit("settings.json: mesh_size is missing")
mesh = make_mesh(problem.geometry, settings.mesh_size, settings.element_order or 2)
V = SolidSpace(mesh, degree=4)

# Material: the matrix of each element, (6, 6, elements, 1), and its density.
K = V.stiffness(stiffness(problem, mesh))
M = V.mass(by_element(mesh, {name: law.density for name, law in problem.materials.items()}))

held = [np.zeros(0, dtype=int)]
for support in problem.supports:
    nodes = mesh.boundary_nodes[support.boundary]
    held += [V.dofs[nodes, "xyz".index(axis)] for axis in support.components]
fixed = np.unique(np.concatenate(held))

limit = settings.options.get("direct_up_to")
omega2, phi = solid_vibration_modes(V, K, M, fixed, problem.modes, direct_up_to=limit)
modes = Modes(mesh, np.sqrt(omega2) / (2 * np.pi), np.moveaxis(phi[V.dofs], -1, 0))
results = mode_quantities(problem, modes)
write_results(results)
write_modes(modes)
for picture in problem.pictures:
    draw_mode(problem, modes, picture)

print(f"{len(mesh.cells)} {mesh.kind} elements, {V.N} unknowns, {len(fixed)} of them held")
for result in results:
    print(f"{result.name} = {result.value:.6g} {result.unit} ({result.method})")
