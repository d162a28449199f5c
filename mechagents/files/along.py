"""The values of a result along a straight line, as a table."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mechagents.errors import UsageError
from mechagents.files.solved import Named, Solved, in_space, named_stress
from mechagents.mechanics.geometry import AXES
from mechagents.verification.elements import FloatArray, IntArray
from mechagents.verification.locate import Spot, locate


@dataclass(frozen=True, slots=True)
class Line:
    """Points from one end to the other, at equal distances."""

    start: tuple[float, ...]
    """[m]."""
    end: tuple[float, ...]
    points: int
    """How many, both ends counted; two at least."""

    @classmethod
    def of(cls, words: str, points: int) -> Line:
        """Return the line of ``x,y:x,y`` or ``x,y,z:x,y,z`` in metres.

        Raises:
            UsageError: If the words are no two points of as many coordinates, or they are the
                same point, or fewer than two points are asked for.
        """
        ends = words.split(":")
        try:
            start, end = (tuple(float(number) for number in at.split(",")) for at in ends)
        except ValueError as error:
            told = f"{words!r} is no line; give two points in metres, such as 0,0:1,0"
            raise UsageError(told, where="--line") from error
        if not np.isfinite([*start, *end]).all():
            raise UsageError(f"{words!r} has a coordinate that is not finite", where="--line")
        if len(start) != len(end):
            told = f"{words!r}: one end has {len(start)} coordinates, the other {len(end)}"
            raise UsageError(told, where="--line")
        if start == end:
            raise UsageError(f"{words!r}: both ends are the same point", where="--line")
        if points < 2:
            raise UsageError(f"a line has two points at least, not {points}", where="--points")
        return cls(start, end, points)

    @property
    def at(self) -> FloatArray:
        """Where the points lie [m], shape (points, d)."""
        return np.linspace(self.start, self.end, self.points)


def write_csv(solved: Solved, line: Line, path: Path) -> int:
    """Write the values at points of a line to a CSV file, and return how many lie in the mesh.

    Displacement and modes are interpolated by the shape functions of the element that holds the
    point. Stress is so between the means at its nodes of the elements of one region, the first
    that has the point. A row outside the mesh, in a hole for instance, has no values.

    Raises:
        UsageError: If the line has not the body's dimension, or no point of it lies in the mesh.
    """
    dimension = solved.formulation.dimension
    if len(line.start) != dimension:
        told = f"a point of this body has {dimension} coordinates, not {len(line.start)}"
        raise UsageError(told, where="--line")
    at = line.at
    spots = [locate(solved.solution.fields, tuple(point)) for point in at.tolist()]
    held = np.array([i for i, found in enumerate(spots) if found], dtype=np.int64)
    if not held.size:
        raise UsageError("no point of the line lies in the body", where="--line")
    rows = [_first(solved, found) for found in spots if found]
    regions = np.array([region for _, region in rows])
    columns = _values(solved, [spot for spot, _ in rows], regions)
    _write(path, solved, at, held, regions, columns)
    return len(held)


def _first(solved: Solved, spots: list[Spot]) -> tuple[Spot, int]:
    """Return the element around a point that is of the first region, and which that is."""
    by_region = [(int(solved.solution.region[s.block][s.element]), s) for s in spots]
    inside = [pair for pair in by_region if pair[0] >= 0] or by_region
    region, spot = min(inside, key=lambda pair: pair[0])
    return spot, region


def _values(solved: Solved, spots: list[Spot], regions: IntArray) -> Named:
    """Return each component at the points that lie in the mesh, by its column's name."""
    fields, found = solved.solution.fields, Named()
    vectors = {"displacement": fields.displacement} if solved.loaded else Named()
    vectors |= {f"mode_{i}": mode for i, mode in enumerate(fields.modes, start=1)}
    for name, nodal in vectors.items():
        values = in_space(np.array([_at(solved, spot, nodal) for spot in spots]))
        found |= {f"{name}_{axis}": values[:, i] for i, axis in enumerate(AXES)}
    if not solved.loaded:
        return found
    means: dict[int, FloatArray] = {}
    for region in np.unique(regions).tolist():
        chosen = tuple(numbers == region for numbers in solved.solution.region)
        means[region] = solved.point_stress(chosen)
    pairs = zip(spots, regions.tolist(), strict=True)
    stress = np.array([_at(solved, spot, means[region]) for spot, region in pairs])
    return {**found, **named_stress(stress)}


def _at(solved: Solved, spot: Spot, nodal: FloatArray) -> FloatArray:
    nodes = solved.solution.fields.blocks[spot.block].nodes[spot.element]
    found: FloatArray = spot.N @ nodal[nodes]
    return found


def _write(
    path: Path,
    solved: Solved,
    at: FloatArray,
    held: IntArray,
    regions: IntArray,
    columns: Named,
) -> None:
    distance = np.linalg.norm(at - at[0], axis=1).tolist()
    names = (*solved.solution.regions, "")
    values = np.column_stack(list(columns.values())).tolist()
    inside = {int(row): i for i, row in enumerate(held)}
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*AXES, "distance", "region", *columns])
        for row, point in enumerate(in_space(at).tolist()):
            known = inside.get(row)
            if known is None:
                rest: list[object] = ["", *[""] * len(columns)]
            else:
                rest = [names[int(regions[known])], *values[known]]
            writer.writerow([*point, distance[row], *rest])
