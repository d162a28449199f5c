"""Areas, outlines and places of plane geometry, against closed forms."""

from __future__ import annotations

from math import acos, isclose, pi, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stepped import profile, stepped

from mechagents.mechanics.geometry import (
    AtPoint,
    Boundary,
    Difference,
    Disk,
    Geometry,
    Intersection,
    OnCircle,
    OnLine,
    OnSegment,
    Polygon,
    Rectangle,
    Union,
)
from mechagents.mechanics.shapes import body, boundary_part, contains, outline, size

SQUARE = Rectangle(size=(1.0, 1.0))
HOLE = Disk(center=(0.5, 0.5), radius=0.2)
HOLED = Difference(base=SQUARE, remove=(HOLE,))
# Where curves are polygons of 512 sides, a measure is this good.
ROUND = 1e-4
lengths = st.floats(1e-3, 1e3)
places = st.tuples(st.floats(-1e3, 1e3), st.floats(-1e3, 1e3))


@given(places, lengths, lengths)
def test_a_rectangle_has_the_area_of_its_sides(
    origin: tuple[float, float], width: float, height: float
) -> None:
    made = outline(Rectangle(origin=origin, size=(width, height)))
    assert isclose(made.area, width * height, rel_tol=1e-6)


@given(places, lengths)
def test_a_disk_has_the_area_of_its_radius(center: tuple[float, float], radius: float) -> None:
    assert isclose(outline(Disk(center=center, radius=radius)).area, pi * radius**2, rel_tol=ROUND)


@given(st.integers(3, 40), lengths)
def test_a_regular_polygon_has_half_perimeter_times_apothem(sides: int, radius: float) -> None:
    from math import cos, sin

    points = tuple(
        (radius * cos(2 * pi * i / sides), radius * sin(2 * pi * i / sides)) for i in range(sides)
    )
    expected = sides * radius**2 * sin(pi / sides) * cos(pi / sides)
    assert isclose(outline(Polygon(points=points)).area, expected, rel_tol=1e-9)


@given(st.floats(0.05, 0.49))
def test_a_hole_takes_its_area_away(radius: float) -> None:
    holed = Difference(base=SQUARE, remove=(Disk(center=(0.5, 0.5), radius=radius),))
    assert isclose(outline(holed).area, 1 - pi * radius**2, rel_tol=ROUND)


@given(st.floats(0.1, 1.9))
def test_what_two_disks_share_is_a_lens(distance: float) -> None:
    one, two = Disk(center=(0, 0), radius=1.0), Disk(center=(distance, 0), radius=1.0)
    lens = 2 * acos(distance / 2) - distance / 2 * sqrt(4 - distance**2)
    shared = outline(Intersection(shapes=(one, two))).area
    joined = outline(Union(shapes=(one, two))).area
    assert isclose(shared, lens, rel_tol=1e-2, abs_tol=1e-3)
    assert isclose(shared + joined, 2 * pi, rel_tol=ROUND)


def test_a_hole_filled_again_leaves_the_whole_plate() -> None:
    filled = Geometry(regions={"plate": HOLED, "inclusion": HOLE})
    whole = body(filled)
    assert whole.area == pytest.approx(1.0, rel=1e-9)
    assert whole.boundary.length == pytest.approx(4.0, rel=1e-9)


def test_the_size_is_the_diagonal_of_the_box_around_all() -> None:
    assert size([outline(SQUARE), outline(Rectangle(origin=(2, 0), size=(1, 4)))]) == 5.0
    assert size([]) == 0.0


@pytest.mark.parametrize(
    ("boundary", "length"),
    [
        (OnLine(axis="x", at=0.0), 1.0),
        (OnLine(axis="y", at=1.0), 1.0),
        (OnLine(axis="x", at=0.0, between=(0.25, 0.75)), 0.5),
        (OnSegment(start=(0.0, 0.0), end=(0.0, 0.5)), 0.5),
        (OnCircle(center=(0.5, 0.5), radius=0.2), 2 * pi * 0.2),
        (OnLine(axis="x", at=0.5), 0.0),
        (OnLine(axis="x", at=1.1), 0.0),
        (OnCircle(center=(0.5, 0.5), radius=0.3), 0.0),
        (OnSegment(start=(0.2, 0.2), end=(0.8, 0.8)), 0.0),
    ],
)
def test_a_boundary_has_the_length_of_the_edge_that_it_names(
    boundary: Boundary, length: float
) -> None:
    found = boundary_part(body(Geometry(regions={"plate": HOLED})), boundary)
    assert found.length == pytest.approx(length, abs=2e-3)
    assert found.is_empty == (length == 0.0)


@pytest.mark.parametrize(
    ("at", "there"),
    [((0.0, 0.0), True), ((1.0, 0.3), True), ((0.1, 0.1), True), ((2.0, 0.0), False)],
)
def test_a_point_is_a_boundary_where_it_touches_the_body(
    at: tuple[float, float], there: bool
) -> None:
    assert boundary_part(outline(HOLED), AtPoint(at=at)).is_empty != there


@given(st.floats(0, 2 * pi), st.floats(0.0, 0.45))
def test_a_point_lies_inside_where_the_closed_form_says(angle: float, distance: float) -> None:
    from math import cos, sin

    point = (0.5 + distance * cos(angle), 0.5 + distance * sin(angle))
    if abs(distance - 0.2) > 1e-3:
        assert contains(outline(HOLED), point) == (distance > 0.2)


@pytest.mark.parametrize("radius", [0.01, 0.004, 0.001])
def test_a_circle_means_a_fillet_without_the_sides_that_touch_it(radius: float) -> None:
    whole = body(stepped(profile(radius)).geometry)
    fillet = OnCircle(center=(0.06 + radius, 0.02 + radius), radius=radius)
    assert isclose(boundary_part(whole, fillet).length, pi / 2 * radius, rel_tol=ROUND)
