"""Whether a solid can be solved: its shapes, places and freedom to move.

Every fault is one sentence that starts with the field.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import TYPE_CHECKING

from mechagents.mechanics.eigen import FREE
from mechagents.mechanics.geometry import AtSpacePoint, OnCurve

if TYPE_CHECKING:
    from mechagents.mechanics.formulation import Formulation

_OVERLAP = 1e-7
"""Regions that share more than this part of the smaller one overlap; less is rounding."""


def solid_faults(f: Formulation) -> Iterator[str]:
    """Yield what makes a solid unsolvable, most basic first; the first check that finds ends it."""
    for check in (_bad_shapes, _bad_regions, _bad_boundaries, _bad_places):
        found = list(check(f))
        if found:
            yield from found
            return


def _bad_places(f: Formulation) -> Iterator[str]:
    from mechagents.mechanics import _solid_places as places

    checks = (places.bad_places, places.contradictions, places.bad_formulas)
    for check in checks if f.analysis in FREE else (*checks, places.floating):
        found = list(check(f))
        if found:
            yield from found
            return


def _bad_shapes(f: Formulation) -> Iterator[str]:
    from mechagents.mechanics._idle_solids import faulty_shapes

    yield from faulty_shapes(f.geometry)


def _bad_regions(f: Formulation) -> Iterator[str]:
    import numpy as np

    from mechagents.mechanics._idle_solids import common_volume
    from mechagents.mechanics.solid_body import box, volume

    regions = f.geometry.regions
    volumes = {name: volume(shape) for name, shape in regions.items()}
    for name, found in volumes.items():
        low, high = box(f.geometry)
        if found <= 1e-12 * float(np.linalg.norm(high - low)) ** 3:
            yield f"geometry.regions.{name}: nothing is left of this region"
    if min(volumes.values()) <= 0:
        return
    for name, other in combinations(regions, 2):
        shared = common_volume(regions[name], regions[other])
        if shared > _OVERLAP * min(volumes[name], volumes[other]):
            yield f"geometry.regions.{name}: overlaps region {other!r}; cut one out of the other"


def _bad_boundaries(f: Formulation) -> Iterator[str]:
    from mechagents.mechanics.occ_parts import solid_model
    from mechagents.mechanics.solid_body import box

    parts = solid_model(f.geometry).parts
    for name, boundary in f.geometry.surface_parts.items():
        part = parts[name]
        if part.faces or part.edges or part.vertices:
            continue
        told = "no surface of the body lies there"
        if isinstance(boundary, OnCurve):
            told = "no curve of the body's surface lies there"
        elif isinstance(boundary, AtSpacePoint):
            told = "this point is not on the body's surface"
        corners = " to ".join(
            "(" + ", ".join(f"{value:g}" for value in corner) + ")" for corner in box(f.geometry)
        )
        yield f"geometry.boundaries.{name}: {told}; the body fills x, y, z from {corners}"
