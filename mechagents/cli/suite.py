"""``verify --suite``: benchmarks with published targets, solved by the default team."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import TYPE_CHECKING

import click

from mechagents.cli.exits import ANSWERED, INTERRUPTED, NO_ANSWER

if TYPE_CHECKING:
    from mechagents.benchmarks import Benchmark, BenchmarkResult
    from mechagents.study import Pool

MODEL = "handbook"


def verify_suite(
    names: Sequence[str], *, jobs: int, dask: str | None, runs: Path | None, as_json: bool
) -> int:
    """Run benchmarks, print each as it ends and a table of all, and return the exit code.

    Args:
        names: Which; none means all.
        jobs: How many run at a time.
        dask: The Dask cluster that runs them; None: this process does.
        runs: Where their folders are kept; None: nowhere.
        as_json: Whether the table is JSON, and the lines before it go to standard error.

    Raises:
        UsageError: If there is no benchmark of a name, ``runs`` holds files, or there is no such
            cluster.
        RunError: If the cluster cannot be reached, or is lost.
    """
    from mechagents.benchmarks import SuiteReport, find_benchmarks, suite_table
    from mechagents.benchmarks.suite import Machine
    from mechagents.benchmarks.table import progress_line
    from mechagents.study.dask_place import open_dask

    benchmarks = find_benchmarks(names)
    if runs is not None:
        _make_unused(runs, benchmarks)
    results: list[BenchmarkResult] = []
    started = monotonic()

    def told(result: BenchmarkResult) -> None:
        results.append(result)
        click.echo(progress_line(result, len(results), len(benchmarks)), err=as_json)
        (sys.stderr if as_json else sys.stdout).flush()

    with nullcontext() if dask is None else open_dask(dask) as pool:
        try:
            if pool is None:
                _run(benchmarks, jobs, runs, told)
            else:
                jobs = pool.width
                _run_by(pool, benchmarks, runs, told)
            interrupted = False
        except KeyboardInterrupt:
            interrupted = True
    report = SuiteReport(
        machine=Machine.here(),
        model=MODEL,
        jobs=jobs,
        seconds=round(monotonic() - started, 3),
        asked=tuple(benchmark.name for benchmark in benchmarks),
        results=tuple(sorted(results, key=lambda result: result.name)),
    )
    click.echo(json.dumps(report.as_data(), indent=2) if as_json else "\n" + suite_table(report))
    if interrupted:
        return INTERRUPTED
    return ANSWERED if report.passed else NO_ANSWER


def _run(
    benchmarks: Sequence[Benchmark],
    jobs: int,
    runs: Path | None,
    told: Callable[[BenchmarkResult], None],
) -> None:
    """Run benchmarks in this process."""
    import anyio

    from mechagents.benchmarks import run_suite
    from mechagents.cli.warnings import warn_if_open
    from mechagents.team import Team, full_team

    def team() -> Team:
        return full_team(model=MODEL)

    async def go(folder: Path) -> None:
        await run_suite(benchmarks, team, folder, jobs=jobs, told=told)

    warn_if_open(team().sandbox)
    if runs is not None:
        anyio.run(go, runs)
    else:
        with TemporaryDirectory(prefix="mechagents-suite-") as folder:
            anyio.run(go, Path(folder))


def _run_by(
    pool: Pool,
    benchmarks: Sequence[Benchmark],
    runs: Path | None,
    told: Callable[[BenchmarkResult], None],
) -> None:
    """Have the workers of a pool run benchmarks."""
    from mechagents.benchmarks.suite import benchmark_order, benchmark_result

    orders = (benchmark_order(one, MODEL, keep=runs is not None) for one in benchmarks)
    for found in pool.run(orders):
        told(benchmark_result(found, runs))


def _make_unused(runs: Path, benchmarks: Sequence[Benchmark]) -> None:
    from mechagents.errors import UsageError

    taken = [benchmark.name for benchmark in benchmarks if (runs / benchmark.name).exists()]
    if taken:
        told = f"holds {', '.join(taken[:3])} already; name another folder"
        raise UsageError(told, where=f"--runs {runs}")
    try:
        runs.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        told = f"cannot be used ({error.strerror}); name another folder"
        raise UsageError(told, where=f"--runs {runs}") from error
