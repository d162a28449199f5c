"""How far points are off an ellipse."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mechagents.mechanics.units import Point

    FloatArray = NDArray[np.float64]


def stretched(points: FloatArray, center: Point, radii: Point) -> FloatArray:
    """Return points in coordinates in which an ellipse is the unit circle about the origin.

    Args:
        points: Where [m], shape (..., 2).
        center: The middle of the ellipse [m].
        radii: Its half axes along x and y [m].
    """
    import numpy as np

    found: FloatArray = (points - np.array(center)) / np.array(radii)
    return found


def metres(points: FloatArray, radii: Point) -> FloatArray:
    """Return what a step of 1 off the unit circle is square to the ellipse [m], shape (...).

    Args:
        points: Where, in stretched coordinates, shape (..., 2).
        radii: The half axes of the ellipse along x and y [m].
    """
    import numpy as np

    length = np.linalg.norm(points, axis=-1)
    slope = np.linalg.norm(points / np.array(radii), axis=-1)
    middle = slope == 0
    found: FloatArray = np.where(middle, min(radii), length / np.where(middle, 1.0, slope))
    return found


def distance_to_ellipse(points: FloatArray, center: Point, radii: Point) -> FloatArray:
    """Return about how far points are off an ellipse [m], shape (...).

    It is |f| / |grad f| with f = sqrt((x / a)^2 + (y / b)^2) - 1: exact for a circle, and close
    to the ellipse to second order. Far from it, it is not less than |f| times the shorter half
    axis.

    Args:
        points: Where [m], shape (..., 2).
        center: The middle of the ellipse [m].
        radii: Its half axes along x and y [m].
    """
    import numpy as np

    at = stretched(points, center, radii)
    found: FloatArray = np.abs(np.linalg.norm(at, axis=-1) - 1.0) * metres(at, radii)
    return found
