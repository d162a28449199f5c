"""A solid of the reference: its curved tetrahedra, finer along sharp edges, and named faces."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from netgen import occ
from netgen.occ import Edge, Glue, Pnt, TopoDS_Shape
from ngsolve import CF, TRIG, VERTEX, VOL, IntegrationRule, Mesh, NodeId, x, y, z

from mechagents.mechanics.extras import normal_axis
from mechagents.mechanics.formulation import (
    Formulation,
    PointForce,
    Pressure,
    Traction,
    WantedStrain,
    WantedStress,
)
from mechagents.mechanics.geometry import (
    AXES,
    AtSpacePoint,
    OnCurve,
    OnPlane,
    PlainSurface,
    Surface,
)
from mechagents.mechanics.occ import quiet_and_repeatable
from mechagents.mechanics.occ_marks import imprinted, with_points
from mechagents.mechanics.occ_solids import SpaceFrame, glued_solids
from mechagents.mechanics.shapes import ON_BOUNDARY
from mechagents.mechanics.solid_body import box, distance_from
from mechagents.verification.reference.body import Body
from mechagents.verification.reference.probe import FloatArray
from mechagents.verification.reference.sharp_edges import Side, sharp_edges
from mechagents.verification.reference.solid_sizes import ELEMENTS, Coarse

if TYPE_CHECKING:
    from ngsolve import Region

    from mechagents.mechanics.units import SpacePoint

_OFF_CURVED = 1e-2
"""How far inner points of a curved element may be off a surface, over its size."""
_INNER = IntegrationRule(
    [(1 / 3, 1 / 3), (0.5, 0.5), (0.5, 0.0), (0.0, 0.5), (0.2, 0.2), (0.6, 0.2), (0.2, 0.6)],
    [0.0] * 7,
)
_CORNERS = IntegrationRule([(1.0, 0.0), (0.0, 1.0), (0.0, 0.0)], [0.0] * 3)


def make_solid_body(
    formulation: Formulation, *, most: int = ELEMENTS[1], finer: bool = True
) -> Body:
    """Return the mesh of a solid.

    Args:
        formulation: Which.
        most: About how many elements it may have with those along sharp edges.
        finer: Whether elements are small along edges where the stress may have no bound.

    Raises:
        ValueError: If it takes too many elements.
    """
    shape, frame = _solids(formulation)
    size = _diagonal(shape)
    for number, face in enumerate(shape.faces):
        face.name = f"face{number}"
    near = ON_BOUNDARY * size / frame.scale
    curves = _named_curves(shape, formulation, frame, near)
    with quiet_and_repeatable():
        mesh = _meshed(shape, formulation, frame, size, most, finer=finer)
    faces = _named_faces(mesh, formulation, frame, near)
    vertices = np.array([vertex.point for vertex in mesh.vertices])
    points = {
        name: _nearest(vertices, frame.into(boundary.at))
        for name, boundary in formulation.geometry.boundaries.items()
        if isinstance(boundary, AtSpacePoint)
    }
    return Body(mesh, frame, near * frame.scale, faces, points, axis="", curves=curves)


def _named_curves(
    shape: TopoDS_Shape, formulation: Formulation, frame: SpaceFrame, near: float
) -> dict[str, str]:
    """Give each edge a name of its own; return which ones each named curve has, as a pattern."""
    edges = list(shape.edges)
    for number, edge in enumerate(edges):
        edge.name = f"edge{number}"
    found: dict[str, str] = {}
    for name, boundary in formulation.geometry.boundaries.items():
        if isinstance(boundary, OnCurve):
            on = [edge.name for edge in edges if _along(boundary, edge, frame, near)]
            found[name] = "|".join(on)
    return found


def _along(curve: OnCurve, edge: Edge, frame: SpaceFrame, near: float) -> bool:
    """Return whether an edge lies on a curve."""
    low, high = edge.parameter_interval
    places = [edge.Value(low + share * (high - low)) for share in np.linspace(0.0, 1.0, 9)]
    points = frame.back(np.array([[place.x, place.y, place.z] for place in places]))
    return bool(distance_from(curve, points).max() <= near)


def _nearest(vertices: FloatArray, point: SpacePoint) -> NodeId:
    return NodeId(VERTEX, int(np.argmin(np.linalg.norm(vertices - np.array(point), axis=1))))


def _diagonal(shape: TopoDS_Shape) -> float:
    low, high = shape.bounding_box
    return math.dist((low.x, low.y, low.z), (high.x, high.y, high.z))


def _solids(formulation: Formulation) -> tuple[TopoDS_Shape, SpaceFrame]:
    """Return the glued solids, their faces divided where a named surface ends."""
    geometry = formulation.geometry
    low, high = box(geometry)
    middle = (low + high) / 2
    origin = (float(middle[0]), float(middle[1]), float(middle[2]))
    frame = SpaceFrame.about(origin, float(np.linalg.norm(high - low)))
    shape = glued_solids(geometry.regions, frame)
    patches: list[TopoDS_Shape] = []
    for boundary in geometry.boundaries.values():
        for surface in boundary.of if isinstance(boundary, OnCurve) else (boundary,):
            if isinstance(surface, OnPlane) and surface.within:
                patches += _patches(shape, surface, frame)
    if any(isinstance(boundary, OnCurve) for boundary in geometry.boundaries.values()):
        near = ON_BOUNDARY * float(np.linalg.norm(high - low))
        patches += list(imprinted(shape, geometry, frame, near).faces)
    if patches:
        # What lies twice on top of itself is left out: only the solids count.
        shape = Glue(list(Glue([shape, *patches]).solids))
    return with_points(shape, _acted_on(formulation, frame), ON_BOUNDARY * _diagonal(shape)), frame


def _acted_on(formulation: Formulation, frame: SpaceFrame) -> list[SpacePoint]:
    """Return the points at which forces or springs act, in the mesh's units.

    Of a body on springs these are those that supports hold too.
    """
    names = {load.boundary for load in formulation.loads if isinstance(load, PointForce)}
    names |= {spring.boundary for spring in formulation.springs}
    if formulation.springs:
        names |= {support.boundary for support in formulation.supports}
    places = formulation.geometry.boundaries.items()
    return [
        frame.into(place.at)
        for name, place in places
        if name in names and isinstance(place, AtSpacePoint)
    ]


def _patches(shape: TopoDS_Shape, surface: OnPlane, frame: SpaceFrame) -> list[TopoDS_Shape]:
    """Return the parts of a solid's faces on a plane that lie within its limits."""
    flat = AXES.index(surface.axis)
    at = (surface.at - frame.origin[flat]) * frame.scale
    low, high = [-4.0] * 3, [4.0] * 3
    for axis, limits in surface.within.items():
        index = AXES.index(axis)
        ends = [(limit - frame.origin[index]) * frame.scale for limit in limits]
        low[index], high[index] = max(ends[0], -4.0), min(ends[1], 4.0)
    block = occ.Box(Pnt(*low), Pnt(*high))
    found: list[TopoDS_Shape] = []
    for face in shape.faces:
        one, two = face.bounding_box
        ends = [(p.x, p.y, p.z)[flat] for p in (one, two)]
        if max(abs(end - at) for end in ends) <= 1e-6:
            common = face * block
            found += [part for part in common.faces if part.mass < face.mass * (1 - 1e-9)]
    return found


def _meshed(
    shape: TopoDS_Shape,
    formulation: Formulation,
    frame: SpaceFrame,
    size: float,
    most: int,
    *,
    finer: bool,
) -> Mesh:
    """Return a mesh of an affordable number of elements, finer along what is sharp."""
    coarse = Coarse.of(shape, size)
    if not finer:
        return coarse.with_enough().mesh
    named = _named_faces(coarse.mesh, formulation, frame, ON_BOUNDARY * size / frame.scale)
    sharp = _sharp(coarse.mesh, formulation, named)
    points = sorted({*_read_at(formulation, frame), *_acted_on(formulation, frame)})
    return coarse.finer(sharp, points, most)


def _read_at(formulation: Formulation, frame: SpaceFrame) -> set[SpacePoint]:
    """Return the points that stresses and strains are read at, in the mesh's units."""
    found: set[SpacePoint] = set()
    for wanted in formulation.wanted:
        if isinstance(wanted, WantedStress | WantedStrain) and wanted.at is not None:
            x, y, *z = wanted.at
            found.add(frame.into((x, y, z[0])))
    return found


def _named_faces(
    mesh: Mesh, formulation: Formulation, frame: SpaceFrame, near: float
) -> dict[str, str]:
    """Return for each named surface the faces of the outside that lie on it, as a pattern."""
    mesh.Curve(2)
    faces = {name: mesh.Boundaries(name) for name in sorted(set(mesh.GetBoundaries()))}
    outer = {
        name: (_mapped(mesh, region, _CORNERS), _mapped(mesh, region, _INNER))
        for name, region in faces.items()
        if sum(region.Neighbours(VOL).Mask()) == 1
    }
    found: dict[str, str] = {}
    for name, boundary in formulation.geometry.boundaries.items():
        if isinstance(boundary, PlainSurface):
            on = [face for face, places in outer.items() if _on(boundary, places, frame, near)]
            found[name] = "|".join(on)
    return found


def _mapped(mesh: Mesh, region: Region, rule: IntegrationRule) -> FloatArray:
    """Return places on each triangle of a face, shape (triangles, places, 3)."""
    places = mesh.MapToAllElements({TRIG: rule}, region)
    values = np.asarray(CF((x, y, z))(places), dtype=np.float64)
    return values.reshape(-1, len(rule), 3)


def _on(
    surface: Surface, places: tuple[FloatArray, FloatArray], frame: SpaceFrame, near: float
) -> bool:
    """Return whether a face lies on a surface: its vertices do, and about so the rest of it."""
    corners, inner = places
    if float(distance_from(surface, frame.back(corners)).max()) > near:
        return False
    sizes = np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2).max(axis=1)
    off = distance_from(surface, frame.back(inner)).max(axis=1) * frame.scale
    return bool((off <= _OFF_CURVED * sizes).all())


def _sharp(mesh: Mesh, formulation: Formulation, named: dict[str, str]) -> FloatArray:
    """Return the edges of a mesh along which its elements should be small, shape (n, 2, 3)."""
    solids, surfaces = mesh.ngmesh.Elements3D().NumPy(), mesh.ngmesh.Elements2D().NumPy()
    names = list(mesh.GetBoundaries())
    sides = [_side(mesh, name, formulation, named) for name in names]
    return sharp_edges(
        mesh.ngmesh.Coordinates(),
        solids["nodes"][:, :4].astype(np.int64) - 1,
        surfaces["nodes"][:, :3].astype(np.int64) - 1,
        surfaces["index"].astype(np.int64) - 1,
        sides,
    )


def _side(mesh: Mesh, face: str, formulation: Formulation, named: dict[str, str]) -> Side:
    on = {name for name, faces in named.items() if face in faces.split("|")}
    supports = [support for support in formulation.supports if support.boundary in on]
    held = frozenset(axis for support in supports for axis in support.components)
    across = {normal_axis(formulation.geometry.boundaries[name]) for name in on}
    loads = frozenset(
        number
        for number, load in enumerate(formulation.loads)
        if isinstance(load, Traction | Pressure) and load.boundary in on
    )
    outer = sum(mesh.Boundaries(face).Neighbours(VOL).Mask()) == 1
    return Side(outer, held, len(held) == 1 and held <= across, loads)
