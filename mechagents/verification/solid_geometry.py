"""Check 2, geometry, of a solid: the mesh fills the regions, once, and nothing else.

The checks have the names and the tolerances of those in the plane, ``geometry``: box, elements,
outline (here the surfaces, one by one), body, region and interface, and boundary.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from mechagents.mechanics.geometry import (
    OnCurve,
    OnCylinder,
    OnEllipticCylinder,
    OnPlane,
    OnSphere,
    OnTiltedPlane,
    PlainSurface,
    Shape,
)
from mechagents.mechanics.shapes import ON_BOUNDARY
from mechagents.mechanics.solid_body import area, areas, box, contains, reached, volume
from mechagents.messages import Check
from mechagents.verification.chords import MOST, cut_from_area, short_of_pole
from mechagents.verification.elements import (
    BoolArray,
    FloatArray,
    IntArray,
    corners,
    quadrature,
    reference_middle,
    reference_nodes,
    shape_gradients,
)
from mechagents.verification.facets import Facets
from mechagents.verification.fields import Block
from mechagents.verification.skin import face_areas
from mechagents.verification.solid_regions import point_regions
from mechagents.verification.solution import Solution
from mechagents.verification.walls import Flat, Wall, wall_of, walls
from mechagents.verification.wording import found, measured

VOLUME = 2e-3
"""Relative error of a volume, besides what lies between faces and the surfaces they are on."""
AREA, ROUGH_AREA = 5e-3, 0.3
"""Relative error of the area of a surface besides what chords cut off it, and on a coarser mesh
of the convergence study."""
BOX = 2e-3
"""How far the box around the mesh may be off that around the body, of its diagonal, besides what
it is short of the ends of curved surfaces."""
MOST_BOX = 0.08
"""The most that it may be short of them."""
INTERFACE = 0.1
"""How far a corner of an element may lie out of its region, of the longest edge of the mesh."""
_BESIDE = 1e-5
"""A step to either side of a surface, of the body's size; the surfaces of shapes are exact."""


def check_solid_geometry(solution: Solution, *, roughly: bool = False) -> Iterator[Check]:
    """Yield whether the mesh is the solid of the formulation.

    Roughly means no volumes, and areas that may be smaller by chords, as suits a mesh that is
    coarse on purpose.
    """
    surface = _Surface.of(solution)
    yield (size := _box(solution, surface))
    if not size.passed:
        return
    yield (sound := _elements(solution))
    if not sound.passed:
        return
    yield _outline(solution, surface, ROUGH_AREA if roughly else AREA)
    if not roughly:
        yield from _volumes(solution, surface)
    yield from _boundaries(solution, 0.5 if roughly else AREA)


def _box(solution: Solution, surface: _Surface) -> Check:
    fields, geometry = solution.fields, solution.formulation.geometry
    wanted = box(geometry)
    given = np.array([fields.points.min(axis=0), fields.points.max(axis=0)])
    diagonal = float(np.linalg.norm(wanted[1] - wanted[0]))
    beyond = float(np.maximum(wanted[0] - given[0], given[1] - wanted[1]).max())
    short = np.array([given[0] - wanted[0], wanted[1] - given[1]])
    message = f"the mesh fills {_box_text(given)}, the body {_box_text(wanted)}"
    factor = fields.size / diagonal
    for power in (1000.0, 0.001):
        if abs(factor / power - 1) < 0.05:
            message += f": a factor of {power:g}, so lengths are in millimetres or metres wrongly"
    value, allowed = max(beyond, 0.0) / diagonal, BOX
    pole = min(MOST_BOX, surface.short_of_pole / diagonal)
    for end, number in np.argwhere(reached(geometry)).tolist():
        limit = BOX + pole * (not surface.ends_flat(number, float(wanted[end, number])))
        least = float(short[end, number]) / diagonal
        if least / limit > value / allowed:
            value, allowed = least, limit
    return measured("geometry:box", value, allowed, message)


def _box_text(ends: FloatArray) -> str:
    low, high = ends
    named = zip("xyz", low, high, strict=True)
    return ", ".join(f"{axis} {a:.4g} to {b:.4g}" for axis, a, b in named) + " m"


def _elements(solution: Solution) -> Check:
    fields, skin = solution.fields, solution.skin
    name = "geometry:elements"
    bad = sum(_folded(fields.points, block) for block in fields.blocks)
    if bad:
        message = f"{bad} of {fields.elements} elements are folded or flat; nodes in VTK's order?"
        return found(name, False, message)
    if skin.overlapping:
        message = (
            f"{skin.overlapping} faces have two elements on one side: turned inside out, doubled?"
        )
        return found(name, False, message)
    if skin.torn:
        message = (
            f"{skin.torn} faces have two elements that share the corners but not the nodes "
            "between them, so these come apart there"
        )
        return found(name, False, message)
    return found(name, True, f"all {fields.elements} elements are sound, each face shared by two")


def _folded(points: FloatArray, block: Block) -> int:
    """Return how many elements of a block have no volume, or one of both signs, somewhere."""
    nodes = reference_nodes(block.kind)
    beside = nodes + 0.01 * (reference_middle(block.kind) - nodes)
    det = _jacobians(points, block, np.concatenate([quadrature(block.kind, 0)[0], beside]))
    turned = det * np.sign(det.sum(axis=1, keepdims=True))
    return int((turned.min(axis=1) <= 1e-9 * np.abs(det).max()).sum())


def _jacobians(points: FloatArray, block: Block, at: FloatArray) -> FloatArray:
    """Return det dx/dxi of each element at reference points [m^3], shape (elements, points)."""
    J = shape_gradients(block.kind, at).transpose(0, 2, 1) @ points[block.nodes][:, None]
    a, b, c = (J[..., row, :] for row in range(3))
    turned = np.stack([b[..., i - 2] * c[..., i - 1] - b[..., i - 1] * c[..., i - 2]
                       for i in range(3)], axis=-1)  # fmt: skip
    return np.asarray((a * turned).sum(axis=-1))


@dataclass(frozen=True, eq=False)
class _Surface:
    """The outer faces of a mesh, laid over the surfaces of the body."""

    facets: Facets
    walls: list[Wall]
    which: IntArray
    """The surface that each face lies on, or -1, shape (faces,)."""
    area: FloatArray
    """Of each face [m^2], shape (faces,)."""

    @classmethod
    def of(cls, solution: Solution) -> _Surface:
        near = ON_BOUNDARY * solution.fields.size
        facets = Facets.of(solution.fields, solution.skin.faces)
        around = walls(solution.formulation.geometry.regions.values(), near)
        areas_found = face_areas(solution.fields, facets.nodes)
        return cls(facets, around, facets.nearest(around, near), areas_found)

    @property
    def gap(self) -> float:
        """Volume between the faces and the surfaces they lie on [m^3]."""
        return float(self.facets.gaps(self.walls, self.which).sum())

    @property
    def short_of_pole(self) -> float:
        """How far the nodes may all be from the end of a curved surface [m]."""
        return short_of_pole(self.facets, self.walls, self.which)

    def ends_flat(self, number: int, at: float) -> bool:
        """Return whether a plane square to an axis bounds the body at a coordinate [m]."""
        near = ON_BOUNDARY * self.facets.fields.size
        planes = [wall for wall in self.walls if isinstance(wall, Flat)]
        return any(
            abs(wall.square[number]) == 1 and abs(wall.point[number] - at) <= near
            for wall in planes
        )


def _outline(solution: Solution, surface: _Surface, allowed: float) -> Check:
    """Compare the mesh's outer faces with the body's surfaces, one by one."""
    name = "geometry:outline"
    stray = (surface.which < 0) | _doubled(surface) | ~_bounding(solution, surface)
    if stray.any():
        x, y, z = surface.facets.middle[int(stray.argmax())]
        message = (
            f"{int(stray.sum())} outer faces lie where the body has none, for instance at "
            f"({x:.4g}, {y:.4g}, {z:.4g}): elements that are not joined, or another shape"
        )
        return found(name, False, message)
    worst, share, message = 0.0, allowed, "the outer faces of the mesh follow the body's surfaces"
    for words, given, ideal, cut in _by_wall(solution, surface):
        limit = allowed + (min(MOST, cut / ideal) if ideal else 0.0)
        error = abs(given / ideal - 1) if ideal else given / float(surface.area.sum())
        if error / limit > worst / share:
            worst, share = error, limit
            if error > limit:
                message = (
                    f"{words} has {ideal:.4g} m^2 of the body's surface, but the mesh has "
                    f"{given:.4g} m^2 of outer faces on it{_finer(ideal - given, cut)}"
                )
    return measured(name, worst, share, message)


def _finer(missing: float, cut: float) -> str:
    """Return a remedy, where the chords of a coarse mesh explain what is missing."""
    if 0 < missing <= 1.1 * cut:
        return ": flat faces cut it off; take a finer mesh or curved elements"
    return ""


def _by_wall(solution: Solution, surface: _Surface) -> Iterator[tuple[str, float, float, float]]:
    """Yield each surface in words, its area in the mesh and in the body, and what chords may cut.

    Areas are in m^2.
    """
    named = [wall.named for wall in surface.walls]
    *exact, _ = areas(solution.formulation.geometry, named)
    near = ON_BOUNDARY * solution.fields.size
    for number, (plain, ideal) in enumerate(zip(named, exact, strict=True)):
        on = np.flatnonzero(surface.which == number)
        wall = surface.walls[number]
        cut = cut_from_area(surface.facets.take(on), wall, surface.walls, near)
        yield _words(plain), float(surface.area[on].sum()), ideal, cut


def _words(plain: PlainSurface) -> str:
    match plain:
        case OnPlane():
            return f"the plane {plain.axis} = {plain.at:.4g} m"
        case OnTiltedPlane():
            return f"the plane through {_at(plain.point)} square to {_at(plain.normal)}"
        case OnCylinder():
            round_it = f"about {_at(plain.center)} along {plain.axis}"
            return f"the cylinder of radius {plain.radius:.4g} m {round_it}"
        case OnEllipticCylinder():
            round_it = f"about {_at(plain.center)} along {plain.axis}"
            return f"the elliptic cylinder of half axes {_at(plain.radii)} m {round_it}"
        case OnSphere():
            return f"the sphere of radius {plain.radius:.4g} m about {_at(plain.center)}"


def _at(place: tuple[float, ...]) -> str:
    return "(" + ", ".join(f"{value:.4g}" for value in place) + ")"


def _doubled(surface: _Surface) -> BoolArray:
    """Return which outer faces lie on another one, as where elements meet but are not joined."""
    fields = surface.facets.fields
    place = np.round(surface.facets.middle / (1e-9 * fields.size))
    order = np.lexsort(tuple(place.T))
    same = (np.diff(place[order], axis=0) == 0).all(axis=1)
    doubled = np.zeros(len(place), dtype=np.bool_)
    doubled[order[:-1][same]] = doubled[order[1:][same]] = True
    return doubled


def _bounding(solution: Solution, surface: _Surface) -> BoolArray:
    """Return which outer faces have the body on their inner side alone, shape (faces,)."""
    facets, step = surface.facets, _BESIDE * solution.fields.size
    right = np.ones(len(facets.nodes), dtype=np.bool_)
    shapes = list(solution.formulation.geometry.regions.values())
    for number, wall in enumerate(surface.walls):
        on = np.flatnonzero(surface.which == number)
        if on.size:
            part = facets.take(on)
            foot, out = wall.foot(part.middle), part.outward(wall)
            inside = _in_any(shapes, foot - step * out, step / 10)
            right[on] = inside & ~_in_any(shapes, foot + step * out, step / 10)
    return right


def _in_any(shapes: list[Shape], points: FloatArray, near: float) -> BoolArray:
    return np.asarray(np.any([contains(shape, points, near) for shape in shapes], axis=0))


def _volumes(solution: Solution, surface: _Surface) -> Iterator[Check]:
    geometry = solution.formulation.geometry
    inside, strayed = _measure(solution)
    ideal = [volume(shape) for shape in geometry.regions.values()]
    yield _volume("body", float(inside.sum()), sum(ideal), surface.gap)
    if len(ideal) == 1:
        return
    for number, (name, shape) in enumerate(geometry.regions.items()):
        gap = _gap(solution, number, shape)
        given, astray = float(inside[number]), float(strayed[number])
        yield _volume(f"region:{name}", given, ideal[number], gap, astray)
        yield _interface(solution, name, shape)


def _measure(solution: Solution) -> tuple[FloatArray, FloatArray]:
    """Return for each region, and for outside, its volume in the mesh and what strays from it."""
    count = len(solution.regions) + 1
    inside, strayed = np.zeros(count), np.zeros(count)
    fields = solution.fields
    for index, block in enumerate(fields.blocks):
        points, weights = quadrature(block.kind, 0)
        share = np.abs(_jacobians(fields.points, block, points)) * weights
        own = solution.region[index]
        actual = point_regions(solution.formulation.geometry, fields, block)
        inside += np.bincount(own % count, share.sum(axis=1), count)
        off = (share * (actual != own[:, None])).sum(axis=1)
        strayed += np.bincount(own % count, off, count)
    return inside, strayed


def _gap(solution: Solution, number: int, shape: Shape) -> float:
    """Return the volume between the faces around a region and its surfaces [m^3]."""
    region = np.concatenate(solution.region)
    facets = Facets.of(solution.fields, solution.skin.between(region, number))
    around = walls([shape], near := ON_BOUNDARY * solution.fields.size)
    return float(facets.gaps(around, facets.nearest(around, near)).sum())


def _volume(name: str, given: float, ideal: float, gap: float, astray: float = 0.0) -> Check:
    allowed = VOLUME + min(MOST, 1.1 * gap / ideal)
    value = max(abs(given - ideal), astray) / ideal
    words = name.replace("region:", "region ")
    message = f"{words} has {given:.6g} m^3 of mesh, not {ideal:.6g} m^3"
    message += _finer(ideal - given, gap)
    if value <= allowed:
        message = f"{given:.6g} m^3 of mesh for {ideal:.6g} m^3"
    elif abs(given - ideal) < astray:
        message = f"elements of {words} reach {astray:.3g} m^3 into others"
    return measured(f"geometry:{name}", value, allowed, message)


def _interface(solution: Solution, name: str, shape: Shape) -> Check:
    """Compare the corners of a region's elements with the region, to which all must belong."""
    fields = solution.fields
    inside = [
        block.nodes[solution.inside(i, name), : corners(block.kind)].ravel()
        for i, block in enumerate(fields.blocks)
    ]
    points = fields.points[np.unique(np.concatenate(inside))]
    allowed = INTERFACE * fields.longest_edge
    far = int((~contains(shape, points, allowed)).sum())
    message = f"{far} corners of elements of {name} lie more than {allowed:.3g} m outside it"
    if not far:
        message = f"the {len(points)} corners of elements of {name} lie in it"
    return found(f"geometry:interface:{name}", not far, message)


def _boundaries(solution: Solution, allowed: float) -> Iterator[Check]:
    f = solution.formulation
    used = {support.boundary for support in f.supports}
    used |= {
        load.boundary for load in f.loads if load.kind == "traction" or load.kind == "pressure"
    }
    used |= {spring.boundary for spring in f.springs}
    around = walls(f.geometry.regions.values(), near := ON_BOUNDARY * solution.fields.size)
    for name, boundary in f.geometry.boundaries.items():
        if name not in used:
            continue
        place = solution.places[name]
        if isinstance(boundary, OnCurve):
            message = f"{len(place.edges)} edges of outer faces lie on {name}"
            yield found(f"geometry:boundary:{name}", len(place.edges) > 0, message)
        if not isinstance(boundary, PlainSurface):
            continue
        ideal = area(f.geometry, name)
        given = float(face_areas(solution.fields, place.faces).sum())
        message = f"{given:.4g} m^2 of outer faces lie on {name}, which has {ideal:.4g} m^2"
        facets = Facets.of(solution.fields, place.faces)
        cut = cut_from_area(facets, wall_of(boundary), around, near)
        message += _finer(ideal - given, cut)
        value = abs(given / ideal - 1) if ideal else np.inf
        limit = min(allowed + (min(MOST, cut / ideal) if ideal else 0.0), 0.5)
        yield measured(f"geometry:boundary:{name}", value, limit, message)
