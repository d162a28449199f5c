"""The kit for solids: elements, assembly, loads, solvers, evaluation, files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mechagents.kit import (
    Mesh,
    SolidSpace,
    Solution,
    free_expansion,
    inside,
    make_mesh,
    node_means,
    quantities,
    solve_solid,
    stiffness,
    stiffness_matrix,
    von_mises,
    write_fields,
)
from mechagents.kit import solid_solver as solver
from mechagents.kit.elements import locate, reference_nodes, shape_functions
from mechagents.mechanics.formulation import Formulation
from mechagents.mechanics.materials import Isotropic
from mechagents.mechanics.meshing import CellKind
from mechagents.verification.fields import read_fields

KINDS: tuple[CellKind, ...] = ("tetra", "tetra10", "hexahedron", "hexahedron27")
E, NU, ALPHA = 200e9, 0.3, 1.2e-5
FACES = {
    f"{axis}{end}": {"kind": "plane", "axis": axis, "at": at}
    for axis, size in zip("xyz", (1.0, 0.5, 0.4), strict=True)
    for end, at in ((0, 0.0), (1, size))
}


def block(kind: str, **given: object) -> Formulation:
    """A box of 1 m by 0.5 m by 0.4 m: as two halves it is meshed by tetrahedra."""
    whole = {"kind": "box", "size": [1.0, 0.5, 0.4]}
    half = {"kind": "box", "size": [0.5, 0.5, 0.4]}
    other = {**half, "origin": [0.5, 0.0, 0.0]}
    regions = {"a": whole} if kind.startswith("hexa") else {"a": half, "b": other}
    law = {"youngs_modulus": E, "poisson_ratio": NU, "thermal_expansion": ALPHA}
    return Formulation.model_validate(
        {
            "idealisation": "solid",
            "geometry": {"regions": regions, "boundaries": FACES},
            "materials": dict.fromkeys(regions, law),
            "supports": [{"boundary": f"{axis}0", axis: 0.0} for axis in "xyz"],
            "wanted": [{"name": "energy", "kind": "strain_energy"}],
        }
        | given
    )


@cache
def block_mesh(kind: CellKind, size: float = 0.25) -> Mesh:
    order = 2 if kind in ("tetra10", "hexahedron27") else 1
    mesh = make_mesh(block(kind).geometry, size, order)
    assert mesh.kind == kind
    return mesh


def distorted(mesh: Mesh) -> Mesh:
    """The same body with every node inside moved, so that elements are no longer straight."""
    rng = np.random.default_rng(1)
    shaken = mesh.points + rng.uniform(-0.01, 0.01, mesh.points.shape)
    points = np.where(on_surface(mesh)[:, None], mesh.points, shaken)
    return replace(mesh, points=points)


def on_surface(mesh: Mesh) -> np.ndarray:
    nodes = np.zeros(len(mesh.points), dtype=bool)
    for faces in mesh.boundary_nodes.values():
        nodes[faces] = True
    return nodes


def steel(mesh: Mesh, nu: float = NU) -> np.ndarray:
    D = stiffness_matrix(Isotropic(youngs_modulus=E, poisson_ratio=nu), "solid")
    return np.repeat(D[:, :, None, None], len(mesh.cells), axis=2)


def stress_of(D: np.ndarray, strain: np.ndarray) -> np.ndarray:
    return np.einsum("ij...,j...->i...", D, strain)


@pytest.mark.parametrize("kind", KINDS)
def test_shape_functions_are_one_at_their_node_and_know_their_slope(kind: CellKind) -> None:
    nodes = reference_nodes(kind)
    values, _ = shape_functions(kind, nodes)
    np.testing.assert_allclose(values, np.eye(len(nodes)), atol=1e-14)
    at, step = np.array([0.21, 0.33, 0.17]), 1e-6
    _, slopes = shape_functions(kind, at)
    for axis in range(3):
        move = step * np.eye(3)[axis]
        ahead, behind = (shape_functions(kind, at + s * move)[0] for s in (1, -1))
        np.testing.assert_allclose(slopes[:, axis], (ahead - behind) / (2 * step), atol=1e-8)


@pytest.mark.parametrize("kind", KINDS)
def test_a_linear_displacement_is_found_exactly_on_a_distorted_mesh(kind: CellKind) -> None:
    mesh = distorted(block_mesh(kind))
    V = SolidSpace(mesh)
    H = np.array([[1.0, 2.0, -1.0], [0.5, -3.0, 1.5], [2.0, 0.3, 0.7]]) * 1e-4
    exact = (mesh.points @ H.T).ravel()
    fixed = V.dofs[on_surface(mesh)].ravel()
    assert fixed.size < V.N, "no node is inside"
    u = solve_solid(V, V.stiffness(steel(mesh)), np.zeros(V.N), fixed, exact[fixed])
    np.testing.assert_allclose(u, exact, atol=1e-10 * np.abs(exact).max())
    eps = [H[0, 0], H[1, 1], H[2, 2], H[0, 1] + H[1, 0], H[1, 2] + H[2, 1], H[0, 2] + H[2, 0]]
    for found in (V.strain(u), V.strain_at_nodes(u)):
        np.testing.assert_allclose(found, np.broadcast_to(
            np.array(eps)[:, None, None], found.shape), atol=1e-13)  # fmt: skip


MOTIONS = st.lists(st.floats(-1.0, 1.0), min_size=6, max_size=6)


@pytest.mark.parametrize("kind", KINDS)
@given(motion=MOTIONS)
@settings(max_examples=10, deadline=None)
def test_rigid_motion_costs_no_energy(kind: CellKind, motion: list[float]) -> None:
    V, K = _distorted_stiffness(kind)
    u = V.rigid_motions @ np.array(motion)
    assert abs(u @ (K @ u)) <= 1e-13 * np.abs(K.data).max() * V.N
    assert V.rigid_motions.shape == (V.N, 6)
    assert np.linalg.matrix_rank(V.rigid_motions) == 6


@cache
def _distorted_stiffness(kind: CellKind):
    mesh = distorted(block_mesh(kind))
    V = SolidSpace(mesh)
    return V, V.stiffness(steel(mesh))


@pytest.mark.parametrize("kind", KINDS)
def test_the_stiffness_is_symmetric_and_its_energy_that_of_the_strain(kind: CellKind) -> None:
    V, K = _distorted_stiffness(kind)
    assert abs(K - K.T).max() <= 1e-14 * np.abs(K.data).max()
    u = np.random.default_rng(2).normal(size=V.N)
    eps = V.strain(u)
    sigma = stress_of(steel(V.mesh), eps)
    energy = V.integral((sigma * eps).sum(axis=0) / 2).sum()
    assert u @ (K @ u) / 2 == pytest.approx(energy, rel=1e-12)
    np.testing.assert_allclose(V.force_of_stress(sigma), K @ u, atol=1e-12 * abs(K @ u).max())


def test_elements_in_pieces_give_what_all_at_once_give(monkeypatch: pytest.MonkeyPatch) -> None:
    V, K = _distorted_stiffness("tetra10")
    u = np.random.default_rng(3).normal(size=V.N)
    monkeypatch.setattr("mechagents.kit.solid_space.AT_ONCE", 50_000)
    pieces = SolidSpace(V.mesh)
    assert len(list(pieces._pieces())) > 3
    assert abs(pieces.stiffness(steel(V.mesh)) - K).max() <= 1e-14 * np.abs(K.data).max()
    np.testing.assert_allclose(pieces.strain(u), V.strain(u))


def _wave(x: np.ndarray) -> np.ndarray:
    """A smooth displacement, coordinates first."""
    return 1e-3 * np.stack(
        [np.sin(2 * x[0]) * np.cos(3 * x[1]), np.exp(x[2]) * np.sin(2 * x[1]), np.cos(3 * x[0])]
    )


def _by_difference(field: Callable, x: np.ndarray, step: float) -> np.ndarray:
    """The derivative of a field by each coordinate last, by central differences."""
    moves = step * np.eye(3).reshape(3, 3, *[1] * (x.ndim - 1))
    return np.stack([(field(x + m) - field(x - m)) / (2 * step) for m in moves], axis=1)


def _wave_strain(x: np.ndarray) -> np.ndarray:
    H = _by_difference(_wave, x, 1e-5)
    shear = [H[0, 1] + H[1, 0], H[1, 2] + H[2, 1], H[0, 2] + H[2, 0]]
    return np.stack([H[0, 0], H[1, 1], H[2, 2], *shear])


def _wave_force(x: np.ndarray) -> np.ndarray:
    """The body force that holds it in balance: minus the divergence of its stress."""
    D = stiffness_matrix(Isotropic(youngs_modulus=E, poisson_ratio=NU), "solid")
    voigt = np.array([[0, 3, 5], [3, 1, 4], [5, 4, 2]])

    def sigma(at: np.ndarray) -> np.ndarray:
        return np.einsum("ij,j...->i...", D, _wave_strain(at))[voigt]

    return -np.einsum("ijj...->i...", _by_difference(sigma, x, 1e-3))


@pytest.mark.parametrize(("kind", "order"), list(zip(KINDS, (1, 2, 1, 2), strict=True)))
def test_the_strain_converges_at_its_order(kind: CellKind, order: int) -> None:
    errors = []
    sizes = (0.2, 0.1) if kind != "tetra" else (0.12, 0.06)
    for size in sizes:
        mesh = block_mesh(kind, size)
        V = SolidSpace(mesh)
        exact = _wave(mesh.points.T).T.ravel()
        fixed = V.dofs[on_surface(mesh)].ravel()
        f = V.force_of(_wave_force(V.x))
        u = solve_solid(V, V.stiffness(steel(mesh)), f, fixed, exact[fixed])
        off = ((V.strain(u) - _wave_strain(V.x)) ** 2).sum(axis=0)
        errors.append((np.cbrt(1 / len(mesh.cells)), np.sqrt(V.integral(off).sum())))
    (coarse, first), (fine, second) = errors
    assert np.log(first / second) / np.log(coarse / fine) == pytest.approx(order, abs=0.25)


@pytest.mark.parametrize("kind", KINDS)
def test_surfaces_have_their_area_and_normals_point_out(kind: CellKind) -> None:
    V = SolidSpace(block_mesh(kind))
    areas = {"x": 0.2, "y": 0.4, "z": 0.5}
    for number, axis in enumerate("xyz"):
        for end, sign in ((0, -1.0), (1, 1.0)):
            surface = V.on(f"{axis}{end}")
            assert surface.area == pytest.approx(areas[axis])
            np.testing.assert_allclose(surface.normals[number], sign)
    assert V.integral(np.ones(V.x.shape[1:])).sum() == pytest.approx(0.2)


@pytest.mark.parametrize("kind", KINDS)
def test_reactions_balance_a_traction_a_pressure_and_a_weight(kind: CellKind) -> None:
    mesh = block_mesh(kind)
    V = SolidSpace(mesh)
    top, end = V.on("z1"), V.on("x1")
    f = end.force_of(np.stack([0 * end.x[0], 1e6 * end.x[2], 2e6 * end.x[1]]))
    f += top.force_of(-3e6 * top.normals)
    f += V.force_of(np.stack([0 * V.x[0], 0 * V.x[0], np.full_like(V.x[0], -7e4)]))
    loads = np.array([0.0, 1e6 * 0.5 * 0.4**2 / 2, 2e6 * 0.4 * 0.5**2 / 2 - 3e6 * 0.5 - 7e4 * 0.2])
    np.testing.assert_allclose(f[V.dofs].sum(axis=0), loads, rtol=1e-12, atol=1e-6)
    fixed = V.dofs[mesh.boundary_nodes["x0"]].ravel()
    K = V.stiffness(steel(mesh))
    u = solve_solid(V, K, f, fixed, np.zeros(len(fixed)))
    reactions = (K @ u - f)[V.dofs]
    np.testing.assert_allclose(reactions.sum(axis=0), -loads, rtol=1e-8, atol=1.0)
    moment = np.cross(mesh.points, reactions + f[V.dofs]).sum(axis=0)
    np.testing.assert_allclose(moment, 0.0, atol=1e-8 * np.abs(loads).max())


def test_a_curve_has_no_faces_to_load() -> None:
    mesh = block_mesh("tetra")
    bare = replace(
        mesh, boundary_faces={**mesh.boundary_faces, "x1": mesh.boundary_faces["x1"][:0]}
    )
    with pytest.raises(ValueError, match="x1 has no faces"):
        SolidSpace(bare).on("x1")


@pytest.mark.parametrize("kind", KINDS)
def test_heat_strains_a_free_body_without_stress_and_stresses_a_held_one(kind: CellKind) -> None:
    problem = block(kind, loads=[{"kind": "temperature", "change": 50.0}])
    mesh = block_mesh(kind)
    V = SolidSpace(mesh)
    D = stiffness(problem, mesh)
    expansion = free_expansion(problem, mesh, V.x)
    f = V.force_of_stress(stress_of(D, expansion))
    planes = [V.dofs[mesh.boundary_nodes[f"{axis}0"], i] for i, axis in enumerate("xyz")]
    K = V.stiffness(D)
    u = solve_solid(V, K, f, free := np.concatenate(planes), np.zeros(len(free)))
    np.testing.assert_allclose(u[V.dofs], ALPHA * 50.0 * mesh.points, atol=1e-15)
    sigma = stress_of(D, V.strain(u) - expansion)
    np.testing.assert_allclose(sigma, 0.0, atol=1e-6 * E * ALPHA * 50)
    held = np.concatenate([*planes, V.dofs[mesh.boundary_nodes["x1"], 0]])
    u = solve_solid(V, K, f, held, np.zeros(len(held)))
    sigma = stress_of(D, V.strain(u) - expansion)
    np.testing.assert_allclose(sigma[0], -E * ALPHA * 50, rtol=1e-9)
    np.testing.assert_allclose(sigma[1:], 0.0, atol=1e-8 * E * ALPHA * 50)


@pytest.mark.parametrize("kind", KINDS)
def test_an_elastic_bed_resists_in_its_directions(kind: CellKind) -> None:
    V = SolidSpace(block_mesh(kind))
    K = V.on("x1").stiffness_of(np.array([3e9, 0.0, 1e9]))
    u = np.array([1e-3, 2e-3, 4e-3])
    forces = (K @ np.tile(u, len(V.dofs)))[V.dofs]
    np.testing.assert_allclose(forces.sum(axis=0), [3e6 * 0.2, 0.0, 4e6 * 0.2], atol=1e-6)
    assert not forces[V.mesh.points[:, 0] < 0.99].any()
    assert abs(K - K.T).max() <= 1e-12 * np.abs(K.data).max()


def test_a_load_in_one_region_acts_there_alone() -> None:
    mesh = block_mesh("tetra10")
    V = SolidSpace(mesh)
    down = np.stack([0 * V.x[0], 0 * V.x[0], np.full_like(V.x[0], -1e4)]) * inside(mesh, "b")
    f = V.force_of(down)[V.dofs]
    assert f[:, 2].sum() == pytest.approx(-1e4 * 0.1)
    assert not f[mesh.points[:, 0] < 0.4].any()


def sphere_problem() -> Formulation:
    cut = {
        "kind": "difference",
        "base": {"kind": "sphere", "center": [0, 0, 0], "radius": 2.0},
        "remove": [{"kind": "sphere", "center": [0, 0, 0], "radius": 1.0}],
    }
    whole = {"kind": "intersection", "shapes": [cut, {"kind": "box", "size": [2.0, 2.0, 2.0]}]}
    planes = {f"{axis}0": {"kind": "plane", "axis": axis, "at": 0.0} for axis in "xyz"}
    bore = {"kind": "sphere_surface", "center": [0, 0, 0], "radius": 1.0}
    at = [1.5 / 3**0.5] * 3
    return Formulation.model_validate(
        {
            "idealisation": "solid",
            "geometry": {"regions": {"shell": whole}, "boundaries": {**planes, "bore": bore}},
            "materials": {"shell": {"youngs_modulus": E, "poisson_ratio": NU}},
            "supports": [{"boundary": f"{axis}0", axis: 0.0} for axis in "xyz"],
            "loads": [{"kind": "pressure", "boundary": "bore", "value": 1e8}],
            "wanted": [
                {"name": "u", "kind": "displacement", "component": "magnitude", "at": at},
                {"name": "hoop", "kind": "stress", "component": "zz", "at": [1.5, 0, 0]},
                {"name": "shear", "kind": "stress", "component": "yz", "at": at},
                {"name": "mises", "kind": "stress", "component": "von_mises", "at": at},
                {"name": "most", "kind": "displacement", "component": "z", "extreme": "max"},
                {"name": "held", "kind": "reaction", "boundary": "z0", "component": "z"},
                {"name": "energy", "kind": "strain_energy"},
            ],
        }
    )


@cache
def sphere() -> Solution:
    problem = sphere_problem()
    mesh = make_mesh(problem.geometry, 0.2, 2)
    V = SolidSpace(mesh)
    D = stiffness(problem, mesh)
    K, bore = V.stiffness(D), V.on("bore")
    f = bore.force_of(-1e8 * bore.normals)
    fixed = np.concatenate([V.dofs[mesh.boundary_nodes[f"{a}0"], i] for i, a in enumerate("xyz")])
    u = solve_solid(V, K, f, fixed, np.zeros(len(fixed)))
    sigma = node_means(mesh, np.moveaxis(stress_of(D, V.strain_at_nodes(u)), 0, -1))
    eps = V.strain(u)
    energy = V.integral((stress_of(D, eps) * eps).sum(axis=0) / 2)
    return Solution(mesh, u[V.dofs], sigma, (K @ u - f)[V.dofs], energy)


def test_a_hollow_sphere_is_lames() -> None:
    found = {result.name: result for result in quantities(sphere_problem(), sphere())}
    # Timoshenko & Goodier, Theory of Elasticity (1970), article 136, with a = 1, b = 2, p = 1e8.
    A, B = 1e8 / 7, 1e8 * 8 / 7 / 2
    radial, hoop = A - 2 * B / 1.5**3, A + B / 1.5**3
    exact = {
        "u": 1.5 * (hoop - NU * (hoop + radial)) / E,
        "hoop": hoop,
        "shear": (radial - hoop) / 3,
        "mises": hoop - radial,
        "held": -1e8 * np.pi / 4,
        "most": (A + B - NU * (A + B + A - 2 * B)) / E,
    }
    exact["energy"] = 1e8 * np.pi / 2 * exact["most"] / 2
    close = {"u": 2e-3, "held": 2e-3, "most": 4e-3, "energy": 3e-3}
    assert {name: found[name].value for name in exact} == {
        name: pytest.approx(value, rel=close.get(name, 0.05)) for name, value in exact.items()
    }
    assert [found[name].unit for name in ("u", "hoop", "held", "energy")] == ["m", "Pa", "N", "J"]


def test_von_mises_stress_of_space_counts_every_shear() -> None:
    shears = np.array([[0, 0, 0, 1.0, 0, 0], [0, 0, 0, 0, 1.0, 0], [0, 0, 0, 0, 0, 1.0]])
    np.testing.assert_allclose(von_mises(shears), 3**0.5)
    np.testing.assert_allclose(von_mises(np.array([5.0, 5.0, 5.0, 0, 0, 0])), 0.0)


def test_the_element_that_holds_a_point_of_space_is_found() -> None:
    for kind in KINDS:
        mesh = distorted(block_mesh(kind))
        for point in ((0.31, 0.22, 0.17), (0.0, 0.0, 0.0), (1.0, 0.5, 0.4)):
            element, weights = locate(mesh, point)
            np.testing.assert_allclose(weights @ mesh.points[mesh.cells[element]], point, atol=1e-9)
        with pytest.raises(ValueError, match="outside the mesh"):
            locate(mesh, (1.5, 0.2, 0.2))


def test_what_the_kit_writes_is_what_verification_reads(tmp_path: Path) -> None:
    solution = sphere()
    write_fields(solution, tmp_path)
    fields = read_fields(tmp_path / "fields.vtu", dimension=3)
    assert [block.kind for block in fields.blocks] == ["tetra10"]
    np.testing.assert_allclose(fields.displacement, solution.displacement, rtol=1e-9, atol=1e-20)
    assert fields.point_stress is not None
    at_nodes = fields.point_stress[solution.mesh.cells]
    np.testing.assert_allclose(at_nodes, solution.stress, rtol=1e-9, atol=1e-3)


def test_stress_of_two_regions_is_written_by_element(tmp_path: Path) -> None:
    mesh = block_mesh("hexahedron")
    two = replace(mesh, regions=("a", "b"), region=(np.arange(len(mesh.cells)) % 2))
    zeros = np.zeros_like(mesh.points)
    stress = np.arange(len(mesh.cells) * 48.0).reshape(-1, 8, 6)
    write_fields(Solution(two, zeros, stress, zeros, np.zeros(len(mesh.cells))), tmp_path)
    fields = read_fields(tmp_path / "fields.vtu", dimension=3)
    assert fields.cell_stress is not None
    np.testing.assert_allclose(fields.cell_stress[0], stress.mean(axis=1))


def test_a_solution_of_the_wrong_shape_is_refused() -> None:
    good = sphere()
    with pytest.raises(ValueError, match=r"stress: the shape .* needs"):
        replace(good, stress=good.stress[..., :4])


def test_the_space_of_a_plane_mesh_is_refused() -> None:
    plane = Formulation.model_validate(
        {
            "idealisation": "plane_stress",
            "geometry": {"regions": {"a": {"kind": "rectangle", "size": [1, 1]}}},
            "materials": {"a": {"youngs_modulus": E, "poisson_ratio": NU}},
            "supports": [],
            "analysis": "modal",
            "wanted": [{"name": "f", "kind": "frequency", "number": 1}],
        }
        | {"materials": {"a": {"youngs_modulus": E, "poisson_ratio": NU, "density": 7850.0}}}
    )
    with pytest.raises(ValueError, match="use basis"):
        SolidSpace(make_mesh(plane.geometry, 0.5, 1))


def clamped(kind: CellKind, size: float = 0.1, nu: float = NU):
    mesh = block_mesh(kind, size)
    V = SolidSpace(mesh)
    end = V.on("x1")
    f = end.force_of(np.stack([0 * end.x[0], 0 * end.x[0], np.full_like(end.x[0], -1e6)]))
    fixed = V.dofs[mesh.boundary_nodes["x0"]].ravel()
    moved = np.full(len(fixed), 1e-5)
    return V, V.stiffness(steel(mesh, nu)), f, fixed, moved


@pytest.mark.parametrize("kind", KINDS)
def test_multigrid_gives_what_factors_give(kind: CellKind) -> None:
    V, K, f, fixed, moved = clamped(kind)
    by_factors = solve_solid(V, K, f, fixed, moved, direct_up_to=10**6)
    by_multigrid = solve_solid(V, K, f, fixed, moved, direct_up_to=0)
    np.testing.assert_allclose(by_multigrid, by_factors, atol=1e-8 * np.abs(by_factors).max())
    start = np.zeros(V.N)
    start[fixed] = moved
    left, load = (np.linalg.norm(np.delete(K @ u - f, fixed)) for u in (by_multigrid, start))
    assert left <= 1e-10 * load
    np.testing.assert_array_equal(by_multigrid[fixed], moved)


def test_multigrid_gives_the_same_twice_and_leaves_random_numbers_alone() -> None:
    V, K, f, fixed, moved = clamped("tetra10")
    np.random.seed(7)
    first = solve_solid(V, K, f, fixed, moved, direct_up_to=0)
    drawn = np.random.random()
    second = solve_solid(V, K, f, fixed, moved, direct_up_to=0)
    np.testing.assert_array_equal(first, second)
    np.random.seed(7)
    assert np.random.random() == drawn


def test_factors_stand_behind_multigrid(monkeypatch: pytest.MonkeyPatch) -> None:
    V, K, f, fixed, moved = clamped("tetra10", nu=0.4999)
    monkeypatch.setattr(solver, "DIRECT_UP_TO", 0)
    monkeypatch.setattr(solver, "STEPS", 5)
    u = solve_solid(V, K, f, fixed, moved)
    exact = solve_solid(V, K, f, fixed, moved, direct_up_to=10**6)
    np.testing.assert_allclose(u, exact, atol=1e-8 * np.abs(exact).max())


def test_a_thin_body_is_solved_by_factors_and_a_stout_one_by_multigrid() -> None:
    plate = block("hexahedron")
    data = plate.geometry.model_dump()
    data["regions"]["a"]["size"] = [1.0, 0.5, 0.01]
    data["boundaries"] = {}
    thin = make_mesh(type(plate.geometry).model_validate(data), 0.1, 2)
    stout = block_mesh("hexahedron27", 0.1)
    assert solver.limits(thin, None) == (solver.THIN_UP_TO,) * 2
    assert solver.limits(stout, None) == (solver.DIRECT_UP_TO, solver.FACTORS_UP_TO)
    assert solver.limits(thin, 7) == (7, 7)


def test_what_no_solver_solves_says_what_helps(monkeypatch: pytest.MonkeyPatch) -> None:
    V, K, f, fixed, moved = clamped("tetra10", nu=0.4999)
    monkeypatch.setattr(solver, "PATIENT_STEPS", 5)
    with pytest.raises(RuntimeError, match=r"did not converge in 5 steps.*larger mesh size"):
        solve_solid(V, K, f, fixed, moved, direct_up_to=0)


@pytest.mark.parametrize("limit", [0, 10**6])
def test_a_body_that_floats_is_told(limit: int) -> None:
    V, K, f, _, _ = clamped("hexahedron")
    held = V.dofs[V.mesh.boundary_nodes["x0"], 0]
    with pytest.raises(RuntimeError, match=r"singular|did not converge"):
        solve_solid(V, K, f, held, np.zeros(len(held)), direct_up_to=limit)


def test_no_load_and_nothing_displaced_is_no_displacement() -> None:
    V, K, f, fixed, _ = clamped("hexahedron")
    assert not solve_solid(V, K, 0 * f, fixed, np.zeros(len(fixed))).any()
