"""Springs and point forces: known solutions, wrong programs, and what has no limit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from faulty import PROBLEMS, faults_of_slip
from pydantic import ValidationError

from mechagents.log import read_log
from mechagents.mechanics.formulation import Formulation
from mechagents.messages import Answer, Check, Evidence, Problem, Settings
from mechagents.problems import load_problem
from mechagents.report.drawing import draw
from mechagents.report.words import load_words, spring_words
from mechagents.run import solve
from mechagents.team import full_team
from mechagents.verification.closed_form import closed_form
from mechagents.verification.reference import high_order, other_elements

E, WIDE, HIGH = 2e9, 1.0, 0.2


def bar(**changes: Any) -> Formulation:
    """A bar pulled at its right end; its left end lies against an elastic bed."""
    data: dict[str, Any] = {
        "idealisation": "plane_stress",
        "thickness": 0.5,
        "geometry": {
            "regions": {"bar": {"kind": "rectangle", "size": [WIDE, HIGH]}},
            "boundaries": {
                "left": {"kind": "line", "axis": "x", "at": 0.0},
                "right": {"kind": "line", "axis": "x", "at": WIDE},
                "bottom": {"kind": "line", "axis": "y", "at": 0.0},
                "top": {"kind": "line", "axis": "y", "at": HIGH},
                "corner": {"kind": "point", "at": [0.0, 0.0]},
                "middle": {"kind": "point", "at": [WIDE, HIGH / 2]},
            },
        },
        "materials": {"bar": {"youngs_modulus": E, "poisson_ratio": 0.3}},
        "supports": [{"boundary": "corner", "y": 0.0}],
        "springs": [{"kind": "foundation", "boundary": "left", "x": 1e10}],
        "loads": [{"kind": "traction", "boundary": "right", "x": 1e6}],
        "wanted": [
            {"name": "tip", "kind": "displacement", "component": "x", "at": [WIDE, 0.0]},
            {"name": "root", "kind": "displacement", "component": "x", "at": [0.0, 0.0]},
            {"name": "force", "kind": "reaction", "boundary": "left", "component": "x"},
            {"name": "energy", "kind": "strain_energy"},
        ],
    }
    return Formulation.model_validate(data | changes)


KNOWN = {
    "tip": 1e6 / 1e10 + 1e6 * WIDE / E,
    "root": 1e6 / 1e10,
    "force": -1e6 * HIGH * 0.5,
    "energy": (1e6) ** 2 / (2 * E) * WIDE * HIGH * 0.5,
}
"""Of a bar under uniform stress; the energy is the body's, without that of the bed."""


@pytest.mark.parametrize("way", [high_order, other_elements])
def test_the_references_know_a_bar_on_an_elastic_bed(way):
    found = way.solve(bar()).quantities
    for name, value in KNOWN.items():
        assert found[name].values[0] == pytest.approx(value, rel=1e-6)


async def answer_to(
    f: Formulation, folder: Path, **problem: Any
) -> tuple[Answer | Any, list[Check]]:
    asked = Problem(name="spring", statement="A bar.", formulation=f, **problem)
    answer = await solve(asked, full_team(), folder=folder)
    evidence = read_log(folder).of(Evidence)
    return answer, [check for one in evidence for check in one.failed]


async def test_a_bar_on_an_elastic_bed_is_verified(tmp_path):
    answer, _ = await answer_to(bar(), tmp_path, settings=Settings(mesh_size=0.1))
    assert answer.claim_level == "verified", answer.note
    for quantity in answer.quantities:
        assert quantity.value == pytest.approx(KNOWN[quantity.name], rel=1e-6)


async def test_a_beam_on_an_elastic_bed_sinks_as_beam_theory_says(tmp_path):
    problem = load_problem(str(PROBLEMS / "beam-on-springs.yaml"))
    answer = await solve(problem, full_team(), folder=tmp_path)
    assert isinstance(answer, Answer)
    assert answer.claim_level == "verified", answer.note
    sinking, bed, _ = answer.quantities
    k, inertia, length = 1e8 * 0.05, 0.05 * 0.1**3 / 12, 4.0
    s = (k / (4 * 210e9 * inertia)) ** 0.25
    shape = (np.cosh(s * length) + np.cos(s * length) + 2) / (
        np.sinh(s * length) + np.sin(s * length)
    )
    # Shear and the width of the load are not in beam theory.
    assert -sinking.value == pytest.approx(1e4 * s / (2 * k) * shape, rel=0.01)
    assert bed.value == pytest.approx(5000.0, rel=1e-6)


SLIPS = {
    "springs left out": ("K = (K + bed).tocsr()", "K = (K + 1e-6 * bed).tocsr()"),
    "springs twice as stiff": ("K = (K + bed).tocsr()", "K = (K + 2 * bed).tocsr()"),
    "springs push the other way": ("springs = {name: -(bed", "springs = {name: (bed"),
    "thickness left out": (
        "(w.kx * u[0] * v[0] + w.ky * u[1] * v[1]) * thickness(w.x)",
        "(w.kx * u[0] * v[0] + w.ky * u[1] * v[1])",
    ),
    "across in place of along": ("kx=spring.x, ky=spring.y", "kx=spring.y, ky=spring.x"),
    "energy of the springs counted": ("energy, springs)", "energy * 2, springs)"),
}


@pytest.mark.parametrize(("right", "wrong"), SLIPS.values(), ids=SLIPS)
async def test_a_wrong_spring_is_not_accepted(right, wrong, tmp_path):
    failed = await faults_of_slip("beam-on-springs", right, wrong, tmp_path)
    assert any(c.name.startswith(("equilibrium", "quantities", "contract")) for c in failed)


def pushed(**changes: Any) -> Formulation:
    """A bar clamped at its left end, with a force at the middle of its right end."""
    data: dict[str, Any] = {
        "supports": [{"boundary": "left", "x": 0.0, "y": 0.0}],
        "springs": [],
        "loads": [{"kind": "point_force", "boundary": "middle", "x": "1 MN"}],
        "wanted": [
            {"name": "force", "kind": "reaction", "boundary": "left", "component": "x"},
            {"name": "half", "kind": "displacement", "component": "x", "at": [0.5, 0.1]},
        ],
    }
    return bar(**(data | changes))


async def test_away_from_a_point_force_all_is_verified(tmp_path):
    answer, _ = await answer_to(pushed(), tmp_path, settings=Settings(mesh_size=0.05))
    assert answer.claim_level == "verified", answer.note
    force, half = answer.quantities
    assert force.value == pytest.approx(-1e6, rel=1e-6)
    # Half of the bar under uniform stress, but for the ends.
    assert half.value == pytest.approx(1e6 / (HIGH * 0.5) / E * 0.5, rel=0.05)


AT_THE_FORCE = {"at": [WIDE, HIGH / 2]}


@pytest.mark.parametrize(
    "wanted",
    [
        {"name": "q", "kind": "displacement", "component": "x", **AT_THE_FORCE},
        {"name": "q", "kind": "displacement", "component": "x", "extreme": "max"},
        {"name": "q", "kind": "stress", "component": "xx", **AT_THE_FORCE},
        {"name": "q", "kind": "stress", "component": "von_mises", "extreme": "max"},
        {"name": "q", "kind": "strain_energy"},
    ],
    ids=["displacement", "largest displacement", "stress", "largest stress", "energy"],
)
async def test_what_has_no_limit_at_a_point_force_is_told_at_once(wanted, tmp_path):
    _, failed = await answer_to(
        pushed(wanted=[wanted]), tmp_path, settings=Settings(mesh_size=0.05, element_order=2)
    )
    assert [check.name for check in failed] == ["convergence:q"]
    assert not failed[0].mendable
    assert "middle" in failed[0].message


async def test_a_support_at_a_point_that_yields_is_told(tmp_path):
    # A short block on two points: it indents them more than it bends.
    f = bar(
        supports=[
            {"boundary": "corner", "x": 0.0, "y": 0.0},
            {"boundary": "foot", "y": 0.0},
        ],
        springs=[],
        loads=[{"kind": "traction", "boundary": "top", "y": -1e6}],
        geometry=bar().geometry.model_dump()
        | {
            "regions": {"bar": {"kind": "rectangle", "size": [WIDE, 1.0]}},
            "boundaries": {
                "top": {"kind": "line", "axis": "y", "at": 1.0},
                "corner": {"kind": "point", "at": [0.1, 0.0]},
                "foot": {"kind": "point", "at": [0.9, 0.0]},
            },
        },
        wanted=[{"name": "top_y", "kind": "displacement", "component": "y", "at": [0.5, 1.0]}],
    )
    _, failed = await answer_to(f, tmp_path, tolerance=0.001, settings=Settings(mesh_size=0.1))
    assert not failed[-1].mendable
    assert "yields the more" in failed[-1].message


@pytest.mark.parametrize("way", [high_order, other_elements])
def test_a_spring_at_a_point_takes_its_share(way):
    # Two springs at the middle of the right end, and none elsewhere along x.
    f = bar(
        springs=[{"kind": "point_spring", "boundary": "middle", "x": "10 MN/m"}],
        supports=[{"boundary": "bottom", "y": 0.0}],
        loads=[{"kind": "traction", "boundary": "left", "x": 1e6}],
        wanted=[
            {"name": "force", "kind": "reaction", "boundary": "middle", "component": "x"},
            {"name": "far", "kind": "displacement", "component": "x", "at": [0.0, 0.0]},
        ],
    )
    found = way.solve(f).quantities
    assert found["force"].values[0] == pytest.approx(-1e5, rel=1e-5)
    assert found["far"].values[0] > 1e5 / 10e6


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"springs": [{"kind": "foundation", "boundary": "corner", "x": 1.0}]}, "needs an edge"),
        ({"springs": [{"kind": "point_spring", "boundary": "left", "x": 1.0}]}, "needs a point"),
        ({"springs": [{"kind": "foundation", "boundary": "left"}]}, "stiffness above 0"),
        ({"springs": [{"kind": "foundation", "boundary": "left", "x": -1.0}]}, "greater than"),
        ({"springs": [{"kind": "foundation", "boundary": "end", "x": 1.0}]}, "no boundary 'end'"),
        ({"springs": [{"kind": "foundation", "boundary": "left", "x": "1 MPa"}]}, "dimension"),
        ({"springs": [], "wanted": bar().wanted[:1]}, "floats: nothing prevents translation in x"),
        ({"loads": [{"kind": "point_force", "boundary": "left", "x": 1.0}]}, "needs a point"),
        ({"loads": [{"kind": "point_force", "boundary": "middle", "x": "1 Pa"}]}, "dimension"),
        ({"supports": [{"boundary": "corner", "symmetry": True}]}, "0.symmetry: needs a straight"),
        ({"supports": [{"boundary": "left", "symmetry": True, "x": 0.0}]}, "by itself"),
    ],
)
def test_what_cannot_be_is_told(changes, told):
    with pytest.raises(ValidationError, match=told):
        bar(**changes)


def test_symmetry_is_the_component_square_to_an_edge():
    f = bar(
        supports=[{"boundary": "bottom", "symmetry": True}, {"boundary": "left", "symmetry": True}]
    )
    assert [s.components for s in f.supports] == [{"y": 0.0}, {"x": 0.0}]
    assert Formulation.model_validate(f.model_dump()) == f


def test_springs_and_point_forces_are_drawn_and_told():
    assert draw(bar()).count("held") > draw(pushed(loads=[])).count("held") > 0
    assert spring_words(bar().springs[0]) == "k_x = 1e+10 N/m³"
    assert load_words(pushed().loads[0]) == "F_x = 1e+06"


def test_no_closed_form_is_taken_for_a_body_on_springs():
    assert closed_form(bar()) is None
    held = bar(
        supports=[{"boundary": "left", "x": 0.0}, {"boundary": "corner", "y": 0.0}], springs=[]
    )
    assert closed_form(held) is not None
