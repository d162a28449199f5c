"""The answer that a study goes out from: solved by a team, or taken from a run."""

from __future__ import annotations

import hashlib
from pathlib import Path

import anyio

from mechagents.answer import Outcome
from mechagents.errors import ProblemError, RunError
from mechagents.flow.candidates import evidence_now
from mechagents.log import read_log
from mechagents.messages import (
    Answer,
    Evidence,
    Execution,
    Formulated,
    Problem,
    Program,
    Setup,
)
from mechagents.run import resume, solve
from mechagents.study.folder import Asked, Base
from mechagents.study.spec import Study
from mechagents.team import Team, team_from


def ask_for(study: Study, folder: Path, version: str) -> Asked:
    """Return what a study asks the team, or which run it goes out from.

    Args:
        study: The study.
        folder: Where relative paths begin.
        version: Of this package.

    Raises:
        ProblemError: If there is no such problem.
    """
    from mechagents.log import FILE_NAME
    from mechagents.problems import load_problem

    near = folder / study.problem
    if (near / FILE_NAME).is_file():
        return Asked(study=study, run=str(near.resolve()), version=version)
    name = str(near) if near.is_file() else study.problem
    try:
        problem = load_problem(name)
    except ProblemError as error:
        raise ProblemError(error.message, where=f"problem: {error.where}") from error
    return Asked(study=study, problem=problem, version=version)


def solve_base(asked: Asked, folder: Path, team: Team | None) -> Base:
    """Return the team's accepted answer, from its run where that was begun before.

    Args:
        asked: What the study was begun with.
        folder: Where the team works.
        team: Who; None: those who began.

    Raises:
        RunError: If the team has no accepted answer.
        ProblemError: If the run that the study goes out from has none.
    """
    if asked.run:
        return base_of(Path(asked.run))
    assert asked.problem is not None
    outcome = anyio.run(_solved, asked.problem, folder, team)
    if not isinstance(outcome, Answer) or not outcome.accepted:
        told = outcome.note if isinstance(outcome, Answer) else outcome.message
        raise RunError(f"{folder}: the team has no accepted answer to go out from: {told}")
    return base_of(folder)


async def _solved(problem: Problem, folder: Path, team: Team | None) -> Outcome:
    if has_begun(folder):
        return await resume(folder, team)
    assert team is not None, "only a run that was begun knows its team"
    return await solve(problem, team, folder=folder)


def has_begun(folder: Path) -> bool:
    """Return whether a folder holds a run that can be gone on with."""
    from mechagents.log import FILE_NAME

    return (folder / FILE_NAME).is_file() and read_log(folder).last(Problem) is not None


def base_of(folder: Path) -> Base:
    """Return the accepted answer of a run with the program and settings that gave it.

    Raises:
        ProblemError: If the run has no accepted answer.
    """
    log = read_log(folder)
    answer, problem, setup = log.last(Answer), log.last(Problem), log.last(Setup)
    judged, formulated = evidence_now(log), log.last(Formulated)
    if answer is None or not answer.accepted:
        raise ProblemError("this run has no accepted answer", where=str(folder))
    assert problem is not None
    assert setup is not None
    assert judged is not None
    evidence = judged.message
    assert isinstance(evidence, Evidence)
    assert formulated is not None
    program = next(p for p in reversed(log.of(Program)) if p.attempt == evidence.attempt)
    execution = next(e for e in log.of(Execution) if e.attempt == evidence.attempt)
    return Base(
        run=str(folder),
        formulation=formulated.formulation,
        program=program.source,
        program_hash=hash_of(program.source),
        settings=execution.settings,
        level=problem.level,
        tolerance=problem.tolerance,
        quantities=answer.quantities,
        claim_level=answer.claim_level,
        sandbox=setup.sandbox,
        limits=setup.limits,
        setup=setup,
    )


def hash_of(program: str) -> str:
    """Return what tells a program from others: the start of its SHA-256."""
    return hashlib.sha256(program.encode()).hexdigest()[:16]


def team_of(base: Base) -> Team:
    """Return the team that answered, for a sample that goes back to it."""
    return team_from(base.setup)
