"""Regions from a mesh file of solids, through meshio: exact shapes recovered from its surface."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from mechagents.errors import ProblemError
from mechagents.mechanics._outer_faces import outer_faces_and_elements
from mechagents.mechanics.geometry import AXES, Axis, Geometry, Shape
from mechagents.mechanics.solid_body import depth
from mechagents.problems.drawn_solids import drawn_shape, merged_levels
from mechagents.problems.mesh_file import group_names, loaded, plain_names, unit_assumption
from mechagents.problems.mesh_names import boundaries_of, named_faces
from mechagents.problems.mesh_sections import MeshSolid
from mechagents.problems.outlines import FileRegions, rounded
from mechagents.problems.skins import Patch, Skin, patches_of

if TYPE_CHECKING:
    import meshio
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]

SolidKind = Literal["tetra", "tetra10", "hexahedron", "hexahedron20", "hexahedron27"]
NEARNESS = (1e-6, 1e-5)
"""Of the size of the body: how far off a plane or a cylinder nodes may lie, tried in turn."""
_TAKES = (
    "a cylinder takes four nodes across its axis and bends of less than 40 degrees, so mesh finer "
    "what is round"
)
_SOLIDS: tuple[SolidKind, ...] = ("tetra", "tetra10", "hexahedron", "hexahedron20", "hexahedron27")
_MIDDLES = {
    6: ((0, 3, 5), (3, 1, 4), (5, 4, 2), (3, 4, 5)),
    8: ((0, 4, 7), (4, 1, 5), (5, 2, 6), (6, 3, 7), (4, 5, 6), (4, 6, 7)),
}
"""The triangles of a face with nodes in the middle of its edges."""
_CORNERS = {3: ((0, 1, 2),), 4: ((0, 1, 2), (0, 2, 3))}


@dataclass(frozen=True, eq=False)
class SolidMesh:
    """The elements of a solid's mesh, all of one kind."""

    points: FloatArray
    """[m], shape (nodes, 3)."""
    cells: IntArray
    """Nodes of each element in VTK's order."""
    kind: SolidKind
    names: tuple[str, ...]
    region: IntArray
    """The number of each element's region."""

    def faces(self, among: NDArray[np.bool_]) -> IntArray:
        """Return the faces around some elements: corners anticlockwise seen from outside."""
        cells = self.cells[among]
        faces, elements = outer_faces_and_elements(cells, self.kind)
        corners = 3 if self.kind.startswith("tetra") else 4
        ring = self.points[faces[:, :corners]]
        # Not every program that writes meshes puts the nodes of an element in the right order.
        inside = self.points[cells[elements, : corners + (4 if corners == 4 else 1)]].mean(axis=1)
        normal = np.cross(ring[:, 2] - ring[:, 0], ring[:, -1] - ring[:, 1])
        inward = ((ring.mean(axis=1) - inside) * normal).sum(axis=1) < 0
        back = [0, *range(corners - 1, 0, -1)]
        if faces.shape[1] > corners:
            back += range(2 * corners - 1, corners - 1, -1)
        faces = faces[:, : len(back)]
        faces[inward] = faces[inward][:, back]
        return faces


def read_solid_mesh(content: bytes, suffix: str, unit: float, unit_words: str) -> FileRegions:
    """Return the regions of a mesh of tetrahedra or hexahedra.

    Each is read as a shape that is drawn along x, y or z in steps and drilled along the others,
    from the planes and cylinders on which the nodes of its surface lie. Groups of faces and sets
    of nodes are boundaries where a surface tells just their faces.

    Args:
        content: The bytes of the file.
        suffix: The ending of its name, in lower case.
        unit: Its unit of length [m].
        unit_words: The same, and where it comes from, in words.

    Raises:
        ProblemError: If it cannot be read, or holds a solid of another kind.
    """
    found = loaded(content, suffix)
    mesh = _solid_mesh(found, unit)
    size = float(np.linalg.norm(np.ptp(mesh.points[np.unique(mesh.cells)], axis=0)))
    faces = mesh.faces(mesh.region >= 0)
    _check_shared(mesh.points, faces, size)
    solids, shapes = _recovered(mesh, size)
    patches = [patch for solid in solids.values() for patch in solid.patches]
    first = next(iter(solids.values()))
    named = named_faces(found, faces)
    boundaries, left_out = boundaries_of(mesh.points, faces, named, patches, first.known, size)
    geometry = Geometry(regions=shapes, boundaries=boundaries)
    told = [_surface_told(patches, first.skin.near), unit_assumption(unit_words)]
    if left_out:
        told.append(_names_told(left_out))
    return FileRegions(geometry, tuple(told))


def _surface_told(patches: list[Patch], near: float) -> dict[str, str]:
    flat = sum(patch.kind == "plane" for patch in patches)
    return {
        "about": "mesh_surface",
        "value": f"{flat} planes and {len(patches) - flat} cylinders",
        "source": "inferred",
        "why": (
            f"A mesh has no surfaces: nodes within {near:.2g} m of a cylinder along an axis, four "
            "or more across it, with faces that turn by less than 40 degrees, are taken for one; "
            "others lie on planes."
        ),
    }


def _names_told(left_out: list[str]) -> dict[str, str]:
    return {
        "about": "mesh_names_left_out",
        "value": ", ".join(left_out),
        "source": "stated",
        "why": (
            "No plane, part of one within limits, or cylinder along an axis has just their faces."
        ),
    }


def _solid_mesh(found: meshio.Mesh, unit: float) -> SolidMesh:
    """Return the solid elements of a mesh with the names of their regions.

    Raises:
        ProblemError: If there are none, or of several kinds.
    """
    kinds = list(dict.fromkeys(block.type for block in found.cells))
    held = ", ".join(sorted(kinds)) or "none"
    solid = [kind for kind in kinds if kind.startswith(("tetra", "hexa", "wedge", "pyramid"))]
    if not solid:
        raise ProblemError(
            f"holds no tetrahedra or hexahedra, and a solid needs them; its elements: {held}; mesh "
            "the volume, or state the problem in the plane"
        )
    kind: SolidKind | None = next((known for known in _SOLIDS if known in solid), None)
    if kind is None or len(solid) > 1:
        raise ProblemError(
            f"its solid elements have to be of one kind of {', '.join(_SOLIDS)}; its elements: "
            f"{held}; mesh it with one kind"
        )
    blocks = [index for index, block in enumerate(found.cells) if block.type in solid]
    names = plain_names(group_names(found, blocks, 3, "region"))
    every = [name for index in blocks for name in names[index]]
    regions = tuple(dict.fromkeys(every))
    number = {name: index for index, name in enumerate(regions)}
    region = np.array([number[name] for name in every], dtype=np.int64)
    cells = np.concatenate([found.cells[index].data for index in blocks]).astype(np.int64)
    points = np.asarray(found.points, dtype=np.float64) * unit
    if not np.isfinite(points).all():
        raise ProblemError("has nodes whose coordinates are no finite numbers")
    return SolidMesh(points, cells, kind, regions, region)


def _check_shared(points: FloatArray, faces: IntArray, size: float) -> None:
    """Refuse a mesh with two outer faces in the same place: its parts do not hang together."""
    from scipy.spatial import cKDTree

    corners = 3 if faces.shape[1] in (3, 6) else 4
    middles = points[faces[:, :corners]].mean(axis=1)
    pairs = cKDTree(middles).query_pairs(NEARNESS[0] * size, output_type="ndarray")
    if len(pairs):
        x, y, z = middles[pairs[0, 0]]
        raise ProblemError(
            f"two elements have faces of their own at ({x:.4g}, {y:.4g}, {z:.4g}) m; merge the "
            "nodes of parts that are joined"
        )


def _recovered(mesh: SolidMesh, size: float) -> tuple[dict[str, MeshSolid], dict[str, Shape]]:
    """Return the regions as skins in patches and as shapes, as exactly as the nodes allow."""
    for share in NEARNESS:
        try:
            solids = _solids(mesh, size, share * size)
            shapes = {
                name: drawn_shape(solid, f"region {name}", size) for name, solid in solids.items()
            }
            for number, (name, solid) in enumerate(solids.items()):
                check_is_of(shapes[name], solid, _middles(mesh, number), name)
        except ProblemError as error:
            if share == NEARNESS[-1]:
                raise ProblemError(f"{error.message}; {_TAKES}") from error
        else:
            return solids, shapes
    raise AssertionError  # the last nearness raises or returns


def _middles(mesh: SolidMesh, number: int) -> FloatArray:
    corners = 4 if mesh.kind.startswith("tetra") else 8
    middles: FloatArray = mesh.points[mesh.cells[mesh.region == number][:, :corners]].mean(axis=1)
    return middles


def check_is_of(shape: Shape, solid: MeshSolid, middles: FloatArray, name: str) -> None:
    """Refuse a shape on whose surface a skin does not lie, or that lacks an element.

    Args:
        shape: What the solid was taken for.
        solid: The skin.
        middles: Of its elements [m], shape (n, 3).
        name: Of the region.

    Raises:
        ProblemError: If the shape is not that of the mesh.
    """
    places = solid.places()
    off = np.abs(depth(shape, places))
    lacks = depth(shape, middles) < -(solid.sagitta + 4 * solid.skin.near)
    if off.max() <= 4 * solid.skin.near and not lacks.any():
        return
    x, y, z = middles[int(lacks.argmax())] if lacks.any() else places[int(off.argmax())]
    raise ProblemError(
        f"region {name}: is no shape drawn and drilled along the axes at ({x:.4g}, {y:.4g}, "
        f"{z:.4g}) m; state it by shapes"
    )


def _solids(mesh: SolidMesh, size: float, near: float) -> dict[str, MeshSolid]:
    """Return the skins of the regions, whose coordinates and cylinders agree with each other."""
    found: dict[str, tuple[Skin, list[Patch]]] = {}
    circles: dict[Axis, list[tuple[float, float, float]]] = {axis: [] for axis in AXES}
    for number, name in enumerate(mesh.names):
        skin = Skin(mesh.points, _triangles(mesh, mesh.region == number, near), near)
        try:
            patches = [_rounded(patch, circles, size, near) for patch in patches_of(skin)]
        except ProblemError as error:
            raise ProblemError(f"region {name}: {error.message}") from error
        found[name] = skin, patches
    none: dict[Axis, list[float]] = {axis: [] for axis in AXES}
    plain = [MeshSolid(skin, patches, size, none) for skin, patches in found.values()]
    known = {
        axis: merged_levels([at for solid in plain for at in solid.levels(axis)], near)
        for axis in AXES
    }
    return {name: replace(solid, known=known) for name, solid in zip(found, plain, strict=True)}


def _triangles(mesh: SolidMesh, among: NDArray[np.bool_], near: float) -> IntArray:
    """Return the faces around some elements as triangles.

    Nodes in the middle of edges count where they are off the middle: then the edges are curved.
    """
    faces = mesh.faces(among)
    columns = faces.shape[1]
    corners = columns if columns < 6 else columns // 2
    table = _CORNERS[corners]
    if columns > corners:
        ring = mesh.points[faces[:, :corners]]
        straight = (ring + np.roll(ring, -1, axis=1)) / 2
        off = np.linalg.norm(mesh.points[faces[:, corners:]] - straight, axis=2)
        if off.max() > near:
            table = _MIDDLES[columns]
    return np.concatenate([faces[:, list(row)] for row in table])


def _rounded(
    patch: Patch, circles: Mapping[Axis, list[tuple[float, float, float]]], size: float, near: float
) -> Patch:
    """Return a cylinder with rounded measures, or with those of one that is nearly the same."""
    if patch.axis is None:
        return patch
    here = (*patch.center, patch.radius)
    for circle in circles[patch.axis]:
        if max(abs(a - b) for a, b in zip(here, circle, strict=True)) <= 2 * near:
            x, y, radius = circle
            return replace(patch, center=(x, y), radius=radius)
    x, y, radius = (rounded(value, size) for value in here)
    circles[patch.axis].append((x, y, radius))
    return replace(patch, center=(x, y), radius=radius)
