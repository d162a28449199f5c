"""Buckling: right factors pass and agree with Euler; planted faults are refused."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from eigen_returned import ReturnedModes, solve_modes
from returned import failed

from mechagents.mechanics.formulation import Formulation

E, LENGTH, HEIGHT = 200e9, 1.0, 0.05


def column(**changes: Any) -> Formulation:
    """Return a column under a load along and across it, so that there is shear in it too."""
    return Formulation.model_validate({
        "analysis": "buckling",
        "idealisation": "plane_stress",
        "geometry": {
            "regions": {"column": {"kind": "rectangle", "size": [LENGTH, HEIGHT]}},
            "boundaries": {"foot": {"kind": "line", "axis": "x", "at": 0.0},
                           "top": {"kind": "line", "axis": "x", "at": LENGTH}},
        },
        "materials": {"column": {"youngs_modulus": E, "poisson_ratio": 0.3}},
        "supports": [{"boundary": "foot", "x": 0.0, "y": 0.0}],
        "loads": [{"kind": "traction", "boundary": "top", "x": -1e6, "y": -4e5}],
        "wanted": [{"name": "factor", "kind": "buckling_factor", "number": 1},
                   {"name": "second", "kind": "buckling_factor", "number": 2}],
        **changes,
    })  # fmt: skip


@cache
def right() -> ReturnedModes:
    return solve_modes(column(), 0.025)


def refused_by(found: ReturnedModes, folder: Path) -> set[str]:
    return set(failed(found.evidence(folder)))


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("distorted", [0.0, 0.2])
def test_right_factors_pass(tmp_path: Path, order: int, distorted: float) -> None:
    evidence = solve_modes(column(), 0.025, order, distorted=distorted).evidence(tmp_path)
    assert evidence.claim_level == "consistent", failed(evidence)
    assert {q.unit for q in evidence.quantities} == {"1"}


def test_the_factor_is_that_of_euler() -> None:
    pushed = column(loads=[{"kind": "traction", "boundary": "top", "x": -1e6}])
    euler = np.pi**2 * E * HEIGHT**2 / (48 * LENGTH**2) / 1e6
    assert solve_modes(pushed, 0.025).values[0] == pytest.approx(euler, rel=5e-3)


def test_the_sign_of_the_stress_is_found_by_the_residual(tmp_path: Path) -> None:
    found = solve_modes(column(), 0.025, turning=(-1.0, -1.0, -1.0))
    assert "modes:order" in refused_by(found, tmp_path)


def test_factors_of_the_loads_the_other_way_round_are_not_positive(tmp_path: Path) -> None:
    pulled = column(loads=[{"kind": "traction", "boundary": "top", "x": 1e6, "y": 4e5}])
    found = right().changed(formulation=pulled, u=-right().u)
    checks = failed(found.evidence(tmp_path))
    assert "not positive" in checks["modes:order"].message


def test_shear_left_out_of_the_turning_is_found_by_the_residual(tmp_path: Path) -> None:
    found = solve_modes(column(), 0.025, turning=(1.0, 1.0, 0.0))
    assert "modes:residual" in refused_by(found, tmp_path)


def test_the_factor_of_another_mode_is_told_as_such(tmp_path: Path) -> None:
    values = right().values[[1, 1, *range(2, 12)]]
    checks = failed(right().changed(values=values).evidence(tmp_path))
    assert set(checks) == {"quantities:factor"}
    assert "that is the value of mode 2" in checks["quantities:factor"].message


def test_a_missed_factor_is_found_by_counting(tmp_path: Path) -> None:
    assert refused_by(right().picked(2, 3), tmp_path) == {"modes:count"}


def test_half_the_load_is_found_in_the_static_forces(tmp_path: Path) -> None:
    half = right().changed(u=right().u / 2, values=2 * right().values)
    assert "equilibrium:residual" in refused_by(half, tmp_path)


def test_half_the_stress_in_the_turning_is_found_in_the_numbers(tmp_path: Path) -> None:
    found = solve_modes(column(), 0.025, turning=(0.5, 0.5, 0.5))
    assert refused_by(found, tmp_path) == {"quantities:factor", "quantities:second"}
