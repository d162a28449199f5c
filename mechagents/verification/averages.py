"""The range and the mean of element stresses around each point."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mechagents.verification.assembly import Stresses
from mechagents.verification.elements import BoolArray, FloatArray
from mechagents.verification.fields import Fields


@dataclass(frozen=True, eq=False)
class NodalRange:
    """Between which values a stress may lie, at each point or in each element."""

    low: FloatArray
    """[Pa], shape (places, c); c = 4 components in the plane and 6 in space."""
    high: FloatArray
    mean: FloatArray
    """Of the stress at nodes for points, at quadrature points for elements."""
    smoothed: FloatArray
    """The means around points of the means in elements, or the other way round."""
    weight: FloatArray
    """Area, or volume, that belongs to each place [m^2, or m^3], shape (places,)."""

    def in_elements(self, fields: Fields, stresses: tuple[Stresses, ...]) -> NodalRange:
        """Return the range around each element, of those that share a node with it."""
        blocks = fields.blocks
        return NodalRange(
            np.concatenate([self.low[block.nodes].min(axis=1) for block in blocks]),
            np.concatenate([self.high[block.nodes].max(axis=1) for block in blocks]),
            np.concatenate([part.at_points.mean(axis=1) for part in stresses]),
            np.concatenate([self.mean[block.nodes].mean(axis=1) for block in blocks]),
            np.concatenate([part.area for part in stresses]),
        )

    def norm(self, values: FloatArray) -> FloatArray:
        """Return the root of the integral of the squares of each column, shape (c,)."""
        return np.asarray(np.sqrt(self.weight @ values**2), dtype=np.float64)

    def beyond(self, given: FloatArray) -> FloatArray:
        """Return the norm of what each column of a given stress is out of the range, (c,)."""
        out = np.maximum(np.maximum(self.low - given, given - self.high), 0.0)
        return self.norm(out)

    def off_size(self, given: FloatArray) -> FloatArray:
        """Return how far the size of each column is from that of both means, (c,).

        The size is the component along the mean, which half or twice a stress changes even
        where it stays in the range: that of a coarse mesh in bending holds zero.
        """
        along = self.mean / np.maximum(self.norm(self.mean), 1e-300)
        size, one, two = (
            np.asarray(self.weight @ (values * along))
            for values in (given, self.mean, self.smoothed)
        )
        out = np.maximum(np.minimum(one, two) - size, size - np.maximum(one, two))
        return np.asarray(np.maximum(out, 0.0), dtype=np.float64)


def nodal_range(
    fields: Fields,
    stresses: tuple[Stresses, ...],
    chosen: tuple[BoolArray, ...] | None = None,
) -> NodalRange:
    """Return range and mean of the stress in the elements around each point.

    Args:
        fields: The mesh.
        stresses: In every element.
        chosen: For each block, the elements that count; all for None. A point that none of
            them has gets an empty range, from +inf to -inf, and no weight.
    """
    count, columns = len(fields.points), stresses[0].at_nodes.shape[-1]
    low, high = np.full((count, columns), np.inf), np.full((count, columns), -np.inf)
    total, smoothed = np.zeros((count, columns)), np.zeros((count, columns))
    times, weight = np.zeros(count), np.zeros(count)
    for index, block in enumerate(fields.blocks):
        rows = slice(None) if chosen is None else chosen[index]
        nodes, part = block.nodes[rows], stresses[index]
        least, most = part.all[rows].min(axis=1), part.all[rows].max(axis=1)
        for local in range(nodes.shape[1]):
            np.minimum.at(low, nodes[:, local], least)
            np.maximum.at(high, nodes[:, local], most)
        flat, values = nodes.ravel(), part.at_nodes[rows].reshape(-1, columns)
        means = np.repeat(part.at_points[rows].mean(axis=1), nodes.shape[1], axis=0)
        for column in range(columns):
            total[:, column] += np.bincount(flat, values[:, column], count)
            smoothed[:, column] += np.bincount(flat, means[:, column], count)
        times += np.bincount(flat, minlength=count)
        share = np.repeat(part.area[rows] / nodes.shape[1], nodes.shape[1])
        weight += np.bincount(flat, share, count)
    times = np.maximum(times, 1)[:, None]
    return NodalRange(low, high, total / times, smoothed / times, weight)
