"""The kit for programs: solver, bases, evaluation, files, pictures."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

import meshio
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_matrix
from skfem import FacetBasis, LinearForm

from mechagents.kit import (
    Mesh,
    Solution,
    basis,
    by_element,
    draw,
    draw_field,
    make_mesh,
    node_dofs,
    node_means,
    prescribed,
    quantities,
    read_problem,
    solve,
    von_mises,
    write_fields,
    write_results,
)
from mechagents.kit.elements import locate, shape_functions
from mechagents.kit.pictures import colour_levels, deformed, unit_prefix
from mechagents.mechanics.formulation import Formulation, Picture
from mechagents.mechanics.geometry import Geometry
from mechagents.messages import Settings
from mechagents.problems import load_problem

PROBLEM = Formulation.model_validate(
    {
        "idealisation": "plane_strain",
        "geometry": {
            "regions": {
                "ring": {
                    "kind": "difference",
                    "base": {"kind": "disk", "center": [0, 0], "radius": 1.0},
                    "remove": [{"kind": "disk", "center": [0, 0], "radius": 0.5}],
                },
                "core": {"kind": "disk", "center": [0, 0], "radius": 0.5},
            },
            "boundaries": {
                "rim": {"kind": "circle", "center": [0, 0], "radius": 1.0},
                "pin": {"kind": "point", "at": [0, 0]},
            },
        },
        "materials": {
            "ring": {"youngs_modulus": "1 GPa", "poisson_ratio": 0.3},
            "core": {"youngs_modulus": "2 GPa", "poisson_ratio": 0.3},
        },
        "supports": [{"boundary": "rim", "x": 0, "y": 0}],
        "wanted": [
            {"name": "ux", "kind": "displacement", "component": "x", "at": [0.2, 0.3]},
            {"name": "size", "kind": "displacement", "component": "magnitude", "extreme": "max"},
            {"name": "sxy", "kind": "stress", "component": "xy", "at": [0.2, 0.3]},
            {
                "name": "least",
                "kind": "stress",
                "component": "yy",
                "extreme": "min",
                "region": "core",
            },
            {"name": "most", "kind": "stress", "component": "yy", "extreme": "max_abs"},
            {"name": "vm", "kind": "stress", "component": "von_mises", "extreme": "max"},
            {"name": "held", "kind": "reaction", "boundary": "rim", "component": "y"},
            {"name": "energy", "kind": "strain_energy", "region": "core"},
        ],
        "pictures": [{"file": "vm.png", "field": "von_mises"}],
    }
)
KINDS = {
    ("square", 1): "quad",
    ("square", 2): "quad9",
    ("ring", 1): "triangle",
    ("ring", 2): "triangle6",
}
SQUARE = Geometry.model_validate(
    {
        "regions": {"square": {"kind": "rectangle", "size": [1, 1]}},
        "boundaries": {"right": {"kind": "line", "axis": "x", "at": 1}},
    }
)


@cache
def mesh_of(body: str, order: int, size: float = 0.2) -> Mesh:
    return make_mesh(SQUARE if body == "square" else PROBLEM.geometry, size, order)


def linear_solution(body: str = "ring") -> Solution:
    """Return a solution whose fields are known: u = (x + 2 y, 3 y), stress by position."""
    mesh = mesh_of(body, 2)
    x, y = mesh.points.T
    displacement = np.column_stack([x + 2 * y, 3 * y])
    stress = np.column_stack([x, y, 0 * x, x + y])[mesh.cells]
    forces = np.zeros_like(mesh.points)
    energy = np.full(len(mesh.cells), 100.0)
    if body == "ring":
        forces[mesh.boundary_nodes["rim"], 1] = 2.0
        energy[mesh.cells_in("core")] = 3.0
    return Solution(mesh, displacement, stress, forces, energy)


# Solver


def stiff(size: int, seed: int = 1) -> np.ndarray:
    """Return a symmetric positive definite matrix with couplings of near neighbours."""
    noise = np.random.default_rng(seed).normal(size=(size, size))
    band = np.where(np.abs(np.subtract.outer(range(size), range(size))) < 4, noise, 0)
    return band @ band.T + np.eye(size)


@pytest.mark.parametrize("direct_up_to", [None, 0], ids=["direct", "iterative"])
def test_solve_agrees_with_a_dense_solution(direct_up_to: int | None) -> None:
    matrix, load = stiff(60), np.arange(60.0)
    fixed, values = np.array([3, 40, 41]), np.array([0.5, -1.0, 2.0])
    u = solve(csr_matrix(matrix), load, fixed, values, direct_up_to=direct_up_to)
    free = np.setdiff1d(np.arange(60), fixed)
    expected = np.linalg.solve(
        matrix[np.ix_(free, free)], load[free] - matrix[np.ix_(free, fixed)] @ values
    )
    assert u[fixed].tolist() == values.tolist()
    assert u[free] == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_solve_returns_what_is_prescribed_where_nothing_is_free() -> None:
    u = solve(csr_matrix(stiff(3)), np.ones(3), np.arange(3), np.array([1.0, 2.0, 3.0]))
    assert u.tolist() == [1.0, 2.0, 3.0]


@pytest.mark.parametrize("direct_up_to", [None, 0], ids=["direct", "iterative"])
def test_solve_refuses_a_body_that_can_move_freely(direct_up_to: int | None) -> None:
    spring = csr_matrix(np.array([[1.0, -1.0, 0.0], [-1.0, 1.0, 0.0], [0.0, 0.0, 1.0]]))
    with pytest.raises(RuntimeError, match=r"singular|converge"):
        solve(
            spring, np.array([1.0, 0.0, 0.0]), np.array([2]), np.zeros(1), direct_up_to=direct_up_to
        )


# Elements


@pytest.mark.parametrize("kind", KINDS.values())
@given(x=st.floats(0, 1), y=st.floats(0, 1))
def test_shape_functions_sum_to_one_and_their_slopes_to_zero(kind: str, x: float, y: float) -> None:
    values, slopes = shape_functions(kind, np.array([x, y]))
    assert values.sum() == pytest.approx(1.0)
    assert slopes.sum(axis=0) == pytest.approx(np.zeros(2), abs=1e-12)


@pytest.mark.parametrize("kind", KINDS.values())
def test_slopes_are_the_derivatives_of_shape_functions(kind: str) -> None:
    at, step = np.array([0.31, 0.24]), 1e-6
    _, slopes = shape_functions(kind, at)
    for axis in (0, 1):
        ahead, _ = shape_functions(kind, at + step * np.eye(2)[axis])
        behind, _ = shape_functions(kind, at - step * np.eye(2)[axis])
        assert slopes[:, axis] == pytest.approx((ahead - behind) / (2 * step), abs=1e-8)


@pytest.mark.parametrize(("body", "order"), KINDS)
def test_a_shape_function_is_one_at_its_own_node_only(body: str, order: int) -> None:
    mesh = mesh_of(body, order)
    for cell in (0, len(mesh.cells) - 1):
        for node in mesh.cells[cell]:
            element, values = locate(mesh, tuple(mesh.points[node]))
            assert mesh.cells[element][values.argmax()] == node
            assert np.sort(np.abs(values)) == pytest.approx(np.eye(len(values))[-1], abs=1e-9)


@pytest.mark.parametrize(("body", "order"), KINDS)
@given(x=st.floats(0.05, 0.65), y=st.floats(0.05, 0.65))
def test_a_located_point_is_where_its_element_puts_it(
    body: str, order: int, x: float, y: float
) -> None:
    mesh = mesh_of(body, order)
    element, values = locate(mesh, (x, y))
    assert values @ mesh.points[mesh.cells[element]] == pytest.approx(np.array([x, y]), abs=1e-9)


def test_a_point_between_a_straight_edge_and_its_arc_is_moved_to_the_edge() -> None:
    mesh = mesh_of("ring", 1, size=0.5)
    a, b = mesh.points[mesh.boundary_edges["rim"][0]]
    on_arc = (a + b) / np.linalg.norm(a + b)
    element, values = locate(mesh, tuple(on_arc))
    assert values @ mesh.points[mesh.cells[element]] == pytest.approx((a + b) / 2, abs=0.02)


def test_a_point_outside_the_mesh_is_refused() -> None:
    with pytest.raises(ValueError, match="lies outside the mesh"):
        locate(mesh_of("ring", 2), (1.2, 0.0))


# Bases


@pytest.mark.parametrize(("body", "order"), KINDS)
def test_unknowns_of_a_linear_field_are_its_values_at_the_nodes(body: str, order: int) -> None:
    mesh = mesh_of(body, order)
    space = basis(mesh)
    u = np.empty(space.N)
    u[node_dofs(space, mesh)] = mesh.points @ np.array([[1.0, 0.0], [2.0, 3.0]])
    gradient = space.interpolate(u).grad
    assert mesh.kind == KINDS[body, order]
    assert gradient[0, 0] == pytest.approx(1.0)
    assert gradient[0, 1] == pytest.approx(2.0)
    assert gradient[1, 1] == pytest.approx(3.0)
    assert np.unique(node_dofs(space, mesh)).size == space.N


@pytest.mark.parametrize(("body", "order"), KINDS)
def test_a_basis_at_the_nodes_sees_the_nodes_in_the_order_of_the_mesh(
    body: str, order: int
) -> None:
    mesh = mesh_of(body, order)
    seen = np.asarray(basis(mesh, at_nodes=True).global_coordinates())
    assert np.moveaxis(seen, 0, -1) == pytest.approx(mesh.points[mesh.cells], abs=1e-12)


@pytest.mark.parametrize(
    ("body", "order", "name", "expected"),
    [
        ("square", 1, "right", 1.0),
        ("square", 2, "right", 1.0),
        ("ring", 1, "rim", 64 * np.sin(np.pi / 32)),  # 32 chords
        ("ring", 2, "rim", 2 * np.pi),
    ],
)
def test_boundaries_keep_their_names_in_scikit_fem(
    body: str, order: int, name: str, expected: float
) -> None:
    space = basis(mesh_of(body, order, size=0.2))
    edges = FacetBasis(space.mesh, space.elem, facets=name, intorder=4)
    assert LinearForm(lambda v, w: v[0]).assemble(edges).sum() == pytest.approx(expected, rel=2e-3)


def test_regions_keep_their_names_in_scikit_fem() -> None:
    mesh = mesh_of("ring", 2)
    assert basis(mesh).with_elements("core").dx.sum() == pytest.approx(np.pi / 4, rel=1e-4)


def test_what_supports_hold_becomes_unknowns_and_values() -> None:
    problem = load_problem("plate-shear").formulation
    assert problem is not None
    problem = problem.amended({"supports.1.x": {"formula": "0.5 * y"}})
    mesh = make_mesh(problem.geometry, 0.5, 1)
    dofs = node_dofs(basis(mesh), mesh)
    fixed, values = prescribed(problem, mesh, dofs)
    held = dict(zip(fixed.tolist(), values.tolist(), strict=True))
    for node, (x, y) in enumerate(mesh.points):
        expected = {0.0: (0.0, 0.0), 1.0: (0.5 * y, 0.1)}.get(x, (None, None))
        assert [held.pop(dof, None) for dof in dofs[node].tolist()] == pytest.approx(expected)
    assert not held


def test_nothing_leaves_the_axis_of_revolution_though_no_support_says_so() -> None:
    problem = PROBLEM.amended(
        {
            "idealisation": "axisymmetric",
            "geometry": {
                "regions": {"rod": {"kind": "rectangle", "size": [1, 1]}},
                "boundaries": {"end": {"kind": "line", "axis": "y", "at": 0}},
            },
            "materials": {"rod": "copper"},
            "supports": [{"boundary": "end", "y": 0.1}],
            "wanted": [{"name": "energy", "kind": "strain_energy"}],
        }
    )
    mesh = make_mesh(problem.geometry, 0.5, 2)
    dofs = node_dofs(basis(mesh), mesh)
    held = dict(zip(*(a.tolist() for a in prescribed(problem, mesh, dofs)), strict=True))
    expected = dict.fromkeys(dofs[mesh.points[:, 0] == 0, 0].tolist(), 0.0)
    expected |= dict.fromkeys(dofs[mesh.points[:, 1] == 0, 1].tolist(), 0.1)
    assert held == expected


def test_by_element_spreads_a_value_for_each_region() -> None:
    mesh = mesh_of("ring", 1)
    spread = by_element(mesh, {"core": 7.0})
    assert spread.shape == (len(mesh.cells), 1)
    assert np.array_equal(spread[:, 0] == 7.0, mesh.cells_in("core"))


def test_node_means_of_a_continuous_field_are_the_field() -> None:
    mesh = mesh_of("ring", 2)
    field = mesh.points @ np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    assert node_means(mesh, field[mesh.cells]) == pytest.approx(field[mesh.cells])


def test_node_means_keep_a_jump_between_regions() -> None:
    mesh = mesh_of("ring", 2)
    noise = np.random.default_rng(1).uniform(-1, 1, (*mesh.cells.shape, 1))
    jump = np.where(mesh.cells_in("core"), 100.0, 0.0)[:, None, None]
    means = node_means(mesh, jump + noise)
    assert np.abs(means - jump).max() <= 1
    for name in mesh.regions:
        inside = mesh.cells_in(name)
        nodes, values = mesh.cells[inside].ravel(), means[inside].ravel()
        at_node = np.zeros(len(mesh.points))
        at_node[nodes] = values
        assert np.array_equal(at_node[nodes], values), "elements that share a node disagree"


# Quantities


def test_every_kind_of_quantity_is_read_from_the_fields() -> None:
    solution = linear_solution()
    found = {result.name: result for result in quantities(PROBLEM, solution)}
    core = solution.mesh.nodes_in("core")
    rim = solution.mesh.boundary_nodes["rim"]
    assert found["ux"].value == pytest.approx(0.8)
    assert found["ux"].unit == "m"
    assert found["size"].value == np.linalg.norm(solution.displacement, axis=1).max()
    assert found["sxy"].value == pytest.approx(0.5)
    assert found["least"].value == pytest.approx(solution.mesh.points[core, 1].min())
    assert found["most"].value == pytest.approx(np.abs(solution.mesh.points[:, 1]).max())
    assert found["held"].value == pytest.approx(2.0 * len(rim))
    assert found["held"].unit == "N/m"
    assert found["energy"].value == 3.0 * np.count_nonzero(solution.mesh.cells_in("core"))
    assert "nodes on rim" in found["held"].method


@pytest.mark.parametrize("field", ["displacement", "stress", "forces", "energy"])
def test_a_field_of_another_shape_is_refused_by_name(field: str) -> None:
    solution = linear_solution()
    with pytest.raises(ValueError, match=f"{field}: the shape is"):
        replace(solution, **{field: getattr(solution, field)[:-1]})


def test_von_mises_stress_of_tension_is_the_tension_and_of_shear_root_three_times() -> None:
    stress = np.array([[5.0, 0, 0, 0], [0, 0, 0, 2.0], [4.0, 4.0, 4.0, 0]])
    assert von_mises(stress) == pytest.approx(np.array([5.0, 2.0 * 3**0.5, 0.0]))


@given(
    stress=st.lists(st.floats(-1e9, 1e9), min_size=4, max_size=4),
    pressure=st.floats(-1e9, 1e9),
)
def test_von_mises_stress_does_not_feel_pressure(stress: list[float], pressure: float) -> None:
    added = np.array(stress) + pressure * np.array([1.0, 1.0, 1.0, 0.0])
    assert von_mises(added) == pytest.approx(von_mises(np.array(stress)), rel=1e-6, abs=1e2)


# Files


def test_a_program_reads_back_what_it_was_given(tmp_path: Path) -> None:
    settings = Settings(mesh_size=0.1, element_order=2, options={"direct_up_to": 0})
    (tmp_path / "formulation.json").write_text(PROBLEM.model_dump_json())
    assert read_problem(tmp_path) == (PROBLEM, Settings())
    (tmp_path / "settings.json").write_text(settings.model_dump_json())
    assert read_problem(tmp_path) == (PROBLEM, settings)


@pytest.mark.parametrize(("body", "kind"), [("square", "quad9"), ("ring", "triangle6")])
def test_fields_are_written_as_agreed(tmp_path: Path, body: str, kind: str) -> None:
    solution = linear_solution(body)
    mesh = solution.mesh
    write_fields(solution, tmp_path)
    fields = meshio.read(tmp_path / "fields.vtu")
    assert fields.points.shape == (len(mesh.points), 3)
    assert np.array_equal(fields.cells_dict[kind], mesh.cells)
    assert np.array_equal(fields.point_data["displacement"], solution.displacement)
    assert np.array_equal(fields.cell_data_dict["region"][kind], mesh.region)
    if body == "square":
        assert fields.point_data["stress"][mesh.cells] == pytest.approx(solution.stress)
    else:
        means = solution.stress.mean(axis=1)
        assert fields.cell_data_dict["stress"][kind] == pytest.approx(means)


def test_results_hold_each_quantity_once_with_its_unit(tmp_path: Path) -> None:
    write_results(quantities(PROBLEM, linear_solution()), tmp_path)
    written = json.loads((tmp_path / "results.json").read_text())["quantities"]
    assert [q["name"] for q in written] == [w.name for w in PROBLEM.wanted]
    assert all(set(q) == {"name", "value", "unit", "method"} for q in written)


# Pictures


@pytest.mark.parametrize("body", ["square", "ring"])
def test_a_wanted_picture_is_written_as_a_png(tmp_path: Path, body: str) -> None:
    draw_field(PROBLEM, linear_solution(body), PROBLEM.pictures[0], tmp_path)
    assert (tmp_path / "vm.png").read_bytes().startswith(b"\x89PNG")


def test_an_axisymmetric_picture_is_written_too(tmp_path: Path) -> None:
    around = PROBLEM.model_copy(update={"idealisation": "axisymmetric"})
    draw_field(around, linear_solution(), Picture(file="u.png", field="displacement_x"), tmp_path)
    assert (tmp_path / "u.png").stat().st_size > 10_000


@pytest.mark.parametrize("value", [0.0, -3.0])
def test_a_field_that_is_the_same_everywhere_can_be_drawn(tmp_path: Path, value: float) -> None:
    mesh = mesh_of("square", 1)
    draw(mesh, np.full(len(mesh.points), value), tmp_path / "same.png", title="Same", unit="Pa")
    assert (tmp_path / "same.png").exists()


def test_colours_meet_at_zero_where_the_sign_changes() -> None:
    levels, extend, signed = colour_levels(np.linspace(-2.0, 5.0, 100))
    assert signed
    assert levels[0] == -levels[-1]
    assert extend == "neither"


def test_colours_leave_out_a_few_values_far_beyond_all_others() -> None:
    values = np.linspace(0.0, 1.0, 1000)
    values[-1] = 50.0
    levels, extend, signed = colour_levels(values)
    assert levels[-1] < 2.0
    assert extend == "max"
    assert not signed


def test_small_displacements_are_exaggerated_and_large_ones_are_not() -> None:
    mesh = mesh_of("square", 1)
    _, small = deformed(mesh, np.full_like(mesh.points, 1e-6))
    drawn, large = deformed(mesh, np.full_like(mesh.points, 0.5))
    assert small > 1e4
    assert large == 1.0
    assert drawn == pytest.approx(mesh.points + 0.5)


def test_a_prefix_suits_the_largest_value() -> None:
    assert unit_prefix(np.array([1.0, -2.5e8])) == (1e6, "M")
    assert unit_prefix(np.array([0.0, 2e-4])) == (1e-6, "µ")
    assert unit_prefix(np.zeros(3)) == (1.0, "")


def test_importing_the_kit_loads_no_library_before_it_is_needed() -> None:
    heavy = ["litellm", "anyio", "scipy", "skfem", "matplotlib", "netgen", "meshio"]
    script = f"import sys, mechagents.kit; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
