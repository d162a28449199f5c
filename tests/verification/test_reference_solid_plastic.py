"""The reference of solids that flow, in numpy: its stated errors hold."""

from __future__ import annotations

import pytest
from solid_steps import SMOOTH, STEEL, march, steel_cube

from mechagents.mechanics.formulation import Formulation
from mechagents.verification.reading import read
from mechagents.verification.reference.other_elements import by_meshes
from mechagents.verification.reference.plastic_elements import flowed
from mechagents.verification.reference.solid_elements import unloaded
from mechagents.verification.reference.values import ReferenceSolution


def _by_small_meshes(body: Formulation) -> ReferenceSolution:
    """Return the reference on a fifth of its elements, in a third of its steps."""
    meshes = zip(unloaded(body, 0.02), (4, 3, 2), strict=True)
    return by_meshes(body, [flowed(mesh, steps) for mesh, steps in meshes])


def test_a_bar_pulled_and_let_go_is_that_of_the_closed_form() -> None:
    bar = steel_cube(
        supports=SMOOTH,
        loads=[{"kind": "traction", "boundary": "x_high", "x": 320e6}],
        load_path=[1.0, 0.0],
        wanted=[{"name": "longer", "kind": "displacement", "component": "x", "at": [1, 0.5, 0.5]}],
    )
    found = _by_small_meshes(bar)
    left = (320e6 - STEEL["yield_stress"]) / STEEL["hardening_modulus"]
    assert found.means.startswith("tetra10")
    assert found.quantities["longer"].apart(left) <= found.quantities["longer"].error
    assert found.quantities["longer"].error <= 1e-6 * left


def test_a_block_pulled_between_clamps_agrees_with_programs() -> None:
    clamped = steel_cube(
        load_path=[1.0],
        wanted=[{"name": "pull", "kind": "reaction", "boundary": "x_high", "component": "x"}],
    )
    found = _by_small_meshes(clamped).quantities["pull"]
    value = march(clamped, size=1 / 3, order=2, steps=4).values["pull"]
    assert found.apart(value) <= found.error + 0.01 * value
    assert found.error <= 0.05 * value


def test_a_ball_up_to_its_yield_is_that_of_lame_on_hexahedra() -> None:
    balls = [{"kind": "sphere", "center": [0, 0, 0], "radius": radius} for radius in (2.0, 1.0)]
    shell = {"kind": "difference", "base": balls[0], "remove": [balls[1]]}
    shapes = [shell, {"kind": "box", "size": [3.0, 3.0, 3.0]}]
    inner = {"kind": "sphere_surface", "center": [0, 0, 0], "radius": 1.0}
    cuts = {f"{axis}_low": {"kind": "plane", "axis": axis, "at": 0.0} for axis in "xyz"}
    pressure = 0.8 * 2 / 3 * STEEL["yield_stress"] * (1 - 1 / 8)
    ball = steel_cube(
        geometry={
            "regions": {"cube": {"kind": "intersection", "shapes": shapes}},
            "boundaries": {"inner": inner, **cuts},
        },
        supports=SMOOTH,
        loads=[{"kind": "pressure", "boundary": "inner", "value": pressure}],
        load_path=[1.0],
        wanted=[{"name": "bore", "kind": "displacement", "component": "x", "at": [1, 0, 0]}],
    )
    state = flowed(next(unloaded(ball, 0.1)), 1)
    assert state.solution.fields.blocks[0].kind == "hexahedron27"
    bore = read(state, ball.wanted[0]).best[0]
    E, nu = STEEL["youngs_modulus"], STEEL["poisson_ratio"]
    assert bore == pytest.approx(pressure / 7 / E * (1 - 2 * nu + 4 * (1 + nu)), rel=1e-2)
