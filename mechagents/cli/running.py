"""What the commands that run a team share: their options, how it is shown, how they end."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING, TypedDict

import click

from mechagents.cli.exits import ANSWERED, BELOW_LEVEL, BUDGET_SPENT, INTERRUPTED, NO_ANSWER, leave
from mechagents.cli.limits import budget_option, chosen_budget, limit_option
from mechagents.cli.numbers import COUNT, SECONDS

if TYPE_CHECKING:
    from pathlib import Path

    from mechagents.answer import Outcome
    from mechagents.budget import Budget
    from mechagents.bus import Observer
    from mechagents.messages import ClaimLevel, Envelope
    from mechagents.team import Team


class ShowOptions(TypedDict):
    """What every command that runs a team takes."""

    as_json: bool
    events: bool
    quiet: bool
    api_base: str | None
    attempts: int | None
    seconds: float | None
    limits: tuple[str, ...]
    budget: tuple[str, ...]


Command = Callable[..., None]
Start = Callable[["Observer | None"], Awaitable["Outcome"]]


def run_options(command: Command) -> Command:
    """Give a command the options that ``ShowOptions`` names."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="Print only the answer, as JSON."),
        click.option(
            "--events",
            is_flag=True,
            help="Print each message as a line of JSON as it "
            "is logged, as log --json does, then the answer.",
        ),
        click.option("--quiet", is_flag=True, help="Print only the answer."),
        click.option("--api-base", envvar="MECHAGENTS_API_BASE", help="Endpoint of the model."),
        click.option("--attempts", type=COUNT, help="Programs that may be tried."),
        click.option("--seconds", type=SECONDS, help="Wall time allowed."),
        budget_option,
        limit_option,
    ):
        command = option(command)
    return command


def budget_of(budget: Budget, options: ShowOptions) -> Budget:
    """Return a budget with the limits that the options give."""
    given = {"attempts": options["attempts"], "seconds": options["seconds"]}
    chosen = {key: value for key, value in given.items() if value is not None}
    spendable = type(budget).model_validate({**dict(budget), **chosen})
    return chosen_budget(spendable, options["budget"])


def ask_person() -> Callable[[str], Awaitable[str]] | None:
    """Return who asks the person at the terminal, None where there is no terminal."""
    if not sys.stdin.isatty():
        return None
    import anyio.to_thread

    from mechagents.report.text import visible

    async def ask(question: str) -> str:
        def prompt() -> str:
            return str(click.prompt(visible(question), err=True))

        return await anyio.to_thread.run_sync(prompt, abandon_on_cancel=True)

    return ask


def _shown(team: Team | None) -> tuple[str, ...]:
    """Return what the person at this terminal is shown whole when asked to approve it."""
    return team.approve if team is not None and team.approver is not None else ()


def finish(
    start: Start,
    folder: Path,
    level: ClaimLevel,
    options: ShowOptions,
    team: Team | None,
    earlier: Iterable[Envelope] = (),
) -> None:
    """Run a team, show it at work, print how it ended, and exit with that code."""
    import anyio

    from mechagents.report import LiveView, print_summary
    from mechagents.report.text import visible_json

    stream = sys.stderr if options["as_json"] else sys.stdout
    try:
        if _is_silent(options):
            outcome = anyio.run(start, _print_event if options["events"] else None)
        else:
            limits = team.stop.model_dump() if team is not None else None
            with LiveView(stream, shown=_shown(team), limits=limits, earlier=earlier) as view:
                outcome = anyio.run(start, view)
    except KeyboardInterrupt:
        click.echo(f"\nStopped. Go on with: mechagents resume {folder}", err=True)
        leave(INTERRUPTED)
    if for_programs(options):
        indent = None if options["events"] else 2
        click.echo(visible_json(outcome.model_dump_json(indent=indent)))
    else:
        print_summary(outcome, folder)
    _draw(folder)
    sys.exit(exit_code(outcome, level))


def _draw(folder: Path) -> None:
    """Write the run's report anew with its fields drawn; that takes a second or two."""
    from mechagents.diagnostics import get_logger
    from mechagents.files.report import write_full_report
    from mechagents.log import read_log

    logger = get_logger()
    try:
        write_full_report(folder, read_log(folder))
    except KeyboardInterrupt:  # the answer is told; the report of the run's end stays
        return
    except Exception:
        logger.error("report_failed", folder=str(folder), exc_info=True)


def for_programs(options: ShowOptions) -> bool:
    """Return whether the output stream holds nothing but JSON."""
    return options["as_json"] or options["events"]


def _is_silent(options: ShowOptions) -> bool:
    """Return whether nobody is shown the team at work: not asked for, or nowhere to be seen."""
    if options["quiet"] or options["events"]:
        return True
    return options["as_json"] and not sys.stderr.isatty()


def _print_event(envelope: Envelope) -> None:
    from mechagents.log import line_of
    from mechagents.report.text import visible_json

    click.echo(visible_json(line_of(envelope)))


def exit_code(outcome: Outcome, level: ClaimLevel) -> int:
    """Return the exit code for how a run ended.

    Args:
        outcome: The answer, or the failure.
        level: The claim level asked for.
    """
    from mechagents.answer import reaches
    from mechagents.messages import Failure

    if isinstance(outcome, Failure):
        return BUDGET_SPENT if outcome.reason == "budget" else NO_ANSWER
    reached = outcome.accepted and reaches(outcome.claim_level, level)
    return ANSWERED if reached else BELOW_LEVEL
