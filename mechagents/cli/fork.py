"""``fork``: another run out of a run's messages up to one of them, which goes on from there."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

import click

from mechagents.cli.approve import approver
from mechagents.cli.limits import chosen_limits
from mechagents.cli.numbers import COUNT
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
    from mechagents.log import Conversation
    from mechagents.team import Team


class ForkOptions(ShowOptions):
    """What ``fork`` takes."""

    at: int
    say: str | None
    instead: Path | None
    folder: Path | None
    model: str | None
    fallback: str | None


@click.command("fork")
@click.argument("run")
@click.option("--at", type=COUNT, required=True, metavar="SEQ",
              help="The last message to take over, by its number in `mechagents log`.")  # fmt: skip
@click.option("--say", "--reply", "say", metavar="TEXT",
              help="What you say to that message: the reply to a question, or words that send a "
              "plan, formulation, program or evidence back to who is to mend it.")  # fmt: skip
@click.option("--with", "instead", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help="A message of the same kind to put in its place: JSON as `log --json` prints "
              "it, or the .py file of a program.")  # fmt: skip
@click.option("--folder", type=click.Path(path_type=Path),
              help="The new run's folder, new or empty.  [default: beside RUN]")  # fmt: skip
@click.option("--model", help="Another model from there on.")
@click.option("--fallback", help="Another stronger model, which writes where the first is stuck.")
@run_options
def fork_command(run: str, **options: Unpack[ForkOptions]) -> None:
    """Fork RUN at a message: a new run with all up to it, which goes on otherwise from there.

    RUN stays as it is. What it had used up by then counts in the new run. Exit codes are those of
    solve.
    """
    from mechagents.begin import new_folder
    from mechagents.cli.runs import find_run
    from mechagents.cli.warnings import warn_if_open
    from mechagents.edited import read_edited
    from mechagents.fork import fork_run, until
    from mechagents.log import read_log
    from mechagents.messages import Problem
    from mechagents.run import resume

    source, at = find_run(run), options["at"]
    try:
        before = until(source, at)
    except UsageError as error:
        raise UsageError(error.message, where=f"--at {at}") from error
    team = _team(before, options)
    warn_if_open(team.sandbox)
    said = before.at(at).message
    instead = None if options["instead"] is None else read_edited(options["instead"], said)
    problem = before.last(Problem)
    assert problem is not None
    folder = options["folder"] or new_folder(source.parent, problem.name)
    fork_run(source, at, folder=folder, say=options["say"], instead=instead, team=team)
    if not options["quiet"]:
        told = f"Forked at message {at} of {source} into {folder}."
        click.echo(told, err=for_programs(options))
    log = read_log(folder)
    asked = log.of(Problem)[-1]
    start = partial(resume, folder, team)
    finish(lambda see: start(observe=see), folder, asked.level, options, team, log)


def _team(before: Conversation, options: ForkOptions) -> Team:
    """Return the team that goes on, with the models and limits that the options give."""
    from mechagents.messages import Setup
    from mechagents.team import team_from

    setup = before.last(Setup)
    assert setup is not None
    given = {name: options[name] for name in ("model", "fallback")}
    changed = setup.model_copy(update={k: v for k, v in given.items() if v is not None})
    team = team_from(changed, ask=ask_person(), api_base=options["api_base"], approver=approver())
    team.stop = budget_of(team.stop, options)
    team.limits = team.limits.with_those_of(chosen_limits(options["limits"]))
    return team
