"""A grid of hexahedra for a box."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mechagents.mechanics._grid import stations
from mechagents.mechanics.geometry import AXES, AtSpacePoint, Box, Geometry, OnCurve, OnPlane

if TYPE_CHECKING:
    from mechagents.mechanics.meshing import FloatArray, IntArray

_CORNERS = ((0, 0, 0), (2, 0, 0), (2, 2, 0), (0, 2, 0), (0, 0, 2), (2, 0, 2), (2, 2, 2), (0, 2, 2))
_EDGES = (
    (1, 0, 0), (2, 1, 0), (1, 2, 0), (0, 1, 0), (1, 0, 2), (2, 1, 2), (1, 2, 2), (0, 1, 2),
    (0, 0, 1), (2, 0, 1), (2, 2, 1), (0, 2, 1),
)  # fmt: skip
_FACES = ((0, 1, 1), (2, 1, 1), (1, 0, 1), (1, 2, 1), (1, 1, 0), (1, 1, 2), (1, 1, 1))
"""Where the nodes of an element are, in halves of it along x, y and z, in VTK's order."""


def fits_a_grid(geometry: Geometry) -> bool:
    """Return whether a solid is one box and its named boundaries end on planes square to axes."""
    (first, *others) = geometry.regions.values()
    curves = [part.of for part in geometry.boundaries.values() if isinstance(part, OnCurve)]
    flat = all(isinstance(surface, OnPlane) for pair in curves for surface in pair)
    return isinstance(first, Box) and not others and flat


def hexahedra(
    geometry: Geometry, box: Box, mesh_size: float, order: int, near: float
) -> tuple[FloatArray, IntArray]:
    """Return nodes [m] and elements of a grid of ``round(side / mesh_size)`` pieces a side.

    There are more only where the end of a named boundary needs a node.

    Args:
        geometry: The body, whose boundaries need nodes.
        box: Its one region.
        mesh_size: The length of edges [m].
        order: 1 for eight nodes an element, 2 for twenty-seven.
        near: Coordinates closer than this are the same [m].
    """
    wanted = _planes(geometry)
    x, y, z = (
        stations((low, low + side), mesh_size, order, wanted[axis], near)
        for axis, low, side in zip(AXES, box.origin, box.size, strict=True)
    )
    points = np.stack(np.meshgrid(x, y, z, indexing="ij"), axis=-1).reshape(-1, 3)
    number = np.arange(len(points)).reshape(len(x), len(y), len(z))
    places = np.array(_CORNERS if order == 1 else _CORNERS + _EDGES + _FACES)
    ends = [count - order for count in number.shape]
    columns = [
        number[i : i + ends[0] : order, j : j + ends[1] : order, k : k + ends[2] : order].ravel()
        for i, j, k in places * order // 2
    ]
    return points, np.stack(columns, axis=1)


def _planes(geometry: Geometry) -> dict[str, list[float]]:
    """Return where named boundaries need nodes along each axis [m]."""
    found: dict[str, list[float]] = {axis: [] for axis in AXES}
    for boundary in geometry.boundaries.values():
        if isinstance(boundary, AtSpacePoint):
            for axis, value in zip(AXES, boundary.at, strict=True):
                found[axis].append(value)
        surfaces = boundary.of if isinstance(boundary, OnCurve) else (boundary,)
        for surface in surfaces:
            if isinstance(surface, OnPlane):
                found[surface.axis].append(surface.at)
                for axis, ends in surface.within.items():
                    found[axis] += ends
    return found
