"""Check 2, geometry: the mesh fills the regions of the formulation, once, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from shapely.geometry.base import BaseGeometry

from mechagents.mechanics.geometry import (
    AtPoint,
    Difference,
    Disk,
    Ellipse,
    Intersection,
    Profile,
    Shape,
    Union,
)
from mechagents.mechanics.shapes import ON_BOUNDARY, body, boundary_part, outline
from mechagents.mechanics.sides import Arc
from mechagents.messages import Check
from mechagents.verification.assembly import samples
from mechagents.verification.edges import edge_lengths, edge_middles
from mechagents.verification.elements import (
    BoolArray,
    ElementKind,
    FloatArray,
    IntArray,
    corners,
    order,
    quadrature,
    reference_nodes,
)
from mechagents.verification.fields import Fields
from mechagents.verification.outlines import Outline, distance_to_ring, ring_length
from mechagents.verification.sides import check_sides
from mechagents.verification.solution import Solution, sample_regions
from mechagents.verification.wording import found, measured

AREA = 2e-3
"""Relative error of an area that is straight-sided, or meshed with curved elements."""
CHORDS = 0.05
"""The most that straight edges on curves may add to that."""
INTERFACE = 0.1
"""How far a corner of an element may lie out of its region, of the longest edge of the mesh."""
LENGTH = 0.03
"""Relative error of the length of a ring of the outline; chords of a circle of 12 sides cut 1 %."""

ROUGH_LENGTH = 0.25
"""The same on a coarser mesh of the convergence study: a circle of three sides lacks 17 %."""


def check_geometry(solution: Solution, *, roughly: bool = False) -> Iterator[Check]:
    """Yield whether the mesh is the body of the formulation.

    Roughly means no areas, and lengths that may be shorter by chords, as suits a mesh that is
    coarse on purpose.

    The box comes first, since a slip of units fails all the others too; then elements that are
    folded, doubled or not joined; the outline, ring by ring, which finds even a small hole, and
    side by side, which finds a fillet; the area of the body and of each region; and the length of
    each boundary that carries anything.
    """
    whole = body(solution.formulation.geometry)
    yield (box := _box(solution.fields, whole))
    if not box.passed:
        return
    yield (sound := _elements(solution))
    if not sound.passed:
        return
    allowed = ROUGH_LENGTH if roughly else LENGTH
    yield _outline(solution, Outline.of(whole), allowed)
    yield from check_sides(solution, whole, allowed)
    if not roughly:
        yield from _areas(solution, whole)
    yield from _boundaries(solution, whole, 0.5 if roughly else LENGTH)


def _box(fields: Fields, whole: BaseGeometry) -> Check:
    low_x, low_y, high_x, high_y = whole.bounds
    wanted = np.array([[low_x, low_y], [high_x, high_y]])
    given = np.array([fields.points.min(axis=0), fields.points.max(axis=0)])
    diagonal = float(np.linalg.norm(wanted[1] - wanted[0]))
    # A circle of straight edges, turned by half an edge, falls short by its sagitta.
    value = float(np.abs(given - wanted).max()) / diagonal
    message = f"the mesh fills {_box_text(given)}, the body {_box_text(wanted)}"
    factor = fields.size / diagonal
    for power in (1000.0, 0.001):
        if abs(factor / power - 1) < 0.05:
            message += f": a factor of {power:g}, so lengths are in millimetres or metres wrongly"
    return measured("geometry:box", value, 0.02, message)


def _box_text(box: FloatArray) -> str:
    return f"x {box[0, 0]:.4g} to {box[1, 0]:.4g}, y {box[0, 1]:.4g} to {box[1, 1]:.4g} m"


def _elements(solution: Solution) -> Check:
    fields = solution.fields
    bad = 0
    for block in fields.blocks:
        points = np.concatenate([quadrature(block.kind, 0)[0], _beside_nodes(block.kind)])
        det = samples(block.kind, fields.points[block.nodes], points).jacobian
        turned = det * np.sign(det.sum(axis=1, keepdims=True))
        bad += int((turned.min(axis=1) <= 1e-9 * np.abs(det).max()).sum())
    name = "geometry:elements"
    if bad:
        message = f"{bad} of {fields.elements} elements are folded or flat; nodes in VTK's order?"
        return found(name, False, message)
    overlapping = solution.edges.overlapping
    if overlapping:
        message = f"{overlapping} edges have two elements on one side: turned inside out, doubled?"
        return found(name, False, message)
    return found(name, True, f"all {fields.elements} elements are sound, each edge shared by two")


def _beside_nodes(kind: ElementKind) -> FloatArray:
    nodes = reference_nodes(kind)
    return np.asarray(nodes + 0.01 * (nodes.mean(axis=0) - nodes), dtype=np.float64)


def _outline(solution: Solution, wanted: Outline, allowed: float) -> Check:
    """Compare the mesh's outer edges with the outline, ring by ring."""
    fields, edges = solution.fields, solution.edges.nodes
    near = ON_BOUNDARY * fields.size
    lengths, left = edge_lengths(fields, edges), np.ones(len(edges), dtype=np.bool_)
    ends = fields.points[edges[:, :2]]
    chord = np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1)
    far = np.ones_like(left)
    missing, worst = "", 0.0
    for ring in wanted.rings:
        ideal = ring_length(ring)
        off = distance_to_ring(ring, ends.reshape(-1, 2)).reshape(-1, 2).max(axis=1)
        beside = distance_to_ring(ring, edge_middles(fields, edges)) <= near + 0.3 * chord
        on = left & (off <= near) & beside
        left &= ~on
        far &= ~beside
        error = abs(float(lengths[on].sum()) / ideal - 1)
        if error > worst:
            worst = error
            x, y = (ring.min(axis=0) + ring.max(axis=0)) / 2
            missing = (
                f"the outline around ({x:.4g}, {y:.4g}) is {ideal:.4g} m long, but the mesh has "
                f"{float(lengths[on].sum()):.4g} m of outer edges on it"
            )
    stray = float(lengths[left].sum()) / float(lengths.sum())
    if stray > worst:
        worst, missing = stray, _stray(fields, edges[left])
    inside = far | _doubled(fields, edges)
    if inside.any():
        return found("geometry:outline", False, _stray(fields, edges[inside]))
    message = missing if worst > allowed else "the outer edges of the mesh follow the outline"
    return measured("geometry:outline", worst, allowed, message)


def _doubled(fields: Fields, edges: IntArray) -> BoolArray:
    """Return which outer edges lie on another one, as where elements meet but are not joined."""
    place = np.round(edge_middles(fields, edges) / (1e-9 * fields.size))
    _, which, count = np.unique(place, axis=0, return_inverse=True, return_counts=True)
    return np.asarray(count[which.ravel()] > 1, dtype=np.bool_)


def _stray(fields: Fields, edges: IntArray) -> str:
    x, y = edge_middles(fields, edges)[0]
    return (
        f"{len(edges)} outer edges lie where the body has none, for instance at "
        f"({x:.4g}, {y:.4g}): elements that are not joined, or another shape"
    )


def _areas(solution: Solution, whole: BaseGeometry) -> Iterator[Check]:
    geometry = solution.formulation.geometry
    names = solution.regions
    inside, strayed = _measure(solution)
    yield _area(solution, "body", float(inside.sum()), whole.area, list(geometry.regions.values()))
    for index, name in enumerate(names):
        shape = geometry.regions[name]
        ideal = outline(shape).area
        given, astray = float(inside[index]), float(strayed[index])
        if len(names) > 1:
            yield _area(solution, f"region:{name}", given, ideal, [shape], astray)
            yield _interface(solution, name, Outline.of(outline(shape)))


def _interface(solution: Solution, name: str, shape: Outline) -> Check:
    """Compare the corners of a region's elements with the region, to which all must belong."""
    fields = solution.fields
    inside = [
        block.nodes[solution.inside(i, name), : corners(block.kind)].ravel()
        for i, block in enumerate(fields.blocks)
    ]
    points = fields.points[np.unique(np.concatenate(inside))]
    out = points[~shape.contains(points)]
    off = np.min([distance_to_ring(ring, out) for ring in shape.rings], axis=0)
    far = float(off.max(initial=0.0))
    message = f"corners of elements of {name} lie up to {far:.3g} m outside it"
    return measured(f"geometry:interface:{name}", far / fields.longest_edge, INTERFACE, message)


def _boundaries(solution: Solution, whole: BaseGeometry, allowed: float) -> Iterator[Check]:
    f = solution.formulation
    used = {support.boundary for support in f.supports}
    used |= {
        load.boundary for load in f.loads if load.kind == "traction" or load.kind == "pressure"
    }
    used |= {spring.boundary for spring in f.springs}
    for name, boundary in f.geometry.outline_parts.items():
        if name not in used or isinstance(boundary, AtPoint):
            continue
        ideal = boundary_part(whole, boundary).length
        given = float(edge_lengths(solution.fields, solution.places[name].edges).sum())
        message = f"{given:.4g} m of outer edges lie on {name}, which is {ideal:.4g} m long"
        # Where it ends at other edges, their stubs count, which matters if it is short.
        stubs = 4 * ON_BOUNDARY * solution.fields.size / ideal
        name = f"geometry:boundary:{name}"
        yield measured(name, abs(given / ideal - 1), min(allowed + stubs, 0.5), message)


def _area(
    solution: Solution,
    name: str,
    given: float,
    ideal: float,
    shapes: list[Shape],
    astray: float = 0.0,
) -> Check:
    allowed = AREA + _chords(solution.fields, ideal, shapes)
    value = max(abs(given - ideal), astray) / ideal
    message = (
        f"{name.replace('region:', 'region ')} has {given:.6g} m^2 of mesh, not {ideal:.6g} m^2"
    )
    if value <= allowed:
        message = f"{given:.6g} m^2 of mesh for {ideal:.6g} m^2"
    elif abs(given - ideal) < astray:
        message = f"elements of region {name[7:]} reach {astray:.3g} m^2 into others"
    return measured(f"geometry:{name}", value, allowed, message)


def _measure(solution: Solution) -> tuple[FloatArray, FloatArray]:
    """Return for each region, and for outside, its area in the mesh and what strays out of it."""
    count = len(solution.regions) + 1
    area, strayed = np.zeros(count), np.zeros(count)
    for index, block in enumerate(solution.fields.blocks):
        points, weights = quadrature(block.kind, 0)
        at = samples(block.kind, solution.fields.points[block.nodes], points)
        share = np.abs(at.jacobian) * weights
        own = solution.region[index]
        actual = sample_regions(solution.formulation, solution.fields, block)
        off = share * (actual != own[:, None])
        area += np.bincount(own % count, share.sum(axis=1), count)
        strayed += np.bincount(own % count, off.sum(axis=1), count)
    return area, strayed


def _chords(fields: Fields, ideal: float, shapes: list[Shape]) -> float:
    """Return the share of an area that straight edges of this mesh's size cut off its circles.

    A chord of length h cuts h^3 / (12 R) off a circle of radius R, so a whole circle loses
    pi h^2 / 6, and so does an ellipse, since it turns by 2 pi too. Half as much again is allowed,
    up to ``CHORDS``.
    """
    straight = any(order(block.kind) == 1 or _all_straight(fields) for block in fields.blocks)
    circles = sum(map(_circles, shapes))
    if not straight or not circles:
        return 0.0
    return min(CHORDS, 1.5 * circles * np.pi * fields.longest_edge**2 / 6 / ideal)


def _circles(shape: Shape) -> float:
    """Return how many full turns the curves of a shape make."""
    match shape:
        case Disk() | Ellipse():
            return 1.0
        case Profile():
            turns = [abs(side.turn) for side in shape.outline if isinstance(side, Arc)]
            return sum(turns) / (2 * np.pi)
        case Difference():
            return sum(map(_circles, (shape.base, *shape.remove)))
        case Union() | Intersection():
            return sum(map(_circles, shape.shapes))
        case _:
            return 0.0


def _all_straight(fields: Fields) -> bool:
    for block in fields.blocks:
        if order(block.kind) == 2:
            sides = 3 if block.kind == "triangle6" else 4
            corner, middle = block.nodes[:, :sides], block.nodes[:, sides : 2 * sides]
            ends = fields.points[corner], fields.points[np.roll(corner, -1, axis=1)]
            bulge = fields.points[middle] - (ends[0] + ends[1]) / 2
            if np.abs(bulge).max() > 1e-6 * fields.size:
                return False
    return True
