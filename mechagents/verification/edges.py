"""The outer edges of a returned mesh, and which of them a named boundary means."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from mechagents.mechanics.ellipses import distance_to_ellipse, metres, stretched
from mechagents.mechanics.geometry import (
    AtPoint,
    OnCircle,
    OnEllipse,
    OnLine,
    OnSegment,
    PlaneBoundary,
)
from mechagents.mechanics.shapes import ON_BOUNDARY
from mechagents.mechanics.sides import Along, Arc, distance_to_side, distance_to_sides
from mechagents.verification.elements import BoolArray, FloatArray, IntArray, local_edges
from mechagents.verification.fields import Block, Fields


@dataclass(frozen=True, eq=False)
class Edges:
    """The edges of a mesh that belong to one element only."""

    nodes: IntArray
    """Two ends, then the middle node or -1, shape (edges, 3)."""
    overlapping: int
    """How many edges of the mesh have two elements on the same side of them."""

    @property
    def all_nodes(self) -> IntArray:
        """Every node of the edges, ascending."""
        found = np.unique(self.nodes)
        return found[found >= 0]


NO_EDGES = Edges(np.zeros((0, 3), dtype=np.int64), 0)
"""Those of a solid, which has faces."""


def outer_edges(fields: Fields) -> Edges:
    """Return the edges on the mesh's own outline."""
    ends = np.concatenate([_anticlockwise(fields, block) for block in fields.blocks])
    middles = [local_edges(block.kind)[:, 2] for block in fields.blocks]
    middle = np.concatenate(
        [
            np.where(local < 0, -1, block.nodes[:, local]).ravel()
            for block, local in zip(fields.blocks, middles, strict=True)
        ]
    )
    count = len(fields.points)
    _, times = np.unique(ends[:, 0] * count + ends[:, 1], return_counts=True)
    _, first, shared = np.unique(
        ends.min(axis=1) * count + ends.max(axis=1), return_index=True, return_counts=True
    )
    alone = first[shared == 1]
    nodes = np.column_stack([ends[alone], middle[alone]])
    return Edges(nodes, int(np.count_nonzero(times > 1)))


def _anticlockwise(fields: Fields, block: Block) -> IntArray:
    """Return the ends of every edge of a block, with its element on the left, (edges, 2)."""
    ends = block.nodes[:, local_edges(block.kind)[:, :2]]
    start, end = fields.points[ends[:, :, 0]], fields.points[ends[:, :, 1]]
    twice_area = (start[..., 0] * end[..., 1] - start[..., 1] * end[..., 0]).sum(axis=1)
    turned = np.where((twice_area < 0)[:, None, None], ends[:, :, ::-1], ends)
    return np.asarray(turned.reshape(-1, 2), dtype=np.int64)


NO_FACES: IntArray = np.zeros((0, 9), dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Place:
    """A named boundary on the returned mesh."""

    edges: IntArray
    """Two ends, then the middle node or -1, shape (edges, 3); none for a point or a surface."""
    nodes: IntArray
    """Every node on it, ascending."""
    faces: IntArray = field(default_factory=lambda: NO_FACES)
    """Of a surface of space: corners, middles, then -1, from outside; shape (faces, 9)."""


def place(fields: Fields, edges: Edges, boundary: PlaneBoundary) -> Place:
    """Return the outer edges and the nodes of the mesh that lie on a boundary.

    An edge lies on it when both its ends do and its middle does too, or is as far off as the
    chord of a circle or an ellipse must be. A point means the nearest node on the outline.
    """
    near = ON_BOUNDARY * fields.size
    if isinstance(boundary, AtPoint):
        outer = edges.all_nodes
        distance = np.linalg.norm(fields.points[outer] - np.array(boundary.at), axis=1)
        nearest = int(distance.argmin())
        return Place(
            edges.nodes[:0], outer[[nearest]] if distance[nearest] <= 2 * near else outer[:0]
        )
    ends = fields.points[edges.nodes[:, :2]]
    middle = edge_middles(fields, edges.nodes)
    allowed = np.full(len(middle), near)
    if isinstance(boundary, OnCircle):
        chord = np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1)
        # Up to the sides of a hexagon, which are as long as the radius.
        allowed += np.where(chord <= 1.01 * boundary.radius, 0.15 * chord**2 / boundary.radius, 0.0)
    if isinstance(boundary, OnEllipse):
        allowed += _sagitta(boundary, ends, middle)
    if isinstance(boundary, Along):
        return _along(edges, boundary, ends, middle, near)
    on = (distance_from(boundary, ends) <= near).all(axis=1) & (
        distance_from(boundary, middle) <= allowed
    )
    return _chosen(edges.nodes[on])


def _chosen(edges: IntArray) -> Place:
    nodes = np.unique(edges)
    return Place(edges, nodes[nodes >= 0])


def _along(edges: Edges, part: Along, ends: FloatArray, middle: FloatArray, near: float) -> Place:
    """Return the outer edges that lie on one of several sides."""
    chord = np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1)
    on = np.zeros(len(chord), dtype=np.bool_)
    for side in part.sides:
        bulge = np.zeros(len(chord))
        if isinstance(side, Arc):
            bulge = np.where(chord <= 1.01 * side.radius, 0.15 * chord**2 / side.radius, 0.0)
        beside = distance_to_side(side, middle) <= near + bulge
        on |= (distance_to_side(side, ends) <= near).all(axis=1) & beside
    return _chosen(edges.nodes[on])


def _sagitta(boundary: OnEllipse, ends: FloatArray, middle: FloatArray) -> FloatArray:
    """Return how far the middle of each chord of an ellipse may be off it [m], shape (edges,)."""
    around = stretched(ends, boundary.center, boundary.radii)
    chord = np.linalg.norm(around[:, 1] - around[:, 0], axis=1)
    step = metres(stretched(middle, boundary.center, boundary.radii), boundary.radii)
    return np.asarray(np.where(chord <= 1.01, 0.15 * chord**2, 0.0) * step, dtype=np.float64)


def edge_middles(fields: Fields, edges: IntArray) -> FloatArray:
    """Return the middle of each edge (two ends, middle node or -1) [m], shape (edges, 2)."""
    straight = fields.points[edges[:, :2]].mean(axis=1)
    return np.where(edges[:, 2:] < 0, straight, fields.points[edges[:, 2]])


def edge_lengths(fields: Fields, edges: IntArray) -> FloatArray:
    """Return the length of each edge, curved ones by Simpson's rule [m], shape (edges,)."""
    a, b = fields.points[edges[:, 0]], fields.points[edges[:, 1]]
    bulge = edge_middles(fields, edges) - (a + b) / 2
    speeds = [np.linalg.norm((b - a) + 4 * s * bulge, axis=1) for s in (1.0, 0.0, -1.0)]
    return np.asarray((speeds[0] + 4 * speeds[1] + speeds[2]) / 6, dtype=np.float64)


def distance_from(
    boundary: OnLine | OnCircle | OnEllipse | OnSegment | Along, points: FloatArray
) -> FloatArray:
    """Return how far points (..., 2) are off a line, circle, ellipse, segment or sides [m]."""
    if isinstance(boundary, Along):
        return distance_to_sides(boundary, points)
    if isinstance(boundary, OnEllipse):
        return distance_to_ellipse(points, boundary.center, boundary.radii)
    if isinstance(boundary, OnCircle):
        radius = np.linalg.norm(points - np.array(boundary.center), axis=-1)
        return np.asarray(np.abs(radius - boundary.radius), dtype=np.float64)
    if isinstance(boundary, OnLine):
        across, along = (0, 1) if boundary.axis == "x" else (1, 0)
        low, high = boundary.between or (-np.inf, np.inf)
        beyond = np.maximum(low - points[..., along], points[..., along] - high)
        off = np.abs(points[..., across] - boundary.at)
        return np.asarray(np.maximum(off, beyond), dtype=np.float64)
    start, end = np.array(boundary.start), np.array(boundary.end)
    along_it = end - start
    share = np.clip((points - start) @ along_it / (along_it @ along_it), 0, 1)
    foot = start + share[..., None] * along_it
    return np.asarray(np.linalg.norm(points - foot, axis=-1), dtype=np.float64)


def on_axis(fields: Fields) -> BoolArray:
    """Return which points lie on the axis of an axisymmetric body, x = 0; shape (points,)."""
    return np.asarray(np.abs(fields.points[:, 0]) <= 1e-9 * fields.size, dtype=np.bool_)
