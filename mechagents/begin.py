"""What must hold before a run begins, how it is set up, and the folder that it begins in."""

from __future__ import annotations

import re
import secrets
from datetime import datetime
from pathlib import Path

from mechagents.diagnostics import installed_version
from mechagents.errors import ProblemError
from mechagents.log import FILE_NAME, read_log
from mechagents.messages import Problem, Setup
from mechagents.report.sheet.made import environment
from mechagents.team import Team


def check_readable(problem: Problem, team: Team) -> None:
    """Make sure that somebody in the team can read the problem.

    Raises:
        ProblemError: If it is plain words and the formulator's model is the handbook.
    """
    if problem.formulation is not None:
        return
    formulators = [role for role in team.roles.values() if "formulation" in role.sends]
    if any(team.model_for(role).name != "handbook" for role in formulators):
        return
    raise ProblemError(
        "these are plain words, and the handbook is no language model, so it cannot read them. "
        "Name a language model (--model provider/name, or MECHAGENTS_MODEL), or give a problem "
        "file with a formulation, or a packaged problem (mechagents problems)",
        where="--model",
    )


def check_unused(folder: Path) -> None:
    """Make sure that a folder holds no run yet, or one that was killed before it began.

    Raises:
        ProblemError: If it does.
        LogError: If a log is there and damaged.
    """
    if (folder / FILE_NAME).is_file() and read_log(folder).last(Problem) is not None:
        raise ProblemError("already holds a run; choose another folder, or resume it",
                           where=str(folder))  # fmt: skip


def setup_of(team: Team) -> Setup:
    """Return how a run of a team is set up on this machine."""
    return _with_environment(team.setup(installed_version()))


def changed_setup(before: Setup | None, team: Team) -> Setup | None:
    """Return how a run goes on with a team, None where that is as before, whatever the machine."""
    now = team.setup(installed_version())
    if before is not None:
        was = before.model_copy(update={"environment": {}})
        if now.to_json() == was.to_json():
            return None
    return _with_environment(now)


def _with_environment(setup: Setup) -> Setup:
    return setup.model_copy(update={"environment": environment()})


def new_folder(under: Path, name: str) -> Path:
    """Return the path of a folder for a new run; it sorts by time."""
    stamp = datetime.now().astimezone().strftime("%Y%m%d-%H%M%S")
    plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40] or "problem"
    return under / f"{stamp}-{plain}-{secrets.token_hex(2)}"
