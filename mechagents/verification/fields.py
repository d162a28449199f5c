"""The mesh, displacement and stress that a program returned."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mechagents.mechanics.geometry import Dimension
from mechagents.verification.constitutive import COLUMNS
from mechagents.verification.elements import (
    ElementKind,
    FloatArray,
    IntArray,
    dimension,
    local_edges,
    reference_nodes,
)
from mechagents.verification.files import read_bounded
from mechagents.verification.vtu import Grid, parse_vtu

FIELDS_BYTES = 512 * 2**20
"""The largest ``fields.vtu`` that is read."""
_KINDS: dict[int, ElementKind] = {
    5: "triangle", 22: "triangle6", 9: "quad", 23: "quad8", 28: "quad9",
    10: "tetra", 24: "tetra10", 12: "hexahedron", 25: "hexahedron20", 29: "hexahedron27",
    13: "wedge",
}  # fmt: skip
_ELEMENTS = {2: "triangles or quadrilaterals", 3: "tetrahedra, hexahedra or wedges"}
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
    """[m], shape (points, d): d is 2 in the plane and 3 in space."""
    blocks: tuple[Block, ...]
    displacement: FloatArray
    """[m], shape (points, d)."""
    point_stress: FloatArray | None = None
    """xx, yy, zz, xy, and in space yz, xz too [Pa], shape (points, 4 or 6)."""
    cell_stress: tuple[FloatArray, ...] | None = None
    """The same for each block, shape (elements, 4 or 6)."""
    modes: tuple[FloatArray, ...] = ()
    """Modes of vibration or buckling, each of shape (points, d)."""
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


def read_fields(
    path: Path,
    modes: int = 0,
    *,
    moved: bool = True,
    dimension: Dimension = 2,
    most: int = FIELDS_BYTES,
) -> Fields:
    """Return the solution of a ``fields.vtu``.

    Args:
        path: The file.
        modes: How many modes it has to hold.
        moved: Whether it has to hold a displacement; else that is zero.
        dimension: Of the body: 2 in the plane, 3 in space.
        most: Bytes that the file may have; its arrays may unpack to twice as many.

    Raises:
        ValueError: If the file is missing, too large or no VTU file, or if its mesh or fields
            do not have the agreed names, shapes and finite numbers.
    """
    grid = parse_vtu(read_bounded(path, most), modes, most=2 * most)
    return _fields(grid, modes, moved, dimension)


def _fields(grid: Grid, modes: int, moved: bool, d: Dimension) -> Fields:
    points = grid.points
    if points.ndim != 2 or points.shape[1] != 3 or not len(points):
        raise ValueError(f"points need shape (n, 3), not {points.shape}")
    _check_finite("points", points)
    flat = np.abs(points[:, 2]).max() <= 1e-9 * np.ptp(points[:, :2], axis=0).max()
    if d == 2 and not flat:
        raise ValueError("the points do not lie in the plane z = 0")
    blocks, rows = grid_blocks(grid, d)
    used = np.unique(np.concatenate([block.nodes.ravel() for block in blocks]))
    number = np.full(len(points), -1, dtype=np.int64)
    number[used] = np.arange(len(used))
    stress = grid.point_data.get("stress")
    by_cell = grid.cell_data.get("stress")
    return Fields(
        points=points[used, :d],
        blocks=tuple(Block(block.kind, number[block.nodes]) for block in blocks),
        displacement=_moved(grid, "displacement", d)[used, :d]
        if moved
        else np.zeros((len(used), d)),
        point_stress=None if stress is None else _stress(stress, len(points), d)[used],
        cell_stress=None
        if by_cell is None
        else tuple(_stress(by_cell, len(grid.types), d)[row] for row in rows),
        modes=tuple(_mode(grid, f"mode_{i + 1}", d)[used, :d] for i in range(modes)),
        rounding=grid.rounding,
    )


def grid_blocks(grid: Grid, d: Dimension) -> tuple[list[Block], list[IntArray]]:
    """Return the elements of a grid that are of a dimension, and their places among its cells.

    Raises:
        ValueError: If there are none, a cell is of a kind that is not known, or it is damaged.
    """
    kinds: dict[int, ElementKind] = {
        number: kind for number, kind in _KINDS.items() if dimension(kind) == d
    }
    # The faces of a solid may be there too; they carry no stiffness.
    lower = {number for number, kind in _KINDS.items() if dimension(kind) < d}
    unknown = set(grid.types.tolist()) - set(kinds) - lower - set(_LINES_AND_POINTS)
    if unknown:
        known = ", ".join(kinds.values())
        raise ValueError(f"cells of VTK type {sorted(unknown)[:5]} cannot be checked; use {known}")
    if len(grid.offsets) != len(grid.types):
        raise ValueError("as many offsets as cell types are needed")
    starts = np.concatenate([[0], grid.offsets[:-1]]) if len(grid.offsets) else grid.offsets
    blocks: list[Block] = []
    rows: list[IntArray] = []
    for type_number, kind in kinds.items():
        row = np.flatnonzero(grid.types == type_number)
        if row.size:
            rows.append(row)
            blocks.append(Block(kind, _nodes(grid, starts[row], grid.offsets[row], kind)))
    if not blocks:
        raise ValueError(f"the mesh has no {_ELEMENTS[d]}")
    return blocks, rows


def _nodes(grid: Grid, starts: IntArray, ends: IntArray, kind: ElementKind) -> IntArray:
    count = len(reference_nodes(kind))
    if np.any(ends - starts != count) or starts.min() < 0 or ends.max() > len(grid.connectivity):
        raise ValueError(f"a cell of kind {kind} needs {count} nodes")
    nodes: IntArray = grid.connectivity[starts[:, None] + np.arange(count)]
    if nodes.min() < 0 or nodes.max() >= len(grid.points):
        raise ValueError("a cell names a point that does not exist")
    return nodes


def _mode(grid: Grid, name: str, d: Dimension) -> FloatArray:
    found = _moved(grid, name, d)
    if not np.any(found):
        raise ValueError(f"{name} is zero everywhere")
    return found


def _moved(grid: Grid, name: str, d: Dimension) -> FloatArray:
    found = grid.point_data.get(name)
    if found is None:
        raise ValueError(f"point data {name} is missing")
    columns = range(d, 4)
    if found.ndim != 2 or found.shape[0] != len(grid.points) or found.shape[1] not in columns:
        shape = " or ".join(f"({len(grid.points)}, {number})" for number in columns)
        raise ValueError(f"{name} needs shape {shape}, not {found.shape}")
    _check_finite(name, found)
    return found


def _stress(values: FloatArray, count: int, d: Dimension) -> FloatArray:
    columns = 4 if d == 2 else 6
    if values.shape != (count, columns):
        words = ", ".join(COLUMNS[:columns])
        raise ValueError(f"stress needs shape ({count}, {columns}): {words}; not {values.shape}")
    _check_finite("stress", values)
    return values


def _check_finite(name: str, values: FloatArray) -> None:
    bad = int(np.count_nonzero(~np.isfinite(values).all(axis=-1)))
    if bad:
        raise ValueError(f"{name} is not finite (nan or inf) in {bad} of {len(values)} rows")
