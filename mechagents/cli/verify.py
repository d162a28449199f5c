"""``verify``: the checks alone, on any folder, whoever computed what is in it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mechagents.cli.exits import ANSWERED, NO_ANSWER
from mechagents.errors import UsageError

if TYPE_CHECKING:
    from mechagents.messages import Evidence


@click.command("verify")
@click.argument("folder")
@click.option("--json", "as_json", is_flag=True, help="Print the evidence as JSON.")
def verify_command(folder: str, as_json: bool) -> None:
    """Check a RUN anew, or any FOLDER with formulation.json, results.json and fields.vtu.

    A run is checked with all its meshes, a folder by itself. Exit codes: 0 every check passed,
    2 bad input, 4 a check failed.
    """
    from mechagents.report import print_evidence

    evidence = _evidence(folder)
    if as_json:
        click.echo(evidence.model_dump_json(indent=2))
    else:
        print_evidence(evidence)
    sys.exit(ANSWERED if evidence.passed else NO_ANSWER)


def _evidence(name: str) -> Evidence:
    from mechagents.agents.verifier import evidence_on
    from mechagents.answer import best_attempt
    from mechagents.cli.runs import read_run
    from mechagents.messages import Execution
    from mechagents.verification import verify_folder

    if (Path(name) / "formulation.json").is_file():
        return verify_folder(Path(name))
    run, conversation = read_run(name)
    best, last = best_attempt(conversation), conversation.last(Execution)
    if last is None:
        raise UsageError("no program of this run was executed yet", where=name)
    return evidence_on(conversation, run, best.program.attempt if best else last.attempt)
