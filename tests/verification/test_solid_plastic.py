"""Solids that flow: right histories pass, planted faults are refused, the return is of theory."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from returned import failed
from solid_steps import PLANES, SMOOTH, STEEL, march, steel_cube

from mechagents.kit.plastic import Flow
from mechagents.kit.plastic import radial_return as kit_return
from mechagents.mechanics.plastic import J2Plastic
from mechagents.verification.plastic import Constants, State, radial_return, tangent

PAIRS = ((0, 0), (1, 1), (2, 2), (0, 1), (1, 2), (0, 2))
ROWS, COLUMNS = zip(*PAIRS, strict=True)


@pytest.mark.parametrize("order", [1, 2])
def test_a_right_history_is_accepted(tmp_path: Path, order: int) -> None:
    evidence = march(steel_cube(), order=order).left(tmp_path)
    assert failed(evidence) == {}
    names = {check.name for check in evidence.checks}
    assert {"contract:history", "equilibrium:steps", "supports:history"} <= names


def test_a_right_history_on_tetrahedra_is_accepted(tmp_path: Path) -> None:
    cut = {"kind": "sphere", "center": [1.0, 1.0, 1.0], "radius": 0.6}
    base = {"kind": "box", "size": [1.0, 1.0, 1.0]}
    shape = {"kind": "difference", "base": base, "remove": [cut]}
    wanted = [{"name": "pull", "kind": "reaction", "boundary": "x_high", "component": "x"}]
    body = steel_cube(
        geometry={"regions": {"cube": shape}, "boundaries": PLANES}, wanted=wanted, load_path=[1.0]
    )
    found = march(body, order=2, steps=2)
    assert found.solution.mesh.kind == "tetra10"
    assert failed(found.left(tmp_path)) == {}


@pytest.mark.parametrize(
    "changes",
    [{"yield_stress": 255e6}, {"hardening_modulus": 0.0}, {"youngs_modulus": 202e9}],
)
def test_another_law_is_refused(tmp_path: Path, changes: dict[str, float]) -> None:
    wrong = march(steel_cube(), steel_cube(materials={"cube": STEEL | changes}))
    assert "equilibrium:residual" in failed(wrong.left(tmp_path))


def test_elasticity_is_no_plasticity(tmp_path: Path) -> None:
    elastic = {"kind": "isotropic", "youngs_modulus": 200e9, "poisson_ratio": 0.3}
    wrong = march(steel_cube(), steel_cube(materials={"cube": elastic}))
    assert "equilibrium:residual" in failed(wrong.left(tmp_path))


def test_going_straight_to_the_end_of_the_path_is_refused(tmp_path: Path) -> None:
    direct = march(steel_cube(), steel_cube(load_path=[0.5]))
    assert "contract:history" in failed(direct.left(tmp_path))


def test_a_step_that_did_not_converge_is_refused(tmp_path: Path) -> None:
    right = march(steel_cube())
    inner = np.all(np.abs(right.solution.mesh.points - 0.5) < 0.4, axis=1)
    steps = list(right.displacements)
    steps[2] = np.where(inner[:, None], 1.01, 1.0) * steps[2]
    wrong = replace(right, displacements=steps)
    assert "equilibrium:steps" in failed(wrong.left(tmp_path))


def test_a_pressure_stays_on_the_surface_as_it_was(tmp_path: Path) -> None:
    """At small strain it does not follow; half of it is found out."""
    pressed = steel_cube(
        supports=SMOOTH, loads=[{"kind": "pressure", "boundary": "x_high", "value": 280e6}],
        wanted=[{"name": "shorter", "kind": "displacement", "component": "x", "at": [1, 1, 1]}],
    )  # fmt: skip
    assert failed(march(pressed).left(tmp_path / "right")) == {}
    half = march(pressed, load_factor=0.5).left(tmp_path / "half")
    assert "equilibrium:residual" in failed(half)


def test_a_bar_pulled_and_let_go_is_that_of_the_closed_form(tmp_path: Path) -> None:
    pull, H, yields = 320e6, 10e9, 250e6
    bar = steel_cube(
        supports=SMOOTH,
        loads=[{"kind": "traction", "boundary": "x_high", "x": pull}],
        load_path=[1.0, 0.0],
        wanted=[
            {"name": "longer", "kind": "displacement", "component": "x", "at": [1, 0.5, 0.5]},
            {"name": "side", "kind": "displacement", "component": "z", "at": [0.5, 0.5, 1]},
        ],
    )
    found = march(bar, size=1.0)
    left = (pull - yields) / H
    assert found.values["longer"] == pytest.approx(left, rel=1e-9)
    assert found.values["side"] == pytest.approx(-left / 2, rel=1e-9)
    assert failed(found.left(tmp_path)) == {}


def _points() -> tuple[J2Plastic, Constants, np.ndarray, State]:
    generator = np.random.default_rng(5)
    law = J2Plastic.model_validate(STEEL)
    lam, mu = law.lame_constants
    K, mu, Y, H = (
        np.full((6, 1), value)
        for value in (lam + 2 * mu / 3, mu, law.yield_stress, law.hardening_modulus)
    )
    eps = 3e-3 * generator.normal(size=(6, 3, 6))
    before = 1e-3 * generator.normal(size=(6, 3, 6))
    before[..., 2] = -before[..., 0] - before[..., 1]
    return law, Constants(K, mu, Y, H), eps, State(before, np.full((6, 3), 2e-3))


def _tensor(eps: np.ndarray) -> np.ndarray:
    found = np.zeros((*eps.shape[:-1], 3, 3))
    for column, (i, j) in enumerate(PAIRS):
        found[..., i, j] = found[..., j, i] = eps[..., column] / (1 if i == j else 2)
    return found


def test_programs_and_checks_return_the_same_by_tensors_and_by_six_columns() -> None:
    law, of, eps, before = _points()
    sigma, after = radial_return(of, eps, before)
    mine, flown = kit_return(law, _tensor(eps), Flow(_tensor(before.strain), before.alpha))
    assert np.any(after.alpha > before.alpha)
    assert mine.stress[..., ROWS, COLUMNS] == pytest.approx(sigma)
    assert flown.alpha == pytest.approx(after.alpha)
    assert flown.strain == pytest.approx(_tensor(after.strain))


def test_both_tangents_are_the_derivative_of_the_stress() -> None:
    law, of, eps, before = _points()
    D = tangent(of, eps, before)
    A = kit_return(law, _tensor(eps), Flow(_tensor(before.strain), before.alpha))[0].tangent
    for column, (i, j) in enumerate(PAIRS):
        step = np.zeros(6)
        step[column] = 1e-8
        ahead, behind = (radial_return(of, eps + sign * step, before)[0] for sign in (1, -1))
        slope = (ahead - behind) / 2e-8
        assert D[..., column] == pytest.approx(slope, rel=1e-4, abs=1e5)
        assert A[..., ROWS, COLUMNS, i, j] == pytest.approx(D[..., column], rel=1e-9, abs=1.0)
