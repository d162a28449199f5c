"""``verify``: the checks alone, on any folder, whoever computed what is in it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mechagents.cli.exits import ANSWERED, NO_ANSWER
from mechagents.cli.numbers import SHARE
from mechagents.errors import UsageError

if TYPE_CHECKING:
    from mechagents.messages import Evidence


@click.command("verify")
@click.argument("folder")
@click.option(
    "--tolerance",
    type=SHARE,
    default=0.02,
    show_default=True,
    help="Largest relative error of a FOLDER's numbers; a RUN has its own.",
)
@click.option(
    "--reference/--no-reference",
    default=True,
    help="Whether the problem is solved again, by another library, to compare.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the evidence as JSON.")
def verify_command(folder: str, tolerance: float, reference: bool, as_json: bool) -> None:
    """Check a RUN anew, or any FOLDER with formulation.json, results.json and fields.vtu.

    A run is checked with all its meshes, a folder by itself; either is then compared with an
    independent reference. Exit codes: 0 every check passed,
    2 bad input, 4 a check failed.
    """
    import anyio

    from mechagents.report import print_evidence

    evidence = anyio.run(_evidence, folder, tolerance, reference)
    if as_json:
        click.echo(evidence.model_dump_json(indent=2))
    else:
        print_evidence(evidence)
    sys.exit(ANSWERED if evidence.passed else NO_ANSWER)


async def _evidence(name: str, tolerance: float, reference: bool) -> Evidence:
    from mechagents.agents.verifier import evidence_on, referred
    from mechagents.answer import best_attempt
    from mechagents.cli.runs import read_run
    from mechagents.messages import Execution
    from mechagents.verification import read_formulation, refer, verify_folder

    given = Path(name) / "formulation.json"
    if given.is_file():
        evidence = verify_folder(Path(name))
        if reference and evidence.passed:
            evidence = await refer(read_formulation(given), evidence, tolerance)
        return evidence
    run, conversation = read_run(name)
    best, last = best_attempt(conversation), conversation.last(Execution)
    if last is None:
        raise UsageError("no program of this run was executed yet", where=name)
    evidence = evidence_on(conversation, run, best.program.attempt if best else last.attempt)
    return await referred(conversation, evidence) if reference else evidence
