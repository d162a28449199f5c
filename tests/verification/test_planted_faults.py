"""A share of the planted faults: each found, by the check that should; right programs pass.

All of them are planted by ``benchmarks/planted_faults.py``.
"""

from __future__ import annotations

from collections import Counter
from functools import partial

import anyio
import pytest
from planted_faults import family, matrix, measure, summary
from planting.bodies import SINGULAR, bodies
from planting.faults import FAULTS
from planting.making import Known
from planting.measuring import Outcome, RightOutcome
from planting.right import VARIANTS

from mechagents.verification.reference.values import ReferenceSolution

BODIES = {body.name: body for body in bodies()}
EXPECTED = {
    "Laplacian in place of elasticity": "equilibrium:residual",
    "half of the shear": "equilibrium:residual",
    "plane strain for plane stress": "equilibrium:residual modes:residual",
    "E off by 1 %": "equilibrium:residual quantities",
    "nu off by 0.03": "equilibrium:residual modes:residual",
    "2 pi left out": "quantities",
    "hole 2 % too large": "geometry:outline",
    "crack of duplicate nodes": "geometry:outline",
    "materials of the regions swapped": "equilibrium:residual",
    "half the load": "equilibrium:residual",
    "component of a support missing": "supports",
    "component of a support in excess": "equilibrium:residual",
    "iteration stopped at 1e-3": "equilibrium:residual",
    "mesh_size ignored": "convergence:meshes",
    "number not in the field": "quantities",
    "number nan": "contract:results",
    "a coarse solution interpolated on a finer mesh": "equilibrium:residual",
    "right numbers, displacement of zero": "equilibrium:residual supports",
    "another law, scaled to the right reaction": "supports",
    "hole 3 % larger on the coarser meshes": "convergence:coarser",
    "a singular stress, the same on every mesh": "convergence:NAME",
    "blank picture": "contract:picture",
    "first Piola-Kirchhoff stress reported as Cauchy": "equilibrium:stress",
    "linear theory throughout": "equilibrium:residual",
    "wrong volumetric term": "equilibrium:residual",
    "load turns with the surface": "equilibrium:residual",
    "elastic answer": "equilibrium:residual equilibrium:steps",
    "hardening left out": "equilibrium:residual equilibrium:steps",
    "plastic strain out of the plane left out": "equilibrium:residual equilibrium:steps",
    "history made up in proportion": "equilibrium:residual equilibrium:steps",
    "omega reported for the frequency": "quantities",
    "lowest mode missing": "modes:count",
    "factor inverted": "quantities",
    "stress before buckling of half the load": "quantities",
    "point force across in place of along": "equilibrium:residual",
    "springs twice as stiff": "equilibrium:residual",
    "angle of the material mirrored": "equilibrium:residual",
    "solid: half of one shear": "equilibrium:residual",
    "solid: pressure out of the body": "equilibrium:residual",
    "solid: free expansion left out": "equilibrium:residual",
}
"""Faults, and the checks that may find them first."""
PROBLEMS = (
    "vibrating-cantilever", "column", "copper-plate", "round-plate", "bimaterial-bar",
    "cantilever", "plate-shear", "singular-l-shape", "rubber-cantilever", "upset-disc",
    "beam-on-points", "wooden-wall", "warm-block",
)  # fmt: skip
"""The problems that faults are planted in, the cheapest first."""
ENOUGH = 2
"""Problems that a fault is planted in here; the benchmark plants it wherever it makes sense."""


@pytest.fixture(scope="module")
def measured() -> tuple[list[Outcome], list[RightOutcome]]:
    wrong: list[Outcome] = []
    for name in PROBLEMS:
        times = Counter(outcome.fault for outcome in wrong)
        faults = [fault for fault in EXPECTED if times[fault] < ENOUGH]
        wrong += anyio.run(partial(measure, faults=faults, right=False), [BODIES[name]])[0]
    _, right = anyio.run(partial(measure, faults=["number nan"]), [BODIES["thick-cylinder"]])
    return wrong, right


def test_every_planted_fault_is_found_by_the_check_that_should(
    measured: tuple[list[Outcome], list[RightOutcome]],
) -> None:
    wrong, right = measured
    planted = [outcome for outcome in wrong if outcome.kind != "nothing changed"]
    assert len(planted) >= 50
    assert {outcome.fault for outcome in planted} == set(EXPECTED)
    missed = [outcome for outcome in planted if outcome.kind != "found"]
    assert missed == []
    other = {(o.fault, o.problem, o.first) for o in planted
             if family(o.first) not in EXPECTED[o.fault].split()}  # fmt: skip
    assert other == set()
    assert "0 falsely accepted" in summary(wrong, right)
    assert all(name in matrix(wrong) for name in EXPECTED)


def test_right_programs_pass_and_their_bounds_hold(
    measured: tuple[list[Outcome], list[RightOutcome]],
) -> None:
    _, right = measured
    assert len(right) == sum(v.fits(BODIES["thick-cylinder"].formulation) for v in VARIANTS)
    assert [outcome.refused for outcome in right if outcome.refused] == []
    assert sum(o.inside for o in right) >= 0.9 * sum(o.bounds for o in right)


def test_every_fault_can_be_planted_somewhere() -> None:
    planted: set[str] = set()
    for body in BODIES.values():
        nothing = ReferenceSolution(means="none")
        known = Known(body, nothing, {wanted.name: 1.0 for wanted in body.formulation.wanted})
        fits = [fault for fault in FAULTS if body.family in fault.analyses]
        fits = [fault for fault in fits if ("singular" in fault.name) == (body.name in SINGULAR)]
        planted |= {fault.name for fault in fits if fault.make(known) is not None}
    assert planted == {fault.name for fault in FAULTS}


def test_what_is_planted_is_enough() -> None:
    assert len(BODIES) - len(SINGULAR) >= 12
    assert len({fault.name for fault in FAULTS}) == len(FAULTS) >= 60
