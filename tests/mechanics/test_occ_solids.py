"""Solids in OpenCascade have the volume, the place and the names of the regions they stand for."""

from __future__ import annotations

import math

import numpy as np
import pytest
from netgen.occ import TopoDS_Shape
from pydantic import TypeAdapter

from mechagents.mechanics.geometry import Shape
from mechagents.mechanics.occ_solids import SpaceFrame, glued_solids, solid

SHAPE: TypeAdapter[Shape] = TypeAdapter(Shape)
BOX = {"kind": "box", "origin": [1.0, 2.0, 3.0], "size": [2.0, 1.0, 0.5]}
BALL = {"kind": "sphere", "center": [0.0, 0.0, 0.0], "radius": 2.0}
INNER = {"kind": "sphere", "center": [0.0, 0.0, 0.0], "radius": 1.0}
RING = {
    "kind": "difference",
    "base": {"kind": "disk", "center": [3.0, 0.0], "radius": 0.5},
    "remove": [{"kind": "disk", "center": [3.0, 0.0], "radius": 0.25}],
}
FRAME = SpaceFrame.about((0.5, -0.25, 2.0), 5.0)


def made(data: object) -> TopoDS_Shape:
    return solid(SHAPE.validate_python(data), FRAME)


@pytest.mark.parametrize(
    ("data", "volume"),
    [
        (BOX, 1.0),
        ({"kind": "cylinder", "base": [0, 0, 1], "axis": "y", "radius": 0.5, "height": 3}, 0.75),
        (BALL, 32 / 3),
        ({"kind": "difference", "base": BALL, "remove": [INNER]}, 28 / 3),
        ({"kind": "extrusion", "profile": RING, "axis": "x", "between": [1.0, 3.0]}, 0.375),
        ({"kind": "union", "shapes": [BALL, INNER]}, 32 / 3),
        ({"kind": "intersection", "shapes": [BALL, INNER]}, 4 / 3),
    ],
)
def test_a_solid_has_its_volume(data: dict[str, object], volume: float) -> None:
    factor = 1.0 if data["kind"] == "box" else math.pi
    assert made(data).mass / FRAME.scale**3 == pytest.approx(volume * factor, rel=1e-9)


@pytest.mark.parametrize(
    ("axis", "low", "high"),
    [
        ("x", (1.0, 2.5, -0.5), (4.0, 3.5, 0.5)),
        ("y", (-0.5, 1.0, 2.5), (0.5, 4.0, 3.5)),
        ("z", (2.5, -0.5, 1.0), (3.5, 0.5, 4.0)),
    ],
)
def test_an_extrusion_takes_its_profile_along_each_axis(
    axis: str, low: tuple[float, ...], high: tuple[float, ...]
) -> None:
    data = {"kind": "extrusion", "profile": RING, "axis": axis, "between": [1.0, 4.0]}
    start, end = made(data).bounding_box
    for corner, meant in ((start, low), (end, high)):
        point = FRAME.back(np.array([corner.x, corner.y, corner.z]))
        assert point == pytest.approx(meant, abs=1e-5)


def test_regions_share_their_interface_and_keep_their_names() -> None:
    shell = SHAPE.validate_python({"kind": "difference", "base": BALL, "remove": [INNER]})
    both = glued_solids({"shell": shell, "core": SHAPE.validate_python(INNER)}, FRAME)
    assert sorted(part.name for part in both.solids) == ["core", "shell"]
    shell, core = sorted(both.solids, key=lambda part: -part.mass)
    assert all(face in list(shell.faces) for face in core.faces)


def test_a_shape_of_the_plane_is_no_solid() -> None:
    with pytest.raises(TypeError, match="a disk is no solid"):
        made({"kind": "disk", "center": [0, 0], "radius": 1})
