"""Mesh sizes, orders and steps of time to start from, and about how many unknowns they make."""

from __future__ import annotations

import math
from collections.abc import Callable

from mechagents.mechanics.courses import period
from mechagents.mechanics.formulation import Formulation
from mechagents.mechanics.geometry import Box, Rectangle
from mechagents.mechanics.materials import Law
from mechagents.mechanics.orthotropic import Orthotropic
from mechagents.messages import Settings

ELEMENTS_ALONG_THE_BODY = 10
"""What an analyst starts with in the plane."""
FIRST_UNKNOWNS = 20_000
"""What an analyst starts with in space, where a tenth of the body is coarse for thin parts."""
FIRST_UNKNOWNS_IN_STEPS = 4_000
"""The same where each of many steps of load or time solves for them."""
FEWEST_ALONG_A_SOLID = 6
MOST_UNKNOWNS = 400_000
"""Beyond that a program of the plane is not worth waiting for on a small machine."""
MOST_UNKNOWNS_OF_SOLIDS = 250_000
"""The same in space: about a minute and 2 GB."""
MOST_UNKNOWNS_FOR_MODES = 100_000
"""The same for modes of solids, which are no longer counted beyond."""
MOST_UNKNOWNS_IN_STEPS = 60_000
"""The same for solids in steps, each of which solves for them, of load several times."""
IN_STEPS = ("static_finite", "static_plastic", "transient")
"""Analyses that go in steps of load or of time."""

STEPS_OF_A_WAVE = 20
"""Steps of time in which a wave runs along the body, to start with."""
STEPS_OF_A_PERIOD = 20
"""The same for a period of a load or a support that swings."""
FEWEST_TIMES, MOST_TIMES_AT_FIRST = 60, 400
"""How many steps of time to start with, at least and at most: bending takes longer than waves."""
MOST_HISTORY = 400 * 2**20
"""The bytes that displacement, velocity and acceleration at all times may take; a sandbox keeps
files of 512 MiB."""


def most_unknowns(formulation: Formulation) -> int:
    """Return how many unknowns the handbook goes to."""
    if formulation.dimension == 2:
        return MOST_UNKNOWNS
    if formulation.analysis in IN_STEPS:
        return MOST_UNKNOWNS_IN_STEPS
    modes = formulation.analysis in ("modal", "buckling")
    return MOST_UNKNOWNS_FOR_MODES if modes else MOST_UNKNOWNS_OF_SOLIDS


def first_order(formulation: Formulation) -> int:
    """Return the order of elements to start with: in space linear ones are rarely enough."""
    return 1 if formulation.dimension == 2 else 2


def first_size(formulation: Formulation, order: int) -> tuple[float, str]:
    """Return the mesh size to start with [m], and why."""
    longest = longest_side(formulation)
    if formulation.dimension == 2:
        size = longest / ELEMENTS_ALONG_THE_BODY
        return float(f"{size:.3g}"), "a tenth of the body, to start with"
    first = FIRST_UNKNOWNS_IN_STEPS if formulation.analysis in IN_STEPS else FIRST_UNKNOWNS
    size, count = longest / FEWEST_ALONG_A_SOLID, _count(formulation, order)
    while count(size) < first:
        size /= 1.1
    return float(f"{size:.3g}"), f"one of about {first:,} unknowns, to start with"


def unknowns(formulation: Formulation, settings: Settings) -> float:
    """Return about how many unknowns a mesh has."""
    order = settings.element_order or first_order(formulation)
    return _count(formulation, order)(settings.mesh_size or 1.0)


def _count(formulation: Formulation, order: int) -> Callable[[float], float]:
    """Return a function that tells about how many unknowns a mesh size makes."""
    regions = list(formulation.geometry.regions.values())
    if len(regions) == 1 and isinstance(regions[0], Rectangle | Box):
        sides = regions[0].size
        return lambda size: (
            len(sides) * math.prod(max(1, round(side / size)) * order + 1 for side in sides)
        )
    return (_of_triangles if formulation.dimension == 2 else _of_tetrahedra)(formulation, order)


def _of_triangles(formulation: Formulation, order: int) -> Callable[[float], float]:
    from mechagents.mechanics.shapes import outline

    area = sum(outline(shape).area for shape in formulation.geometry.regions.values())
    # Equilateral triangles: half as many corners as triangles, and as many sides again thrice.
    nodes = (0.5 if order == 1 else 2.0) * area / (3**0.5 / 4)
    return lambda size: 2.0 * nodes / size**2


def _of_tetrahedra(formulation: Formulation, order: int) -> Callable[[float], float]:
    """Return what netgen's meshes of spheres, plates and tubes have, to about a quarter."""
    from mechagents.mechanics.solid_body import areas, volume

    inside = sum(volume(shape) for shape in formulation.geometry.regions.values())
    # Where a body is thinner than an element, its surface sets how many there are.
    outside = areas(formulation.geometry, [])[-1]
    by_volume, by_area = (3.0, 3.5) if order == 1 else (20.0, 21.0)
    return lambda size: max(by_volume * inside / size**3, by_area * outside / size**2)


def longest_side(formulation: Formulation) -> float:
    """Return the longest side of the box around the body [m]."""
    from mechagents.mechanics import shapes, solid_body

    if formulation.dimension == 3:
        low, high = solid_body.box(formulation.geometry)
        return float((high - low).max())
    low_x, low_y, high_x, high_y = shapes.body(formulation.geometry).bounds
    return float(max(high_x - low_x, high_y - low_y))


def first_time_steps(formulation: Formulation) -> int | None:
    """Return in how many steps a motion is followed at first; None for other analyses."""
    if formulation.analysis != "transient" or formulation.end_time is None:
        return None
    fastest = max(_wave_speed(law) for law in formulation.materials.values())
    steps = STEPS_OF_A_WAVE * formulation.end_time * fastest / longest_side(formulation)
    courses = [formulation.time_course, *(support.course for support in formulation.supports)]
    for course in courses:
        swing = period(course) if course else None
        steps = max(steps, STEPS_OF_A_PERIOD * formulation.end_time / swing if swing else 0.0)
    return round(min(max(steps, FEWEST_TIMES), MOST_TIMES_AT_FIRST))


def _wave_speed(law: Law) -> float:
    """Return about how fast a wave runs in a material: sqrt(E / rho) [m/s]."""
    if isinstance(law, Orthotropic):
        stiffest = max(law.youngs_moduli)
    elif law.kind == "isotropic":
        stiffest = law.youngs_modulus
    else:
        return 0.0
    return math.sqrt(stiffest / (law.density or 1.0))
