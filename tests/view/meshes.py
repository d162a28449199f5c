"""Small meshes of every kind of element, whose counts, areas and fields are known."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import meshio
import numpy as np
from numpy.typing import NDArray

from mechagents.verification.elements import ElementKind, reference_nodes
from mechagents.view.returned import FILE, Returned, read_returned

Array = NDArray[np.float64]
TETS = ((0, 1, 2, 6), (0, 2, 3, 6), (0, 3, 7, 6), (0, 7, 4, 6), (0, 4, 5, 6), (0, 5, 1, 6))
WEDGES = ((0, 1, 2, 4, 5, 6), (0, 2, 3, 4, 6, 7))
CORNERS = ((0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0), (0, 0, 1), (1, 0, 1), (1, 1, 1), (0, 1, 1))


def block_of(kind: ElementKind, n: int = 2) -> tuple[Array, NDArray[np.int64]]:
    """Return points and elements of the unit cube, or of the unit square in the plane z = 0.

    Args:
        kind: The element.
        n: How many cells there are along each side.
    """
    cells = _straight(kind, n)
    at = reference_nodes(kind)
    straight = kind.rstrip("0123456789")
    corners = reference_nodes(straight)  # type: ignore[arg-type]
    shape = _corner_functions(straight, corners, at)
    points = np.einsum("kc,mcx->mkx", shape, cells).reshape(-1, 3)
    unique, number = np.unique(points.round(9), axis=0, return_inverse=True)
    return unique, number.reshape(len(cells), len(at)).astype(np.int64)


def _straight(kind: str, n: int) -> Array:
    """Return the corners of each element, shape (elements, corners, 3)."""
    steps = list(product(range(n), repeat=3 if not kind.startswith(("tri", "quad")) else 2))
    found: list[list[tuple[float, ...]]] = []
    for step in steps:
        origin = (*step, 0)[:3]
        box = [
            tuple((o + c) / n for o, c in zip(origin, corner, strict=True)) for corner in CORNERS
        ]
        if kind.startswith("tri"):
            found += [[box[0], box[1], box[2]], [box[0], box[2], box[3]]]
        elif kind.startswith("quad"):
            found.append(box[:4])
        elif kind.startswith("hexa"):
            found.append(box)
        else:
            rows = TETS if kind.startswith("tet") else WEDGES
            found += [[box[i] for i in row] for row in rows]
    cells = np.array(found)
    if kind.startswith(("tri", "quad")):
        cells[..., 2] = 0.0
    return cells


def _corner_functions(kind: str, corners: Array, at: Array) -> Array:
    """Return the shape functions of the straight element at reference points."""
    if kind in ("triangle", "tetra"):
        return np.column_stack([1 - at.sum(axis=1), at])
    if kind == "wedge":
        flat = np.column_stack([1 - at[:, :2].sum(axis=1), at[:, :2]])
        up = (1 + at[:, 2:]) / 2
        return np.concatenate([flat * (1 - up), flat * up], axis=1)
    return np.stack([((1 + at * c) / 2).prod(axis=1) for c in corners], axis=1)


def write(folder: Path, kind: ElementKind, n: int = 2, **arrays: Array) -> Returned:
    """Write a mesh with arrays at its points to a folder and return what the viewer reads of it."""
    points, cells = block_of(kind, n)
    meshio.Mesh(points, [(kind, cells)], point_data=arrays).write(folder / FILE)
    return read_returned(folder)
