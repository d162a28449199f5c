"""Solids in finite deformation: right solutions pass, planted faults are refused."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from inflation import inflated
from returned import failed
from scipy.optimize import brentq
from scipy.sparse import csr_matrix
from solid_steps import PLANES, RUBBER, SMOOTH, cube, march

from mechagents.kit import FiniteBody, FollowerPressure, SolidSpace, make_mesh
from mechagents.mechanics.formulation import Formulation
from mechagents.mechanics.hyperelastic import (
    Hyperelastic,
    MooneyRivlin,
    NeoHookean,
    SaintVenantKirchhoff,
)

LAWS = (
    SaintVenantKirchhoff(youngs_modulus=2.7e6, poisson_ratio=0.3),
    NeoHookean(volumetric="logarithmic", mu=1e6, lam=2e6),
    NeoHookean(volumetric="isochoric", mu=1e6, kappa=3e6),
    MooneyRivlin(c10=0.3e6, c01=0.2e6, kappa=2e6),
)
ON_THE_RIGHT = [{"kind": "pressure", "boundary": "x_high", "value": {"formula": "2e5 * (1 + y)"}}]
ENERGY = [{"name": "energy", "kind": "strain_energy"}]


class StaysBehind(FollowerPressure):
    """Acts on the surface as it was before deformation."""

    def forces(self, u: np.ndarray) -> tuple[np.ndarray, csr_matrix]:
        force, tangent = super().forces(0 * u)
        return force, 0 * tangent


class Suction(FollowerPressure):
    """Acts out of the body."""

    def forces(self, u: np.ndarray) -> tuple[np.ndarray, csr_matrix]:
        force, tangent = super().forces(u)
        return -force, -1 * tangent


@pytest.mark.parametrize("law", LAWS)
def test_right_solutions_are_accepted(tmp_path: Path, law: Hyperelastic) -> None:
    evidence = march(cube(materials={"cube": law.model_dump()})).left(tmp_path)
    assert failed(evidence) == {}
    assert "equilibrium:orientation" in {check.name for check in evidence.checks}


def test_a_right_solution_on_quadratic_hexahedra_is_accepted(tmp_path: Path) -> None:
    assert failed(march(cube(), order=2).left(tmp_path)) == {}


@pytest.mark.parametrize(
    ("order", "cut"),
    [
        (1, {"kind": "box", "origin": [0.5, 0.5, 0.0], "size": [0.5, 0.5, 1.0]}),
        (2, {"kind": "sphere", "center": [1.0, 1.0, 1.0], "radius": 0.6}),
    ],
)
def test_a_right_solution_on_tetrahedra_is_accepted(
    tmp_path: Path, order: int, cut: dict[str, object]
) -> None:
    base = {"kind": "box", "size": [1.0, 1.0, 1.0]}
    shape = {"kind": "difference", "base": base, "remove": [cut]}
    geometry = {"regions": {"cube": shape}, "boundaries": PLANES}
    wanted = [
        {"name": "pull", "kind": "reaction", "boundary": "x_low", "component": "x"},
        *ENERGY,
    ]
    found = march(cube(geometry=geometry, wanted=wanted), size=0.5, order=order)
    assert found.solution.mesh.kind.startswith("tetra")
    assert failed(found.left(tmp_path)) == {}


OTHER_MATERIALS = {
    "wrong volumetric term": {"volumetric": "isochoric", "mu": 1e6, "lam": 3e6},
    "lam and mu swapped": {"volumetric": "logarithmic", "mu": 3e6, "lam": 1e6},
    "mu off by one percent": {"volumetric": "logarithmic", "mu": 1.01e6, "lam": 3e6},
    "another law": {
        "kind": "saint_venant_kirchhoff", "youngs_modulus": 2.75e6, "poisson_ratio": 0.375,
    },
}  # fmt: skip


@pytest.mark.parametrize("fault", OTHER_MATERIALS)
def test_another_law_is_refused(tmp_path: Path, fault: str) -> None:
    material = {"kind": "neo_hookean"} | OTHER_MATERIALS[fault]
    found = march(cube(), cube(materials={"cube": material}))
    assert "equilibrium:residual" in failed(found.left(tmp_path))


def test_linear_theory_at_half_the_length_is_refused(tmp_path: Path) -> None:
    clamped = [
        {"boundary": "x_low", "x": 0.0, "y": 0.0, "z": 0.0},
        {"boundary": "x_high", "x": 0.5, "y": 0.0, "z": 0.0},
    ]
    meant = cube(supports=clamped, loads=[], wanted=ENERGY)
    steel = {"cube": {"kind": "isotropic", "youngs_modulus": 2.75e6, "poisson_ratio": 0.375}}
    # Elasticity at small strain is plasticity without a yield stress.
    linear = cube(
        supports=clamped, loads=[], wanted=ENERGY, analysis="static_plastic", materials=steel
    )
    found = march(meant, linear, steps=1, size=1 / 3)
    assert "equilibrium:residual" in failed(found.left(tmp_path))


@pytest.mark.parametrize("stop_at", [1e-2, 1e-3])
def test_an_unconverged_iteration_is_refused(tmp_path: Path, stop_at: float) -> None:
    found = march(cube(), stop_at=stop_at)
    assert "equilibrium:residual" in failed(found.left(tmp_path))


def test_half_the_dead_load_is_refused(tmp_path: Path) -> None:
    assert "equilibrium:residual" in failed(march(cube(), load_factor=0.5).left(tmp_path))


def test_half_of_the_energy_is_refused(tmp_path: Path) -> None:
    found = march(cube()).with_value("energy", 0.5)
    assert set(failed(found.left(tmp_path))) == {"quantities:energy"}


@pytest.mark.parametrize("order", [1, 2])
def test_load_stiffness_is_the_derivative_of_the_force(order: int) -> None:
    mesh = make_mesh(cube().geometry, 0.5, order)
    V = SolidSpace(mesh)
    rng = np.random.default_rng(0)
    u, way = 0.02 * rng.normal(size=V.N), rng.normal(size=V.N)
    for body in (
        FollowerPressure(cube(loads=ON_THE_RIGHT), mesh, V),
        FiniteBody(cube(), mesh, V),
    ):
        ahead, behind = (body.forces(u + step * way)[0] for step in (1e-6, -1e-6))
        slope = (ahead - behind) / 2e-6
        assert np.abs(body.forces(u)[1] @ way - slope).max() < 1e-7 * np.abs(slope).max()


@pytest.mark.parametrize("fault", [StaysBehind, Suction])
def test_a_pressure_that_does_not_follow_the_surface_is_refused(
    tmp_path: Path, fault: type[FollowerPressure]
) -> None:
    pressed = cube(loads=ON_THE_RIGHT)
    assert failed(march(pressed).left(tmp_path / "right")) == {}
    wrong = march(pressed, pressed=fault).left(tmp_path / "wrong")
    assert "equilibrium:residual" in failed(wrong)


def test_a_dead_load_is_no_pressure(tmp_path: Path) -> None:
    """The follower stays on the surface: a traction of the same size does not."""
    pressed = cube(loads=[{"kind": "pressure", "boundary": "x_high", "value": 3e5}], wanted=ENERGY)
    dead = cube(loads=[{"kind": "traction", "boundary": "x_high", "x": -3e5}], wanted=ENERGY)
    assert "equilibrium:residual" in failed(march(pressed, dead).left(tmp_path / "pressed"))
    assert "equilibrium:residual" in failed(march(dead, pressed).left(tmp_path / "dead"))


def test_a_pulled_cube_is_that_of_the_closed_form(tmp_path: Path) -> None:
    mu, lam, pull = 1e6, 10e6, 1.5e6
    rubber = RUBBER | {"lam": lam}
    found = march(
        cube(
            materials={"cube": rubber},
            supports=SMOOTH,
            loads=[{"kind": "traction", "boundary": "x_high", "x": pull}],
            wanted=[
                {"name": "longer", "kind": "displacement", "component": "x", "at": [1, 0.5, 0.5]},
                {"name": "side", "kind": "displacement", "component": "z", "at": [0.5, 0.5, 1]},
                {"name": "sigma", "kind": "stress", "component": "xx", "at": [0.5, 0.5, 0.5]},
            ],
        ),
        size=1.0,
        steps=5,
    )
    stretch = 1.816302602831981
    across = brentq(lambda b: mu * (b - 1 / b) + lam * math.log(stretch * b * b) / b, 0.3, 1.5)
    assert found.values["longer"] == pytest.approx(stretch - 1, rel=1e-9)
    assert found.values["side"] == pytest.approx(across - 1, rel=1e-9)
    assert found.values["sigma"] == pytest.approx(pull / across**2, rel=1e-9)
    assert failed(found.left(tmp_path)) == {}


def test_an_inflated_sphere_is_that_of_the_radial_equation(tmp_path: Path) -> None:
    balls = [{"kind": "sphere", "center": [0, 0, 0], "radius": radius} for radius in (2.0, 1.0)]
    shell = {"kind": "difference", "base": balls[0], "remove": [balls[1]]}
    shapes = [shell, {"kind": "box", "size": [3.0, 3.0, 3.0]}]
    inner = {"kind": "sphere_surface", "center": [0, 0, 0], "radius": 1.0}
    cuts = {f"{axis}_low": PLANES[f"{axis}_low"] for axis in "xyz"}
    sphere = Formulation.model_validate(
        {
            "analysis": "static_finite",
            "idealisation": "solid",
            "geometry": {
                "regions": {"shell": {"kind": "intersection", "shapes": shapes}},
                "boundaries": {"inner": inner, **cuts},
            },
            "materials": {"shell": RUBBER | {"lam": 4e6}},
            "supports": SMOOTH,
            "loads": [{"kind": "pressure", "boundary": "inner", "value": 4e5}],
            "wanted": [
                {"name": "bore", "kind": "displacement", "component": "x", "at": [1.0, 0, 0]},
            ],
        }
    )
    found = march(sphere, size=0.3, order=2)
    moved, _, _ = inflated((1.0, 2.0), 1e6, 4e6, 4e5, sphere=True)
    assert found.values["bore"] == pytest.approx(moved, rel=1e-2)
    assert failed(found.left(tmp_path)) == {}
