"""Which region of a solid the elements of a mesh, or points of them, belong to."""

from __future__ import annotations

import numpy as np

from mechagents.mechanics.geometry import Geometry
from mechagents.mechanics.solid_body import contains
from mechagents.verification.elements import (
    FloatArray,
    IntArray,
    quadrature,
    reference_middle,
    shape_functions,
)
from mechagents.verification.fields import Block, Fields


def regions_at(geometry: Geometry, points: FloatArray) -> IntArray:
    """Return the number of the first region that each point (n, 3) lies in, or -1; (n,)."""
    found = np.full(len(points), -1, dtype=np.int64)
    for number, shape in enumerate(geometry.regions.values()):
        left = np.flatnonzero(found < 0)
        found[left[contains(shape, points[left], 0.0)]] = number
    return found


def element_regions(geometry: Geometry, fields: Fields) -> tuple[IntArray, ...]:
    """Return the region of the middle of each element of each block, -1 outside; (elements,)."""
    return tuple(
        regions_at(geometry, fields.points[block.nodes].transpose(0, 2, 1) @ _middle(block))
        for block in fields.blocks
    )


def _middle(block: Block) -> FloatArray:
    return np.asarray(shape_functions(block.kind, reference_middle(block.kind))[0])


def point_regions(geometry: Geometry, fields: Fields, block: Block) -> IntArray:
    """Return the region of each usual quadrature point of a block, -1 outside; (elements, q)."""
    N = shape_functions(block.kind, quadrature(block.kind, 0)[0])
    points = N @ fields.points[block.nodes]
    return regions_at(geometry, points.reshape(-1, 3)).reshape(points.shape[:2])
