"""The drawing shows the solid that is formulated, with what holds and drives it."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from mechagents.mechanics.formulation import Formulation
from mechagents.mechanics.views import VIEWS
from mechagents.report.drawing import draw
from mechagents.report.edges import unit
from mechagents.report.solid_drawing import HEIGHT, WIDTH
from mechagents.report.solid_view import SolidView
from mechagents.report.svg import XY

SPACE = "{http://www.w3.org/2000/svg}"
STEEL = {"youngs_modulus": 2e11, "poisson_ratio": 0.3, "thermal_expansion": 1.2e-5}
BOX = {"kind": "box", "size": [2.0, 1.0, 0.5]}
HOLE = {"kind": "cylinder", "base": [1.0, 0.5, -1.0], "axis": "z", "radius": 0.2, "height": 3.0}
PLATE = {"kind": "difference", "base": BOX, "remove": [HOLE]}
PLANES = {
    "wall": {"kind": "plane", "axis": "x", "at": 0.0},
    "tip": {"kind": "plane", "axis": "x", "at": 2.0},
    "below": {"kind": "plane", "axis": "z", "at": 0.0},
    "above": {"kind": "plane", "axis": "z", "at": 0.5},
    "corner": {"kind": "space_point", "at": [2.0, 0.0, 0.5]},
}


def solid(shape: dict[str, Any] = BOX, **given: Any) -> Formulation:
    return Formulation.model_validate(
        {
            "idealisation": "solid",
            "geometry": {"regions": {"body": shape}, "boundaries": PLANES},
            "materials": {"body": STEEL},
            "supports": [{"boundary": "wall", "x": 0.0, "y": 0.0, "z": 0.0}],
            "wanted": [{"name": "sag", "kind": "displacement", "component": "z",
                        "at": [2.0, 0.5, 0.5]}],
        }
        | given
    )  # fmt: skip


def traction(**parts: float) -> dict[str, Any]:
    return {"kind": "traction", "boundary": "tip", **parts}


def parts(formulation: Formulation, kind: str) -> list[ET.Element]:
    """Return the elements of a drawing that carry a class."""
    root = ET.fromstring(draw(formulation))
    return [element for element in root if kind in element.get("class", "").split()]


def texts(formulation: Formulation) -> list[str]:
    return [e.text or "" for e in ET.fromstring(draw(formulation)).iter(f"{SPACE}text")]


def ways(formulation: Formulation, kind: str) -> list[XY]:
    """Return the direction of each arrow of a kind, on the page."""
    found: list[XY] = []
    for path in parts(formulation, kind):
        if "line" in path.get("class", ""):
            (x0, y0), (x1, y1) = (map(float, p.split()) for p in path.get("d", "")[1:].split("L"))
            found.append(unit(x1 - x0, y1 - y0))
    return found


def length(elements: list[ET.Element]) -> float:
    total = 0.0
    for element in elements:
        line = [tuple(map(float, p.split())) for p in element.get("d", "")[1:].split("L")]
        total += float(np.linalg.norm(np.diff(np.array(line), axis=0), axis=1).sum())
    return total


def test_a_block_has_names_dimensions_axes_and_wanted_points() -> None:
    found = texts(solid(loads=[traction(z=-1e6)]))
    assert {"wall", "tip", "2 m", "1 m", "0.5 m", "x", "y", "z", "sag"} <= set(found)
    assert len(parts(solid(), "point")) == 2


def test_of_a_block_nine_edges_are_seen_and_three_lie_behind() -> None:
    view = SolidView(solid(), (WIDTH, HEIGHT), (100.0, 60.0))
    sides = [(np.hypot(*view.direction_of(axis)) * size)
             for axis, size in zip(np.eye(3).tolist(), (2.0, 1.0, 0.5), strict=True)]  # fmt: skip
    found = view.lines()
    drawn = {
        state: sum(np.linalg.norm(np.diff(line, axis=0), axis=1).sum()
                   for line, hidden in found if hidden == state)
        for state in (True, False)
    }  # fmt: skip
    assert drawn[True] == pytest.approx(sum(sides) * view.factor, rel=0.02)
    assert drawn[False] == pytest.approx(3 * sum(sides) * view.factor, rel=0.02)


def test_a_hole_is_drawn_with_its_radius_and_its_far_rim_dashed() -> None:
    assert "R 0.2 m" in texts(solid(PLATE))
    assert "R 0.2 m" not in texts(solid())
    for kind in ("edge", "behind"):
        assert length(parts(solid(PLATE), kind)) > 1.02 * length(parts(solid(), kind))


def test_the_outline_of_a_ball_is_a_circle_and_has_no_lines() -> None:
    ball = {"kind": "sphere", "center": [0.0, 0.0, 0.0], "radius": 1.0}
    held = {"kind": "sphere_surface", "center": [0.0, 0.0, 0.0], "radius": 1.0}
    f = solid(ball, geometry={"regions": {"body": ball}, "boundaries": {"wall": held}},
              wanted=[{"name": "e", "kind": "strain_energy"}])  # fmt: skip
    assert not parts(f, "edge")
    (region,) = parts(f, "region")
    ring = np.array([list(map(float, p.split())) for p in region.get("d", "")[1:-1].split("L")])
    away = np.linalg.norm(ring - (ring.max(axis=0) + ring.min(axis=0)) / 2, axis=1)
    assert np.ptp(away) < 0.06 * away.max()


def test_a_face_held_altogether_is_hatched_and_one_held_across_has_rollers() -> None:
    assert parts(solid(), "hatch")
    assert not parts(solid(), "roller")
    planes = [{"boundary": "wall", "x": 0.0}, {"boundary": "below", "symmetry": True},
              {"boundary": "corner", "y": 0.0}]  # fmt: skip
    rolling = solid(supports=planes)
    assert parts(rolling, "roller")
    assert not parts(rolling, "hatch")


@pytest.mark.parametrize("axis", ["x", "y", "z"])
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_arrows_of_tractions_and_given_displacements_point_where_they_do(
    axis: str, sign: float
) -> None:
    loaded = solid(loads=[traction(**{axis: 1e6 * sign})])
    moved = solid(supports=[*solid().model_dump()["supports"],
                            {"boundary": "tip", axis: 0.01 * sign}])  # fmt: skip
    for formulation, kind in ((loaded, "load"), (moved, "given")):
        view = SolidView(formulation, (WIDTH, HEIGHT), (100.0, 60.0))
        towards = unit(*view.direction_of([sign * (name == axis) for name in "xyz"]))
        found = ways(formulation, kind)
        assert found
        np.testing.assert_allclose(found, np.tile(towards, (len(found), 1)), atol=0.05)


def test_a_pressure_pushes_into_the_body_and_suction_out_of_it() -> None:
    for value, sign in ((1e6, -1.0), (-1e6, 1.0)):
        pressed = solid(loads=[{"kind": "pressure", "boundary": "above", "value": value}])
        assert all(way[1] * sign < -0.9 for way in ways(pressed, "load"))


def test_what_has_no_load_has_no_arrow() -> None:
    assert not parts(solid(), "load")
    assert "body force" not in texts(solid())
    heavy = solid(loads=[{"kind": "body_force", "z": -7.7e4}])
    assert ways(heavy, "load") == [pytest.approx((0.0, 1.0))]
    assert "body force" in texts(heavy)
    hot = solid(loads=[{"kind": "temperature", "change": 20.0}])
    assert "change of temperature" in texts(hot)


def test_the_body_is_seen_from_where_its_boundaries_are() -> None:
    def seen(boundary: str) -> str:
        f = solid(loads=[{"kind": "pressure", "boundary": boundary, "value": 1e6}])
        return SolidView(f, (WIDTH, HEIGHT), (100.0, 60.0)).direction.words

    assert seen("tip") == VIEWS[0].words
    assert seen("above").endswith("+z")
    assert seen("below").endswith("−z")


def test_symbols_on_faces_turned_away_are_faint() -> None:
    assert all(
        "faint" in e.get("class", "") for e in parts(solid(loads=[traction(z=1.0)]), "hatch")
    )
    assert not any(
        "faint" in e.get("class", "") for e in parts(solid(loads=[traction(z=1.0)]), "load")
    )


def test_a_solid_that_cannot_be_meshed_is_not_drawn() -> None:
    beside = {**PLANES, "corner": {"kind": "space_point", "at": [9.0, 9.0, 9.0]}}
    f = solid().model_copy(
        update={
            "geometry": solid().geometry.model_copy(
                update={"boundaries": type(solid().geometry).model_validate(
                    {"regions": {"body": BOX}, "boundaries": beside}).boundaries}
            )
        }
    )  # fmt: skip
    assert draw(f) == ""


def test_a_force_and_a_spring_at_a_point_are_drawn_there() -> None:
    pushed = solid(loads=[{"kind": "point_force", "boundary": "corner", "z": -1e3}])
    assert ways(pushed, "load") == [pytest.approx((0.0, 1.0))]
    assert "corner" in texts(pushed)
    hung = solid(springs=[{"kind": "point_spring", "boundary": "corner", "z": 1e6}])
    assert len(parts(hung, "held")) > len(parts(solid(), "held"))
    assert "corner" in texts(hung)
