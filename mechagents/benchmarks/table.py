"""The suite's results as a table of plain text."""

from __future__ import annotations

from collections.abc import Sequence

from mechagents.benchmarks.held import BenchmarkResult, Held
from mechagents.benchmarks.suite import SuiteReport
from mechagents.report.numbers import show_quantity

HEAD = (
    "benchmark", "quantity", "value", "error bound", "target", "off", "allowed", "order",
    "claim level", "s",
)  # fmt: skip
RIGHT = frozenset({5, 6, 7, 9})
"""Columns of numbers that stand at the right."""


def suite_table(report: SuiteReport) -> str:
    """Return a table with a line for each quantity, and the totals below."""
    rows: list[tuple[str, ...]] = [HEAD]
    for result in report.results:
        rows += [_row(result, held, index == 0) for index, held in enumerate(result.quantities)]
    return "\n".join([*_aligned(rows), "", *_failures(report), *_totals(report)])


def progress_line(result: BenchmarkResult, number: int, of: int) -> str:
    """Return a line for one result as it comes."""
    word = "ok" if result.passed else "FAILED"
    far = [abs(held.off) for held in result.quantities if held.off is not None]
    told = f"at most {_percent(max(far)).lstrip('+')} off" if far else result.ended
    return f"{number:3}/{of} {word:6} {result.name:28} {result.seconds:6.1f} s  {told}"


def _row(result: BenchmarkResult, held: Held, first: bool) -> tuple[str, ...]:
    name, seconds = (result.name, f"{result.seconds:.1f}") if first else ("", "")
    target = str(show_quantity(held.target, held.unit, digits=5))
    allowed = f"{100 * held.tolerance:g}%"
    value = bound = "none"
    if held.value is not None:
        shown = show_quantity(held.value, held.unit, held.error_bound, digits=5)
        value = f"{shown.value} {shown.unit}"
        bound = "not known" if shown.bound is None else f"± {shown.bound} {shown.unit}"
    off = "" if held.off is None else _percent(held.off)
    mark = "" if held.within else " !"
    level = held.claim_level + mark
    return (name, held.name, value, bound, target, off, allowed, _order(held), level, seconds)


def _order(held: Held) -> str:
    return held.behaviour if held.order is None else f"{held.order:.2f}"


def _percent(share: float) -> str:
    """Return a share in percent: +0.31%, -0.0042%, and 0 below a millionth."""
    if abs(share) < 1e-6:
        return "0"
    return f"{share:+.{2 if abs(share) >= 1e-4 else 4}%}"


def _aligned(rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    return [
        "  ".join(
            cell.rjust(width) if column in RIGHT else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _failures(report: SuiteReport) -> list[str]:
    lines: list[str] = []
    for result in report.results:
        if result.passed:
            continue
        wrong = [held.name for held in result.quantities if not held.within]
        told = f": {' '.join(result.message.split())}" if result.message else ""
        lines.append(f"{result.name} ({result.ended}), not as published: {', '.join(wrong)}{told}")
    missing = [name for name in report.asked if name not in {r.name for r in report.results}]
    if missing:
        lines.append(f"not run: {', '.join(missing)}")
    return [*lines, ""] if lines else []


def _totals(report: SuiteReport) -> list[str]:
    totals, machine = report.totals, report.machine
    bounded, inside = totals["with_error_bound"], totals["true_error_inside"]
    share = f", {inside / bounded:.1%}" if bounded else ""
    libraries = ", ".join(f"{name} {number}" for name, number in machine.libraries.items())
    return [
        f"{totals['benchmarks_passed']} of {totals['benchmarks']} benchmarks and "
        f"{totals['quantities_passed']} of {totals['quantities']} quantities are verified and "
        "within their tolerance.",
        f"The true error lies inside {inside} of {bounded} error bounds{share}.",
        f"{report.seconds:.0f} s, {report.jobs} at a time; model {report.model}; "
        f"{machine.processor}, {machine.processors} processors, {machine.system}, "
        f"Python {machine.python}, {libraries}",
    ]
