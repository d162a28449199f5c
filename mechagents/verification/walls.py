"""The surfaces that may bound a shape of space: planes, cylinders, spheres, elliptic cylinders.

They are read off the shape's parts in plain numpy, so that they check what OpenCascade meshed.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from mechagents.mechanics.ellipses import metres, stretched
from mechagents.mechanics.geometry import (
    ACROSS,
    AXES,
    Axis,
    Box,
    Cylinder,
    Difference,
    Disk,
    Ellipse,
    Extrusion,
    Intersection,
    OnCylinder,
    OnEllipticCylinder,
    OnPlane,
    OnSphere,
    OnTiltedPlane,
    PlainSurface,
    Polygon,
    Profile,
    Rectangle,
    Shape,
    Sphere,
    Union,
)
from mechagents.mechanics.sides import Arc
from mechagents.mechanics.units import Point
from mechagents.verification.elements import BoolArray, FloatArray


class Wall(ABC):
    """A surface without ends that faces of a body may lie on."""

    @property
    @abstractmethod
    def bend(self) -> float:
        """Its smallest radius [m], infinite where it is flat."""

    @property
    @abstractmethod
    def named(self) -> PlainSurface:
        """The same surface as a formulation names it."""

    @abstractmethod
    def height(self, points: FloatArray) -> FloatArray:
        """Return the signed distance [m] of points (..., 3), shape (...)."""

    @abstractmethod
    def normal(self, points: FloatArray) -> FloatArray:
        """Return the unit vector along which the height of points (..., 3) grows, (..., 3)."""

    @abstractmethod
    def around(self, steps: FloatArray) -> FloatArray:
        """Return the part of steps (..., 3) along which the surface bends [m], (...)."""

    @property
    @abstractmethod
    def numbers(self) -> tuple[float, ...]:
        """What tells it from another surface of its kind: lengths [m] and directions."""

    def foot(self, points: FloatArray) -> FloatArray:
        """Return the points of the surface nearest to points (..., 3) close to it [m], (..., 3)."""
        for _ in range(3):  # of an elliptic cylinder the height is only about right
            points = points - self.height(points)[..., None] * self.normal(points)
        return points

    def sagitta(self, steps: FloatArray, share: float, most: float) -> FloatArray:
        """Return how far the middle of chords (..., 3) of it may be off [m], shape (...).

        Args:
            steps: From one end of each to the other [m].
            share: Of the square of the chord over the radius; of a flat circle arc it is 1/8.
            most: Chords that are longer, in radii, are none.
        """
        chord = self.around(steps) / self.bend
        return np.asarray(np.where(chord <= most, share * chord**2, 0.0) * self._reach)

    @property
    def _reach(self) -> float:
        return 0.0 if np.isinf(self.bend) else self.bend


@dataclass(frozen=True)
class Flat(Wall):
    """A plane."""

    point: tuple[float, float, float]
    square: tuple[float, float, float]
    """A unit vector square to it."""

    @property
    def bend(self) -> float:
        """Its smallest radius [m]: none."""
        return np.inf

    @property
    def named(self) -> PlainSurface:
        """The same plane as a formulation names it."""
        for axis, along, at in zip(AXES, self.square, self.point, strict=True):
            if abs(along) == 1:
                return OnPlane(axis=axis, at=at)
        return OnTiltedPlane(point=self.point, normal=self.square)

    def height(self, points: FloatArray) -> FloatArray:
        """Return the signed distance [m] of points (..., 3), shape (...)."""
        return np.asarray((points - np.array(self.point)) @ np.array(self.square))

    def normal(self, points: FloatArray) -> FloatArray:
        """Return the unit vector square to the plane at points (..., 3)."""
        return np.broadcast_to(np.array(self.square), points.shape)

    def around(self, steps: FloatArray) -> FloatArray:
        """Return 0: it does not bend."""
        return np.zeros(steps.shape[:-1])

    @property
    def numbers(self) -> tuple[float, ...]:
        """Its distance from the origin and the vector square to it, of a sense that is its own."""
        sense = next(sign for sign in np.sign(np.round(self.square, 9)) if sign)
        offset = float(np.dot(self.point, self.square))
        return tuple(float(sense * value) for value in (offset, *self.square))


@dataclass(frozen=True)
class Round(Wall):
    """A sphere, or a circular cylinder along an axis."""

    center: tuple[float, float, float]
    radius: float
    axis: Axis | None = None

    @property
    def bend(self) -> float:
        """Its smallest radius [m]."""
        return self.radius

    @property
    def named(self) -> PlainSurface:
        """The same surface as a formulation names it."""
        if self.axis is None:
            return OnSphere(center=self.center, radius=self.radius)
        one, two = (self.center[AXES.index(other)] for other in ACROSS[self.axis])
        return OnCylinder(axis=self.axis, center=(one, two), radius=self.radius)

    def height(self, points: FloatArray) -> FloatArray:
        """Return the signed distance [m] of points (..., 3), shape (...)."""
        return np.asarray(np.linalg.norm(self._from_middle(points), axis=-1) - self.radius)

    def normal(self, points: FloatArray) -> FloatArray:
        """Return the unit vector away from the middle at points (..., 3)."""
        off = self._from_middle(points)
        length = np.linalg.norm(off, axis=-1, keepdims=True)
        return np.asarray(off / np.where(length == 0, 1.0, length), dtype=np.float64)

    def around(self, steps: FloatArray) -> FloatArray:
        """Return the length of steps (..., 3) across the axis [m], (...)."""
        bent = [i for i, axis in enumerate(AXES) if axis != self.axis]
        return np.asarray(np.linalg.norm(steps[..., bent], axis=-1))

    @property
    def numbers(self) -> tuple[float, ...]:
        """Centre, radius and the axis as a number."""
        return (*self.center, self.radius, -1.0 if self.axis is None else AXES.index(self.axis))

    def _from_middle(self, points: FloatArray) -> FloatArray:
        off = points - np.array(self.center)
        if self.axis is not None:
            off[..., AXES.index(self.axis)] = 0.0
        return np.asarray(off, dtype=np.float64)


@dataclass(frozen=True)
class Oval(Wall):
    """An elliptic cylinder along an axis."""

    axis: Axis
    center: tuple[float, float]
    radii: tuple[float, float]

    @property
    def bend(self) -> float:
        """Its smallest radius of curvature [m]."""
        return min(self.radii) ** 2 / max(self.radii)

    @property
    def named(self) -> PlainSurface:
        """The same surface as a formulation names it."""
        return OnEllipticCylinder(axis=self.axis, center=self.center, radii=self.radii)

    def height(self, points: FloatArray) -> FloatArray:
        """Return about the signed distance [m] of points (..., 3), shape (...)."""
        at = stretched(points[..., self._across], self.center, self.radii)
        return np.asarray((np.linalg.norm(at, axis=-1) - 1.0) * metres(at, self.radii))

    def normal(self, points: FloatArray) -> FloatArray:
        """Return the unit vector square to the ellipse through points (..., 3)."""
        at = stretched(points[..., self._across], self.center, self.radii)
        slope = at / np.array(self.radii)
        length = np.linalg.norm(slope, axis=-1, keepdims=True)
        found = np.zeros_like(points)
        found[..., self._across] = slope / np.where(length == 0, 1.0, length)
        return found

    def around(self, steps: FloatArray) -> FloatArray:
        """Return the length of steps (..., 3) across the axis [m], (...)."""
        return np.asarray(np.linalg.norm(steps[..., self._across], axis=-1))

    def sagitta(self, steps: FloatArray, share: float, most: float) -> FloatArray:
        """Return how far the middle of chords (..., 3) of it may be off [m], shape (...).

        It is stretched to a circle of radius 1; which way a chord goes tells where it lies.
        """
        across = steps[..., self._across] / np.array(self.radii)
        chord = np.linalg.norm(across, axis=-1)
        square = np.stack([-across[..., 1], across[..., 0]], axis=-1)
        off = share * chord**2 * metres(square, self.radii)
        return np.asarray(np.where(chord <= most, off, 0.0))

    @property
    def numbers(self) -> tuple[float, ...]:
        """Centre, radii and the axis as a number."""
        return (*self.center, *self.radii, AXES.index(self.axis))

    @property
    def _across(self) -> list[int]:
        return [AXES.index(other) for other in ACROSS[self.axis]]


def wall_of(surface: PlainSurface) -> Wall:
    """Return the surface that a boundary is part of."""
    match surface:
        case OnPlane():
            return _square(surface.axis, surface.at)
        case OnTiltedPlane():
            return _flat(np.array(surface.point), np.array(surface.normal))
        case OnCylinder():
            return Round(_place(surface.axis, surface.center, 0.0), surface.radius, surface.axis)
        case OnEllipticCylinder():
            return Oval(surface.axis, surface.center, surface.radii)
        case OnSphere():
            return Round(surface.center, surface.radius)


def within(surface: PlainSurface, points: FloatArray, near: float) -> BoolArray:
    """Return which points (..., 3) lie in the limits of a surface, or near them; shape (...)."""
    found = np.ones(points.shape[:-1], dtype=np.bool_)
    if isinstance(surface, OnPlane):
        for axis, (low, high) in surface.within.items():
            at = points[..., AXES.index(axis)]
            found &= (at >= low - near) & (at <= high + near)
    return found


def walls(shapes: Iterable[Shape], near: float) -> list[Wall]:
    """Return the surfaces that bound the parts of some shapes of space, each once.

    Args:
        shapes: Of space.
        near: Surfaces that differ by less are the same [m].
    """
    found: list[Wall] = []
    for shape in shapes:
        for wall in _walls(shape):
            if not any(_same(wall, other, near) for other in found):
                found.append(wall)
    return found


def _same(one: Wall, other: Wall, near: float) -> bool:
    if type(one) is not type(other):
        return False
    return bool(np.abs(np.subtract(one.numbers, other.numbers)).max() <= near)


def _walls(shape: Shape) -> Iterator[Wall]:
    match shape:
        case Box():
            for axis, low, length in zip(AXES, shape.origin, shape.size, strict=True):
                yield from (_square(axis, low), _square(axis, low + length))
        case Cylinder():
            low = shape.base[AXES.index(shape.axis)]
            yield from (_square(shape.axis, low), _square(shape.axis, low + shape.height))
            across = [shape.base[AXES.index(other)] for other in ACROSS[shape.axis]]
            yield Round(_place(shape.axis, (across[0], across[1]), 0.0), shape.radius, shape.axis)
        case Sphere():
            yield Round(shape.center, shape.radius)
        case Extrusion():
            yield from (_square(shape.axis, at) for at in shape.between)
            yield from _sides(shape.profile, shape.axis)
        case Difference():
            for part in (shape.base, *shape.remove):
                yield from _walls(part)
        case Union() | Intersection():
            for part in shape.shapes:
                yield from _walls(part)
        case _:
            raise TypeError(f"a {shape.kind} is no solid")


def _sides(profile: Shape, axis: Axis) -> Iterator[Wall]:
    """Yield what the outline of a plane shape becomes when it is drawn along an axis."""
    match profile:
        case Rectangle():
            for other, low, length in zip(ACROSS[axis], profile.origin, profile.size, strict=True):
                yield from (_square(other, low), _square(other, low + length))
        case Disk():
            yield Round(_place(axis, profile.center, 0.0), profile.radius, axis)
        case Ellipse():
            yield Oval(axis, profile.center, profile.radii)
        case Polygon():
            for start, end in pairwise([*profile.points, profile.points[0]]):
                yield from _over(start, end, axis)
        case Profile():
            for side in profile.outline:
                if isinstance(side, Arc):
                    yield Round(_place(axis, side.center, 0.0), side.radius, axis)
                else:
                    yield from _over(side.start, side.end, axis)
        case Difference():
            for part in (profile.base, *profile.remove):
                yield from _sides(part, axis)
        case Union() | Intersection():
            for part in profile.shapes:
                yield from _sides(part, axis)
        case _:
            raise TypeError(f"a {profile.kind} is no plane shape")


def _over(start: Point, end: Point, axis: Axis) -> Iterator[Wall]:
    """Yield the plane that a straight side becomes when it is drawn along an axis."""
    across = (end[1] - start[1], start[0] - end[0])
    if any(across):
        square = np.array(_place(axis, across, 0.0))
        yield _flat(np.array(_place(axis, start, 0.0)), square)


def _place(axis: Axis, across: tuple[float, float], along: float) -> tuple[float, float, float]:
    """Return the point with two coordinates across an axis and one along it."""
    at = dict(zip((*ACROSS[axis], axis), (*across, along), strict=True))
    return at["x"], at["y"], at["z"]


def _square(axis: Axis, at: float) -> Flat:
    """Return the plane on which a coordinate has a value."""
    x, y, z = (float(at if axis == other else 0.0) for other in AXES)
    along = tuple(float(axis == other) for other in AXES)
    return Flat((x, y, z), (along[0], along[1], along[2]))


def _flat(point: FloatArray, normal: FloatArray) -> Flat:
    square = normal / np.linalg.norm(normal)
    if np.count_nonzero(square) == 1:
        which = int(np.flatnonzero(square)[0])
        return _square(AXES[which], float(point[which]))
    x, y, z = map(float, point)
    return Flat((x, y, z), (float(square[0]), float(square[1]), float(square[2])))
