"""The numbers that options take: finite, and no larger than anything can mean."""

from __future__ import annotations

import math

import click

YEAR = 31_536_000.0
"""In seconds."""


class FiniteRange(click.FloatRange):
    """A range of floating-point numbers without nan, which no bound keeps out, and inf."""

    def convert(
        self, value: float, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return the number, or fail as options do."""
        number = float(super().convert(value, param, ctx))
        if not math.isfinite(number):
            self.fail(f"{value} is not a finite number.", param, ctx)
        return number


SECONDS = FiniteRange(0, YEAR, min_open=True)
SHARE = FiniteRange(0, 1, min_open=True, max_open=True)
MEBIBYTES = click.IntRange(1, 2**30)
TOKENS = click.IntRange(2_000, 100_000_000)
COUNT = click.IntRange(1, 1_000_000)
PROGRAMS = click.IntRange(1, 64)
JOBS = click.IntRange(1, 64)
