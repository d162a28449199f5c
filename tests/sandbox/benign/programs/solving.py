"""scikit-fem solves linear elasticity on a unit square and writes results and fields."""

import json
from pathlib import Path

import meshio
import numpy as np
from skfem import Basis, ElementQuad2, ElementVector, MeshQuad, condense, solve
from skfem.models.elasticity import lame_parameters, linear_elasticity

mesh = (
    MeshQuad()
    .refined(4)
    .with_boundaries({"left": lambda x: x[0] == 0, "right": lambda x: x[0] == 1})
)
basis = Basis(mesh, ElementVector(ElementQuad2()))
K = linear_elasticity(*lame_parameters(1e9, 0.3)).assemble(basis)
u = basis.zeros()
right = basis.get_dofs("right")
u[right.nodal["u^1"]] = u[right.facet["u^1"]] = 0.01
fixed = basis.get_dofs({"left", "right"})
u = solve(*condense(K, np.zeros_like(u), x=u, D=fixed))
energy = 0.5 * float(u @ K @ u)
assert 4e4 < energy < 7e4, energy
displacement = u[basis.nodal_dofs].T
meshio.write(
    "fields.vtu",
    meshio.Mesh(
        np.column_stack([mesh.p.T, np.zeros(mesh.p.shape[1])]),
        [("quad", mesh.t.T)],
        point_data={"displacement": displacement},
    ),
)
results = {"quantities": [{"name": "energy", "value": energy, "unit": "J/m"}]}
Path("results.json").write_text(json.dumps(results))
print("fine")
