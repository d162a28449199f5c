"""Whether a solid can be solved: what its analyses know, its shapes, places and freedom to move.

Every fault is one sentence that starts with the field.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mechagents.mechanics.formulation import Formulation


def solid_faults(f: Formulation) -> Iterator[str]:
    """Yield what makes a solid unsolvable, most basic first."""
    for check in (_unknown_to_solids, _misplaced_points):
        found = list(check(f))
        if found:
            yield from found
            return


def _unknown_to_solids(f: Formulation) -> Iterator[str]:
    if f.analysis != "static_linear":
        yield f"analysis: solids are solved in static_linear only, not in {f.analysis} yet"
    if f.springs:
        yield "springs: are not solved in solids yet"
    for index, load in enumerate(f.loads):
        if load.kind == "point_force":
            yield f"loads.{index}.kind: a point_force is not solved in solids yet"
    for name, law in f.materials.items():
        if law.kind == "orthotropic":
            yield f"materials.{name}.kind: orthotropic is not solved in solids yet"


def _misplaced_points(f: Formulation) -> Iterator[str]:
    import numpy as np

    from mechagents.mechanics.solid_body import contains, near

    close = near(f.geometry)
    for index, wanted in enumerate(f.wanted):
        if (wanted.kind != "displacement" and wanted.kind != "stress") or wanted.at is None:
            continue
        point = np.array([wanted.at])
        if not any(contains(shape, point, close)[0] for shape in f.geometry.regions.values()):
            yield f"wanted.{index}.at: the point {wanted.at} lies outside the body"
