"""A grid of quads for a rectangle."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from mechagents.mechanics.geometry import Rectangle
from mechagents.mechanics.meshing import RawMesh

if TYPE_CHECKING:
    from mechagents.mechanics.meshing import CellKind, FloatArray, IntArray
    from mechagents.mechanics.units import Point


def quad_grid(
    rectangle: Rectangle,
    mesh_size: float,
    order: int,
    marks: list[tuple[Point, bool]],
    near: float,
) -> RawMesh:
    """Return a grid of ``round(side / mesh_size)`` quads a side, at least one.

    Args:
        rectangle: The body.
        mesh_size: The length of edges [m].
        order: 1 for four nodes an element, 2 for nine.
        marks: Points that need a node [m].
        near: Coordinates closer than this are the same [m].
    """
    low = np.array(rectangle.origin)
    high = low + np.array(rectangle.size)
    inside = [p for p, _ in marks if np.all(p > low - near) and np.all(p < high + near)]
    xs, ys = (
        stations((low[i], high[i]), mesh_size, order, [p[i] for p in inside], near) for i in (0, 1)
    )
    points = np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 2)
    number = np.arange(len(points)).reshape(len(ys), len(xs))
    cells = _cells(number, order)
    edges = np.concatenate([_edges(side, order) for side in _sides(number)])
    ends = points[edges[:, :2]]
    samples = np.concatenate([ends, ends.mean(axis=1, keepdims=True)], axis=1)
    kind: CellKind = "quad" if order == 1 else "quad9"
    return RawMesh(points, cells, kind, np.zeros(len(cells), np.int64), edges, samples)


def stations(
    ends: tuple[float, float], mesh_size: float, order: int, extra: list[float], near: float
) -> FloatArray:
    """Return the coordinates of nodes along a side [m], with one near every extra value on it.

    Args:
        ends: Where the side begins and ends [m].
        mesh_size: The length of edges [m].
        order: How many nodes an edge adds.
        extra: Coordinates that need a node [m].
        near: Coordinates closer than this are the same [m].
    """
    breaks = [ends[0]]
    for value in sorted(extra):
        if value > breaks[-1] + near and value < ends[1] - near:
            breaks.append(value)
    breaks.append(ends[1])
    pieces = [
        np.linspace(a, b, order * max(1, round((b - a) / mesh_size)) + 1)
        for a, b in pairwise(breaks)
    ]
    return np.concatenate([pieces[0], *(piece[1:] for piece in pieces[1:])])


def _cells(number: IntArray, order: int) -> IntArray:
    """Return the elements, each with its nodes in VTK's order: corners, sides, centre."""
    step = order
    corners = [(0, 0), (0, step), (step, step), (step, 0)]
    inner = [(0, 1), (1, 2), (2, 1), (1, 0), (1, 1)] if order == 2 else []
    rows, columns = number.shape[0] - step, number.shape[1] - step
    parts = [
        number[i : i + rows : step, j : j + columns : step].ravel() for i, j in corners + inner
    ]
    return np.stack(parts, axis=1)


def _sides(number: IntArray) -> list[IntArray]:
    return [number[0], number[:, -1], number[-1, ::-1], number[::-1, 0]]


def _edges(side: IntArray, order: int) -> IntArray:
    if order == 1:
        return np.stack([side[:-1], side[1:]], axis=1)
    return np.stack([side[:-2:2], side[2::2], side[1::2]], axis=1)
