"""Meshes of solids, with the nodes and faces of their named boundaries."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from mechagents.errors import ProblemError
from mechagents.mechanics._hexahedra import fits_a_grid, hexahedra
from mechagents.mechanics._outer_faces import outer_faces
from mechagents.mechanics.geometry import (
    AtSpacePoint,
    Box,
    Geometry,
    OnCurve,
    OnPlane,
    PlainSurface,
)
from mechagents.mechanics.meshing import CellKind, Mesh, check_size
from mechagents.mechanics.solid_body import distance_from, near, volume

if TYPE_CHECKING:
    from mechagents.mechanics.meshing import BoolArray, FloatArray, IntArray


def solid_mesh(geometry: Geometry, mesh_size: float, order: int) -> Mesh:
    """Return a mesh of a solid; see ``meshing.make_mesh``."""
    close = near(geometry)
    names = tuple(geometry.regions)
    check_size(mesh_size, sum(volume(shape) for shape in geometry.regions.values()), 3)
    first = geometry.regions[names[0]]
    if isinstance(first, Box) and fits_a_grid(geometry):
        points, cells = hexahedra(geometry, first, mesh_size, order, close)
        kind: CellKind = "hexahedron" if order == 1 else "hexahedron27"
        region = np.zeros(len(cells), dtype=np.int64)
        faces = outer_faces(cells, kind)

        def is_on(surface: PlainSurface) -> BoolArray:
            return _all_near(surface, points[faces], close)
    else:
        from mechagents.mechanics._tetrahedra import Tetrahedra
        from mechagents.mechanics.occ_surfaces import lies_on

        made = Tetrahedra(geometry, mesh_size, order, close)
        points, cells, kind, region, faces = (
            made.points, made.cells, made.kind, made.region, made.faces,
        )  # fmt: skip

        def is_on(surface: PlainSurface) -> BoolArray:
            along = [lies_on(face, surface, made.frame, close) for face in made.under]
            on = np.array(along, dtype=np.bool_)[made.face]
            if isinstance(surface, OnPlane) and surface.within:
                on &= _all_near(surface, points[faces], close)
            return on

    of_surface, of_name = _named(geometry, points, faces, is_on, close)
    return Mesh(points, cells, kind, names, region, {}, of_name, of_surface)


def _all_near(surface: PlainSurface, corners: FloatArray, close: float) -> BoolArray:
    """Return which faces lie on a surface with all their nodes and their middle."""
    places = np.concatenate([corners, corners.mean(axis=1, keepdims=True)], axis=1)
    on: BoolArray = np.all(distance_from(surface, places) <= close, axis=1)
    return on


def _named(
    geometry: Geometry,
    points: FloatArray,
    faces: IntArray,
    is_on: Callable[[PlainSurface], BoolArray],
    close: float,
) -> tuple[dict[str, IntArray], dict[str, IntArray]]:
    """Return the faces and the nodes of each named boundary."""
    of_surface: dict[str, IntArray] = {}
    nodes: dict[str, IntArray] = {}
    for name, boundary in geometry.surface_parts.items():
        of_surface[name] = faces[:0]
        if isinstance(boundary, AtSpacePoint):
            away = distance_from(boundary, points)
            nodes[name] = np.flatnonzero(away == away.min())[:1]
            nodes[name] = nodes[name][away[nodes[name]] <= 2 * close]
        elif isinstance(boundary, OnCurve):
            # Elsewhere on the body's surface a node may lie on both surfaces by chance.
            near_by = np.unique(faces[is_on(boundary.of[0]) | is_on(boundary.of[1])])
            nodes[name] = near_by[distance_from(boundary, points[near_by]) <= close]
        else:
            of_surface[name] = faces[is_on(boundary)]
            nodes[name] = np.unique(of_surface[name])
        if not nodes[name].size:
            where = f"geometry.boundaries.{name}"
            raise ProblemError("no face, edge or node of the mesh lies there", where=where)
    return of_surface, nodes
