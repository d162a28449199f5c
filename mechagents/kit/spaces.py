"""From a mesh to a scikit-fem basis and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from mechagents.mechanics.formulas import Formula, value_at
from mechagents.mechanics.formulation import Formulation
from mechagents.mechanics.geometry import AXES
from mechagents.mechanics.meshing import Mesh

if TYPE_CHECKING:
    from skfem import Basis
    from skfem import Mesh as SkfemMesh

    from mechagents.mechanics.meshing import FloatArray, IntArray


def basis(mesh: Mesh, *, at_nodes: bool = False) -> Basis:
    """Return a scikit-fem basis of plane vector fields on a mesh.

    Its mesh knows the boundaries and regions by name, so ``FacetBasis(V.mesh, V.elem,
    facets="left")`` and ``V.with_elements("plate")`` work. Elements of order 2 are curved.

    Args:
        mesh: The mesh.
        at_nodes: Whether the basis is evaluated at each element's own nodes, in the mesh's
            order, instead of at points of integration.
    """
    import numpy as np
    import skfem

    made = _skfem_mesh(mesh)
    scalar = made.elem()
    element = skfem.ElementVector(scalar)
    if at_nodes:
        local = scalar.doflocs.T
        return skfem.Basis(made, element, quadrature=(local, np.ones(len(scalar.doflocs))))
    # Exact on straight elements, with the factor 2 pi r too; curved ones need one order more.
    more = 1 if mesh.kind.startswith("quad") else 2
    return skfem.Basis(made, element, intorder=2 * mesh.order + more)


def _skfem_mesh(mesh: Mesh) -> SkfemMesh:
    import numpy as np
    import skfem

    kinds = {
        "triangle": skfem.MeshTri1,
        "triangle6": skfem.MeshTri2,
        "quad": skfem.MeshQuad1,
        "quad9": skfem.MeshQuad2,
    }
    # scikit-fem would sort the nodes of triangles, and with that turn some over.
    made = kinds[mesh.kind](mesh.points.T, mesh.cells.T, sort_t=False)
    # In its numbering the corners come first.
    corners = np.unique(mesh.cells[:, : made.t.shape[0]])
    sides = {
        name: _facets(made, np.searchsorted(corners, edges[:, :2]))
        for name, edges in mesh.boundary_edges.items()
        if len(edges)
    }
    inside = {name: np.flatnonzero(mesh.cells_in(name)) for name in mesh.regions}
    return made.with_boundaries(sides).with_subdomains(inside)


def _facets(made: SkfemMesh, ends: IntArray) -> IntArray:
    """Return the numbers of the facets with the given end nodes."""
    import numpy as np

    count = int(made.t.max()) + 1

    def key(pairs: IntArray) -> IntArray:
        keys: IntArray = pairs.min(axis=1) * count + pairs.max(axis=1)
        return keys

    keys = key(made.facets.T.astype(np.int64))
    order = np.argsort(keys)
    return order[np.searchsorted(keys[order], key(ends))]


def node_dofs(space: Basis, mesh: Mesh) -> IntArray:
    """Return the unknowns of each node, shape (nodes, 2).

    With it, ``u[node_dofs(V, mesh)]`` is the displacement at the mesh's nodes.
    """
    import numpy as np

    dofs = np.empty((len(mesh.points), 2), dtype=np.int64)
    of_cells = space.element_dofs.reshape(mesh.cells.shape[1], 2, -1)
    dofs[mesh.cells] = np.moveaxis(of_cells, -1, 0)
    return dofs


def prescribed(problem: Formulation, mesh: Mesh, dofs: IntArray) -> tuple[IntArray, FloatArray]:
    """Return the unknowns that the supports hold, each once, and their values [m].

    Of an axisymmetric body the nodes on the axis do not leave it, which no support has to say.

    Args:
        problem: The supports; where two name a component of a node, the last one counts.
        mesh: Knows the nodes of each boundary.
        dofs: The unknowns of each node, shape (nodes, 2 | 3): ``node_dofs(V, mesh)``, or
            ``V.dofs`` of a solid.

    Returns:
        Two arrays of one length, for ``solve``.
    """
    import numpy as np

    held: dict[int, float] = {}
    if problem.idealisation == "axisymmetric":
        on_axis = mesh.points[:, 0] <= 1e-9 * np.abs(mesh.points).max()
        held.update(dict.fromkeys(dofs[on_axis, 0].tolist(), 0.0))
    for support in problem.supports:
        nodes = mesh.boundary_nodes[support.boundary]
        for axis, value in support.components.items():
            moved = at_points(value, mesh.points[nodes].T)
            held.update(zip(dofs[nodes, AXES.index(axis)].tolist(), moved.tolist(), strict=True))
    return np.array(list(held), dtype=np.int64), np.array(list(held.values()), dtype=float)


def by_element(mesh: Mesh, values: Mapping[str, float]) -> FloatArray:
    """Return a value for each element from one for each region, 0 where none is given.

    Returns:
        Shape (elements, 1), ready to multiply arrays of shape (elements, points).
    """
    import numpy as np

    return np.array([values.get(name, 0.0) for name in mesh.regions])[mesh.region][:, None]


def at_points(value: float | Formula, x: FloatArray) -> FloatArray:
    """Return a value of the problem, a number or a formula, at points.

    Args:
        value: For instance a component of a traction.
        x: Coordinates first, as scikit-fem has them [m], shape (2 | 3, ...).
    """
    import numpy as np

    return value_at(value, np.moveaxis(x, 0, -1))


def inside(mesh: Mesh, region: str | None) -> FloatArray:
    """Return 1 for each element in a region, or in any for None, else 0; shape (elements, 1)."""
    return by_element(mesh, {name: 1.0 for name in mesh.regions if region in (None, name)})


def node_means(mesh: Mesh, values: FloatArray) -> FloatArray:
    """Return the mean at each node over the elements around it that are of the same region.

    Between regions a field may jump, and the mean of both sides would be right on neither.

    Args:
        mesh: The mesh.
        values: At each element's own nodes, shape (elements, nodes of an element, columns).

    Returns:
        Of the same shape; in a region, elements that share a node agree there.
    """
    import numpy as np

    nodes = (mesh.cells + mesh.region[:, None] * len(mesh.points)).ravel()
    count = np.bincount(nodes)
    columns = values.reshape(len(nodes), -1).T
    means = [np.bincount(nodes, column)[nodes] / count[nodes] for column in columns]
    return np.stack(means, axis=1).reshape(values.shape)
