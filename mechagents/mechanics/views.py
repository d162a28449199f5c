"""Directions from which a solid is looked at, without perspective."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mechagents.mechanics.meshing import FloatArray


@dataclass(frozen=True, slots=True)
class View:
    """A direction to look from; z is up.

    Args:
        azimuth: From x towards y, of where the viewer stands [degrees].
        elevation: Above the plane of x and y [degrees].
    """

    azimuth: float
    elevation: float

    def __call__(self, points: FloatArray) -> FloatArray:
        """Return points or vectors, shape (..., 3), as what lies right, up and towards the viewer.

        Lengths are kept: the three directions are square to each other.
        """
        turned: FloatArray = points @ self._axes().T
        return turned

    def _axes(self) -> FloatArray:
        import numpy as np

        a, e = math.radians(self.azimuth), math.radians(self.elevation)
        right = [-math.sin(a), math.cos(a), 0.0]
        up = [-math.sin(e) * math.cos(a), -math.sin(e) * math.sin(a), math.cos(e)]
        towards = [math.cos(e) * math.cos(a), math.cos(e) * math.sin(a), math.sin(e)]
        return np.array([right, up, towards])

    @property
    def words(self) -> str:
        """Which corner the viewer stands at, such as ``+x −y +z``."""
        a, e = math.radians(self.azimuth), math.radians(self.elevation)
        parts = zip((math.cos(a), math.sin(a), math.sin(e)), "xyz", strict=True)
        return " ".join(f"{'+' if part > 0 else '−'}{axis}" for part, axis in parts)


VIEWS = tuple(View(azimuth, elevation) for elevation in (24.0, -24.0)
              for azimuth in (-60.0, 30.0, -150.0, 120.0))  # fmt: skip
"""One from each corner; the first is the usual one: x to the right, y away, z up."""
