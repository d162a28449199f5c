"""Modal and buckling problems that cannot be: each fault is named, with its field."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from mechagents.mechanics.formulation import Formulation

BAR: dict[str, Any] = {
    "idealisation": "plane_stress",
    "geometry": {
        "regions": {"bar": {"kind": "rectangle", "size": [2.0, 1.0]}},
        "boundaries": {"left": {"kind": "line", "axis": "x", "at": 0.0},
                       "right": {"kind": "line", "axis": "x", "at": 2.0}},
    },
    "materials": {"bar": {"youngs_modulus": 2e9, "poisson_ratio": 0.25, "density": 1000}},
}  # fmt: skip
PUSH = {"kind": "traction", "boundary": "right", "x": -1.0}
HELD = {"boundary": "left", "x": 0.0, "y": 0.0}
FREQUENCY = {"name": "f", "kind": "frequency", "number": 3}
FACTOR = {"name": "l", "kind": "buckling_factor", "number": 2}


def modal(**changes: Any) -> dict[str, Any]:
    return {**BAR, "analysis": "modal", "wanted": [FREQUENCY], **changes}


def buckling(**changes: Any) -> dict[str, Any]:
    whole = {"supports": [HELD], "loads": [PUSH], "wanted": [FACTOR]}
    return {**BAR, "analysis": "buckling", **whole, **changes}


def fault(problem: dict[str, Any]) -> str:
    with pytest.raises(ValidationError) as caught:
        Formulation.model_validate(problem)
    return str(caught.value.errors()[0]["msg"]).removeprefix("Value error, ")


def test_a_free_body_has_modes_up_to_the_highest_wanted_or_drawn() -> None:
    found = Formulation.model_validate(modal())
    assert found.modes == 3
    assert found.unit(found.wanted[0]) == "Hz"
    drawn = modal(pictures=[{"file": "m.png", "field": "displacement", "mode": 7}])
    assert Formulation.model_validate(drawn).modes == 7


def test_a_buckling_factor_is_a_number() -> None:
    found = Formulation.model_validate(buckling())
    assert (found.modes, found.unit(found.wanted[0])) == (2, "1")


def test_a_modal_problem_needs_densities() -> None:
    light = {"bar": {"youngs_modulus": 2e9, "poisson_ratio": 0.25}}
    assert fault(modal(materials=light)) == "materials.bar.density: is needed for analysis: modal"


def test_a_modal_problem_has_no_loads() -> None:
    assert fault(modal(loads=[PUSH])).startswith("loads.0: free vibration has no loads")


@pytest.mark.parametrize("value", [1e-3, {"formula": "x"}])
def test_a_modal_support_holds_nothing_but_zero(value: object) -> None:
    moved = [{"boundary": "left", "y": 0.0}, {"boundary": "right", "x": value}]
    assert fault(modal(supports=moved)).startswith("supports.1.x: in a modal problem")


def test_static_quantities_are_none_of_a_modal_problem() -> None:
    wanted = [FREQUENCY, {"name": "u", "kind": "displacement", "component": "x", "at": [1, 0.5]}]
    assert fault(modal(wanted=wanted)).startswith("wanted.1.kind: a modal problem has frequencies")


def test_modes_are_none_of_a_static_problem() -> None:
    static = {**BAR, "supports": [HELD]}
    assert fault({**static, "wanted": [FREQUENCY]}).startswith("wanted.0.kind: a frequency needs")
    assert fault({**static, "wanted": [FACTOR]}).startswith("wanted.0.kind: a buckling_factor")


def test_a_static_body_still_has_to_be_held() -> None:
    wanted = [{"name": "e", "kind": "strain_energy"}]
    assert fault({**BAR, "wanted": wanted}).startswith("supports: is empty, so the body floats")


def test_a_body_that_buckles_has_to_be_held() -> None:
    assert fault(buckling(supports=[])).startswith("supports: is empty, so the body floats")


def test_an_axisymmetric_body_cannot_buckle_yet() -> None:
    assert fault(buckling(idealisation="axisymmetric")).startswith("idealisation: ")


def test_a_pressure_would_turn_as_the_body_buckles() -> None:
    pressed = [{"kind": "pressure", "boundary": "right", "value": 1.0}]
    assert fault(buckling(loads=pressed)).startswith("loads.0.kind: a pressure turns")


def test_a_buckling_problem_asks_for_a_factor() -> None:
    wanted = [{"name": "e", "kind": "strain_energy"}]
    assert fault(buckling(wanted=wanted)).startswith("wanted: a buckling problem asks for")


@pytest.mark.parametrize(
    ("problem", "picture", "field"),
    [
        (modal(), {"field": "displacement"}, "mode"),
        (modal(), {"field": "von_mises", "mode": 1}, "field"),
        ({**BAR, "supports": [HELD], "wanted": [{"name": "e", "kind": "strain_energy"}]},
         {"field": "displacement", "mode": 1}, "mode"),
    ],
)  # fmt: skip
def test_only_displacement_of_a_mode_that_there_is_can_be_drawn(
    problem: dict[str, Any], picture: dict[str, Any], field: str
) -> None:
    told = fault({**problem, "pictures": [{"file": "p.png", **picture}]})
    assert told.startswith(f"pictures.0.{field}: ")


@pytest.mark.parametrize("number", [0, 51, 1.5])
def test_modes_are_counted_from_one(number: float) -> None:
    assert fault(modal(wanted=[{**FREQUENCY, "number": number}]))


SOLID: dict[str, Any] = {
    "idealisation": "solid",
    "geometry": {
        "regions": {"bar": {"kind": "box", "size": [2.0, 0.2, 0.1]}},
        "boundaries": {
            "foot": {"kind": "plane", "axis": "x", "at": 0.0},
            "top": {"kind": "plane", "axis": "x", "at": 2.0},
        },
    },
}


def test_a_solid_that_nothing_holds_may_vibrate() -> None:
    assert Formulation.model_validate(modal(**SOLID, supports=[])).modes == FREQUENCY["number"]


def test_a_solid_that_buckles_has_to_be_held_in_every_direction() -> None:
    slides = [{"boundary": "foot", "x": 0.0}]
    push = [{"kind": "traction", "boundary": "top", "x": -1e6}]
    told = fault(buckling(**SOLID, supports=slides, loads=push))
    assert told.startswith("supports: the body floats: nothing prevents translation in y")
