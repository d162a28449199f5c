"""Which elements of a returned mesh hold a point, and where in them it lies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mechagents.verification.elements import (
    ElementKind,
    FloatArray,
    IntArray,
    reference_middle,
    shape_functions,
    shape_gradients,
)
from mechagents.verification.fields import Fields
from mechagents.verification.jacobians import adjugates

_TOUCHES = 1e-6
"""A point that is outside by less, in reference coordinates, touches the element."""
_BESIDE = 0.25
"""Straight edges may leave a point of a curved outline outside all elements, but not further."""


@dataclass(frozen=True, eq=False)
class Spot:
    """An element around a point."""

    block: int
    element: int
    N: FloatArray
    """Its shape functions at the point, shape (nodes,)."""
    outside: float
    """How far out of the element the point lies, in reference coordinates [-]."""


def locate(fields: Fields, point: tuple[float, ...]) -> list[Spot]:
    """Return the elements that hold or touch a point, or the nearest one beside it.

    An empty list means that the point is not in the mesh.
    """
    target = np.array(point)
    spots = [spot for i in range(len(fields.blocks)) for spot in _in_block(fields, i, target)]
    spots.sort(key=lambda spot: spot.outside)
    touching = [spot for spot in spots if spot.outside <= _TOUCHES]
    return touching or [spot for spot in spots[:1] if spot.outside <= _BESIDE]


def _in_block(fields: Fields, index: int, target: FloatArray) -> list[Spot]:
    block = fields.blocks[index]
    coordinates = fields.points[block.nodes]
    low, high = coordinates.min(axis=1), coordinates.max(axis=1)
    margin = _BESIDE * (high - low).max(axis=1, keepdims=True)
    near = ((target >= low - margin) & (target <= high + margin)).all(axis=1)
    rows = np.flatnonzero(near)
    inside = _invert(block.kind, coordinates[rows], target)
    off = _outside(block.kind, inside)
    N = shape_functions(block.kind, inside)
    return [Spot(index, int(row), N[i], float(off[i])) for i, row in enumerate(rows)]


def _invert(kind: ElementKind, coordinates: FloatArray, target: FloatArray) -> FloatArray:
    """Return the reference coordinates of a point in each element by Newton's method."""
    at = np.tile(reference_middle(kind), (len(coordinates), 1))
    for _ in range(20):
        off = target - np.einsum("mk,mkx->mx", shape_functions(kind, at), coordinates)
        J = np.einsum("mka,mkx->mxa", shape_gradients(kind, at), coordinates)
        adjugate, det = adjugates(J)
        det = np.where(det == 0, np.inf, det)
        step = np.einsum("mxa,ma->mx", adjugate, off) / det[:, None]
        # A curved element may send a far point anywhere; it is not the one that holds it.
        at = np.clip(at + step, -3, 3)
    return at


def _outside(kind: ElementKind, at: FloatArray) -> FloatArray:
    if kind == "wedge":
        across, along = at[:, :2], np.abs(at[:, 2]) - 1
        beyond = np.maximum(np.maximum(-across.min(axis=1), across.sum(axis=1) - 1), along)
    elif kind.startswith(("triangle", "tetra")):
        beyond = np.maximum(-at.min(axis=1), at.sum(axis=1) - 1)
    else:
        beyond = np.abs(at).max(axis=1) - 1
    return np.asarray(np.maximum(beyond, 0.0), dtype=np.float64)


def patch(fields: Fields, spots: list[Spot]) -> tuple[IntArray, ...]:
    """Return for each block the elements that share a node with those around a point."""
    nodes = np.concatenate([fields.blocks[s.block].nodes[s.element] for s in spots])
    marked = np.zeros(len(fields.points), dtype=np.bool_)
    marked[nodes] = True
    return tuple(np.flatnonzero(marked[block.nodes].any(axis=1)) for block in fields.blocks)
