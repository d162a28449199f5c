"""Outlines of straight sides and arcs: where they lie, their meshes, and what is refused."""

from __future__ import annotations

from math import cos, isclose, pi, sin

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from stepped import profile, sharp, stepped

from mechagents.mechanics.extras import normal_axis
from mechagents.mechanics.geometry import Extrusion, Geometry, Profile, sides_of
from mechagents.mechanics.meshing import make_mesh
from mechagents.mechanics.shapes import body, boundary_part, outline
from mechagents.mechanics.sides import Along, arc_through, distance_to_side, full_circle
from mechagents.mechanics.solid_body import contains, volume

AREA = 0.06 * 0.03 + 0.06 * 0.02 + (1 - pi / 4) * 0.01**2
angles = st.floats(-pi, pi)


@given(
    st.tuples(st.floats(-1e3, 1e3), st.floats(-1e3, 1e3)),
    st.floats(1e-2, 1e2),
    angles,
    st.floats(0.1, 6.0),
    st.booleans(),
    st.floats(0.2, 0.8),
)
def test_an_arc_through_three_points_of_a_circle_is_that_circle(
    center, radius, first, turn, clockwise, share
):
    turn = -turn if clockwise else turn

    def at(angle: float) -> tuple[float, float]:
        return center[0] + radius * cos(angle), center[1] + radius * sin(angle)

    arc = arc_through(at(first), at(first + share * turn), at(first + turn))
    # Coordinates are rounded to about 1e-13 here, and short arcs magnify that.
    assert isclose(arc.radius, radius, rel_tol=1e-6)
    assert isclose(arc.turn, turn, rel_tol=1e-6)
    assert arc.center == pytest.approx(center, abs=1e-6 * radius)


def test_points_are_as_far_off_an_arc_as_off_its_nearest_point():
    arc = arc_through((1.0, 0.0), (0.0, 1.0), (-1.0, 0.0))
    points = np.array([[0.0, 2.0], [0.0, 0.25], [0.0, -3.0], [2.0, -1.0], [0.6, 0.8]])
    expected = [1.0, 0.75, 10**0.5, 2**0.5, 0.0]
    assert distance_to_side(arc, points) == pytest.approx(expected, abs=1e-12)
    assert distance_to_side(full_circle((0.0, 0.0), 1.0), points)[2] == pytest.approx(2.0)


def test_an_outline_has_the_area_of_its_parts():
    f = stepped()
    assert outline(f.geometry.regions["bar"]).area == pytest.approx(AREA, rel=1e-6)
    turned = profile()
    corners = [turned["start"], *(side["to"] for side in turned["sides"])]
    back = [dict(side, to=to) for side, to in zip(turned["sides"], corners, strict=False)]
    clockwise = {**turned, "sides": back[::-1]}
    assert outline(Profile.model_validate(clockwise)).area == pytest.approx(AREA, rel=1e-6)


@pytest.mark.parametrize("order", [1, 2])
def test_a_mesh_has_the_area_of_the_outline_and_edges_on_its_sides(order):
    geometry = stepped().geometry
    mesh = make_mesh(geometry, 0.004, order)
    x, y = mesh.points[mesh.cells[:, :3]].transpose(2, 0, 1)
    area = np.sum((x[:, 1] - x[:, 0]) * (y[:, 2] - y[:, 0])) / 2
    area -= np.sum((x[:, 2] - x[:, 0]) * (y[:, 1] - y[:, 0])) / 2
    assert area == pytest.approx(AREA, rel=2e-3)
    ends = mesh.points[mesh.boundary_edges["pulled"][:, :2]]
    assert np.all(ends[..., 0] == 0.12)
    assert np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1).sum() == pytest.approx(0.02)


def test_a_clockwise_profile_is_meshed_too():
    shape = {
        "kind": "profile",
        "start": [0.0, 1.0],
        "sides": [
            {"kind": "arc", "through": [1.0, 0.0], "to": [0.0, -1.0]},
            {"kind": "straight", "to": [0.0, 1.0]},
        ],
    }
    geometry = Geometry.model_validate({"regions": {"half": shape}})
    mesh = make_mesh(geometry, 0.1, 2)
    assert len(mesh.cells) > 100
    assert np.all(mesh.points[:, 0] > -1e-9)


def test_sides_are_boundaries_by_number_and_by_name():
    regions = {
        "plate": {
            "kind": "difference",
            "base": profile(),
            "remove": [{"kind": "disk", "center": [0.03, 0.01], "radius": 0.005}],
        }
    }
    named = {
        "fillet": {"kind": "sides", "region": "plate", "sides": ["fillet"]},
        "ends": {"kind": "sides", "region": "plate", "sides": [1, "left"]},
        "hole": {"kind": "sides", "region": "plate", "sides": [6]},
    }
    geometry = Geometry.model_validate({"regions": regions, "boundaries": named})
    whole, parts = body(geometry), geometry.outline_parts
    lengths = {name: boundary_part(whole, part).length for name, part in parts.items()}
    assert lengths["fillet"] == pytest.approx(pi / 2 * 0.01, rel=1e-4)
    assert lengths["ends"] == pytest.approx(0.02 + 0.03, rel=1e-4)
    assert lengths["hole"] == pytest.approx(2 * pi * 0.005, rel=1e-4)
    assert normal_axis(parts["ends"]) == "x"
    assert normal_axis(parts["fillet"]) is None
    mesh = make_mesh(geometry, 0.004, 2)
    assert mesh.boundary_edges["fillet"].size
    radius = np.linalg.norm(mesh.points[mesh.boundary_nodes["hole"]] - [0.03, 0.01], axis=1)
    assert radius == pytest.approx(np.full(len(radius), 0.005), rel=1e-5)


def test_a_side_ends_where_a_tangent_side_goes_on():
    (fillet,) = [side for name, side in sides_of(Profile(**profile())) if name == "fillet"]
    part = boundary_part(body(stepped().geometry), Along((fillet,)))
    assert part.length == pytest.approx(pi / 2 * 0.01, rel=1e-4)


def changed(side: int, **fields: object) -> dict:
    shape = profile(0.005)
    shape["sides"][side] |= fields
    return shape


@pytest.mark.parametrize(
    ("shape", "told"),
    [
        (changed(-1, to=[0.0, 1e-3]), "sides: the last one has to end at the start"),
        (changed(1, to=[0.12, 0.0]), "sides.1.to: is where the side begins"),
        (changed(3, through=[0.0625, 0.0225]), "sides.3.through: the points of an arc lie on"),
        ({**profile(), "sides": profile()["sides"][:1]}, "at least 2 items"),
        (changed(1, to=[0.03, 0.05]), "the outline crosses itself"),
    ],
)
def test_what_is_no_outline_is_refused(shape, told):
    with pytest.raises(ValidationError, match=told):
        stepped(shape)


@pytest.mark.parametrize(
    ("boundary", "told"),
    [
        ({"region": "bolt", "sides": [0]}, "boundaries.end.region: no region 'bolt'"),
        ({"region": "bar", "sides": [9]}, "sides: no side 9; the region has sides 0 to 5 and fil"),
        ({"region": "bar", "sides": ["top"]}, "boundaries.end.sides: no side top"),
    ],
)
def test_an_unknown_side_is_refused(boundary, told):
    regions = {"bar": profile()}
    named = {"end": {"kind": "sides", **boundary}}
    with pytest.raises(ValidationError, match=told):
        Geometry.model_validate({"regions": regions, "boundaries": named})


def test_sides_without_numbers_are_refused():
    regions = {"oval": {"kind": "ellipse", "center": [0.0, 0.0], "radii": [2.0, 1.0]}}
    named = {"rim": {"kind": "sides", "region": "oval", "sides": [0]}}
    with pytest.raises(ValidationError, match="kind ellipse have no numbers"):
        Geometry.model_validate({"regions": regions, "boundaries": named})


def test_a_drawn_profile_contains_what_its_outline_does():
    solid = Extrusion(profile=Profile(**profile()), axis="z", between=(0.0, 0.1))
    assert volume(solid) == pytest.approx(0.1 * AREA, rel=1e-6)
    grid = np.stack(
        np.meshgrid(np.linspace(0.05, 0.08, 31), np.linspace(0.015, 0.0305, 31)), axis=-1
    ).reshape(-1, 2)
    points = np.column_stack([grid, np.full(len(grid), 0.05)])
    import shapely

    flat = outline(solid.profile)
    inside = np.array([flat.contains(shapely.Point(point)) for point in grid])
    # The polygon that stands for an arc is off it by less than 1e-6 m.
    clear = np.array([flat.boundary.distance(shapely.Point(point)) > 1e-6 for point in grid])
    assert np.array_equal(contains(solid, points, 0.0)[clear], inside[clear])
    assert 0 < inside.sum() < len(inside)


def test_the_polygon_without_a_fillet_is_another_body():
    assert outline(stepped(sharp()).geometry.regions["bar"]).area == pytest.approx(0.003)


PEAK = {"name": "peak", "kind": "stress", "component": "von_mises", "extreme": "max"}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            {"supports": [{"boundary": "axis", "y": 0.0}], "wanted": [PEAK]},
            "floats: nothing prevents translation in x",
        ),
        (
            {"supports": [{"boundary": "axis", "x": 0.0, "y": 0}, {"boundary": "pulled", "x": 1}]},
            "'pulled' at .* meets 'axis', which is already displaced by 0 m",
        ),
        (
            {"wanted": [{"name": "a", "kind": "displacement", "component": "x",
                         "at": [0.062, 0.028]}]},
            "lies outside the body",
        ),
    ],
)  # fmt: skip
def test_supports_and_places_are_checked_on_its_sides(change, told):
    with pytest.raises(ValidationError, match=told):
        stepped(**change)


def test_symmetry_needs_a_side_along_an_axis():
    with pytest.raises(ValidationError, match="symmetry: needs a straight boundary along an axis"):
        stepped(
            geometry={
                "regions": {"bar": profile()},
                "boundaries": {"round": {"kind": "sides", "region": "bar", "sides": ["fillet"]}},
            },
            supports=[{"boundary": "round", "symmetry": True}],
            loads=[],
        )
