"""Buckling of solids: right factors pass and agree with Euler; planted faults are refused."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from returned import failed
from solid_modes_returned import ReturnedSolidModes, buckling, solve_solid_modes
from solid_returned import bar, box_mesh

from mechagents.mechanics.formulation import Formulation
from mechagents.verification.elements import ElementKind

LENGTH, SIDES = 2.0, (0.1, 0.08)
STRAIGHT = {"youngs_modulus": 200e9, "poisson_ratio": 0.0}


def column(x: float = -1e6, y: float = -3e5) -> Formulation:
    """Return a column under a load along and across it, so that there is shear in it too."""
    planes = {
        "x_low": {"kind": "plane", "axis": "x", "at": 0.0},
        "x_high": {"kind": "plane", "axis": "x", "at": LENGTH},
    }
    regions = {"bar": {"kind": "box", "size": [LENGTH, *SIDES]}}
    load = {"kind": "traction", "boundary": "x_high", "x": x, "y": y, "z": 0.0}
    still = bar(
        geometry={"regions": regions, "boundaries": planes},
        materials={"bar": {**STRAIGHT, "poisson_ratio": 0.3 if y else 0.0}},
        loads=[load],
        wanted=[{"name": "energy", "kind": "strain_energy"}],
    )
    return buckling(still, 1, 2)


def solved(kind: ElementKind = "hexahedron27", **options: float) -> ReturnedSolidModes:
    mesh = box_mesh(kind, (6, 1, 1), (LENGTH, *SIDES))
    return solve_solid_modes(column(), mesh, **options)


@cache
def right() -> ReturnedSolidModes:
    return solved()


def refused_by(found: ReturnedSolidModes, folder: Path) -> set[str]:
    return set(failed(found.evidence(folder)))


@pytest.mark.parametrize("kind", ["tetra", "tetra10", "hexahedron", "hexahedron20"])
def test_right_factors_pass(tmp_path: Path, kind: ElementKind) -> None:
    evidence = solved(kind).evidence(tmp_path)
    assert evidence.claim_level == "consistent", failed(evidence)
    assert {q.unit for q in evidence.quantities} == {"1"}


def test_the_factor_is_that_of_euler_about_the_weaker_axis(tmp_path: Path) -> None:
    pushed = column(y=0.0)
    mesh = box_mesh("hexahedron27", (6, 1, 1), (LENGTH, *SIDES))
    found = solve_solid_modes(pushed, mesh)
    euler = np.pi**2 * 200e9 * np.array(SIDES[::-1]) ** 2 / (48 * LENGTH**2) / 1e6
    assert found.values[:2] == pytest.approx(euler, rel=5e-3)
    assert refused_by(found, tmp_path) == set()


def test_the_sign_of_the_stress_is_found(tmp_path: Path) -> None:
    assert "modes:order" in refused_by(solved(turning=-1.0), tmp_path)


def test_factors_of_the_loads_the_other_way_round_are_not_positive(tmp_path: Path) -> None:
    found = right().changed(formulation=column(x=1e6, y=3e5), u=-right().u)
    assert "not positive" in failed(found.evidence(tmp_path))["modes:order"].message


def test_shear_left_out_of_the_turning_is_found_by_the_residual(tmp_path: Path) -> None:
    assert "modes:residual" in refused_by(solved(shear_turning=0.0), tmp_path)


def test_a_missed_factor_is_found_by_counting(tmp_path: Path) -> None:
    assert refused_by(right().picked(2, 3), tmp_path) == {"modes:count"}


def test_half_the_load_is_found_in_the_static_forces(tmp_path: Path) -> None:
    half = right().changed(u=right().u / 2, values=2 * right().values)
    assert "equilibrium:residual" in refused_by(half, tmp_path)


def test_half_the_stress_in_the_turning_is_found_in_the_numbers(tmp_path: Path) -> None:
    assert refused_by(solved(turning=0.5), tmp_path) == {"quantities:factor1", "quantities:factor2"}
