"""A team's program runs in a fresh folder of its run, and an execution tells what happened."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mechagents.errors import UsageError
from mechagents.mechanics.formulation import Formulation
from mechagents.messages import Program, Settings, parse_message
from mechagents.sandbox.base import Limits, open_sandbox
from mechagents.sandbox.programs import merged, run_program

READS = """
import json, pathlib
settings = json.loads(pathlib.Path("settings.json").read_text())
body = json.loads(pathlib.Path("formulation.json").read_text())
pathlib.Path("results.json").write_text(json.dumps([settings["mesh_size"], body["title"]]))
"""


def _formulation() -> Formulation:
    return Formulation.model_validate(
        {
            "title": "a plate",
            "idealisation": "plane_stress",
            "geometry": {
                "regions": {"plate": {"kind": "rectangle", "size": [1.0, 1.0]}},
                "boundaries": {"left": {"kind": "line", "axis": "x", "at": 0.0}},
            },
            "materials": {"plate": {"youngs_modulus": 1e9, "poisson_ratio": 0.3}},
            "supports": [{"boundary": "left", "x": 0.0, "y": 0.0}],
            "wanted": [{"name": "energy", "kind": "strain_energy"}],
        }
    )


async def test_a_program_reads_its_problem_and_leaves_its_results(tmp_path: Path):
    program = Program(source=READS, attempt=2, settings=Settings(mesh_size=0.1, element_order=2))
    execution = await run_program(
        open_sandbox("none"),
        program,
        _formulation(),
        tmp_path,
        "attempts/2",
        settings=Settings(mesh_size=0.2),
        limits=Limits(wall_seconds=20),
    )
    assert execution.status == "ok", execution.stderr
    assert (execution.attempt, execution.folder) == (2, "attempts/2")
    assert execution.settings == Settings(mesh_size=0.2, element_order=2)
    assert execution.artifacts == ("results.json",)
    folder = tmp_path / "attempts/2"
    assert json.loads((folder / "results.json").read_text()) == [0.2, "a plate"]
    assert (folder / "program.py").read_text() == READS
    assert parse_message(json.loads(execution.to_json())) == execution


async def test_a_folder_from_a_run_that_was_killed_is_cleared_first(tmp_path: Path):
    left = tmp_path / "attempts/1/results.json"
    left.parent.mkdir(parents=True)
    left.write_text("half of")
    execution = await run_program(
        open_sandbox("none"), Program(source="print(1)"), None, tmp_path, "attempts/1"
    )
    assert execution.artifacts == ()
    assert sorted(p.name for p in left.parent.iterdir()) == ["program.py", "settings.json"]


async def test_a_crash_is_a_value(tmp_path: Path):
    execution = await run_program(open_sandbox("none"), Program(source="1/0"), None, tmp_path, "a")
    assert (execution.status, execution.exit_code) == ("error", 1)
    assert "ZeroDivisionError" in execution.stderr
    assert "no kernel isolation" in execution.isolation


@pytest.mark.parametrize("folder", ["", ".", "..", "a/../..", "/tmp"])
async def test_a_folder_outside_the_run_is_refused(tmp_path: Path, folder: str):
    mine = tmp_path / "mine.txt"
    mine.touch()
    with pytest.raises(UsageError, match="folder"):
        await run_program(open_sandbox("none"), Program(source="1"), None, tmp_path, folder)
    assert mine.exists()


def test_settings_that_are_given_take_the_place_of_the_program_s_own():
    own = Settings(mesh_size=0.1, element_order=2, options={"steps": 4, "solver": "cg"})
    other = Settings(mesh_size=0.2, options={"steps": 8})
    assert merged(own, None) == own
    assert merged(own, Settings()) == own
    assert merged(own, other) == Settings(
        mesh_size=0.2, element_order=2, options={"steps": 8, "solver": "cg"}
    )
