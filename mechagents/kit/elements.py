"""Shape functions, and finding the element that holds a point."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mechagents.mechanics.meshing import CellKind, Mesh

if TYPE_CHECKING:
    from mechagents.mechanics.meshing import FloatArray
    from mechagents.mechanics.units import Point, SpacePoint

QUAD_NODES = ((0, 0), (1, 0), (1, 1), (0, 1))
"""Each node of a quad: which one-dimensional function along x and along y."""
QUAD9_NODES = ((0, 0), (2, 0), (2, 2), (0, 2), (1, 0), (2, 1), (1, 2), (0, 1), (1, 1))
NEWTON_STEPS = 25
FARTHEST = 0.3
"""A point farther outside its nearest element than this share of it lies outside the mesh. On
a curved outline the straight edges of linear elements leave such points out."""


def shape_functions(kind: CellKind, local: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the shape functions and their derivatives.

    Args:
        kind: The element.
        local: Points of the reference element, shape (..., 2): the triangle (0, 0), (1, 0),
            (0, 1) or the unit square.

    Returns:
        Values, shape (..., nodes), and derivatives by local coordinate, (..., nodes, 2).
    """
    x, y = local[..., 0], local[..., 1]
    if kind in ("triangle", "triangle6"):
        return _triangle(kind, np.stack([1 - x - y, x, y], axis=-1))
    order = 1 if kind == "quad" else 2
    nodes = QUAD_NODES if order == 1 else QUAD9_NODES
    (fx, dx), (fy, dy) = _line(order, x), _line(order, y)
    values = [fx[..., i] * fy[..., j] for i, j in nodes]
    slopes = [np.stack([dx[..., i] * fy[..., j], fx[..., i] * dy[..., j]], -1) for i, j in nodes]
    return np.stack(values, -1), np.stack(slopes, -2)


def _line(order: int, x: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the Lagrange polynomials of the nodes of [0, 1] and their derivatives."""
    one = np.ones_like(x)
    if order == 1:
        return np.stack([1 - x, x], -1), np.stack([-one, one], -1)
    values = [(1 - x) * (1 - 2 * x), 4 * x * (1 - x), x * (2 * x - 1)]
    return np.stack(values, -1), np.stack([4 * x - 3, 4 - 8 * x, 4 * x - 1], -1)


def _triangle(kind: CellKind, area: FloatArray) -> tuple[FloatArray, FloatArray]:
    slopes = np.broadcast_to(np.array([[-1.0, -1.0], [1.0, 0.0], [0.0, 1.0]]), (*area.shape, 2))
    if kind == "triangle":
        return area, slopes
    values = [area[..., i] * (2 * area[..., i] - 1) for i in range(3)]
    grads = [(4 * area[..., i, None] - 1) * slopes[..., i, :] for i in range(3)]
    for i, j in ((0, 1), (1, 2), (2, 0)):
        values.append(4 * area[..., i] * area[..., j])
        grads.append(
            4 * (area[..., i, None] * slopes[..., j, :] + area[..., j, None] * slopes[..., i, :])
        )
    return np.stack(values, -1), np.stack(grads, -2)


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
    local: FloatArray = np.full((len(nodes), 2), 1 / 3 if kind.startswith("triangle") else 1 / 2)
    for _ in range(NEWTON_STEPS):
        values, slopes = shape_functions(kind, local)
        missing = target - np.einsum("ek,ekd->ed", values, nodes)
        (a, b), (c, d) = np.einsum("ekd,ekl->dle", nodes, slopes)
        along = [d * missing[:, 0] - b * missing[:, 1], a * missing[:, 1] - c * missing[:, 0]]
        step = np.stack(along, axis=-1) / (a * d - b * c)[:, None]
        # The step is kept within reach of the element: a curved map may fold beyond it.
        local = np.clip(local + step, -1.0, 2.0)
    return local


def _outside(kind: CellKind, local: FloatArray) -> FloatArray:
    x, y = local[:, 0], local[:, 1]
    beyond = x + y - 1 if kind.startswith("triangle") else np.maximum(x, y) - 1
    return np.maximum(0.0, np.maximum(beyond, np.maximum(-x, -y)))


def _clipped(kind: CellKind, local: FloatArray) -> FloatArray:
    inside: FloatArray = np.clip(local, 0.0, 1.0)
    return inside / max(1.0, inside.sum()) if kind.startswith("triangle") else inside
