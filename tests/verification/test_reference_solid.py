"""The reference of solids: its stated errors hold where the exact solution is known."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from verification import solids_to_solve as known

from mechagents.verification.reference import ReferenceSolution, find_references
from mechagents.verification.reference import other_elements as others
from mechagents.verification.reference import process as processes
from mechagents.verification.reference import solid_elements as elements
from mechagents.verification.reference.two_levels import solved_by_levels

HAS_NGSOLVE = importlib.util.find_spec("ngsolve") is not None
if TYPE_CHECKING:
    from mechagents.verification.reference.solid import Read
needs_ngsolve = pytest.mark.skipif(not HAS_NGSOLVE, reason="NGSolve has no wheel here")


async def _solve(way: str, formulation: known.Formulation) -> ReferenceSolution:
    (found,) = await processes.solve_by(way, [formulation], 120)
    assert found.fault == ""
    return found


def _is_honest(found: ReferenceSolution, exact: dict[str, float], close: float) -> None:
    for name, value in exact.items():
        quantity = found.quantities[name]
        assert quantity.apart(value) <= quantity.error, name
        assert quantity.error <= close * max(abs(value), quantity.scale), name


@needs_ngsolve
@pytest.mark.parametrize(
    ("body", "close"),
    [
        (known.patch, 1e-7),
        (known.hanging_bar, 1e-7),
        (known.bent_beam, 1e-7),
        (known.hollow_sphere, 1e-2),
        (known.tube, 4e-2),
        (known.twisted_shaft, 5e-3),
    ],
)
async def test_the_exact_solution_lies_within_the_error(
    body: Callable[[], known.Known], close: float
) -> None:
    formulation, exact = body()
    _is_honest(await _solve("high_order", formulation), exact, close)


@needs_ngsolve
async def test_stresses_at_a_clamp_have_no_value_and_the_rest_is_known_without_them() -> None:
    found = await _solve("high_order", known.cantilever())
    assert set(found.quantities) == {"tip", "middle", "held"}
    assert "clamp and von_mises" in found.left_out
    # Bernoulli's beam with Cowper's shear: clamping stiffens the solid a little.
    beam = 1e4 / (3 * known.E * 1e-4 / 12) + 1e4 / (known.MU * 0.01 * 10 * 1.3 / (12 + 11 * 0.3))
    assert found.quantities["tip"].apart(-beam) < 0.01 * beam
    assert found.quantities["middle"].apart(30e6) < 1e-3 * 30e6
    assert "order 4" in found.means  # no higher one is needed


def _at_orders(*values: float) -> list[Read]:
    from mechagents.verification.reference.solid import Read

    return [Read(np.array([value]), 0.0, 1.0) for value in values]


@needs_ngsolve
def test_what_grows_like_a_singular_stress_is_recognised() -> None:
    from mechagents.verification.reference import solid as solids

    singular = [p**0.6 for p in (3, 4, 5)]
    energy = [1 - 0.3 * p**-2.8 for p in (2, 3, 4)]
    assert solids.grows(_at_orders(*singular))
    assert not solids.grows(_at_orders(*energy))
    assert not solids.grows(_at_orders(1.0, 1.02, 1.01))
    assert not solids.grows(_at_orders(1.3, 1.2, 1.0))
    assert not solids.grows(_at_orders(1.0, 1.0 + 1e-5, 1.0 + 2e-5))


@needs_ngsolve
def test_no_higher_order_is_solved_once_all_that_has_a_limit_is_known() -> None:
    from mechagents.verification.reference import solid as solids

    smooth = _at_orders(1.0, 1.001, 1.0011)
    grown = _at_orders(*(p**0.6 for p in (2, 3, 4)))
    read = [{"smooth": a, "grown": b} for a, b in zip(smooth, grown, strict=True)]
    assert solids.known_well(read, 1e-3)
    assert not solids.known_well(read, 1e-5)
    assert not solids.known_well(read[1:], 1e-3)


@pytest.mark.parametrize(
    ("body", "close", "share"),
    [
        (known.patch, 1e-7, 0.1),
        (known.hanging_bar, 1e-7, 0.1),
        (known.bent_beam, 1e-7, 0.1),
        (known.hollow_sphere, 0.5, 0.35),
    ],
)
def test_without_ngsolve_the_exact_solution_lies_within_the_error_too(
    body: Callable[[], known.Known], close: float, share: float
) -> None:
    formulation, exact = body()
    states = list(elements.states(formulation, share))
    _is_honest(others.by_meshes(formulation, states), exact, close)


async def test_without_ngsolve_another_way_is_taken_for_solids_and_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ngsolve.py").write_text("raise ImportError('libgfortran.so.5: not found')\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    formulation, exact = known.bent_beam()
    (found,) = await find_references([formulation])
    assert "tetra10 elements on another mesh" in found.means
    assert "in numpy" in found.means
    _is_honest(found, exact, 1e-6)


@pytest.mark.parametrize("body", [known.bent_beam, known.hollow_sphere])
def test_both_levels_solve_the_equations(body: Callable[[], known.Known]) -> None:
    formulation, _ = body()
    solution = next(elements.states(formulation, 0.1)).solution
    K, free = elements.stiffness(solution), solution.free
    force = np.random.default_rng(2).standard_normal(free.size)
    u = solved_by_levels(K, force, free, solution.fields.blocks[0])
    left = (force - K @ u.ravel())[free.ravel()]
    assert np.linalg.norm(left) < 1e-9 * np.linalg.norm(force)
    assert not u[~free].any()


def test_a_solid_of_which_no_three_meshes_can_be_made_is_told() -> None:
    formulation, _ = known.twisted_shaft()
    with pytest.raises(RuntimeError, match="no three meshes"):
        list(elements.states(formulation, 0.01))


@needs_ngsolve
def test_readings_that_share_mesh_or_matrices_are_those_solved_alone() -> None:
    from mechagents.verification.reference import solid as solids

    formulation, _ = known.bent_beam()
    held = {"boundary": "left", "x": 0.0, "y": 0.0, "z": 0.0}
    at_o = {"boundary": "o", "z": 0.0}
    readings = [
        formulation,
        formulation.amended({"loads.0.y": 1e6}),
        formulation.amended({"materials.beam.youngs_modulus": 70e9}),
        formulation.model_validate(formulation.model_dump() | {"supports": [held, at_o]}),
    ]
    solver = solids.SolidSolver()
    for reading in readings:
        shared, alone = solver.solve(reading, 0.5), solids.solve(reading, 0.5)
        assert shared.quantities.keys() == alone.quantities.keys()
        for name, value in alone.quantities.items():
            found = shared.quantities[name]
            assert found.values == pytest.approx(value.values, rel=1e-7, abs=1e-8 * value.scale)


async def test_readings_for_which_there_is_no_time_are_told_and_the_answer_stands() -> None:
    formulation, exact = known.bent_beam()
    way = "high_order" if HAS_NGSOLVE else "other_elements"
    own, reading = await processes.solve_by(way, [formulation] * 2, 120, spare=0.0)
    _is_honest(own, exact, 1e-6)
    assert reading.fault == "no time was left for it"


def test_without_ngsolve_an_elastic_bed_gives_way() -> None:
    pull, k = 1e6, 1e10
    formulation = known.solid(
        geometry={
            "regions": {"bar": known.box((1.0, 0.1, 0.1))},
            "boundaries": {
                "left": known.plane("x", 0), "right": known.plane("x", 1),
                "y": known.plane("y", 0), "z": known.plane("z", 0),
            },
        },
        materials={"bar": known.steel()},
        supports=[{"boundary": "y", "symmetry": True}, {"boundary": "z", "symmetry": True}],
        springs=[{"kind": "foundation", "boundary": "left", "x": k}],
        loads=[{"kind": "traction", "boundary": "right", "x": pull}],
        wanted=[
            known.displacement("left", "x", 0, 0.05, 0.05),
            known.displacement("right", "x", 1, 0.05, 0.05),
            known.reaction("held", "left", "x"),
        ],
    )  # fmt: skip
    exact = {"left": pull / k, "right": pull / k + pull / known.E, "held": -pull * 0.01}
    found = others.by_meshes(formulation, list(elements.states(formulation, 0.1)))
    _is_honest(found, exact, 1e-6)
