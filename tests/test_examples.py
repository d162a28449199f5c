"""The examples, each run as a user runs it, and their answers held against mechanics."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from math import sqrt
from pathlib import Path

import pytest
from scipy.integrate import quad

from mechagents.log import read_log
from mechagents.messages import Answer, Critique, Evidence, Formulated, Program, Quantity

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"
REFERENCES = json.loads((ROOT / "tests" / "data" / "plate_references.json").read_text())["problems"]


def _printed(name: str, folder: Path) -> str:
    """Run an example in a folder and return what it printed."""
    # An environment without keys, and a proxy that leads nowhere.
    shown = {"PATH", "HOME", "SYSTEMROOT", "TEMP", "TMPDIR", "USERPROFILE"}
    environment = {key: value for key, value in os.environ.items() if key in shown}
    nowhere = "http://127.0.0.1:9"
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / name)],
        cwd=folder,
        env={
            **environment, "PYTHONPATH": str(ROOT), "HTTP_PROXY": nowhere, "HTTPS_PROXY": nowhere,
        },
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def _run(name: str, folder: Path) -> tuple[Answer, Path, str]:
    """Return the answer of an example, its run's folder and what it printed."""
    printed = _printed(name, folder)
    (run,) = (folder / "runs").iterdir()
    return _answer(run), run, printed


def _answer(run: Path) -> Answer:
    answer = Answer.model_validate_json((run / "answer.json").read_text(encoding="utf-8"))
    assert all(check.passed for check in answer.checks)
    return answer


def _named(answer: Answer, name: str) -> Quantity:
    (quantity,) = [q for q in answer.quantities if q.name == name]
    return quantity


def _agrees(quantity: Quantity, expected: float) -> None:
    """Hold a quantity against a reference, within the error bound that it states itself."""
    assert quantity.error_bound is not None
    assert abs(quantity.value - expected) <= quantity.error_bound
    assert quantity.error_bound <= 0.02 * abs(expected)


def _reference(problem: str) -> float:
    return REFERENCES[problem]["plane_stress/free"]["reaction_right"]["value"]


def test_the_two_agents_find_the_force_on_the_plate(tmp_path: Path) -> None:
    answer, run, printed = _run("two_agent.py", tmp_path)
    force = _named(answer, "reaction_right")
    _agrees(force, _reference("plate-tension"))
    # Stiffer than a plate that is free to contract, softer than one that cannot.
    assert 1e9 * 0.1 < force.value < 1e9 * 0.1 / (1 - 0.3**2)
    assert (run / "attempts" / "1" / "displacement.png").is_file()
    assert "reaction_right" in printed


def test_the_full_team_mends_what_does_not_converge_on_the_copper_plate(tmp_path: Path) -> None:
    answer, run, printed = _run("full_team.py", tmp_path)
    force = _named(answer, "reaction_right")
    _agrees(force, _reference("copper-plate"))
    # A plate without the hole is stiffer.
    assert force.value < 129.8e9 * 0.02 / (1 - 0.343**2)
    log = read_log(run)
    refused = [e for e in log.of(Evidence) if not e.passed]
    assert [(e.attempt, e.failed[0].name) for e in refused] == [(1, "convergence:reaction_right")]
    assert (
        len({program.settings.model_dump_json() for program in log.of(Program)})
        == answer.attempts
        == 2
    )
    assert "verified" in printed


def test_roles_of_ones_own_pass_their_verdicts(tmp_path: Path) -> None:
    answer, run, printed = _run("custom_role.py", tmp_path)
    _agrees(_named(answer, "reaction_right"), _reference("plate-tension"))
    verdicts = {
        e.sender: e.message.verdict for e in read_log(run) if isinstance(e.message, Critique)
    }
    assert verdicts == dict.fromkeys(("critic", "hand_check", "skeptic"), "accept")
    assert Answer.model_validate_json(printed) == answer


def test_a_problem_of_ones_own_agrees_with_beam_theory(tmp_path: Path) -> None:
    answer, _, printed = _run("own_problem.py", tmp_path)
    _agrees(_named(answer, "wall_force"), 2e6 * 0.06 * 0.008)
    drop = _named(answer, "tip_drop")
    assert drop.error_bound is not None
    assert drop.error_bound <= 0.01 * abs(drop.value)
    assert drop.value == pytest.approx(-_tip_drop_of_a_beam(), rel=0.01)
    assert Answer.model_validate_json(printed) == answer


def _tip_drop_of_a_beam() -> float:
    """Return the tip's drop [m] of the bracket as a Timoshenko beam with a hole in its web.

    The integral of P (L - x)^2 / (E I(x)) + P / (5/6 G A(x)) along the beam.
    """
    force, length, height, thickness, radius = 960.0, 0.2, 0.06, 0.008, 0.01
    youngs_modulus, poisson_ratio = 210e9, 0.3
    shear_modulus = youngs_modulus / (2 * (1 + poisson_ratio))

    def slope(x: float) -> float:
        gap = 2 * sqrt(max(0, radius**2 - (x - length / 2) ** 2))
        inertia = thickness * (height**3 - gap**3) / 12
        area = thickness * (height - gap)
        bending = force * (length - x) ** 2 / (youngs_modulus * inertia)
        return bending + force / (5 / 6 * shear_modulus * area)

    hole = (length / 2 - radius, length / 2 + radius)
    return float(quad(slope, 0, length, points=hole)[0])


def test_a_fork_with_another_reading_stands_beside_the_run_that_it_came_from(
    tmp_path: Path,
) -> None:
    printed = _printed("other_reading.py", tmp_path)
    answers = {_idealisation(run): _answer(run) for run in (tmp_path / "runs").iterdir()}
    stress, strain = (answers[key] for key in ("plane_stress", "plane_strain"))
    for answer in (stress, strain):
        assert answer.claim_level == "verified"
    _agrees(_named(stress, "reaction_right"), _reference("copper-plate"))
    force = _named(strain, "reaction_right")
    expected = REFERENCES["copper-plate"]["plane_strain/free"]["reaction_right"]["value"]
    _agrees(force, expected)
    # What the run said of the other reading is what its fork found.
    (told,) = [one for one in stress.assumptions if one.about == "idealisation"]
    assert told.alternatives[0].changes["reaction_right"] == pytest.approx(force.value, rel=0.02)
    (chosen,) = [one for one in strain.assumptions if one.about == "idealisation"]
    assert (chosen.value, chosen.source) == ("plane_strain", "stated")
    assert [line.split()[:2] for line in printed.splitlines()] == [
        ["plane_stress", "reaction_right"],
        ["plane_strain", "reaction_right"],
    ]


def _idealisation(run: Path) -> str:
    return read_log(run).of(Formulated)[-1].formulation.idealisation


def test_every_example_is_run_here() -> None:
    ours = Path(__file__).read_text(encoding="utf-8")
    names = [path.name for path in EXAMPLES.glob("*.py")]
    assert names
    assert all(f'("{name}", tmp_path)' in ours for name in names)


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.py")), ids=lambda path: path.stem)
def test_an_example_is_short_and_says_how_to_run_it(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert f"python examples/{path.name}" in text
    assert len(text.splitlines()) <= 60
