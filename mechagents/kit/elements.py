"""Shape functions, and finding the element that holds a point."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

import numpy as np

from mechagents.mechanics.meshing import CellKind, Mesh

if TYPE_CHECKING:
    from mechagents.mechanics.meshing import FloatArray, IntArray
    from mechagents.mechanics.units import Point, SpacePoint

QUAD9_NODES = ((0, 0), (2, 0), (2, 2), (0, 2), (1, 0), (2, 1), (1, 2), (0, 1), (1, 1))
"""Each node of a quad9 or a quad: which one-dimensional function of order 2 along x and y."""
HEXAHEDRON_NODES = (
    *((x, y, z) for z in (0, 2) for x, y in QUAD9_NODES[:4]),
    *((x, y, z) for z in (0, 2) for x, y in QUAD9_NODES[4:8]),
    *((x, y, 1) for x, y in QUAD9_NODES[:4]),
    *((0, 1, 1), (2, 1, 1), (1, 0, 1), (1, 2, 1), (1, 1, 0), (1, 1, 2), (1, 1, 1)),
)
"""The same of a hexahedron of 27 or 8 nodes, along x, y and z."""
SIMPLEX_EDGES = ((0, 1), (1, 2), (2, 0), (0, 3), (1, 3), (2, 3))
"""The corners beside each middle node: three of them in a triangle, six in a tetrahedron."""
NEWTON_STEPS = 25
FARTHEST = 0.3
"""A point farther outside its nearest element than this share of it lies outside the mesh. On
a curved outline the straight edges of linear elements leave such points out."""


def shape_functions(kind: CellKind, local: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the shape functions and their derivatives.

    Args:
        kind: The element, of dimension d.
        local: Points of the reference element, shape (..., d): the triangle (0, 0), (1, 0),
            (0, 1), the tetrahedron with (0, 0, 1) as well, the unit square or the unit cube.

    Returns:
        Values, shape (..., nodes), and derivatives by local coordinate, (..., nodes, d).
    """
    order = 1 if kind in ("triangle", "tetra", "quad", "hexahedron") else 2
    if _is_simplex(kind):
        return _simplex(order, local)
    nodes = np.array(QUAD9_NODES if kind.startswith("quad") else HEXAHEDRON_NODES)
    if order == 1:
        nodes = nodes[: 2 ** local.shape[-1]] // 2
    return _product([_line(order, x) for x in np.moveaxis(local, -1, 0)], nodes)


def reference_nodes(kind: CellKind) -> FloatArray:
    """Return the nodes of an element in local coordinates, shape (nodes, d)."""
    d = 2 if kind.startswith(("triangle", "quad")) else 3
    linear = kind in ("triangle", "tetra", "quad", "hexahedron")
    if not _is_simplex(kind):
        nodes: FloatArray = np.array(QUAD9_NODES if d == 2 else HEXAHEDRON_NODES) / 2
        return nodes[: 2**d] if linear else nodes
    corners = np.concatenate([np.zeros((1, d)), np.eye(d)])
    middles = corners[np.array(SIMPLEX_EDGES[: 3 * (d - 1)])].mean(axis=1)
    return corners if linear else np.concatenate([corners, middles])


def _is_simplex(kind: CellKind) -> bool:
    return kind.startswith(("triangle", "tetra"))


def _line(order: int, x: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the Lagrange polynomials of the nodes of [0, 1] and their derivatives."""
    one = np.ones_like(x)
    if order == 1:
        return np.stack([1 - x, x], -1), np.stack([-one, one], -1)
    values = [(1 - x) * (1 - 2 * x), 4 * x * (1 - x), x * (2 * x - 1)]
    return np.stack(values, -1), np.stack([4 * x - 3, 4 - 8 * x, 4 * x - 1], -1)


def _product(
    lines: list[tuple[FloatArray, FloatArray]], nodes: IntArray
) -> tuple[FloatArray, FloatArray]:
    """Return the products of one function along each axis, and their derivatives."""
    factors = [values[..., nodes[:, axis]] for axis, (values, _) in enumerate(lines)]
    slopes: list[FloatArray] = []
    for axis, (_, slope) in enumerate(lines):
        others = [*factors[:axis], slope[..., nodes[:, axis]], *factors[axis + 1 :]]
        slopes.append(reduce(np.multiply, others))
    return reduce(np.multiply, factors), np.stack(slopes, axis=-1)


def _simplex(order: int, local: FloatArray) -> tuple[FloatArray, FloatArray]:
    d = local.shape[-1]
    share = np.concatenate([1 - local.sum(axis=-1, keepdims=True), local], axis=-1)
    slopes = np.concatenate([-np.ones((1, d)), np.eye(d)])
    if order == 1:
        return share, np.broadcast_to(slopes, (*share.shape, d))
    a, b = np.array(SIMPLEX_EDGES[: d * (d + 1) // 2]).T
    corners = 4 * share[..., None] - 1
    middles = share[..., a, None] * slopes[b] + share[..., b, None] * slopes[a]
    values = [share * (2 * share - 1), 4 * share[..., a] * share[..., b]]
    return np.concatenate(values, axis=-1), np.concatenate([corners * slopes, 4 * middles], axis=-2)


def locate(mesh: Mesh, point: Point | SpacePoint) -> tuple[int, FloatArray]:
    """Return the element that holds a point, and the shape functions' values there.

    A point just outside, between a curved outline and the straight edge of an element, is
    moved to that edge. On an edge between elements, the first of them.

    Args:
        mesh: The mesh.
        point: Where [m].

    Returns:
        The element's number, and the values, shape (nodes of the element,).

    Raises:
        ValueError: If the point lies outside the mesh.
    """
    target = np.array(point)
    corners = mesh.points[mesh.cells]
    low, high = corners.min(axis=1), corners.max(axis=1)
    margin = FARTHEST * (high - low).max(axis=1, keepdims=True)
    near = np.flatnonzero(np.all((target > low - margin) & (target < high + margin), axis=1))
    if near.size:
        local = _inverse(mesh.kind, corners[near], target)
        outside = _outside(mesh.kind, local)
        best = int(np.flatnonzero(outside <= outside.min() + 1e-9)[0])
        if outside[best] <= FARTHEST:
            values, _ = shape_functions(mesh.kind, _clipped(mesh.kind, local[best]))
            return int(near[best]), values
    raise ValueError(f"the point {point} lies outside the mesh")


def _inverse(kind: CellKind, nodes: FloatArray, target: FloatArray) -> FloatArray:
    """Return the local coordinates of a point in several elements, by Newton's method."""
    d = len(target)
    local: FloatArray = np.full((len(nodes), d), 1 / (d + 1) if _is_simplex(kind) else 1 / 2)
    for _ in range(NEWTON_STEPS):
        values, slopes = shape_functions(kind, local)
        missing = target - np.einsum("ek,ekd->ed", values, nodes)
        jacobian = np.einsum("ekd,ekl->edl", nodes, slopes)
        inverse = np.asarray(np.linalg.pinv(jacobian), dtype=np.float64)
        step = np.einsum("eld,ed->el", inverse, missing)
        # The step is kept within reach of the element: a curved map may fold beyond it.
        local = np.clip(local + step, -1.0, 2.0)
    return local


def _outside(kind: CellKind, local: FloatArray) -> FloatArray:
    beyond = (local.sum(axis=1) if _is_simplex(kind) else local.max(axis=1)) - 1
    outside: FloatArray = np.maximum(0.0, np.maximum(beyond, -local.min(axis=1)))
    return outside


def _clipped(kind: CellKind, local: FloatArray) -> FloatArray:
    inside: FloatArray = np.clip(local, 0.0, 1.0)
    return inside / max(1.0, inside.sum()) if _is_simplex(kind) else inside
