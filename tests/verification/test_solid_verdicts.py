"""Solids that a program left behind are judged as a whole: right ones pass, wrong ones do not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mechagents.mechanics.formulation import Formulation
from mechagents.verification.elements import ElementKind
from tests.verification.solid_returned import (
    SolidReturned,
    bar,
    box_mesh,
    solve_solid,
    verdict_of_solid,
)

KINDS: tuple[ElementKind, ...] = (
    "tetra", "tetra10", "hexahedron", "hexahedron20", "hexahedron27", "wedge",
)  # fmt: skip
WALL = {"boundary": "x_low", "x": 0.0, "y": 0.0, "z": 0.0}


@pytest.fixture(scope="module")
def solved() -> SolidReturned:
    return solve_solid(bar(), box_mesh("tetra10", (4, 2, 2)))


def refused(folder: Path, found: SolidReturned) -> set[str]:
    return {c.name for c in verdict_of_solid(folder, found).checks if not c.passed}


def wrongly(solved: SolidReturned, meant: Formulation, done: Formulation) -> SolidReturned:
    """Return what a program leaves that solved something else than was meant."""
    return replace(solve_solid(done, solved.mesh), formulation=meant)


@pytest.mark.parametrize("kind", KINDS)
def test_a_right_solution_is_consistent(tmp_path: Path, kind: ElementKind) -> None:
    # scikit-fem has no faces of wedges to load.
    weight = [{"kind": "body_force", "x": 1e5, "y": 0.0, "z": -77e3}]
    body = bar(loads=weight) if kind == "wedge" else bar()
    found = solve_solid(body, box_mesh(kind, (4, 2, 2), distorted=0.1))
    evidence = verdict_of_solid(tmp_path, found)
    assert [c.message for c in evidence.checks if not c.passed] == []
    assert evidence.claim_level == "consistent"


def test_a_missing_support_is_caught(tmp_path: Path, solved: SolidReturned) -> None:
    meant = bar(supports=[WALL, {"boundary": "y_low", "y": 0.0}])
    wrong = refused(tmp_path, wrongly(solved, meant, bar()))
    assert "supports:y_low" in wrong
    assert "supports:x_low" not in wrong


def test_a_support_of_another_component_is_caught(tmp_path: Path, solved: SolidReturned) -> None:
    meant = bar(supports=[WALL, {"boundary": "y_low", "y": 0.0}])
    done = bar(supports=[WALL, {"boundary": "y_low", "z": 0.0}])
    assert "supports:y_low" in refused(tmp_path, wrongly(solved, meant, done))


def test_a_support_in_excess_is_caught(tmp_path: Path, solved: SolidReturned) -> None:
    done = bar(supports=[WALL, {"boundary": "y_low", "y": 0.0}])
    assert "equilibrium:residual" in refused(tmp_path, wrongly(solved, bar(), done))


def test_a_support_that_holds_more_than_it_should_is_caught(
    tmp_path: Path, solved: SolidReturned
) -> None:
    meant = bar(supports=[WALL, {"boundary": "y_low", "y": 0.0}])
    done = bar(supports=[WALL, {"boundary": "y_low", "y": 0.0, "z": 0.0}])
    assert "equilibrium:residual" in refused(tmp_path, wrongly(solved, meant, done))


def test_a_prescribed_displacement_in_millimetres_is_caught(
    tmp_path: Path, solved: SolidReturned
) -> None:
    meant = bar(supports=[WALL, {"boundary": "x_high", "x": 1e-3}])
    done = bar(supports=[WALL, {"boundary": "x_high", "x": 1.0}])
    assert "supports:x_high" in refused(tmp_path, wrongly(solved, meant, done))


@pytest.mark.parametrize(
    "loads",
    [
        [{"kind": "traction", "boundary": "y_high", "x": 4e6}],
        [{"kind": "traction", "boundary": "x_high", "x": -4e6}],
        [{"kind": "traction", "boundary": "x_high", "z": 4e6}],
        [{"kind": "pressure", "boundary": "x_high", "value": 4e6}],
        [{"kind": "traction", "boundary": "x_high", "x": 2e6}],
    ],
)
def test_a_load_on_another_face_or_of_another_kind_is_caught(
    tmp_path: Path, solved: SolidReturned, loads: list[dict[str, object]]
) -> None:
    meant = bar(loads=[{"kind": "traction", "boundary": "x_high", "x": 4e6}])
    found = wrongly(solved, meant, bar(loads=loads))
    assert "equilibrium:residual" in refused(tmp_path, found)


def test_a_mesh_of_another_body_is_caught(tmp_path: Path, solved: SolidReturned) -> None:
    longer = {"regions": {"bar": {"kind": "box", "size": [2.2, 1.0, 0.5]}}}
    boundaries = bar().geometry.model_dump()["boundaries"]
    boundaries["x_high"]["at"] = 2.2
    meant = bar(geometry={**longer, "boundaries": boundaries}, loads=[])
    assert "geometry:box" in refused(tmp_path, replace(solved, formulation=meant))


def test_a_mesh_in_millimetres_is_caught(tmp_path: Path, solved: SolidReturned) -> None:
    mesh = replace(solved.mesh, points=solved.mesh.points * 1000)
    wrong = verdict_of_solid(tmp_path, replace(solved, mesh=mesh))
    assert any("a factor of 1000" in c.message for c in wrong.checks if not c.passed)


def test_numbers_that_are_not_finite_are_refused(tmp_path: Path, solved: SolidReturned) -> None:
    u = solved.u.copy()
    u[3, 2] = np.nan
    assert refused(tmp_path, replace(solved, u=u))
