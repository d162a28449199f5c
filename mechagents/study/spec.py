"""What a study varies, how it samples, and what it keeps: the study file as typed data."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from mechagents.mechanics.geometry import Name, Part
from mechagents.messages import Settings
from mechagents.study.expressions import check_expression

MOST_SAMPLES = 1_000_000
Value = float | str
"""A number in the SI unit of the field, or a quantity with a unit such as ``20 mm``."""
Count = Annotated[int, Field(ge=1, le=MOST_SAMPLES)]
Seed = Annotated[int, Field(ge=0, lt=2**63)]
Expression = Annotated[str, Field(min_length=1, max_length=400)]
RESERVED = (
    "sample", "claim_level", "status", "reason", "program", "seed", "fields", "seconds",
)  # fmt: skip
"""Columns that every dataset has."""


class Uniform(Part):
    """Every value between two bounds is as likely."""

    kind: Literal["uniform"] = "uniform"
    low: Value
    high: Value


class Normal(Part):
    """A normal distribution."""

    kind: Literal["normal"] = "normal"
    mean: Value
    sd: Value
    """Its standard deviation, in the unit of the mean."""


class LogNormal(Part):
    """The logarithm is normally distributed; mean and standard deviation are the value's own."""

    kind: Literal["lognormal"] = "lognormal"
    mean: Value
    sd: Value


class Triangular(Part):
    """Rises from the lowest value to the likeliest and falls to the highest."""

    kind: Literal["triangular"] = "triangular"
    low: Value
    mode: Value
    high: Value


Distribution = Annotated[Uniform | Normal | LogNormal | Triangular, Field(discriminator="kind")]


class Parameter(Part):
    """A number of the formulation that is varied.

    It has either ``values``, or ``low`` and ``high``, or a ``distribution``, or nothing where the
    samples are listed.
    """

    path: str | None = None
    """Where it stands in the formulation: ``materials.plate.youngs_modulus``; list items by
    index."""
    paths: tuple[str, ...] = ()
    """More places that take the same value."""
    low: Value | None = None
    high: Value | None = None
    scale: Literal["linear", "log"] = "linear"
    """How samples are spread between the bounds."""
    values: tuple[Value, ...] = ()
    count: Annotated[int, Field(ge=1, le=100_000)] | None = None
    """How many values a grid takes between the bounds."""
    distribution: Distribution | None = None

    @property
    def places(self) -> tuple[str, ...]:
        """All its paths."""
        return (*((self.path,) if self.path else ()), *self.paths)

    @model_validator(mode="after")
    def _is_given_once(self) -> Self:
        if not self.places:
            raise ValueError("path: is missing; say where the parameter stands")
        if (self.low is None) != (self.high is None):
            raise ValueError("low: a range needs both low and high")
        ways = (bool(self.values), self.low is not None, self.distribution is not None)
        if sum(ways) > 1:
            raise ValueError("values: give one of values, low and high, or a distribution")
        return self


class Grid(Part):
    """Every combination of the parameters' values."""

    method: Literal["grid"] = "grid"
    seed: Seed = 0


class Listed(Part):
    """The samples themselves."""

    method: Literal["list"] = "list"
    rows: tuple[dict[str, Value], ...] = ()
    """A value of every parameter for each sample."""
    file: str | None = None
    """A CSV file with a column for every parameter, beside the study file."""
    seed: Seed = 0

    @model_validator(mode="after")
    def _has_one_source(self) -> Self:
        if bool(self.rows) == bool(self.file):
            raise ValueError("rows: give either rows or a file")
        return self


class LatinHypercube(Part):
    """Each parameter's range in as many layers as samples, one sample in each."""

    method: Literal["latin_hypercube"] = "latin_hypercube"
    samples: Count
    seed: Seed = 0


class SobolSequence(Part):
    """A scrambled Sobol sequence, which fills the space evenly."""

    method: Literal["sobol"] = "sobol"
    samples: Count
    seed: Seed = 0


class SobolIndices(Part):
    """The design from which first-order and total Sobol indices are estimated.

    It takes ``base * (parameters + 2)`` samples.
    """

    method: Literal["sobol_indices"] = "sobol_indices"
    base: Count
    """A power of two."""
    seed: Seed = 0
    confidence: Annotated[float, Field(gt=0.5, lt=1)] = 0.95
    """Of the intervals around the indices, by bootstrapping."""

    @field_validator("base")
    @classmethod
    def _is_a_power_of_two(cls, base: int) -> int:
        if base & (base - 1):
            raise ValueError(f"{base} is no power of two; take {2 ** base.bit_length()}")
        return base


Sampling = Annotated[
    Grid | Listed | LatinHypercube | SobolSequence | SobolIndices, Field(discriminator="method")
]


class Bound(Part):
    """What a quantity or an output must keep to."""

    at_most: float | None = None
    at_least: float | None = None

    @model_validator(mode="after")
    def _bounds_something(self) -> Self:
        if self.at_most is None and self.at_least is None:
            raise ValueError("at_most: give at_most, at_least or both")
        return self


class Optimize(Part):
    """A search for the best parameters instead of samples laid out beforehand.

    scipy's differential evolution, which needs no gradient; each design is run and checked as a
    sample is, and the best one is verified in full.
    """

    minimize: str | None = None
    maximize: str | None = None
    constraints: dict[str, Bound] = Field(default_factory=dict[str, Bound])
    evaluations: Count = 200
    """Designs that may be run."""
    population: Annotated[int, Field(ge=5, le=1000)] | None = None
    """Designs in a generation; None takes eight for each parameter."""
    seed: Seed = 0

    @property
    def objective(self) -> str:
        """The quantity or output that is made small or large."""
        return self.minimize or self.maximize or ""

    @model_validator(mode="after")
    def _has_one_objective(self) -> Self:
        if (self.minimize is None) == (self.maximize is None):
            raise ValueError("minimize: give either minimize or maximize")
        return self


class Study(Part):
    """One problem, solved by a team once, and its verified program run for many values.

    For instance:

        Study(
            name="plate", problem="hole-in-tension",
            parameters={"youngs_modulus": Parameter(path="materials.plate.youngs_modulus",
                                                    low=60e9, high=80e9)},
            sampling=LatinHypercube(samples=100),
        )
    """

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")] = "study"
    problem: Annotated[str, Field(min_length=1)]
    """A packaged problem's name, a problem file, or the folder of a run that was answered."""
    parameters: Annotated[dict[Name, Parameter], Field(min_length=1)]
    sampling: Sampling | None = None
    optimize: Optimize | None = None
    quantities: tuple[str, ...] = ()
    """Which of the wanted quantities are kept; none means all."""
    set: dict[str, Expression] = Field(default_factory=dict[str, str])
    """Fields of the formulation, or of ``settings``, that follow from the parameters, by path:
    ``{"wanted.0.at.1": "1 - radius"}``, in SI."""
    outputs: dict[Name, Expression] = Field(default_factory=dict[str, str])
    """Further columns that follow from parameters and quantities, in SI."""
    settings: Settings | None = None
    """How the program runs, where not as it did in the team's answer."""
    full: Annotated[float, Field(ge=0, le=1)] = 0.1
    """The share of the samples that is verified in full, drawn at random."""
    keep_fields: Literal["all", "verified", "none"] = "all"
    """Of which samples the fields are kept."""
    returns: Annotated[int, Field(ge=0, le=MOST_SAMPLES)] = 20
    """How many samples that failed a check may go back to the team, each once."""

    @property
    def seed(self) -> int:
        """Of the samples and of which ones are verified in full."""
        way = self.sampling or self.optimize
        assert way is not None
        return way.seed

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if (self.sampling is None) == (self.optimize is None):
            raise ValueError("sampling: give either sampling or optimize")
        for name, parameter in self.parameters.items():
            self._check_spread(name, parameter)
        self._check_names()
        return self

    def _check_spread(self, name: str, parameter: Parameter) -> None:
        ranged = parameter.low is not None
        match self.sampling:
            case Grid():
                if not parameter.values and not (ranged and parameter.count):
                    raise ValueError(
                        f"parameters.{name}: a grid needs values, or low, high and count"
                    )
            case Listed():
                if parameter.values or ranged or parameter.distribution:
                    raise ValueError(f"parameters.{name}: the list gives its values; leave out its "
                                     "own")  # fmt: skip
            case None:
                if not ranged:
                    raise ValueError(f"parameters.{name}: a search needs low and high")
            case _:
                if not ranged and parameter.distribution is None:
                    raise ValueError(f"parameters.{name}: needs low and high, or a distribution")
                if parameter.count is not None:
                    raise ValueError(f"parameters.{name}.count: has a meaning only in a grid")

    def _check_names(self) -> None:
        for name in (*self.parameters, *self.outputs):
            if name in RESERVED or name.endswith("_error_bound") or re.fullmatch("pi", name):
                raise ValueError(f"parameters.{name}: is the name of something else; take another")
        doubled = set(self.parameters) & set(self.outputs)
        if doubled:
            raise ValueError(f"outputs.{min(doubled)}: is a parameter's name too")
        for path, expression in self.set.items():
            check_expression(expression, self.parameters, f"set.{path}")
