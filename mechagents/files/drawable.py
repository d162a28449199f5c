"""A returned mesh in the elements that can be drawn, with the stress at their nodes."""

from __future__ import annotations

import numpy as np

from mechagents.kit.pictures import SPLIT
from mechagents.mechanics.meshing import CellKind, Mesh
from mechagents.verification.assembly import Stresses
from mechagents.verification.elements import FloatArray, IntArray
from mechagents.verification.fields import Block
from mechagents.verification.solution import Solution

_SOLID = {"tetra": 4, "tetra10": 10, "hexahedron": 8, "hexahedron20": 8, "hexahedron27": 27}
"""Solids that can be drawn, each by its first so many nodes."""
_QUAD8 = ((0, 4, 7), (4, 1, 5), (5, 2, 6), (6, 3, 7), (4, 5, 7), (5, 6, 7))


def drawable(solution: Solution) -> Mesh:
    """Return the mesh in elements of one kind that can be drawn.

    A plane mesh of several kinds, or of eight-node quadrilaterals, becomes triangles; what is of
    no region is drawn as of the first.

    Raises:
        ValueError: If it is of several kinds of solids, or of wedges.
    """
    fields, names = solution.fields, solution.regions
    splits = [_parts(block, alone=len(fields.blocks) == 1) for block in fields.blocks]
    cells = np.concatenate(
        [
            block.nodes[:, s].reshape(-1, s.shape[1])
            for block, s in zip(fields.blocks, splits, strict=True)
        ]
    )
    region = np.concatenate(
        [
            np.repeat(np.maximum(one, 0), len(s))
            for one, s in zip(solution.region, splits, strict=True)
        ]
    )
    return Mesh(fields.points, cells, _kind(fields.blocks), names, region)


def drawable_tensor(solution: Solution, tensors: tuple[Stresses, ...]) -> FloatArray:
    """Return a tensor at the nodes of each element of ``drawable``, (elements, nodes, c).

    Args:
        solution: The solution.
        tensors: Stress [Pa] or strain [-] of each block.
    """
    blocks = solution.fields.blocks
    found: list[FloatArray] = []
    for block, part in zip(blocks, tensors, strict=True):
        s = _parts(block, alone=len(blocks) == 1)
        at = part.at_nodes[:, s]
        found.append(at.reshape(-1, s.shape[1], at.shape[-1]))
    return np.concatenate(found)


def _kind(blocks: tuple[Block, ...]) -> CellKind:
    kind = blocks[0].kind
    if kind == "hexahedron20":
        return "hexahedron"
    if kind in ("tetra", "tetra10", "hexahedron", "hexahedron27"):
        return kind
    if len(blocks) == 1 and kind in ("triangle", "triangle6", "quad", "quad9"):
        return kind
    return "triangle"


def _parts(block: Block, *, alone: bool) -> IntArray:
    """Return the local nodes of what each element of a block is drawn as, (parts, nodes)."""
    kind = block.kind
    if alone and kind in _SOLID:
        return np.arange(_SOLID[kind], dtype=np.int64)[None]
    if kind in ("triangle", "triangle6", "quad", "quad9"):
        whole = np.arange(block.nodes.shape[1], dtype=np.int64)[None]
        return whole if alone else np.array([list(part) for part in SPLIT[kind]], dtype=np.int64)
    if kind == "quad8":
        return np.array([list(part) for part in _QUAD8], dtype=np.int64)
    told = "of wedges" if alone else "of several kinds of solid elements"
    raise ValueError(f"a mesh {told} cannot be drawn")
