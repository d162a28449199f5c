"""The coder's rules for motion in time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from test_handbook import COARSE, attempt, brief, program

from mechagents.brief import Brief
from mechagents.errors import ModelError
from mechagents.mechanics.formulation import Formulation
from mechagents.messages import Check, Plan, Problem, Settings
from mechagents.models.handbook.coder import program_text
from mechagents.models.handbook.planner import plan
from mechagents.models.handbook.sizes import first_time_steps

PLATE = Formulation.model_validate(
    {
        "analysis": "transient",
        "idealisation": "plane_stress",
        "geometry": {
            "regions": {"plate": {"kind": "rectangle", "size": [1.0, 1.0]}},
            "boundaries": {"left": {"kind": "line", "axis": "x", "at": 0.0}},
        },
        "materials": {"plate": {"youngs_modulus": 2e11, "poisson_ratio": 0.3, "density": 8000}},
        "supports": [{"boundary": "left", "x": 0, "y": 0}],
        "loads": [{"kind": "body_force", "x": 1e6}],
        "end_time": 1e-3,
        "wanted": [{"name": "force", "kind": "reaction", "boundary": "left", "component": "x",
                    "over_time": "max"}],
    }
)  # fmt: skip
SOURCE = program_text("transient")
TIMES = {"time_steps": 100, "source": SOURCE}


def asked(*attempts: Any, **settings: Any) -> Brief:
    problem = Problem(statement="How far?", formulation=PLATE, settings=Settings(**settings))
    return replace(brief(*attempts, problem=problem), formulation=PLATE)


def ending_at(end: float) -> int | None:
    return first_time_steps(PLATE.model_copy(update={"end_time": end}))


async def test_the_first_program_follows_waves_of_the_body() -> None:
    first = await program(asked())
    assert first.source == SOURCE
    assert first.settings == Settings(mesh_size=0.1, element_order=1, time_steps=100)


def test_few_and_many_waves_are_bounded() -> None:
    assert (ending_at(1e-6), ending_at(1e-3), ending_at(1.0)) == (60, 100, 400)
    assert first_time_steps(Formulation.model_validate(
        {**PLATE.model_dump(), "analysis": "static_linear", "end_time": None,
         "wanted": [{"name": "f", "kind": "reaction", "boundary": "left", "component": "x"}]}
    )) is None  # fmt: skip


async def test_steps_that_the_problem_asks_for_are_kept() -> None:
    assert (await program(asked(time_steps=33))).settings.time_steps == 33


async def test_steps_are_halved_with_the_mesh() -> None:
    raised = await program(asked(attempt(COARSE, **TIMES)))
    assert (raised.settings.element_order, raised.settings.time_steps) == (2, 100)
    before = attempt(COARSE, **TIMES)
    finer = await program(asked(before, attempt(COARSE, number=2, element_order=2, **TIMES)))
    assert (finer.settings.mesh_size, finer.settings.time_steps) == (0.05, 200)
    assert "200 steps of time in place of 100" in finer.changed


async def test_energy_that_is_lost_is_met_by_shorter_steps() -> None:
    lost = Check(name="history:energy", passed=False, message="0.1 of the energy is lost")
    before = attempt(COARSE, **TIMES)
    finer = await program(asked(before, attempt(lost, number=2, element_order=2, **TIMES)))
    assert finer.settings.time_steps == 200


async def test_a_history_beyond_what_a_sandbox_keeps_is_refused() -> None:
    long = attempt(COARSE, number=2, element_order=2, mesh_size=0.02, time_steps=2000,
                   source=SOURCE)  # fmt: skip
    with pytest.raises(ModelError, match=r"4000 steps of time .* more than the 400 MiB"):
        await program(asked(attempt(COARSE, **TIMES), long))


def test_the_plan_tells_of_time() -> None:
    made = Plan.model_validate({"kind": "plan", **plan(asked())})
    assert "follow the motion to 0.001 s" in made.steps[1]
    assert "longer steps" in made.steps[3]
    assert any("no energy is lost" in check for check in made.checks)
