"""Flat faces on curved surfaces are allowed what their chords cut off, and wrong shapes nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mechagents.mechanics.formulation import Formulation
from mechagents.mechanics.geometry import Geometry, OnEllipticCylinder
from mechagents.mechanics.solid_body import area, areas, reached
from tests.verification import solid_bodies as bodies


def sphere(radius: float, *center: float) -> dict[str, Any]:
    return {"kind": "sphere", "center": center or (0, 0, 0), "radius": radius}


def shell(inner: float = 0.5, outer: float = 1.0) -> Formulation:
    """An eighth of a hollow sphere."""
    hollow = {"kind": "difference", "base": sphere(outer), "remove": [sphere(inner)]}
    octant = {"kind": "box", "size": [2.0, 2.0, 2.0]}
    bore = {"kind": "sphere_surface", "center": [0, 0, 0], "radius": inner}
    shape = {"kind": "intersection", "shapes": [hollow, octant]}
    return bodies.formulation({"shell": shape}, {"bore": bore})


def oval_plate(radii: tuple[float, float] = (2.0, 1.0)) -> Formulation:
    """A quarter of a thick elliptic plate with an elliptic hole, as that of NAFEMS LE10."""
    ovals = [{"kind": "ellipse", "center": [0, 0], "radii": pair} for pair in ((3.25, 2.75), radii)]
    ring = {"kind": "difference", "base": ovals[0], "remove": [ovals[1]]}
    quarter = {"kind": "intersection", "shapes": [ring, {"kind": "rectangle", "size": [4, 4]}]}
    outside = {"kind": "elliptic_cylinder_surface", "axis": "z", "center": [0, 0]}
    plate = {"kind": "extrusion", "profile": quarter, "between": [-0.3, 0.3]}
    return bodies.formulation({"plate": plate}, {"outside": {**outside, "radii": [3.25, 2.75]}})


def grown_ball() -> Formulation:
    """A ball that is too large."""
    skin = {**bodies.SKIN, "radius": 1.02}
    return bodies.formulation({"ball": sphere(1.02)}, {"skin": skin})


def lens() -> Formulation:
    """What two balls have in common; its box is smaller than that of the balls' boxes."""
    shape = {"kind": "intersection", "shapes": [sphere(1.0, -0.5, 0, 0), sphere(1.0, 0.5, 0, 0)]}
    skin = {"kind": "sphere_surface", "center": [-0.5, 0, 0], "radius": 1.0}
    return bodies.formulation({"lens": shape}, {"skin": skin})


def rod() -> Formulation:
    """A round rod along x with a round hole across it."""
    rods = [
        {"kind": "cylinder", "base": [-1, 0, 0], "axis": "x", "radius": 0.4, "height": 2},
        {"kind": "cylinder", "base": [0, 0, -1], "axis": "z", "radius": 0.3, "height": 2},
    ]
    shape = {"kind": "difference", "base": rods[0], "remove": [rods[1]]}
    end = {"kind": "plane", "axis": "x", "at": -1.0}
    return bodies.formulation({"rod": shape}, {"end": end})


RIGHT = [(bodies.ball(), 0.5), (shell(), 0.3), (oval_plate(), 1.0), (lens(), 0.25), (rod(), 0.2)]


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize(("body", "size"), RIGHT)
def test_coarse_meshes_of_curved_bodies_pass(body: Formulation, size: float, order: int) -> None:
    assert not bodies.refused(body, bodies.meshed(body, size, order))


@pytest.mark.parametrize(("body", "size"), RIGHT)
def test_curved_elements_are_allowed_next_to_nothing(body: Formulation, size: float) -> None:
    flat = bodies.checked(body, bodies.meshed(body, size, 1))["geometry:outline"]
    curved = bodies.checked(body, bodies.meshed(body, size, 2))["geometry:outline"]
    assert flat.tolerance is not None
    assert curved.tolerance is not None
    assert curved.tolerance < min(0.008, flat.tolerance)


def test_a_mesh_that_is_too_coarse_is_told_the_remedy() -> None:
    body = bodies.ball()
    outline = bodies.checked(body, bodies.meshed(body, 1.0, 1))["geometry:outline"]
    assert not outline.passed
    assert "a finer mesh or curved elements" in outline.message


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize(
    ("right", "wrong", "size"),
    [
        (bodies.ball(), grown_ball(), 0.4),
        (shell(), shell(inner=0.51), 0.3),
        (shell(), shell(outer=0.98), 0.3),
        (oval_plate(), oval_plate((2.0, 1.02)), 0.7),
    ],
)
def test_a_radius_that_is_off_by_two_hundredths_is_caught(
    right: Formulation, wrong: Formulation, size: float, order: int
) -> None:
    found = bodies.refused(right, bodies.meshed(wrong, size, order))
    assert found & {"geometry:outline", "geometry:box"}


def test_a_radius_that_is_off_by_less_than_corners_may_be_is_caught_by_the_area() -> None:
    def drilled(radius: float) -> Formulation:
        sheet = {**bodies.BLOCK, "size": [1.0, 0.6, 0.01]}
        pin = {**bodies.PIN, "radius": radius, "height": 0.01}
        shape = {"kind": "difference", "base": sheet, "remove": [pin]}
        return bodies.formulation({"plate": shape}, bodies.ENDS)

    mesh = bodies.meshed(drilled(0.004), 0.2, 2)
    assert not bodies.refused(drilled(0.004), mesh)
    outline = bodies.checked(drilled(0.00408), mesh)["geometry:outline"]
    assert "cylinder of radius 0.00408" in outline.message
    assert not outline.passed


@pytest.mark.parametrize("order", [1, 2])
def test_a_bore_that_is_missing_in_a_ball_is_caught(order: int) -> None:
    octant = {"kind": "box", "size": [2.0, 2.0, 2.0]}
    whole = {"kind": "intersection", "shapes": [sphere(1.0), octant]}
    skin = {"kind": "sphere_surface", "center": [0, 0, 0], "radius": 1.0}
    mesh = bodies.meshed(bodies.formulation({"ball": whole}, {"skin": skin}), 0.3, order)
    found = bodies.refused(shell(), mesh)
    assert {"geometry:outline", "geometry:body", "geometry:boundary:bore"} <= found


@pytest.mark.parametrize("order", [1, 2])
def test_a_core_that_is_missing_is_caught(order: int) -> None:
    octant = {"kind": "box", "size": [2.0, 2.0, 2.0]}
    core = {"kind": "intersection", "shapes": [sphere(0.5), octant]}
    hollow = shell().geometry.regions["shell"].model_dump()
    skin = {"kind": "sphere_surface", "center": [0, 0, 0], "radius": 1.0}
    filled = bodies.formulation({"shell": hollow, "core": core}, {"skin": skin})
    assert not bodies.refused(filled, bodies.meshed(filled, 0.2, order))
    assert "geometry:outline" in bodies.refused(filled, bodies.meshed(shell(), 0.2, order))


def test_a_slender_elliptic_hole_passes_with_flat_faces_and_not_if_it_is_wider() -> None:
    def drilled(*radii: float) -> Formulation:
        oval = {"kind": "ellipse", "center": [0.5, 0.3], "radii": radii}
        hole = {"kind": "extrusion", "profile": oval, "between": [0.0, 0.4]}
        shape = {"kind": "difference", "base": bodies.BLOCK, "remove": [hole]}
        return bodies.formulation({"plate": shape}, bodies.ENDS)

    right, wider = drilled(0.2, 0.1), drilled(0.2, 0.102)
    assert not bodies.refused(right, bodies.meshed(right, 0.2, 1))
    assert "geometry:outline" in bodies.refused(right, bodies.meshed(wider, 0.2, 1))


@pytest.mark.parametrize("radii", [(0.2, 0.1), (0.2, 0.02)])
def test_the_area_of_an_elliptic_cylinder_is_exact(radii: tuple[float, float]) -> None:
    oval = {"kind": "ellipse", "center": [0.5, 0.3], "radii": radii}
    rod = {"kind": "extrusion", "profile": oval, "between": [0.0, 0.4], "axis": "x"}
    surface = OnEllipticCylinder(axis="x", center=(0.5, 0.3), radii=radii)
    body = Geometry.model_validate({"regions": {"rod": rod}, "boundaries": {"all": surface}})
    turns = np.linspace(0, 2 * np.pi, 20_001)[:-1]
    speed = np.hypot(radii[0] * np.sin(turns), radii[1] * np.cos(turns))
    around = float(speed.mean() * 2 * np.pi)
    assert area(body, "all") == pytest.approx(0.4 * around, rel=1e-6)
    ends = 2 * np.pi * radii[0] * radii[1]
    assert areas(body, [surface]) == pytest.approx([0.4 * around, ends], rel=1e-6)
    assert areas(body, [])[0] == pytest.approx(0.4 * around + ends, rel=0.1)


def test_a_block_that_is_a_hundredth_too_short_is_caught_by_its_box() -> None:
    short = bodies.meshed(bodies.block(), 0.2, 1)
    short.points[:, 0] *= 0.99
    assert "geometry:box" in bodies.refused(bodies.block(), short)


def test_a_rod_that_is_too_short_is_caught_by_its_box_though_it_is_drilled() -> None:
    mesh = bodies.meshed(rod(), 0.2, 2)
    mesh.points[:, 0] *= 0.98
    assert not bodies.checked(rod(), mesh)["geometry:box"].passed


def test_the_sides_of_a_box_that_a_body_reaches_are_known() -> None:
    assert reached(bodies.ball().geometry).all()
    assert reached(shell().geometry).all()
    assert np.array_equal(reached(lens().geometry), np.array([[True, False, False]] * 2))
