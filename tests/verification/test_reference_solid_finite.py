"""The reference of solids in finite deformation: its stated errors hold."""

from __future__ import annotations

import math

import pytest
from solid_steps import PLANES, SMOOTH, cube, march

from mechagents.mechanics.hyperelastic import (
    Hyperelastic,
    MooneyRivlin,
    NeoHookean,
    SaintVenantKirchhoff,
)

steps = pytest.importorskip(
    "mechagents.verification.reference.solid_finite", reason="NGSolve has no wheel here"
)

LAWS = (
    SaintVenantKirchhoff(youngs_modulus=2.7e6, poisson_ratio=0.3),
    NeoHookean(volumetric="logarithmic", mu=1e6, lam=10e6),
    NeoHookean(volumetric="isochoric", mu=1e6, kappa=3e6),
    MooneyRivlin(c10=0.3e6, c01=0.2e6, kappa=2e6),
)


@pytest.mark.parametrize("law", LAWS)
def test_a_pulled_cube_has_the_values_that_programs_find_exactly(law: Hyperelastic) -> None:
    pulled = cube(
        materials={"cube": law.model_dump()},
        supports=SMOOTH,
        loads=[{"kind": "traction", "boundary": "x_high", "x": 5e5}],
        wanted=[
            {"name": "side", "kind": "displacement", "component": "z", "at": [0.5, 0.5, 1]},
            {"name": "sigma", "kind": "stress", "component": "xx", "at": [0.5, 0.5, 0.5]},
            {"name": "held", "kind": "reaction", "boundary": "x_low", "component": "x"},
            {"name": "energy", "kind": "strain_energy"},
        ],
    )
    found, exact = steps.solve(pulled), march(pulled, size=1.0).values
    for name, value in exact.items():
        reference = found.quantities[name]
        assert reference.apart(value) <= reference.error
        assert reference.error <= 1e-6 * abs(value)


def test_a_pressure_follows_the_surface() -> None:
    """Pressed alike on all sides: kappa/2 (J - 1/J) = -p."""
    kappa, p = 3e6, 2e6
    pressed = cube(
        materials={"cube": NeoHookean(volumetric="isochoric", mu=1e6, kappa=kappa).model_dump()},
        supports=SMOOTH,
        loads=[
            {"kind": "pressure", "boundary": f"{axis}_high", "value": p} for axis in "xyz"
        ],
        wanted=[
            {"name": "side", "kind": "displacement", "component": "z", "at": [0.5, 0.5, 1]},
            {"name": "sigma", "kind": "stress", "component": "yy", "at": [0.5, 0.5, 0.5]},
        ],
    )  # fmt: skip
    found = steps.solve(pressed).quantities
    volume = math.sqrt((p / kappa) ** 2 + 1) - p / kappa
    assert found["side"].apart(volume ** (1 / 3) - 1) <= found["side"].error <= 1e-6
    assert found["sigma"].apart(-p) <= found["sigma"].error <= 1e-6 * p


def test_a_point_that_a_force_holds_has_no_limit() -> None:
    corner = {"kind": "space_point", "at": [0.0, 0.0, 0.0]}
    held = [{"boundary": "x_low", "x": 0.0}, {"boundary": "y_low", "y": 0.0}]
    body = cube(
        geometry={
            "regions": {"cube": {"kind": "box", "size": [1.0, 1.0, 1.0]}},
            "boundaries": PLANES | {"corner": corner},
        },
        supports=[*held, {"boundary": "corner", "z": 0.0}],
        loads=[{"kind": "body_force", "z": -1e4}],
        wanted=[{"name": "energy", "kind": "strain_energy"}],
    )
    found = steps.solve(body)
    assert not found.quantities
    assert "'corner' holds a point" in found.left_out
