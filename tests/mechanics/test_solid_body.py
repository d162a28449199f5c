"""Where a solid lies and how large it and its surfaces are."""

from __future__ import annotations

import math

import numpy as np
import pytest
from pydantic import TypeAdapter
from solids import OCTANT, ball, hollow_sphere

from mechagents.mechanics import solid_body
from mechagents.mechanics.geometry import Geometry, Shape, SpaceBoundary

SHAPE: TypeAdapter[Shape] = TypeAdapter(Shape)
BOUNDARY: TypeAdapter[SpaceBoundary] = TypeAdapter(SpaceBoundary)
L_SHAPE = {"kind": "polygon", "points": [[0, 0], [2, 0], [2, 1], [1, 1], [1, 2], [0, 2]]}
SHAPES = {
    "box": OCTANT,
    "cylinder": {"kind": "cylinder", "base": [0, 1, 0], "axis": "y", "radius": 1, "height": 1},
    "sphere": ball(1.5),
    "shell": {"kind": "difference", "base": ball(1.5), "remove": [ball(0.5)]},
    "both": {"kind": "union", "shapes": [OCTANT, ball(1.5)]},
    "common": {"kind": "intersection", "shapes": [OCTANT, ball(1.5)]},
    "angle_x": {"kind": "extrusion", "profile": L_SHAPE, "axis": "x", "between": [0, 1]},
    "angle_y": {"kind": "extrusion", "profile": L_SHAPE, "axis": "y", "between": [0, 1]},
    "ellipse": {
        "kind": "extrusion",
        "profile": {"kind": "ellipse", "center": [0, 0], "radii": [0.5, 1.5]},
        "between": [-1, 1],
    },
}


@pytest.mark.parametrize("name", SHAPES)
def test_points_inside_fill_the_volume(name: str) -> None:
    shape = SHAPE.validate_python(SHAPES[name])
    low, high = solid_body.box(Geometry(regions={"a": shape}))
    points = np.random.default_rng(1).uniform(low, high, (100_000, 3))
    share = np.mean(solid_body.contains(shape, points, 0.0))
    assert share * np.prod(high - low) == pytest.approx(solid_body.volume(shape), rel=0.02)


def test_a_distance_widens_or_narrows_a_shape() -> None:
    shell = SHAPE.validate_python(SHAPES["shell"])
    points = np.array([[1.501, 0, 0], [0.499, 0, 0], [0.501, 0, 0], [0, 0, 1.0]])
    assert solid_body.contains(shell, points, 0.01).tolist() == [True, True, True, True]
    assert solid_body.contains(shell, points, 0.0).tolist() == [False, False, True, True]
    assert solid_body.contains(shell, points, -0.01).tolist() == [False, False, False, True]


@pytest.mark.parametrize(
    ("boundary", "away"),
    [
        ({"kind": "plane", "axis": "x", "at": 0.5}, 0.5),
        ({"kind": "plane", "axis": "x", "at": 1.0, "within": {"y": [0, 1], "z": [0, 4]}}, 1.0),
        ({"kind": "tilted_plane", "point": [0, 0, 0], "normal": [0, 1, 1]}, 5 / math.sqrt(2)),
        ({"kind": "cylinder_surface", "axis": "y", "center": [3, 1], "radius": 2}, 2.0),
        ({"kind": "sphere_surface", "center": [1, 2, 0], "radius": 1}, 2.0),
        ({"kind": "space_point", "at": [1, 1, 3]}, 1.0),
        (
            {
                "kind": "curve",
                "of": [{"kind": "plane", "axis": a, "at": 0} for a in ("x", "z")],
            },
            3.0,
        ),
    ],
)
def test_a_point_is_so_far_off_a_boundary(boundary: dict[str, object], away: float) -> None:
    found = solid_body.distance_from(BOUNDARY.validate_python(boundary), np.array([[1.0, 2, 3]]))
    assert found == pytest.approx(away)


def test_measures_are_exact() -> None:
    geometry = hollow_sphere()
    assert solid_body.volume(geometry.regions["shell"]) == pytest.approx(7 / 6 * math.pi, rel=1e-9)
    assert solid_body.area(geometry, "inside") == pytest.approx(math.pi / 2, rel=1e-9)
    assert solid_body.area(geometry, "outside") == pytest.approx(2 * math.pi, rel=1e-9)
    assert solid_body.area(geometry, "cut_x") == pytest.approx(3 / 4 * math.pi, rel=1e-9)
    assert solid_body.size(geometry) == pytest.approx(2 * math.sqrt(3))
