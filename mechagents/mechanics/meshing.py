"""Meshes: triangles and tetrahedra from netgen, grids for a plain rectangle or box."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from mechagents.errors import ProblemError, UsageError
from mechagents.mechanics.ellipses import distance_to_ellipse
from mechagents.mechanics.geometry import (
    AtPoint,
    Dimension,
    Geometry,
    OnCircle,
    OnEllipse,
    OnLine,
    OnSegment,
    Rectangle,
    dimension,
)
from mechagents.mechanics.sides import Along, distance_to_sides

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mechagents.mechanics.units import Point

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]
    BoolArray = NDArray[np.bool_]

CellKind = Literal[
    "triangle", "triangle6", "quad", "quad9", "tetra", "tetra10", "hexahedron", "hexahedron27"
]
"""The elements, by meshio's names; their nodes are in VTK's order."""
MOST_CELLS = 1_000_000
"""A mesh that would be larger is refused before it is made."""
FAR = 10.0
"""Bodies this many times their size away are meshed about their middle."""


@dataclass(frozen=True, eq=False)
class Mesh:
    """A mesh of a body, its regions and its named boundaries.

    Elements of different regions share the nodes on their interface.
    """

    points: FloatArray
    """Nodes [m], shape (nodes, 2 | 3)."""
    cells: IntArray
    """Nodes of each element in VTK's order, anticlockwise in the plane, shape (elements, 3 | 6 |
    4 | 9) in the plane, (elements, 4 | 10 | 8 | 27) in space."""
    kind: CellKind
    regions: tuple[str, ...]
    """Names of the regions, in the formulation's order."""
    region: IntArray
    """Index into ``regions`` for each element, shape (elements,)."""
    boundary_edges: dict[str, IntArray] = field(default_factory=dict[str, "IntArray"])
    """Edges on each named boundary: both ends, then the middle node for order 2. A boundary
    that is a point has none, and in space none has any."""
    boundary_nodes: dict[str, IntArray] = field(default_factory=dict[str, "IntArray"])
    """Nodes on each named boundary, ascending."""
    boundary_faces: dict[str, IntArray] = field(default_factory=dict[str, "IntArray"])
    """Faces of a solid on each named boundary: corners, anticlockwise seen from outside, then for
    order 2 the middle nodes in VTK's order, shape (faces, 3 | 6 | 4 | 9). None in the plane, and
    none on a curve or a point."""

    @property
    def order(self) -> int:
        """The polynomial order of the elements."""
        return 2 if self.kind in ("triangle6", "quad9", "tetra10", "hexahedron27") else 1

    def cells_in(self, region: str | None) -> BoolArray:
        """Return which elements are in a region, or all for None; shape (elements,).

        Raises:
            ValueError: If there is no such region.
        """
        index = -1 if region is None else self.regions.index(region)
        return (self.region == index) if index >= 0 else (self.region >= 0)

    def nodes_in(self, region: str | None) -> IntArray:
        """Return the nodes of a region's elements, or of all for None, ascending."""
        import numpy as np

        return np.unique(self.cells[self.cells_in(region)])


@dataclass(frozen=True, eq=False)
class RawMesh:
    """A mesh whose boundaries have no names yet."""

    points: FloatArray
    cells: IntArray
    kind: CellKind
    region: IntArray
    edges: IntArray
    """Edges of the outline, shape (edges, 2 | 3)."""
    samples: FloatArray
    """Points [m] of the curve that each edge of the outline is part of, (edges, samples, 2)."""


def make_mesh(geometry: Geometry, mesh_size: float, order: int) -> Mesh:
    """Return a mesh of a body, the same one whenever it is made.

    A body that is one rectangle gets a grid of ``round(side / mesh_size)`` quads a side, more
    only where the end of a named boundary needs a node. Any other gets triangles: edges on
    curves and outlines are at most ``mesh_size`` long, those inside about that on average. A
    full circle has at least eight edges, curved ones for order 2.

    A solid that is one box gets a grid of hexahedra in the same way, any other tetrahedra whose
    edges are about ``mesh_size`` long on the surface and up to about twice that inside.

    Args:
        geometry: Regions that tile the body, and the boundaries to name.
        mesh_size: The length of edges [m].
        order: 1 for straight elements, 2 for quadratic ones.

    Raises:
        UsageError: If ``mesh_size`` or ``order`` cannot be used.
        ProblemError: If the geometry cannot be meshed, or a boundary has no edge of the mesh.
    """
    if order not in (1, 2):
        raise UsageError(f"elements of order 1 and 2 can be made, not {order}", where="order")
    body = next(iter(geometry.regions.values()))
    if dimension(body) == 3:
        from mechagents.mechanics._solid_mesh import solid_mesh

        return solid_mesh(geometry, mesh_size, order)
    import shapely

    from mechagents.mechanics._grid import quad_grid
    from mechagents.mechanics._triangles import triangles
    from mechagents.mechanics.shapes import ON_BOUNDARY, outline, size

    outlines = [outline(shape) for shape in geometry.regions.values()]
    near = ON_BOUNDARY * size(outlines)
    check_size(mesh_size, sum(shape.area for shape in outlines), 2)
    if len(geometry.regions) == 1 and isinstance(body, Rectangle):
        raw = quad_grid(body, mesh_size, order, marks(geometry), near)
    else:
        origin = _origin(shapely.union_all(outlines).bounds)
        raw = triangles(geometry.regions, mesh_size, order, marks(geometry), near, origin)
    return _named(raw, geometry, near)


def _origin(bounds: tuple[float, float, float, float]) -> Point:
    """Return the origin to mesh in [m]: 0, unless the body lies far from it.

    A body near the origin keeps its coordinates to the last bit, such as a radius of 0.
    """
    low_x, low_y, high_x, high_y = bounds
    middle = ((low_x + high_x) / 2, (low_y + high_y) / 2)
    far = FAR * max(high_x - low_x, high_y - low_y)
    return middle[0] if abs(middle[0]) > far else 0.0, middle[1] if abs(middle[1]) > far else 0.0


def marks(geometry: Geometry) -> list[tuple[Point, bool]]:
    """Return the points [m] that need a node: ends of named boundaries, and single points.

    The second value tells whether the point needs one even inside the body.
    """
    found: list[tuple[Point, bool]] = []
    for boundary in geometry.outline_parts.values():
        if isinstance(boundary, AtPoint):
            found.append((boundary.at, True))
        elif isinstance(boundary, Along):
            found += [(end, False) for side in boundary.sides for end in (side.start, side.end)]
        elif isinstance(boundary, OnSegment):
            found += [(boundary.start, False), (boundary.end, False)]
        elif isinstance(boundary, OnLine) and boundary.between is not None:
            found += [(_on_line(boundary, value), False) for value in boundary.between]
    return found


def _on_line(line: OnLine, other: float) -> Point:
    return (line.at, other) if line.axis == "x" else (other, line.at)


def check_size(mesh_size: float, extent: float, dimensions: Dimension) -> None:
    """Raise ``UsageError`` for a mesh size [m] that cannot be used on an area or a volume."""
    if not 0 < mesh_size < float("inf"):
        raise UsageError(f"must be a positive length, not {mesh_size!r} m", where="mesh_size")
    cells = extent / mesh_size**dimensions
    if cells > MOST_CELLS:
        raise UsageError(
            f"{mesh_size:g} m would take about {cells:.1e} elements, more than {MOST_CELLS:.0e}; "
            "give a larger one",
            where="mesh_size",
        )


def _named(raw: RawMesh, geometry: Geometry, near: float) -> Mesh:
    import numpy as np

    edges: dict[str, IntArray] = {}
    nodes: dict[str, IntArray] = {}
    for name, boundary in geometry.outline_parts.items():
        if isinstance(boundary, AtPoint):
            distance = np.linalg.norm(raw.points - np.array(boundary.at), axis=1)
            nearest = np.flatnonzero(distance == distance.min())[:1]
            edges[name] = raw.edges[:0]
            nodes[name] = nearest[distance[nearest] <= 2 * near]
        else:
            edges[name] = raw.edges[lies_on(boundary, raw.samples, near)]
            nodes[name] = np.unique(edges[name])
        if not nodes[name].size:
            raise ProblemError(
                "no edge of the mesh lies there", where=f"geometry.boundaries.{name}"
            )
    names = tuple(geometry.regions)
    return Mesh(raw.points, raw.cells, raw.kind, names, raw.region, edges, nodes)


def lies_on(
    boundary: OnLine | OnCircle | OnEllipse | OnSegment | Along, samples: FloatArray, near: float
) -> BoolArray:
    """Return which edges lie on a boundary: those whose sample points all do.

    Args:
        boundary: Where the boundary lies.
        samples: Points of each edge [m], shape (edges, samples, 2).
        near: How far off a point may be [m].
    """
    import numpy as np

    if isinstance(boundary, OnCircle):
        radius = np.linalg.norm(samples - np.array(boundary.center), axis=2)
        on: BoolArray = np.abs(radius - boundary.radius) <= near
    elif isinstance(boundary, OnEllipse):
        on = distance_to_ellipse(samples, boundary.center, boundary.radii) <= near
    elif isinstance(boundary, Along):
        on = distance_to_sides(boundary, samples) <= near
    elif isinstance(boundary, OnLine):
        along, across = (1, 0) if boundary.axis == "x" else (0, 1)
        low, high = boundary.between or (-np.inf, np.inf)
        other = samples[..., along]
        on = np.abs(samples[..., across] - boundary.at) <= near
        on &= (other >= low - near) & (other <= high + near)
    else:
        start, end = np.array(boundary.start), np.array(boundary.end)
        share = (samples - start) @ (end - start) / ((end - start) @ (end - start))
        foot = start + np.clip(share, 0, 1)[..., None] * (end - start)
        on = np.linalg.norm(samples - foot, axis=2) <= near
    every: BoolArray = np.all(on, axis=1)
    return every
