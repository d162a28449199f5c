"""Motion in time: how loads vary, what damps, and what such a problem must and must not have."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from mechagents.mechanics.geometry import Part
from mechagents.mechanics.units import Rate, Time, Velocity

if TYPE_CHECKING:
    from mechagents.mechanics.formulas import FloatArray
    from mechagents.mechanics.formulation import Formulation, Wanted

TimeCourse = tuple[tuple[Time, float], ...]
"""Times [s], from 0, and the factors of all loads then; linear in between, constant after."""
SUDDEN: TimeCourse = ((0.0, 1.0),)
"""Loads that act in full from the beginning."""
InitialVelocity = tuple[Velocity, Velocity] | tuple[Velocity, Velocity, Velocity]
"""The velocity of the whole body at first, x and y, of a solid z too [m/s]."""
LONGEST_COURSE = 50
LARGEST_FACTOR = 1e3


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


def factors_at(course: TimeCourse, times: FloatArray) -> FloatArray:
    """Return the factors of the loads at some times [s], in the shape of these."""
    import numpy as np

    at, factors = zip(*course, strict=True)
    return np.asarray(np.interp(times, at, factors), dtype=np.float64)


def transient_faults(f: Formulation) -> Iterator[str]:
    """Find what belongs to motion in time in another analysis, and what that lacks."""
    if f.analysis != "transient":
        yield from _out_of_place(f)
        return
    if f.end_time is None:
        yield "end_time: is needed for analysis: transient"
    yield from _wrong_course(f.time_course)
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
    for index, wanted in enumerate(f.wanted):
        if wanted.kind == "velocity":
            yield f"wanted.{index}.kind: a velocity {needed}"
        for name in ("time", "over_time"):
            if getattr(wanted, name, None) is not None:
                yield f"wanted.{index}.{name}: {needed}"


def _wrong_course(course: TimeCourse) -> Iterator[str]:
    if len(course) > LONGEST_COURSE:
        yield f"time_course: at most {LONGEST_COURSE} times, not {len(course)}"
    before = -1.0
    for index, (time, factor) in enumerate(course):
        if index == 0 and time != 0.0:
            yield "time_course.0: begins at the time 0, with the factor of the loads then"
        elif not (math.isfinite(time) and time > before):
            yield f"time_course.{index}: a time is later than the one before it"
        if not math.isfinite(factor) or abs(factor) > LARGEST_FACTOR:
            yield f"time_course.{index}: a factor is a number up to {LARGEST_FACTOR:g} in size"
        before = time


def _wrong_body(f: Formulation) -> Iterator[str]:
    for name, law in f.materials.items():
        if law.density is None:
            yield f"materials.{name}.density: is needed for analysis: transient"
    for index, support in enumerate(f.supports):
        for axis, value in support.components.items():
            if value != 0.0:
                yield (
                    f"supports.{index}.{axis}: in a transient problem a support holds 0; for a "
                    "base that moves give the body force -rho a, and read motion relative to it"
                )
    for index, load in enumerate(f.loads):
        if load.kind == "temperature":
            yield f"loads.{index}.kind: a change of temperature is not solved in transient yet"
    count = len(f.axes)
    if len(f.initial_velocity) != count or not all(map(math.isfinite, f.initial_velocity)):
        yield f"initial_velocity: is {'two' if count == 2 else 'three'} numbers in m/s"
    if f.idealisation == "axisymmetric" and f.initial_velocity[0] != 0.0:
        yield "initial_velocity.0: a body of revolution cannot move across its axis"
    loaded = f.loads and any(factor for _, factor in f.time_course)
    if not loaded and not any(f.initial_velocity):
        yield "loads: nothing moves the body; give a load or an initial_velocity"


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
