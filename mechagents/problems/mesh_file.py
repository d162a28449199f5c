"""Regions from a mesh file of the plane, through meshio."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from mechagents.errors import ProblemError
from mechagents.problems.mesh_chains import Pair, PlainMesh, regions_of
from mechagents.problems.outlines import FileRegions, geometry_of, plain_name

if TYPE_CHECKING:
    import meshio
    import numpy as np
    from numpy.typing import NDArray

    IntArray = NDArray[np.int64]

FORMATS = {
    ".msh": "gmsh", ".vtu": "vtu", ".vtk": "vtk", ".inp": "abaqus", ".bdf": "nastran",
    ".nas": "nastran", ".mesh": "medit", ".su2": "su2",
}  # fmt: skip
"""By the ending of the file's name, as meshio calls them."""
NEAR = 1e-5
"""Of the size of the body: how far off a line or a circle a node may lie."""
RINGS = {
    "triangle": (0, 1, 2), "quad": (0, 1, 2, 3), "triangle6": (0, 3, 1, 4, 2, 5),
    "quad8": (0, 4, 1, 5, 2, 6, 3, 7), "quad9": (0, 4, 1, 5, 2, 6, 3, 7),
}  # fmt: skip
"""The nodes around each kind of element."""
LINES = {"line": (0, 1), "line3": (0, 2, 1)}
TAGS = (
    "gmsh:physical", "medit:ref", "nastran:ref", "su2:tag", "cell_tags", "material", "region",
    "MaterialIds", "Material",
)  # fmt: skip
"""What formats and programs call the number of a cell's region, or a line's boundary."""
_SOLID = ("tetra", "hexahedron", "wedge", "pyramid")


def read_mesh(content: bytes, suffix: str, unit: float, unit_words: str) -> FileRegions:
    """Return the regions of a mesh of triangles and quadrilaterals.

    The outline of each region is chained from the edges of its elements; edges in a row on a
    line are one side, and on a circle an arc. Groups of lines, and sets of nodes, are boundaries.

    Args:
        content: The bytes of the file.
        suffix: The ending of its name, in lower case.
        unit: Its unit of length [m].
        unit_words: The same, and where it comes from, in words.

    Raises:
        ProblemError: If it cannot be read, or is no mesh of the plane.
    """
    import numpy as np

    found = loaded(content, suffix)
    mesh = _plain(found, unit)
    used = mesh.points[np.unique(mesh.edges)]
    size = float(np.linalg.norm(np.ptp(used, axis=0)))
    regions, straight, arcs = regions_of(mesh, size, NEAR * size)
    outline = {
        "about": "mesh_outline",
        "value": f"{straight} straight sides and {arcs} arcs",
        "source": "inferred",
        "why": (
            f"A mesh has no curves: four or more of its nodes within {NEAR * size:.2g} m of a "
            "circle, with edges that turn by less than 40 degrees, are taken for an arc; others "
            "are joined by straight sides."
        ),
    }
    return FileRegions(geometry_of(regions), (outline, unit_assumption(unit_words)))


def unit_assumption(unit_words: str) -> dict[str, str]:
    """Return the unit of length of a mesh file as an assumption."""
    return {
        "about": "mesh_unit",
        "value": unit_words,
        "source": "default" if "default" in unit_words else "stated",
        "why": "A mesh file states no unit of length.",
    }


def loaded(content: bytes, suffix: str) -> meshio.Mesh:
    """Return what meshio reads from a file.

    Raises:
        ProblemError: If it cannot be read.
    """
    import meshio

    told = io.StringIO()
    with TemporaryDirectory() as folder, redirect_stdout(told), redirect_stderr(told):
        path = Path(folder) / f"mesh{suffix}"
        path.write_bytes(content)
        try:
            return meshio.read(path, FORMATS[suffix])
        except (Exception, SystemExit) as error:  # it raises whatever its parsers meet
            reason = str(error) if isinstance(error, Exception) else told.getvalue().strip()
            first = next(iter(reason.splitlines()), type(error).__name__)
            raise ProblemError(f"is no {FORMATS[suffix]} mesh that can be read: {first}") from error


def _plain(found: meshio.Mesh, unit: float) -> PlainMesh:
    """Return the elements of a mesh with the names of their regions and of edges."""
    import numpy as np

    _check_cells(found)
    points = np.asarray(found.points, dtype=np.float64) * unit
    _check_flat(points)
    regions = _region_names(found)
    names = list(dict.fromkeys(name for block in regions.values() for name in block))
    edges: list[IntArray] = []
    owners: list[IntArray] = []
    for index, block_names in regions.items():
        block = found.cells[index]
        ring = block.data[:, RINGS[block.type]].astype(np.int64)
        edges.append(np.stack([ring, np.roll(ring, -1, axis=1)], axis=2).reshape(-1, 2))
        owner = np.array([names.index(name) for name in block_names], dtype=np.int64)
        owners.append(np.repeat(owner, ring.shape[1]))
    every, owner = np.concatenate(edges), np.concatenate(owners)
    return PlainMesh(points[:, :2], every, owner, tuple(names), _edge_names(found, every))


def _check_cells(found: meshio.Mesh) -> None:
    kinds = [block.type for block in found.cells]
    solid = sorted({kind for kind in kinds if kind.startswith(_SOLID)})
    if solid:
        raise ProblemError(
            f"holds solid elements ({', '.join(solid)}), and a body of the plane needs triangles "
            "or quadrilaterals; mesh its cross section, or state idealisation: solid"
        )
    if not any(kind in RINGS for kind in kinds):
        held = ", ".join(sorted(set(kinds))) or "none"
        raise ProblemError(f"holds no triangles or quadrilaterals; its elements: {held}")


def _check_flat(points: NDArray[np.float64]) -> None:
    if points.shape[1] < 3 or not len(points):
        return
    low, high = float(points[:, 2].min()), float(points[:, 2].max())
    size = math.dist(points.min(axis=0), points.max(axis=0))
    if high - low > NEAR * size:
        raise ProblemError(
            f"its nodes reach from z = {low:.6g} m to z = {high:.6g} m, and a body of the plane "
            "lies in a plane of constant z; turn the mesh into the x-y plane"
        )


def _region_names(found: meshio.Mesh) -> dict[int, list[str]]:
    """Return the name of the region of each element, for each block that has any."""
    blocks = [index for index, block in enumerate(found.cells) if block.type in RINGS]
    return plain_names(group_names(found, blocks, 2, "region"))


def plain_names(given: Mapping[int, list[str | None]]) -> dict[int, list[str]]:
    """Return names of regions for what a file calls them, and for what has no name."""
    every = {name for names in given.values() for name in names}
    alone = "body" if every == {None} else "rest"
    numbered = {name: plain_name(name, alone) for name in every}
    return {index: [numbered[name] for name in names] for index, names in given.items()}


def group_names(
    found: meshio.Mesh, blocks: Sequence[int], dimension: int, kind: str
) -> dict[int, list[str | None]]:
    """Return the names of the groups that the cells of some blocks are in, None where in none.

    Args:
        found: The mesh.
        blocks: The numbers of the blocks.
        dimension: Of their cells.
        kind: What a group that has but a number is called before it.
    """
    given = {index: _tagged(found, index, dimension, kind) for index in blocks}
    # A set within another one tells more.
    sets = sorted(found.cell_sets.items(), key=lambda item: -_count(item[1]))
    for name, members in sets:
        if name.startswith("gmsh:"):
            continue
        for index in blocks:
            inside = members[index] if index < len(members) else None
            cells: list[int] = [] if inside is None else inside.tolist()
            for cell in cells:
                given[index][cell] = name
    return given


def _count(members: list[NDArray[Any] | None]) -> int:
    return sum(0 if inside is None else len(inside) for inside in members)


def _tagged(found: meshio.Mesh, index: int, dimension: int, kind: str) -> list[str | None]:
    """Return the names of a block's cells by their numbers, None where there are none."""
    count = len(found.cells[index].data)
    tag = next((tag for tag in TAGS if tag in found.cell_data), None)
    if tag is None:
        return [None] * count
    names = {
        int(number): name for name, (number, of) in found.field_data.items() if int(of) == dimension
    }
    numbers = [int(number) for number in found.cell_data[tag][index].ravel().tolist()]
    return [names.get(n, f"{kind}_{n}" if n else None) for n in numbers]


def _edge_names(found: meshio.Mesh, edges: IntArray) -> dict[Pair, str]:
    """Return the names of edges by groups of lines, else by sets of nodes."""
    import numpy as np

    names: dict[Pair, str] = {}
    for name, nodes in found.point_sets.items():
        inside = np.zeros(len(found.points), dtype=np.bool_)
        inside[nodes] = True
        names.update(((min(a, b), max(a, b)), name) for a, b in edges[inside[edges].all(axis=1)])
    for index, block in enumerate(found.cells):
        if block.type in LINES:
            rows = block.data[:, LINES[block.type]].tolist()
            for row, given in zip(rows, _tagged(found, index, 1, "boundary"), strict=True):
                if given is not None:
                    names.update((edge, given) for edge in _edges_of(row))
    return names


def _edges_of(row: list[int]) -> Iterator[Pair]:
    for a, b in pairwise(row):
        yield min(a, b), max(a, b)
