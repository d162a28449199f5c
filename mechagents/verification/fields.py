"""The mesh, displacement and stress that a program returned."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mechagents.verification.elements import (
    ElementKind,
    FloatArray,
    IntArray,
    local_edges,
    reference_nodes,
)
from mechagents.verification.files import read_bounded
from mechagents.verification.vtu import Grid, parse_vtu

FIELDS_BYTES = 512 * 2**20
"""The largest ``fields.vtu`` that is read."""
_KINDS: dict[int, ElementKind] = {
    5: "triangle", 22: "triangle6", 9: "quad", 23: "quad8", 28: "quad9",
}  # fmt: skip
_LINES_AND_POINTS = (1, 2, 3, 4, 21)
"""VTK's types of cells that may be there but carry no stiffness."""


@dataclass(frozen=True, eq=False)
class Block:
    """Elements of one kind."""

    kind: ElementKind
    nodes: IntArray
    """In VTK's order, shape (elements, nodes of the kind)."""

    def __len__(self) -> int:
        return len(self.nodes)


@dataclass(frozen=True, eq=False)
class Fields:
    """A returned solution: every point belongs to an element, every number is finite."""

    points: FloatArray
    """[m], shape (points, 2)."""
    blocks: tuple[Block, ...]
    displacement: FloatArray
    """[m], shape (points, 2)."""
    point_stress: FloatArray | None = None
    """xx, yy, zz, xy [Pa], shape (points, 4)."""
    cell_stress: tuple[FloatArray, ...] | None = None
    """xx, yy, zz, xy [Pa] for each block, shape (elements, 4)."""
    modes: tuple[FloatArray, ...] = ()
    """Modes of vibration or buckling, each of shape (points, 2)."""
    rounding: float = 2e-11
    """Relative rounding of the stored numbers: text keeps twelve digits, Float32 seven."""

    @property
    def has_stress(self) -> bool:
        """Whether a stress field was returned."""
        return self.point_stress is not None or self.cell_stress is not None

    @property
    def elements(self) -> int:
        """How many elements there are."""
        return sum(map(len, self.blocks))

    @property
    def size(self) -> float:
        """Diagonal of the box around the mesh [m]."""
        return float(np.linalg.norm(np.ptp(self.points, axis=0)))

    @property
    def longest_edge(self) -> float:
        """Length of the longest element edge [m], between its ends."""
        longest = 0.0
        for block in self.blocks:
            ends = self.points[block.nodes[:, local_edges(block.kind)[:, :2]]]
            lengths = np.linalg.norm(ends[:, :, 1] - ends[:, :, 0], axis=-1)
            longest = max(longest, float(lengths.max()))
        return longest


def read_fields(path: Path, modes: int = 0, *, moved: bool = True) -> Fields:
    """Return the solution of a ``fields.vtu``.

    Args:
        path: The file.
        modes: How many modes it has to hold.
        moved: Whether it has to hold a displacement; else that is zero.

    Raises:
        ValueError: If the file is missing, too large or no VTU file, or if its mesh or fields
            do not have the agreed names, shapes and finite numbers.
    """
    return _fields(parse_vtu(read_bounded(path, FIELDS_BYTES), modes), modes, moved)


def _fields(grid: Grid, modes: int, moved: bool) -> Fields:
    points = grid.points
    if points.ndim != 2 or points.shape[1] != 3 or not len(points):
        raise ValueError(f"points need shape (n, 3), not {points.shape}")
    _check_finite("points", points)
    flat = np.abs(points[:, 2]).max() <= 1e-9 * np.ptp(points[:, :2], axis=0).max()
    if not flat:
        raise ValueError("the points do not lie in the plane z = 0")
    blocks, rows = _blocks(grid)
    used = np.unique(np.concatenate([block.nodes.ravel() for block in blocks]))
    number = np.full(len(points), -1, dtype=np.int64)
    number[used] = np.arange(len(used))
    stress = grid.point_data.get("stress")
    by_cell = grid.cell_data.get("stress")
    return Fields(
        points=points[used, :2],
        blocks=tuple(Block(block.kind, number[block.nodes]) for block in blocks),
        displacement=_moved(grid, "displacement")[used, :2] if moved else np.zeros((len(used), 2)),
        point_stress=None if stress is None else _stress(stress, len(points))[used],
        cell_stress=None
        if by_cell is None
        else tuple(_stress(by_cell, len(grid.types))[row] for row in rows),
        modes=tuple(_mode(grid, f"mode_{i + 1}")[used, :2] for i in range(modes)),
        rounding=grid.rounding,
    )


def _blocks(grid: Grid) -> tuple[list[Block], list[IntArray]]:
    unknown = set(grid.types.tolist()) - set(_KINDS) - set(_LINES_AND_POINTS)
    if unknown:
        known = ", ".join(_KINDS.values())
        raise ValueError(f"cells of VTK type {sorted(unknown)[:5]} cannot be checked; use {known}")
    if len(grid.offsets) != len(grid.types):
        raise ValueError("as many offsets as cell types are needed")
    starts = np.concatenate([[0], grid.offsets[:-1]]) if len(grid.offsets) else grid.offsets
    blocks: list[Block] = []
    rows: list[IntArray] = []
    for type_number, kind in _KINDS.items():
        row = np.flatnonzero(grid.types == type_number)
        if row.size:
            rows.append(row)
            blocks.append(Block(kind, _nodes(grid, starts[row], grid.offsets[row], kind)))
    if not blocks:
        raise ValueError("the mesh has no triangles or quadrilaterals")
    return blocks, rows


def _nodes(grid: Grid, starts: IntArray, ends: IntArray, kind: ElementKind) -> IntArray:
    count = len(reference_nodes(kind))
    if np.any(ends - starts != count) or starts.min() < 0 or ends.max() > len(grid.connectivity):
        raise ValueError(f"a cell of kind {kind} needs {count} nodes")
    nodes: IntArray = grid.connectivity[starts[:, None] + np.arange(count)]
    if nodes.min() < 0 or nodes.max() >= len(grid.points):
        raise ValueError("a cell names a point that does not exist")
    return nodes


def _mode(grid: Grid, name: str) -> FloatArray:
    found = _moved(grid, name)
    if not np.any(found):
        raise ValueError(f"{name} is zero everywhere")
    return found


def _moved(grid: Grid, name: str) -> FloatArray:
    found = grid.point_data.get(name)
    if found is None:
        raise ValueError(f"point data {name} is missing")
    if found.ndim != 2 or found.shape[0] != len(grid.points) or found.shape[1] not in (2, 3):
        shape = f"({len(grid.points)}, 2) or ({len(grid.points)}, 3)"
        raise ValueError(f"{name} needs shape {shape}, not {found.shape}")
    _check_finite(name, found)
    return found


def _stress(values: FloatArray, count: int) -> FloatArray:
    if values.shape != (count, 4):
        raise ValueError(f"stress needs shape ({count}, 4): xx, yy, zz, xy; not {values.shape}")
    _check_finite("stress", values)
    return values


def _check_finite(name: str, values: FloatArray) -> None:
    bad = int(np.count_nonzero(~np.isfinite(values).all(axis=-1)))
    if bad:
        raise ValueError(f"{name} is not finite (nan or inf) in {bad} of {len(values)} rows")
