"""Pressures, temperatures, formulas: known solutions are found, wrong programs refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from faulty import Faulty

from mechagents.budget import Budget
from mechagents.log import read_log
from mechagents.mechanics.formulation import Formulation
from mechagents.messages import Answer, Evidence
from mechagents.problems import load_problem
from mechagents.report.drawing import draw
from mechagents.run import solve
from mechagents.team import full_team

PROBLEMS = Path(__file__).parents[2] / "examples" / "problems"
KNOWN = {
    "rotating-disc": {"hoop_stress": 832e3},
    "pressed-cylinder": {
        "bore_displacement": 0.00090793651, "hoop_stress": 500e6 / 3, "radial_stress": -100e6,
    },
    "heated-bar": {
        "stress": -252e6, "force": -25.2e6, "swelling": 156e-6, "energy": 15120.0,
    },
    "timoshenko-beam": {"deflection": 0.0089},
}  # fmt: skip
FAULTS = {
    "suction for pressure": ("pressed-cylinder", "t = -at_points", "t = at_points"),
    "the centrifugal force does not grow": (
        "rotating-disc", "b = where * at_points(load.x, x), where * at_points(load.y, x)",
        "b = where * 1e6 + 0 * x[0], where * 1e6 + 0 * x[0]",
    ),
    "the temperature is left out": (
        "heated-bar", "free_expansion(problem, mesh, ", "0 * free_expansion(problem, mesh, ",
    ),
    "the temperature acts, but not on the stress": (
        "heated-bar", "stress(strain(W.interpolate(u), at) - free_expansion(problem, mesh, at))",
        "stress(strain(W.interpolate(u), at))",
    ),
    "the temperature acts out of the plane too": (
        "heated-bar", "D = stiffness(problem, mesh)",
        'D = stiffness(problem.model_copy(update={"idealisation": "plane_strain"}), mesh)',
    ),
    "the energy is that of the whole strain": (
        "heated-bar", "elastic = strain(w.u, w.x) - np.asarray(w.expansion)",
        "elastic = strain(w.u, w.x)",
    ),
    "the parabola is taken for its mean": (
        "timoshenko-beam", "t = at_points(load.x, on), at_points(load.y, on)",
        "t = 0 * on[0], 500 + 0 * on[0]",
    ),
    "the root does not move": (
        "timoshenko-beam", "moved = at_points(value, mesh.points[nodes].T)",
        "moved = np.zeros(len(nodes))",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", KNOWN)
async def test_a_known_solution_is_found_and_verified(name: str, tmp_path: Path) -> None:
    answer = await solve(load_problem(str(PROBLEMS / f"{name}.yaml")), full_team(), folder=tmp_path)
    assert isinstance(answer, Answer)
    assert answer.claim_level == "verified", answer.note
    for quantity in answer.quantities:
        known = KNOWN[name][quantity.name]
        assert quantity.error_bound is not None
        assert abs(quantity.value - known) <= quantity.error_bound + 1e-6 * abs(known)
        assert "NGSolve" in "".join(c.message for c in answer.checks if "reference" in c.name)


@pytest.mark.parametrize(("name", "right", "wrong"), FAULTS.values(), ids=FAULTS)
async def test_a_slip_is_not_accepted(name: str, right: str, wrong: str, tmp_path: Path) -> None:
    team = full_team(model=Faulty(right, wrong), stop=Budget(attempts=1))
    problem = load_problem(str(PROBLEMS / f"{name}.yaml"))
    await solve(problem, team, folder=tmp_path)
    evidence = read_log(tmp_path).of(Evidence)
    assert evidence
    assert any(
        check.name.startswith(("supports", "equilibrium", "quantities"))
        for one in evidence
        for check in one.failed
    ), evidence[-1].failed


@pytest.mark.parametrize("name", KNOWN)
def test_a_drawing_shows_what_varies(name: str) -> None:
    formulation = load_problem(str(PROBLEMS / f"{name}.yaml")).formulation
    assert formulation is not None
    drawn = draw(formulation)
    assert ('class="load line"' in drawn) == (name != "heated-bar")
    assert ("change of temperature" in drawn) == (name == "heated-bar")


def _formulation(name: str) -> Formulation:
    found = load_problem(str(PROBLEMS / f"{name}.yaml")).formulation
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("name", "changes", "told"),
    [
        ("heated-bar", {"materials.bar.thermal_expansion": None},
         "materials.bar.thermal_expansion: is needed for loads.0"),
        ("heated-bar", {"loads.0.region": "rod"}, "loads.0.region: no region 'rod'"),
        ("pressed-cylinder", {"loads.0.boundary": "outside"}, "loads.0.boundary: no boundary"),
        ("rotating-disc", {"loads.0.x": {"formula": "1/(x - 0.5)"}},
         r"loads.0.x.formula: has no value at \(0.5,"),
        ("timoshenko-beam", {"supports.0.x": {"formula": "log(y)"}},
         "supports.0.x.formula: has no value at"),
        ("timoshenko-beam", {"loads.0.y": {"formula": "r"}}, "'r' is not known"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_told(name: str, changes: dict[str, object], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        _formulation(name).amended(changes)


def test_supports_that_meet_must_agree_there() -> None:
    beam = _formulation("timoshenko-beam")
    lower = {"kind": "line", "axis": "y", "at": -1.0}
    meeting = {
        "geometry.boundaries": {
            **beam.model_dump(mode="json")["geometry"]["boundaries"], "lower": lower,
        },
        "supports": [
            {"boundary": "root", "x": 0.0, "y": {"formula": "y + 1"}},
            {"boundary": "lower", "y": {"formula": "x * 0.1"}},
        ],
    }  # fmt: skip
    beam.amended(meeting)
    meeting["supports"][1]["y"] = {"formula": "0.1 + x"}
    with pytest.raises(ValueError, match=r"supports.1.y: 'lower' at .* meets 'root'"):
        beam.amended(meeting)
