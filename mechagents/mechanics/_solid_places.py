"""Faults of places, supports and formulas of a solid whose shapes and boundaries are sound."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from mechagents.mechanics._agreement import difference, may_differ
from mechagents.mechanics._rigid_motions import left_motions, rows
from mechagents.mechanics._surface_points import in_a_region, points_inside, points_on
from mechagents.mechanics.geometry import AtSpacePoint, OnCurve, PlainSurface
from mechagents.mechanics.occ_parts import SolidModel, SurfacePart, solid_model, touches
from mechagents.mechanics.solid_body import box, near, size
from mechagents.mechanics.varying import formulas_of

if TYPE_CHECKING:
    from netgen.occ import TopoDS_Shape

    from mechagents.mechanics.formulation import Formulation
    from mechagents.mechanics.solid_body import FloatArray

_ENOUGH = 40
"""How many points of a surface tell which rigid motions it prevents."""


def bad_places(f: Formulation) -> Iterator[str]:
    """Find loads where no area is, points outside the body, and reactions that nothing gives."""
    for index, load in enumerate(f.loads):
        if load.kind == "traction" or load.kind == "pressure":
            place = f.geometry.boundaries[load.boundary]
            if isinstance(place, OnCurve | AtSpacePoint):
                told = "curve" if isinstance(place, OnCurve) else "point"
                yield f"loads.{index}.boundary: a {load.kind} needs a surface, not a {told}"
        elif load.kind == "temperature":
            for name in [load.region] if load.region else f.geometry.regions:
                if f.materials[name].thermal_expansion is None:
                    yield f"materials.{name}.thermal_expansion: is needed for loads.{index}"
    for index, spring in enumerate(f.springs):
        if isinstance(f.geometry.boundaries[spring.boundary], OnCurve):
            yield f"springs.{index}.boundary: a foundation needs a surface, not a curve"
    close = near(f.geometry)
    for index, wanted in enumerate(f.wanted):
        if wanted.kind == "displacement" or wanted.kind == "stress" or wanted.kind == "strain":
            if wanted.at is None:
                continue
            if not in_a_region(f.geometry, np.array([wanted.at]), close)[0]:
                yield f"wanted.{index}.at: the point {wanted.at} lies outside the body"
        elif wanted.kind == "reaction" and not any(
            held.boundary == wanted.boundary and wanted.component in held.components
            for held in (*f.supports, *f.springs)
        ):
            yield (
                f"wanted.{index}.boundary: nothing holds {wanted.boundary!r} in "
                f"{wanted.component}, so there is no reaction there"
            )


def contradictions(f: Formulation) -> Iterator[str]:
    """Find surfaces, edges and points that two supports displace differently."""
    model = solid_model(f.geometry)
    for (number, one), (index, two) in combinations(enumerate(f.supports), 2):
        for axis in two.components:
            if not may_differ(one, two, axis):
                continue
            where, points = _shared(model, one.boundary, two.boundary)
            found = difference(one, two, axis, points, number)
            if found is None:
                continue
            worst, told = found
            if where == "meets":
                where = f"at {_words(points[worst])} meets"
            if one.boundary != two.boundary:
                where += f" {one.boundary!r}, which is"
            yield f"supports.{index}.{axis}: {two.boundary!r} {where} {told}"


def _shared(model: SolidModel, one: str, two: str) -> tuple[str, FloatArray]:
    """Return how the second of two boundaries meets the first, and points where it does."""
    if one == two:
        return "is", _points(model, one)
    a, b = model.parts[one], model.parts[two]
    shared = SurfacePart(a.faces & b.faces, a.edges & b.edges, a.vertices & b.vertices)
    points = model.points_of(shared)
    return ("lies on" if shared.faces or not b.faces else "meets"), points


def _points(model: SolidModel, name: str) -> FloatArray:
    """Return points of a named part of the surface, its edges and its vertices [m]."""
    points, boundary = model.points_of(model.parts[name]), model.geometry.boundaries[name]
    if not isinstance(boundary, PlainSurface):
        return points
    return np.concatenate([points, points_on(model.geometry, boundary)])


def bad_formulas(f: Formulation) -> Iterator[str]:
    """Find formulas that have no value somewhere in the body."""
    model = solid_model(f.geometry)
    for field, value, boundary in formulas_of(f):
        if boundary is not None:
            points = _points(model, boundary)
        else:
            corners = [model.at(vertex) for vertex in model.shape.vertices]
            points = np.concatenate([points_inside(f.geometry), *corners])
        bad = ~np.isfinite(value.at(points))
        if bad.any():
            yield f"{field}.formula: has no value at {_words(points[int(bad.argmax())])}"


def floating(f: Formulation) -> Iterator[str]:
    """Find rigid motions that nothing prevents, for each separate piece of the body."""
    model = solid_model(f.geometry)
    pieces = model.pieces()
    points = {held.boundary: _points(model, held.boundary) for held in (*f.supports, *f.springs)}
    for piece in pieces:
        alone = len(pieces) == 1
        free = left_motions(_held(f, points, model, None if alone else piece))
        if free:
            where = "the body" if alone else f"the piece around {_middle(model, piece)}"
            yield f"supports: {where} floats: nothing prevents {free}"


def _held(
    f: Formulation,
    points: dict[str, FloatArray],
    model: SolidModel,
    piece: list[TopoDS_Shape] | None,
) -> FloatArray:
    """Return what supports and springs hold in each rigid motion, shape (any, 6)."""
    middle, extent = box(f.geometry).mean(axis=0), size(f.geometry)
    found: list[FloatArray] = [np.empty((0, 6))]
    for held in (*f.supports, *f.springs):
        places = points[held.boundary]
        if piece is not None:
            places = _on_piece(model, held.boundary, places, piece)
        found += [rows((places - middle) / extent, axis) for axis in held.components]
    return np.concatenate(found)


def _on_piece(
    model: SolidModel, name: str, points: FloatArray, piece: list[TopoDS_Shape]
) -> FloatArray:
    """Return some of the points of a named boundary that lie on one piece of the body."""
    part = model.parts[name]
    faces = [face for solid in piece for face in solid.faces]
    edges = part.edges & frozenset(edge for face in faces for edge in face.edges)
    ends = part.vertices & frozenset(vertex for face in faces for vertex in face.vertices)
    known = model.points_of(SurfacePart(edges=edges, vertices=ends))
    own = list(part.faces & frozenset(faces))
    if not own:
        return known
    some = points[np.random.default_rng(0).permutation(len(points))[:_ENOUGH]]
    beside = [point for point in some if touches(model.vertex(point), own)]
    return np.concatenate([known, np.array(beside).reshape(-1, 3)])


def _middle(model: SolidModel, piece: list[TopoDS_Shape]) -> str:
    low, high = piece[0].bounding_box
    corners = np.array([[low.x, low.y, low.z], [high.x, high.y, high.z]])
    return _words(model.frame.back(corners).mean(axis=0), 4)


def _words(point: FloatArray, digits: int = 6) -> str:
    return "(" + ", ".join(f"{value + 0.0:.{digits}g}" for value in point) + ")"
