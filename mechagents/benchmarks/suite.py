"""Runs benchmarks by a team, several at a time, and tells how it did."""

from __future__ import annotations

import base64
import io
import platform
import tarfile
from collections.abc import Callable, Sequence
from importlib.metadata import PackageNotFoundError, version
from os import cpu_count
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any

import anyio

from mechagents.benchmarks.held import BenchmarkResult, Held, hold, unanswered
from mechagents.benchmarks.targets import Benchmark, find_benchmarks
from mechagents.errors import MechagentsError
from mechagents.mechanics.geometry import Part
from mechagents.run import solve
from mechagents.team import Team, full_team

Told = Callable[[BenchmarkResult], None]
"""Is called with each result as it comes."""
LIBRARIES = ("mechagents", "numpy", "scipy", "scikit-fem", "netgen-mesher", "ngsolve", "meshio")


class Machine(Part):
    """Where the benchmarks ran, and with what."""

    system: str
    processor: str
    processors: int
    python: str
    libraries: dict[str, str]

    @classmethod
    def here(cls) -> Machine:
        """Return this machine."""
        return cls(
            system=platform.system(),
            processor=platform.machine(),
            processors=cpu_count() or 1,
            python=platform.python_version(),
            libraries={name: found for name in LIBRARIES if (found := _version(name))},
        )


class SuiteReport(Part):
    """How a team did on several benchmarks."""

    machine: Machine
    model: str
    jobs: int
    seconds: float
    asked: tuple[str, ...]
    """The benchmarks asked for; those that were not reached have no result."""
    results: tuple[BenchmarkResult, ...]

    @property
    def quantities(self) -> tuple[Held, ...]:
        """All quantities of all results."""
        return tuple(held for result in self.results for held in result.quantities)

    @property
    def complete(self) -> bool:
        """Whether every benchmark that was asked for has a result."""
        return {result.name for result in self.results} == set(self.asked)

    @property
    def passed(self) -> bool:
        """Whether all were reached, verified and within their tolerances."""
        return self.complete and all(result.passed for result in self.results)

    @property
    def totals(self) -> dict[str, int]:
        """How many benchmarks and quantities there are, and how many are as they should be."""
        held = self.quantities
        return {
            "benchmarks": len(self.results),
            "benchmarks_passed": sum(result.passed for result in self.results),
            "quantities": len(held),
            "quantities_passed": sum(one.within for one in held),
            "with_error_bound": sum(one.inside is not None for one in held),
            "true_error_inside": sum(bool(one.inside) for one in held),
        }

    def as_data(self) -> dict[str, object]:
        """Return everything as plain data, with what follows from it."""
        data: dict[str, object] = self.model_dump(mode="json")
        data["results"] = [_as_data(result) for result in self.results]
        return {"passed": self.passed, "totals": self.totals, **data}


async def run_suite(
    benchmarks: Sequence[Benchmark],
    team: Callable[[], Team],
    folder: Path,
    *,
    jobs: int = 1,
    told: Told,
) -> None:
    """Let a team solve benchmarks and hold its answers against the targets.

    Args:
        benchmarks: Which.
        team: Makes a team for each run.
        folder: Each run gets a folder of the benchmark's name there, which must not hold a run.
        jobs: How many run at a time.
        told: Is called with each result as it comes.

    Raises:
        ProblemError: If a run's folder is in use.
    """
    limiter = anyio.CapacityLimiter(jobs)

    async def one(benchmark: Benchmark) -> None:
        async with limiter:
            told(await _result(benchmark, team(), folder / benchmark.name))

    async with anyio.create_task_group() as group:
        for benchmark in benchmarks:
            group.start_soon(one, benchmark)


async def _result(benchmark: Benchmark, team: Team, folder: Path) -> BenchmarkResult:
    started = monotonic()
    try:
        outcome = await solve(benchmark.problem(), team, folder=folder)
    except MechagentsError as error:  # the others go on
        return unanswered(benchmark, "error", str(error), round(monotonic() - started, 3))
    return hold(benchmark, outcome, round(monotonic() - started, 3))


def benchmark_order(benchmark: Benchmark, model: str, keep: bool) -> dict[str, Any]:
    """Return, as plain data, what ``run_benchmark`` needs.

    Args:
        benchmark: Which.
        model: The model of the team.
        keep: Whether the run's folder is wanted.
    """
    return {"kind": "benchmark", "benchmark": benchmark.name, "model": model, "keep": keep}


def run_benchmark(order: dict[str, Any]) -> dict[str, Any]:
    """Return how the full team did on one benchmark, as plain data; see ``benchmark_result``."""
    (benchmark,) = find_benchmarks([order["benchmark"]])
    with TemporaryDirectory(prefix="mechagents-benchmark-") as name:
        folder = Path(name) / benchmark.name
        held = anyio.run(_result, benchmark, full_team(model=order["model"]), folder)
        data: dict[str, Any] = {"benchmark": benchmark.name, "result": held.model_dump(mode="json")}
        if order["keep"]:
            data["run"] = base64.b64encode(_packed(folder)).decode()
        return data


def benchmark_result(found: dict[str, Any], runs: Path | None) -> BenchmarkResult:
    """Return what became of an order, and put the run's folder where runs are kept.

    Args:
        found: What ``run_benchmark`` returned, or why it did not.
        runs: Where; None: nowhere.
    """
    if "result" not in found:
        (benchmark,) = find_benchmarks([found["benchmark"]])
        return unanswered(benchmark, found["status"], found["reason"])
    if runs is not None:
        packed = base64.b64decode(found["run"])
        with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
            archive.extractall(runs, filter="data")
    return BenchmarkResult.model_validate(found["result"])


def _packed(folder: Path) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        archive.add(folder, folder.name)
    return packed.getvalue()


def _as_data(result: BenchmarkResult) -> dict[str, object]:
    quantities = [
        {**held.model_dump(mode="json"), "off": held.off, "within": held.within,
         "true_error": held.true_error, "inside": held.inside}
        for held in result.quantities
    ]  # fmt: skip
    return {**result.model_dump(mode="json"), "passed": result.passed, "quantities": quantities}


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
