"""Triangle meshes by netgen, with OpenCascade for the geometry."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from netgen.occ import OCCGeometry, TopoDS_Shape

from mechagents.errors import ProblemError
from mechagents.mechanics.geometry import Shape
from mechagents.mechanics.meshing import RawMesh
from mechagents.mechanics.occ import Frame, glued, place, quiet_and_repeatable, with_vertices
from mechagents.mechanics.shapes import ON_BOUNDARY

if TYPE_CHECKING:
    from netgen.meshing import Mesh as NetgenMesh

    from mechagents.mechanics.meshing import BoolArray, CellKind, FloatArray, IntArray
    from mechagents.mechanics.units import Point

EDGES_ON_A_CIRCLE = 8
"""The fewest edges on a full circle, however large the mesh size."""
SAMPLES = np.linspace(0.0, 1.0, 9)
"""Where the curve of an edge is sampled, as a share of its parameter's range."""


def triangles(
    regions: Mapping[str, Shape],
    mesh_size: float,
    order: int,
    marks: list[tuple[Point, bool]],
    near: float,
    origin: Point,
) -> RawMesh:
    """Return a triangle mesh of several regions that share the nodes on their interfaces.

    Args:
        regions: The shapes by name.
        mesh_size: The length of edges [m].
        order: 1, or 2 for six nodes an element and curved edges.
        marks: Points that need a node [m], and whether one inside the body does too.
        near: Points closer than this are the same [m].
        origin: A point near the body [m]; far from it rounding is all that meshers would see.

    Raises:
        ProblemError: If netgen fails, a region gets no element, or an element is folded.
    """
    frame = Frame.about(origin, near / ON_BOUNDARY)
    size = mesh_size * frame.scale
    with quiet_and_repeatable():
        try:
            shape = glued(regions, frame)
            marked = [(frame.into(point), inside_too) for point, inside_too in marks]
            shape = with_vertices(shape, marked, near * frame.scale)
            samples = _divide(shape, size)
            found = OCCGeometry(shape, dim=2).GenerateMesh(maxh=size, curvaturesafety=0.1)
            if order == 2:
                found.SecondOrder()
        except Exception as error:  # netgen raises several kinds of its own
            raise ProblemError(f"netgen cannot mesh it: {error}", where="geometry") from error
    return _raw(found, list(regions), order, frame, samples)


def _divide(shape: TopoDS_Shape, mesh_size: float) -> dict[str, FloatArray]:
    """Set how netgen divides each edge; return points of each by the name it now has.

    Left to itself netgen divides curves by their curvature, whatever the mesh size.
    """
    samples: dict[str, FloatArray] = {}
    for number, edge in enumerate(shape.edges):
        edge.name = f"edge{number}"
        low, high = edge.parameter_interval
        curve = np.array([place(edge, low + share * (high - low)) for share in SAMPLES])
        samples[edge.name] = curve
        middle = (curve[0] + curve[-1]) / 2
        curved = math.dist(curve[len(curve) // 2], middle) > 1e-9 * edge.mass
        # The parameter of a circle or an ellipse is the angle, and the latter's edges are uneven.
        longest = np.linalg.norm(np.diff(curve, axis=0), axis=1).max() * (len(curve) - 1)
        length = max(edge.mass, float(longest))
        turns = (high - low) / (2 * math.pi) if curved else 0.0
        pieces = max(1, _ceil(length / mesh_size), _ceil(EDGES_ON_A_CIRCLE * turns))
        edge.partition = np.linspace(0.0, 1.0, pieces + 1)[1:-1]
    return samples


def _ceil(value: float) -> int:
    return math.ceil(value - 1e-6)


def _raw(
    found: NetgenMesh, names: list[str], order: int, frame: Frame, samples: dict[str, FloatArray]
) -> RawMesh:
    surface, lines = found.Elements2D().NumPy(), found.Elements1D().NumPy()
    # netgen puts the node in the middle of the side opposite to vertex 0 first.
    columns = [0, 1, 2] if order == 1 else [0, 1, 2, 5, 3, 4]
    cells = surface["nodes"][:, columns].astype(np.int64) - 1
    face_names = found.GetRegionNames(codim=0)
    of_face = np.array([names.index(name) for name in face_names])
    region = of_face[surface["index"] - 1]
    edges = lines["nodes"][:, : order + 1].astype(np.int64) - 1
    outer = _is_outer(edges, cells)
    curves = np.array([samples[name] for name in found.GetRegionNames(codim=1)])
    curve = curves[lines["index"][outer] - 1]
    used, cells = _renumbered(cells)
    points = frame.back(found.Coordinates()[used])
    _check(points, cells, region, names)
    kind: CellKind = "triangle" if order == 1 else "triangle6"
    outer_edges = np.searchsorted(used, edges[outer])
    return RawMesh(points, cells, kind, region, outer_edges, frame.back(curve))


def _is_outer(edges: IntArray, cells: IntArray) -> BoolArray:
    """Return which edges belong to one element only."""
    count = int(cells.max()) + 1

    def key(pairs: IntArray) -> IntArray:
        keys: IntArray = pairs.min(axis=1) * count + pairs.max(axis=1)
        return keys

    sides = np.concatenate([cells[:, [a, b]] for a, b in ((0, 1), (1, 2), (2, 0))])
    unique, times = np.unique(key(sides), return_counts=True)
    return np.isin(key(edges[:, :2]), unique[times == 1])


def _renumbered(cells: IntArray) -> tuple[IntArray, IntArray]:
    used, numbers = np.unique(cells, return_inverse=True)
    return used, numbers.reshape(cells.shape).astype(np.int64)


def _check(points: FloatArray, cells: IntArray, region: IntArray, names: list[str]) -> None:
    for index, name in enumerate(names):
        if not np.any(region == index):
            raise ProblemError("no element lies in it", where=f"geometry.regions.{name}")
    folded = int(np.count_nonzero(_least_jacobian(points[cells]) <= 0))
    if folded:
        raise ProblemError(
            f"{folded} of {len(cells)} elements are folded over; use a smaller mesh size",
            where="geometry",
        )


def _least_jacobian(x: FloatArray) -> FloatArray:
    """Return the least Jacobian determinant at the corners of triangles [m^2]."""
    least = np.full(len(x), np.inf)
    for corner in range(3):
        after, before = (corner + 1) % 3, (corner + 2) % 3
        if x.shape[1] == 6:
            forth = 4 * x[:, 3 + corner] - 3 * x[:, corner] - x[:, after]
            back = 4 * x[:, 3 + before] - 3 * x[:, corner] - x[:, before]
        else:
            forth, back = x[:, after] - x[:, corner], x[:, before] - x[:, corner]
        least = np.minimum(least, forth[:, 0] * back[:, 1] - forth[:, 1] * back[:, 0])
    return least
