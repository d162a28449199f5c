"""``solve``, ``resume`` and ``reply``: the commands that run a team."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

import click

from mechagents.cli.approve import approver, kinds_of
from mechagents.cli.asked import asked_problem
from mechagents.cli.knowledge import shelf_folder, shelf_option
from mechagents.cli.limits import chosen_limits
from mechagents.cli.numbers import PROGRAMS, SHARE, TOKENS
from mechagents.cli.running import (
    ShowOptions,
    ask_person,
    budget_of,
    finish,
    for_programs,
    run_options,
)
from mechagents.errors import UsageError

if TYPE_CHECKING:
    from mechagents.knowledge import Shelf
    from mechagents.messages import ClaimLevel
    from mechagents.models.base import Model
    from mechagents.team import Team

LEVELS = ["computed", "consistent", "converged", "verified"]


class SolveOptions(ShowOptions):
    """What ``solve`` takes besides."""

    model: str
    fallback: str | None
    candidates: int | None
    team_name: str
    extra: tuple[str, ...]
    sandbox: str | None
    level: ClaimLevel | None
    tolerance: float | None
    reading: tuple[str, ...]
    follow: str | None
    approve: str | None
    folder: Path | None
    second_opinion: bool
    shelf: Path | None
    lessons: bool | None
    record: Path | None
    context: int | None


@click.command("solve")
@click.argument("problem")
@click.option(
    "--model", envvar="MECHAGENTS_MODEL", default="handbook", show_default=True,
    help="handbook, provider/name, or recorded:FILE.",
)  # fmt: skip
@click.option("--fallback", help="A stronger model, which writes where the first is stuck.")
@click.option("--candidates", type=PROGRAMS, metavar="N",
              help="Programs tried at the same time where the same failure came twice; the first "
              "that passes every check is taken.  [default: 1]")  # fmt: skip
@click.option(
    "--team", "team_name", default="full", show_default=True,
    help="full, two-agent, group-chat, rule-chat, round-robin, or module:name of a Team or a "
    "function returning one.",
)  # fmt: skip
@click.option("--role", "extra", multiple=True, help="A role to add: a file, module:Class or name.")
@click.option(
    "--sandbox",
    help="namespaces, bubblewrap, landlock, seatbelt, container or none; by default the strongest.",
)
@click.option("--level", type=click.Choice(LEVELS), help="The claim level asked for.")
@click.option("--tolerance", type=SHARE, help="Largest relative error bound accepted.")
@click.option("--reading", multiple=True, metavar="ABOUT=VALUE",
              help="Choose another reading, such as idealisation=plane_strain.")  # fmt: skip
@click.option("--follow", metavar="RUN",
              help="The run that PROBLEM goes on from, whose formulation it amends.")  # fmt: skip
@click.option(
    "--approve",
    metavar="KINDS",
    help="What waits for your approval: any of plan,formulation,program,answer.",
)
@click.option("--folder", type=click.Path(path_type=Path), help="The run's folder, new or empty.")
@click.option("--second-opinion", is_flag=True,
              help="Read a question in words twice, and compare.")  # fmt: skip
@shelf_option
@click.option("--lessons/--no-lessons", default=None,
              help="Keep how failures were mended, and offer it again.  [default: with a "
              "language model, unless its exchanges are recorded]")  # fmt: skip
@click.option("--record", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help="Keep every exchange with the model, for --model recorded:FILE.")  # fmt: skip
@click.option("--context", type=TOKENS, help="Tokens that the model takes, its reply included.")
@run_options
def solve_command(problem: str, **options: Unpack[SolveOptions]) -> None:
    """Solve PROBLEM: a packaged problem's name, a problem file, or words in quotes.

    The team works in a folder of its own under ./runs. Exit codes: 0 answered at the level asked
    for, 2 bad input, 3 answered below it, 4 no answer, 5 budget spent, 130 interrupted.
    """
    from mechagents.begin import check_readable, check_unused, new_folder
    from mechagents.cli.warnings import warn_if_open
    from mechagents.run import solve

    asked = asked_problem(problem, options)
    team = _team(options)
    warn_if_open(team.sandbox)
    check_readable(asked, team)
    folder = options["folder"] or new_folder(Path("runs"), asked.name)
    try:
        check_unused(folder)
    except OSError as error:
        told = f"cannot be used ({error.strerror}); name another folder"
        raise UsageError(told, where=f"--folder {folder}") from error
    _say_model(team, options)
    start = partial(solve, asked, team, folder=folder)
    finish(lambda see: start(observe=see), folder, asked.level, options, team)


@click.command("resume")
@click.argument("run", required=False)
@run_options
def resume_command(run: str | None, **options: Unpack[ShowOptions]) -> None:
    """Go on with RUN (default: the newest) from its log; nothing logged is done again."""
    _go_on(run, None, options)


@click.command("reply")
@click.argument("run")
@click.argument("text")
@run_options
def reply_command(run: str, text: str, **options: Unpack[ShowOptions]) -> None:
    """Answer the question that RUN waits for with TEXT, and go on."""
    _go_on(run, text, options)


def _go_on(run: str | None, reply: str | None, options: ShowOptions) -> None:
    from mechagents.cli.runs import find_run
    from mechagents.cli.warnings import warn_if_open
    from mechagents.log import read_log
    from mechagents.messages import Problem, Setup
    from mechagents.run import resume
    from mechagents.team import team_from

    folder = find_run(run)
    log = read_log(folder)
    problem, setup = log.last(Problem), log.last(Setup)
    team = None
    if setup is not None:
        team = team_from(setup, ask=ask_person(), api_base=options["api_base"], approver=approver())
        team.stop = budget_of(team.stop, options)
        team.limits = team.limits.with_those_of(chosen_limits(options["limits"]))
        warn_if_open(team.sandbox)
    level = problem.level if problem is not None else "verified"
    start = partial(resume, folder, team, reply=reply)
    finish(lambda see: start(observe=see), folder, level, options, team, log)


def _team(options: SolveOptions) -> Team:
    from mechagents.budget import Budget
    from mechagents.team import find_team

    team = find_team(
        options["team_name"],
        extra=options["extra"],
        model=_model(options),
        sandbox=options["sandbox"],
        stop=budget_of(Budget(), options),
        limits=chosen_limits(options["limits"]),
        ask=ask_person(),
        api_base=options["api_base"],
        context=options["context"],
        knowledge=_shelf(options),
        second_opinion=options["second_opinion"],
    )
    _hold(team, options["approve"])
    _race(team, options["candidates"])
    if options["fallback"] is not None:
        team.fallback = _fallback(options["fallback"], team.model, options)
    return team


def _fallback(name: str, first: Model, options: SolveOptions) -> Model:
    """Return the second model: the first one where it has that name, as of a recording of both."""
    from mechagents.models.select import open_model

    if name == options["model"]:
        return first
    try:
        model = open_model(name, api_base=options["api_base"])
    except UsageError as error:
        raise UsageError(error.message, where="--fallback") from error
    return _recording(model, options)


def _hold(team: Team, words: str | None) -> None:
    from mechagents.errors import TeamError

    if words is None:
        return
    try:
        team.hold(kinds_of(words))
    except TeamError as error:
        raise TeamError(error.message, where="--approve") from error
    team.approver = approver()


def _race(team: Team, candidates: int | None) -> None:
    from mechagents.errors import TeamError

    if candidates is None:
        return
    try:
        team.race(candidates)
    except TeamError as error:
        raise TeamError(error.message, where="--candidates") from error


def _shelf(options: SolveOptions) -> Shelf:
    from mechagents.knowledge import Shelf

    learns = options["lessons"]
    if learns is None:
        learns = "/" in options["model"] and options["record"] is None and not _replays(options)
    folder = shelf_folder(options["shelf"])
    # Where nothing is kept yet and nothing will be, no folder is made.
    return Shelf(folder if learns or folder.is_dir() else None, learns=learns)


def _replays(options: SolveOptions) -> bool:
    return options["model"].startswith("recorded:")


def _model(options: SolveOptions) -> Model | str:
    if options["record"] is None:
        return options["model"]
    from mechagents.models.select import open_model

    return _recording(open_model(options["model"], api_base=options["api_base"]), options)


def _recording(model: Model, options: SolveOptions) -> Model:
    """Return a model whose exchanges are kept, where that is asked for."""
    if options["record"] is None:
        return model
    from mechagents.models.recorded import RecordingModel

    return RecordingModel(model, options["record"])


def _say_model(team: Team, options: ShowOptions) -> None:
    if team.model.name == "handbook" and not options["quiet"]:
        click.echo(
            "No language model is configured: the handbook, a rule-based engineer, speaks for "
            "every role. (--model provider/name for a language model)",
            err=for_programs(options),
        )
