"""The outlines of a mesh's regions, from the edges between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mechagents.errors import ProblemError
from mechagents.problems.chains import NamedSide, chained
from mechagents.problems.outlines import Region, region_of
from mechagents.problems.recognise import count, sides_through

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]

Pair = tuple[int, int]
"""The numbers of two nodes, or of two regions, the smaller first; -1 is outside."""


@dataclass(frozen=True, eq=False)
class PlainMesh:
    """A mesh of straight edges."""

    points: FloatArray
    """[m], shape (nodes, 2)."""
    edges: IntArray
    """Both ends of each edge of each element, shape (n, 2)."""
    region: IntArray
    """The number of the region of each edge's element, shape (n,)."""
    regions: tuple[str, ...]
    names: Mapping[Pair, str]
    """Of edges that the file names."""


def regions_of(mesh: PlainMesh, size: float, near: float) -> tuple[dict[str, Region], int, int]:
    """Return the regions of a mesh, and how many straight sides and arcs bound them.

    Args:
        mesh: Elements that share nodes with their neighbours.
        size: Of the body [m].
        near: How far off a line or a circle nodes may lie [m].

    Raises:
        ProblemError: If an outline is not closed or meets itself.
    """
    beside = _regions_beside(mesh)
    sides: dict[int, list[NamedSide]] = {number: [] for number in range(len(mesh.regions))}
    straight = round_ = 0
    for chain, pair, name in _chains(beside, mesh.names):
        made = sides_through(mesh.points[chain], near)
        lines, arcs = count(made)
        straight, round_ = straight + lines, round_ + arcs
        for number in pair:
            if number >= 0:
                sides[number] += [(side, name) for side in made]
    found: dict[str, Region] = {}
    for number, region in enumerate(mesh.regions):
        try:
            # Nodes are the same or they are not; what is near is so by rounding only.
            found[region] = region_of(chained(sides[number], 1e-12 * size), size)
        except ProblemError as error:
            raise ProblemError(
                f"region {region}: {error.message}; are nodes doubled that should be shared?"
            ) from error
    return found, straight, round_


def _regions_beside(mesh: PlainMesh) -> dict[Pair, Pair]:
    """Return the edges that do not lie inside one region, with the regions on either side."""
    beside: dict[Pair, list[int]] = {}
    for (a, b), region in zip(mesh.edges.tolist(), mesh.region.tolist(), strict=True):
        beside.setdefault((min(a, b), max(a, b)), []).append(region)
    found: dict[Pair, Pair] = {}
    for edge, regions in beside.items():
        if len(regions) > 2:
            x, y = mesh.points[edge[0]]
            raise ProblemError(
                f"{len(regions)} elements share the edge at ({x:.6g}, {y:.6g}) m; elements of a "
                "mesh must not overlap"
            )
        low, high = sorted([*regions, -1][:2])
        if low != high:
            found[edge] = (low, high)
    return found


def _chains(
    beside: Mapping[Pair, Pair], names: Mapping[Pair, str]
) -> list[tuple[list[int], Pair, str | None]]:
    """Return rows of nodes along edges of the same name between the same two regions."""
    at: dict[int, list[Pair]] = {}
    for edge in beside:
        for node in edge:
            at.setdefault(node, []).append(edge)

    def kind(edge: Pair) -> tuple[Pair, str | None]:
        return beside[edge], names.get(edge)

    def goes_on(node: int) -> bool:
        return len(at[node]) == 2 and kind(at[node][0]) == kind(at[node][1])

    left = set(beside)
    found: list[tuple[list[int], Pair, str | None]] = []
    ends = [(edge, node) for edge in beside for node in edge if not goes_on(node)]
    # What has no ends is closed, and may begin anywhere.
    for first, begin in [*ends, *((edge, edge[0]) for edge in beside)]:
        if first not in left:
            continue
        chain, edge = [begin], first
        while edge in left:
            left.remove(edge)
            chain.append(edge[0] if edge[1] == chain[-1] else edge[1])
            if goes_on(chain[-1]):
                edge = next(one for one in at[chain[-1]] if one != edge)
        found.append((chain, *kind(first)))
    return found
