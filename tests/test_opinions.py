"""A second reading of a question: what differs is an assumption or a question, never lost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from engineer import FORMULATION, PLATE, engineer, failure, run

from mechagents.agents.opinions import differences, reconciled
from mechagents.log import read_log
from mechagents.mechanics.formulation import Formulation
from mechagents.messages import Answer, Formulated, Question, Setup
from mechagents.team import full_team, team_from

ONE = FORMULATION.model_copy(update={"assumptions": ()})
LARGER = {"geometry.regions.plate.size": [1.0, 2.0], "geometry.boundaries.top.at": 2.0}


def renamed() -> Formulation:
    """Return the same formulation in other words: other names, order and wanted numbers."""
    text = ONE.model_dump_json(exclude_none=True)
    for old, new in (('"left"', '"clamp"'), ('"right"', '"grip"'), ('"plate"', '"sheet"')):
        text = text.replace(old, new)
    data = json.loads(text)
    data["supports"].reverse()
    data["title"] = "Something else"
    data["wanted"] = [{"name": "pull", "kind": "strain_energy"}]
    return Formulation.model_validate(data)


def read(first: Formulation, second: Formulation) -> Formulated | Question:
    return reconciled(Formulated(formulation=first), Formulated(formulation=second))


def test_other_names_and_another_order_are_no_difference() -> None:
    assert list(differences(ONE, renamed())) == []
    assert read(ONE, renamed()) == Formulated(formulation=ONE)


@pytest.mark.parametrize(
    ("amend", "about", "first", "second"),
    [
        ({"idealisation": "plane_strain"}, "idealisation", "plane_stress", "plane_strain"),
        ({"thickness": 0.01}, "thickness", "null", "0.01"),
        ({"supports.1.y": 0.0}, "support_right_y", "free", "0.0"),
        ({"supports.1.x": 0.2}, "support_right_x", "0.1", "0.2"),
    ],
)
def test_what_an_amendment_expresses_is_an_assumption_with_both_readings(
    amend: dict[str, Any], about: str, first: str, second: str
) -> None:
    together = read(ONE, ONE.amended(amend))
    assert isinstance(together, Formulated)
    (assumption,) = together.formulation.assumptions
    assert (assumption.about, assumption.value, assumption.source) == (about, first, "inferred")
    (other,) = assumption.alternatives
    assert (other.value, other.amend) == (second, amend)
    as_second = together.formulation.amended(other.amend)
    assert list(differences(as_second, ONE.amended(amend))) == []
    assert list(differences(ONE.amended(amend), ONE))


def test_a_material_of_the_same_shape_is_compared_whatever_it_is_called() -> None:
    steel = {"materials.plate": {"kind": "isotropic", "youngs_modulus": 2e9, "poisson_ratio": 0.3}}
    together = read(ONE, ONE.amended(steel))
    assert isinstance(together, Formulated)
    (assumption,) = together.formulation.assumptions
    assert assumption.about == "material_of_plate"
    followed = together.formulation.amended(assumption.alternatives[0].amend)
    assert followed.materials == ONE.amended(steel).materials


def test_a_reading_that_was_named_already_is_not_named_twice() -> None:
    known = FORMULATION
    amend = next(a.alternatives[0].amend for a in known.assumptions if a.alternatives)
    together = read(known, known.amended(amend))
    assert isinstance(together, Formulated)
    assert len(together.formulation.assumptions) == len(known.assumptions)


def test_another_body_or_a_load_that_one_reading_lacks_is_asked() -> None:
    larger = ONE.amended(LARGER)
    asked = read(ONE, larger)
    assert isinstance(asked, Question)
    assert "geometry" in asked.text
    pulled = ONE.amended({"loads": [{"kind": "traction", "boundary": "right", "y": 1e6}]})
    asked = read(ONE, pulled)
    assert isinstance(asked, Question)
    assert "load_right: none, or" in asked.text


def reader(*said: Formulation):
    """Return an engineer that reads the question in one way after the other."""
    rest = list(said)
    return engineer(formulation=lambda _: f'{{"formulation": {rest.pop(0).model_dump_json()}}}')


WORDS = PLATE.model_copy(update={"formulation": None})


async def test_a_run_reads_twice_and_its_answer_tells_of_both(tmp_path: Path) -> None:
    model = reader(ONE, ONE.amended({"idealisation": "plane_strain"}))
    outcome = await run(full_team(model=model, second_opinion=True), tmp_path, WORDS)
    assert isinstance(outcome, Answer), outcome
    (assumption,) = outcome.assumptions
    assert [a.value for a in assumption.alternatives] == ["plane_strain"]
    temperatures = [r.temperature for r in model.requests if r.want == "formulation"]
    assert temperatures == [0.0, 0.7]
    setup = read_log(tmp_path).last(Setup)
    assert setup is not None
    assert team_from(setup.model_copy(update={"model": "handbook"})).second_opinion


async def test_a_run_whose_readings_cannot_be_reconciled_asks(tmp_path: Path) -> None:
    larger = ONE.amended(LARGER)
    team = full_team(model=reader(ONE, larger), second_opinion=True)
    told = failure(await run(team, tmp_path, WORDS), "waiting")
    assert "Which is meant?" in told.message


async def test_without_it_a_question_is_read_once(tmp_path: Path) -> None:
    model = reader(ONE)
    assert isinstance(await run(full_team(model=model), tmp_path, WORDS), Answer)
