"""Finite deformation and plasticity from the problem file to the answer, and slips on the way."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from faulty import Faulty
from scipy.optimize import brentq
from scipy.sparse import csr_matrix

from mechagents.budget import Budget
from mechagents.kit import newton
from mechagents.log import read_log
from mechagents.messages import Answer, Evidence, Problem, Settings
from mechagents.problems import load_problem
from mechagents.report.page import idealisation
from mechagents.report.words import material_words
from mechagents.run import solve
from mechagents.team import full_team

PROBLEMS = Path(__file__).parents[1] / "examples" / "problems"


def _example(name: str) -> Problem:
    return load_problem(str(PROBLEMS / f"{name}.yaml"))


def _amended(problem: Problem, changes: dict[str, object], **settings: object) -> Problem:
    assert problem.formulation is not None
    used = problem.settings.model_copy(update=settings)
    formulation = problem.formulation.amended(changes)
    return problem.model_copy(update={"formulation": formulation, "settings": used})


async def _verified(problem: Problem, folder: Path) -> dict[str, tuple[float, float]]:
    """Return value and error bound of each quantity of an answer that is verified."""
    answer = await solve(problem, full_team(), folder=folder)
    assert isinstance(answer, Answer), answer
    assert answer.claim_level == "verified", answer.note
    return {q.name: (q.value, q.error_bound or 0.0) for q in answer.quantities}


@pytest.mark.parametrize(
    ("load", "down", "back"), [(100.0, 0.30172, 0.05643), (500.0, 0.71379, 0.38763)]
)
async def test_a_slender_strip_bends_as_the_elastica(
    load: float, down: float, back: float, tmp_path: Path
) -> None:
    problem = _amended(_example("elastica"), {"loads.0.y": -load})
    found = await _verified(problem, tmp_path)
    # A strip a hundred times as long as thick is no line: it stretches and shears a little.
    assert abs(found["down"][0] + down) <= found["down"][1] + 3e-4
    assert abs(found["back"][0] + back) <= found["back"][1] + 3e-4


async def test_a_stretched_block_is_that_of_the_closed_form(tmp_path: Path) -> None:
    file = tmp_path / "block.yaml"
    file.write_text(
        """
statement: How much force stretches a block of rubber by half?
settings: {mesh_size: 0.25}
formulation:
  analysis: static_finite
  idealisation: plane_strain
  geometry:
    regions: {block: {kind: rectangle, size: [1.0, 1.0]}}
    boundaries:
      left: {kind: line, axis: x, at: 0.0}
      right: {kind: line, axis: x, at: 1.0}
      bottom: {kind: line, axis: y, at: 0.0}
  materials:
    block: {kind: neo_hookean, volumetric: isochoric, mu: 1 MPa, kappa: 5 MPa}
  supports:
    - {boundary: left, x: 0.0}
    - {boundary: bottom, y: 0.0}
    - {boundary: right, x: 0.5}
  wanted:
    - {name: force, kind: reaction, boundary: right, component: x}
    - {name: stress, kind: stress, component: xx, at: [0.5, 0.5]}
""",
        encoding="utf-8",
    )
    found = await _verified(load_problem(str(file)), tmp_path / "run")
    mu, kappa, a = 1e6, 5e6, 1.5

    def stress(along: float, b: float) -> float:
        J = a * b
        mean = (a**2 + b**2 + 1) / 3
        return mu * J ** (-5 / 3) * (along**2 - mean) + kappa / 2 * (J - 1 / J)

    b = brentq(lambda b: stress(b, b), 0.3, 1.5)
    assert found["stress"][0] == pytest.approx(stress(a, b), rel=1e-6)
    assert found["force"][0] == pytest.approx(stress(a, b) * b, rel=1e-6)


async def test_a_cube_under_equal_dead_loads_keeps_its_shape(tmp_path: Path) -> None:
    found = await _verified(load_problem("benchmark:solid-rivlin-cube"), tmp_path)
    assert found["face"][0] == pytest.approx(0.05, rel=1e-9)


async def test_a_cylinder_yields_as_hill_has_it(tmp_path: Path) -> None:
    found = await _verified(_example("yielding-cylinder"), tmp_path)
    value, bound = found["outside"]
    assert abs(value - 0.08729e-3) <= bound


async def test_cooks_membrane_rises_as_known(tmp_path: Path) -> None:
    found = await _verified(_example("cooks-membrane"), tmp_path)
    value, bound = found["rise"]
    assert abs(value - 6.93) <= bound + 0.02 * 6.93


async def test_a_ball_is_inflated_as_the_radial_equation_has_it(tmp_path: Path) -> None:
    found = await _verified(_example("inflated-sphere"), tmp_path)
    exact = {"bore_displacement": 0.161406305, "hoop_stress": 381922.30, "radial_stress": -4e5}
    for name, value in exact.items():
        assert abs(found[name][0] - value) <= found[name][1]
        assert found[name][1] <= 0.02 * abs(value)


SLIPS = {
    "half the dead load": ("elastica", "(f + pushed)", "(f / 2 + pushed)"),
    "a pressure that stays behind": (
        "inflated-sphere", "pressure.forces(u)", "pressure.forces(0 * u)",
    ),
    "half of the steps": (
        "elastica", "settings.load_steps or 10)", "settings.load_steps or 10, end=0.5)",
    ),
    "linear theory": (
        "elastica", "internal, K = body.forces(u)",
        "K = body.forces(0 * u)[1]\n    internal = K @ u",
    ),
    "the load follows no path": (
        "yielding-cylinder", "internal - factor * f", "internal - factor * f / 2",
    ),
    "no memory of flow": ("yielding-cylinder", "    body.accept(u)\n", ""),
    "one step in place of ten": (
        "yielding-cylinder", "steps = settings.load_steps or 20", "steps = 1",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("name", "right", "wrong"), SLIPS.values(), ids=SLIPS)
async def test_a_slip_is_not_accepted(name: str, right: str, wrong: str, tmp_path: Path) -> None:
    team = full_team(model=Faulty(right, wrong), stop=Budget(attempts=1))
    problem = _example(name)
    answer = await solve(problem, team, folder=tmp_path)
    assert getattr(answer, "claim_level", "none") != "verified"
    evidence = read_log(tmp_path).of(Evidence)
    assert any(
        check.name.startswith(("supports", "equilibrium", "contract:history"))
        for one in evidence
        for check in one.failed
    ), evidence[-1].failed


def test_a_report_says_which_analysis_and_law_it_is() -> None:
    membrane = _example("cooks-membrane").formulation
    assert membrane is not None
    assert "Finite deformation" in idealisation(membrane)
    words = material_words(membrane.materials["panel"])
    assert "isochoric" in words
    assert "80.1938" in words
    cylinder = _example("yielding-cylinder").formulation
    assert cylinder is not None
    assert "perfectly plastic" in material_words(cylinder.materials["ring"])
    assert "load path 0 → 1 → 0" in idealisation(cylinder.amended({"load_path": [1.0, 0.0]}))


def test_a_load_is_taken_off_until_nothing_is_left() -> None:
    K = csr_matrix(np.diag([1.0, 3.0, 7.0]) + 0.1)
    f, none = np.array([1.0, 2.0, 3.0]), np.zeros(0, dtype=np.int64)

    def springs(u: np.ndarray, factor: float) -> tuple[np.ndarray, csr_matrix]:
        rounding = 1e-17 * np.cos(1e17 * u)  # of forces that cancel
        return K @ u - factor * f + rounding, K

    loaded, _ = newton(springs, np.zeros(3), 1.0, none, np.zeros(0))
    gone, _ = newton(springs, loaded, 0.0, none, np.zeros(0))
    assert np.abs(gone).max() < 1e-15


def test_load_steps_are_whole_and_positive() -> None:
    with pytest.raises(ValueError, match="load_steps"):
        Settings(load_steps=0)
    assert Settings(load_steps=3).load_steps == 3
