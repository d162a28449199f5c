"""What makes a formulation unsolvable is found and named with its field."""

from __future__ import annotations

from typing import Any

import pytest
from bodies import formulation, plate
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from mechagents.mechanics.formulation import Formulation


def faults(**changes: object) -> list[str]:
    """Return the sentences that a plate with these changes is refused with."""
    return faults_of(plate(**changes))


def faults_of(data: dict[str, Any]) -> list[str]:
    with pytest.raises(ValidationError) as caught:
        Formulation.model_validate(data)
    (error,) = caught.value.errors()
    return error["msg"].removeprefix("Value error, ").split("\n")


def with_regions(**regions: object) -> dict[str, Any]:
    """Return the plate with other regions, all of one material."""
    data = plate(materials={key: {"youngs_modulus": 1.0, "poisson_ratio": 0.0} for key in regions})
    data["geometry"]["regions"] = regions
    return data


def test_a_sound_plate_has_no_fault() -> None:
    assert formulation().wanted


def test_a_poisson_ratio_above_one_half_is_named() -> None:
    with pytest.raises(ValidationError, match=r"materials\.plate\.isotropic\.poisson_ratio"):
        formulation(materials={"plate": {"youngs_modulus": 1e9, "poisson_ratio": 0.6}})


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"supports": [{"boundary": "lef", "x": 0, "y": 0}]},
            "supports.0.boundary: no boundary 'lef'",
        ),
        (
            {"loads": [{"kind": "traction", "boundary": "rigth", "x": 1}]},
            "loads.0.boundary: no boundary 'rigth'",
        ),
        (
            {"wanted": [{"name": "f", "kind": "reaction", "boundary": "up", "component": "x"}]},
            "wanted.0.boundary: no boundary 'up'",
        ),
        (
            {"loads": [{"kind": "body_force", "region": "wall", "y": 1}]},
            "loads.0.region: no region",
        ),
        (
            {"wanted": [{"name": "e", "kind": "strain_energy", "region": "wall"}]},
            "wanted.0.region: no region 'wall'; regions: plate",
        ),
        (
            {"wanted": [{"name": "s", "kind": "stress", "component": "xx", "at": [1.5, 0.5]}]},
            "wanted.0.at: the point (1.5, 0.5) lies outside",
        ),
        (
            {"wanted": [{"name": "f", "kind": "reaction", "boundary": "top", "component": "x"}]},
            "wanted.0.boundary: nothing holds 'top' in x",
        ),
        (
            {"wanted": [{"name": "f", "kind": "reaction", "boundary": "right", "component": "y"}]},
            "wanted.0.boundary: nothing holds 'right' in y",
        ),
        (
            {"loads": [{"kind": "traction", "boundary": "corner", "x": 1}]},
            "loads.0.boundary: a traction needs an edge",
        ),
        (
            {
                "supports": [
                    {"boundary": "left", "x": 0, "y": 0},
                    {"boundary": "right", "x": 0.1},
                    {"boundary": "right", "x": 0.2},
                ]
            },
            "supports.2.x: 'right' is already displaced by 0.1 m (supports.1.x), not 0.2 m",
        ),
    ],
)
def test_a_fault_starts_with_its_field(changes: dict[str, object], expected: str) -> None:
    (found,) = faults(**changes)
    assert found.startswith(expected)


def test_two_names_for_one_edge_cannot_displace_it_differently() -> None:
    data = plate()
    data["geometry"]["boundaries"]["half"] = {
        "kind": "line", "axis": "x", "at": 1.0, "between": [0.5, 1.0]
    }  # fmt: skip
    data["supports"].append({"boundary": "half", "x": 0.2})
    (found,) = faults_of(data)
    assert found.startswith("supports.2.x: 'half' lies on 'right', which is already displaced")


@pytest.mark.parametrize(
    ("supports", "expected"),
    [
        (
            [{"boundary": "left", "x": 0, "y": 0}, {"boundary": "bottom", "x": 1e-3}],
            "supports.1.x: 'bottom' at (0, 0) meets 'left', which is already displaced by 0 m "
            "(supports.0.x), not 0.001 m",
        ),
        (
            [{"boundary": "left", "x": 0, "y": 0}, {"boundary": "corner", "y": 0.5}],
            "supports.1.y: 'corner' at (0, 0) meets 'left', which is already displaced by 0 m "
            "(supports.0.y), not 0.5 m",
        ),
    ],
)
def test_supports_that_meet_in_a_point_cannot_displace_it_differently(
    supports: list[dict[str, Any]], expected: str
) -> None:
    wanted = [{"name": "e", "kind": "strain_energy"}]
    assert faults(supports=supports, wanted=wanted) == [expected]


@pytest.mark.parametrize(
    "other",
    [
        {"boundary": "top", "x": 0.0},
        {"boundary": "right", "x": 1.0},
        {"boundary": "other_corner", "y": 1.0},
    ],
)
def test_supports_that_agree_or_do_not_meet_are_sound(other: dict[str, Any]) -> None:
    assert formulation(
        supports=[{"boundary": "left", "x": 0, "y": 0}, other],
        wanted=[{"name": "e", "kind": "strain_energy"}],
    )


def test_every_fault_of_a_kind_is_found_at_once() -> None:
    found = faults(
        materials={"plat": {"youngs_modulus": 1, "poisson_ratio": 0}},
        supports=[{"boundary": "a", "x": 0}, {"boundary": "b", "y": 0}],
    )
    assert [sentence.split(":")[0] for sentence in found] == [
        "materials.plate",
        "materials.plat",
        "supports.0.boundary",
        "supports.1.boundary",
    ]


def test_an_unknown_boundary_is_answered_with_the_known_ones() -> None:
    (found,) = faults(supports=[{"boundary": "lef", "x": 0, "y": 0}])
    assert "bottom, corner, left" in found


@pytest.mark.parametrize(
    ("supports", "motion"),
    [
        ([("right", "x")], "translation in y"),
        ([("bottom", "y")], "translation in x"),
        ([("corner", "x"), ("corner", "y")], "rotation"),
        ([("corner", "x")], "translation in y"),
        ([("corner", "x"), ("corner", "y"), ("other_corner", "x")], "rotation"),
        ([("left", "x"), ("right", "x")], "translation in y"),
    ],
)
def test_a_body_that_can_move_as_a_whole_floats(
    supports: list[tuple[str, str]], motion: str
) -> None:
    wanted = [{"name": "e", "kind": "strain_energy"}]
    given_supports = [{"boundary": name, axis: 0.0} for name, axis in supports]
    (found,) = faults(supports=given_supports, wanted=wanted)
    assert found.startswith("supports: the body floats")
    assert motion in found


@pytest.mark.parametrize(
    "supports",
    [
        [("left", "x"), ("left", "y")],
        [("left", "x"), ("bottom", "y")],
        [("corner", "x"), ("corner", "y"), ("other_corner", "y")],
        [("left", "x"), ("corner", "y")],
    ],
)
def test_three_independent_constraints_hold_a_body(supports: list[tuple[str, str]]) -> None:
    wanted = [{"name": "e", "kind": "strain_energy"}]
    held = [{"boundary": name, axis: 0.0} for name, axis in supports]
    assert formulation(supports=held, wanted=wanted)


def test_each_separate_piece_of_the_body_must_be_held() -> None:
    far = {"kind": "rectangle", "origin": [3, 0], "size": [1, 1]}
    data = with_regions(plate={"kind": "rectangle", "size": [1, 1]}, far=far)
    (found,) = faults_of(data)
    assert "the piece around (3.5, 0.5) floats" in found


@given(st.floats(-3, 3), st.floats(-3, 3))
def test_where_the_body_lies_does_not_change_whether_it_floats(x: float, y: float) -> None:
    data = plate(
        supports=[{"boundary": "p", "x": 0.0, "y": 0.0}, {"boundary": "q", "y": 0.0}],
        wanted=[{"name": "e", "kind": "strain_energy"}],
    )
    data["geometry"] = {
        "regions": {"plate": {"kind": "rectangle", "origin": [x, y], "size": [1, 1]}},
        "boundaries": {
            "p": {"kind": "point", "at": [x, y]},
            "q": {"kind": "point", "at": [x + 1, y]},
        },
    }
    assert Formulation.model_validate(data)
    data["supports"][1] = {"boundary": "q", "x": 0.0}
    (found,) = faults_of(data)
    assert "rotation" in found


def test_an_axisymmetric_body_needs_only_its_axis_held() -> None:
    wanted = [{"name": "e", "kind": "strain_energy"}]
    held = [{"boundary": "bottom", "y": 0.0}]
    assert formulation(idealisation="axisymmetric", supports=held, wanted=wanted)
    (found,) = faults(
        idealisation="axisymmetric", supports=[{"boundary": "right", "x": 0.0}], wanted=wanted
    )
    assert "translation along the axis" in found


def test_an_axisymmetric_body_has_no_negative_radius() -> None:
    data = with_regions(plate={"kind": "rectangle", "origin": [-1, 0], "size": [2, 1]})
    del data["geometry"]["boundaries"]["left"]
    data["supports"] = [{"boundary": "bottom", "y": 0.0}, {"boundary": "right", "x": 0.0}]
    (found,) = faults_of({**data, "idealisation": "axisymmetric"})
    assert "radii" in found


def test_an_axisymmetric_body_has_no_thickness() -> None:
    (found,) = faults(
        idealisation="axisymmetric",
        thickness=0.1,
        supports=[{"boundary": "bottom", "y": 0.0}],
        wanted=[{"name": "e", "kind": "strain_energy"}],
    )
    assert found.startswith("thickness: an axisymmetric body has none")


SQUARE = {"kind": "rectangle", "size": [1, 1]}


def disk(x: float, y: float, radius: float) -> dict[str, Any]:
    return {"kind": "disk", "center": [x, y], "radius": radius}


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        (
            {"kind": "difference", "base": SQUARE, "remove": [disk(0.5, 0.5, 0.1), disk(5, 5, 1)]},
            ".remove.1: lies outside the shape that it is cut out of, which fills x, y from "
            "0, 0, 1, 1",
        ),
        (
            {"kind": "difference", "base": SQUARE, "remove": [{**SQUARE, "origin": [1, 0]}]},
            ".remove.0: lies outside",
        ),
        ({"kind": "union", "shapes": [SQUARE, disk(0.5, 0.5, 0.1)]}, ".shapes.1: adds nothing"),
        ({"kind": "union", "shapes": [disk(0.5, 0.5, 0.1), SQUARE]}, ".shapes.0: adds nothing"),
        (
            {"kind": "intersection", "shapes": [SQUARE, disk(5, 5, 1)]},
            ".shapes.1: has no area in common",
        ),
        (
            {"kind": "union", "shapes": [
                SQUARE,
                {"kind": "difference", "base": disk(1, 1, 0.5), "remove": [disk(9, 9, 1)]},
            ]},
            ".shapes.1.remove.0: lies outside",
        ),
    ],
)  # fmt: skip
def test_a_shape_without_effect_is_named_with_its_field(
    shape: dict[str, Any], expected: str
) -> None:
    (found,) = faults_of(with_regions(plate=shape))
    assert found.startswith(f"geometry.regions.plate{expected}")


def test_a_hole_that_cuts_the_edge_is_sound() -> None:
    notched = {"kind": "difference", "base": SQUARE, "remove": [disk(0.5, 1.0, 0.1)]}
    data = with_regions(plate=notched)
    assert Formulation.model_validate(data)


def test_a_hairline_overlap_of_two_regions_is_named() -> None:
    beside = {"kind": "rectangle", "origin": [1 - 5e-5, 0], "size": [1, 1]}
    data = with_regions(plate=SQUARE, beside=beside)
    data["geometry"]["boundaries"]["right"]["at"] = 2 - 5e-5
    (found,) = faults_of(data)
    assert found.startswith("geometry.regions.plate: overlaps region 'beside'")


def test_a_polygon_that_crosses_itself_is_named_where_it_is_cut_out() -> None:
    bow = {"kind": "polygon", "points": [[0, 0], [1, 1], [1, 0], [0, 1]]}
    cut = {"kind": "difference", "base": SQUARE, "remove": [bow]}
    (found,) = faults_of(with_regions(plate=cut))
    assert found == "geometry.regions.plate.remove.0: the outline crosses itself"


def test_overlapping_regions_are_named() -> None:
    disk = {"kind": "disk", "center": [0.5, 0.5], "radius": 0.2}
    (found,) = faults_of(with_regions(plate={"kind": "rectangle", "size": [1, 1]}, inclusion=disk))
    assert found.startswith("geometry.regions.plate: overlaps region 'inclusion'")


def test_an_outline_that_crosses_itself_is_named() -> None:
    bow = {"kind": "polygon", "points": [[0, 0], [1, 1], [1, 0], [0, 1]]}
    (found,) = faults_of(with_regions(plate=bow))
    assert found == "geometry.regions.plate: the outline crosses itself"


def test_a_region_of_which_nothing_is_left_is_named() -> None:
    square = {"kind": "rectangle", "size": [1, 1]}
    gone = {"kind": "difference", "base": square, "remove": [square]}
    (found,) = faults_of(with_regions(plate=gone))
    assert found == "geometry.regions.plate: nothing is left of this region"


def test_a_boundary_off_the_body_is_named_with_where_the_body_lies() -> None:
    data = plate()
    data["geometry"]["boundaries"]["hole"] = {"kind": "circle", "center": [0.5, 0.5], "radius": 0.2}
    (found,) = faults_of(data)
    assert found.startswith("geometry.boundaries.hole: no edge of the body lies there")
    assert "0, 0, 1, 1" in found


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"supports.0.z": 0.0}, "supports.0.z: the plane has no z"),
        ({"wanted.0.component": "z"}, "wanted.0.component: the plane has no z"),
        (
            {"geometry.boundaries.left": {"kind": "plane", "axis": "x", "at": 0.0}},
            "geometry.boundaries.left: a plane_stress body is of the plane, but 'plane' is not",
        ),
        (
            {"geometry.regions.plate": {"kind": "box", "size": [1.0, 1.0, 1.0]}},
            "geometry.regions.plate: a plane_stress body is of the plane, but this shape is not",
        ),
        ({"supports.0.x": {"formula": "z"}}, "supports.0.x.formula: the plane has no z"),
    ],
)
def test_what_belongs_to_space_is_refused_in_the_plane(
    changes: dict[str, object], told: str
) -> None:
    with pytest.raises(ValidationError, match=told):
        formulation().amended(changes)
