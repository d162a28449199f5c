"""One run of a small team, for a test that kills it: solve or resume, then leave.

    python kill_driver.py solve|resume FOLDER [CANDIDATES]

The program is plain numpy and the model a script, so that a run takes about a second. With
candidates, the first two programs fail alike, then one of several is good and one never ends.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import anyio

from mechagents.messages import Answer, Problem
from mechagents.models.base import ModelRequest
from mechagents.problems import load_problem
from mechagents.run import resume, solve
from mechagents.team import Team, full_team
from mechagents.testing import ScriptedModel

PROGRAM = (Path(__file__).parent / "programs" / "numpy_plate.py").read_text()
LANES = {"1": "raise KeyError(1)\n", "2": PROGRAM, "3": "import time\ntime.sleep(3600)\n"}


def reply(request: ModelRequest) -> str:
    """Plan, write the program coarse, write it finer once the evidence asks, judge."""
    brief = request.brief
    if request.want == "plan":
        return json.dumps({"steps": ["solve"], "method": "bilinear quads"})
    if request.want == "program":
        size = 0.5 if brief.last is None else 0.1
        return _code(PROGRAM, size)
    evidence = brief.last.evidence if brief.last else None
    if evidence is not None and evidence.passed:
        return json.dumps({"verdict": "accept"})
    return json.dumps({"verdict": "revise", "findings": [{"to": "coder", "text": "finer"}]})


def reply_stuck(request: ModelRequest) -> str:
    """Write what fails, until candidates are asked for."""
    if request.want != "program":
        return reply(request)
    lane = re.search(r"You write candidate (\d) of", request.messages[-1].content)
    before = request.brief.attempts_in_all
    return _code(LANES[lane[1]] if lane else f"raise KeyError({before})\n", 0.1)


def _code(source: str, size: float) -> str:
    settings = {"settings": {"mesh_size": size, "element_order": 1}, "changed": f"size {size}"}
    return f"```python\n{source}```\n```json\n{json.dumps(settings)}\n```"


def team(candidates: int) -> Team:
    """Return the full team with a model that answers from its brief alone."""
    script = reply if candidates == 1 else reply_stuck
    return full_team(model=ScriptedModel(script), candidates=candidates)


def problem(candidates: int) -> Problem:
    """Return a problem that takes about a second."""
    packaged = load_problem("plate-tension")
    assert packaged.formulation is not None
    plain = packaged.formulation.amended({"pictures": []})
    level = "converged" if candidates == 1 else "consistent"
    return packaged.model_copy(update={"formulation": plain, "tolerance": 0.005, "level": level})


async def main(do: str, folder: Path, candidates: int = 1) -> int:
    """Solve or resume in a folder; return 0 if there is an answer at the level asked for."""
    asked = problem(candidates)
    if do == "solve":
        outcome = await solve(asked, team(candidates), folder=folder)
    else:
        outcome = await resume(folder, team(candidates))
    return 0 if isinstance(outcome, Answer) and outcome.claim_level == asked.level else 4


if __name__ == "__main__":
    sys.exit(anyio.run(main, sys.argv[1], Path(sys.argv[2]), *map(int, sys.argv[3:])))
