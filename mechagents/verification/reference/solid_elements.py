"""The reference of solids where NGSolve is not there: another mesh, of another family of elements.

Where a program of this package's kit would have tetrahedra this has hexahedra of 27 nodes, four in
each of another mesh's tetrahedra, and tetrahedra of ten nodes where it would have a grid. The
stress of each element is that of the checks; the equations are solved by conjugate gradients.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations, pairwise, permutations

import numpy as np
from scipy.sparse import csr_matrix

from mechagents.mechanics.formulas import value_at
from mechagents.mechanics.formulation import Formulation
from mechagents.mechanics.geometry import AXES, Geometry
from mechagents.mechanics.meshing import Mesh, make_mesh
from mechagents.mechanics.shapes import ON_BOUNDARY
from mechagents.mechanics.solid_body import volume
from mechagents.verification.assembly import balance, volumes
from mechagents.verification.elements import (
    FloatArray,
    IntArray,
    reference_nodes,
    shape_functions,
)
from mechagents.verification.equilibrium import Equilibrium
from mechagents.verification.fields import Block, Fields
from mechagents.verification.reference.two_levels import solved_by_levels
from mechagents.verification.skin import face_sizes, nodes_of, skin_of
from mechagents.verification.solution import Solution
from mechagents.verification.springs import spring_stiffness
from mechagents.verification.walls import walls

HEXAHEDRA, TETRAHEDRA = 2400, 8000
"""About how many elements the finest of three meshes has."""
MOST = 1.5
"""More elements, over that, are too many."""
_COARSER = 2.4
"""About how many times fewer the next mesh has."""
_ALIKE = 0.75
"""Of the elements of the next finer mesh, at least: fewer tell nothing."""
_SIZES = (3.0, 2.5, 2.1, 1.75, 1.45, 1.2, 1.0, 0.85, 0.72, 0.61)
"""Edges that are tried, over those which about suit the finest mesh: how many elements a mesh has
of a curved body is no smooth function of the size."""
_BESIDE, _ROUNDS = 0.1, 12
"""How far nodes of a face may be off its surface, over its size, and how often they are moved."""
_CHUNK = 128
"""Elements whose matrices are made at once."""
_SHEAR = ((0, 1), (1, 2), (0, 2))
"""Axes of gamma_xy, gamma_yz and gamma_xz."""


def states(formulation: Formulation, share: float = 1.0) -> Iterator[Equilibrium]:
    """Yield solutions on three meshes, the finest first.

    Args:
        formulation: What to solve.
        share: Of the usual numbers of elements.

    Raises:
        MechagentsError: If the body cannot be meshed.
        RuntimeError: If the equations cannot be solved, or the meshes are too alike or too large.
    """
    yield from map(_solved, unloaded(formulation, share))


def unloaded(formulation: Formulation, share: float) -> Iterator[Solution]:
    """Yield a body without displacement on three meshes, the finest first.

    Args:
        formulation: What to solve.
        share: Of the usual numbers of elements.

    Raises:
        MechagentsError: If the body cannot be meshed.
        RuntimeError: If the meshes are too alike or too large.
    """
    for mesh in _three(formulation.geometry, share):
        points, block = _other_family(mesh)
        points = _on_surfaces(points, block, formulation.geometry)
        yield Solution.of(formulation, Fields(points, (block,), np.zeros_like(points)))


def _three(geometry: Geometry, part: float) -> tuple[Mesh, Mesh, Mesh]:
    """Return three meshes of a body, the finest first, of about the numbers of elements meant."""
    whole = sum(volume(shape) for shape in geometry.regions.values())
    meshes: dict[int, Mesh] = {}
    for size in _SIZES:
        mesh = make_mesh(geometry, size * (24 * whole / TETRAHEDRA / part) ** (1 / 3), 2)
        meshes[len(mesh.cells)] = mesh
        if _share(mesh) > MOST * part:
            break
    chains = [
        (abs(np.log(_share(meshes[a]) / part)) + _unlike(a, b) + _unlike(b, c), a, b, c)
        for a, b, c in combinations(sorted(meshes, reverse=True), 3)
        if _share(meshes[a]) <= MOST * part and b <= _ALIKE * a and c <= _ALIKE * b
    ]
    if not chains:
        counts = ", ".join(map(str, sorted(meshes)))
        raise RuntimeError(f"no three meshes of it suit: they have {counts} elements")
    _, a, b, c = min(chains)
    return meshes[a], meshes[b], meshes[c]


def _share(mesh: Mesh) -> float:
    """Return how many elements a mesh will be taken apart into, over what is meant for a fine."""
    if mesh.kind == "hexahedron27":
        return 6 * len(mesh.cells) / TETRAHEDRA
    return 4 * len(mesh.cells) / HEXAHEDRA


def _unlike(fine: int, coarse: int) -> float:
    """Return how far the numbers of elements of two meshes are from the ratio that is meant."""
    return abs(float(np.log(fine / coarse / _COARSER)))


def _on_surfaces(points: FloatArray, block: Block, geometry: Geometry) -> FloatArray:
    """Return points moved onto the curved surfaces of a body, where outer faces lie about on one.

    New nodes lie on curved sides of a mesh that is itself but close to the surfaces.
    """
    fields = Fields(points, (block,), np.zeros_like(points))
    faces = skin_of(fields).faces
    around = walls(geometry.regions.values(), ON_BOUNDARY * fields.size)
    heights = np.stack([np.abs(wall.height(points)) for wall in around])
    off = np.where(faces < 0, 0.0, heights[:, faces]).max(axis=2)
    flat = np.array([np.isinf(wall.bend) for wall in around])
    # A flat one goes before a curved one: a small plane end is close to a large sphere.
    limit = np.where(flat[:, None], ON_BOUNDARY * fields.size, _BESIDE * face_sizes(fields, faces))
    best = np.where(off <= limit, off + (~flat)[:, None] * fields.size, np.inf)
    which = np.where(np.isfinite(best.min(axis=0)), best.argmin(axis=0), -1)
    moved = points.copy()
    for _ in range(_ROUNDS):  # where two surfaces meet, onto one and the other in turn
        for number, wall in enumerate(around):
            nodes = nodes_of(faces[which == number])
            moved[nodes] = wall.foot(moved[nodes])
    return moved


def _other_family(mesh: Mesh) -> tuple[FloatArray, Block]:
    """Return the points and elements of a mesh whose elements are taken apart."""
    if mesh.kind == "hexahedron27":
        return mesh.points, Block("tetra10", mesh.cells[:, _six_tetrahedra()].reshape(-1, 10))
    N = shape_functions("tetra10", _four_hexahedra().reshape(-1, 3))
    points = (N @ mesh.points[mesh.cells]).reshape(-1, 3)
    shortest = np.linalg.norm(np.diff(mesh.points[mesh.cells[:, :2]], axis=1), axis=2).min()
    keys = np.asarray(np.rint((points - points.min(axis=0)) / (1e-6 * shortest)), dtype=np.int64)
    _, first, number = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    return points[first], Block("hexahedron27", number.reshape(-1, 27).astype(np.int64))


def _six_tetrahedra() -> IntArray:
    """Return the nodes of six tetrahedra that fill a hexahedron of 27 nodes, shape (6, 10).

    Each goes from one corner to the opposite one along the three axes, in one of their orders;
    so the tetrahedra of neighbours in a grid fit.
    """
    nodes = reference_nodes("hexahedron27")
    edges = reference_nodes("tetra10")
    found: list[IntArray] = []
    for order in permutations(range(3)):
        path = [np.full(3, -1.0)]
        for axis in order:
            path.append(path[-1] + 2.0 * np.eye(3)[axis])
        a, b, c, d = path
        if np.linalg.det(np.stack([b - a, c - a, d - a])) < 0:
            b, c = c, b
        places = shape_functions("tetra", edges) @ np.stack([a, b, c, d])
        apart = np.abs(nodes[None] - places[:, None]).max(axis=2)
        found.append(np.asarray(apart.argmin(axis=1), dtype=np.int64))
    return np.stack(found)


def _four_hexahedra() -> FloatArray:
    """Return the nodes of four hexahedra in a tetrahedron's coordinates, shape (4, 27, 3)."""
    corners = reference_nodes("tetra")
    trilinear = shape_functions("hexahedron", reference_nodes("hexahedron27"))
    found: list[FloatArray] = []
    for own, a, b, c in ((0, 1, 2, 3), (1, 0, 3, 2), (2, 3, 0, 1), (3, 2, 1, 0)):
        of = [(own,), (own, a), (own, a, b), (own, b)]
        of += [(own, c), (own, a, c), (own, a, b, c), (own, b, c)]
        found.append(trilinear @ np.stack([corners[list(some)].mean(axis=0) for some in of]))
    return np.stack(found)


def _solved(solution: Solution) -> Equilibrium:
    fields = solution.fields
    u = np.zeros_like(fields.points)
    for support in solution.formulation.supports:
        for axis, value in support.components.items():
            nodes = solution.places[support.boundary].nodes
            u[nodes, AXES.index(axis)] = value_at(value, fields.points[nodes])
    body = stiffness(solution)
    values, rows, columns = spring_stiffness(solution)
    K = body + csr_matrix((values, (rows, columns)), body.shape)
    # Without displacement a change of temperature leaves a stress, whose forces are left over.
    unmoved = balance(solution)
    rest = (unmoved.external - unmoved.internal).ravel() - K @ u.ravel()
    u += solved_by_levels(K, rest, solution.free, fields.blocks[0])
    return Equilibrium.of(replace(solution, fields=replace(fields, displacement=u)))


def stiffness(solution: Solution) -> csr_matrix:
    """Return the stiffness matrix of a mesh of one kind of element [N/m], (3 points, 3 points)."""
    (block,) = solution.fields.blocks
    at, weight = volumes(solution, 0, 0)
    D = solution.stiffness(0)
    dofs = (3 * block.nodes[..., None] + np.arange(3)).reshape(len(block), -1)
    size = solution.fields.points.size
    total = csr_matrix((size, size))
    for start, end in pairwise([*range(0, len(block), _CHUNK * 8), len(block)]):
        values = [
            _element_matrices(at.gradient[rows], D[rows], weight[rows])
            for first in range(start, end, _CHUNK)
            for rows in (slice(first, min(first + _CHUNK, end)),)
        ]
        across, along = np.broadcast_arrays(dofs[start:end, :, None], dofs[start:end, None, :])
        entries = (np.concatenate(values).ravel(), (across.ravel(), along.ravel()))
        total = total + csr_matrix(entries, (size, size))
    return total


def _element_matrices(gradient: FloatArray, D: FloatArray, weight: FloatArray) -> FloatArray:
    """Return integral B^T D B dV of some elements, shape (elements, 3 nodes, 3 nodes).

    Args:
        gradient: Of the shape functions [1/m], shape (elements, q, nodes, 3).
        D: Elasticity [Pa], in the order of ``strain``, shape (elements, 6, 6).
        weight: Volume of each point [m^3], shape (elements, q).
    """
    count, points, nodes, _ = gradient.shape
    B = np.zeros((count, points, 6, 3 * nodes))
    for axis in range(3):
        B[:, :, axis, axis::3] = gradient[..., axis]
    for row, (i, j) in enumerate(_SHEAR, start=3):
        B[:, :, row, i::3], B[:, :, row, j::3] = gradient[..., j], gradient[..., i]
    DB = (D[:, None] @ B) * weight[..., None, None]
    flat = B.reshape(count, points * 6, 3 * nodes)
    return np.asarray(flat.transpose(0, 2, 1) @ DB.reshape(flat.shape), dtype=np.float64)
