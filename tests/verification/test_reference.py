"""The independent reference: right by known solutions, in both ways, and a judge of numbers."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest

from mechagents.mechanics.formulation import Formulation
from mechagents.messages import Check, Evidence, Quantity
from mechagents.problems import load_problem, packaged_problems
from mechagents.verification.reference import (
    ReferenceSolution,
    ReferenceValue,
    compare,
    find_references,
    refer,
)
from mechagents.verification.reference import process as processes

KNOWN = json.loads((Path(__file__).parents[1] / "data" / "plate_references.json").read_text())
HAS_NGSOLVE = importlib.util.find_spec("ngsolve") is not None
needs_ngsolve = pytest.mark.skipif(not HAS_NGSOLVE, reason="NGSolve has no wheel here")


def _formulation(name: str) -> Formulation:
    found = load_problem(name).formulation
    assert found is not None
    return found


async def _solve(way: str, *formulations: Formulation) -> list[ReferenceSolution]:
    found = await processes.solve_by(way, list(formulations), 120)
    assert [solution.fault for solution in found] == [""] * len(formulations)
    return found


@needs_ngsolve
@pytest.mark.parametrize("name", sorted(KNOWN["problems"]))
async def test_every_reading_of_a_plate_is_that_of_a_finer_solution(name: str) -> None:
    base = _formulation(name)
    moved = next(i for i, s in enumerate(base.supports) if s.boundary == "right")
    across = "x" if base.supports[moved].x is None else "y"
    readings = list(KNOWN["problems"][name].items())
    asked: list[Formulation] = []
    for reading, _ in readings:
        idealisation, transverse = reading.split("/")
        held = {} if transverse == "free" else {f"supports.{moved}.{across}": 0.0}
        asked.append(base.amended({"idealisation": idealisation, **held}))
    for solution, (_, known) in zip(await _solve("high_order", *asked), readings, strict=True):
        for quantity, value in known.items():
            found = solution.quantities[quantity]
            assert found.apart(value["value"]) <= found.error + value["error_estimate"]
            assert found.error <= 1e-4 * abs(value["value"])


@needs_ngsolve
async def test_the_error_is_honest_where_a_support_ends_under_loads_that_vary() -> None:
    """NAFEMS LE11: mirrored at its base, the temperature has a kink where the stress is wanted."""
    formulation = load_problem("benchmark:solid-cylinder-temperature").formulation
    assert formulation is not None
    (solution,) = await _solve("high_order", formulation)
    found = solution.quantities["axial_stress"]
    finer = -105.669e6  # orders 8 to 10 with 8 to 14 layers agree on these digits
    assert found.apart(finer) <= found.error < 2e-4 * abs(finer)


@needs_ngsolve
async def test_a_thick_cylinder_is_that_of_lame() -> None:
    a, b, p, E, nu = 0.05, 0.1, 100e6, 210e9, 0.3
    (solution,) = await _solve("high_order", _formulation("thick-cylinder"))
    exact = {
        "bore_displacement": (1 + nu) / E * p * a * ((1 - 2 * nu) * a**2 + b**2) / (b**2 - a**2),
        "hoop_stress_max": p * (a**2 + b**2) / (b**2 - a**2),
    }
    for name, value in exact.items():
        assert solution.quantities[name].values[0] == pytest.approx(value, rel=1e-6), name


IN_THE_PLANE = [
    problem.name for problem in packaged_problems() if _formulation(problem.name).dimension == 2
]


@needs_ngsolve
@pytest.mark.parametrize("name", IN_THE_PLANE)
async def test_both_ways_agree_within_their_errors(name: str) -> None:
    formulation = _formulation(name)
    ((one,), (other,)) = (
        await _solve("high_order", formulation),
        await _solve("other_elements", formulation),
    )
    assert set(one.quantities) == set(other.quantities) == {w.name for w in formulation.wanted}
    for quantity, value in one.quantities.items():
        found = other.quantities[quantity]
        assert found.apart(value.values[0]) <= found.error + value.error, quantity
        assert found.error <= 0.03 * abs(value.values[0]), quantity


async def test_without_ngsolve_another_way_is_taken_and_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ngsolve.py").write_text("raise ImportError('libgfortran.so.5: not found')\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    (solution,) = await find_references([_formulation("cantilever")])
    assert "in numpy" in solution.means
    assert solution.quantities["reaction_wall"].apart(1000.0) < 1e-3


async def test_what_no_way_solves_says_why_for_each(monkeypatch: pytest.MonkeyPatch) -> None:
    (solution,) = await find_references([_formulation("cantilever")], seconds=0.01)
    assert solution.fault.count("it took more than 0.01 s") == 2
    assert not solution.quantities


def _evidence(value: float, bound: float | None, level: str = "converged") -> Evidence:
    quantity = Quantity.model_validate(
        {"name": "force", "value": value, "unit": "N", "error_bound": bound, "claim_level": level}
    )
    passed = Check(name="contract:fields", passed=True, message="")
    return Evidence.model_validate(
        {"attempt": 1, "checks": (passed,), "quantities": (quantity,), "claim_level": level}
    )


def _compared(evidence: Evidence, *values: float, error: float = 0.1) -> Evidence:
    formulation = _formulation("cantilever").amended(
        {"wanted": [{"name": "force", "kind": "reaction", "boundary": "wall", "component": "y"}]}
    )
    known = {"force": ReferenceValue(values=values, error=error, scale=100.0)} if values else {}
    solution = ReferenceSolution(means="by hand", quantities=known)
    return compare(formulation, evidence, solution, 0.02)


def test_a_number_within_both_bounds_is_verified_with_its_own_bound() -> None:
    found = _compared(_evidence(100.5, 0.6), 100.0)
    assert found.claim_level == "verified"
    assert (found.quantities[0].claim_level, found.quantities[0].error_bound) == ("verified", 0.6)
    assert found.failed == ()
    assert found.checks[-1].name == "reference:force"


def test_a_number_past_its_bound_gets_the_one_that_the_reference_shows() -> None:
    found = _compared(_evidence(101.0, 0.1), 100.0)
    assert found.claim_level == "verified"
    assert found.quantities[0].error_bound == pytest.approx(1.1)
    assert "widened" in found.checks[-1].message


def test_a_number_past_the_tolerance_is_refused() -> None:
    found = _compared(_evidence(103.0, 0.1), 100.0)
    assert [check.name for check in found.failed] == ["reference:force"]
    assert found.claim_level != "verified"
    assert found.quantities[0].claim_level == "consistent"
    assert found.quantities[0].error_bound is None


def test_at_an_interface_the_value_of_one_side_is_enough() -> None:
    assert _compared(_evidence(40.0, 0.1), 100.0, 40.0).claim_level == "verified"
    assert _compared(_evidence(70.0, 0.1), 100.0, 40.0).failed


def test_a_reference_that_is_no_better_decides_nothing() -> None:
    found = _compared(_evidence(130.0, 0.1), 100.0, error=50.0)
    assert (found.claim_level, found.failed) == ("converged", ())
    assert "too large" in found.quantities[0].note


def test_a_reference_that_is_no_better_still_refuses_what_is_far_off() -> None:
    assert not _compared(_evidence(110.0, 0.1), 100.0, error=3.0).failed
    assert _compared(_evidence(120.0, 0.1), 100.0, error=3.0).failed
    assert not _compared(_evidence(120.0, 10.0), 100.0, error=3.0).failed


def test_a_number_far_too_small_does_not_make_the_reference_look_bad() -> None:
    found = _compared(_evidence(4.0, 0.1), 70.0, error=1.0)
    assert [check.name for check in found.failed] == ["reference:force"]


def test_without_a_reference_the_level_stays_and_says_why() -> None:
    found = _compared(_evidence(100.0, 0.1))
    assert (found.claim_level, found.failed) == ("converged", ())
    assert "not compared with a reference" in found.quantities[0].note


def test_a_number_without_three_meshes_is_compared_but_not_verified() -> None:
    found = _compared(_evidence(100.5, None, "consistent"), 100.0)
    assert found.claim_level == "consistent"
    assert found.quantities[0].error_bound == pytest.approx(0.6)


async def test_the_other_readings_of_the_plate_in_shear_say_what_they_change() -> None:
    formulation = _formulation("plate-shear")
    force = formulation.wanted[0].name
    evidence = _evidence(14.3633e6, 1e3)
    evidence = evidence.model_copy(
        update={"quantities": (evidence.quantities[0].model_copy(update={"name": force}),)}
    )
    found = await refer(formulation, evidence, 0.02)
    assert found.claim_level == "verified"
    changes = {
        (one.about, other.value): other.relative[force]
        for one in found.readings
        for other in one.alternatives
    }
    assert changes["right_edge_transverse", "fixed"] > 0.4
    held = found.readings[1].alternatives[0].changes[force]
    assert held == pytest.approx(14.3633e6 * (1 + changes["right_edge_transverse", "fixed"]))
    assert changes["idealisation", "plane_strain"] == pytest.approx(0.064, abs=0.002)
