"""Follow-ups: a problem that goes on from a run, whose formulation it amends.

    answer = solve_sync(follow_up(Path("runs/plate"), "now in shear"), full_team(model=…))

The new run is complete in itself. It takes over the words, the formulation and the program of
the one before, and none of its results.
"""

from __future__ import annotations

from pathlib import Path

from mechagents.answer import best_attempt
from mechagents.errors import ProblemError
from mechagents.flow.candidates import newest_program
from mechagents.log import FILE_NAME, LogReader, read_log
from mechagents.messages import Answer, Earlier, Formulated, Problem


def follow_up(run: Path, statement: str) -> Problem:
    """Return a problem that follows a run; what is asked for stays as it was there.

    Args:
        run: The run's folder.
        statement: What is asked now, in words, for instance ``now in shear``.

    Raises:
        ProblemError: If the folder holds no run, or the run stated no formulation.
        LogError: If its log is damaged.
    """
    before = _problem(_log(run), run)
    return Problem(
        statement=statement,
        name=before.name,
        settings=before.settings,
        tolerance=before.tolerance,
        level=before.level,
        follows=str(run),
    )


def earlier_of(problem: Problem) -> Earlier | None:
    """Return what a problem takes over from the run that it follows; None if it follows none.

    Raises:
        ProblemError: If the folder holds no run, or the run stated no formulation.
        LogError: If its log is damaged.
    """
    if problem.follows is None:
        return None
    run = Path(problem.follows)
    log = _log(run)
    before, formulated, answer = _problem(log, run), log.last(Formulated), log.last(Answer)
    formulation = formulated.formulation if formulated is not None else before.formulation
    chain = log.last(Earlier) if before.follows is not None else None
    if formulation is None:
        rest = f", or follow {chain.run}" if chain else ""
        told = f"this run stated no formulation that could be amended; resume it first{rest}"
        raise ProblemError(told, where=f"follows {run}")
    best = best_attempt(log)
    program = best.program if best is not None else newest_program(log)
    return Earlier(
        run=problem.follows,
        statements=(*(chain.statements if chain else ()), before.statement),
        formulation=formulation,
        program=program or (chain.program if chain else None),
        accepted=answer is not None and answer.accepted,
    )


def _log(run: Path) -> LogReader:
    try:
        there = (run / FILE_NAME).is_file()
    except OSError:  # a name too long for the file system
        there = False
    if not there:
        told = f"there is no run here ({FILE_NAME} is missing); name the folder of a run"
        raise ProblemError(told, where=f"follows {run}")
    return read_log(run)


def _problem(log: LogReader, run: Path) -> Problem:
    problem = log.last(Problem)
    if problem is None:
        raise ProblemError("this run was never given a problem", where=f"follows {run}")
    return problem
