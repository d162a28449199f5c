"""Which rigid motions of space are left to a body that is held at some points."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mechagents.mechanics.geometry import AXES

if TYPE_CHECKING:
    from mechagents.mechanics.geometry import Axis
    from mechagents.mechanics.solid_body import FloatArray

_NOTHING = 1e-5
"""Points held move less than this share of the body's size in a motion that is left."""


def rows(points: FloatArray, axis: Axis) -> FloatArray:
    """Return what each rigid motion displaces points by along an axis, shape (points, 6).

    The motions are translation along x, y and z, then rotation about x, y and z.
    """
    number = AXES.index(axis)
    turning = np.stack([np.cross(about, points)[:, number] for about in np.eye(3)], axis=1)
    along = np.broadcast_to(np.eye(3)[number], (len(points), 3))
    return np.concatenate([along, turning], axis=1)


def left_motions(held: FloatArray) -> str:
    """Return in words which rigid motions are left, nothing if there is none.

    Args:
        held: The displacements that are held in each rigid motion, from ``rows`` of points about
            the body's middle in parts of its size, shape (any, 6).
    """
    if not len(held):
        return "any motion"
    # Of many rows only six are left, with the same values and motions.
    _, values, motions = np.linalg.svd(np.linalg.qr(held, mode="r"), full_matrices=True)
    smallest = _NOTHING * np.sqrt(len(held))
    free = motions[int(np.count_nonzero(values > smallest)) :]
    if not len(free):
        return ""
    words = [
        f"translation in {axis}"
        for axis, motion in zip(AXES, np.eye(6)[:3], strict=True)
        if _is_among(motion, free)
    ]
    words += [
        f"rotation about {axis}"
        for axis, turn in zip(AXES, np.eye(3), strict=True)
        if _turns(turn, free)
    ]
    return " and ".join(words) or "rotation about some axis"


def _is_among(motion: FloatArray, free: FloatArray) -> bool:
    return bool(np.linalg.norm(motion - free.T @ (free @ motion)) <= 1e-4)


def _turns(turn: FloatArray, free: FloatArray) -> bool:
    """Return whether a rotation about some line along a direction is among free motions."""
    # A translation along the line would make a screw of it.
    conditions = np.concatenate([free[:, 3:].T, (free[:, :3] @ turn)[None]])
    meant = np.array([*turn, 0.0])
    mixed, *_ = np.linalg.lstsq(conditions, meant, rcond=1e-6)
    return bool(np.linalg.norm(conditions @ mixed - meant) <= 1e-4)
