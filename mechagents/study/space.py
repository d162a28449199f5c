"""The space of a study: its parameters in SI, with units, and the samples laid out in it."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from pydantic import ValidationError
from pydantic_core import PydanticCustomError

from mechagents.errors import ProblemError
from mechagents.mechanics.formulation import Formulation
from mechagents.mechanics.units import to_si
from mechagents.study.spec import (
    MOST_SAMPLES,
    Distribution,
    Grid,
    LatinHypercube,
    Listed,
    LogNormal,
    Normal,
    Parameter,
    SobolIndices,
    SobolSequence,
    Study,
    Triangular,
    Uniform,
    Value,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

UNITS = (
    "m", "Pa", "N", "N/m", "N/m^2", "N/m^3", "kg/m^3", "1/K", "K", "s", "1/s", "m/s", "rad", "Hz",
)  # fmt: skip
"""Units in which numbers of a formulation may stand."""
_WRONG_UNIT = ("unit_dimension", "unit_syntax", "float_parsing", "float_type", "varying")


@dataclass(frozen=True, slots=True)
class Axis:
    """One parameter in SI."""

    name: str
    places: tuple[str, ...]
    unit: str
    parameter: Parameter

    def si(self, value: Value, field: str) -> float:
        """Return a value of the study file in SI.

        Raises:
            ProblemError: If it is none in the parameter's unit; names the field.
        """
        where = f"parameters.{self.name}.{field}"
        try:
            number = to_si(value, "dimensionless" if self.unit == "1" else self.unit)
        except PydanticCustomError as error:
            raise ProblemError(error.message(), where=where) from error
        if not isinstance(number, int | float) or not abs(number) < 1e300:
            raise ProblemError(f"{value!r} is not a finite number", where=where)
        return float(number)

    def from_unit(self, u: FloatArray) -> FloatArray:
        """Return values for numbers spread evenly between 0 and 1, shape (n,) to (n,)."""
        import numpy as np

        parameter = self.parameter
        if parameter.distribution is not None:
            return self._distributed(parameter.distribution, u)
        assert parameter.low is not None
        assert parameter.high is not None
        low, high = self.range()
        if parameter.scale == "log":
            return np.asarray(low * (high / low) ** u, dtype=np.float64)
        return np.asarray(low + (high - low) * u, dtype=np.float64)

    def range(self) -> tuple[float, float]:
        """Return the bounds.

        Raises:
            ProblemError: If they are in the wrong order, or not positive on a logarithmic scale.
        """
        assert self.parameter.low is not None
        assert self.parameter.high is not None
        low, high = self.si(self.parameter.low, "low"), self.si(self.parameter.high, "high")
        where = f"parameters.{self.name}.high"
        if not low < high:
            raise ProblemError(f"{high:g} is not above low, which is {low:g}", where=where)
        if self.parameter.scale == "log" and low <= 0:
            told = "a logarithmic scale needs bounds above 0"
            raise ProblemError(told, where=f"parameters.{self.name}.scale")
        return low, high

    def _distributed(self, distribution: Distribution, u: FloatArray) -> FloatArray:
        import numpy as np
        from scipy import stats

        def si(field: str) -> float:
            return self.si(getattr(distribution, field), f"distribution.{field}")

        match distribution:
            case Uniform():
                low, high = si("low"), si("high")
                self._check(low < high, "high", "must be above low")
                found = low + (high - low) * u
            case Triangular():
                low, mode, high = si("low"), si("mode"), si("high")
                self._check(low <= mode <= high and low < high, "mode",
                            "must lie between low and high")  # fmt: skip
                found = stats.triang.ppf(u, (mode - low) / (high - low), low, high - low)
            case Normal():
                mean, sd = si("mean"), si("sd")
                self._check(sd > 0, "sd", "must be above 0")
                found = stats.norm.ppf(u, mean, sd)
            case LogNormal():
                mean, sd = si("mean"), si("sd")
                self._check(sd > 0 and mean > 0, "mean", "mean and sd must be above 0")
                spread = np.sqrt(np.log1p((sd / mean) ** 2))
                found = stats.lognorm.ppf(u, spread, scale=mean * np.exp(-(spread**2) / 2))
        return np.asarray(found, dtype=np.float64)

    def _check(self, holds: bool, field: str, told: str) -> None:
        if not holds:
            raise ProblemError(told, where=f"parameters.{self.name}.distribution.{field}")


def axes_of(study: Study, formulation: Formulation) -> tuple[Axis, ...]:
    """Return a study's parameters, each with the unit of the field that it stands in.

    Raises:
        ProblemError: If a path leads to no number of the formulation; names the parameter.
    """
    data = formulation.model_dump(mode="json")
    return tuple(
        Axis(name, parameter.places, _unit(formulation, data, name, parameter), parameter)
        for name, parameter in study.parameters.items()
    )


def look_up(data: object, path: str) -> object:
    """Return what stands at a dotted path of nested dictionaries and lists.

    Raises:
        KeyError: If there is nothing.
    """
    for key in path.split("."):
        inside = _inside(data)
        if key not in inside:
            raise KeyError(path)
        data = inside[key]
    return data


def _inside(data: object) -> dict[str, object]:
    """Return what a dictionary holds by key, a list by number, and anything else not at all."""
    if isinstance(data, dict):
        return {str(k): v for k, v in cast("dict[object, object]", data).items()}
    if isinstance(data, list):
        return {str(i): v for i, v in enumerate(cast("list[object]", data))}
    return {}


def _unit(formulation: Formulation, data: dict[str, Any], name: str, parameter: Parameter) -> str:
    units = [_unit_at(formulation, data, f"parameters.{name}", path) for path in parameter.places]
    if len(set(units)) > 1:
        told = f"its paths lead to fields in different units: {', '.join(units)}"
        raise ProblemError(told, where=f"parameters.{name}.paths")
    return units[0]


def _unit_at(formulation: Formulation, data: dict[str, Any], where: str, path: str) -> str:
    """Return the unit of a field, found by what it takes."""
    try:
        found = look_up(data, path)
    except KeyError as error:
        told = f"the formulation has no {path!r}; {_known(data, path)}"
        raise ProblemError(told, where=f"{where}.path") from error
    if isinstance(found, bool) or not isinstance(found, int | float | type(None)):
        told = f"{path!r} holds no number"
        raise ProblemError(told, where=f"{where}.path")
    for unit in UNITS:
        if _takes(formulation, path, f"1 {unit}"):
            return unit
    return "1"


def _takes(formulation: Formulation, path: str, quantity: str) -> bool:
    try:
        formulation.amended({path: quantity})
    except ValidationError as error:
        return not any(details["type"] in _WRONG_UNIT for details in error.errors())
    except ValueError:
        return False
    return True


def _known(data: dict[str, Any], path: str) -> str:
    """Return what stands where a path goes wrong."""
    keys = path.split(".")
    for end in range(len(keys) - 1, -1, -1):
        try:
            above = look_up(data, ".".join(keys[:end])) if end else data
        except KeyError:
            continue
        inside = _inside(above)
        told = ", ".join(inside) or "nothing inside"
        if isinstance(above, list) and inside:
            told = f"items 0 to {len(inside) - 1}"
        return f"{'.'.join(keys[:end]) or 'it'} has {told}"
    return "it is empty"


def lay_out(study: Study, axes: Sequence[Axis], folder: Path) -> FloatArray:
    """Return the samples of a study in SI, shape (samples, parameters).

    The same study always gives the same samples.

    Args:
        study: Has a sampling.
        axes: Its parameters.
        folder: Where a file of samples is looked for.

    Raises:
        ProblemError: If a range, a list or its file cannot be used; names the field.
    """
    import numpy as np

    match study.sampling:
        case Grid():
            found = _grid(axes)
        case Listed() as listed:
            rows = _read_rows(folder / listed.file) if listed.file else listed.rows
            found = np.array(list(_listed(rows, axes)), dtype=np.float64)
        case sampling:
            assert sampling is not None
            found = _spread(_unit_cube(sampling, len(axes)), axes)
    return found


def _grid(axes: Sequence[Axis]) -> FloatArray:
    import numpy as np

    ticks = [_ticks(axis) for axis in axes]
    size = int(np.prod([float(len(one)) for one in ticks]))
    if size > MOST_SAMPLES:
        told = f"the grid has {size:,} samples; at most {MOST_SAMPLES:,} are"
        raise ProblemError(told, where="sampling")
    return np.array(list(itertools.product(*ticks)), dtype=np.float64)


def _ticks(axis: Axis) -> list[float]:
    import numpy as np

    if axis.parameter.values:
        return [axis.si(v, f"values.{i}") for i, v in enumerate(axis.parameter.values)]
    count = axis.parameter.count or 1
    return [float(v) for v in axis.from_unit(np.linspace(0, 1, count))]


def _unit_cube(
    sampling: LatinHypercube | SobolSequence | SobolIndices, dimensions: int
) -> FloatArray:
    """Return points in the unit cube, shape (samples, dimensions), none on its faces."""
    import numpy as np
    from scipy.stats import qmc

    match sampling:
        case LatinHypercube():
            points = qmc.LatinHypercube(dimensions, rng=sampling.seed).random(sampling.samples)
        case SobolSequence():
            bits = (sampling.samples - 1).bit_length()
            points = qmc.Sobol(dimensions, rng=sampling.seed).random_base2(bits)
            points = points[: sampling.samples]
        case SobolIndices():
            both = qmc.Sobol(2 * dimensions, rng=sampling.seed).random(sampling.base)
            points = _mixed(both[:, :dimensions], both[:, dimensions:])
    edge = 2.0**-40
    return np.clip(np.asarray(points, dtype=np.float64), edge, 1 - edge)


def _mixed(a: FloatArray, b: FloatArray) -> FloatArray:
    """Return A, B, and for each parameter A with its column taken from B, one after another."""
    import numpy as np

    swapped: list[FloatArray] = []
    for column in range(a.shape[1]):
        ab = a.copy()
        ab[:, column] = b[:, column]
        swapped.append(ab)
    return np.concatenate([a, b, *swapped])


def _spread(points: FloatArray, axes: Sequence[Axis]) -> FloatArray:
    import numpy as np

    return np.column_stack([axis.from_unit(points[:, i]) for i, axis in enumerate(axes)])


def _read_rows(path: Path) -> list[dict[str, Value]]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            return [
                {(key or "").strip(): (value or "").strip() for key, value in row.items() if key}
                for row in csv.DictReader(file)
            ]
    except (OSError, UnicodeError, csv.Error) as error:
        raise ProblemError(f"cannot be read: {error}", where=f"sampling.file: {path}") from error


def _listed(rows: Sequence[dict[str, Value]], axes: Sequence[Axis]) -> Iterator[list[float]]:
    if not rows:
        raise ProblemError("holds no samples", where="sampling")
    names = {axis.name for axis in axes}
    for number, row in enumerate(rows):
        missing, extra = sorted(names - set(row)), sorted(set(row) - names)
        if missing or extra:
            told = f"has no {missing[0]!r}" if missing else f"{extra[0]!r} is no parameter"
            raise ProblemError(told, where=f"sampling.rows.{number}")
        yield [_row_value(axis, row[axis.name], number) for axis in axes]


def _row_value(axis: Axis, value: Value, number: int) -> float:
    try:
        return axis.si(value, "")
    except ProblemError as error:
        raise ProblemError(error.message, where=f"sampling.rows.{number}.{axis.name}") from error
