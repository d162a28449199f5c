"""Regions from STEP files: what is read, in which unit, and what is refused."""

from __future__ import annotations

from math import pi
from pathlib import Path

import pytest
import step_files as made

from mechagents.errors import ProblemError
from mechagents.mechanics.formulation import Formulation
from mechagents.mechanics.geometry import Difference, OnSides, Polygon, Profile
from mechagents.mechanics.shapes import body, boundary_part, outline
from mechagents.messages import Answer
from mechagents.problems import load_problem
from mechagents.problems.step_file import read_step
from mechagents.run import solve
from mechagents.team import full_team

TAB = """\
statement: How far does the tab go?
formulation:
  idealisation: plane_stress
  geometry:
    file: tab.step
    boundaries:
      pulled: {kind: circle, center: [0.1, 0.02], radius: 0.02}
  materials: {tab: structural_steel}
  supports: [{boundary: left, x: 0.0, y: 0.0}]
  loads: [{kind: traction, boundary: pulled, x: 1 MPa}]
  wanted: [{name: held, kind: reaction, boundary: left, component: x}]
"""


@pytest.fixture
def tab(tmp_path: Path) -> Path:
    (tmp_path / "tab.step").write_bytes(made.written(made.tab(), tmp_path))
    path = tmp_path / "tab.yaml"
    path.write_text(TAB, encoding="utf-8")
    return path


def refusal(path: Path) -> str:
    with pytest.raises(ProblemError) as caught:
        load_problem(str(path))
    return str(caught.value)


def test_a_face_with_an_arc_is_a_profile_in_metres(tab: Path) -> None:
    formulation = load_problem(str(tab)).formulation
    assert formulation is not None
    shape = formulation.geometry.regions["tab"]
    assert isinstance(shape, Profile)
    assert outline(shape).area == pytest.approx(0.1 * 0.04 + pi / 2 * 0.02**2, rel=1e-5)
    assert body(formulation.geometry).bounds == pytest.approx((0.0, 0.0, 0.12, 0.04))


def test_named_edges_are_boundaries_unless_the_problem_says_otherwise(tab: Path) -> None:
    formulation = load_problem(str(tab)).formulation
    assert formulation is not None
    geometry = formulation.geometry
    assert set(geometry.boundaries) == {"bottom", "round_end", "top", "left", "pulled"}
    whole, parts = body(geometry), geometry.outline_parts
    assert boundary_part(whole, parts["left"]).bounds == pytest.approx((0, 0, 0, 0.04))
    assert boundary_part(whole, parts["round_end"]).length == pytest.approx(pi * 0.02, rel=1e-4)
    tab.write_text(TAB.replace("pulled: {", "left: {kind: line, axis: x, at: 0}\n      pulled: {"))
    again = load_problem(str(tab)).formulation
    assert again is not None
    assert again.geometry.boundaries["left"].kind == "line"


def test_what_is_stored_needs_no_file_and_tells_which_it_was(tab: Path) -> None:
    formulation = load_problem(str(tab)).formulation
    assert formulation is not None
    (tab.parent / "tab.step").unlink()
    text = formulation.model_dump_json()
    assert Formulation.model_validate_json(text) == formulation
    assert '"file"' not in text
    (told,) = [item for item in formulation.assumptions if item.about == "geometry_file"]
    assert told.value.startswith("tab.step, sha256 ")


@pytest.mark.parametrize(
    ("units", "factor"), [(str, 1.0), (made.in_metres, 1e3), (made.in_inches, 25.4)]
)
def test_the_unit_of_the_file_is_kept(units, factor, tmp_path: Path) -> None:
    geometry = read_step(made.written(made.tab(), tmp_path, units), solid=False)
    assert body(geometry).bounds == pytest.approx((0, 0, 0.12 * factor, 0.04 * factor))


def test_a_file_in_a_wrong_unit_is_noticed_by_its_boundaries(tab: Path) -> None:
    step = tab.parent / "tab.step"
    step.write_bytes(made.in_metres(step.read_text()).encode())
    told = refusal(tab)
    assert "tab.yaml:7: formulation.geometry.boundaries.pulled: no edge of the body lies" in told
    assert "fills x, y from 0, 0, 120, 40" in told


def test_faces_are_regions_with_holes_and_names(tmp_path: Path) -> None:
    geometry = read_step(made.written(made.two_with_a_hole(), tmp_path), solid=False)
    assert list(geometry.regions) == ["left", "right_part"]
    left, right = geometry.regions.values()
    assert isinstance(left, Polygon)
    assert isinstance(right, Difference)
    assert right.remove[0].kind == "disk"
    assert body(geometry).area == pytest.approx(2e-4 - pi * 4e-6, rel=1e-5)


def test_faces_without_names_are_numbered(tmp_path: Path) -> None:
    shape = made.two_with_a_hole()
    for face in shape.faces:
        face.name = ""
    assert list(read_step(made.written(shape, tmp_path), solid=False).regions) == [
        "region_1",
        "region_2",
    ]


@pytest.mark.parametrize(
    ("shape", "told"),
    [
        (made.block, "holds 1 solid, and a body of the plane needs plane faces"),
        (made.upright, "its faces reach from z = 0 m to z = 0.005 m"),
        (made.outline_only, "holds no faces, but 2 edges; make a plane face"),
        (made.with_a_spline, "face 1, edge 1 from (0.002, 0) to (0, 0) m is neither straight"),
    ],
)
def test_what_is_no_plane_region_is_refused(shape, told: str, tmp_path: Path) -> None:
    with pytest.raises(ProblemError) as caught:
        read_step(made.written(shape(), tmp_path), solid=False)
    assert told in str(caught.value)


def test_a_text_that_is_no_step_file_is_refused(tmp_path: Path) -> None:
    whole = made.written(made.tab(), tmp_path)
    for content, told in (
        (b"solid ascii stl", "is not a STEP file"),
        (whole[:3000], "ends too early"),
        (made.without_unit(whole.decode()).encode(), "states no unit of length"),
    ):
        with pytest.raises(ProblemError, match=told):
            read_step(content, solid=False)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("CIRCLE", "CIRKLE", "formulation.geometry.file: tab.step: "),
        (
            "ADVANCED_FACE('tab',(#",
            "ADVANCED_FACE('tab',((#",
            "formulation.geometry.file: tab.step: ",
        ),
        ("EDGE_CURVE('bottom'", "EDGE_CURV('bottom'", "the outline is not closed"),
    ],
)
def test_a_broken_file_is_a_fault_and_no_crash(
    old: str, new: str, told: str, tab: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    step = tab.parent / "tab.step"
    text = step.read_text()
    assert old in text
    step.write_text(text.replace(old, new))
    capfd.readouterr()
    assert told in refusal(tab)
    assert capfd.readouterr() == ("", "")


def test_faults_name_the_line_and_the_file(tab: Path) -> None:
    step = tab.parent / "tab.step"
    step.write_bytes(b"nothing")
    assert refusal(tab).startswith(f"{tab}:5: formulation.geometry.file: tab.step: is not a STEP")
    step.unlink()
    assert "tab.yaml:5: formulation.geometry.file: tab.step: there is no such file" in refusal(tab)
    tab.write_text(TAB.replace("tab.step", "tab.dwg"))
    assert "tab.dwg: files of this kind are not read; known endings: .step" in refusal(tab)
    tab.write_text(TAB.replace("file: tab.step", "file: 3"))
    assert "give the name of a file" in refusal(tab)
    tab.write_text(TAB.replace("    file:", "    regions: {tab: {kind: disk}}\n    file:"))
    assert "leave out either file or regions" in refusal(tab)


async def test_the_stepped_bar_has_petersons_stress(tmp_path: Path) -> None:
    answer = await solve(load_problem("stepped-bar"), full_team(), folder=tmp_path)
    assert isinstance(answer, Answer)
    assert answer.claim_level == "verified", answer.note
    stress, force = answer.quantities
    # By elements of order 7 graded to the corners; Peterson's chart gives 174.5 MPa.
    assert stress.value == pytest.approx(174.974e6, abs=stress.error_bound)
    assert stress.value == pytest.approx(174.5e6, rel=0.02)
    assert force.value == pytest.approx(-100e6 * 0.02 * 0.005, rel=1e-6)
    assert "peterson" not in str(answer.assumptions).lower()


def test_the_sides_of_the_stepped_bar_are_named_in_its_file() -> None:
    formulation = load_problem("stepped-bar").formulation
    assert formulation is not None
    fillet = formulation.geometry.boundaries["fillet"]
    assert fillet == OnSides(region="bar", sides=(3,))
    assert body(formulation.geometry).area == pytest.approx(
        0.06 * 0.03 + 0.06 * 0.02 + (1 - pi / 4) * 0.01**2, rel=1e-6
    )
