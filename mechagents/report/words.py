"""The parts of a formulation, and the levels of a claim, in words for people."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal, TypeGuard

from mechagents.mechanics.courses import course_words
from mechagents.mechanics.formulas import Formula
from mechagents.mechanics.geometry import (
    ACROSS,
    AXES,
    AtPoint,
    AtSpacePoint,
    Box,
    Cylinder,
    Difference,
    Disk,
    Ellipse,
    Extrusion,
    Intersection,
    OnCircle,
    OnCurve,
    OnCylinder,
    OnEllipse,
    OnEllipticCylinder,
    OnLine,
    OnPlane,
    OnSegment,
    OnSides,
    OnSphere,
    OnTiltedPlane,
    Polygon,
    Profile,
    Rectangle,
    Sphere,
    Union,
    members,
)
from mechagents.mechanics.orthotropic import Orthotropic
from mechagents.mechanics.sides import Line
from mechagents.report.laws import law_words
from mechagents.report.numbers import format_quantity, measure

if TYPE_CHECKING:
    from mechagents.mechanics.formulation import Load, Picture, Pressure, Support, Traction, Wanted
    from mechagents.mechanics.geometry import Axis, Boundary, Shape
    from mechagents.mechanics.materials import Law
    from mechagents.mechanics.sides import Side
    from mechagents.mechanics.springs import Spring
    from mechagents.mechanics.units import Point, SpacePoint
    from mechagents.messages import AlternativeReading, ClaimLevel, Quantity, Settings

CLAIM_MEANING: dict[ClaimLevel, str] = {
    "none": "No result passed even the first check; nothing here should be relied on.",
    "computed": (
        "A program delivered finite numbers with the right units; not every check of the "
        "physics was passed, so treat them as a first guess."
    ),
    "consistent": (
        "Geometry, supports, equilibrium and the reported numbers agree with the returned field; "
        "how far the mesh moves them is not bounded."
    ),
    "converged": (
        "Every check of the physics passed, and the same program on coarser meshes bounds the "
        "error of the mesh; no second, independent solution was compared."
    ),
    "verified": (
        "Every check of the physics passed, the error of the mesh is bounded, and an independent "
        "solution agrees within it."
    ),
}
"""What each claim level says, and what it does not, in one sentence."""
TENFOLD = 10.0
"""A change that is larger is not told in percent."""
LIMIT_OF_VERIFICATION = (
    "Verification says that the equations below were solved right; whether they describe the "
    "real part (material, supports, loads) is for an engineer to judge."
)
ClaimTone = Literal["bad", "note", "good"]
CLAIM_TONE: dict[ClaimLevel, ClaimTone] = {
    "none": "bad",
    "computed": "bad",
    "consistent": "note",
    "converged": "good",
    "verified": "good",
}


def spaced(name: str) -> str:
    """Return an identifier as words: ``plane_stress`` becomes ``plane stress``."""
    return name.replace("_", " ")


def point_words(point: Point | SpacePoint) -> str:
    """Return a point's coordinates [m]."""
    return f"({', '.join(f'{value:.6g}' for value in point)}) m"


def shape_words(shape: Shape) -> str:
    """Return a shape in words, in metres."""
    match shape:
        case Rectangle():
            width, height = shape.size
            return f"rectangle {width:.6g} m × {height:.6g} m from {point_words(shape.origin)}"
        case Disk():
            return f"disk of radius {shape.radius:.6g} m about {point_words(shape.center)}"
        case Ellipse():
            return f"ellipse of {_half_axes(shape.radii)} about {point_words(shape.center)}"
        case Polygon():
            return _polygon_words(shape)
        case Profile():
            return _profile_words(shape)
        case Difference():
            return f"{_inner(shape.base)} less {_list(shape.remove)}"
        case Intersection():
            return f"what {_list(shape.shapes)} have in common"
        case Box():
            sides = " by ".join(f"{side:.6g}" for side in shape.size)
            return f"box {sides} m from {point_words(shape.origin)}"
        case Cylinder():
            size = f"radius {shape.radius:.6g} m, {shape.height:.6g} m long along {shape.axis}"
            return f"cylinder of {size}, from {point_words(shape.base)}"
        case Sphere():
            return f"sphere of radius {shape.radius:.6g} m about {point_words(shape.center)}"
        case Extrusion():
            low, high = shape.between
            along = f"drawn along {shape.axis} from {low:.6g} m to {high:.6g} m"
            return f"{_inner(shape.profile)} {along}"
        case Union():
            return _list(shape.shapes)


def _half_axes(radii: Point) -> str:
    return f"half axes {radii[0]:.6g} m and {radii[1]:.6g} m"


def _polygon_words(shape: Polygon) -> str:
    points = [f"({x:.6g}, {y:.6g})" for x, y in shape.points[:12]]
    more = f" and {len(shape.points) - 12} more" if len(shape.points) > 12 else ""
    return f"polygon through {', '.join(points)}{more} m"


def _profile_words(shape: Profile) -> str:
    sides = [_side_words(side) for side in shape.outline[:12]]
    more = f", and {len(shape.sides) - 12} more sides" if len(shape.sides) > 12 else ""
    return f"outline from {point_words(shape.start)} {', '.join(sides)}{more}"


def _side_words(side: Side) -> str:
    end = f"to ({side.end[0]:.6g}, {side.end[1]:.6g})"
    if isinstance(side, Line):
        return f"straight {end}"
    way = "anticlockwise" if side.turn > 0 else "clockwise"
    return f"{way} with radius {side.radius:.6g} m {end}"


def _list(shapes: tuple[Shape, ...]) -> str:
    return " and ".join(_inner(shape) for shape in shapes)


def _inner(shape: Shape) -> str:
    simple = not members(shape)
    return shape_words(shape) if simple else f"({shape_words(shape)})"


def boundary_words(boundary: Boundary) -> str:
    """Return where a boundary lies, in metres."""
    match boundary:
        case OnLine():
            other = "y" if boundary.axis == "x" else "x"
            low, high = boundary.between or (None, None)
            part = "" if low is None else f", {other} from {low:.6g} m to {high:.6g} m"
            return f"{boundary.axis} = {boundary.at:.6g} m{part}"
        case OnCircle():
            radius = f"{boundary.radius:.6g} m"
            return f"circle of radius {radius} about {point_words(boundary.center)}"
        case OnEllipse():
            return f"ellipse of {_half_axes(boundary.radii)} about {point_words(boundary.center)}"
        case OnSides():
            number = "side" if len(boundary.sides) == 1 else "sides"
            return f"{number} {', '.join(map(str, boundary.sides))} of {boundary.region}"
        case OnSegment():
            return f"from {point_words(boundary.start)} to {point_words(boundary.end)}"
        case OnPlane():
            within = boundary.within.items()
            parts = [f", {axis} from {low:.6g} m to {high:.6g} m" for axis, (low, high) in within]
            return f"{boundary.axis} = {boundary.at:.6g} m{''.join(parts)}"
        case OnTiltedPlane():
            normal = ", ".join(f"{part:.6g}" for part in boundary.normal)
            return f"plane through {point_words(boundary.point)} square to ({normal})"
        case OnCylinder():
            axis, radius = boundary.axis, f"{boundary.radius:.6g} m"
            center = "".join(
                f", {other} = {value:.6g} m"
                for other, value in zip(ACROSS[axis], boundary.center, strict=True)
            )
            return f"cylinder of radius {radius} along {axis}{center}"
        case OnEllipticCylinder():
            center = "".join(
                f", {other} = {value:.6g} m"
                for other, value in zip(ACROSS[boundary.axis], boundary.center, strict=True)
            )
            return (
                f"elliptic cylinder of {_half_axes(boundary.radii)} along {boundary.axis}{center}"
            )
        case OnSphere():
            radius = f"{boundary.radius:.6g} m"
            return f"sphere of radius {radius} about {point_words(boundary.center)}"
        case OnCurve():
            one, two = map(boundary_words, boundary.of)
            return f"the curve where {one} meets {two}"
        case AtPoint() | AtSpacePoint():
            return f"the point {point_words(boundary.at)}"


def support_words(support: Support, axes: tuple[Axis, ...] = ("x", "y")) -> str:
    """Return the displacement that a support prescribes, a free component named as free.

    Args:
        support: The support.
        axes: The directions in which the body can move.
    """
    held = support.components
    parts = [
        f"u_{axis} = {value_words(held[axis], 'm') if held[axis] else '0'}"
        if axis in held
        else f"u_{axis} free"
        for axis in axes
    ]
    moved = "" if support.course is None else f", times {course_words(support.course)}"
    return ", ".join(parts) + moved


def load_words(load: Load) -> str:
    """Return a load by component."""
    if load.kind == "pressure":
        return f"p = {value_words(load.value, 'Pa')}"
    if load.kind == "temperature":
        return f"ΔT = {value_words(load.change, 'K')}"
    if load.kind == "point_force":
        forces = [f"F_{axis} = {value:.6g}" for axis in AXES if (value := getattr(load, axis))]
        return ", ".join(forces) or "F = 0"
    unit, name = ("Pa", "t") if load.kind == "traction" else ("N/m^3", "b")
    values = zip(AXES, (load.x, load.y, load.z), strict=True)
    parts = [f"{name}_{axis} = {value_words(value, unit)}" for axis, value in values if value]
    return ", ".join(parts) or f"{name} = 0"


def spring_words(spring: Spring) -> str:
    """Return how stiff a spring is, by component."""
    unit = "N/m³" if spring.kind == "foundation" else "N/m"
    return ", ".join(f"k_{axis} = {k:.6g} {unit}" for axis, k in spring.components.items())


def load_place(load: Load) -> str:
    """Return what a load acts on."""
    if load.kind == "traction" or load.kind == "pressure" or load.kind == "point_force":
        return load.boundary
    return load.region or "the whole body"


def is_on_edge(load: Load) -> TypeGuard[Traction | Pressure]:
    """Return whether a load acts on a boundary."""
    return load.kind == "traction" or load.kind == "pressure"


def value_words(value: float | Formula, unit: str) -> str:
    """Return a number with a prefix, or a formula as it was given."""
    return f"{value.formula} [{unit}]" if isinstance(value, Formula) else measure(value, unit)


def material_words(material: Law) -> str:
    """Return the constants of a material."""
    if isinstance(material, Orthotropic):
        parts = _orthotropic_words(material)
    else:
        parts = [law_words(material)]
    if material.density is not None:
        parts.append(f"ρ = {material.density:.6g} kg/m³")
    if material.kind == "isotropic" and material.yield_stress is not None:
        parts.append(f"yield stress {measure(material.yield_stress, 'Pa')}")
    return ", ".join(parts)


def _orthotropic_words(material: Orthotropic) -> list[str]:
    parts = [f"E{i} = {measure(value, 'Pa')}" for i, value in enumerate(material.youngs_moduli, 1)]
    pairs = ("12", "13", "23")
    parts += [f"ν{ij} = {v:.6g}" for ij, v in zip(pairs, material.poisson_ratios, strict=True)]
    parts += [
        f"G{ij} = {measure(v, 'Pa')}" for ij, v in zip(pairs, material.shear_moduli, strict=True)
    ]
    return [*parts, f"axis 1 at {math.degrees(material.angle):.6g}° from x"]


def wanted_words(wanted: Wanted) -> str:
    """Return what a wanted quantity is, and when."""
    time, over_time = getattr(wanted, "time", None), getattr(wanted, "over_time", None)
    if over_time is not None:
        return f"{_EXTREMES[over_time]} {what_words(wanted)} at any time"
    return what_words(wanted) + ("" if time is None else f" at {time:g} s")


_EXTREMES = {"max": "largest", "min": "smallest", "max_abs": "largest absolute"}


def what_words(wanted: Wanted) -> str:
    """Return what a wanted quantity is, at whatever time."""
    if wanted.kind == "reaction":
        return f"force on {wanted.boundary} in {wanted.component}"
    if wanted.kind == "frequency":
        return f"natural frequency of mode {wanted.number}"
    if wanted.kind == "buckling_factor":
        return f"factor of the loads at buckling in mode {wanted.number}"
    if wanted.kind == "strain_energy":
        return f"strain energy of {wanted.region or 'the body'}"
    what = f"{spaced(wanted.component)} {wanted.kind}"
    if wanted.kind in ("displacement", "velocity") and wanted.component in AXES:
        what = f"{wanted.kind} in {wanted.component}"
    elif wanted.kind == "stress" and len(wanted.component) == 2:
        what = f"stress σ_{wanted.component}"
    elif wanted.kind == "strain" and len(wanted.component) == 2:
        what = f"strain ε_{wanted.component}"
    if wanted.at is not None:
        return f"{what} at {point_words(wanted.at)}"
    return f"{_EXTREMES[wanted.extreme or 'max']} {what} in {wanted.region or 'the body'}"


def picture_words(picture: Picture) -> str:
    """Return what a picture shows."""
    of = "" if picture.mode is None else f" of mode {picture.mode}"
    return f"{spaced(picture.field)}{of}"


def settings_words(settings: Settings) -> str:
    """Return how a program was told to solve."""
    size, order = settings.mesh_size, settings.element_order
    parts = ["the program's own mesh" if size is None else f"mesh size {measure(size, 'm')}"]
    if order is not None:
        parts.append(f"order {order}")
    if settings.load_steps is not None:
        parts.append(f"{settings.load_steps} load steps")
    if settings.time_steps is not None:
        parts.append(f"{settings.time_steps} steps of time")
    parts += [f"{name} = {value}" for name, value in settings.options.items()]
    return ", ".join(parts)


def reading_words(reading: AlternativeReading, quantities: tuple[Quantity, ...]) -> str:
    """Return another reading of the question, with the values it would give if known."""
    changes = [
        f"{q.name} {value}" for q in quantities if (value := change_words(reading, q.name, q.unit))
    ]
    return f"{reading.value}: {'; '.join(changes)}" if changes else reading.value


def change_words(reading: AlternativeReading, name: str, unit: str) -> str:
    """Return what another reading would give for a quantity; nothing where that is not known."""
    other = reading.changes.get(name)
    if other is None:
        return ""
    return f"{format_quantity(other, unit)}{_change(reading.relative.get(name))}"


def _change(share: float | None) -> str:
    """Return by how much a value differs, if that can be said in percent."""
    return f", {share:+.1%}" if share is not None and abs(share) < TENFOLD else ""


def usage_words(model_calls: int, tokens: int, cost: float) -> str:
    """Return what a language model took; tokens and cost only where there are any."""
    parts = ["1 model call" if model_calls == 1 else f"{model_calls:,} model calls"]
    if tokens:
        parts.append(f"{tokens:,} tokens")
    if cost:
        parts.append(f"cost {cost:.4g} USD")
    return ", ".join(parts)
