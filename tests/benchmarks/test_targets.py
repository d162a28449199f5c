"""The published targets fit the problems, are right for them, and are not in them."""

from __future__ import annotations

import re
from functools import cache
from math import log10

import numpy as np
import pytest
from pydantic import ValidationError

from mechagents.benchmarks import Benchmark, find_benchmarks, read_targets
from mechagents.errors import ProblemError, UsageError
from mechagents.mechanics.formulas import Formula
from mechagents.mechanics.formulation import Formulation
from mechagents.problems import benchmark_problems, load_problem
from mechagents.verification.reference import find_references

ALL = find_benchmarks()
ENTRY = """
bar:
  source: somebody
  why: it is exact
  quantities:
    - {name: force, target: 2.0, unit: N, tolerance: 0.01}
"""


def formulation(benchmark: Benchmark) -> Formulation:
    return _stated(benchmark.name)


@cache
def _stated(name: str) -> Formulation:
    stated = load_problem(f"benchmark:{name}").formulation
    assert stated is not None
    return stated


def mantissa(number: float) -> float:
    return float(abs(number) / 10 ** np.floor(log10(abs(number))))


def test_every_benchmark_has_a_problem_and_every_problem_its_targets() -> None:
    assert len(ALL) >= 60
    assert [benchmark.name for benchmark in ALL] == [p.name for p in benchmark_problems()]


@pytest.mark.parametrize("benchmark", ALL, ids=lambda benchmark: benchmark.name)
def test_the_targets_are_those_of_the_wanted_quantities_in_their_units(
    benchmark: Benchmark,
) -> None:
    stated = formulation(benchmark)
    wanted = {item.name: stated.unit(item) for item in stated.wanted}
    assert {target.name: target.unit for target in benchmark.quantities} == wanted
    assert len(benchmark.quantities) == len(wanted)
    assert benchmark.problem().name == benchmark.name


@pytest.mark.parametrize("benchmark", ALL, ids=lambda benchmark: benchmark.name)
def test_a_closed_form_gives_its_target(benchmark: Benchmark) -> None:
    for target in benchmark.quantities:
        assert target.target != 0
        if target.closed_form is not None:
            value = Formula(formula=target.closed_form).at(np.zeros((1, 2)))[0]
            assert value == pytest.approx(target.target, rel=1e-9)
        else:
            assert target.high_order is not None
        assert abs(target.truth / target.target - 1) < target.tolerance


@pytest.mark.parametrize("benchmark", ALL, ids=lambda benchmark: benchmark.name)
def test_no_target_stands_in_a_problem(benchmark: Benchmark) -> None:
    (text,) = [p.text for p in benchmark_problems() if p.name == benchmark.name]
    told = [float(n) for n in re.findall(r"\d+\.?\d*(?:e-?\d+)?", text)]
    shown = [mantissa(number) for number in told if number]
    for target in benchmark.quantities:
        for value in {target.target, target.truth}:
            if len(f"{mantissa(value):.9g}".replace(".", "")) < 3:
                continue  # such as 100 MPa, which other quantities have too
            assert not np.isclose(shown, mantissa(value), rtol=1e-4).any()


def takes_long(benchmark: Benchmark) -> bool:
    stated = formulation(benchmark)
    return stated.dimension == 3 or stated.analysis == "transient"


def left_to_the_suite(benchmark: Benchmark) -> bool:
    """Whether a problem takes too long for a test: solids beyond statics, up to 20 s each."""
    stated = formulation(benchmark)
    return stated.dimension == 3 and stated.analysis != "static_linear"


QUICK = [one for one in ALL if not takes_long(one)]
GROUPS = [QUICK[start : start + 12] for start in range(0, len(QUICK), 12)]
GROUPS += [[one] for one in ALL if takes_long(one) and not left_to_the_suite(one)]


@pytest.mark.parametrize("some", GROUPS, ids=lambda some: some[0].name)
async def test_the_problems_as_stated_have_the_targets_as_solutions(some: list[Benchmark]) -> None:
    asked = [formulation(benchmark) for benchmark in some]
    solutions = await find_references(asked, seconds=600)
    for benchmark, solution in zip(some, solutions, strict=True):
        for target in benchmark.quantities:
            found = solution.quantities[target.name]
            apart = min(abs(value - target.truth) for value in found.values)
            assert apart <= max(1e-4 * abs(target.truth), 2 * found.error), benchmark.name


def test_a_benchmark_is_solved_by_its_name_like_any_problem() -> None:
    assert load_problem("benchmark:kirsch").name == "kirsch"
    with pytest.raises(ProblemError, match="did you mean benchmark:kirsch"):
        load_problem("benchmark:kirch")
    with pytest.raises(ProblemError):
        load_problem("kirsch")


def test_benchmarks_are_found_by_name_and_a_wrong_one_is_told() -> None:
    found = find_benchmarks(["lame-sphere", "benchmark:kirsch", "kirsch"])
    assert [benchmark.name for benchmark in found] == ["lame-sphere", "kirsch"]
    with pytest.raises(UsageError, match="did you mean kirsch"):
        find_benchmarks(["kirch"])


@pytest.mark.parametrize(
    "fault",
    [
        ("tolerance: 0.01", "tolerance: 0"),
        ("target: 2.0, ", ""),
        ("why: it is exact", "reason: it is exact"),
        ("{name: force, target: 2.0, unit: N, tolerance: 0.01}", "{}"),
    ],
    ids=["a tolerance of 0", "no target", "no reason", "an empty quantity"],
)
def test_a_fault_of_the_targets_is_refused(fault: tuple[str, str]) -> None:
    assert read_targets(ENTRY)[0].quantities[0].truth == 2.0
    with pytest.raises(ValidationError):
        read_targets(ENTRY.replace(*fault))
