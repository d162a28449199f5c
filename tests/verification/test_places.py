"""Named places of space on a mesh, and the forces of loads on them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mechagents.mechanics.formulation import Formulation
from mechagents.verification.elements import ElementKind
from mechagents.verification.face_loads import face_force
from mechagents.verification.fields import Fields
from mechagents.verification.skin import face_areas
from mechagents.verification.solution import Solution
from tests.verification import solid_bodies as bodies
from tests.verification.solid_returned import box_mesh

KINDS: tuple[ElementKind, ...] = (
    "tetra", "tetra10", "hexahedron", "hexahedron20", "hexahedron27", "wedge",
)  # fmt: skip
TOP = {"kind": "plane", "axis": "z", "at": 0.4}


def laid(boundary: dict[str, Any], body: Formulation, mesh: Fields) -> Solution:
    regions = {name: shape.model_dump() for name, shape in body.geometry.regions.items()}
    return Solution.of(bodies.formulation(regions, {"place": boundary}), mesh)


def area_on(boundary: dict[str, Any], body: Formulation, mesh: Fields) -> float:
    faces = laid(boundary, body, mesh).places["place"].faces
    return float(face_areas(mesh, faces).sum())


def of_kind(kind: ElementKind) -> Fields:
    mesh = box_mesh(kind, (4, 3, 2), (1.0, 0.6, 0.4))
    return bodies.fields(mesh.points, mesh.cells, kind)


@pytest.mark.parametrize("kind", KINDS)
def test_a_plane_takes_the_faces_and_nodes_on_it(kind: ElementKind) -> None:
    mesh = of_kind(kind)
    place = laid(TOP, bodies.block(), mesh).places["place"]
    assert face_areas(mesh, place.faces).sum() == pytest.approx(0.6)
    np.testing.assert_array_equal(place.nodes, np.flatnonzero(mesh.points[:, 2] == 0.4))


def test_within_ends_a_plane() -> None:
    part = {**TOP, "within": {"x": [0.25, 0.75], "y": [0.0, 0.2]}}
    assert area_on(part, bodies.block(), of_kind("hexahedron20")) == pytest.approx(0.1)


def test_a_plane_square_to_no_axis_takes_the_faces_on_it() -> None:
    profile = {"kind": "polygon", "points": [[0, 0], [2, 0], [0, 1]]}
    shape = {"kind": "extrusion", "profile": profile, "between": [0, 1]}
    slope = {"kind": "tilted_plane", "point": [2, 0, 0], "normal": [1, 2, 0]}
    body = bodies.formulation({"wedge": shape}, {"slope": slope})
    mesh = bodies.meshed(body, 0.5, 2)
    assert not bodies.refused(body, mesh)
    assert area_on(slope, body, mesh) == pytest.approx(5**0.5)


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("size", [0.05, 0.3])
def test_a_bore_takes_its_faces_and_none_of_the_ends(order: int, size: float) -> None:
    mesh = bodies.meshed(bodies.plate(), size, order)
    place = Solution.of(bodies.plate(), mesh).places["bore"]
    off = np.hypot(*(mesh.points[place.nodes, :2] - [0.5, 0.3]).T) - 0.12
    assert np.abs(off).max() < 1e-4
    exact = 2 * np.pi * 0.12 * 0.4
    assert face_areas(mesh, place.faces).sum() == pytest.approx(exact, rel=0.04)


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("size", [0.2, 0.6])
def test_a_ball_is_its_surface_all_over(order: int, size: float) -> None:
    mesh = bodies.meshed(bodies.ball(), size, order)
    solution = Solution.of(bodies.ball(), mesh)
    assert len(solution.places["skin"].faces) == len(solution.skin.faces)


def test_the_flat_end_of_a_cap_is_no_part_of_its_sphere() -> None:
    box = {"kind": "box", "origin": [-1, -1, 0.9], "size": [2, 2, 0.2]}
    shape = {"kind": "intersection", "shapes": [bodies.BALL, box]}
    body = bodies.formulation({"cap": shape}, {"skin": bodies.SKIN})
    mesh = bodies.meshed(body, 1.0, 1)
    faces = Solution.of(body, mesh).places["skin"].faces
    assert np.all(mesh.points[faces[:, :3]][..., 2].max(axis=1) > 0.9 + 1e-6)


@pytest.mark.parametrize("order", [1, 2])
def test_a_curve_takes_the_nodes_on_both_its_surfaces(order: int) -> None:
    rim = {"kind": "curve", "of": [TOP, bodies.BORE]}
    mesh = bodies.meshed(bodies.plate(), 0.1, order)
    place = laid(rim, bodies.plate(), mesh).places["place"]
    ends = mesh.points[place.edges[:, :2]]
    assert np.linalg.norm(ends[:, 0] - ends[:, 1], axis=1).sum() == pytest.approx(
        2 * np.pi * 0.12, rel=0.03
    )
    assert np.all(mesh.points[place.nodes, 2] == pytest.approx(0.4))
    assert not len(place.faces)


def test_a_point_is_the_node_there_or_none() -> None:
    mesh = of_kind("wedge")
    for at, count in (([1.0, 0.6, 0.4], 1), ([0.9, 0.6, 0.4], 0)):
        places = {"held": TOP, "place": {"kind": "space_point", "at": at}}
        laid_on = Solution.of(bodies.formulation({"block": bodies.BLOCK}, places), mesh)
        assert len(laid_on.places["place"].nodes) == count


@pytest.mark.parametrize("level", range(5))
@pytest.mark.parametrize("kind", KINDS)
def test_a_uniform_pressure_all_round_is_in_balance(kind: ElementKind, level: int) -> None:
    mesh = of_kind(kind)
    solution = laid(TOP, bodies.block(), mesh)
    load = bodies.pressure(2.0)
    force = face_force(mesh, solution.skin.faces, load, level)
    np.testing.assert_allclose(force.sum(axis=0), 0.0, atol=1e-12)
    moment = np.cross(mesh.points, force).sum(axis=0)
    np.testing.assert_allclose(moment, 0.0, atol=1e-12)
    # The work of a pressure on a growth of the body is that of p on the change of volume.
    assert (force * mesh.points).sum() == pytest.approx(-2.0 * 3 * 0.24)


@pytest.mark.parametrize("kind", KINDS)
def test_a_pressure_acts_into_the_body_however_the_elements_are_turned(kind: ElementKind) -> None:
    mesh = of_kind(kind)
    mirrored = Fields(mesh.points * [-1, 1, 1] + [1, 0, 0], mesh.blocks, mesh.displacement)
    for one in (mesh, mirrored):
        faces = laid(TOP, bodies.block(), one).places["place"].faces
        total = face_force(one, faces, bodies.pressure(3.0)).sum(axis=0)
        np.testing.assert_allclose(total, [0.0, 0.0, -3.0 * 0.6], atol=1e-12)


def test_a_pressure_with_a_formula_acts_on_a_curved_surface() -> None:
    mesh = bodies.meshed(bodies.ball(), 0.3, 2)
    faces = Solution.of(bodies.ball(), mesh).places["skin"].faces
    total = face_force(mesh, faces, bodies.pressure("1 - z")).sum(axis=0)
    # A fluid of weight 1 buoys the ball up by its volume.
    np.testing.assert_allclose(total, [0.0, 0.0, 4 / 3 * np.pi], rtol=2e-4, atol=1e-3)


@pytest.mark.parametrize("kind", KINDS)
def test_a_traction_of_a_formula_has_its_integral_and_moment(kind: ElementKind) -> None:
    mesh = of_kind(kind)
    faces = laid(TOP, bodies.block(), mesh).places["place"].faces
    force = face_force(mesh, faces, bodies.traction(x="x", y="2", z="y"))
    np.testing.assert_allclose(force.sum(axis=0), [0.3, 1.2, 0.18], rtol=1e-12)
    assert (force[:, 0] * mesh.points[:, 1]).sum() == pytest.approx(0.5 * 0.18)
