"""Solids from STEP files: what they become, and what is refused."""

from __future__ import annotations

from math import pi
from pathlib import Path

import pytest
import step_solids as made
from step_files import in_metres, tab, written

from mechagents.errors import ProblemError
from mechagents.mechanics.geometry import (
    Box,
    Cylinder,
    Difference,
    Extrusion,
    Geometry,
    OnCylinder,
    OnPlane,
    Union,
)
from mechagents.mechanics.solid_body import area, box, volume
from mechagents.problems import load_problem
from mechagents.problems.step_file import read_step
from tests.verification import solid_bodies as bodies

BRACKET = """\
statement: How far does the bracket bend?
formulation:
  idealisation: solid
  geometry:
    file: bracket.step
    boundaries:
      wall: {kind: plane, axis: x, at: 0.0}
  materials: {body: structural_steel}
  supports: [{boundary: wall, x: 0.0, y: 0.0, z: 0.0}]
  loads: [{kind: traction, boundary: front_edge, z: -1 MPa}]
  wanted: [{name: held, kind: reaction, boundary: wall, component: z}]
"""


def read(shape, folder: Path) -> Geometry:
    return read_step(written(shape, folder), solid=True)


@pytest.fixture(scope="module")
def bracket(tmp_path_factory) -> Geometry:
    return read(made.bracket(), tmp_path_factory.mktemp("step"))


def test_a_solid_keeps_its_volume(bracket):
    (region,) = bracket.regions.values()
    assert volume(region) == pytest.approx(1e-9 * made.bracket().mass, rel=1e-6)


def test_a_shaft_is_made_of_cylinders(tmp_path):
    (region,) = read(made.stepped_shaft(), tmp_path).regions.values()
    assert isinstance(region, Union)
    thick, thin = region.shapes
    assert thick == Cylinder(base=(0.0, 0.0, 0.0), axis="x", radius=0.01, height=0.05)
    assert thin == Cylinder(base=(0.05, 0.0, 0.0), axis="x", radius=0.006, height=0.04)


def test_a_bracket_is_drawn_across_and_drilled(bracket):
    (region,) = bracket.regions.values()
    assert isinstance(region, Difference)
    assert isinstance(region.base, Extrusion)
    assert region.base.axis == "y"
    assert region.base.profile.kind == "profile"
    holes = [part for part in region.remove if isinstance(part, Cylinder)]
    assert sorted((hole.axis, hole.radius) for hole in holes) == [
        ("x", 0.004), ("x", 0.004), ("z", 0.005), ("z", 0.005),
    ]  # fmt: skip


def test_holes_that_cross_and_are_counterbored_are_cut_out(tmp_path):
    (region,) = read(made.crossed(), tmp_path).regions.values()
    assert isinstance(region, Difference)
    assert isinstance(region.base, Box)
    assert sorted(part.radius for part in region.remove) == [0.003, 0.004, 0.008]


def test_the_same_file_is_read_the_same_way_again(bracket, tmp_path):
    assert read(made.bracket(), tmp_path) == bracket


def test_named_faces_are_boundaries_where_a_surface_tells_them(bracket):
    geometry = bracket
    assert geometry.boundaries["front_edge"] == OnPlane(axis="x", at=0.08)
    bolt = geometry.boundaries["right_bolt"]
    assert bolt == OnCylinder(axis="z", center=(0.06, 0.015), radius=0.005)
    assert area(geometry, "right_bolt") == pytest.approx(2 * pi * 0.005 * 0.01)
    assert area(geometry, "base") == pytest.approx(0.08 * 0.06 - 2 * pi * 0.005**2)


def test_a_name_that_no_surface_tells_is_left_out(tmp_path):
    shaft = made.stepped_shaft()
    for face in shaft.faces:
        low, high = face.bounding_box
        if high.x < 1e-3:
            face.name = "end"
        elif high.x - low.x > 1:
            face.name = "round"  # two cylinders
    assert set(read(shaft, tmp_path).boundaries) == {"end"}


def test_a_part_of_a_plane_is_told_by_its_limits(tmp_path):
    from netgen.occ import Box as Block
    from netgen.occ import Pnt

    fork = Block(Pnt(0, 0, 0), Pnt(30, 10, 10)) - Block(Pnt(10, 0, 5), Pnt(20, 10, 10))
    for face in fork.faces:
        low, high = face.bounding_box
        if low.z > 9.99 and high.x < 15:
            face.name = "left top"
    geometry = read(fork, tmp_path)
    assert isinstance(geometry.boundaries["left_top"], OnPlane)
    assert area(geometry, "left_top") == pytest.approx(1e-4)


def test_solids_are_regions_by_name(tmp_path):
    geometry = read(made.two_blocks(), tmp_path)
    assert geometry.regions == {
        "near": Box(size=(0.01, 0.01, 0.01)),
        "far_part": Box(origin=(0.01, 0.0, 0.0), size=(0.02, 0.01, 0.01)),
    }


def test_the_unit_of_the_file_is_kept(tmp_path):
    content = written(made.two_blocks(), tmp_path, in_metres)
    _, high = box(read_step(content, solid=True))
    assert high == pytest.approx([30.0, 10.0, 10.0])


@pytest.mark.parametrize(
    ("shape", "told"),
    [
        (made.ball, r"solid 1 is not drawn along x, y or z in steps.*no two flat ends"),
        (made.leaning, r"along z: its section varies from 0 m to 0.02 m"),
        (made.drilled_shaft, r"along z: its section varies from 0 m to 0.06 m"),
        (tab, r"holds no solids, but 1 faces"),
    ],
)
def test_a_solid_of_another_kind_is_refused(shape, told, tmp_path):
    with pytest.raises(ProblemError, match=told):
        read(shape(), tmp_path)


def test_a_problem_with_a_solid_file_stands_by_itself(tmp_path):
    (tmp_path / "bracket.step").write_bytes(written(made.bracket(), tmp_path))
    path = tmp_path / "bracket.yaml"
    path.write_text(BRACKET, encoding="utf-8")
    formulation = load_problem(str(path)).formulation
    assert formulation is not None
    assert formulation.dimension == 3
    # OpenCascade names the fillet that it makes.
    named = {"base", "front_edge", "right_bolt", "fillet", "wall"}
    assert set(formulation.geometry.boundaries) == named


@pytest.fixture
def regions(bracket) -> dict:
    return bracket.model_dump(mode="json")["regions"]


def test_a_right_mesh_of_a_bracket_passes_the_checks(regions):
    body = bodies.formulation(regions, {"wall": {"kind": "plane", "axis": "x", "at": 0.0}})
    assert not bodies.refused(body, bodies.meshed(body, 0.008, 2))


@pytest.mark.parametrize("left_out", ["fillet", "hole"])
def test_a_mesh_without_a_fillet_or_a_hole_is_found(regions, left_out):
    ends = {"wall": {"kind": "plane", "axis": "x", "at": 0.0}}
    body, region = bodies.formulation(regions, ends), regions["body"]
    if left_out == "hole":
        other = {**region, "remove": region["remove"][:-1]}
    else:
        corners = [[0, 0], [0, 0.08], [0.01, 0.08], [0.01, 0.01], [0.05, 0.01], [0.05, 0]]
        angle = {"kind": "polygon", "points": corners}
        other = {**region, "base": {**region["base"], "profile": angle}}
    spoilt = bodies.formulation({"body": other}, ends)
    assert "geometry:outline" in bodies.refused(body, bodies.meshed(spoilt, 0.008, 2))


def test_the_example_of_a_bracket_is_the_body_of_its_words():
    examples = Path(__file__).parents[2] / "examples" / "problems"
    formulation = load_problem(str(examples / "angle-bracket.yaml")).formulation
    assert formulation is not None
    region = formulation.geometry.regions["bracket"]
    legs = 0.08 * 0.01 + 0.04 * 0.01 + (1 - pi / 4) * 0.006**2
    drilled = 2 * pi * (0.005**2 + 0.004**2) * 0.01
    assert volume(region) == pytest.approx(0.06 * legs - drilled, rel=1e-6)
    assert area(formulation.geometry, "wall") == pytest.approx(0.06 * 0.05 - 2 * pi * 0.004**2)
    assert area(formulation.geometry, "front") == pytest.approx(0.06 * 0.01)
