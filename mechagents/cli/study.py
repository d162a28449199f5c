"""``study``: one problem solved by a team, then its program run and checked for many values."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

import click

from mechagents.cli.dask import dask_option
from mechagents.cli.exits import ANSWERED, INTERRUPTED, NO_ANSWER
from mechagents.cli.limits import chosen_limits, limit_option
from mechagents.cli.numbers import JOBS
from mechagents.errors import UsageError

if TYPE_CHECKING:
    from mechagents.study import LocalPool, Progress, StudyFolder, StudyState
    from mechagents.study.dask_pool import DaskPool
    from mechagents.team import Team

STUDIES = Path("studies")


class StudyOptions(TypedDict):
    """What ``study`` takes besides its file."""

    resume: Path | None
    folder: Path | None
    workers: int | None
    dask: str | None
    model: str
    team_name: str
    sandbox: str | None
    api_base: str | None
    limits: tuple[str, ...]
    quiet: bool
    as_json: bool


@click.command("study")
@click.argument("file", required=False, type=click.Path(path_type=Path), metavar="[STUDY.yaml]")
@click.option("--resume", type=click.Path(path_type=Path), metavar="FOLDER",
              help="Go on with a study that was begun.")  # fmt: skip
@click.option("--folder", type=click.Path(path_type=Path), help="The study's folder, new or empty.")
@click.option("--workers", type=JOBS, help="Samples run at a time.  [default: one a processor]")
@dask_option
@click.option("--model", envvar="MECHAGENTS_MODEL", default="handbook", show_default=True,
              help="Who solves the problem: handbook or provider/name.")  # fmt: skip
@click.option("--team", "team_name", default="full", show_default=True, help="As for solve.")
@click.option("--sandbox", help="As for solve.")
@click.option("--api-base", envvar="MECHAGENTS_API_BASE", help="Endpoint of the model.")
@limit_option
@click.option("--quiet", is_flag=True, help="Print only where the dataset is.")
@click.option("--json", "as_json", is_flag=True,
              help="Print only a summary, as JSON; progress goes to standard error.")  # fmt: skip
def study_command(file: Path | None, **options: Unpack[StudyOptions]) -> None:
    """Run the study that STUDY.yaml describes, or go on with one.

    A team solves the study's problem once; its verified program then runs every sample in the
    sandbox, and every sample is checked. The study's folder is made under ./studies. Exit codes:
    0 every sample has a checked result, or a search its best design; 2 bad input, 4 some have none,
    130 interrupted.
    """
    from mechagents.cli.warnings import warn_if_open
    from mechagents.study.dataset import require_parquet

    require_parquet()
    if (file is None) == (options["resume"] is None):
        raise UsageError("give a study file, or --resume FOLDER", where="study")
    if options["dask"] is not None and options["workers"] is not None:
        raise UsageError("has no meaning with --dask, which says how many", where="--workers")
    if file is not None:
        folder = _begin(file, options)
    else:
        from mechagents.study import StudyFolder

        assert options["resume"] is not None
        folder = StudyFolder(options["resume"])
    team = _began(folder, options) or _team(options)
    warn_if_open(team.sandbox)
    _run(folder, file.parent if file is not None else Path(), team, options)


def _began(folder: StudyFolder, options: StudyOptions) -> Team | None:
    """Return the team that solves a study's problem already, None where none has begun."""
    from mechagents.log import read_log
    from mechagents.messages import Setup
    from mechagents.study.base import has_begun
    from mechagents.team import team_from

    run = Path(folder.asked().run or folder.base_run)
    setup = read_log(run).last(Setup) if has_begun(run) else None
    return team_from(setup, api_base=options["api_base"]) if setup is not None else None


def _begin(file: Path, options: StudyOptions) -> StudyFolder:
    from mechagents.study import begin, load_study, new_study_folder

    study = load_study(file)
    folder = options["folder"] or new_study_folder(STUDIES, study.name)
    return begin(study, folder, near=file.parent)


def _team(options: StudyOptions) -> Team:
    from mechagents.team import find_team

    return find_team(
        options["team_name"],
        model=options["model"],
        sandbox=options["sandbox"],
        api_base=options["api_base"],
        limits=chosen_limits(options["limits"]),
    )


def _run(folder: StudyFolder, near: Path, team: Team | None, options: StudyOptions) -> None:
    from mechagents.report.study_progress import StudyView
    from mechagents.study import run_study

    stream = sys.stderr if options["as_json"] else sys.stdout
    quiet = options["quiet"] or (options["as_json"] and not sys.stderr.isatty())
    try:
        with (
            StudyView(stream, quiet=quiet) as view,
            _pool(options) as pool,
        ):

            def told(progress: Progress) -> None:
                view.tell(progress.stage, progress.done, progress.total, progress.failed,
                          progress.rate, progress.seconds_left)  # fmt: skip

            state = run_study(folder, near=near, team=team, pool=pool, told=told)
    except KeyboardInterrupt:
        click.echo(f"\nStopped. Go on with: mechagents study --resume {folder.path}", err=True)
        sys.exit(INTERRUPTED)
    _print(state, options)
    searched = state.study.optimize is not None
    lacking = state.best is None if searched else bool(state.failed)
    sys.exit(NO_ANSWER if lacking else ANSWERED)


def _pool(options: StudyOptions) -> LocalPool | DaskPool:
    from mechagents.study import LocalPool
    from mechagents.study.dask_place import open_dask
    from mechagents.study.run import processors

    if options["dask"] is not None:
        return open_dask(options["dask"])
    return LocalPool(options["workers"] or processors())


def _print(state: StudyState, options: StudyOptions) -> None:
    path = state.folder.path
    told = json.loads((path / "study-summary.json").read_text(encoding="utf-8"))
    if options["as_json"]:
        click.echo(json.dumps({"folder": str(path), **told}, indent=2))
        return
    if not options["quiet"]:
        kinds = ", ".join(f"{count} {name}" for name, count in told["statuses"].items())
        full = told["verified_in_full"]
        click.echo(f"{told['done']} samples: {kinds}; {told['checks']:,} checks.")
        _print_best(state, told)
        if state.study.optimize is None:
            click.echo(
                f"{full['drawn']} drawn at random were verified in full; "
                f"{full['passed_at_first']} passed at first."
            )
        if told["advice"]:
            click.echo(told["advice"])
        for ran in state.failed[:5]:
            click.echo(f"  sample {ran.sample}: {ran.status}: {ran.reason[:300]}")
    click.echo(f"dataset: {path / 'dataset.parquet'}")
    if not options["quiet"]:
        click.echo(f"data card: {path / 'card.md'}")


def _print_best(state: StudyState, told: dict[str, Any]) -> None:
    search, best = state.study.optimize, told["best"]
    if search is None:
        return
    if best is None:
        click.echo("No design that keeps to all bounds passed the full verification.")
        return
    values = ", ".join(f"{name} = {value:.6g}" for name, value in best["parameters"].items())
    kept = ", ".join(f"{name} = {value:.6g}" for name, value in best["constraints"].items())
    click.echo(f"best of {best['evaluations']} designs: {values}")
    click.echo(f"  {search.objective} = {best['objective']:.6g}" + (f"; {kept}" if kept else ""))
    if best["uncertain"]:
        names = ", ".join(best["uncertain"])
        click.echo(f"  with its error bound past the bound asked for: {names}")
