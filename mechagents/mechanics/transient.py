"""Motion in time: how loads vary, what damps, and what such a problem must and must not have."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from mechagents.mechanics.courses import SUDDEN, course_faults, first_factor, is_nothing
from mechagents.mechanics.geometry import Part
from mechagents.mechanics.units import Rate, Time, Velocity

if TYPE_CHECKING:
    from mechagents.mechanics.formulation import Formulation, Wanted

InitialVelocity = tuple[Velocity, Velocity] | tuple[Velocity, Velocity, Velocity]
"""The velocity of the whole body at first, x and y, of a solid z too [m/s]."""


class RayleighDamping(Part):
    """Viscous damping C = mass M + stiffness K, K without springs.

    A mode of angular frequency omega has the damping ratio (mass / omega + stiffness omega) / 2.

    References:
        Clough & Penzien, Dynamics of Structures (1993), section 12.5.
    """

    mass: Annotated[Rate, Field(ge=0)] = 0.0
    """What the mass is multiplied by [1/s]."""
    stiffness: Annotated[Time, Field(ge=0)] = 0.0
    """What the stiffness is multiplied by [s]."""


def transient_faults(f: Formulation) -> Iterator[str]:
    """Find what belongs to motion in time in another analysis, and what that lacks."""
    if f.analysis != "transient":
        yield from _out_of_place(f)
        return
    if f.end_time is None:
        yield "end_time: is needed for analysis: transient"
    yield from course_faults(f.time_course, "time_course")
    yield from _wrong_supports(f)
    yield from _wrong_body(f)
    for index, wanted in enumerate(f.wanted):
        yield from _wrong_wanted(f, index, wanted)


def _out_of_place(f: Formulation) -> Iterator[str]:
    needed = f"needs analysis: transient, not {f.analysis}"
    given = {
        "end_time": f.end_time is not None,
        "time_course": f.time_course != SUDDEN,
        "initial_velocity": any(f.initial_velocity),
        "damping": f.damping is not None,
    }
    yield from (f"{name}: {needed}" for name, there in given.items() if there)
    for index, support in enumerate(f.supports):
        if support.course is not None:
            yield f"supports.{index}.course: {needed}"
    for index, wanted in enumerate(f.wanted):
        if wanted.kind == "velocity":
            yield f"wanted.{index}.kind: a velocity {needed}"
        for name in ("time", "over_time"):
            if getattr(wanted, name, None) is not None:
                yield f"wanted.{index}.{name}: {needed}"


def _wrong_supports(f: Formulation) -> Iterator[str]:
    """Find supports that would have to jump, and courses of supports that hold still."""
    for index, support in enumerate(f.supports):
        moves, course = support.moving, support.course
        if course is None:
            for axis in moves:
                yield (
                    f"supports.{index}.{axis}: a support that moves in time needs a course from 0, "
                    "such as course: [[0, 0], [1 ms, 1]]; one that holds still has 0"
                )
            continue
        field = f"supports.{index}.course"
        if not moves:
            yield f"{field}: has nothing to multiply; give x, y or z, or leave it out"
        yield from course_faults(course, field)
        if first_factor(course) != 0.0:
            yield (
                f"{field}: begins with the factor 0, for the body begins without displacement, and "
                "a jump would need a force without bound; let it rise from [0, 0] in some time"
            )


def _wrong_body(f: Formulation) -> Iterator[str]:
    for name, law in f.materials.items():
        if law.density is None:
            yield f"materials.{name}.density: is needed for analysis: transient"
    for index, load in enumerate(f.loads):
        if load.kind == "temperature":
            yield f"loads.{index}.kind: a change of temperature is not solved in transient yet"
    count = len(f.axes)
    if len(f.initial_velocity) != count or not all(map(math.isfinite, f.initial_velocity)):
        yield f"initial_velocity: is {'two' if count == 2 else 'three'} numbers in m/s"
    if f.idealisation == "axisymmetric" and f.initial_velocity[0] != 0.0:
        yield "initial_velocity.0: a body of revolution cannot move across its axis"
    loaded = f.loads and not is_nothing(f.time_course)
    moved = any(s.moving and s.course and not is_nothing(s.course) for s in f.supports)
    if not loaded and not moved and not any(f.initial_velocity):
        yield (
            "loads: nothing moves the body; give a load, an initial_velocity, or a support with a "
            "displacement and a course"
        )


def _wrong_wanted(f: Formulation, index: int, wanted: Wanted) -> Iterator[str]:
    if wanted.kind == "frequency" or wanted.kind == "buckling_factor":
        return  # the checks of modes tell
    field = f"wanted.{index}"
    if wanted.time is None and wanted.over_time is None:
        yield f"{field}.time: is missing; say at which time, or over_time: max, min or max_abs"
    if wanted.time is not None and wanted.over_time is not None:
        yield f"{field}.time: give either a time or an extreme over_time"
    if wanted.time is not None and not 0.0 <= wanted.time <= (f.end_time or math.inf):
        yield f"{field}.time: is from 0 to the end_time"
    if wanted.over_time is None:
        return
    if wanted.kind == "stress" or wanted.kind == "strain" or wanted.kind == "strain_energy":
        yield f"{field}.over_time: is for displacement, velocity and reaction; give a time"
    elif wanted.kind != "reaction" and wanted.at is None:
        yield f"{field}.over_time: is taken at a point (at)"
