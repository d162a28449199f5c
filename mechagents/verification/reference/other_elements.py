"""The reference where NGSolve is not there: another mesh, of another family of elements.

Where a program of this package's kit would have triangles this has quadrilaterals, three in each
of another mesh's triangles, and triangles where it would have a grid. Matrices are those of the
checks, in numpy; the error is estimated from three meshes as that of a program is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import scipy.sparse as sparse
import scipy.sparse.linalg as linear

from mechagents.mechanics.formulas import value_at
from mechagents.mechanics.formulation import Formulation, WantedOfField, WantedStress
from mechagents.mechanics.meshing import Mesh, make_mesh
from mechagents.mechanics.shapes import outline
from mechagents.verification.assembly import balance, volumes
from mechagents.verification.convergence import estimate
from mechagents.verification.elements import FloatArray, reference_nodes, shape_functions
from mechagents.verification.equilibrium import Equilibrium
from mechagents.verification.fields import Block, Fields
from mechagents.verification.reading import natural_scale, read
from mechagents.verification.reference.matrices import assembled, strain_matrix
from mechagents.verification.reference.plastic_elements import ELEMENTS as FLOWING
from mechagents.verification.reference.plastic_elements import (
    SHARE_OF_SOLIDS,
    STEPS,
    STEPS_OF_SOLIDS,
    flowed,
)
from mechagents.verification.reference.solid_elements import states as solid_states
from mechagents.verification.reference.solid_elements import unloaded as unloaded_solids
from mechagents.verification.reference.values import ReferenceSolution, ReferenceValue
from mechagents.verification.solution import Solution
from mechagents.verification.springs import spring_stiffness

ELEMENTS = (5000, 2200, 1000)
"""About how many elements the three meshes have."""
SAFETY = 2.0
"""Of the error in space, where meshes are coarse and not much alike."""
_INTO_QUADS = (
    ((0.0, 0.0), (0.5, 0.0), (1 / 3, 1 / 3), (0.0, 0.5)),
    ((1.0, 0.0), (0.5, 0.5), (1 / 3, 1 / 3), (0.5, 0.0)),
    ((0.0, 1.0), (0.0, 0.5), (1 / 3, 1 / 3), (0.5, 0.5)),
)
"""The corners of three quadrilaterals that make up a triangle."""
_INTO_TRIANGLES = ((0, 1, 2, 4, 5, 8), (0, 2, 3, 8, 6, 7))
"""The nodes of two triangles that make up a quadrilateral of nine nodes."""


def solve(formulation: Formulation) -> ReferenceSolution:
    """Return the wanted quantities of linear statics or plasticity, with error estimates.

    Raises:
        MechagentsError: If the body cannot be meshed.
        RuntimeError: If the equations cannot be solved.
    """
    return by_meshes(formulation, list(_states(formulation)))


def by_meshes(formulation: Formulation, states: list[Equilibrium]) -> ReferenceSolution:
    """Return the wanted quantities by solutions on three meshes, the finest first."""
    sizes = tuple(_size(state) for state in states)
    quantities: dict[str, ReferenceValue] = {}
    for wanted in formulation.wanted:
        if not isinstance(wanted, WantedOfField):
            continue
        readings = [read(state, wanted) for state in states]
        scale = natural_scale(states[0], wanted)
        best = [reading.best for reading in readings if reading is not None]
        if len(best) == len(states) and len({len(values) for values in best}) == 1:
            safety = SAFETY if formulation.dimension == 3 else 1.0
            found = value_by_meshes(sizes, best, scale, safety)
            error = max(found.error, _spread(states[0], wanted))
            quantities[wanted.name] = found.model_copy(update={"error": error})
    kind, nodes = states[0].solution.fields.blocks[0].kind, len(states[0].solution.fields.points)
    means = f"{kind} elements on another mesh of {nodes} nodes, in numpy; error by three meshes"
    return ReferenceSolution(means=means, quantities=quantities)


def _spread(state: Equilibrium, wanted: WantedOfField) -> float:
    """Return half of what the extreme of all points is beyond that of means at nodes.

    Where a mesh has its largest stress is partly chance, which three meshes may share.
    """
    solid = state.solution.formulation.dimension == 3
    if not solid or not isinstance(wanted, WantedStress) or wanted.extreme is None:
        return 0.0
    reading = read(state, wanted)
    if reading is None:
        return 0.0
    best = max(reading.best)
    return (best - reading.low if wanted.extreme == "min" else reading.high - best) / 2


def _states(formulation: Formulation) -> Iterator[Equilibrium]:
    """Yield solutions on three meshes, the finest first."""
    flows = formulation.analysis == "static_plastic"
    if formulation.dimension == 3 and flows:
        meshes = unloaded_solids(formulation, SHARE_OF_SOLIDS)
        for solution, steps in zip(meshes, STEPS_OF_SOLIDS, strict=True):
            yield flowed(solution, steps)
        return
    if formulation.dimension == 3:
        yield from solid_states(formulation)
        return
    area = sum(outline(shape).area for shape in formulation.geometry.regions.values())
    counts = FLOWING if flows else ELEMENTS
    for count, steps in zip(counts, STEPS, strict=True):
        yield _solved(formulation, (7 * area / count) ** 0.5, steps)


def _size(state: Equilibrium) -> float:
    area = sum(float(part.area.sum()) for part in state.stresses)
    mean = area / state.solution.fields.elements
    return float(mean ** (1 / state.solution.fields.points.shape[1]))


def value_by_meshes(
    sizes: tuple[float, ...],
    best: list[tuple[float, ...]],
    scale: float,
    safety: float = 1.0,
) -> ReferenceValue:
    """Return a quantity from what it is on three meshes, the finest first.

    Args:
        sizes: Of the meshes [m].
        best: On each its values, usually one.
        scale: What is large for it.
        safety: What the error is multiplied by.
    """
    h1, h2, h3 = sizes
    found = [estimate((h1, h2, h3), (a, b, c), scale=scale) for a, b, c in zip(*best, strict=True)]
    values = tuple(one.extrapolated for one in found)
    error = safety * max(one.bound for one in found) + 1e-9 * scale
    return ReferenceValue(values=values, error=error, scale=scale)


def _solved(formulation: Formulation, mesh_size: float, steps: int) -> Equilibrium:
    """Return a solution in balance, on elements of another family than programs have."""
    solution = unloaded(formulation, mesh_size)
    if formulation.analysis == "static_plastic":
        return flowed(solution, steps)
    u = _displacement(solution)
    fields = replace(solution.fields, displacement=u)
    return Equilibrium.of(replace(solution, fields=fields))


def unloaded(formulation: Formulation, mesh_size: float) -> Solution:
    """Return a body without displacement, on elements of another family than programs have."""
    points, block = _other_family(make_mesh(formulation.geometry, mesh_size, 2))
    return Solution.of(formulation, Fields(points, (block,), np.zeros_like(points)))


def _other_family(mesh: Mesh) -> tuple[FloatArray, Block]:
    """Return the points and elements of a mesh whose elements are taken apart."""
    if mesh.kind == "quad9":
        return mesh.points, Block("triangle6", mesh.cells[:, _INTO_TRIANGLES].reshape(-1, 6))
    corners = np.array(_INTO_QUADS)
    N = shape_functions("triangle6", _quad_places(corners).reshape(-1, 2))
    points = np.einsum("qk,mkx->mqx", N, mesh.points[mesh.cells]).reshape(-1, 2)
    return _joined(points, mesh)


def _quad_places(corners: FloatArray) -> FloatArray:
    """Return the nine nodes of each quadrilateral in the triangle's coordinates, (3, 9, 2)."""
    places = shape_functions("quad", reference_nodes("quad9")) @ corners
    return np.asarray(places, dtype=np.float64)


def _joined(points: FloatArray, mesh: Mesh) -> tuple[FloatArray, Block]:
    """Join points that several elements have, which are the same up to rounding."""
    edges = np.linalg.norm(np.diff(mesh.points[mesh.cells[:, :2]], axis=1), axis=2)
    step = 1e-6 * float(edges.min())
    steps: FloatArray = (points - points.min(axis=0)) / step
    keys = np.asarray(np.rint(steps), dtype=np.int64)
    _, first, number = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    return points[first], Block("quad9", number.reshape(-1, 9).astype(np.int64))


def _displacement(solution: Solution) -> FloatArray:
    """Return the displacement of the finite-element solution [m], shape (points, 2)."""
    fields = solution.fields
    u = np.zeros_like(fields.points)
    for support in solution.formulation.supports:
        for axis, value in support.components.items():
            nodes = solution.places[support.boundary].nodes
            u[nodes, "xy".index(axis)] = value_at(value, fields.points[nodes])
    free = np.flatnonzero(solution.free.ravel())
    K = _stiffness(solution)
    # Without displacement a change of temperature leaves a stress, whose forces are left over.
    unmoved = balance(solution)
    rest = unmoved.external.ravel() - unmoved.internal.ravel() - K @ u.ravel()
    factors = linear.splu(
        K[free][:, free].tocsc(), permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True}
    )
    flat = u.ravel()
    flat[free] = factors.solve(rest[free])
    return flat.reshape(-1, 2)


def _stiffness(solution: Solution) -> sparse.csr_array:
    """Return the stiffness matrix [N/m, or N/m^2], shape (2 points, 2 points)."""
    blocks = range(len(solution.fields.blocks))
    elements = assembled(solution, [_block_stiffness(solution, index) for index in blocks])
    values, rows, columns = spring_stiffness(solution)
    springs = sparse.coo_array((values, (rows, columns)), shape=elements.shape).tocsr()
    found: sparse.csr_array = elements + springs
    return found


def _block_stiffness(solution: Solution, index: int) -> FloatArray:
    """Return the matrix of each element, shape (elements, 2 nodes, 2 nodes)."""
    at, volume = volumes(solution, index, 0)
    B = strain_matrix(at, axisymmetric=solution.axisymmetric)
    DB = np.einsum("mab,mqbk->mqak", solution.stiffness(index), B) * volume[..., None, None]
    K = np.einsum("mqak,mqal->mkl", B, DB, optimize=True)
    return np.asarray(K, dtype=np.float64)
