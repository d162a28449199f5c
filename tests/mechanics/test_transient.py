"""What a problem of motion in time must have, and what it must not."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from pydantic import ValidationError

from mechagents.mechanics.formulation import Formulation

BAR: dict[str, Any] = {
    "analysis": "transient",
    "idealisation": "plane_stress",
    "geometry": {
        "regions": {"bar": {"kind": "rectangle", "size": [1.0, 0.1]}},
        "boundaries": {
            "left": {"kind": "line", "axis": "x", "at": 0.0},
            "right": {"kind": "line", "axis": "x", "at": 1.0},
            "bottom": {"kind": "line", "axis": "y", "at": 0.0},
        },
    },
    "materials": {"bar": {"youngs_modulus": 2e11, "poisson_ratio": 0.0, "density": 8000}},
    "supports": [{"boundary": "left", "x": 0.0, "y": 0.0}],
    "loads": [{"kind": "traction", "boundary": "right", "x": 1e6}],
    "end_time": "1 ms",
    "wanted": [
        {"name": "tip", "kind": "displacement", "component": "x", "at": [1.0, 0.0], "time": 5e-4}
    ],
}


def changed(**fields: Any) -> dict[str, Any]:
    return {**deepcopy(BAR), **fields}


def wanted(**fields: Any) -> dict[str, Any]:
    return changed(wanted=[{**BAR["wanted"][0], **fields}])


def test_times_take_units_and_survive_json() -> None:
    problem = changed(time_course=[[0, 0], ["0.1 ms", 2]], initial_velocity=["36 km/h", 0],
                      damping={"mass": "10 Hz", "stiffness": "1 us"})  # fmt: skip
    found = Formulation.model_validate(problem)
    assert found.end_time == pytest.approx(1e-3)
    assert found.time_course[1] == (pytest.approx(1e-4), 2.0)
    assert found.initial_velocity == (pytest.approx(10.0), 0.0)
    assert Formulation.model_validate_json(found.model_dump_json()) == found


def test_a_course_of_any_kind_survives_json() -> None:
    for course in ([[0, 0], ["1 ms", 1]], {"kind": "smooth", "table": [[0, 0], ["1 ms", 1]]},
                   {"kind": "sine", "frequency": "50 Hz"},
                   {"kind": "half_sine", "duration": "11 ms"}):  # fmt: skip
        found = Formulation.model_validate(moved(course, time_course=course))
        assert Formulation.model_validate_json(found.model_dump_json()) == found
        assert found.supports[0].course == found.time_course


def test_a_support_that_moves_is_enough_to_move_a_body() -> None:
    Formulation.model_validate(changed(supports=[MOVED], loads=[]))


def test_a_body_in_motion_need_not_be_held() -> None:
    Formulation.model_validate(changed(supports=[]))


def test_a_solid_at_rest_has_a_velocity_of_three_components() -> None:
    solid = changed(
        idealisation="solid",
        geometry={
            "regions": {"bar": {"kind": "box", "size": [1.0, 0.1, 0.1]}},
            "boundaries": {"right": {"kind": "plane", "axis": "x", "at": 1.0}},
        },
        supports=[],
        wanted=[{**BAR["wanted"][0], "at": [1.0, 0.0, 0.0]}],
    )
    found = Formulation.model_validate(solid)
    assert found.initial_velocity == (0.0, 0.0, 0.0)
    assert found.amended({"initial_velocity": [0.0, 0.0, 2.0]}).initial_velocity == (0.0, 0.0, 2.0)


MOVED: dict[str, Any] = {
    "boundary": "left", "x": 1e-3, "course": {"kind": "sine", "frequency": "50 Hz"}
}  # fmt: skip


def moved(course: Any, x: float = 1e-3, **fields: Any) -> dict[str, Any]:
    return changed(supports=[{"boundary": "left", "x": x, "course": course}], **fields)


FAULTS: list[tuple[dict[str, Any], str]] = [
    (changed(end_time=None), "end_time: is needed"),
    (changed(time_course=[[1e-4, 1]]), "time_course.0: begins at the time 0"),
    (changed(time_course=[[0, 0], [0, 1]]), "time_course.1: a time is later"),
    (changed(time_course=[[0, 1e9]]), "time_course.0: a factor"),
    (changed(time_course=[[t, t] for t in range(51)]), "time_course: at most 50"),
    (changed(time_course=[[0, 0]]), "loads: nothing moves the body"),
    (changed(loads=[]), "loads: nothing moves the body"),
    (changed(loads=[{"kind": "temperature", "change": 10}]), "loads.0.kind: a change of temp"),
    (changed(supports=[{"boundary": "left", "x": 1e-3}]), "supports.0.x: a support that moves"),
    (moved([[0, 0.5], [1e-3, 1]]), "supports.0.course: begins with the factor 0"),
    (moved({"kind": "smooth", "table": [[0, 1]]}), "supports.0.course: begins with the factor 0"),
    (moved([[1e-3, 0]]), "supports.0.course.0: begins at the time 0"),
    (moved({"kind": "smooth", "table": [[0, 0], [0, 1]]}), "course.table.1: a time is later"),
    (moved({"kind": "sine", "frequency": 0}), "supports.0.course.sine.frequency"),
    (moved({"kind": "chirp"}), "supports.0.course"),
    (moved([[0, 0], [1, 1]], x=0.0), "supports.0.course: has nothing to multiply"),
    (moved([[0, 0]], loads=[]), "loads: nothing moves the body"),
    (
        changed(supports=[{"boundary": "left", "symmetry": True, "course": [[0, 0]]}]),
        "course: a symmetry holds still",
    ),
    (
        changed(supports=[MOVED, {"boundary": "bottom", "x": 1e-3, "course": [[0, 0], [1, 1]]}]),
        "supports.1.x: 'bottom' at (0, 0) meets 'left', which is already moved by another course",
    ),
    (
        changed(supports=[MOVED, {"boundary": "bottom", "x": 0}]),
        "supports.1.x: 'bottom' at (0, 0) meets 'left', which is already displaced by 0.001 m",
    ),
    (changed(load_path=[1.0, 0.0]), "load_path: only plasticity"),
    (changed(materials={"bar": {"youngs_modulus": 1e9, "poisson_ratio": 0.3}}), "bar.density: is"),
    (changed(idealisation="axisymmetric", initial_velocity=[1, 0]), "initial_velocity.0: a body"),
    (changed(initial_velocity=[1, 0, 0]), "initial_velocity: is two numbers"),
    (wanted(time=None), "wanted.0.time: is missing"),
    (wanted(over_time="max"), "wanted.0.time: give either"),
    (wanted(time=2e-3), "wanted.0.time: is from 0 to the end_time"),
    (wanted(time=None, over_time="max", at=None, extreme="max"), "wanted.0.over_time: is taken at"),
    (wanted(time=None, over_time="max", kind="stress", component="xx"), "over_time: is for displ"),
    (wanted(time=None, over_time="max", kind="strain", component="xx"), "over_time: is for disp"),
    (wanted(at=[3.0, 0.0], kind="velocity"), "wanted.0.at: the point (3.0, 0.0) lies outside"),
    (changed(pictures=[{"file": "a.png", "field": "displacement", "mode": 1}]), "has no modes"),
    (
        {**moved([[0, 0], [1, 1]]), "analysis": "static_linear", "end_time": None},
        "supports.0.course: needs analysis: transient, not static_linear",
    ),
    (
        changed(analysis="static_linear"),
        "end_time: needs analysis: transient, not static_linear",
    ),
    (
        {**wanted(kind="velocity"), "analysis": "static_linear", "end_time": None},
        "wanted.0.kind: a velocity needs analysis: transient",
    ),
]


@pytest.mark.parametrize(("problem", "told"), FAULTS, ids=[told for _, told in FAULTS])
def test_what_does_not_go_is_told_by_its_field(problem: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Formulation.model_validate(problem)
    assert told in str(caught.value)
