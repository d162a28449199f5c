"""Mesh files written for tests, from meshes of this package."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import meshio
import numpy as np

from mechagents.mechanics.meshing import Mesh

LINES = {2: "line", 3: "line3"}


def with_noise(mesh: Mesh, size: float) -> Mesh:
    """Return a mesh whose nodes are moved at random by up to a size [m]."""
    off = np.random.default_rng(1).uniform(-size, size, mesh.points.shape)
    return replace(mesh, points=mesh.points + off)


def gmsh(mesh: Mesh, path: Path, unit: float = 1e-3) -> bytes:
    """Return a mesh as a file of Gmsh with physical groups, in a unit [m]."""
    names = [name for name, edges in mesh.boundary_edges.items() if len(edges)]
    field_data = {name: np.array([k + 1, 2]) for k, name in enumerate(mesh.regions)}
    field_data |= {name: np.array([k + 101, 1]) for k, name in enumerate(names)}
    cells = [(mesh.kind, mesh.cells)]
    tags = [mesh.region + 1]
    for k, name in enumerate(names):
        edges = mesh.boundary_edges[name]
        cells.append((LINES[edges.shape[1]], edges))
        tags.append(np.full(len(edges), k + 101))
    points = np.column_stack([mesh.points, np.zeros(len(mesh.points))]) / unit
    data = {"gmsh:physical": tags, "gmsh:geometrical": tags}
    found = meshio.Mesh(points, cells, cell_data=data, field_data=field_data)
    meshio.write(path, found, file_format="gmsh22", binary=False)
    return path.read_bytes()


def abaqus(mesh: Mesh, path: Path) -> bytes:
    """Return a mesh as an input file of Abaqus, with sets of elements and of nodes, in metres."""
    points = np.column_stack([mesh.points, np.zeros(len(mesh.points))])
    sets = {name: [np.flatnonzero(mesh.region == k)] for k, name in enumerate(mesh.regions)}
    found = meshio.Mesh(
        points, [(mesh.kind, mesh.cells)], cell_sets=sets, point_sets=dict(mesh.boundary_nodes)
    )
    meshio.write(path, found, file_format="abaqus")
    return path.read_bytes()


def vtu(mesh: Mesh, path: Path, **data: np.ndarray) -> bytes:
    """Return a mesh as a file of VTK, in metres, with numbers of its elements."""
    points = np.column_stack([mesh.points, np.zeros(len(mesh.points))])
    cells = {name: [values] for name, values in data.items()}
    meshio.write(path, meshio.Mesh(points, [(mesh.kind, mesh.cells)], cell_data=cells))
    return path.read_bytes()
