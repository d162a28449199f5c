"""Whether a formulation can be solved at all: names, geometry, and freedom to move.

Every fault is one sentence that starts with the field.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import combinations
from typing import TYPE_CHECKING

from mechagents.mechanics._idle_shapes import crossing_outlines, idle_shapes
from mechagents.mechanics.analyses import misfits
from mechagents.mechanics.eigen import FREE, eigen_faults
from mechagents.mechanics.extras import misplaced, unknown_boundaries
from mechagents.mechanics.geometry import AtPoint, boundary_dimension, dimension
from mechagents.mechanics.transient import transient_faults
from mechagents.mechanics.varying import formulas_of
from mechagents.mechanics.wellposed_solids import solid_faults

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from mechagents.mechanics.formulas import FloatArray
    from mechagents.mechanics.formulation import Formulation

Check = Callable[["Formulation"], Iterator[str]]
OVERLAP = 1e-7
"""Regions that share more than this part of the smaller one overlap; less is rounding."""


def faults(formulation: Formulation) -> list[str]:
    """Return what makes a formulation unsolvable, one sentence a fault, most basic first.

    The later checks rest on the earlier ones, so the first check that finds something ends it.
    """
    basic = (
        _unknown_names, eigen_faults, transient_faults, _mixed_dimensions, misfits, misplaced,
        _bad_thickness,
    )  # fmt: skip
    of_the_plane = (_bad_geometry, _bad_places, _bad_formulas, _floating)
    for check in (*basic, *((solid_faults,) if formulation.dimension == 3 else of_the_plane)):
        found = list(check(formulation))
        if found:
            return found
    return []


def _unknown_names(f: Formulation) -> Iterator[str]:
    regions, boundaries = f.geometry.regions, f.geometry.boundaries
    for name in regions:
        if name not in f.materials:
            yield f"materials.{name}: region {name!r} has no material"
    for name in f.materials:
        if name not in regions:
            yield f"materials.{name}: no region {name!r}; regions: {_names(regions)}"
    used = [(f"supports.{i}.boundary", s.boundary) for i, s in enumerate(f.supports)]
    used += unknown_boundaries(f)
    used += [
        (f"loads.{i}.boundary", load.boundary)
        for i, load in enumerate(f.loads)
        if load.kind == "traction" or load.kind == "pressure"
    ]
    used += [
        (f"wanted.{i}.boundary", wanted.boundary)
        for i, wanted in enumerate(f.wanted)
        if wanted.kind == "reaction"
    ]
    for field, name in used:
        if name not in boundaries:
            yield f"{field}: no boundary {name!r}; boundaries: {_names(boundaries)}"
    places = [
        (f"loads.{i}.region", load.region)
        for i, load in enumerate(f.loads)
        if load.kind == "body_force" or load.kind == "temperature"
    ]
    places += [
        (f"wanted.{i}.region", wanted.region)
        for i, wanted in enumerate(f.wanted)
        if wanted.kind == "displacement"
        or wanted.kind == "velocity"
        or wanted.kind == "stress"
        or wanted.kind == "strain"
        or wanted.kind == "strain_energy"
    ]
    for field, region in places:
        if region is not None and region not in regions:
            yield f"{field}: no region {region!r}; regions: {_names(regions)}"


def _mixed_dimensions(f: Formulation) -> Iterator[str]:
    """Find what belongs to space in a body of the plane, and the other way round."""
    kind = f"a {f.idealisation} body is of {'space' if f.dimension == 3 else 'the plane'}"
    for name, shape in f.geometry.regions.items():
        if dimension(shape) != f.dimension:
            yield f"geometry.regions.{name}: {kind}, but this shape is not"
    for name, boundary in f.geometry.boundaries.items():
        if boundary_dimension(boundary) != f.dimension:
            yield f"geometry.boundaries.{name}: {kind}, but {boundary.kind!r} is not"
    for index, wanted in enumerate(f.wanted):
        at = getattr(wanted, "at", None)
        if at is not None and len(at) != f.dimension:
            yield f"wanted.{index}.at: {kind}, and a point of it has {f.dimension} coordinates"
    if f.dimension == 2:
        yield from _out_of_the_plane(f)


def _out_of_the_plane(f: Formulation) -> Iterator[str]:
    for index, support in enumerate(f.supports):
        if support.z is not None:
            yield f"supports.{index}.z: the plane has no z; leave it out"
    for index, load in enumerate(f.loads):
        if load.kind == "pressure" or load.kind == "temperature":
            continue
        if load.z != 0.0:
            yield f"loads.{index}.z: the plane has no z; leave it out"
    for field, value, _ in formulas_of(f):
        if "z" in value.names:
            yield f"{field}.formula: the plane has no z"
    for index, wanted in enumerate(f.wanted):
        component = getattr(wanted, "component", "")
        if component in ("yz", "xz") or component == "z":
            yield f"wanted.{index}.component: the plane has no {component}"
    for index, picture in enumerate(f.pictures):
        if picture.field in ("displacement_z", "stress_yz", "stress_xz"):
            yield f"pictures.{index}.field: the plane has no {picture.field}"


def _bad_thickness(f: Formulation) -> Iterator[str]:
    if f.idealisation == "solid" and f.thickness is not None:
        yield "thickness: a solid has none; leave it out"
    if f.idealisation == "axisymmetric" and f.thickness is not None:
        yield (
            "thickness: an axisymmetric body has none; leave it out, for forces and energies are "
            "totals over the full circle"
        )


def _bad_geometry(f: Formulation) -> Iterator[str]:
    found = list(crossing_outlines(f.geometry)) or list(idle_shapes(f.geometry))
    yield from found or _misfits(f)


def _misfits(f: Formulation) -> Iterator[str]:
    from mechagents.mechanics.shapes import body, boundary_part, outline, size

    shapes = {name: outline(shape) for name, shape in f.geometry.regions.items()}
    for name, shape in shapes.items():
        if shape.area <= 1e-12 * size([shape]) ** 2:
            yield f"geometry.regions.{name}: nothing is left of this region"
    if not all(shape.area > 0 for shape in shapes.values()):
        return
    for (name, one), (other, two) in combinations(shapes.items(), 2):
        if one.intersection(two).area > OVERLAP * min(one.area, two.area):
            yield f"geometry.regions.{name}: overlaps region {other!r}; cut one out of the other"
    whole = body(f.geometry)
    if f.idealisation == "axisymmetric" and whole.bounds[0] < -1e-9 * size([whole]):
        yield "geometry.regions: an axisymmetric body needs radii x of zero or more"
    for name, boundary in f.geometry.outline_parts.items():
        if boundary_part(whole, boundary).is_empty:
            box = ", ".join(f"{value:g}" for value in whole.bounds)
            yield (
                f"geometry.boundaries.{name}: no edge of the body lies there; "
                f"the body fills x, y from {box}"
            )


def _bad_places(f: Formulation) -> Iterator[str]:
    from mechagents.mechanics.shapes import body, contains

    whole = body(f.geometry)
    for index, load in enumerate(f.loads):
        if load.kind == "traction" or load.kind == "pressure":
            if isinstance(f.geometry.outline_parts[load.boundary], AtPoint):
                yield f"loads.{index}.boundary: a {load.kind} needs an edge, not a point"
        elif load.kind == "temperature":
            for name in [load.region] if load.region else f.geometry.regions:
                if f.materials[name].thermal_expansion is None:
                    yield f"materials.{name}.thermal_expansion: is needed for loads.{index}"
    for index, wanted in enumerate(f.wanted):
        if wanted.kind in ("displacement", "velocity", "stress", "strain"):
            at = getattr(wanted, "at", None)
            if at is not None and not contains(whole, at):
                yield f"wanted.{index}.at: the point {at} lies outside the body"
        elif wanted.kind == "reaction" and not any(
            support.boundary == wanted.boundary and wanted.component in support.components
            for support in (*f.supports, *f.springs)
        ):
            yield (
                f"wanted.{index}.boundary: nothing holds {wanted.boundary!r} in "
                f"{wanted.component}, so there is no reaction there"
            )
    yield from _contradictions(f)


def _contradictions(f: Formulation) -> Iterator[str]:
    """Find edges and points that two supports displace differently, by one name or by two."""
    import shapely

    from mechagents.mechanics._agreement import difference, may_differ
    from mechagents.mechanics.shapes import body, boundary_part

    whole = body(f.geometry)
    parts = {
        support.boundary: boundary_part(whole, f.geometry.outline_parts[support.boundary])
        for support in f.supports
    }
    for (number, one), (index, two) in combinations(enumerate(f.supports), 2):
        for axis in two.components:
            if not may_differ(one, two, axis):
                continue
            if one.boundary == two.boundary:
                where, at = f"{two.boundary!r} is", parts[two.boundary]
            else:
                where, at = _meeting(whole, parts[one.boundary], parts[two.boundary])
                where = f"{two.boundary!r} {where} {one.boundary!r}, which is"
            found = difference(one, two, axis, shapely.get_coordinates(at), number)
            if found is not None:
                yield f"supports.{index}.{axis}: {where} {found[1]}"


def _bad_formulas(f: Formulation) -> Iterator[str]:
    """Find formulas that have no value somewhere in the body."""
    import numpy as np

    from mechagents.mechanics.shapes import body, boundary_part

    whole = body(f.geometry)
    for field, value, boundary in formulas_of(f):
        on = None if boundary is None else boundary_part(whole, f.geometry.outline_parts[boundary])
        points = _inside(whole) if on is None else _along(on)
        bad = ~np.isfinite(value.at(points))
        if bad.any():
            x, y = points[int(bad.argmax())]
            yield f"{field}.formula: has no value at ({x:.6g}, {y:.6g})"


def _along(part: BaseGeometry) -> FloatArray:
    """Return points of a part of the outline, shape (points, 2)."""
    import shapely

    found: FloatArray = shapely.get_coordinates(
        shapely.segmentize(part, float(part.length) / 50 or 1.0)
    )
    return found


def _inside(whole: BaseGeometry) -> FloatArray:
    """Return points of a grid over a body that lie in it, and its corners, shape (points, 2)."""
    import numpy as np
    import shapely

    low_x, low_y, high_x, high_y = whole.bounds
    xs, ys = np.linspace(low_x, high_x, 41), np.linspace(low_y, high_y, 41)
    grid = np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 2)
    inside = np.array([whole.covers(shapely.Point(point)) for point in grid], dtype=np.bool_)
    return np.concatenate([grid[inside], shapely.get_coordinates(whole)])


def _meeting(whole: BaseGeometry, one: BaseGeometry, two: BaseGeometry) -> tuple[str, BaseGeometry]:
    """Return how the second of two parts of the outline meets the first, and where, if it does."""
    import shapely

    from mechagents.mechanics.shapes import ON_BOUNDARY, size

    near = ON_BOUNDARY * size([whole])
    shared = one.intersection(two.buffer(near))
    if shared.is_empty:
        return "", shared
    if shared.length > 32 * near:
        return "lies on", shared
    x, y = shapely.shortest_line(one, two).coords[0]
    return f"at ({x:.6g}, {y:.6g}) meets", shapely.Point(x, y)


def _floating(f: Formulation) -> Iterator[str]:
    """Find rigid motions that no support prevents, for each separate piece of the body."""
    if f.analysis in FREE:
        return
    import shapely

    from mechagents.mechanics.shapes import body

    whole = body(f.geometry)
    pieces = [piece for piece in shapely.get_parts(whole) if piece.area > 0]
    for piece in pieces:
        free = _free_motions(f, whole, piece)
        if free:
            where = "the body" if len(pieces) == 1 else f"the piece around {_middle(piece)}"
            yield f"supports: {where} floats: nothing prevents {free}"


def _free_motions(f: Formulation, whole: BaseGeometry, piece: BaseGeometry) -> str:
    import numpy as np
    import shapely

    from mechagents.mechanics.shapes import ON_BOUNDARY, boundary_part, size

    extent = size([whole])
    near = piece.buffer(2 * ON_BOUNDARY * extent)
    center = np.array(piece.centroid.coords[0])
    rows: list[list[float]] = []
    for support in (*f.supports, *f.springs):
        part = boundary_part(whole, f.geometry.outline_parts[support.boundary]).intersection(near)
        for x, y in (shapely.get_coordinates(part) - center) / extent:
            if "x" in support.components:
                rows.append([1.0, 0.0, -y])
            if "y" in support.components:
                rows.append([0.0, 1.0, x])
    matrix = np.array(rows).reshape(-1, 3)
    if f.idealisation == "axisymmetric":
        # A hoop strain resists any radial motion, and with it rotation in the plane.
        return "" if np.any(matrix[:, 1]) else "translation along the axis (y)"
    if np.linalg.matrix_rank(matrix, tol=1e-6) == 3:
        return ""
    named = {"translation in x": [1, 0, 0], "translation in y": [0, 1, 0], "rotation": [0, 0, 1]}
    norm = max(1.0, float(np.linalg.norm(matrix)))
    loose = [
        name
        for name, motion in named.items()
        if np.linalg.norm(matrix @ np.array(motion, dtype=float)) <= 1e-6 * norm
    ]
    return " and ".join(loose) or "rotation about some point"


def _middle(piece: BaseGeometry) -> str:
    point = piece.representative_point()
    return f"({point.x:.4g}, {point.y:.4g})"


def _names(known: Iterable[str]) -> str:
    return ", ".join(sorted(known)) or "none"
