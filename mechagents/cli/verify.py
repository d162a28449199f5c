"""``verify``: the checks alone, on any folder, whoever computed what is in it."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from mechagents.cli.exits import ANSWERED, NO_ANSWER
from mechagents.errors import UsageError


@click.command("verify")
@click.argument("folder")
@click.option("--json", "as_json", is_flag=True, help="Print the evidence as JSON.")
def verify_command(folder: str, as_json: bool) -> None:
    """Check a RUN, or any FOLDER that holds formulation.json, results.json and fields.vtu.

    Exit codes: 0 every check passed, 2 bad input, 4 a check failed.
    """
    from mechagents.report import print_evidence
    from mechagents.verification import verify_folder

    evidence = verify_folder(_results_folder(folder))
    if as_json:
        click.echo(evidence.model_dump_json(indent=2))
    else:
        print_evidence(evidence)
    sys.exit(ANSWERED if evidence.passed else NO_ANSWER)


def _results_folder(name: str) -> Path:
    from mechagents.cli.runs import find_run
    from mechagents.log import read_log
    from mechagents.messages import Evidence

    if (Path(name) / "formulation.json").is_file():
        return Path(name)
    run = find_run(name)
    evidence = read_log(run).last(Evidence)
    if evidence is None:
        raise UsageError("nothing in this run was checked yet", where=name)
    return run / "attempts" / str(evidence.attempt)
