"""Elements without the nodes in their middle and in those of their faces."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mechagents.verification.elements import ElementKind
from mechagents.verification.fields import Block, Fields
from mechagents.verification.solution import Solution

_LESS: dict[str, tuple[ElementKind, int]] = {
    "quad9": ("quad8", 8),
    "hexahedron27": ("hexahedron20", 20),
}
"""What is left of an element, and how many of its nodes."""


def without_middles(solution: Solution) -> Solution:
    """Return a solution with quad8 for quad9 and hexahedron20 for hexahedron27.

    Its displacement is that of the nodes that stay; it is not the one that these elements have.
    """
    fields = solution.fields
    if not any(block.kind in _LESS for block in fields.blocks):
        return solution
    blocks = [_less(block) for block in fields.blocks]
    used = np.unique(np.concatenate([block.nodes.ravel() for block in blocks]))
    number = np.full(len(fields.points), -1, dtype=np.int64)
    number[used] = np.arange(len(used))
    left = Fields(
        points=fields.points[used],
        blocks=tuple(replace(block, nodes=number[block.nodes]) for block in blocks),
        displacement=fields.displacement[used],
        rounding=fields.rounding,
    )
    return Solution.of(solution.formulation, left)


def _less(block: Block) -> Block:
    kind, count = _LESS.get(block.kind, (block.kind, block.nodes.shape[1]))
    return Block(kind, block.nodes[:, :count])
