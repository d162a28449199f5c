"""The problem that ``solve`` was given: a name, a file or words, as its options change it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mechagents.cli.solve import SolveOptions
    from mechagents.messages import Problem


def asked_problem(name: str, options: SolveOptions) -> Problem:
    """Return the problem that the argument of ``solve`` names, as the options change it.

    Raises:
        UsageError: If there is no such problem, reading or run to follow.
    """
    from mechagents.errors import ProblemError
    from mechagents.problems import load_problem, looks_like_words

    words, run = looks_like_words(name), options["follow"]
    problem = _words(name, run) if words else _following(load_problem(name), run)
    changed = {"level": options["level"], "tolerance": options["tolerance"]}
    for reading in options["reading"]:
        about, _, value = reading.partition("=")
        if problem.formulation is None:
            raise ProblemError("only a problem with a formulation has readings", where="--reading")
        try:
            chosen = problem.formulation.read_as(about, value)
        except ValueError as error:
            raise ProblemError(str(error), where="--reading") from error
        problem = problem.model_copy(update={"formulation": chosen})
    given = {key: value for key, value in changed.items() if value is not None}
    return type(problem).model_validate({**dict(problem), **given})


def _words(statement: str, run: str | None) -> Problem:
    from mechagents.cli.runs import find_run
    from mechagents.follow import follow_up
    from mechagents.messages import Problem

    if run is None:
        return Problem(statement=statement)
    return follow_up(find_run(run, "--follow"), statement)


def _following(problem: Problem, run: str | None) -> Problem:
    from mechagents.cli.runs import find_run

    if run is None:
        return problem
    return problem.model_copy(update={"follows": str(find_run(run, "--follow"))})
