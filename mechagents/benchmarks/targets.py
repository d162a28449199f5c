"""The published targets, which stand apart from the problems: no agent is shown them."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import Annotated, cast

from pydantic import Field, TypeAdapter
from ruamel.yaml import YAML

from mechagents.errors import UsageError
from mechagents.mechanics.geometry import Part
from mechagents.messages import Problem
from mechagents.problems import BENCHMARK, load_problem

FILE = "targets.yaml"


class Target(Part):
    """What is published of one quantity."""

    name: str
    """The quantity's name in the problem."""
    target: float
    """The published value, in ``unit``; not zero."""
    unit: str
    """The SI unit of the problem's quantity."""
    tolerance: Annotated[float, Field(gt=0, lt=1)]
    """How far an answer may be off, relative to the target [-]."""
    closed_form: str | None = None
    """How the target follows from the problem's numbers, as a formula."""
    high_order: float | None = None
    """The value of the problem as stated by elements of a high order, in ``unit``; None where the
    target is the exact solution of that problem."""

    @property
    def truth(self) -> float:
        """The best known value of the problem as stated, in ``unit``."""
        return self.target if self.high_order is None else self.high_order


class Benchmark(Part):
    """What is published of one problem."""

    name: str
    source: str
    why: str
    """Why the tolerances are what they are."""
    note: str | None = None
    quantities: Annotated[tuple[Target, ...], Field(min_length=1)]

    def problem(self) -> Problem:
        """Return the problem, without the targets."""
        return load_problem(BENCHMARK + self.name)


def read_targets(text: str) -> tuple[Benchmark, ...]:
    """Return the benchmarks that a text in the form of ``targets.yaml`` holds, by name.

    Raises:
        pydantic.ValidationError: If a field is missing, unknown or out of range.
    """
    data = cast("dict[str, dict[str, object]]", YAML(typ="safe", pure=True).load(text))
    entries = [{"name": name, **entry} for name, entry in sorted(data.items())]
    return TypeAdapter(tuple[Benchmark, ...]).validate_python(entries)


@cache
def _packaged() -> tuple[Benchmark, ...]:
    return read_targets(files("mechagents.benchmarks").joinpath(FILE).read_text(encoding="utf-8"))


def find_benchmarks(names: Iterable[str] = ()) -> tuple[Benchmark, ...]:
    """Return the benchmarks of some names, each once, or all where none is named.

    Raises:
        UsageError: If there is no benchmark of a name.
    """
    known = {benchmark.name: benchmark for benchmark in _packaged()}
    wanted = [name.removeprefix(BENCHMARK) for name in names]
    for name in wanted:
        if name not in known:
            close = get_close_matches(name, known, n=3)
            hint = f"did you mean {' or '.join(close)}? " if close else ""
            told = f"there is no such benchmark; {hint}known: {', '.join(known)}"
            raise UsageError(told, where=f"--suite {name[:80]}")
    return tuple(known[name] for name in dict.fromkeys(wanted or known))
