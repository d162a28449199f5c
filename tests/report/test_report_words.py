"""A formulation in words says what the formulation says."""

from __future__ import annotations

from typing import get_args

import pytest
from pydantic import TypeAdapter

from mechagents.mechanics.formulation import (
    BodyForce,
    Formulation,
    Support,
    Traction,
    Wanted,
)
from mechagents.mechanics.geometry import AtPoint, Boundary, OnCircle, OnLine, OnSegment, Shape
from mechagents.messages import AlternativeReading, ClaimLevel, Quantity, Settings
from mechagents.report.laws import motion_words
from mechagents.report.words import (
    CLAIM_MEANING,
    CLAIM_TONE,
    boundary_words,
    load_words,
    reading_words,
    settings_words,
    shape_words,
    support_words,
    usage_words,
    wanted_words,
)

RECTANGLE = {"kind": "rectangle", "size": [2.0, 1.0]}
DISK = {"kind": "disk", "center": [1.0, 0.5], "radius": 0.25}


def test_every_claim_level_has_a_meaning_of_one_sentence():
    for level in get_args(ClaimLevel):
        assert CLAIM_MEANING[level].endswith(".")
        assert CLAIM_MEANING[level].count(".") == 1
        assert CLAIM_TONE[level]


def test_only_converged_and_verified_are_shown_as_good():
    assert {level for level, tone in CLAIM_TONE.items() if tone == "good"} == {
        "converged",
        "verified",
    }


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        (RECTANGLE, "rectangle 2 m × 1 m from (0, 0) m"),
        (
            {"kind": "difference", "base": RECTANGLE, "remove": [DISK]},
            "rectangle 2 m × 1 m from (0, 0) m less disk of radius 0.25 m about (1, 0.5) m",
        ),
        (
            {
                "kind": "difference",
                "base": {"kind": "union", "shapes": [RECTANGLE, DISK]},
                "remove": [DISK],
            },
            "(rectangle 2 m × 1 m from (0, 0) m and disk of radius 0.25 m about (1, 0.5) m) "
            "less disk of radius 0.25 m about (1, 0.5) m",
        ),
        (
            {"kind": "polygon", "points": [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]},
            "polygon through (0, 0), (1, 0), (0, 1) m",
        ),
        (
            {"kind": "polygon", "points": [[0.0, float(i * i)] for i in range(15)]},
            "and 3 more m",
        ),
        ({"kind": "intersection", "shapes": [RECTANGLE, DISK]}, "have in common"),
    ],
)
def test_a_shape_is_told_with_its_numbers(shape: dict[str, object], words: str):
    assert words in shape_words(TypeAdapter(Shape).validate_python(shape))


@pytest.mark.parametrize(
    ("boundary", "words"),
    [
        (OnLine(axis="x", at=0.0), "x = 0 m"),
        (OnLine(axis="y", at=1.0, between=(0.2, 0.4)), "y = 1 m, x from 0.2 m to 0.4 m"),
        (OnCircle(center=(0.0, 0.0), radius=0.2), "circle of radius 0.2 m about (0, 0) m"),
        (OnSegment(start=(0.0, 0.0), end=(1.0, 1.0)), "from (0, 0) m to (1, 1) m"),
        (AtPoint(at=(0.5, 0.0)), "the point (0.5, 0) m"),
    ],
)
def test_a_boundary_is_told_by_where_it_lies(boundary: Boundary, words: str):
    assert boundary_words(boundary) == words


def test_a_component_that_is_free_is_said_to_be_free():
    assert support_words(Support(boundary="right", x=0.02)) == "u_x = 20 mm, u_y free"
    assert support_words(Support(boundary="left", x=0.0, y=0.0)) == "u_x = 0, u_y = 0"


def test_a_load_names_only_the_components_that_act():
    assert load_words(Traction(boundary="right", y=-1e6)) == "t_y = -1 MPa"
    assert load_words(BodyForce(y=-24e3)) == "b_y = -24000 N/m^3"
    assert load_words(Traction(boundary="right")) == "t = 0"
    assert load_words(Traction(boundary="right", x=2e6, z=-1e6)) == "t_x = 2 MPa, t_z = -1 MPa"


def test_a_support_of_a_solid_tells_of_three_components():
    held = Support(boundary="left", x=0.0, z=1e-3)
    assert support_words(held, ("x", "y", "z")) == "u_x = 0, u_y free, u_z = 1 mm"


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ({"kind": "reaction", "boundary": "right", "component": "x"}, "force on right in x"),
        ({"kind": "strain_energy"}, "strain energy of the body"),
        ({"kind": "frequency", "number": 3}, "natural frequency of mode 3"),
        ({"kind": "buckling_factor", "number": 1}, "factor of the loads at buckling in mode 1"),
        ({"kind": "displacement", "component": "y", "at": [1.0, 0.0]},
         "displacement in y at (1, 0) m"),
        ({"kind": "displacement", "component": "magnitude", "extreme": "max"},
         "largest magnitude displacement in the body"),
        ({"kind": "stress", "component": "von_mises", "extreme": "max", "region": "plate"},
         "largest von mises stress in plate"),
        ({"kind": "stress", "component": "xy", "extreme": "max_abs"},
         "largest absolute stress σ_xy in the body"),
    ],
)  # fmt: skip
def test_a_wanted_quantity_is_told(wanted: dict[str, object], words: str):
    item: Wanted = TypeAdapter(Wanted).validate_python({"name": "q", **wanted})
    assert wanted_words(item) == words


def test_settings_say_when_the_mesh_is_the_programs_own():
    assert settings_words(Settings()) == "the program's own mesh"
    given = Settings(mesh_size=0.02, element_order=2, options={"solver": "direct"})
    assert settings_words(given) == "mesh size 20 mm, order 2, solver = direct"


def test_another_reading_shows_what_it_would_change_in_the_quantitys_unit():
    reading = AlternativeReading(
        value="plane_strain", changes={"force": 2.01e9}, relative={"force": 0.058}
    )
    known = (Quantity(name="force", value=1.9e9, unit="N/m"),)
    assert reading_words(reading, known) == "plane_strain: force 2.010 GN/m, +5.8%"
    assert reading_words(AlternativeReading(value="fixed"), known) == "fixed"


def test_tokens_and_cost_are_named_only_where_there_are_any():
    assert usage_words(1, 0, 0.0) == "1 model call"
    assert usage_words(3, 1200, 0.0123) == "3 model calls, 1,200 tokens, cost 0.0123 USD"


def test_an_outline_and_its_sides_are_told():
    sides = [
        {"kind": "straight", "to": [1.0, 0.0]},
        {"kind": "arc", "through": [0.0, 1.0], "to": [-1.0, 0.0]},
        {"kind": "straight", "to": [0.0, 0.0]},
    ]
    shape = TypeAdapter(Shape).validate_python(
        {"kind": "profile", "start": [0.0, 0.0], "sides": sides}
    )
    assert shape_words(shape) == (
        "outline from (0, 0) m straight to (1, 0), anticlockwise with radius 1 m to (-1, 0), "
        "straight to (0, 0)"
    )
    boundary = TypeAdapter(Boundary).validate_python(
        {"kind": "sides", "region": "half", "sides": [0, "rim"]}
    )
    assert boundary_words(boundary) == "sides 0, rim of half"


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (
            {"kind": "velocity", "component": "x", "at": [1.0, 0.0], "time": 2e-4},
            "velocity in x at (1, 0) m at 0.0002 s",
        ),
        (
            {"kind": "reaction", "boundary": "left", "component": "x", "over_time": "max_abs"},
            "largest absolute force on left in x at any time",
        ),
        (
            {
                "kind": "displacement",
                "component": "magnitude",
                "at": [1.0, 0.0],
                "over_time": "max",
            },
            "largest magnitude displacement at (1, 0) m at any time",
        ),
    ],
)
def test_what_is_wanted_of_a_motion_says_when(wanted, words):
    found = TypeAdapter(Wanted).validate_python({"name": "it", **wanted})
    assert wanted_words(found) == words


def test_a_motion_says_how_it_is_driven():
    f = Formulation.model_validate(
        {
            "analysis": "transient", "idealisation": "plane_stress", "end_time": "2 ms",
            "geometry": {"regions": {"bar": RECTANGLE},
                         "boundaries": {"left": {"kind": "line", "axis": "x", "at": 0.0}}},
            "materials": {"bar": {"youngs_modulus": 1e9, "poisson_ratio": 0.3, "density": 1000}},
            "loads": [{"kind": "body_force", "x": 1.0}], "time_course": [[0, 0], ["1 ms", 1]],
            "initial_velocity": [2.0, 0.0], "damping": {"mass": 3.0},
            "wanted": [{"name": "u", "kind": "displacement", "component": "x", "at": [0, 0],
                        "time": 0.0}],
        }
    )  # fmt: skip
    assert motion_words(f) == (
        "from 0 to 0.002 s, loads times 0 at 0 s → 1 at 0.001 s, at first at (2, 0) m/s, "
        "damping 3 1/s times the mass and 0 s times the stiffness"
    )
    sudden = f.model_copy(update={"time_course": ((0.0, 1.0),), "initial_velocity": (0.0, 0.0)})
    assert "loads in full from the beginning" in motion_words(sudden)
    assert settings_words(Settings(time_steps=80)) == "the program's own mesh, 80 steps of time"
