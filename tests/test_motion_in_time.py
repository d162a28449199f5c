"""Motion in time from the problem file to a verified answer, and slips on the way."""

from __future__ import annotations

from math import cos, pi, sqrt
from pathlib import Path

import pytest
from faulty import Faulty

from mechagents.budget import Budget
from mechagents.log import read_log
from mechagents.messages import Answer, Evidence, Problem
from mechagents.problems import load_problem
from mechagents.report.page import idealisation
from mechagents.run import solve
from mechagents.team import full_team

STIFFNESS, MASS, FORCE = 1e5, 8.0, 100.0
PERIOD = 2 * pi * sqrt(MASS / STIFFNESS)


def swing(folder: Path) -> Problem:
    """Return the problem of a stiff block on a soft spring that is suddenly pulled."""
    file = folder / "swing.yaml"
    file.write_text(
        f"""
statement: A block on a spring is suddenly pulled. How far does it go?
settings: {{time_steps: 60}}
formulation:
  analysis: transient
  idealisation: plane_stress
  thickness: 0.01
  geometry:
    regions:
      block: {{kind: rectangle, size: [1.0, 0.1]}}
    boundaries:
      left: {{kind: line, axis: x, at: 0.0}}
      right: {{kind: line, axis: x, at: 1.0}}
  materials:
    block: {{youngs_modulus: 200 GPa, poisson_ratio: 0.0, density: 8000}}
  springs:
    - {{kind: foundation, boundary: left, x: {STIFFNESS / 1e-3}}}
  loads:
    - {{kind: body_force, x: {FORCE / 1e-3}}}
  end_time: {PERIOD}
  wanted:
    - {{name: third, kind: displacement, component: x, at: [0.5, 0.0], time: {PERIOD / 3}}}
    - {{name: furthest, kind: displacement, component: x, at: [0.5, 0.0], over_time: max}}
"""
    )
    return load_problem(str(file))


async def test_a_block_on_a_spring_goes_twice_as_far_as_it_would_hang(tmp_path: Path) -> None:
    answer = await solve(swing(tmp_path), full_team(), folder=tmp_path / "run")
    assert isinstance(answer, Answer), answer
    assert answer.claim_level == "verified", answer.note
    found = {q.name: (q.value, q.error_bound or 0.0) for q in answer.quantities}
    still = FORCE / STIFFNESS
    for name, value in {"third": still * (1 - cos(2 * pi / 3)), "furthest": 2 * still}.items():
        # The block itself gives by a ten-thousandth.
        assert abs(found[name][0] - value) <= found[name][1] + 1e-3 * still


@pytest.mark.parametrize(
    ("right", "wrong", "check"),
    [
        ("material.density for", "material.density / 2 for", "equilibrium:steps"),
        ("v0, time, load_factors(problem, time)", "v0, time, time / time[-1]", "equilibrium:steps"),
        ("settings.time_steps + 1)", "101)", "contract:history"),
    ],
    ids=["half the density", "another course", "steps of its own"],
)
async def test_a_slip_is_not_accepted(right: str, wrong: str, check: str, tmp_path: Path) -> None:
    team = full_team(model=Faulty(right, wrong), stop=Budget(attempts=1))
    answer = await solve(swing(tmp_path), team, folder=tmp_path / "run")
    assert getattr(answer, "claim_level", "none") != "verified"
    first = read_log(tmp_path / "run").of(Evidence)[0]
    assert check in {found.name for found in first.failed}


def test_a_report_says_how_a_motion_is_driven(tmp_path: Path) -> None:
    problem = swing(tmp_path)
    assert problem.formulation is not None
    told = idealisation(problem.formulation)
    assert told.startswith("Linear elastic, motion in time, plane stress, 0.01 m thick, from 0 to")
    assert "loads in full from the beginning" in told
