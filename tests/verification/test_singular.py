"""Which points of a problem may have a stress without bound, and which stress is read there."""

from __future__ import annotations

import numpy as np
import pytest
from bodies_to_check import HOLE, LINES, SQUARE, cantilever, holed, inclusion, plate
from returned import Returned, mesh_of, solve

from mechagents.mechanics.formulation import Formulation, WantedStress
from mechagents.verification import Block, Fields
from mechagents.verification.equilibrium import Equilibrium
from mechagents.verification.singular import near_singular_point, singular_points, where_read
from mechagents.verification.solution import Solution

L_SHAPE = {
    "kind": "polygon",
    "points": [[0, 0], [0.5, 0], [0.5, 0.5], [1, 0.5], [1, 1], [0, 1]],
}
ROLLERS = [{"boundary": "left", "x": 0.0}, {"boundary": "bottom", "y": 0.0}]
WANTED = [{"name": "energy", "kind": "strain_energy"}]


def body(shape: dict, supports: list, lines: dict = LINES, **more: object) -> Formulation:
    geometry = {"regions": {"plate": shape}, "boundaries": lines}
    return plate(geometry=geometry, supports=supports, wanted=WANTED, pictures=[], **more)


def points_of(f: Formulation) -> set[tuple[float, float]]:
    found: Returned = solve(f, mesh_of(f, 0.1))
    fields = Fields(found.mesh.points, (Block(found.kind, found.cells),), found.u)
    return {
        (round(float(x), 6), round(float(y), 6)) for x, y in singular_points(Solution.of(f, fields))
    }


QUARTER = {"kind": "difference", "base": SQUARE, "remove": [HOLE | {"center": [0.0, 0.0]}]}
PULLED = [{"kind": "traction", "boundary": "right", "x": 1e6}]
PART = LINES | {"part": LINES["right"] | {"between": [0.2, 0.6]}}
INNER = {"kind": "rectangle", "origin": [0.4, 0.4], "size": [0.2, 0.2]}


@pytest.mark.parametrize(
    ("formulation", "points"),
    [
        (cantilever(loads=[{"kind": "body_force", "y": -1.0}]), {(0, 0), (0, 1)}),
        (body(SQUARE, ROLLERS), set()),
        (body(SQUARE, ROLLERS, loads=PULLED), set()),
        (body(QUARTER, ROLLERS, loads=PULLED), set()),
        (body(L_SHAPE, [ROLLERS[0], {"boundary": "top", "y": 0.0}]), {(0.5, 0.5)}),
        (
            body(SQUARE, ROLLERS, PART, loads=[PULLED[0] | {"boundary": "part"}]),
            {(1, 0.2), (1, 0.6)},
        ),
        (body(SQUARE, [*ROLLERS, {"boundary": "part", "x": 0.01}], PART), {(1, 0.2), (1, 0.6)}),
        (inclusion(supports=ROLLERS, wanted=WANTED), set()),
    ],
    ids=[
        "a wall", "rollers", "a loaded edge", "a quarter of a hole", "a re-entrant corner",
        "a load that ends", "a support that ends", "a round inclusion",
    ],
)  # fmt: skip
def test_the_points_that_may_be_singular(formulation, points):
    assert points_of(formulation) == points


def test_the_corners_of_an_inclusion_may_be_singular():
    ring = {"kind": "difference", "base": SQUARE, "remove": [INNER]}
    f = inclusion(
        geometry={"regions": {"plate": ring, "disk": INNER}, "boundaries": LINES},
        supports=ROLLERS,
        wanted=WANTED,
    )
    assert points_of(f) == {(0.4, 0.4), (0.6, 0.4), (0.6, 0.6), (0.4, 0.6)}


def state_of(f: Formulation) -> Equilibrium:
    found = solve(f, mesh_of(f, 0.1))
    fields = Fields(found.mesh.points, (Block(found.kind, found.cells),), found.u)
    return Equilibrium.of(Solution.of(f, fields))


@pytest.mark.parametrize(
    ("at", "near"), [((0.0, 1.0), True), ((0.1, 0.9), True), ((0.5, 1.0), False)]
)
def test_only_a_stress_close_to_such_a_point_is_suspected(at, near):
    wanted = WantedStress(name="s", component="xx", at=at)
    assert (near_singular_point(state_of(cantilever()), wanted) is not None) == near


def test_only_a_stress_is_suspected():
    assert near_singular_point(state_of(cantilever()), cantilever().wanted[1]) is None


@pytest.mark.parametrize(("extreme", "y"), [("max", 1.0), ("min", 0.0)])
def test_an_extreme_is_read_where_the_field_has_it(extreme, y):
    f = cantilever(loads=[{"kind": "traction", "boundary": "right", "y": -1e6}])
    wanted = WantedStress(name="s", component="xx", extreme=extreme)
    assert where_read(state_of(f), wanted) == pytest.approx(np.array([0.0, y]))


def test_the_largest_magnitude_may_be_the_least_value():
    pushed = [{"kind": "traction", "boundary": "top", "y": -1e6}]
    state = state_of(holed(supports=ROLLERS, loads=pushed, wanted=WANTED))
    least, largest = (
        where_read(state, WantedStress(name="s", component="yy", extreme=extreme))
        for extreme in ("min", "max_abs")
    )
    assert (least == largest).all()
