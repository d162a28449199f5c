"""One run of a small team, for a test that kills it: solve or resume, then leave.

    python kill_driver.py solve|resume FOLDER

The program is plain numpy and the model a script, so that a run takes about a second.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import anyio

from mechagents.messages import Answer
from mechagents.models.base import ModelRequest
from mechagents.problems import load_problem
from mechagents.run import resume, solve
from mechagents.team import Team, full_team
from mechagents.testing import ScriptedModel

PROGRAM = (Path(__file__).parent / "programs" / "numpy_plate.py").read_text()


def reply(request: ModelRequest) -> str:
    """Plan, write the program coarse, write it finer once the evidence asks, judge."""
    brief = request.brief
    if request.want == "plan":
        return json.dumps({"steps": ["solve"], "method": "bilinear quads"})
    if request.want == "program":
        size = 0.5 if brief.last is None else 0.1
        settings = {"settings": {"mesh_size": size, "element_order": 1}, "changed": f"size {size}"}
        return f"```python\n{PROGRAM}```\n```json\n{json.dumps(settings)}\n```"
    evidence = brief.last.evidence if brief.last else None
    if evidence is not None and evidence.passed:
        return json.dumps({"verdict": "accept"})
    return json.dumps({"verdict": "revise", "findings": [{"to": "coder", "text": "finer"}]})


def team() -> Team:
    """Return the full team with a model that answers from its brief alone."""
    return full_team(model=ScriptedModel(reply))


async def main(do: str, folder: Path) -> int:
    """Solve or resume in a folder; return 0 if there is an answer at the level asked for."""
    packaged = load_problem("plate-tension")
    assert packaged.formulation is not None
    plain = packaged.formulation.amended({"pictures": []})
    problem = packaged.model_copy(
        update={"formulation": plain, "tolerance": 0.005, "level": "converged"}
    )
    if do == "solve":
        outcome = await solve(problem, team(), folder=folder)
    else:
        outcome = await resume(folder, team())
    return 0 if isinstance(outcome, Answer) and outcome.claim_level == "converged" else 4


if __name__ == "__main__":
    sys.exit(anyio.run(main, sys.argv[1], Path(sys.argv[2])))
