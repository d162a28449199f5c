"""Mesh files of solids written for tests, from meshes of this package."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import meshio
import numpy as np
from pydantic import TypeAdapter

from mechagents.mechanics.geometry import Boundary, Geometry, Shape
from mechagents.mechanics.meshing import Mesh, make_mesh

FACES = {3: "triangle", 6: "triangle6", 4: "quad", 9: "quad9"}


def geometry(regions: dict[str, Any], boundaries: dict[str, Any] | None = None) -> Geometry:
    """Return a body from plain data."""
    shape, boundary = TypeAdapter(Shape), TypeAdapter(Boundary)
    return Geometry(
        regions={name: shape.validate_python(data) for name, data in regions.items()},
        boundaries={n: boundary.validate_python(data) for n, data in (boundaries or {}).items()},
    )


def gmsh(mesh: Mesh, path: Path, version: str = "gmsh22", unit: float = 1e-3) -> bytes:
    """Return a mesh as a file of Gmsh with physical groups, in a unit [m]."""
    names = [name for name, faces in mesh.boundary_faces.items() if len(faces)]
    field_data = {name: np.array([k + 1, 3]) for k, name in enumerate(mesh.regions)}
    field_data |= {name: np.array([k + 101, 2]) for k, name in enumerate(names)}
    inside = [mesh.cells[mesh.region == k] for k in range(len(mesh.regions))]
    cells = [(mesh.kind, rows) for rows in inside]
    tags = [np.full(len(rows), k + 1) for k, rows in enumerate(inside)]
    for k, name in enumerate(names):
        faces = mesh.boundary_faces[name]
        cells.append((FACES[faces.shape[1]], faces))
        tags.append(np.full(len(faces), k + 101))
    data = {"gmsh:physical": tags, "gmsh:geometrical": tags}
    found = meshio.Mesh(mesh.points / unit, cells, cell_data=data, field_data=field_data)
    if version == "gmsh":  # the fourth version wants to know the entity that each node is of
        entity = np.tile([3, 1], (len(mesh.points), 1))
        for (_, nodes), tag in zip(cells, tags, strict=True):
            entity[nodes.ravel()] = np.repeat(
                np.column_stack([np.full(len(tag), 3 if tag[0] < 100 else 2), tag]),
                nodes.shape[1],
                axis=0,
            )
        found.point_data["gmsh:dim_tags"] = entity
    meshio.write(path, found, file_format=version, binary=False)
    return path.read_bytes()


def vtu(mesh: Mesh, path: Path) -> bytes:
    """Return a mesh as a file of VTK, in metres, with numbers of its regions."""
    found = meshio.Mesh(
        mesh.points, [(mesh.kind, mesh.cells)], cell_data={"region": [mesh.region + 1]}
    )
    meshio.write(path, found)
    return path.read_bytes()


def abaqus(mesh: Mesh, path: Path) -> bytes:
    """Return a mesh as an input file of Abaqus, with sets of elements and of nodes, in metres."""
    sets = {name: [np.flatnonzero(mesh.region == k)] for k, name in enumerate(mesh.regions)}
    found = meshio.Mesh(
        mesh.points, [(mesh.kind, mesh.cells)], cell_sets=sets, point_sets=dict(mesh.boundary_nodes)
    )
    meshio.write(path, found, file_format="abaqus")
    return path.read_bytes()


def meshed(body: Geometry, size: float, order: int = 1) -> Mesh:
    """Return a mesh of a body."""
    return make_mesh(body, size, order)
