"""How a solid looks on the page: its faces, its lines, seen and hidden, and places on its surface.

All of it is read from a coarse mesh of curved elements, so that every shape is drawn alike.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from mechagents.mechanics.formulation import Formulation
from mechagents.mechanics.geometry import Cylinder, Sphere, members
from mechagents.mechanics.meshing import make_mesh
from mechagents.mechanics.solid_body import box, size
from mechagents.mechanics.surfaces import creases, surface_of
from mechagents.mechanics.views import VIEWS, View
from mechagents.report.svg import XY

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from mechagents.mechanics.geometry import Geometry, Shape
    from mechagents.mechanics.meshing import BoolArray, FloatArray, IntArray

ALONG = 7
"""Elements along the diagonal of the body's box."""
MOST_MARKS = 7
"""Symbols on one boundary."""
CUTS = 6
"""Pieces of an edge, each of which is seen or hidden."""
NEAR = 0.012
"""What lies behind the surface by less than this share of the body's size is on it."""
FINE = 4
"""Parts of the side of a curved face, each of which is drawn straight."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A place on the surface for a symbol."""

    at: XY
    """On the page [px]."""
    out: XY
    """The direction out of the body on the page, shorter than 1 where it recedes."""
    normal: tuple[float, float, float]
    place: tuple[float, float, float]
    """In the body [m]."""
    hidden: bool


class SolidView:
    """A solid on a page of some size.

    Args:
        formulation: The problem.
        page: Width and greatest height [px].
        margins: Room around the body [px].

    Raises:
        MechagentsError: If the body cannot be meshed.
    """

    def __init__(self, formulation: Formulation, page: XY, margins: XY) -> None:
        import numpy as np

        self.f = formulation
        self.mesh = make_mesh(formulation.geometry, size(formulation.geometry) / ALONG, 2)
        self.low, self.high = _extent(formulation.geometry, self.mesh.points)
        self.largest = float((self.high - self.low).max())
        self.size = float(np.linalg.norm(self.high - self.low))
        self.surface = surface_of(self.mesh)
        self.direction = self._best()
        seen = self.direction(self.mesh.points)
        left, right = seen[:, 0].min(), seen[:, 0].max()
        bottom, top = seen[:, 1].min(), seen[:, 1].max()
        self.factor = float(
            min((page[0] - 2 * margins[0]) / (right - left),
                (page[1] - 2 * margins[1]) / (top - bottom))
        )  # fmt: skip
        self.height = float((top - bottom) * self.factor + 2 * margins[1])
        self._shift = np.array(
            [page[0] / 2 - self.factor * (left + right) / 2, margins[1] + self.factor * top]
        )
        self.seen = self._on_page(self.mesh.points)

    def _on_page(self, points: FloatArray) -> FloatArray:
        """Return points [m] as what lies right, down and towards the viewer [px]."""
        import numpy as np

        turned = self.direction(points) * self.factor
        x, y = turned[..., 0] + self._shift[0], self._shift[1] - turned[..., 1]
        return np.stack([x, y, turned[..., 2]], axis=-1)

    def place(self, point: Sequence[float]) -> XY:
        """Return where a point [m] comes on the page [px]."""
        import numpy as np

        x, y, _ = self._on_page(np.array(point, dtype=np.float64))
        return float(x), float(y)

    def direction_of(self, vector: Sequence[float]) -> XY:
        """Return what a direction in space is on the page, y downwards."""
        import numpy as np

        x, y, _ = self.direction(np.array(vector, dtype=np.float64))
        return float(x), -float(y)

    # The direction, and what is hidden

    def _best(self) -> View:
        """Return the view that shows most of the boundaries that matter, the usual one if equal."""
        parts = [part.boundary for part in (*self.f.supports, *self.f.springs)]
        loads = [load.boundary for load in self.f.loads
                 if load.kind != "temperature" and load.kind != "body_force"]  # fmt: skip
        # A load has to be seen more than what the body rests on.
        counted = [(name, 1.0) for name in dict.fromkeys(parts)]
        counted += [(name, 1.5) for name in dict.fromkeys(loads)]

        def shown(view: View) -> float:
            return sum(weight * min(self._facing(view, name), 0.3) for name, weight in counted)

        return max(VIEWS, key=lambda view: (round(shown(view), 3), -VIEWS.index(view)))

    def _facing(self, view: View, name: str) -> float:
        """Return the share of a boundary's area, as it would be seen, that faces the viewer."""
        faces = self.mesh.boundary_faces.get(name, self.surface.faces[:0])
        if not len(faces):
            return 0.0
        area = view(_area(self.mesh.points[faces[:, [0, 1, 2]]]))[:, 2]
        total = abs(_area(self.mesh.points[faces[:, [0, 1, 2]]])).sum()
        return float(area.clip(min=0).sum() / total)

    @cached_property
    def _triangles(self) -> FloatArray:
        """Those that face the viewer, on the page, shape (n, 3, 3)."""
        every = _cut(self.seen[self.surface.faces]).reshape(-1, 3, 3)
        facing: FloatArray = every[_turned(every) > 0]
        return facing

    def _hidden(self, points: FloatArray) -> BoolArray:
        """Return which places, shape (n, 3) on the page, lie behind the surface."""
        import numpy as np

        a, b, c = np.moveaxis(self._triangles, 1, 0)
        e, g = b - a, c - a
        whole = e[:, 0] * g[:, 1] - e[:, 1] * g[:, 0]
        to = points[:, None, :] - a
        u = (to[..., 0] * g[:, 1] - to[..., 1] * g[:, 0]) / whole
        v = (e[:, 0] * to[..., 1] - e[:, 1] * to[..., 0]) / whole
        inside = (u >= 0) & (v >= 0) & (u + v <= 1)
        depth = u * e[:, 2] + v * g[:, 2] - to[..., 2]
        behind: BoolArray = (inside & (depth > NEAR * self.size * self.factor)).any(axis=1)
        return behind

    # What is drawn

    def regions(self) -> Iterator[tuple[int, list[list[list[XY]]]]]:
        """Yield each region's index and outlines on the page, the farthest first.

        An outline is a list of rings, the first of which lies outside.
        """
        import numpy as np
        import shapely

        every = _cut(self.seen[self.surface.faces])
        order = [float(np.mean(every[self.surface.region == index][..., 2]))
                 for index in range(len(self.mesh.regions))]  # fmt: skip
        for index in np.argsort(order).tolist():
            own = every[self.surface.region == index].reshape(-1, 3, 3)
            flat = shapely.polygons(own[_turned(own) > 0][..., :2])
            whole = shapely.union_all(shapely.buffer(flat, 0.05))
            yield (
                index,
                [
                    [_ring(piece.exterior), *map(_ring, piece.interiors)]
                    for piece in shapely.get_parts(whole)
                ],
            )

    def lines(self) -> list[tuple[list[XY], bool]]:
        """Return the creases of the surface in pieces, and whether each is hidden; hidden first."""
        import numpy as np

        edges = self.seen[creases(self.mesh.points, self.surface).edges]
        t = np.linspace(0, 1, CUTS + 1)
        weights = np.stack([(1 - t) * (1 - 2 * t), 4 * t * (1 - t), t * (2 * t - 1)], axis=1)
        stops = np.einsum("si,eid->sed", weights, edges)
        pieces = np.stack([stops[:-1].reshape(-1, 3), stops[1:].reshape(-1, 3)], axis=1)
        hidden = self._hidden(pieces.mean(axis=1))
        return [
            (_row(line), state)
            for state in (True, False)
            for line in _joined(pieces[hidden == state][..., :2])
        ]

    def marks(self, name: str) -> Iterator[Mark]:
        """Yield places spread over a boundary, those that are seen if there are any."""
        import numpy as np

        faces = self.mesh.boundary_faces.get(name, self.surface.faces[:0])
        if not len(faces):
            yield from self._marks_at_nodes(self.mesh.boundary_nodes[name])
            return
        middles = self.mesh.points[faces].mean(axis=1)
        normals = _area(self.mesh.points[faces[:, :3]])
        normals /= np.linalg.norm(normals, axis=1, keepdims=True)
        hidden = (self.direction(normals)[:, 2] <= 0) | self._hidden(self._on_page(middles))
        used = np.flatnonzero(~hidden) if not hidden.all() else np.arange(len(faces))
        for index in used[_spread(middles[used])]:
            yield self._mark(middles[index], normals[index], hidden=bool(hidden[index]))

    def _marks_at_nodes(self, nodes: IntArray) -> Iterator[Mark]:
        middle = (self.low + self.high) / 2
        places = self.mesh.points[nodes]
        hidden = self._hidden(self._on_page(places))
        for index in _spread(places):
            out = places[index] - middle
            length = float((out @ out) ** 0.5) or 1.0
            yield self._mark(places[index], out / length, hidden=bool(hidden[index]))

    def _mark(self, place: FloatArray, normal: FloatArray, *, hidden: bool) -> Mark:
        x, y, z = (float(part) for part in place)
        a, b, c = (float(part) for part in normal)
        return Mark(self.place(place.tolist()), self.direction_of((a, b, c)), (a, b, c), (x, y, z),
                    hidden=hidden)  # fmt: skip

    def hatching(self, name: str, spacing: float) -> list[tuple[list[XY], bool]]:
        """Return lines over a boundary's faces, and whether they are on those turned away."""
        import numpy as np
        import shapely

        faces = self.mesh.boundary_faces.get(name, self.surface.faces[:0])
        if not len(faces):
            return []
        own = _cut(self.seen[faces]).reshape(-1, 3, 3)
        hidden = (_turned(own) <= 0) | self._hidden(own.mean(axis=1))
        state = bool(hidden.all())
        shown = own if state else own[~hidden]
        flat = shapely.union_all(shapely.buffer(shapely.polygons(shown[..., :2]), 0.05))
        left, top, right, bottom = flat.bounds
        tall = bottom - top
        starts = np.arange(left - tall, right, spacing)
        rules = shapely.multilinestrings([[(x, bottom), (x + tall, top)] for x in starts.tolist()])
        cut = shapely.get_parts(flat.intersection(rules))
        return [(_line(piece), state) for piece in cut if piece.length > 1.0]

    # Places

    def middle_of(self, region: int | None) -> XY:
        """Return a place of a region, or of the body, on the page."""
        return self.place(self.point_of(region))

    def point_of(self, region: int | None) -> tuple[float, float, float]:
        """Return the middle of a region's surface, or of the body's [m]."""
        import numpy as np

        of = np.ones(len(self.surface.region), dtype=np.bool_)
        if region is not None:
            of = self.surface.region == region
        nodes = np.unique(self.surface.faces[of])
        x, y, z = (float(part) for part in self.mesh.points[nodes].mean(axis=0))
        return x, y, z

    def beside(self, mark: Mark) -> XY:
        """Return where the name of a boundary is written: outside the body, beside a mark."""
        low, high = self.seen[:, :2].min(axis=0), self.seen[:, :2].max(axis=0)
        middle = (low + high) / 2
        right = mark.out[0] > 0.2 or (mark.out[0] > -0.2 and mark.at[0] > middle[0])
        x = float(high[0]) + 34 if right else float(low[0]) - 34
        reach = min(abs(x - mark.at[0]), 90.0)
        y = mark.at[1] + (-34 if mark.at[1] < middle[1] else 34)
        return mark.at[0] + (reach if right else -reach), y

    def sides(self) -> Iterator[tuple[XY, XY, float, XY]]:
        """Yield an edge of the body's box along each axis: ends, length [m], the way outwards.

        It is the edge that lies lowest on the page, or for z the one farthest to the left.
        """
        import numpy as np

        low, high = self.low, self.high
        middle = np.array(self.place(((low + high) / 2).tolist()))
        for axis in range(3):
            others = [i for i in range(3) if i != axis]
            found: list[tuple[float, XY, XY]] = []
            for choice in ((0, 0), (0, 1), (1, 0), (1, 1)):
                start = low.copy()
                for other, end in zip(others, choice, strict=True):
                    start[other] = (low, high)[end][other]
                stop = start.copy()
                stop[axis] = high[axis]
                a, b = self.place(start.tolist()), self.place(stop.tolist())
                rank = -(a[1] + b[1]) if axis < 2 else a[0] + b[0]
                found.append((rank, a, b))
            _, a, b = min(found)
            across = np.array([b[1] - a[1], a[0] - b[0]])
            across = across / (np.linalg.norm(across) or 1.0)
            if across @ ((np.array(a) + np.array(b)) / 2 - middle) < 0:
                across = -across
            yield a, b, float(high[axis] - low[axis]), (float(across[0]), float(across[1]))

    def radii(self) -> dict[float, XY]:
        """Return a place on the page for each radius of a cylinder or sphere that is seen."""
        import numpy as np

        nodes = np.unique(self.surface.faces)
        points = self.mesh.points[nodes]
        found: dict[float, XY] = {}
        for shape in self.f.geometry.regions.values():
            for part in _round(shape):
                center = np.array(part.base if isinstance(part, Cylinder) else part.center)
                away = points - center
                if isinstance(part, Cylinder):
                    away[:, "xyz".index(part.axis)] = 0.0
                on = abs(np.linalg.norm(away, axis=1) - part.radius) < 1e-6 * self.size
                places = self._on_page(points[on])
                shown = places[~self._hidden(places)] if len(places) else places
                if len(shown) > 2 and part.radius not in found:
                    x, y, _ = shown[np.argmin(shown[:, 1] - shown[:, 0])]
                    found[part.radius] = float(x), float(y)
        return found


def _extent(geometry: Geometry, points: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the corners of a body's box [m]: as its shapes say, where its mesh agrees."""
    import numpy as np

    meshed = np.stack([points.min(axis=0), points.max(axis=0)])
    told = box(geometry).reshape(2, 3)
    low, high = np.where(abs(told - meshed) < 0.02 * size(geometry), told, meshed)
    return low, high


def _round(shape: Shape) -> Iterator[Cylinder | Sphere]:
    """Yield the cylinders and spheres that a shape is made of."""
    if isinstance(shape, Cylinder | Sphere):
        yield shape
    for _, part in members(shape):
        yield from _round(part)


def _cut(faces: FloatArray) -> FloatArray:
    """Return triangles that follow faces of six or nine nodes, shape (faces, triangles, 3, d)."""
    import numpy as np

    if faces.shape[1] == 9:  # those of a box are flat
        return faces[:, np.array([[0, 1, 2], [0, 2, 3]])]
    steps = [(i, j) for i in range(FINE + 1) for j in range(FINE + 1 - i)]
    number = {step: n for n, step in enumerate(steps)}
    r, s = np.array(steps).T / FINE
    q = 1 - r - s
    corner = [q * (2 * q - 1), r * (2 * r - 1), s * (2 * s - 1)]
    weights = np.array([*corner, 4 * q * r, 4 * r * s, 4 * s * q])
    upright = [((i, j), (i + 1, j), (i, j + 1)) for i, j in steps if i + j < FINE]
    turned = [((i, j), (i - 1, j), (i, j - 1)) for i, j in steps if i > 0 and j > 0]
    corners = np.array([[number[step] for step in three] for three in upright + turned])
    points: FloatArray = np.einsum("in,fid->fnd", weights, faces)
    return points[:, corners]


def _area(corners: FloatArray) -> FloatArray:
    """Return the area vectors of triangles, shape (n, 3, 3) to (n, 3)."""
    import numpy as np

    vectors = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]) / 2
    return np.asarray(vectors, dtype=np.float64)


def _turned(triangles: FloatArray) -> FloatArray:
    """Return twice the area of triangles on the page, positive where they face the viewer."""
    e, g = triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0]
    # On the page y runs downwards.
    facing: FloatArray = e[:, 1] * g[:, 0] - e[:, 0] * g[:, 1]
    return facing


def _spread(places: FloatArray) -> list[int]:
    """Return a few places as far from each other as can be, the first nearest to their middle."""
    import numpy as np

    apart = np.linalg.norm(places - places.mean(axis=0), axis=1)
    chosen = [int(np.argmin(apart))]
    distance = np.linalg.norm(places - places[chosen[0]], axis=1)
    while len(chosen) < min(MOST_MARKS, len(places)):
        chosen.append(int(np.argmax(distance)))
        distance = np.minimum(distance, np.linalg.norm(places - places[chosen[-1]], axis=1))
    return chosen


def _joined(pieces: FloatArray) -> list[FloatArray]:
    """Return lines through pieces that follow each other, from shape (n, 2, 2)."""
    import shapely

    if not len(pieces):
        return []
    merged = shapely.line_merge(shapely.multilinestrings(pieces.round(2)))
    return [shapely.get_coordinates(part) for part in shapely.get_parts(merged)]


def _ring(ring: BaseGeometry) -> list[XY]:
    import shapely

    return _row(shapely.get_coordinates(shapely.simplify(ring, 0.15)))


def _line(piece: BaseGeometry) -> list[XY]:
    import shapely

    return _row(shapely.get_coordinates(piece))


def _row(points: FloatArray) -> list[XY]:
    return [(float(x), float(y)) for x, y in points]
