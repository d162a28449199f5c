"""Supports that move in time: right motions pass, and planted faults are refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from motions import BAR, LENGTH, SOLID_BAR, SPEED, rewritten, run
from returned import failed

from mechagents.mechanics.courses import rates_at
from mechagents.mechanics.formulation import Formulation
from mechagents.problems import load_problem
from mechagents.verification.reference import other_motion

EXAMPLES = Path(__file__).parents[2] / "examples" / "problems"

MESH: dict[str, Any] = {"mesh_size": 0.1, "element_order": 2, "time_steps": 80}
COARSE: dict[str, Any] = {"mesh_size": 0.2, "element_order": 2, "time_steps": 60}
FAR = 1e-5
"""How far the base goes [m]."""
SINE = {"kind": "sine", "frequency": 2000.0}
SMOOTH = {"kind": "smooth", "table": [[0, 0], [3e-4, 1]]}
AREA = 0.1 * 0.01


def shaken(course: Any = SMOOTH, bar: dict[str, Any] = BAR, **fields: Any) -> dict[str, Any]:
    """Return a bar without loads whose left end is moved along it."""
    base = {"boundary": "left", "x": FAR, "course": course}
    supports = [base, *bar["supports"][1:]]
    return {**bar, "loads": [], "time_course": [[0, 1]], "supports": supports, **fields}


def waves(course: Any) -> dict[str, float]:
    """D'Alembert's waves, which the free end sends back as they are and the base upside down."""
    f = Formulation.model_validate(shaken(course))
    passed = LENGTH / SPEED
    motion = f.supports[0].course
    assert motion is not None

    def base(time: float, slope: int) -> float:
        return FAR * float(rates_at(motion, np.array([time]))[slope][0]) if time > 0 else 0.0

    return {
        "tip": 2 * base(3e-4 - passed, 0),
        "speed": 2 * base(2.8e-4 - passed, 1),
        "force": 200e9 * AREA / SPEED * (base(2.5e-4, 1) - 2 * base(2.5e-4 - 2 * passed, 1)),
    }


LATER = [{**w, "time": 2.8e-4} if w["name"] == "speed" else w for w in BAR["wanted"]]


@pytest.mark.parametrize(
    "course",
    [SINE, SMOOTH, [[0, 0], [2.03e-4, 1], [4e-4, 0.5]], {"kind": "half_sine", "duration": 2e-4}],
    ids=["sine", "smooth", "corners", "half a sine"],
)
def test_a_bar_whose_base_moves_passes(course: Any, tmp_path: Path) -> None:
    evidence = run(shaken(course), tmp_path, **MESH)
    assert evidence.claim_level == "consistent", failed(evidence)
    values = {c.name: c.value for c in evidence.checks}
    assert values["history:energy"] <= 1e-10


def test_its_waves_are_those_of_theory(tmp_path: Path) -> None:
    fine = {**MESH, "mesh_size": 0.025, "time_steps": 320}
    evidence = run(shaken(wanted=LATER), tmp_path, **fine)
    found = {q.name: q.value for q in evidence.quantities}
    for name, value in waves(SMOOTH).items():
        assert found[name] == pytest.approx(value, rel=0.01), name


def test_a_base_moves_a_damped_body_that_flies_and_is_pulled(tmp_path: Path) -> None:
    problem = shaken(
        SINE, loads=BAR["loads"], time_course={"kind": "half_sine", "duration": 1e-4},
        damping={"mass": 500.0, "stiffness": 1e-6}, initial_velocity=[0.05, 0.0],
    )  # fmt: skip
    evidence = run(problem, tmp_path, **MESH)
    assert evidence.claim_level == "consistent", failed(evidence)


def test_a_base_may_turn_and_two_of_its_components_follow_courses_of_their_own(
    tmp_path: Path,
) -> None:
    turn = {"boundary": "left", "x": {"formula": "-1e-3 * y"}, "course": SINE}
    lift = {"boundary": "left", "y": {"formula": "1e-3 * x + 1e-5"}, "course": SMOOTH}
    problem = shaken(supports=[turn, lift])
    evidence = run(problem, tmp_path, **MESH)
    assert evidence.claim_level == "consistent", failed(evidence)


def test_a_lumped_mass_under_a_moving_base_passes(tmp_path: Path) -> None:
    lumped = {
        "M, K = mass.assemble(V), work": "M, K = lump(mass.assemble(V)), work",
        "# Matrices;": "from scipy.sparse import diags\n\n"
        "def lump(A):\n    return diags(np.asarray(A.sum(axis=1)).ravel()).tocsr()\n\n# Ma",
    }
    evidence = run(shaken(SINE), tmp_path, lumped, **{**MESH, "element_order": 1})
    assert evidence.claim_level == "consistent", failed(evidence)


def test_a_solid_whose_base_moves_passes(tmp_path: Path) -> None:
    evidence = run(shaken(SINE, SOLID_BAR), tmp_path, **COARSE)
    assert evidence.claim_level == "consistent", failed(evidence)


def test_a_mast_on_a_moving_foot_swings_as_the_first_modes_of_a_beam() -> None:
    made = load_problem(str(EXAMPLES / "shaken-mast.yaml")).formulation
    assert made is not None
    solution = other_motion.solve(made)
    moved = {w.name: solution.quantities[w.name].values[0] for w in made.wanted}
    L, h, E, rho = 1.0, 0.1, 210e9, 7850.0
    time = np.linspace(0.0, 25e-3, 2501)
    course = made.supports[0].course
    assert course is not None
    base, _, pushed = (5e-3 * part for part in rates_at(course, time))
    tip = base.copy()
    # Duhamel's integral; at the tip each mode counts as much as it takes part in a motion of the
    # foot: Clough & Penzien, Dynamics of Structures (1993), chapters 18 and 26.
    for root, share in ((1.8751041, 1.5660), (4.6940911, -0.8679), (7.8547574, 0.5089)):
        omega = root**2 * np.sqrt(E * h**2 / 12 / rho) / L**2
        answer = np.convolve(pushed, np.sin(omega * time))[: len(time)] * time[1] / omega
        tip -= share * answer
    # Shear and the inertia of rotation lower the first frequency by 1 %.
    assert moved["furthest"] == pytest.approx(np.abs(tip).max(), rel=0.02)
    assert moved["after_12_ms"] == pytest.approx(np.interp(12e-3, time, tip), rel=0.05)


BASE = "base = base_motion(problem, mesh, dofs, fixed, time)"
PATTERN = "results = motion_quantities(problem, motion"
SOLVED = "motion = newmark((M, C, K), f, fixed, v0, time, load_factors(problem, time), base=base)"
SWAPPED = """
def swapped(support):
    here = support.model_dump()
    return support.model_validate({**here, "x": here["y"], "y": here["x"]})

problem = problem.model_copy(update={"supports": tuple(map(swapped, problem.supports))})
"""
RELATIVE = """
from dataclasses import replace
away = np.zeros_like(motion.u)
away[:, dofs[:, 0]] = motion.u[:, [dofs[mesh.boundary_nodes["left"][0], 0]]]
"""
FAULTS: dict[str, tuple[dict[str, str], str]] = {
    "left out": ({BASE: "base = None"}, "supports:history"),
    "half": ({BASE: BASE + "\nbase = type(base)(*(x / 2 for x in base))"}, "supports:history"),
    "a hundredth too far": (
        {BASE: BASE + "\nbase = type(base)(*(1.01 * x for x in base))"}, "supports:history",
    ),
    "the other component": (
        {"problem, settings = read_problem()": "problem, settings = read_problem()\n" + SWAPPED},
        "supports:history",
    ),
    "another period": ({BASE: BASE.replace("time)", "1.1 * time)")}, "supports:history"),
    "later by a step": (
        {BASE: BASE.replace("time)", "np.maximum(time - time[1], 0.0))")}, "supports:history",
    ),
    "relative numbers": (
        {PATTERN: RELATIVE + "whole, motion = motion, replace(motion, u=motion.u - away)\n"
         + PATTERN, "write_results(results)": "motion = whole\nwrite_results(results)"},
        "quantities:peak",
    ),
    "relative motion": (
        {SOLVED: SOLVED + RELATIVE + "motion.u[:] -= away"}, "supports:history",
    ),
    "a reaction without the inertia of what is held": (
        {SOLVED: SOLVED + "\nmotion.held[:] -= (M @ motion.a.T).T"}, "quantities:force",
    ),
    "a base without acceleration": (
        {BASE: BASE + "\nbase.a[:] = 0.0"}, "history:supports",
    ),
    "a base without velocity": ({BASE: BASE + "\nbase.v[:] = 0.0"}, "history:supports"),
    "inertia of the base not felt": (
        {SOLVED: "own = base.a.copy()\nbase.a[:] = 0.0\n" + SOLVED + "\nmotion.a[:, fixed] = own"},
        "equilibrium:steps",
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found(fault: str, tmp_path: Path) -> None:
    changes, check = FAULTS[fault]
    evidence = run(shaken(SINE), tmp_path, changes, **MESH)
    assert check in failed(evidence)


SOLID_FAULTS = {
    "left out": ("base=base, linear", "linear", "supports:history"),
    "half": ("base=base,", "base=type(base)(*(x / 2 for x in base)),", "supports:history"),
    "no inertia in the reaction": (
        "base=base, linear=linear)",
        "base=base, linear=linear)\nmotion.held[:] -= (M @ motion.a.T).T",
        "quantities:force",
    ),
}


@pytest.mark.parametrize("fault", SOLID_FAULTS)
def test_a_fault_of_a_solid_is_found(fault: str, tmp_path: Path) -> None:
    right, wrong, check = SOLID_FAULTS[fault]
    evidence = run(shaken(SINE, SOLID_BAR), tmp_path, {right: wrong}, **COARSE)
    assert check in failed(evidence)


def test_a_base_that_goes_no_farther_than_a_hair_is_not_left_out(tmp_path: Path) -> None:
    problem = shaken(SINE)
    problem["supports"][0]["x"] = 1e-9
    evidence = run(problem, tmp_path, {BASE: "base = None"}, **MESH)
    assert "supports:history" in failed(evidence)


def test_velocity_and_energy_are_looked_at_where_nothing_is_held(tmp_path: Path) -> None:
    run(shaken(SINE), tmp_path, **MESH)
    evidence = rewritten(tmp_path, velocity=lambda v: 1.1 * v)
    assert {"history:velocity", "history:supports"} <= set(failed(evidence))
