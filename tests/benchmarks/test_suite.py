"""Answers are held against published targets, and whatever is wrong with them fails."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mechagents.answer import Outcome
from mechagents.benchmarks import (
    Benchmark,
    BenchmarkResult,
    SuiteReport,
    find_benchmarks,
    hold,
    run_suite,
    suite_table,
)
from mechagents.benchmarks.suite import Machine
from mechagents.messages import Answer, Check, Failure, Quantity, TotalUsage
from mechagents.team import full_team

ROOT = Path(__file__).parents[2]
QUICK = ["heated-bar-clamped", "cantilever-slender", "timoshenko-beam"]


def kirsch() -> Benchmark:
    return find_benchmarks(["kirsch"])[0]


def answer(**changes: object) -> Answer:
    """Return what a team that is off by half its error bound answers to Kirsch's problem."""
    quantities = tuple(
        Quantity(
            name=target.name,
            value=target.target * 1.002,
            unit=target.unit,
            error_bound=abs(target.target) * 0.004,
            claim_level="verified",
        )
        for target in kirsch().quantities
    )
    message = "stress_above is 3e6 Pa, monotone with convergence of order 1.80 (coarse to fine 1)"
    check = Check(name="convergence:stress_above", passed=True, message=message)
    told = Answer(
        run="runs/kirsch", problem="kirsch", model="handbook", claim_level="verified",
        quantities=quantities, checks=(check,), attempts=1, usage=TotalUsage(),
    )  # fmt: skip
    return told.model_copy(update=changes)


def spoilt(**changes: object) -> Answer:
    first, *others = answer().quantities
    return answer(quantities=(first.model_copy(update=changes), *others))


def report(*results: BenchmarkResult, asked: tuple[str, ...] = ("kirsch",)) -> SuiteReport:
    return SuiteReport(
        machine=Machine.here(), model="handbook", jobs=1, seconds=1.0, asked=asked, results=results
    )


def command(*words: str, cwd: Path, package: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "mechagents", "verify", *words],
        cwd=cwd, env={**os.environ, "PYTHONPATH": str(package)},
        capture_output=True, text=True, encoding="utf-8", check=False,
    )  # fmt: skip


def test_an_answer_near_its_targets_passes_and_its_errors_are_counted() -> None:
    told = report(hold(kirsch(), answer(), 2.0))
    assert told.passed
    assert told.totals == {
        "benchmarks": 1, "benchmarks_passed": 1, "quantities": 3, "quantities_passed": 3,
        "with_error_bound": 3, "true_error_inside": 3,
    }  # fmt: skip
    assert (told.quantities[0].order, told.quantities[0].behaviour) == (1.8, "monotone")
    table = suite_table(told)
    assert "+0.20%" in table
    assert "1 of 1 benchmarks and 3 of 3 quantities" in table
    assert "inside 3 of 3 error bounds, 100.0%" in table


@pytest.mark.parametrize(
    "outcome",
    [
        spoilt(value=3.1e6),
        spoilt(value=-3e6),
        spoilt(claim_level="converged"),
        spoilt(unit="m"),
        spoilt(name="another"),
        answer(quantities=()),
        answer(accepted=False),
        Failure(reason="budget", message="spent", model="handbook", usage=TotalUsage()),
    ],
    ids=["off", "sign", "not verified", "unit", "name", "nothing", "not accepted", "no answer"],
)
def test_a_wrong_answer_fails_the_suite(outcome: Outcome) -> None:
    told = report(hold(kirsch(), outcome, 1.0))
    assert not told.passed
    assert "kirsch (" in suite_table(told)
    assert "0 of 1 benchmarks" in suite_table(told)


def test_a_wrong_target_fails_the_suite() -> None:
    first, *others = kirsch().quantities
    wrong = first.model_copy(update={"target": first.target * 1.02})
    changed = kirsch().model_copy(update={"quantities": (wrong, *others)})
    assert not report(hold(changed, answer(), 1.0)).passed


def test_a_bound_that_is_too_small_is_counted() -> None:
    told = report(hold(kirsch(), spoilt(error_bound=1.0), 1.0))
    assert told.totals["true_error_inside"] == 2
    assert "inside 2 of 3 error bounds, 66.7%" in suite_table(told)


def test_a_suite_that_is_not_complete_has_not_passed() -> None:
    told = report(hold(kirsch(), answer(), 1.0), asked=("kirsch", "lame-sphere"))
    assert not told.passed
    assert "not run: lame-sphere" in suite_table(told)


async def test_quick_benchmarks_are_solved_several_at_a_time(tmp_path: Path) -> None:
    results: list[BenchmarkResult] = []
    benchmarks = find_benchmarks(QUICK)
    await run_suite(
        benchmarks, lambda: full_team(model="handbook"), tmp_path, jobs=2, told=results.append
    )
    assert {result.name for result in results} == set(QUICK)
    assert all(result.passed for result in results), results
    held = {one.name: one for result in results for one in result.quantities}
    assert all(one.inside for one in held.values())
    assert held["stress"].behaviour == "the same"
    assert held["deflection"].order is not None
    assert (tmp_path / QUICK[0] / "answer.json").is_file()


async def test_a_run_that_cannot_start_fails_alone(tmp_path: Path) -> None:
    (tmp_path / QUICK[0]).write_text("a file where a run's folder should be")
    results: list[BenchmarkResult] = []
    await run_suite(
        find_benchmarks(QUICK[:1]), lambda: full_team(model="handbook"), tmp_path,
        told=results.append,
    )  # fmt: skip
    assert [(result.ended, result.passed) for result in results] == [("error", False)]


def test_the_command_holds_answers_against_targets_that_a_package_plants(tmp_path: Path) -> None:
    package = tmp_path / "package"
    for part in ("mechagents", "roles", "pyproject.toml"):
        copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
        package.mkdir(exist_ok=True)
        copy(ROOT / part, package / part)
    targets = package / "mechagents" / "benchmarks" / "targets.yaml"
    right = command("--suite", QUICK[0], "--json", cwd=tmp_path, package=package)
    assert right.returncode == 0, right.stderr
    told = json.loads(right.stdout)
    assert told["passed"]
    assert told["totals"]["quantities_passed"] == told["totals"]["quantities"] == 4
    assert told["machine"]["libraries"]["numpy"]
    assert told["results"][0]["quantities"][0]["inside"]
    assert f"1/1 ok     {QUICK[0]}" in right.stderr
    text = targets.read_text(encoding="utf-8")
    assert "-252000000.0" in text
    targets.write_text(text.replace("-252000000.0", "-252001000.0"), encoding="utf-8")
    wrong = command("--suite", QUICK[0], cwd=tmp_path, package=package)
    assert wrong.returncode == 4
    assert f"{QUICK[0]} (answered), not as published: stress" in wrong.stdout


def test_an_interrupted_suite_prints_what_is_done(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "mechagents", "verify", "--suite", "heated-bar-clamped",
         "rotating-cylinder", "strip-hole-0.2"],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE,
        text=True, encoding="utf-8",
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    ) as process:  # fmt: skip
        assert process.stdout is not None
        first = process.stdout.readline()
        process.send_signal(signal.SIGINT)
        rest = process.stdout.read()
    assert process.returncode == 130
    assert "1/3 ok" in first
    assert "not run: rotating-cylinder, strip-hole-0.2" in rest
    assert "1 of 1 benchmarks" in rest


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("", "give one run or folder, or --suite"),
        ("a b", "give one run or folder, or --suite"),
        ("--suite nothing", "there is no such benchmark"),
        ("--suite --tolerance 0.1", "--tolerance: has no meaning with --suite"),
        ("--suite --no-reference", "--reference: has no meaning with --suite"),
        ("run --jobs 2", "--jobs: has no meaning without --suite"),
        ("--suite --jobs 0", "--jobs"),
        ("--suite kirsch --runs taken", "--runs taken: holds kirsch already"),
        ("--suite kirsch --runs file", "--runs file"),
    ],
)
def test_bad_input_is_told_and_nothing_runs(tmp_path: Path, words: str, told: str) -> None:
    (tmp_path / "taken" / "kirsch").mkdir(parents=True)
    (tmp_path / "file").write_text("")
    done = command(*words.split(), cwd=tmp_path)
    assert done.returncode == 2
    assert told in done.stderr
    assert not done.stdout
