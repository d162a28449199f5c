"""Whether two supports that share points prescribe the same there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mechagents.mechanics.formulas import value_at

if TYPE_CHECKING:
    from mechagents.mechanics.formulas import FloatArray
    from mechagents.mechanics.formulation import Support
    from mechagents.mechanics.geometry import Axis

ROUNDING = 1e-9
"""Relative to the larger of two prescribed displacements: less apart they are the same."""


def may_differ(one: Support, two: Support, axis: Axis) -> bool:
    """Return whether both prescribe a component, and not by the same numbers and course."""
    if axis not in one.components or axis not in two.components:
        return False
    return one.components[axis] != two.components[axis] or one.course != two.course


def difference(
    one: Support, two: Support, axis: Axis, points: FloatArray, number: int
) -> tuple[int, str] | None:
    """Return at which of some points the second support differs most from the first, and how.

    Args:
        one: The first support.
        two: The second.
        axis: Of the component that both prescribe.
        points: Points that both hold [m], shape (points, 2 or 3).
        number: Where the first stands in the list of supports.
    """
    if not len(points):
        return None
    values = np.stack([value_at(part.components[axis], points) for part in (one, two)])
    apart = np.abs(values[0] - values[1])
    worst = int(apart.argmax())
    if apart[worst] > ROUNDING * np.abs(values).max():
        earlier, now = values[:, worst]
        told = f"already displaced by {earlier:g} m (supports.{number}.{axis}), not {now:g} m"
        return worst, told
    if one.course != two.course and values.any():
        moved = int(np.abs(values[0]).argmax())
        return moved, f"already moved by another course (supports.{number}.course)"
    return None
