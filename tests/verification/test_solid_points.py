"""Forces and springs at points of solids: exact solutions, wrong programs, what has no limit."""

from __future__ import annotations

from collections.abc import Callable
from math import cos, pi, sqrt
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from motions import run
from returned import failed
from verification import solids_to_solve as known

from mechagents.log import read_log
from mechagents.mechanics.formulation import Formulation
from mechagents.messages import Answer, Evidence, Problem, Settings
from mechagents.run import solve
from mechagents.team import full_team
from mechagents.verification.point_loads import point_loads
from mechagents.verification.reference import other_elements, solid_elements
from mechagents.verification.reference.process import solve_by

BODIES: list[Callable[[], known.Known]] = [known.pushed_bar, known.sprung_bar]
COARSE: dict[str, Any] = {"mesh_size": 0.05, "element_order": 2}


@pytest.mark.parametrize("body", BODIES)
async def test_both_references_know_what_bears_a_point(body: Callable[[], known.Known]) -> None:
    pytest.importorskip("ngsolve")
    formulation, exact = body()
    (high,) = await solve_by("high_order", [formulation], 120)
    assert not high.fault
    states = list(solid_elements.states(formulation, 0.1))
    for found in (high, other_elements.by_meshes(formulation, states)):
        for name, value in exact.items():
            assert found.quantities[name].apart(value) <= 1e-6 * abs(value), (name, found.means)


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("body", BODIES)
def test_the_program_knows_it_too(
    body: Callable[[], known.Known], order: int, tmp_path: Path
) -> None:
    formulation, exact = body()
    evidence = run(formulation.model_dump(), tmp_path, mesh_size=0.05, element_order=order)
    assert evidence.claim_level == "consistent", failed(evidence)
    found = {quantity.name: quantity.value for quantity in evidence.quantities}
    assert found == {name: pytest.approx(value, rel=1e-6) for name, value in exact.items()}


FORCE = "f[V.dofs[mesh.boundary_nodes[load.boundary]]] += load.x, load.y, load.z"
FAULTS = [
    (known.pushed_bar, FORCE, FORCE.replace("load.x,", "load.x / 2,")),
    (known.pushed_bar, FORCE, FORCE.replace("load.x, load.y", "load.y, load.x")),
    (known.pushed_bar, FORCE, FORCE.replace("load.boundary", '"foot"')),
    (known.pushed_bar, 'load.kind == "point_force"', 'load.kind == "point"'),
    (known.pushed_bar, FORCE, FORCE.replace("load.z", "load.z\n        break")),
    (known.sprung_bar, "k = np.array([spring.x,", "k = np.array([2 * spring.x,"),
    (known.sprung_bar, "mesh.boundary_nodes[spring.boundary]", 'mesh.boundary_nodes["near"][:1]'),
]


@pytest.mark.parametrize(
    ("body", "right", "wrong"),
    FAULTS,
    ids=[
        "half",
        "across",
        "elsewhere",
        "left out",
        "the first alone",
        "too stiff",
        "spring elsewhere",
    ],
)
def test_a_wrong_program_is_found(
    body: Callable[[], known.Known], right: str, wrong: str, tmp_path: Path
) -> None:
    evidence = run(body()[0].model_dump(), tmp_path, {right: wrong}, **COARSE)
    assert "equilibrium:residual" in failed(evidence)


async def test_what_has_no_limit_at_a_point_force_is_told_and_the_rest_converges(
    tmp_path: Path,
) -> None:
    given, _ = known.pushed_bar()
    under = (0.15, 0.01, 0.06)
    wanted = [
        known.displacement("under", "x", *under),
        known.stress("stress", "xx", *under),
        known.stress("peak", "von_mises"),
        {"name": "energy", "kind": "strain_energy"},
        known.displacement("far", "x", 0.25, 0.0, 0.0),
        known.reaction("left", "left", "x"),
    ]
    formulation = Formulation.model_validate(given.model_dump() | {"wanted": wanted})
    asked = Problem(name="pushed", statement="A bar.", formulation=formulation, tolerance=0.05,
                    settings=Settings(**COARSE))  # fmt: skip
    answer = await solve(asked, full_team(), folder=tmp_path)
    assert isinstance(answer, Answer), answer
    found = read_log(tmp_path).of(Evidence)[-1].failed
    names = ("under", "stress", "peak", "energy")
    assert [check.name for check in found] == [f"convergence:{name}" for name in names]
    assert all("acts on a single point" in check.message for check in found)
    assert not any(check.mendable for check in found)
    levels = {q.name: q.claim_level for q in answer.quantities}
    assert levels["far"] == levels["left"] == "converged"


def test_a_force_on_what_a_support_holds_does_not_reach_the_body() -> None:
    formulation, _ = known.pushed_bar()
    state = next(solid_elements.states(formulation, 0.1))
    assert [load.name for load in point_loads(state)] == ["side", "edge"]
    geometry = formulation.geometry.model_dump()
    geometry["boundaries"]["edge"]["at"] = (0.4, 0.05, 0.06)
    held = Formulation.model_validate(formulation.model_dump() | {"geometry": geometry})
    state = next(solid_elements.states(held, 0.1))
    assert [load.name for load in point_loads(state)] == ["side"]


@pytest.mark.parametrize("at", [(0.03, 0.04, 0.07), (0.01, 0.02, 0.1)])
def test_the_reference_has_a_vertex_where_a_force_acts(at: tuple[float, float, float]) -> None:
    pytest.importorskip("ngsolve")
    from mechagents.verification.reference.solid_mesh import make_solid_body

    rod = {"kind": "cylinder", "base": (0, 0, 0), "axis": "z", "radius": 0.05, "height": 0.1}
    formulation = known.solid(
        geometry={"regions": {"rod": rod},
                  "boundaries": {"low": known.plane("z", 0), "spot": known.point(*at)}},
        materials={"rod": known.steel()},
        supports=[{"boundary": "low", "x": 0, "y": 0, "z": 0}],
        loads=[{"kind": "point_force", "boundary": "spot", "x": 1.0}],
        wanted=[known.reaction("held", "low", "x")],
    )  # fmt: skip
    body = make_solid_body(formulation)
    vertex = np.array([body.mesh[body.points["spot"]].point])
    np.testing.assert_allclose(body.frame.back(vertex), [at], atol=1e-9)


MASS, STIFFNESS, PUSH = 8000 * 0.1**3, 1e6, 100.0
PERIOD = 2 * pi * sqrt(MASS / STIFFNESS)


def test_a_block_swings_on_a_spring_at_a_point(tmp_path: Path) -> None:
    """Pushed where it hangs, it goes as a whole, twice as far as it would rest."""
    planes = {"y": known.plane("y", 0), "z": known.plane("z", 0)}
    formulation = known.solid(
        analysis="transient",
        geometry={"regions": {"block": known.box((0.1, 0.1, 0.1))},
                  "boundaries": {**planes, "hook": known.point(0.1, 0.06, 0.05)}},
        materials={"block": known.steel(density=8000.0)},
        supports=[{"boundary": name, "symmetry": True} for name in planes],
        springs=[{"kind": "point_spring", "boundary": "hook", "x": STIFFNESS}],
        loads=[{"kind": "point_force", "boundary": "hook", "x": PUSH}],
        end_time=PERIOD,
        wanted=[
            {**known.displacement("third", "x", 0.0, 0.05, 0.05), "time": PERIOD / 3},
            {**known.reaction("pull", "hook", "x"), "over_time": "min"},
        ],
    )  # fmt: skip
    settings = {**COARSE, "time_steps": 80}
    evidence = run(formulation.model_dump(), tmp_path / "right", **settings)
    assert evidence.claim_level == "consistent", failed(evidence)
    found = {quantity.name: quantity.value for quantity in evidence.quantities}
    rest = PUSH / STIFFNESS
    assert found["third"] == pytest.approx(rest * (1 - cos(2 * pi / 3)), rel=0.01)
    assert found["pull"] == pytest.approx(-2 * PUSH, rel=0.01)
    wrong = run(formulation.model_dump(), tmp_path / "wrong", {FORCE: "pass"}, **settings)
    assert "equilibrium:steps" in failed(wrong)
