"""Modes of vibration: right ones pass however they were found, and planted faults are refused."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import anyio
import numpy as np
import pytest
from eigen_returned import ReturnedModes, membrane, sheared_twice, solve_modes, square
from returned import failed, ran

from mechagents.messages import Settings
from mechagents.verification import judge, refer

FV32 = (44.617, 130.01, 162.69, 245.99, 379.72, 391.41)
"""NAFEMS FV32 [Hz], converged."""


@cache
def right() -> ReturnedModes:
    return solve_modes(membrane(), 0.8)


def refused_by(found: ReturnedModes, folder: Path) -> set[str]:
    return {name.split(":f")[0] for name in failed(found.evidence(folder))}


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("lumped", [False, True])
def test_right_modes_on_triangles_pass(tmp_path: Path, order: int, lumped: bool) -> None:
    found = solve_modes(membrane(), 1.0, order, lumped=lumped)
    evidence = found.evidence(tmp_path)
    assert evidence.claim_level == "consistent", failed(evidence)
    told = next(check.message for check in evidence.checks if check.name == "modes:residual")
    assert ("(lumped)" if lumped else "(consistent)") in told


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("distorted", [0.0, 0.2])
def test_right_modes_of_a_free_square_pass(tmp_path: Path, order: int, distorted: float) -> None:
    found = solve_modes(square(), 0.2, order, distorted=distorted)
    evidence = found.evidence(tmp_path)
    assert evidence.claim_level == "consistent", failed(evidence)
    assert evidence.quantities[0].value == pytest.approx(0.0, abs=0.1)


def test_the_membrane_has_its_published_frequencies() -> None:
    assert solve_modes(membrane(), 0.5).values[:6] == pytest.approx(FV32, rel=5e-4)


def test_three_meshes_and_the_reference_make_frequencies_verified(tmp_path: Path) -> None:
    runs = []
    for number, size in enumerate((0.8, 1.2, 1.8)):
        folder = tmp_path / str(number)
        folder.mkdir()
        solve_modes(membrane(), size).evidence(folder)
        runs.append((ran(folder, Settings(mesh_size=size, element_order=2)), folder))
    converged = judge(membrane(), runs, level="verified", tolerance=0.02)
    assert converged.claim_level == "converged", failed(converged)
    verified = anyio.run(refer, membrane(), converged, 0.02)
    assert verified.claim_level == "verified", failed(verified)
    for quantity, true in zip(verified.quantities, FV32, strict=True):
        assert quantity.error_bound is not None
        assert abs(quantity.value - true) <= quantity.error_bound + 0.01


def test_a_lumped_and_a_consistent_mass_are_not_mixed(tmp_path: Path) -> None:
    lumped = solve_modes(membrane(), 0.8, lumped=True)
    mixed = np.concatenate([lumped.shapes[:3], right().shapes[3:]])
    assert "modes:residual" in refused_by(right().changed(shapes=mixed), tmp_path)


def test_a_mode_of_any_size_and_sign_passes(tmp_path: Path) -> None:
    scaled = right().shapes * np.array([1, -1e6, 1e-6, 3, 7, -2, 1, 1, 1, 1, 1, 1])[:, None, None]
    assert refused_by(right().changed(shapes=scaled), tmp_path) == set()


def test_rigid_motions_in_seven_digits_pass(tmp_path: Path) -> None:
    found = solve_modes(square(wanted=[{"name": "f", "kind": "frequency", "number": 3}]), 0.25)
    assert refused_by(found.changed(shapes=found.shapes.astype(np.float32)), tmp_path) == set()


def test_too_few_digits_are_told_as_such(tmp_path: Path) -> None:
    shapes = right().shapes.astype(np.float16).astype(np.float32)
    checks = failed(right().changed(shapes=shapes).evidence(tmp_path))
    assert "write modes in double precision" in checks["modes:residual"].message


def test_a_missed_mode_is_found_by_counting(tmp_path: Path) -> None:
    evidence = right().picked(1, 2, 4, 5, 6, 7).evidence(tmp_path)
    assert set(failed(evidence)) == {"modes:count"}
    assert "1 mode was missed" in failed(evidence)["modes:count"].message


def test_left_out_rigid_motions_are_found_by_counting(tmp_path: Path) -> None:
    found = solve_modes(square(), 0.25)
    assert refused_by(found.picked(4, 5, 6, 7, 8, 9, 10), tmp_path) == {"modes:count"}


def test_a_mode_pasted_twice_is_found_by_orthogonality(tmp_path: Path) -> None:
    assert refused_by(right().picked(1, 2, 3, 4, 5, 5), tmp_path) == {"modes:orthogonality"}


def test_swapped_modes_are_found_by_their_order(tmp_path: Path) -> None:
    assert "modes:order" in refused_by(right().picked(1, 3, 2, 4, 5, 6), tmp_path)


def test_swapped_numbers_are_not_those_of_the_modes(tmp_path: Path) -> None:
    values = right().values[[1, 0, *range(2, 12)]]
    evidence = right().changed(values=values).evidence(tmp_path)
    assert set(failed(evidence)) == {"quantities:f1", "quantities:f2"}
    assert "that is the value of mode 2" in failed(evidence)["quantities:f1"].message


def test_angular_frequencies_are_told_as_such(tmp_path: Path) -> None:
    evidence = right().changed(values=2 * np.pi * right().values).evidence(tmp_path)
    assert len(failed(evidence)) == 6
    assert "rad/s reported as Hz?" in failed(evidence)["quantities:f1"].message


@pytest.mark.parametrize(
    ("factor", "words"),
    [(1 / 0.05, ""), (2.0, "counted twice"), (1e-3, "another unit than SI")],
    ids=["mass without thickness", "mass twice", "density in another unit"],
)
def test_another_mass_is_found_in_the_numbers(tmp_path: Path, factor: float, words: str) -> None:
    evidence = solve_modes(membrane(), 0.8, density_factor=factor).evidence(tmp_path)
    assert set(failed(evidence)) == {f"quantities:f{n}" for n in range(1, 7)}
    assert words in failed(evidence)["quantities:f1"].message


def test_another_modulus_is_found_in_the_numbers(tmp_path: Path) -> None:
    found = solve_modes(membrane(), 0.8, stiffness_factor=1e-3)
    assert refused_by(found, tmp_path) == {"quantities"}


def test_a_slip_in_shear_is_found_by_the_residual(tmp_path: Path) -> None:
    found = solve_modes(membrane(), 0.8, law=sheared_twice)
    assert "modes:residual" in refused_by(found, tmp_path)


def test_a_support_left_out_is_found_on_its_boundary(tmp_path: Path) -> None:
    loose = membrane(supports=[{"boundary": "root", "x": 0.0}])
    found = solve_modes(membrane(), 0.8, supported=loose)
    assert "supports:modes:root" in refused_by(found, tmp_path)


def test_a_support_in_excess_is_found_by_the_residual(tmp_path: Path) -> None:
    ends = [{"boundary": name, "x": 0.0, "y": 0.0} for name in ("root", "tip")]
    found = solve_modes(membrane(), 0.8, supported=membrane(supports=ends))
    assert "modes:residual" in refused_by(found, tmp_path)


def test_a_static_displacement_is_no_mode(tmp_path: Path) -> None:
    x, _ = right().mesh.points.T
    shapes = right().shapes.copy()
    shapes[0] = np.stack([np.zeros_like(x), x**2 * (30 - x)], axis=1)
    assert "modes:residual" in refused_by(right().changed(shapes=shapes), tmp_path)


def test_numbers_of_another_mesh_are_not_in_the_modes(tmp_path: Path) -> None:
    finer = solve_modes(membrane(), 0.5).values
    assert refused_by(right().changed(values=finer), tmp_path) == {"quantities"}


def test_a_mode_of_zeros_breaks_the_contract(tmp_path: Path) -> None:
    shapes = right().shapes * np.array([1, 0] + [1] * 10)[:, None, None]
    checks = failed(right().changed(shapes=shapes).evidence(tmp_path))
    assert "mode_2 is zero everywhere" in checks["contract:fields"].message


def test_fewer_modes_than_are_asked_for_break_the_contract(tmp_path: Path) -> None:
    checks = failed(right().changed(shapes=right().shapes[:4]).evidence(tmp_path))
    assert "mode_5 is missing" in checks["contract:fields"].message
