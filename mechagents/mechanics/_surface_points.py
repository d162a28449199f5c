"""Points all over the surfaces and the inside of a solid, told from outside by numpy alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mechagents.mechanics.geometry import (
    ACROSS,
    AXES,
    Geometry,
    OnCylinder,
    OnEllipticCylinder,
    OnPlane,
    OnSphere,
    PlainSurface,
)
from mechagents.mechanics.solid_body import box, contains, near

if TYPE_CHECKING:
    from mechagents.mechanics.solid_body import BoolArray, FloatArray

_STEPS = 41
"""Points of a surface along each of its directions."""
_INSIDE_STEPS = 15


def points_inside(geometry: Geometry) -> FloatArray:
    """Return points of a grid over a solid that lie in it [m], shape (points, 3)."""
    low, high = box(geometry)
    share = np.linspace(0.0, 1.0, _INSIDE_STEPS)
    places = np.stack(np.meshgrid(share, share, share), axis=-1).reshape(-1, 3)
    grid: FloatArray = low + places * (high - low)
    return grid[in_a_region(geometry, grid, near(geometry))]


def points_on(geometry: Geometry, surface: PlainSurface) -> FloatArray:
    """Return points of a named surface where the body has one side of it [m], shape (points, 3).

    What is narrower than a fortieth of the body may be missed.
    """
    points, normals = _grid(surface, *box(geometry))
    points, normals = points.reshape(-1, 3), normals.reshape(-1, 3)
    step = 2 * near(geometry)
    one = in_a_region(geometry, points + step * normals, 0.0)
    other = in_a_region(geometry, points - step * normals, 0.0)
    found: FloatArray = points[one != other]
    return found


def in_a_region(geometry: Geometry, points: FloatArray, close: float) -> BoolArray:
    """Return which points lie in one of the regions or closer than that to it, shape (points,)."""
    found = np.zeros(len(points), dtype=np.bool_)
    for shape in geometry.regions.values():
        found |= contains(shape, points, close)
    return found


def _grid(
    surface: PlainSurface, low: FloatArray, high: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return points of the whole surface near a box, and the directions square to it there."""
    share = (np.arange(_STEPS) + 0.5) / _STEPS
    one, two = np.meshgrid(share, share)
    if isinstance(surface, OnPlane):
        (a, b), along = (AXES.index(axis) for axis in ACROSS[surface.axis]), surface.axis
        across = surface.within.get(AXES[a], (low[a], high[a]))
        upward = surface.within.get(AXES[b], (low[b], high[b]))
        points, normals = np.empty((*one.shape, 3)), np.zeros((*one.shape, 3))
        points[..., AXES.index(along)] = surface.at
        points[..., a] = across[0] + one * (across[1] - across[0])
        points[..., b] = upward[0] + two * (upward[1] - upward[0])
        normals[..., AXES.index(along)] = 1.0
        return points, normals
    if isinstance(surface, OnSphere):
        height, turn = 2 * one - 1, 2 * np.pi * two
        ring = np.sqrt(1 - height**2)
        normals = np.stack([ring * np.cos(turn), ring * np.sin(turn), height], axis=-1)
        return np.array(surface.center) + surface.radius * normals, normals
    if isinstance(surface, OnCylinder | OnEllipticCylinder):
        a, b = (AXES.index(axis) for axis in ACROSS[surface.axis])
        upright, turn = AXES.index(surface.axis), 2 * np.pi * two
        normals, points = np.zeros((*one.shape, 3)), np.zeros((*one.shape, 3))
        points[..., upright] = low[upright] + one * (high[upright] - low[upright])
        p, q = surface.radii if isinstance(surface, OnEllipticCylinder) else [surface.radius] * 2
        points[..., a] = surface.center[0] + p * np.cos(turn)
        points[..., b] = surface.center[1] + q * np.sin(turn)
        normals[..., a], normals[..., b] = np.cos(turn) / p, np.sin(turn) / q
        return points, normals / np.linalg.norm(normals, axis=-1, keepdims=True)
    normal = np.array(surface.normal) / np.linalg.norm(surface.normal)
    middle = (low + high) / 2
    foot = middle - ((middle - np.array(surface.point)) @ normal) * normal
    beside = np.eye(3)[np.abs(normal).argmin()]
    first: FloatArray = np.asarray(np.cross(normal, beside), dtype=np.float64)
    first = first / np.linalg.norm(first)
    reach = float(np.linalg.norm(high - low)) / 2
    sides = (2 * one - 1)[..., None] * first + (2 * two - 1)[..., None] * np.cross(normal, first)
    return foot + reach * sides, np.broadcast_to(normal, (*one.shape, 3))
