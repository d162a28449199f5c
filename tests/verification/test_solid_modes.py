"""Modes of solids: right ones pass on every kind of element, and planted faults are refused."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from returned import failed
from solid_modes_returned import ReturnedSolidModes, solve_solid_modes, vibrating
from solid_returned import STEEL, bar, box_mesh

from mechagents.mechanics.formulation import Formulation
from mechagents.verification.elements import ElementKind

DENSE_STEEL = {**STEEL, "density": 7850.0}
KINDS = ("tetra", "tetra10", "hexahedron", "hexahedron20", "hexahedron27", "wedge")


def clamped() -> Formulation:
    return vibrating(bar(materials={"bar": DENSE_STEEL}), 1, 2, 3, 4, 5, 6)


def loose() -> Formulation:
    """Return the same bar, held by nothing."""
    return vibrating(bar(materials={"bar": DENSE_STEEL}), 1, 6, 7, 8, 9, supports=[])


@cache
def right() -> ReturnedSolidModes:
    return solve_solid_modes(clamped(), box_mesh("hexahedron27", (3, 2, 1)))


@cache
def right_of_free() -> ReturnedSolidModes:
    return solve_solid_modes(loose(), box_mesh("tetra10", (3, 2, 1)))


def refused_by(found: ReturnedSolidModes, folder: Path) -> set[str]:
    return {name.split(":f")[0] for name in failed(found.evidence(folder))}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("distorted", [0.0, 0.1])
def test_right_modes_pass_on_every_kind(
    tmp_path: Path, kind: ElementKind, distorted: float
) -> None:
    mesh = box_mesh(kind, (3, 2, 2), distorted=distorted)
    evidence = solve_solid_modes(clamped(), mesh).evidence(tmp_path)
    assert evidence.claim_level == "consistent", failed(evidence)


@pytest.mark.parametrize("kind", ["tetra", "hexahedron", "hexahedron27"])
def test_a_lumped_mass_is_a_proper_discretisation_too(tmp_path: Path, kind: ElementKind) -> None:
    found = solve_solid_modes(clamped(), box_mesh(kind, (4, 2, 1)), lumped=True)
    evidence = found.evidence(tmp_path)
    assert evidence.claim_level == "consistent", failed(evidence)
    told = next(check.message for check in evidence.checks if check.name == "modes:residual")
    assert "(lumped)" in told


def test_a_free_body_has_six_rigid_motions_of_frequency_zero(tmp_path: Path) -> None:
    evidence = right_of_free().evidence(tmp_path)
    assert evidence.claim_level == "consistent", failed(evidence)
    assert right_of_free().values[:6] == pytest.approx(np.zeros(6), abs=1e-1)
    assert right_of_free().values[6] > 100


def test_left_out_rigid_motions_are_found_by_counting(tmp_path: Path) -> None:
    picked = right_of_free().picked(*range(2, 12))
    assert refused_by(picked, tmp_path) == {"modes:count"}


def held_otherwise(*supports: dict[str, object]) -> Formulation:
    wanted = [{"name": "energy", "kind": "strain_energy"}]
    return bar(supports=list(supports), wanted=wanted)


def test_a_mode_that_passes_through_a_support_is_found_there(tmp_path: Path) -> None:
    slides = {"boundary": "x_low", "x": 0.0, "y": 0.0}, {"boundary": "z_low", "z": 0.0}
    found = solve_solid_modes(clamped(), right().mesh, supported=held_otherwise(*slides))
    assert "supports:modes:x_low" in refused_by(found, tmp_path)


def test_a_mode_held_where_the_body_is_free_is_found_by_the_residual(tmp_path: Path) -> None:
    foot = {"boundary": "x_low", "x": 0.0, "y": 0.0, "z": 0.0}
    held = held_otherwise(foot, {"boundary": "x_high", "y": 0.0})
    found = solve_solid_modes(clamped(), right().mesh, supported=held)
    refused = failed(found.evidence(tmp_path))
    assert "in y at (2, " in refused["modes:residual"].message


def test_a_missed_mode_is_found_by_counting(tmp_path: Path) -> None:
    evidence = right().picked(1, 2, 4, 5, 6, 7).evidence(tmp_path)
    assert set(failed(evidence)) == {"modes:count"}
    assert "1 mode was missed" in failed(evidence)["modes:count"].message


def test_half_the_density_is_found_in_the_numbers(tmp_path: Path) -> None:
    evidence = solve_solid_modes(clamped(), right().mesh, density_factor=0.5).evidence(tmp_path)
    assert set(failed(evidence)) == {f"quantities:f{n}" for n in range(1, 7)}
    assert "sqrt(2)" in failed(evidence)["quantities:f1"].message


def test_another_poisson_ratio_is_found_by_the_residual(tmp_path: Path) -> None:
    found = solve_solid_modes(clamped(), right().mesh, poisson_ratio=0.29)
    assert "modes:residual" in refused_by(found, tmp_path)


def test_a_lumped_and_a_consistent_mass_are_not_mixed(tmp_path: Path) -> None:
    lumped = solve_solid_modes(clamped(), right().mesh, lumped=True)
    mixed = np.concatenate([lumped.shapes[:3], right().shapes[3:]])
    assert "modes:residual" in refused_by(right().changed(shapes=mixed), tmp_path)


def test_frequencies_of_a_lumped_mass_are_not_those_of_consistent_modes(tmp_path: Path) -> None:
    lumped = solve_solid_modes(clamped(), right().mesh, lumped=True)
    assert abs(lumped.values[5] / right().values[5] - 1) > 1e-3
    refused = failed(right().changed(values=lumped.values).evidence(tmp_path))
    assert "quantities:f6" in refused


def test_modes_of_the_plane_are_none_of_a_solid(tmp_path: Path) -> None:
    assert refused_by(right().changed(shapes=right().shapes[..., :2]), tmp_path) == {"contract"}


def test_a_mode_left_out_of_one_direction_is_found_by_the_residual(tmp_path: Path) -> None:
    flat = right().shapes * np.array([1.0, 1.0, 0.0])
    assert "modes:residual" in refused_by(right().changed(shapes=flat), tmp_path)


def test_modes_of_too_many_unknowns_are_not_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mechagents.verification.mode_checks.MOST_COUNTED", 50)
    refused = failed(right().evidence(tmp_path))
    assert set(refused) == {"modes:count"}
    assert "take a coarser mesh" in refused["modes:count"].message
