"""Mass and geometric stiffness of solids, and their modes by the kit's solvers."""

from __future__ import annotations

import numpy as np
import pytest
from test_kit_solids import KINDS, block_mesh, distorted, steel

from mechagents.kit import (
    Mesh,
    Modes,
    SolidSpace,
    solid_buckling_modes,
    solid_vibration_modes,
    vibration_modes,
)
from mechagents.mechanics.meshing import CellKind

VOLUME = 1.0 * 0.5 * 0.4
SIGMA = np.array([3.0, -2.0, 1.0, 0.5, -0.7, 0.9])
TENSOR = np.array([[3.0, 0.5, 0.9], [0.5, -2.0, -0.7], [0.9, -0.7, 1.0]])


def meshes(kind: CellKind) -> list[Mesh]:
    return [block_mesh(kind), distorted(block_mesh(kind))]


@pytest.mark.parametrize("kind", KINDS)
def test_the_mass_of_a_translation_and_of_a_turn_is_that_of_the_body(kind: CellKind) -> None:
    for mesh in meshes(kind):
        V = SolidSpace(mesh, degree=4)
        rho = np.full((len(mesh.cells), 1), 7850.0)
        M = V.mass(rho)
        assert abs(M - M.T).max() <= 1e-12 * abs(M).max()
        moved = np.tile([1.0, 2.0, -1.0], len(mesh.points))
        assert moved @ (M @ moved) == pytest.approx(6 * 7850 * VOLUME, rel=1e-9)
        x, y, z = mesh.points.T
        turned = np.stack([-y, x, 0 * z], axis=1).ravel()
        about_z = 7850 * VOLUME * (1.0**2 + 0.5**2) / 3
        assert turned @ (M @ turned) == pytest.approx(about_z, rel=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_the_geometric_stiffness_of_a_uniform_stress_is_that_of_the_gradient(
    kind: CellKind,
) -> None:
    H = np.array([[0.1, 0.4, -0.3], [0.2, -0.5, 0.6], [-0.7, 0.8, 0.9]])
    for mesh in meshes(kind):
        V = SolidSpace(mesh, degree=4)
        shape = V.x.shape[1:]
        K_sigma = V.geometric_stiffness(np.broadcast_to(SIGMA[:, None, None], (6, *shape)))
        u = (mesh.points @ H.T).ravel()
        meant = VOLUME * np.einsum("ij,ki,kj->", TENSOR, H, H)
        assert u @ (K_sigma @ u) == pytest.approx(meant, rel=1e-9)
        assert abs(K_sigma - K_sigma.T).max() <= 1e-12 * abs(K_sigma).max()


def test_pieces_of_a_mesh_give_what_all_at_once_give(monkeypatch: pytest.MonkeyPatch) -> None:
    mesh = block_mesh("tetra10")
    rho = np.full((len(mesh.cells), 1), 7850.0)
    whole = SolidSpace(mesh, degree=4).mass(rho)
    monkeypatch.setattr("mechagents.kit.solid_space.AT_ONCE", 1)
    assert abs(SolidSpace(mesh, degree=4).mass(rho) - whole).max() <= 1e-12 * abs(whole).max()


def test_a_quadratic_motion_has_its_energy_of_motion_only_by_enough_points() -> None:
    mesh = block_mesh("tetra10")
    rho = np.ones((len(mesh.cells), 1))
    x = mesh.points[:, 0]
    u = np.stack([x**2, 0 * x, 0 * x], axis=1).ravel()
    exact = 0.5 * 0.4 / 5
    M, few = (SolidSpace(mesh, degree=degree).mass(rho) for degree in (4, 2))
    assert u @ (M @ u) == pytest.approx(exact, rel=1e-9)
    assert abs(u @ (few @ u) / exact - 1) > 1e-4


def test_a_free_body_has_six_rigid_motions_of_frequency_exactly_zero() -> None:
    mesh = block_mesh("hexahedron27")
    V = SolidSpace(mesh)
    K, M = V.stiffness(steel(mesh)), V.mass(np.full((len(mesh.cells), 1), 7850.0))
    omega2, phi = vibration_modes(K, M, np.zeros(0, dtype=np.int64), 8)
    assert omega2[:6].tolist() == [0.0] * 6
    assert omega2[6] > 1e6
    assert phi.T @ (M @ phi) == pytest.approx(np.eye(8), abs=1e-9)
    shapes = np.moveaxis(phi[V.dofs], -1, 0)
    assert Modes(mesh, omega2, shapes).shapes.shape == (8, len(mesh.points), 3)


@pytest.mark.parametrize("held", [True, False])
def test_iteration_finds_the_vibration_that_factors_find(held: bool) -> None:
    mesh = block_mesh("hexahedron27")
    V = SolidSpace(mesh)
    K, M = V.stiffness(steel(mesh)), V.mass(np.full((len(mesh.cells), 1), 7850.0))
    foot = V.dofs[mesh.boundary_nodes["x0"]].ravel()
    fixed = foot if held else np.zeros(0, dtype=np.int64)
    omega2, _ = solid_vibration_modes(V, K, M, fixed, 8)
    found, phi = solid_vibration_modes(V, K, M, fixed, 8, direct_up_to=0)
    assert found == pytest.approx(omega2, rel=1e-8)
    left = K @ phi - (M @ phi) * found
    left[fixed] = 0.0
    assert np.abs(left).max() <= 1e-7 * (abs(K) @ np.abs(phi)).max()
    assert np.all(phi[fixed] == 0)


def test_iteration_finds_the_factors_that_factors_find() -> None:
    mesh = block_mesh("tetra10")
    V = SolidSpace(mesh, degree=4)
    fixed = V.dofs[mesh.boundary_nodes["x0"]].ravel()
    sigma = np.zeros((6, *V.x.shape[1:]))
    sigma[0] = -1e9
    K, K_sigma = V.stiffness(steel(mesh)), V.geometric_stiffness(sigma)
    factors, _ = solid_buckling_modes(V, K, K_sigma, fixed, 3)
    found, phi = solid_buckling_modes(V, K, K_sigma, fixed, 3, direct_up_to=0)
    assert found == pytest.approx(factors, rel=1e-8)
    assert phi.T @ (K @ phi) == pytest.approx(np.eye(3), abs=1e-8)
    with pytest.raises(RuntimeError, match="nothing in compression"):
        solid_buckling_modes(V, K, -K_sigma, fixed, 3, direct_up_to=0)


def test_an_iteration_that_does_not_converge_says_what_helps(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mesh = block_mesh("hexahedron")
    V = SolidSpace(mesh)
    K, M = V.stiffness(steel(mesh)), V.mass(np.full((len(mesh.cells), 1), 7850.0))
    monkeypatch.setattr("mechagents.kit.solid_modes.ROUNDS", 1)
    monkeypatch.setattr("mechagents.kit.solid_modes.STEPS", 2)
    with pytest.raises(RuntimeError, match="Use a larger mesh size"):
        solid_vibration_modes(V, K, M, np.zeros(0, dtype=np.int64), 8, direct_up_to=0)
