"""A thousand teams at once in one process: how long they take, and the memory of each.

    python benchmarks/thousand_teams.py [TEAMS]

Each is the full team: planner, formulator, coder, executor, critic. What is real: the bus, the
flow, each team's log in a folder of its own (written, not synced to the disk), the briefs and
requests as text, the reading of replies, the budget, the answer, and the checks of the files that
an execution left (contract, geometry, supports, equilibrium, quantities: the level
``consistent``). What is not: the model is a script that answers after one second, and no program
is run, for the sandbox leaves the files of one program that was run beforehand. No other mesh, no
reference.

A team makes three model calls one after another (the formulation comes with the problem), so no
run can be shorter than three seconds, and a thousand one after another would take fifty minutes.
"""

from __future__ import annotations

import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import anyio

from mechagents import Problem, full_team, load_problem, solve
from mechagents.models.base import ModelRequest
from mechagents.testing import ScriptedModel, ScriptedSandbox

PROGRAM = Path(__file__).parents[1] / "tests" / "programs" / "numpy_plate.py"
SECONDS = 1.0
"""How long the model takes for each reply."""
SETTINGS = {"mesh_size": 0.25, "element_order": 1}
NOTES = json.dumps({"settings": SETTINGS})
REPLIES = {
    "plan": '{"steps": ["solve"], "method": "bilinear quads"}',
    "program": f"```python\n{PROGRAM.read_text()}```\n```json\n{NOTES}\n```",
    "critique": '{"verdict": "accept"}',
}


def plate() -> Problem:
    """Return the packaged plate, without pictures and up to the level ``consistent``."""
    packaged = load_problem("plate-tension")
    assert packaged.formulation is not None
    plain = packaged.formulation.amended({"pictures": []})
    return packaged.model_copy(update={"formulation": plain, "level": "consistent"})


def prepared(problem: Problem) -> Mapping[str, bytes]:
    """Return the files that the program leaves, from one run of it."""
    assert problem.formulation is not None
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "formulation.json").write_text(problem.formulation.model_dump_json())
        (folder / "settings.json").write_text(json.dumps(SETTINGS))
        subprocess.run([sys.executable, str(PROGRAM)], cwd=folder, check=True)
        return {n: (folder / n).read_bytes() for n in ("results.json", "fields.vtu")}


def reply(request: ModelRequest) -> str:
    """Return the reply to each kind of request."""
    return REPLIES[request.want]


def resident() -> float:
    """Return the memory that this process holds at present [MiB]."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


async def teams_at_once(count: int, problem: Problem, files: Mapping[str, bytes]) -> Counter[str]:
    """Solve a problem with so many teams at the same time and print what that took."""
    ends: Counter[str] = Counter()
    most = resident()

    async def watch() -> None:
        nonlocal most
        while True:
            most = max(most, resident())
            await anyio.sleep(0.5)

    async def one(number: int, under: Path) -> None:
        team = full_team(
            model=ScriptedModel(reply, seconds=SECONDS), sandbox=ScriptedSandbox(lambda _: files)
        )
        outcome = await solve(problem, team, folder=under / str(number), sync=False)
        ends[getattr(outcome, "claim_level", outcome.kind)] += 1

    before, processor, start = resident(), time.process_time(), time.perf_counter()
    with tempfile.TemporaryDirectory() as name:
        async with anyio.create_task_group() as watching:
            watching.start_soon(watch)
            async with anyio.create_task_group() as group:
                for number in range(count):
                    group.start_soon(one, number, Path(name))
            watching.cancel_scope.cancel()
        wall = time.perf_counter() - start
    processor = time.process_time() - processor
    print(
        f"{count:5d} teams: {wall:6.1f} s, {1000 * processor / count:5.0f} ms of processor time, "
        f"{1024 * (most - before) / count:5.0f} KiB of memory each"
    )
    return ends


def allow_open_files(count: int) -> None:
    """Let this process hold the log of every team open, and what keeps others from writing it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 3 * count + 200
    if hard != resource.RLIM_INFINITY and hard < wanted:
        sys.exit(f"{count} teams hold {wanted} files open; this system allows {hard} (ulimit -Hn)")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))


def main(count: int = 1000) -> None:
    """Run one team, so that everything is imported, then all at once."""
    print(f"Python {platform.python_version()}, {platform.platform()}, {os.cpu_count()} cores")
    allow_open_files(count)
    problem = plate()
    files = prepared(problem)
    for teams in (1, count):
        ends = anyio.run(teams_at_once, teams, problem, files)
        assert ends == {"consistent": teams}, ends


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
