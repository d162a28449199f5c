"""Finite deformation: right solutions pass, planted faults are refused, laws are objective."""

from __future__ import annotations

import importlib.util
import math
from pathlib import Path

import numpy as np
import pytest
from finite_solutions import PULLED, block, solve_finite
from pydantic import ValidationError
from returned import failed, reported, solve, verdict
from scipy.optimize import brentq

from mechagents.kit.hyperelastic import respond
from mechagents.mechanics.hyperelastic import (
    Hyperelastic,
    MooneyRivlin,
    NeoHookean,
    SaintVenantKirchhoff,
)
from mechagents.verification.hyperelastic import determinant, energy, kirchhoff, stretched_across
from mechagents.verification.reference import process as processes

LAWS = (
    SaintVenantKirchhoff(youngs_modulus=2.0, poisson_ratio=0.3),
    NeoHookean(volumetric="logarithmic", mu=1.0, lam=2.0),
    NeoHookean(volumetric="isochoric", mu=1.0, kappa=3.0),
    NeoHookean(volumetric="isochoric", youngs_modulus=1.0, poisson_ratio=0.4),
    MooneyRivlin(c10=0.3, c01=0.2, kappa=2.0),
)
EPS = 1e-6


def _deformations(count: int = 20) -> np.ndarray:
    F = np.eye(3) + 0.3 * np.random.default_rng(1).normal(size=(count, 3, 3))
    return F[np.linalg.det(F) > 0.1]


def _rotation() -> np.ndarray:
    Q, R = np.linalg.qr(np.random.default_rng(2).normal(size=(3, 3)))
    Q = Q * np.sign(np.diag(R))
    return Q if np.linalg.det(Q) > 0 else -Q


@pytest.mark.parametrize("law", LAWS)
def test_stress_is_the_derivative_of_the_energy(law: Hyperelastic) -> None:
    F = _deformations()
    P = kirchhoff(law, F) @ np.linalg.inv(np.swapaxes(F, -1, -2))
    for i in range(3):
        for j in range(3):
            step = np.zeros((3, 3))
            step[i, j] = EPS
            slope = (energy(law, F + step) - energy(law, F - step)) / (2 * EPS)
            assert P[:, i, j] == pytest.approx(slope, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("law", LAWS)
def test_a_law_does_not_see_a_rotation(law: Hyperelastic) -> None:
    F, Q = _deformations(), _rotation()
    assert energy(law, Q @ F) == pytest.approx(energy(law, F), rel=1e-10)
    turned = Q @ kirchhoff(law, F) @ Q.T
    assert kirchhoff(law, Q @ F) == pytest.approx(turned, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("law", LAWS)
def test_at_small_strain_every_law_is_hookes(law: Hyperelastic) -> None:
    lam, mu = law.lame_constants
    H = 1e-6 * np.random.default_rng(3).normal(size=(3, 3))
    eps = (H + H.T) / 2
    hooke = lam * np.trace(eps) * np.eye(3) + 2 * mu * eps
    assert kirchhoff(law, np.eye(3) + H) == pytest.approx(hooke, abs=1e-10)


@pytest.mark.parametrize("law", LAWS)
def test_programs_and_checks_have_the_same_laws_by_other_formulas(law: Hyperelastic) -> None:
    F = _deformations()
    found = respond(law, F)
    assert found.energy == pytest.approx(energy(law, F), rel=1e-10)
    assert found.cauchy * np.linalg.det(F)[:, None, None] == pytest.approx(kirchhoff(law, F))


@pytest.mark.parametrize("law", LAWS)
def test_the_tangent_is_the_derivative_of_the_stress(law: Hyperelastic) -> None:
    F = _deformations()
    for plane_stress in (False, True):
        if plane_stress:
            F = F[np.linalg.det(F[:, :2, :2]) > 0.1]
            F[:, :2, 2] = F[:, 2, :2] = 0.0
        tangent = respond(law, F, plane_stress=plane_stress).tangent
        for i, j in ((0, 0), (0, 1), (1, 1)):
            step = np.zeros((3, 3))
            step[i, j] = EPS
            ahead, behind = (respond(law, F + s * step, plane_stress=plane_stress) for s in (1, -1))
            slope = (ahead.stress - behind.stress) / (2 * EPS)
            assert tangent[..., i, j] == pytest.approx(slope, rel=1e-5, abs=1e-5)


@pytest.mark.parametrize("law", LAWS)
def test_plane_stress_has_no_stress_across(law: Hyperelastic) -> None:
    F = _deformations()
    F = F[np.linalg.det(F[:, :2, :2]) > 0.3]
    F[:, :2, 2] = F[:, 2, :2] = 0.0
    if isinstance(law, SaintVenantKirchhoff):
        F = np.eye(3) + 0.2 * (F - np.eye(3))
    stretched = stretched_across(law, F)
    assert kirchhoff(law, stretched)[:, 2, 2] == pytest.approx(0.0, abs=1e-9)
    assert respond(law, F, plane_stress=True).gradient == pytest.approx(stretched, rel=1e-9)


SOFTENING = MooneyRivlin(c10=1.0, c01=-0.3, kappa=10.0)
"""A law that may leave plane stress more than one stretch across."""


@pytest.mark.parametrize("law", [*LAWS[1:], SOFTENING])
def test_the_stretch_across_is_that_of_halving_alone(law: Hyperelastic) -> None:
    F = np.zeros((300, 3, 3)) + np.eye(3)
    F[:, :2, :2] += np.random.default_rng(7).uniform(-0.6, 1.5, (300, 2, 2))
    F = F[np.linalg.det(F) > 0.05]
    low, high = np.full(len(F), -4.0), np.full(len(F), 4.0)
    for _ in range(60):
        F[:, 2, 2] = np.exp((low + high) / 2)
        pulled = kirchhoff(law, F)[:, 2, 2] > 0
        middle = (low + high) / 2
        low, high = np.where(pulled, low, middle), np.where(pulled, middle, high)
    found = stretched_across(law, F)[:, 2, 2]
    assert found == pytest.approx(np.exp((low + high) / 2), rel=1e-12)


def test_a_determinant_is_that_of_lapack() -> None:
    F = np.random.default_rng(3).normal(size=(4, 5, 3, 3))
    assert determinant(F) == pytest.approx(np.linalg.det(F))


@pytest.mark.parametrize("idealisation", ["plane_strain", "plane_stress", "axisymmetric"])
@pytest.mark.parametrize("law", [LAWS[i] for i in (0, 1, 2, 4)])
def test_right_solutions_are_accepted(tmp_path: Path, idealisation: str, law: Hyperelastic) -> None:
    loads = [{"kind": "traction", "boundary": "right", "x": 0.05, "y": 0.1}]
    problem = block(idealisation=idealisation, materials={"block": law}, loads=loads)
    if idealisation == "axisymmetric":
        bottom = [{"boundary": "bottom", "x": 0.0, "y": 0.0}]
        wanted = [w.model_dump() for w in problem.wanted if w.kind != "reaction"]
        problem = block(
            idealisation=idealisation, materials={"block": law}, loads=loads, supports=bottom,
            wanted=wanted,
        )  # fmt: skip
    evidence = verdict(tmp_path / "run", solve_finite(problem))
    assert failed(evidence) == {}
    assert "equilibrium:orientation" in {check.name for check in evidence.checks}


@pytest.mark.parametrize("order", [1, 2])
def test_a_right_solution_on_triangles_is_accepted(tmp_path: Path, order: int) -> None:
    hole = {"kind": "disk", "center": [0.5, 0.5], "radius": 0.2}
    base = block()
    shape = {
        "kind": "difference", "base": {"kind": "rectangle", "size": [1.0, 1.0]}, "remove": [hole],
    }  # fmt: skip
    geometry = base.geometry.model_dump(mode="json") | {"regions": {"block": shape}}
    wanted = [w.model_dump(mode="json") for w in base.wanted if w.name != "sigma"]
    problem = block(geometry=geometry, wanted=wanted)
    found = solve_finite(problem, 0.1, order)
    values = reported(found)
    evidence = verdict(tmp_path / "run", found, values)
    assert failed(evidence) == {}


OTHER_MATERIALS = {
    "wrong volumetric term": {"volumetric": "isochoric", "mu": 1e6, "lam": 3e6},
    "lam and mu swapped": {"volumetric": "logarithmic", "mu": 3e6, "lam": 1e6},
    "mu off by one percent": {"volumetric": "logarithmic", "mu": 1.01e6, "lam": 3e6},
    "another law": {
        "kind": "saint_venant_kirchhoff", "youngs_modulus": 2.75e6, "poisson_ratio": 0.375,
    },
}  # fmt: skip


@pytest.mark.parametrize("fault", OTHER_MATERIALS)
def test_another_law_is_refused(tmp_path: Path, fault: str) -> None:
    material = {"kind": "neo_hookean"} | OTHER_MATERIALS[fault]
    found = solve_finite(block(), done=block(materials={"block": material}))
    assert "equilibrium:residual" in failed(verdict(tmp_path / "run", found))


def test_plane_strain_is_not_plane_stress(tmp_path: Path) -> None:
    found = solve_finite(block(), done=block(idealisation="plane_stress"))
    assert "equilibrium:residual" in failed(verdict(tmp_path / "run", found))


def test_linear_theory_at_half_the_length_is_refused(tmp_path: Path) -> None:
    clamped = ({"boundary": "left", "x": 0.0, "y": 0.0}, {"boundary": "right", "x": 0.5})
    wanted = [{"name": "energy", "kind": "strain_energy"}]
    meant = block(supports=clamped, loads=[], wanted=wanted)
    linear = meant.amended(
        {
            "analysis": "static_linear",
            "materials.block": {"youngs_modulus": 2.75e6, "poisson_ratio": 0.375},
        }
    )
    found = solve(linear, solve_finite(meant).mesh).as_answer_to(meant)
    assert "equilibrium:residual" in failed(verdict(tmp_path / "run", found))


@pytest.mark.parametrize("stop_at", [1e-2, 1e-3])
def test_an_unconverged_iteration_is_refused(tmp_path: Path, stop_at: float) -> None:
    loads = [{"kind": "traction", "boundary": "right", "x": 2e5, "y": 5e4}]
    found = solve_finite(block(loads=loads), stop_at=stop_at)
    assert "equilibrium:residual" in failed(verdict(tmp_path / "run", found))


def test_half_the_dead_load_is_refused(tmp_path: Path) -> None:
    found = solve_finite(block(), load_factor=0.5)
    assert "equilibrium:residual" in failed(verdict(tmp_path / "run", found))


def test_half_of_the_steps_are_not_the_whole_load(tmp_path: Path) -> None:
    pulled = block(supports=PULLED, loads=[], wanted=[{"name": "energy", "kind": "strain_energy"}])
    half = pulled.amended({"supports.2.x": 0.25})
    assert "supports:right" in failed(verdict(tmp_path / "run", solve_finite(pulled, done=half)))


def test_the_first_piola_stress_is_not_the_true_one(tmp_path: Path) -> None:
    wanted = [{"name": "sigma", "kind": "stress", "component": "xx", "at": [0.5, 0.5]}]
    pulled = block(supports=PULLED, loads=[], wanted=wanted)
    found = solve_finite(pulled)
    forces = found.forces[found.mesh.boundary_nodes["right"], 0].sum()
    nominal = found.stress * (forces / found.stress[0, 0])
    lying = found.changed(stress=nominal)
    evidence = failed(verdict(tmp_path / "run", lying))
    assert "quantities:sigma" in evidence


def test_an_element_turned_inside_out_is_refused(tmp_path: Path) -> None:
    found = solve_finite(block())
    u = found.u.copy()
    u[np.argmin(np.linalg.norm(found.mesh.points - 0.5, axis=1)), 0] += 0.8
    evidence = failed(verdict(tmp_path / "run", found.changed(u=u)))
    assert "equilibrium:orientation" in evidence


def test_a_sheet_stretched_until_no_thickness_is_left_is_refused(tmp_path: Path) -> None:
    law = next(law for law in LAWS if isinstance(law, SaintVenantKirchhoff))
    loads = [{"kind": "traction", "boundary": "right", "x": 0.01}]
    given = {"idealisation": "plane_stress", "materials": {"block": law}, "loads": loads}
    found = solve_finite(block(**given))
    u = 3.0 * found.mesh.points
    evidence = failed(verdict(tmp_path / "run", found.changed(u=u)))
    assert "equilibrium:orientation" in evidence


def test_half_of_stress_times_strain_is_not_the_energy(tmp_path: Path) -> None:
    found = solve_finite(block())
    values = reported(found) | {"energy": 0.9 * reported(found)["energy"]}
    assert "quantities:energy" in failed(verdict(tmp_path / "run", found, values))


def test_a_stretched_block_is_that_of_the_closed_form(tmp_path: Path) -> None:
    pulled = block(
        supports=PULLED,
        loads=[],
        wanted=[
            {"name": "force", "kind": "reaction", "boundary": "right", "component": "x"},
            {"name": "energy", "kind": "strain_energy"},
        ],
    )
    found = solve_finite(pulled, 0.5, 1)
    mu, lam, stretch = 1e6, 3e6, 1.5
    across = brentq(lambda b: mu * (b - 1 / b) + lam * math.log(stretch * b) / b, 0.3, 1.5)
    log = math.log(stretch * across)
    force = mu * (stretch - 1 / stretch) + lam * log / stretch
    stored = mu / 2 * (stretch**2 + across**2 - 2 - 2 * log) + lam / 2 * log**2
    values = reported(found)
    assert values["force"] == pytest.approx(force, rel=1e-9)
    assert values["energy"] == pytest.approx(stored, rel=1e-9)
    assert failed(verdict(tmp_path / "run", found)) == {}


def test_simple_shear_is_that_of_the_closed_form(tmp_path: Path) -> None:
    gamma, mu = 0.6, 1e6
    geometry = block().geometry.model_dump(mode="json")
    geometry["boundaries"]["top"] = {"kind": "line", "axis": "y", "at": 1.0}
    sheared = [
        {"boundary": name, "x": {"formula": f"{gamma} * y"}, "y": 0.0} for name in ("left", "right")
    ]
    wanted = [
        {"name": "xy", "kind": "stress", "component": "xy", "at": [0.5, 0.5]},
        {"name": "xx", "kind": "stress", "component": "xx", "at": [0.5, 0.5]},
        {"name": "energy", "kind": "strain_energy"},
    ]
    supports = [
        {"boundary": "bottom", "x": 0.0, "y": 0.0}, {"boundary": "top", "x": gamma, "y": 0.0},
        *sheared,
    ]  # fmt: skip
    found = solve_finite(block(geometry=geometry, supports=supports, loads=[], wanted=wanted))
    values = reported(found)
    assert values["xy"] == pytest.approx(mu * gamma)
    assert values["xx"] == pytest.approx(mu * gamma**2)
    assert values["energy"] == pytest.approx(mu * gamma**2 / 2)
    assert failed(verdict(tmp_path / "run", found)) == {}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"materials": {"block": {"youngs_modulus": 1e6, "poisson_ratio": 0.3}}}, "is no law of"),
        ({"loads": [{"kind": "temperature", "change": 1.0}]}, "solved in static_linear only"),
        ({"analysis": "static_linear"}, "needs analysis: static_finite"),
        ({"load_path": [1.0, 0.0]}, "only plasticity"),
        ({"materials": {"block": {"kind": "neo_hookean", "mu": 1.0, "lam": 1.0}}}, "volumetric"),
        (
            {"materials": {"block": {"kind": "neo_hookean", "volumetric": "isochoric", "mu": 1.0}}},
            "give mu and lam",
        ),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_named(changes: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        block(**changes)


@pytest.mark.skipif(importlib.util.find_spec("ngsolve") is None, reason="NGSolve has no wheel here")
async def test_the_reference_agrees_in_every_idealisation() -> None:
    """By another library, which differentiates W itself."""
    loads = [
        {"kind": "traction", "boundary": "right", "x": 0.1, "y": 0.1},
        {"kind": "pressure", "boundary": "right", "value": {"formula": "0.1 * y"}},
    ]
    wanted = [
        {"name": "tip", "kind": "displacement", "component": "x", "at": [0.5, 1.0]},
        {"name": "sigma", "kind": "stress", "component": "xx", "at": [0.5, 0.5]},
        {"name": "energy", "kind": "strain_energy"},
    ]
    problems = [
        block(
            idealisation=idealisation,
            materials={"block": law},
            loads=loads,
            wanted=wanted,
            supports=[{"boundary": "bottom", "x": 0.0, "y": 0.0}],
        )
        for idealisation, law in (
            ("plane_strain", LAWS[4]), ("plane_stress", LAWS[1]),
            ("axisymmetric", LAWS[2]),
        )
    ]  # fmt: skip
    for problem, found in zip(
        problems, await processes.solve_by("high_order", problems, 120), strict=True
    ):
        assert not found.fault
        for name, value in reported(solve_finite(problem, 1 / 16)).items():
            reference = found.quantities[name]
            assert reference.apart(value) <= reference.error + 0.01 * abs(value), problem
            assert reference.error <= 0.01 * abs(value)
