"""Where the exact stress of a solid may have no bound: along edges.

At a re-entrant edge of a solid the stress grows as it does at the re-entrant corner of its cross
section, since nothing changes along the edge.

References:
    Williams, Stress singularities resulting from various boundary conditions in angular corners
    of plates in extension (1952).
"""

from __future__ import annotations

import numpy as np

from mechagents.mechanics.geometry import AXES, Boundary, OnPlane
from mechagents.mechanics.shapes import ON_BOUNDARY
from mechagents.verification.creases import Creases, creases, rim
from mechagents.verification.elements import FloatArray
from mechagents.verification.solution import Solution
from mechagents.verification.walls import Wall, walls

_TURN = np.deg2rad(10.0)
_RIGHT = np.deg2rad(91.0)


def singular_in_space(solution: Solution) -> FloatArray:
    """Return nodes, and middles, of edges of the mesh that may be singular [m], (points, 3).

    Such are re-entrant edges of the body, edges at which materials meet, the rims of supports and
    loads, and supported curves and points.
    """
    near = ON_BOUNDARY * solution.fields.size
    surfaces = walls(solution.formulation.geometry.regions.values(), near)
    outer = creases(solution.fields, solution.skin.faces, surfaces, near)
    reentrant = outer.take(np.flatnonzero(outer.angle > np.pi + _TURN))
    found = [reentrant.points(solution.fields)]
    if len(solution.regions) > 1:
        found += _interface_edges(solution, surfaces, near)
    found += _rims(solution, outer)
    return np.concatenate(found)


def _interface_edges(solution: Solution, surfaces: list[Wall], near: float) -> list[FloatArray]:
    """Return the sharp edges of each region at which it meets another one."""
    region = np.concatenate(solution.region)
    found: list[FloatArray] = []
    for which in range(len(solution.regions)):
        faces = solution.skin.between(region, which)
        own = int((region[solution.skin.element] == which).sum())
        edges = creases(solution.fields, faces, surfaces, near)
        # Faces between two regions are seen from outside one of them; so a turn has no sign.
        turn = np.abs(edges.angle - np.pi)
        sharp = (turn > _TURN) & (np.pi - turn > _TURN)
        sharp |= edges.faces[:, 0] == edges.faces[:, 1]
        meets = (edges.faces >= own).any(axis=1)
        found.append(edges.take(np.flatnonzero(sharp & meets)).points(solution.fields))
    return found


def _rims(solution: Solution, outer: Creases) -> list[FloatArray]:
    """Return where a support or a load ends, but not where it does so regularly.

    A plane on which only what is square to it is held, or all but that, mirrors the body; with a
    free plane at no more than a right angle the mirrored edge is no re-entrant one. A traction is
    regular at such an edge too.
    """
    f, points = solution.formulation, solution.fields.points
    held: dict[str, set[str]] = {}
    for support in f.supports:
        held.setdefault(support.boundary, set()).update(support.components)
    loaded = {
        load.boundary
        for load in f.loads
        if load.kind == "traction" or load.kind == "pressure" or load.kind == "point_force"
    }
    loaded |= {spring.boundary for spring in f.springs}
    ends = np.sort(outer.ends, axis=1)
    blunt = {tuple(pair) for pair in ends[outer.angle > _RIGHT].tolist()}
    found: list[FloatArray] = []
    for name in dict.fromkeys([*held, *loaded]):
        place = solution.places[name]
        if not len(place.faces):
            found.append(points[place.nodes])
            continue
        edges = rim(place.faces)
        if _mirrors(f.geometry.boundaries[name], held.get(name, set())):
            rows = [i for i, pair in enumerate(edges.tolist()) if tuple(pair) in blunt]
            edges = edges[rows]
        at = points[edges]
        found += [at.reshape(-1, 3), at.mean(axis=1)]
    return found


def _mirrors(boundary: Boundary, held: set[str]) -> bool:
    """Return whether what is held on a boundary is what a mirror there would hold, or nothing."""
    if not held:
        return True
    if not isinstance(boundary, OnPlane):
        return False
    across = {axis for axis in AXES if axis != boundary.axis}
    return held in ({boundary.axis}, across)
