"""A result as a mesh with data: VTU for ParaView, MSH for Gmsh."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mechagents.files.solved import Solved
from mechagents.verification.edges import Place
from mechagents.verification.elements import IntArray

_FACES = {3: "triangle", 6: "triangle6", 4: "quad", 8: "quad8", 9: "quad9"}
"""The kind of a face by how many nodes it has."""


def write_vtu(solved: Solved, path: Path) -> None:
    """Write mesh, displacement [m], stress [Pa] and modes to a VTU file.

    Stress has one array a component and ``von_mises``: as point data the mean at each node, as
    cell data the mean in each element. The cell data ``region`` is the number of the region, from
    0 in the order of the formulation; -1 is outside all.
    """
    import meshio

    blocks, region = solved.solution.fields.blocks, solved.solution.region
    cells = [(block.kind, block.nodes) for block in blocks]
    data: dict[str, list[NDArray[Any]]] = {**solved.cell_data, "region": list(region)}
    meshio.Mesh(solved.points, cells, solved.point_data, data).write(path, file_format="vtu")


@dataclass(frozen=True, eq=False)
class _Group:
    """Cells of one kind that belong to one physical group."""

    kind: str
    nodes: IntArray
    number: int


def write_msh(solved: Solved, path: Path) -> None:
    """Write mesh, displacement, stress and modes to an MSH file, version 2.2.

    Each region is a physical group of elements. Each boundary is one of edges, faces or a node;
    where a region has its name, it is called ``NAME_boundary``.
    """
    import meshio

    names: dict[str, tuple[int, int]] = {}
    groups = [*_regions(solved, names), *_boundaries(solved, names)]
    tags: list[IntArray] = [np.full(len(group.nodes), group.number) for group in groups]
    mesh = meshio.Mesh(
        solved.points,
        [(group.kind, group.nodes) for group in groups],
        solved.point_data,
        {"gmsh:physical": tags, "gmsh:geometrical": tags},
    )
    mesh.field_data.update(names)
    mesh.write(path, file_format="gmsh22", binary=True)


def _regions(solved: Solved, names: dict[str, tuple[int, int]]) -> list[_Group]:
    """Return the elements of each region, and add its number and dimension to the names."""
    solution, found = solved.solution, list[_Group]()
    names |= {
        name: (number, solved.formulation.dimension)
        for number, name in enumerate(solution.regions, start=1)
    }
    for block, region in zip(solution.fields.blocks, solution.region, strict=True):
        for number in np.unique(region):
            found.append(_Group(block.kind, block.nodes[region == number], int(number) + 1))
    return found


def _boundaries(solved: Solved, names: dict[str, tuple[int, int]]) -> list[_Group]:
    found: list[_Group] = []
    for name, place in solved.solution.places.items():
        number = len(names) + 1
        groups = _of_place(place, number)
        if groups:
            called = f"{name}_boundary" if name in names else name
            names[called] = (number, _dimension(groups[0].kind))
        found += groups
    return found


def _of_place(place: Place, number: int) -> list[_Group]:
    """Return the cells of a boundary: its faces or edges, or else its nodes."""
    if len(place.faces):
        counts = (place.faces >= 0).sum(axis=1)
        rows = [(_FACES[int(n)], place.faces[counts == n][:, :n]) for n in np.unique(counts)]
    elif len(place.edges):
        ends, middle = place.edges[:, :2], place.edges[:, 2] >= 0
        rows = [("line", ends[~middle]), ("line3", place.edges[middle])]
    else:
        rows = [("vertex", place.nodes[:, None])]
    return [_Group(kind, nodes, number) for kind, nodes in rows if len(nodes)]


def _dimension(kind: str) -> int:
    return {"vertex": 0, "line": 1, "line3": 1}.get(kind, 2)


def write_xdmf(solved: Solved, path: Path) -> None:
    """Write mesh and data to an XDMF file as a series, with the numbers in the file itself.

    Of a motion there is a step a time [s], with displacement, velocity and acceleration; of
    plastic flow one a step of the load path, with the displacement, numbered from 1. Of vibration
    or buckling there is one a mode, numbered from 1, with the array ``mode``; of other statics one
    step at 0, with displacement, stress and von Mises stress.

    Raises:
        UsageError: If the history of a motion cannot be read.
    """
    from meshio.xdmf import TimeSeriesWriter

    blocks, steps = solved.solution.fields.blocks, solved.steps()
    with TimeSeriesWriter(path, data_format="XML") as writer:
        writer.write_points_cells(solved.points, [(block.kind, block.nodes) for block in blocks])
        for at, data in steps:
            writer.write_data(at, point_data=data)
