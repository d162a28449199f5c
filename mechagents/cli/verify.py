"""``verify``: the checks alone, on any folder, whoever computed it; or the benchmarks."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from mechagents.cli.dask import dask_option
from mechagents.cli.exits import ANSWERED, NO_ANSWER
from mechagents.cli.numbers import JOBS, SHARE
from mechagents.errors import UsageError

if TYPE_CHECKING:
    from mechagents.messages import Evidence


@click.command("verify")
@click.argument("names", nargs=-1, metavar="[FOLDER | --suite [NAME]...]")
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
@click.option("--json", "as_json", is_flag=True, help="Print the evidence, or the table, as JSON.")
@click.option("--suite", is_flag=True, help="Solve benchmarks and compare with published targets.")
@click.option("--jobs", type=JOBS, default=1, show_default=True,
              help="Benchmarks solved at a time.")  # fmt: skip
@dask_option
@click.option("--runs", type=click.Path(path_type=Path),
              help="Where the benchmarks' runs are kept; else they are not.")  # fmt: skip
@click.pass_context
def verify_command(
    ctx: click.Context,
    names: tuple[str, ...],
    tolerance: float,
    reference: bool,
    as_json: bool,
    suite: bool,
    jobs: int,
    dask: str | None,
    runs: Path | None,
) -> None:
    """Check a RUN anew, or any FOLDER with formulation.json, results.json and fields.vtu.

    A run is checked with all its meshes, a folder by itself; either is then compared with an
    independent reference.

    With --suite the handbook solves benchmarks, those of the NAMEs or all, and every answer is
    held against its published target. Exit codes: 0 every check passed, or every benchmark is
    verified and within its tolerance; 2 bad input, 4 a check or a benchmark failed,
    130 interrupted.
    """
    _check_fit(ctx, suite, names)
    if suite:
        from mechagents.cli.suite import verify_suite

        sys.exit(verify_suite(names, jobs=jobs, dask=dask, runs=runs, as_json=as_json))
    _verify(names[0], tolerance, reference, as_json)


def _check_fit(ctx: click.Context, suite: bool, names: tuple[str, ...]) -> None:
    """Refuse options that mean nothing beside the others."""
    idle = ("tolerance", "reference") if suite else ("jobs", "dask", "runs")
    for name in idle:
        if ctx.get_parameter_source(name) is not ParameterSource.DEFAULT:
            beside = "with --suite" if suite else "without --suite"
            raise UsageError(f"has no meaning {beside}", where=f"--{name}")
    if ctx.params["dask"] and ctx.get_parameter_source("jobs") is not ParameterSource.DEFAULT:
        raise UsageError("has no meaning with --dask, which says how many", where="--jobs")
    if not suite and len(names) != 1:
        told = "give one run or folder, or --suite for the benchmarks"
        raise UsageError(told, where="verify")


def _verify(folder: str, tolerance: float, reference: bool, as_json: bool) -> None:
    import anyio

    from mechagents.report import print_evidence
    from mechagents.report.text import visible_json

    evidence = anyio.run(_evidence, folder, tolerance, reference)
    if as_json:
        click.echo(visible_json(evidence.model_dump_json(indent=2)))
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
