"""Where the exact stress of a formulation may have no bound."""

from __future__ import annotations

import numpy as np

from mechagents.mechanics.extras import normal_axis
from mechagents.mechanics.formulation import Wanted, WantedStrain, WantedStress
from mechagents.mechanics.shapes import ON_BOUNDARY, body, outline
from mechagents.verification.constitutive import tensor_component
from mechagents.verification.elements import BoolArray, FloatArray, IntArray
from mechagents.verification.equilibrium import Equilibrium
from mechagents.verification.outlines import Outline, distance_to_ring, interior_angles
from mechagents.verification.singular_edges import singular_in_space
from mechagents.verification.solution import Solution

_TURN = np.deg2rad(10.0)
"""Sides of a polygon that stands for a circle turn by less than a degree."""
_RIGHT = np.deg2rad(91.0)


def near_singular_point(state: Equilibrium, wanted: Wanted) -> FloatArray | None:
    """Return a point [m] that may be singular and close to where a stress is read, if any.

    Such are re-entrant corners, corners of interfaces between materials, the ends of supports
    and loads, and single supported points, and in space the edges of the same kinds; close is
    within two element edges.

    References:
        Williams, Stress singularities resulting from various boundary conditions in angular
        corners of plates in extension (1952).
    """
    if not isinstance(wanted, WantedStress | WantedStrain):
        return None
    candidates = singular_points(state.solution)
    if not len(candidates):
        return None
    distance = np.linalg.norm(candidates - where_read(state, wanted), axis=1)
    nearest = int(distance.argmin())
    return (
        candidates[nearest] if distance[nearest] <= 2 * state.solution.fields.longest_edge else None
    )


def where_read(state: Equilibrium, wanted: WantedStress | WantedStrain) -> FloatArray:
    """Return the point where a stress or strain is read, or the node of its extreme [m], (d,)."""
    if wanted.at is not None:
        return np.array(wanted.at)
    solution = state.solution
    best, place = -np.inf, np.zeros(solution.fields.points.shape[1])
    for index, block in enumerate(solution.fields.blocks):
        rows = solution.inside(index, wanted.region)
        values = tensor_component(state.tensors(wanted)[index].at_nodes[rows], wanted.component)
        if wanted.extreme == "max_abs":
            values = np.abs(values)
        elif wanted.extreme == "min":
            values = -values
        if values.size and values.max() > best:
            best = float(values.max())
            place = solution.fields.points[block.nodes[rows].ravel()[int(values.argmax())]]
    return place


def singular_points(solution: Solution) -> FloatArray:
    """Return the points of a formulation that may be singular [m], shape (points, d).

    In space these lie along edges of the mesh.
    """
    if solution.formulation.dimension == 3:
        return singular_in_space(solution)
    geometry = solution.formulation.geometry
    whole = Outline.of(body(geometry))
    found = [np.zeros((0, 2)), *(ring[:-1][_reentrant(ring)] for ring in whole.rings)]
    if len(geometry.regions) > 1:
        found += _interface_corners(solution)
    found += _changes(solution, whole)
    return np.concatenate(found)


def _interface_corners(solution: Solution) -> list[FloatArray]:
    """Return the corners of each region at which it meets another one."""
    near = ON_BOUNDARY * solution.fields.size
    shapes = [Outline.of(outline(s)) for s in solution.formulation.geometry.regions.values()]
    found: list[FloatArray] = []
    for shape in shapes:
        sharp = np.concatenate([ring[:-1][_sharp(ring)] for ring in shape.rings])
        others = [ring for other in shapes if other is not shape for ring in other.rings]
        off = np.min([distance_to_ring(ring, sharp) for ring in others], axis=0)
        found.append(sharp[off <= near])
    return found


def _sharp(ring: FloatArray) -> BoolArray:
    return np.asarray(np.abs(interior_angles(ring) - np.pi) > _TURN, dtype=np.bool_)


def _reentrant(ring: FloatArray) -> BoolArray:
    return np.asarray(interior_angles(ring) > np.pi + _TURN, dtype=np.bool_)


def _changes(solution: Solution, whole: Outline) -> list[FloatArray]:
    """Return where a support or a load ends, but not where it does so regularly.

    An edge of which one component is held, along or across it, mirrors the body; with a free or
    a mirroring edge at no more than a right angle the mirrored corner is no re-entrant one.
    A traction is regular at such a corner too.
    """
    f = solution.formulation
    held: dict[str, set[str]] = {}
    for support in f.supports:
        held.setdefault(support.boundary, set()).update(support.components)
    loaded = {
        load.boundary for load in f.loads if load.kind == "traction" or load.kind == "pressure"
    }
    loaded |= {load.boundary for load in f.loads if load.kind == "point_force"}
    loaded |= {spring.boundary for spring in f.springs}
    parts = f.geometry.outline_parts
    found: list[FloatArray] = []
    for name in dict.fromkeys([*held, *loaded]):
        place = solution.places[name]
        ends = solution.fields.points[_ends(place.edges) if len(place.edges) else place.nodes]
        straight = normal_axis(parts[name]) is not None
        mirrors = straight and len(held.get(name, ())) < 2
        regular = np.array(
            [mirrors and _angle_at(whole, end) <= _RIGHT for end in ends], dtype=bool
        )
        found.append(ends[~regular])
    return found


def _angle_at(whole: Outline, point: FloatArray) -> float:
    """Return the angle of the body at a point of its outline [rad]."""
    vertices = np.concatenate([ring[:-1] for ring in whole.rings])
    angles = np.concatenate([interior_angles(ring) for ring in whole.rings])
    distance = np.linalg.norm(vertices - point, axis=1)
    extent = float(np.linalg.norm(np.ptp(vertices, axis=0)))
    nearest = int(distance.argmin())
    return float(angles[nearest]) if distance[nearest] <= ON_BOUNDARY * extent else float(np.pi)


def _ends(edges: IntArray) -> IntArray:
    nodes, count = np.unique(edges[:, :2], return_counts=True)
    ends: IntArray = nodes[count == 1]
    return ends
