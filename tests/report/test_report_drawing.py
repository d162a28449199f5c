"""The drawing shows the body that is formulated, with what holds and drives it."""

from __future__ import annotations

import math
import re
from xml.etree import ElementTree as ET

import pytest
import report_conversations as made
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from stepped import stepped

from mechagents.mechanics.formulation import Formulation
from mechagents.mechanics.geometry import OnLine
from mechagents.mechanics.shapes import body, boundary_part
from mechagents.report.drawing import HEIGHT, WIDTH, draw
from mechagents.report.edges import disks, marks_along, unit
from mechagents.report.svg import Canvas, Scale

SPACE = "{http://www.w3.org/2000/svg}"


def parts(formulation: Formulation, kind: str) -> list[ET.Element]:
    """Return the elements of a drawing that carry a class."""
    root = ET.fromstring(draw(formulation))
    return [element for element in root if kind in element.get("class", "").split()]


def texts(formulation: Formulation) -> list[str]:
    return [e.text or "" for e in ET.fromstring(draw(formulation)).iter(f"{SPACE}text")]


def test_a_plate_shows_its_names_dimensions_and_wanted_point():
    assert {"left", "right", "1 m", "R 0.2 m", "sigma_at", "x", "y"} <= set(texts(made.plate()))


def test_a_hole_is_cut_out_of_the_region():
    (region,) = parts(made.plate(), "region")
    assert region.get("d", "").count("M") == 2
    whole = {"plate": {"kind": "rectangle", "size": [1.0, 1.0]}}
    geometry = made.plate().geometry.model_dump() | {"regions": whole}
    (region,) = parts(made.plate(geometry=geometry), "region")
    assert region.get("d", "").count("M") == 1


def test_a_fixed_edge_is_hatched_and_a_moved_one_has_arrows():
    assert parts(made.plate(), "hatch")
    assert parts(made.plate(), "given")
    assert not parts(made.plate(), "roller")
    assert not parts(made.plate(), "load")


def test_an_edge_held_in_one_direction_has_rollers():
    held = made.plate(supports=[{"boundary": "left", "x": 0.0, "y": 0.0},
                                {"boundary": "top", "y": 0.0}], wanted=[
        {"name": "e", "kind": "strain_energy"}])  # fmt: skip
    assert parts(held, "roller")
    assert not parts(held, "given")


def arrow_ends(formulation: Formulation, kind: str) -> list[tuple[float, float]]:
    """Return the direction of each arrow of a kind, on the page."""
    found: list[tuple[float, float]] = []
    for path in parts(formulation, kind):
        if "line" in path.get("class", ""):
            start, end = path.get("d", "").lstrip("M").split("L")
            (x0, y0), (x1, y1) = (map(float, p.split()) for p in (start, end))
            found.append(unit(x1 - x0, y1 - y0))
    return found


@pytest.mark.parametrize(
    ("load", "towards"),
    [({"x": 1e6}, (1.0, 0.0)), ({"x": -1e6}, (-1.0, 0.0)), ({"y": 2e6}, (0.0, -1.0))],
)
def test_traction_arrows_point_where_the_traction_does(
    load: dict[str, float], towards: tuple[float, float]
):
    loaded = made.plate(
        supports=[{"boundary": "left", "x": 0.0, "y": 0.0}],
        loads=[{"kind": "traction", "boundary": "right", **load}],
        wanted=[{"name": "e", "kind": "strain_energy"}],
    )
    arrows = arrow_ends(loaded, "load")
    assert len(arrows) >= 5
    assert all(math.dist(arrow, towards) < 1e-2 for arrow in arrows)


@pytest.mark.parametrize(
    ("moved", "towards"),
    [({"x": -0.01}, (-1.0, 0.0)), ({"x": 0.0, "y": 0.1}, (0.0, -1.0)), ({"y": -1.0}, (0.0, 1.0))],
)
def test_arrows_of_a_prescribed_displacement_point_where_it_goes(
    moved: dict[str, float], towards: tuple[float, float]
):
    pushed = made.plate(
        supports=[{"boundary": "left", "x": 0.0, "y": 0.0}, {"boundary": "right", **moved}],
        wanted=[{"name": "e", "kind": "strain_energy"}],
    )
    arrows = arrow_ends(pushed, "given")
    assert len(arrows) >= 5
    assert all(math.dist(arrow, towards) < 1e-2 for arrow in arrows)


def test_a_body_force_is_one_arrow_downwards_on_the_page():
    heavy = made.plate(loads=[{"kind": "body_force", "y": -9e4}])
    (arrow,) = arrow_ends(heavy, "load")
    assert math.dist(arrow, (0.0, 1.0)) < 1e-2


def test_small_bodies_are_dimensioned_in_millimetres():
    small = Formulation.model_validate(
        {
            "idealisation": "axisymmetric",
            "geometry": {
                "regions": {"wall": {"kind": "rectangle", "origin": [0.05, 0.0],
                                     "size": [0.05, 0.02]}},
                "boundaries": {"bottom": {"kind": "line", "axis": "y", "at": 0.0}},
            },
            "materials": {"wall": {"youngs_modulus": 1e9, "poisson_ratio": 0.3}},
            "supports": [{"boundary": "bottom", "y": 0.0}],
            "wanted": [{"name": "e", "kind": "strain_energy"}],
        }
    )  # fmt: skip
    assert {"50 mm", "20 mm", "r = 50 mm", "r", "z"} <= set(texts(small))


@settings(max_examples=25, deadline=None)
@given(
    st.floats(1e-4, 1e3),
    st.floats(0.02, 50.0),
    st.floats(0.1, 0.9),
    st.floats(0.05, 0.45),
)
def test_any_plate_with_a_hole_is_drawn_within_the_page(
    wide: float, aspect: float, place: float, share: float
):
    tall = wide * aspect
    radius = share * min(wide, tall) * min(place, 1 - place) * 2
    hole = {"kind": "disk", "center": [place * wide, 0.5 * tall], "radius": radius}
    base = {"kind": "rectangle", "size": [wide, tall]}
    formulation = made.plate(
        geometry={
            "regions": {"plate": {"kind": "difference", "base": base, "remove": [hole]}},
            "boundaries": {
                "left": {"kind": "line", "axis": "x", "at": 0.0},
                "right": {"kind": "line", "axis": "x", "at": wide},
            },
        },
        wanted=[{"name": "e", "kind": "strain_energy"}],
    )
    root = ET.fromstring(draw(formulation))
    for path in root.iter(f"{SPACE}path"):
        numbers = [float(n) for n in re.findall(r"[-\d.a-z]+", path.get("d", ""))]
        assert all(-1 < number < max(WIDTH, HEIGHT) + 1 for number in numbers)


def test_marks_on_a_hole_point_into_the_hole():
    f = made.plate()
    whole = body(f.geometry)
    rim = shapely.Point(0.5, 0.5).buffer(0.2, quad_segs=128).exterior
    marks = list(marks_along(whole, rim, 0.1))
    assert 10 <= len(marks) <= 15
    for (x, y), (out_x, out_y) in marks:
        assert out_x * (0.5 - x) + out_y * (0.5 - y) > 0.19


def test_marks_on_an_outer_edge_point_away_from_the_body():
    whole = body(made.plate().geometry)
    edge = boundary_part(whole, OnLine(axis="x", at=1.0))
    assert all(math.dist(out, (1.0, 0.0)) < 1e-6 for _, out in marks_along(whole, edge, 0.1))


@pytest.mark.parametrize(
    ("at", "out"), [((0.0, 0.0), (0.0, -1.0)), ((0.0, 1.0), (-1.0, 0.0)), ((1.0, 0.4), (1.0, 0.0))]
)
def test_a_mark_at_a_point_points_out_of_the_body(
    at: tuple[float, float], out: tuple[float, float]
):
    whole = shapely.box(0, 0, 1, 1)
    assert list(marks_along(whole, shapely.Point(at), 0.1)) == [(at, out)]


def test_disks_are_found_however_deep_they_are_cut():
    regions = made.plate().geometry.regions
    assert [disk.radius for disk in disks(regions["plate"])] == [0.2]


def test_the_page_counts_downwards_and_the_body_upwards():
    scale = Scale(low_x=1.0, high_y=3.0, factor=10.0, left=5.0, top=7.0)
    assert scale(1.0, 3.0) == (5.0, 7.0)
    assert scale(2.0, 1.0) == (15.0, 27.0)


def test_what_is_written_on_a_canvas_cannot_become_an_element():
    canvas = Canvas(10, 10, "</title><script>")
    canvas.text((1, 1), "</text><script>\x1b", "name")
    shown = str(canvas)
    assert "<script" not in shown
    assert "␛" in shown
    assert [e.tag for e in ET.fromstring(shown)] == [f"{SPACE}title", f"{SPACE}text"]


def test_an_arrow_of_no_length_is_not_drawn():
    canvas = Canvas(10, 10, "")
    canvas.arrow((1, 1), (1, 1), "load")
    assert len(ET.fromstring(str(canvas))) == 1


def test_the_radius_of_a_fillet_is_written_beside_it():
    drawing = draw(stepped())
    assert drawing.count("R 10 mm") == 1
    assert "pulled" in drawing
