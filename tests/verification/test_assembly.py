"""What is exactly true of the forces that the checks compute, whatever mesh and material."""

from __future__ import annotations

import numpy as np
import pytest
from bodies_to_check import plate
from hypothesis import given, settings
from hypothesis import strategies as st
from returned import KINDS, mesh_of, serendipity_basis, shaken, split

from mechagents.mechanics.formulation import Idealisation
from mechagents.mechanics.meshing import Mesh
from mechagents.verification import Block, Fields
from mechagents.verification.assembly import balance, stresses
from mechagents.verification.constitutive import elasticity_matrix, von_mises
from mechagents.verification.edges import outer_edges
from mechagents.verification.elements import RULES, corners, quadrature, shape_functions
from mechagents.verification.solution import Solution

IDEALISATIONS: tuple[Idealisation, ...] = ("plane_stress", "plane_strain", "axisymmetric")
PLANE = IDEALISATIONS[:2]
RATIOS = st.floats(-0.9, 0.49)
DISTORTIONS = st.floats(0.0, 0.3)
SEEDS = st.integers(0, 2**32 - 1)
ANGLES = st.floats(-3.1, 3.1)
few = settings(max_examples=8)
"""Each example is checked on every element, and by every idealisation."""


def mesh_of_kind(kind: str, distortion: float) -> Mesh:
    """Return a square of four by four quads, or twice as many triangles, with moved nodes."""
    mesh = mesh_of(plate(), 0.25, 1 if kind in ("triangle", "quad") else 2)
    mesh = shaken(mesh, distortion)
    if kind.startswith("triangle"):
        return split(mesh)
    return serendipity_basis(mesh)[0] if kind == "quad8" else mesh


def solution(
    kind: str,
    idealisation: Idealisation = "plane_stress",
    *,
    nu: float = 0.3,
    E: float = 1.0,
    distortion: float = 0.2,
) -> Solution:
    """Return a square of one material, with no displacement yet."""
    mesh = mesh_of_kind(kind, distortion)
    material = {"plate": {"youngs_modulus": E, "poisson_ratio": nu}}
    f = plate(idealisation=idealisation, materials=material)
    fields = Fields(mesh.points, (Block(kind, mesh.cells),), np.zeros_like(mesh.points))
    return laid(f, fields)


def laid(formulation, fields: Fields) -> Solution:
    """Return fields whose every element is in the one region, wherever they lie."""
    regions = tuple(np.zeros(len(block), dtype=np.int64) for block in fields.blocks)
    return Solution(formulation, fields, regions, outer_edges(fields), {})


def forces(body: Solution, u: np.ndarray) -> np.ndarray:
    """Return K u."""
    return balance(moved(body, u)).internal


def moved(body: Solution, u: np.ndarray, points: np.ndarray | None = None) -> Solution:
    f = body.fields
    return laid(body.formulation, Fields(f.points if points is None else points, f.blocks, u))


def random(seed: int, body: Solution) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=body.fields.points.shape)


every_kind = pytest.mark.parametrize("kind", KINDS)


@every_kind
@pytest.mark.parametrize("idealisation", IDEALISATIONS)
def test_the_stiffness_matrix_is_symmetric_and_semidefinite(kind, idealisation):
    body = solution(kind, idealisation, distortion=0.0)
    count = len(body.fields.points)
    K = np.array([forces(body, u).ravel() for u in np.eye(2 * count).reshape(-1, count, 2)])
    assert np.abs(K - K.T).max() <= 1e-13 * np.abs(K).max()
    values = np.linalg.eigvalsh(K)
    assert values.min() >= -1e-13 * values.max()
    # Only rigid motion is free: two translations and a rotation, or one along the axis.
    rigid = 1 if idealisation == "axisymmetric" else 3
    assert int((values < 1e-10 * values.max()).sum()) == rigid


@every_kind
@pytest.mark.parametrize("idealisation", IDEALISATIONS)
@few
@given(SEEDS, SEEDS, RATIOS, DISTORTIONS)
def test_two_loads_do_the_same_work_on_each_other_s_displacement(
    kind, idealisation, one, two, nu, distortion
):
    """Maxwell and Betti: u . K v = v . K u."""
    body = solution(kind, idealisation, nu=nu, distortion=distortion)
    u, v = random(one, body), random(two, body)
    size = np.abs(forces(body, u) * v).sum()
    assert abs((forces(body, u) * v).sum() - (forces(body, v) * u).sum()) <= 1e-12 * size


@every_kind
@pytest.mark.parametrize("idealisation", PLANE)
@few
@given(st.floats(-5, 5), st.floats(-5, 5), ANGLES, RATIOS, DISTORTIONS)
def test_rigid_motion_takes_no_force(kind, idealisation, x, y, turn, nu, distortion):
    body = solution(kind, idealisation, nu=nu, distortion=distortion)
    points = body.fields.points
    u = np.array([x, y]) + turn * np.stack([-points[:, 1], points[:, 0]], axis=1)
    state = balance(moved(body, u))
    assert np.abs(state.internal).max() <= 1e-13 * stiffest(body) * (1 + np.abs(u).max())
    assert sum(part.sum() for part in state.energy) <= 1e-13 * stiffest(body)


def stiffest(body: Solution) -> float:
    return float(body.stiffness(0).max())


@every_kind
@few
@given(st.floats(-5, 5), DISTORTIONS)
def test_motion_along_the_axis_takes_no_force_but_motion_off_it_does(kind, y, distortion):
    body = solution(kind, "axisymmetric", distortion=distortion)
    up, out = (np.full_like(body.fields.points, motion) for motion in ([0.0, y], [1.0, 0.0]))
    assert np.abs(forces(body, up)).max() <= 1e-12 * (1 + abs(y))
    assert np.abs(forces(body, out)).max() > 1e-3


@every_kind
@pytest.mark.parametrize("idealisation", PLANE)
@few
@given(SEEDS, ANGLES, DISTORTIONS)
def test_a_turned_body_has_turned_forces_and_the_same_energy(
    kind, idealisation, seed, angle, distortion
):
    body = solution(kind, idealisation, distortion=distortion)
    u = random(seed, body)
    c, s = np.cos(angle), np.sin(angle)
    Q = np.array([[c, -s], [s, c]])
    straight = balance(moved(body, u))
    turned = balance(moved(body, u @ Q.T, body.fields.points @ Q.T))
    assert turned.internal == pytest.approx(straight.internal @ Q.T, abs=1e-12 * straight.scale)
    assert turned.energy[0] == pytest.approx(straight.energy[0])


@every_kind
@pytest.mark.parametrize(
    ("idealisation", "power"), [("plane_stress", 1), ("plane_strain", 1), ("axisymmetric", 2)]
)
@few
@given(SEEDS, st.floats(1e-3, 1e3), st.floats(1e-6, 1e6))
def test_a_change_of_units_scales_forces_and_energy(
    kind, idealisation, power, seed, length, pressure
):
    """Lengths L and pressures P: forces go like P L^2, or P L per unit of thickness."""
    body = solution(kind, idealisation)
    u = random(seed, body)
    one = balance(moved(body, u))
    other = solution(kind, idealisation, E=pressure)
    two = balance(moved(other, u * length, body.fields.points * length))
    factor = pressure * length**power
    assert two.internal == pytest.approx(factor * one.internal, abs=1e-11 * factor * one.scale)
    assert two.energy[0] == pytest.approx(factor * length * one.energy[0])


@every_kind
@few
@given(SEEDS, SEEDS, st.floats(-3, 3))
def test_forces_superpose(kind, one, two, factor):
    body = solution(kind)
    u, v = random(one, body), random(two, body)
    together = forces(body, u + factor * v)
    apart = forces(body, u) + factor * forces(body, v)
    assert together == pytest.approx(apart, abs=1e-12 * np.abs(apart).max())


@every_kind
@pytest.mark.parametrize("idealisation", PLANE)
@few
@given(SEEDS, RATIOS, DISTORTIONS)
def test_every_element_passes_the_patch_test(kind, idealisation, seed, nu, distortion):
    """A linear displacement: one stress everywhere, and no force at any inner node."""
    body = solution(kind, idealisation, nu=nu, distortion=distortion)
    H = np.random.default_rng(seed).normal(size=(2, 2))
    state = moved(body, body.fields.points @ H.T)
    eps = np.array([H[0, 0], H[1, 1], 0.0, H[0, 1] + H[1, 0]])
    sigma = elasticity_matrix(body.formulation.materials["plate"], idealisation) @ eps
    (part,) = stresses(state)
    size = np.abs(sigma).max()
    assert part.all == pytest.approx(np.broadcast_to(sigma, part.all.shape), abs=1e-11 * size)
    inner = np.setdiff1d(np.arange(len(body.fields.points)), body.edges.all_nodes)
    for level in range(len(RULES[kind])):
        left = np.abs(balance(state, level).internal[inner])
        assert left.max(initial=0.0) <= 1e-11 * size
    assert part.area.sum() == pytest.approx(1.0)


@every_kind
@few
@given(SEEDS)
def test_the_force_on_the_outline_is_the_traction_of_a_uniform_stress(kind, seed):
    body = solution(kind)
    H = np.random.default_rng(seed).normal(size=(2, 2))
    state = moved(body, body.fields.points @ H.T)
    sigma = stresses(state)[0].all[0, 0]
    right = np.isclose(body.fields.points[:, 0], 1.0)
    force = balance(state).internal[right].sum(axis=0)
    # What the other edges give to the two corners cancels.
    assert force == pytest.approx(sigma[[0, 3]], abs=1e-11)


@every_kind
def test_every_rule_has_the_element_s_area_and_shape_functions_sum_to_one(kind):
    for level in range(len(RULES[kind])):
        points, weights = quadrature(kind, level)
        assert weights.sum() == pytest.approx(0.5 if corners(kind) == 3 else 4.0)
        assert shape_functions(kind, points).sum(axis=1) == pytest.approx(1.0)


@given(RATIOS, st.floats(1e-3, 1e12))
def test_plane_stress_is_plane_strain_with_other_constants(nu, E):
    """E' = E (1 + 2 nu) / (1 + nu)^2 and nu' = nu / (1 + nu), Timoshenko & Goodier, section 16."""
    material = (
        plate().materials["plate"].model_copy(update={"youngs_modulus": E, "poisson_ratio": nu})
    )
    stress = elasticity_matrix(material, "plane_stress")
    assert (stress == stress.T).all()
    if nu <= -0.5:
        return
    changed = material.model_copy(
        update={
            "youngs_modulus": E * (1 + 2 * nu) / (1 + nu) ** 2,
            "poisson_ratio": nu / (1 + nu),
        }
    )
    strain = elasticity_matrix(changed, "plane_strain")
    kept = np.ix_([0, 1, 3], [0, 1, 3])
    assert stress[kept] == pytest.approx(strain[kept], rel=1e-8, abs=1e-8 * E)


@given(st.floats(-1e9, 1e9), ANGLES, SEEDS)
def test_von_mises_knows_neither_pressure_nor_direction(pressure, angle, seed):
    xx, yy, zz, xy = np.random.default_rng(seed).normal(size=4) * 1e9
    c, s = np.cos(angle), np.sin(angle)
    Q = np.array([[c, -s], [s, c]])
    turned = Q @ np.array([[xx, xy], [xy, yy]]) @ Q.T
    given = von_mises(np.array([xx, yy, zz, xy]))
    other = np.array([turned[0, 0], turned[1, 1], zz, turned[0, 1]])
    other[:3] += pressure
    assert von_mises(other) == pytest.approx(given, rel=1e-9)


@pytest.mark.parametrize(
    ("stress", "equivalent"),
    [((5, 0, 0, 0), 5), ((0, 0, 0, 1), 3**0.5), ((1, 1, 1, 0), 0), ((2, 2, 0, 0), 2)],
)
def test_von_mises_of_simple_states(stress, equivalent):
    assert von_mises(np.array(stress, dtype=float)) == pytest.approx(equivalent)
