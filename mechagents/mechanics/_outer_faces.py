"""The faces of solid elements, and those of a mesh that make up the surface of its body."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from mechagents.mechanics.meshing import CellKind, IntArray

_TETRAHEDRON = ((0, 1, 3, 4, 8, 7), (1, 2, 3, 5, 9, 8), (2, 0, 3, 6, 7, 9), (0, 2, 1, 6, 5, 4))
_HEXAHEDRON = (
    (0, 4, 7, 3, 16, 15, 19, 11, 20), (1, 2, 6, 5, 9, 18, 13, 17, 21),
    (0, 1, 5, 4, 8, 17, 12, 16, 22), (2, 3, 7, 6, 10, 19, 14, 18, 23),
    (0, 3, 2, 1, 11, 10, 9, 8, 24), (4, 5, 6, 7, 12, 13, 14, 15, 25),
)  # fmt: skip
"""Nodes of each face in VTK's order: corners, anticlockwise from outside, middles, centre."""


def outer_faces(cells: IntArray, kind: CellKind) -> IntArray:
    """Return the faces that only one element has, shape (faces, 3 | 6 | 4 | 9).

    Args:
        cells: Nodes of each element in VTK's order.
        kind: The elements, which are solid.

    Returns:
        The nodes of each face: corners, anticlockwise seen from outside, then middles and centre.
    """
    return outer_faces_and_elements(cells, kind)[0]


def outer_faces_and_elements(
    cells: IntArray, kind: CellKind | Literal["hexahedron20"]
) -> tuple[IntArray, IntArray]:
    """Return the same, and the element that each face is of, shape (faces,)."""
    of_tetrahedra = kind.startswith("tetra")
    corners = 3 if of_tetrahedra else 4
    table = np.array(_TETRAHEDRON if of_tetrahedra else _HEXAHEDRON)
    without = {"tetra": 3, "hexahedron": 4, "hexahedron20": 8}
    columns = without.get(kind, table.shape[1])
    faces = np.concatenate([cells[:, face] for face in table[:, :columns]])
    keys = face_keys(faces[:, :corners], int(cells.max()) + 1)
    _, first, times = np.unique(keys, return_index=True, return_counts=True)
    once = np.sort(first[times == 1])
    return faces[once], once % len(cells)


def face_keys(corners: IntArray, count: int) -> IntArray:
    """Return a number for each face that tells it from the others, shape (faces,).

    Args:
        corners: Nodes at the corners of each face.
        count: How many nodes the mesh has.
    """
    # Two faces of a mesh have two corners in common at most.
    ordered = np.sort(corners, axis=1)
    keys: IntArray = (ordered[:, 0] * count + ordered[:, 1]) * count + ordered[:, 2]
    return keys
