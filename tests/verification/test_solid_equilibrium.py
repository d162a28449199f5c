"""Forces, moments, energy and stress of solids: right on every mesh, and wrong ones are caught."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mechagents.messages import Check
from mechagents.verification.assembly import balance, stresses
from mechagents.verification.constitutive import COLUMNS
from mechagents.verification.element_tables import ElementKind
from mechagents.verification.equilibrium import RESIDUAL, Equilibrium, check_equilibrium
from mechagents.verification.fields import Block, Fields
from mechagents.verification.quantities import check_quantities
from mechagents.verification.solution import Solution
from tests.verification.solid_returned import (
    SolidReturned,
    bar,
    box_mesh,
    nodal_stress,
    reported,
    solve_solid,
    with_law,
)

KINDS: tuple[ElementKind, ...] = (
    "tetra", "tetra10", "hexahedron", "hexahedron20", "hexahedron27", "wedge",
)  # fmt: skip
GRADIENT = 1e-4 * np.array([[3.0, 1.0, -2.0], [2.5, -1.0, 4.0], [-1.0, -7.0, 2.0]])
"""Of a displacement whose stress is the same everywhere; no component is small."""


def fields_of(found: SolidReturned, **changes: object) -> Fields:
    mesh = found.mesh
    blocks = (Block(mesh.kind, mesh.cells),)
    return replace(Fields(mesh.points, blocks, found.u, found.stress), **changes)


def state_of(found: SolidReturned, **changes: object) -> Equilibrium:
    return Equilibrium.of(Solution.of(found.formulation, fields_of(found, **changes)))


def failed(state: Equilibrium) -> set[str]:
    return {check.name for check in check_equilibrium(state) if not check.passed}


@pytest.fixture(scope="module")
def solved() -> SolidReturned:
    return solve_solid(bar(), box_mesh("tetra10", (4, 2, 2), distorted=0.15))


@pytest.mark.parametrize("kind", KINDS)
def test_a_constant_strain_leaves_no_force_inside_a_mesh_of_distorted_elements(
    kind: ElementKind,
) -> None:
    mesh = box_mesh(kind, (3, 3, 3), distorted=0.2)
    f = bar(loads=[])
    fields = Fields(mesh.points, (Block(kind, mesh.cells),), mesh.points @ GRADIENT.T)
    solution = Solution.of(f, fields)
    inner = np.ones(len(mesh.points), dtype=bool)
    inner[solution.skin.all_nodes] = False
    assert inner.any()
    for level in range(5):
        forces = balance(solution, level)
        assert np.abs(forces.internal[inner]).max() <= 1e-12 * forces.scale
    lam, mu = f.materials["bar"].lame_constants
    e = (GRADIENT + GRADIENT.T) / 2
    sigma = 2 * mu * e + lam * np.trace(e) * np.eye(3)
    exact = [sigma[0, 0], sigma[1, 1], sigma[2, 2], sigma[0, 1], sigma[1, 2], sigma[0, 2]]
    (found,) = stresses(solution)
    assert found.all == pytest.approx(np.broadcast_to(exact, found.all.shape), rel=1e-9)
    energy = float((sigma * e).sum()) / 2
    assert sum(map(np.sum, forces.energy)) == pytest.approx(energy)  # the bar has 1 m^3


@pytest.mark.parametrize("kind", KINDS[:-1])
def test_a_solution_of_another_library_balances(kind: ElementKind) -> None:
    found = solve_solid(bar(), box_mesh(kind, (4, 2, 2), distorted=0.15))
    state = state_of(found)
    assert failed(state) == set()
    values = reported(found)
    assert all(check.passed for check in check_quantities(state, values))
    assert values["wall_z"] == pytest.approx(2e6 * 0.5 + 1e6 * 2 + 77e3)


def test_wedges_balance_too() -> None:
    supports = [
        {"boundary": "x_low", "x": 0.0, "y": 0.0, "z": 0.0},
        {"boundary": "x_high", "x": 1e-4, "y": 0.0, "z": 2e-4},
    ]
    loads = [{"kind": "body_force", "x": 1e5, "y": 0.0, "z": -77e3}]
    mesh = box_mesh("wedge", (4, 2, 2), distorted=0.15)
    assert failed(state_of(solve_solid(bar(supports=supports, loads=loads), mesh))) == set()


def test_a_change_of_temperature_strains_a_free_solid_without_stress() -> None:
    hot = {"kind": "temperature", "change": 50.0}
    f = bar(materials={"bar": {"youngs_modulus": 1e9, "poisson_ratio": 0.3,
                               "thermal_expansion": 1e-5}},
            supports=[{"boundary": f"{axis}_low", axis: 0.0} for axis in "xyz"],
            loads=[hot], wanted=[{"name": "energy", "kind": "strain_energy"}])  # fmt: skip
    mesh = box_mesh("hexahedron27", (2, 2, 2))
    fields = Fields(mesh.points, (Block(mesh.kind, mesh.cells),), 5e-4 * mesh.points)
    state = Equilibrium.of(Solution.of(f, fields))
    assert failed(state) == set()
    assert np.abs(state.stresses[0].all).max() < 1e-6 * 1e9 * 5e-4


def test_a_factor_of_two_in_the_shear_strain_leaves_forces(solved: SolidReturned) -> None:
    # G as large as if gamma were eps in a law that takes gamma.
    E, nu = 210e9, 0.3
    G = E / (2 * (1 + nu))
    wrong = solve_solid(bar(), solved.mesh, shear=G / 2)
    assert "equilibrium:residual" in failed(state_of(wrong))


@pytest.mark.parametrize("law", [{"youngs_modulus": 70e9}, {"poisson_ratio": 0.25},
                                 {"youngs_modulus": 0.3e9, "poisson_ratio": 0.21}])  # fmt: skip
def test_another_law_leaves_forces(solved: SolidReturned, law: dict[str, float]) -> None:
    state = state_of(with_law(solved, **law))
    assert "equilibrium:residual" in failed(state)
    assert len(state.solution.fields.points[0]) == 3


@pytest.mark.parametrize("loads", [
    [{"kind": "traction", "boundary": "x_high", "x": 4e6, "y": 1e6}],
    [{"kind": "traction", "boundary": "x_high", "x": 2e6, "y": 0.5e6, "z": -1e6}],
    [{"kind": "traction", "boundary": "y_high", "x": 4e6, "y": 1e6, "z": -2e6}],
    [{"kind": "pressure", "boundary": "z_high", "value": 1e6}],
])  # fmt: skip
def test_another_load_leaves_forces_where_it_acts(
    solved: SolidReturned, loads: list[dict[str, object]]
) -> None:
    wrong = solve_solid(bar(loads=loads), solved.mesh)
    state = state_of(replace(wrong, formulation=solved.formulation))
    assert "equilibrium:residual" in failed(state)


def test_the_message_names_the_worst_point_in_space(solved: SolidReturned) -> None:
    u = solved.u.copy()
    node = int(np.linalg.norm(solved.mesh.points - [2.0, 1.0, 0.5], axis=1).argmin())
    u[node, 2] += 1e-5
    (check, *_) = check_equilibrium(state_of(replace(solved, u=u)))
    assert not check.passed
    assert check.value > 1e3 * RESIDUAL
    assert check.message.count(",") >= 2
    assert "in x at" in check.message or "in y at" in check.message or "in z at" in check.message


def patch() -> SolidReturned:
    """A bar with the same stress everywhere; in equilibrium inside, held by nobody."""
    mesh = box_mesh("tetra10", (3, 3, 3), distorted=0.2)
    u = mesh.points @ GRADIENT.T
    f = bar(loads=[])
    return SolidReturned(f, mesh, u, nodal_stress(f, mesh, u), np.zeros_like(u), 0.0)


def stress_check(found: SolidReturned, **changes: object) -> Check:
    checks = check_equilibrium(state_of(found, **changes))
    return next(check for check in checks if check.name == "equilibrium:stress")


@pytest.mark.parametrize("column", range(6))
def test_a_wrong_column_of_stress_is_seen_and_named(column: int) -> None:
    found = patch()
    assert stress_check(found).passed
    stress = found.stress.copy()
    stress[:, column] *= 2
    check = stress_check(found, point_stress=stress)
    assert not check.passed
    assert "twice the right value" in check.message
    assert f"stress {COLUMNS[column]} " in check.message


def test_shear_components_in_another_order_are_seen() -> None:
    found = patch()
    check = stress_check(found, point_stress=found.stress[:, [0, 1, 2, 4, 5, 3]])
    assert not check.passed
    assert "component " in check.message


def test_a_stress_in_cells_is_taken_too() -> None:
    found = patch()
    means = found.stress[found.mesh.cells].mean(axis=1)
    assert stress_check(found, point_stress=None, cell_stress=(means,)).passed
    turned = means[:, [0, 2, 1, 3, 4, 5]]
    assert not stress_check(found, point_stress=None, cell_stress=(turned,)).passed


def test_a_moment_about_any_axis_is_seen(solved: SolidReturned) -> None:
    state = state_of(solved)
    for axis in range(3):
        held = state.held.copy()
        i, j = (axis + 1) % 3, (axis + 2) % 3
        low, high = solved.mesh.points.argmin(axis=0)[i], solved.mesh.points.argmax(axis=0)[i]
        held[low, j] -= 1e6
        held[high, j] += 1e6
        wrong = Equilibrium(state.solution, state.forces, state.unsure)
        wrong.__dict__["held"] = held
        assert "equilibrium:moments" in failed(wrong)


def test_reported_numbers_that_are_not_in_the_field_are_refused(solved: SolidReturned) -> None:
    state, values = state_of(solved), reported(solved)
    for name in values:
        wrong = values | {name: 10 * values[name]}
        off = [check.name for check in check_quantities(state, wrong) if not check.passed]
        assert off == [f"quantities:{name}"]


def test_the_stress_of_a_displacement_is_what_the_test_takes_it_for(solved: SolidReturned) -> None:
    nodal = nodal_stress(solved.formulation, solved.mesh, solved.mesh.points @ GRADIENT.T)
    assert nodal == pytest.approx(np.broadcast_to(nodal[0], nodal.shape), rel=1e-6)
    lam, mu = solved.formulation.materials["bar"].lame_constants
    assert nodal[0, 0] == pytest.approx(1e-4 * (4 * lam + 6 * mu))
    assert nodal[0, 5] == pytest.approx(-3e-4 * mu)
