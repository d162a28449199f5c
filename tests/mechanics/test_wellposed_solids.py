"""What makes a solid unsolvable is found and named with its field."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError
from solids import OCTANT, ball, beam

from mechagents.mechanics._rigid_motions import left_motions, rows
from mechagents.mechanics.formulation import Formulation

BALL_OUTSIDE = {"kind": "sphere", "center": [9, 9, 9], "radius": 1.0}
ROD = {"kind": "cylinder", "base": [0, 0, 0], "axis": "z", "radius": 1.0, "height": 2.0}
PLANE_X = {"kind": "plane", "axis": "x", "at": 0.0}
SLIDES = [{"boundary": "root", "x": 0.0}]


def faults_of(data: dict[str, Any]) -> list[str]:
    """Return the sentences that a formulation is refused with."""
    with pytest.raises(ValidationError) as caught:
        Formulation.model_validate(data)
    (error,) = caught.value.errors()
    return error["msg"].removeprefix("Value error, ").split("\n")


def of_shapes(boundaries: dict[str, Any], supports: list[Any], **regions: object) -> dict[str, Any]:
    """Return a body of some regions that is held by supports."""
    return {
        "idealisation": "solid",
        "geometry": {"regions": regions, "boundaries": boundaries},
        "materials": {name: {"youngs_modulus": 1e9, "poisson_ratio": 0.3} for name in regions},
        "supports": supports,
        "wanted": [{"name": "energy", "kind": "strain_energy"}],
    }


def held(**regions: object) -> dict[str, Any]:
    """Return a body of some regions that is clamped where x is 0."""
    return of_shapes({"end": PLANE_X}, [{"boundary": "end", "x": 0, "y": 0, "z": 0}], **regions)


def test_a_sound_beam_has_no_fault_and_is_checked_quickly() -> None:
    start = time.process_time()
    assert Formulation.model_validate(beam()).axes == ("x", "y", "z")
    assert time.process_time() - start < 1.0


def test_a_sound_body_of_two_regions_has_no_fault() -> None:
    shell = {"kind": "difference", "base": ball(2.0), "remove": [ball(1.0)]}
    boundaries = {"out": {"kind": "sphere_surface", "center": [0, 0, 0], "radius": 2.0}}
    data = of_shapes(boundaries, [{"boundary": "out", "x": 0.0}], shell=shell, core=ball(1.0))
    (fault,) = faults_of(data)
    assert "translation in y and translation in z and rotation about x" in fault
    data["supports"] = [{"boundary": "out", "x": 0.0, "y": 0.0, "z": {"formula": "1e-3 * x"}}]
    assert Formulation.model_validate(data)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"analysis": "modal", "loads": []}, "materials.beam.density"),
        (
            {"materials": {"beam": {"youngs_modulus": 1e9, "poisson_ratio": 0.3, "density": 1e3}},
             "analysis": "transient", "end_time": 1.0, "initial_velocity": [1.0, 0.0],
             "wanted": [{"name": "u", "kind": "displacement", "component": "x",
                         "at": [0.0, 0.0, 0.0], "time": 1.0}]},
            "initial_velocity: is three numbers in m/s",
        ),
        (
            {"loads": [{"kind": "point_force", "boundary": "top_edge", "z": 1.0}]},
            "loads.0.boundary: a point_force needs a point; spread it by a traction",
        ),
        (
            {"loads": [{"kind": "point_force", "boundary": "corner", "z": 1.0}],
             "analysis": "buckling",
             "wanted": [{"name": "n", "kind": "buckling_factor", "number": 1}]},
            "loads.0.kind: a point force is not solved in buckling yet; spread it by a traction on "
            "a surface",
        ),
        (
            {"springs": [{"kind": "point_spring", "boundary": "top", "z": 1.0}]},
            "springs.0.boundary: a point_spring needs a point; take a foundation",
        ),
        (
            {"springs": [{"kind": "foundation", "boundary": "corner", "z": 1.0}]},
            "springs.0.boundary: a foundation needs a surface; take a point_spring",
        ),
        (
            {"springs": [{"kind": "foundation", "boundary": "top_edge", "z": 1.0}]},
            "springs.0.boundary: a foundation needs a surface, not a curve",
        ),
        (
            {"loads": [{"kind": "traction", "boundary": "top_edge", "z": 1.0}]},
            "loads.0.boundary: a traction needs a surface, not a curve",
        ),
        (
            {"loads": [{"kind": "pressure", "boundary": "corner", "value": 1.0}]},
            "loads.0.boundary: a pressure needs a surface, not a point",
        ),
        (
            {"loads": [{"kind": "temperature", "change": 10.0}]},
            "materials.beam.thermal_expansion: is needed for loads.0",
        ),
        (
            {"wanted": [{"name": "u", "kind": "displacement", "component": "z",
                         "at": [5.0, 0.0, 0.0]}]},
            "wanted.0.at: the point (5.0, 0.0, 0.0) lies outside the body",
        ),
        (
            {"wanted": [{"name": "f", "kind": "reaction", "boundary": "tip", "component": "x"}]},
            "wanted.0.boundary: nothing holds 'tip' in x",
        ),
        (
            {"loads": [{"kind": "traction", "boundary": "top", "z": {"formula": "1 / (x - 4)"}}]},
            "loads.0.z.formula: has no value at (4, ",
        ),
        (
            {"loads": [{"kind": "body_force", "x": {"formula": "log(x - 1)"}}]},
            "loads.0.x.formula: has no value at (0, ",
        ),
        (
            {"supports": [{"boundary": "root", "x": 0, "y": 0, "z": 0},
                          {"boundary": "root", "x": 1e-3}]},
            "supports.1.x: 'root' is already displaced by 0 m (supports.0.x), not 0.001 m",
        ),
        (
            {"supports": [{"boundary": "root", "x": 0, "y": 0, "z": 0},
                          {"boundary": "top", "z": 1e-3}]},
            "supports.1.z: 'top' at (0, 0, 1) meets 'root', which is already displaced by 0 m",
        ),
        (
            {"supports": [{"boundary": "top", "x": 0, "y": 0, "z": 0},
                          {"boundary": "patch", "z": 1e-3}]},
            "supports.1.z: 'patch' lies on 'top', which is already displaced by 0 m",
        ),
        (
            {"supports": [{"boundary": "top", "x": 0, "y": 0, "z": 0},
                          {"boundary": "top_edge", "z": 1e-3}]},
            "supports.1.z: 'top_edge' lies on 'top', which is already displaced by 0 m",
        ),
        (
            {"supports": [{"boundary": "root", "x": 0.0, "y": 0.0}]},
            "supports: the body floats: nothing prevents translation in z",
        ),
        (
            {"supports": SLIDES},
            "supports: the body floats: nothing prevents translation in y and translation in z "
            "and rotation about x",
        ),
        (
            {"supports": [{"boundary": "top_edge", "x": 0.0, "y": 0.0, "z": 0.0}]},
            "supports: the body floats: nothing prevents rotation about y",
        ),
        (
            {"supports": [{"boundary": "corner", "x": 0.0, "y": 0.0, "z": 0.0}]},
            "supports: the body floats: nothing prevents rotation about x and rotation about y "
            "and rotation about z",
        ),
    ],
)  # fmt: skip
def test_a_fault_of_a_beam_is_named(changes: dict[str, Any], expected: str) -> None:
    assert any(fault.startswith(expected) for fault in faults_of(beam(**changes)))


@pytest.mark.parametrize(
    ("name", "boundary", "expected"),
    [
        ("side", {"kind": "plane", "axis": "y", "at": 3.0}, "no surface of the body lies there"),
        (
            "side",
            {"kind": "plane", "axis": "x", "at": 4.0, "within": {"y": [2.0, 3.0]}},
            "no surface of the body lies there",
        ),
        (
            "side",
            {"kind": "sphere_surface", "center": [0, 0, 0], "radius": 1.0},
            "no surface of the body lies there",
        ),
        (
            "line",
            {"kind": "curve", "of": [PLANE_X, {"kind": "plane", "axis": "z", "at": 2.0}]},
            "no curve of the body's surface lies there",
        ),
        (
            "spot",
            {"kind": "space_point", "at": [1.0, 0.5, 0.5]},
            "this point is not on the body's surface",
        ),
    ],
)
def test_a_boundary_where_no_surface_lies_is_named(
    name: str, boundary: dict[str, Any], expected: str
) -> None:
    data = beam()
    data["geometry"]["boundaries"][name] = boundary
    (fault,) = faults_of(data)
    assert fault == (
        f"geometry.boundaries.{name}: {expected}; the body fills x, y, z from (0, 0, 0) to "
        "(4, 1, 1)"
    )


@pytest.mark.parametrize(
    ("regions", "expected"),
    [
        (
            {"a": {"kind": "difference", "base": OCTANT, "remove": [BALL_OUTSIDE]}},
            "geometry.regions.a.remove.0: lies outside the shape that it is cut out of",
        ),
        (
            {"a": {"kind": "union", "shapes": [ball(2.0), ball(1.0)]}},
            "geometry.regions.a.shapes.1: adds nothing to the other shapes of the union",
        ),
        (
            {"a": {"kind": "intersection", "shapes": [OCTANT, BALL_OUTSIDE]}},
            "geometry.regions.a.shapes.1: has no volume in common with the shapes before it",
        ),
        (
            {"a": {"kind": "difference", "base": ball(1.0), "remove": [OCTANT, ball(2.0)]}},
            "geometry.regions.a: nothing is left of this region",
        ),
        (
            {"a": OCTANT, "b": ball(1.0)},
            "geometry.regions.a: overlaps region 'b'; cut one out of the other",
        ),
        (
            {"a": {"kind": "extrusion", "between": [0, 1], "profile": {
                "kind": "polygon", "points": [[0, 0], [1, 1], [1, 0], [0, 1]]}}},
            "geometry.regions.a.profile: the outline crosses itself",
        ),
    ],
)  # fmt: skip
def test_a_faulty_shape_is_named(regions: dict[str, Any], expected: str) -> None:
    assert faults_of(held(**regions)) == [expected]


def test_each_piece_of_a_body_is_to_be_held() -> None:
    far = {"kind": "box", "origin": [5, 0, 0], "size": [1, 1, 1]}
    (fault,) = faults_of(held(a=OCTANT, b=far))
    assert fault.startswith("supports: the piece around (5.5, 0.5, 0.5) floats")
    beside = {"kind": "box", "origin": [2, 0, 0], "size": [1, 1, 1]}
    assert Formulation.model_validate(held(a=OCTANT, b=beside))


def test_a_piece_is_held_by_the_surface_that_it_shares_with_others() -> None:
    far = {"kind": "box", "origin": [0, 5, 0], "size": [1, 1, 1]}
    assert Formulation.model_validate(held(a=OCTANT, b=far))


def test_pieces_that_meet_in_an_edge_only_are_separate() -> None:
    beside = {"kind": "box", "origin": [2, 2, 0], "size": [1, 1, 1]}
    (fault,) = faults_of(held(a=OCTANT, b=beside))
    assert fault.startswith("supports: the piece around (2.5, 2.5, 0.5) floats")


def test_a_rod_held_around_turns_about_its_axis() -> None:
    side = {"kind": "cylinder_surface", "axis": "z", "center": [0, 0], "radius": 1.0}
    boundaries = {"side": side, "end": {"kind": "plane", "axis": "z", "at": 0.0},
                  "mark": {"kind": "space_point", "at": [1.0, 0.0, 0.0]}}  # fmt: skip
    data = of_shapes(boundaries, [{"boundary": "end", "z": 0.0}], rod=ROD)
    (fault,) = faults_of(data)
    assert fault.endswith("translation in x and translation in y and rotation about z")
    data["supports"].append({"boundary": "mark", "x": 0.0, "y": 0.0})
    assert faults_of(data) == ["supports: the body floats: nothing prevents rotation about z"]


@pytest.mark.parametrize("points", [3, 20_000])
def test_the_motions_that_few_or_many_points_leave_are_told(points: int) -> None:
    places = np.random.default_rng(1).uniform(-0.5, 0.5, (points, 3))
    held = np.concatenate([rows(places, "x"), rows(places, "y")])
    assert left_motions(held) == "translation in z"
    # A matrix of as many columns as rows would not fit in memory for the many.
    assert left_motions(np.concatenate([held, rows(places, "z")])) == ""
