"""From a sample's values to what changes in the formulation and the settings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from mechagents.errors import ProblemError
from mechagents.mechanics.formulation import Formulation
from mechagents.messages import Settings
from mechagents.study.expressions import check_expression, value_of
from mechagents.study.space import Axis, look_up
from mechagents.study.spec import Study

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SETTINGS = "settings."
"""Stands before a field of the settings among the paths of ``set``."""


def check_study(study: Study, axes: Sequence[Axis], formulation: Formulation) -> None:
    """Make sure that what a study names is there.

    Raises:
        ProblemError: If a quantity, an output's name or a path is not; names the field.
    """
    known = {wanted.name for wanted in formulation.wanted}
    for index, name in enumerate(study.quantities):
        if name not in known:
            told = f"{name!r} is not wanted; the problem wants {', '.join(sorted(known))}"
            raise ProblemError(told, where=f"quantities.{index}")
    for name in study.parameters:
        if name in known:
            told = "is the name of a wanted quantity too; take another"
            raise ProblemError(told, where=f"parameters.{name}")
    names = [*study.parameters, *kept_quantities(study, formulation)]
    for name, expression in study.outputs.items():
        if name in known:
            told = "is the name of a wanted quantity too; take another"
            raise ProblemError(told, where=f"outputs.{name}")
        _check(expression, names, f"outputs.{name}")
        names.append(name)
    _check_search(study, names)
    data = formulation.model_dump(mode="json")
    for path in study.set:
        _check_place(data, path)
    for axis in axes:
        if axis.parameter.low is not None:
            axis.range()


def _check(expression: str, names: Sequence[str], where: str) -> None:
    try:
        check_expression(expression, names, where)
    except ValueError as error:
        told = str(error).removeprefix(f"{where}: ")
        raise ProblemError(told, where=where) from error


def _check_search(study: Study, names: Sequence[str]) -> None:
    search = study.optimize
    if search is None:
        return
    way = "minimize" if search.minimize else "maximize"
    named = {f"optimize.constraints.{name}": name for name in search.constraints}
    for where, name in {f"optimize.{way}": search.objective, **named}.items():
        if name not in names:
            told = f"{name!r} is no quantity, output or parameter; there are {', '.join(names)}"
            raise ProblemError(told, where=where)


def _check_place(data: dict[str, Any], path: str) -> None:
    if path.startswith(SETTINGS):
        if path.removeprefix(SETTINGS) not in Settings.model_fields:
            fields = ", ".join(name for name in Settings.model_fields if name != "options")
            raise ProblemError(f"the settings have {fields}", where=f"set.{path}")
        return
    try:
        look_up(data, path)
    except KeyError as error:
        raise ProblemError("the formulation has no such field", where=f"set.{path}") from error


def kept_quantities(study: Study, formulation: Formulation) -> tuple[str, ...]:
    """Return the names of the wanted quantities that a study keeps, in the problem's order."""
    names = tuple(wanted.name for wanted in formulation.wanted)
    return tuple(name for name in names if not study.quantities or name in study.quantities)


def kept_formulation(study: Study, formulation: Formulation) -> dict[str, Any]:
    """Return, as JSON, what samples solve: only the kept quantities, no pictures, no readings."""
    names = kept_quantities(study, formulation)
    data = formulation.model_dump(mode="json")
    wanted = [one for one in data["wanted"] if one["name"] in names]
    return {**data, "wanted": wanted, "pictures": [], "assumptions": []}


def kept_path(study: Study, formulation: Formulation, path: str) -> str | None:
    """Return a path of the problem's formulation in that of the samples; None where it is gone."""
    first, _, rest = path.partition(".")
    index, _, inside = rest.partition(".")
    if first in ("pictures", "assumptions"):
        return None
    if first != "wanted" or not index.isdecimal():
        return path
    names = [wanted.name for wanted in formulation.wanted]
    kept = kept_quantities(study, formulation)
    name = names[int(index)] if int(index) < len(names) else ""
    return f"wanted.{kept.index(name)}.{inside}" if name in kept else None


def changes_of(
    study: Study,
    formulation: Formulation,
    axes: Sequence[Axis],
    values: NDArray[np.float64],
    base: Settings,
) -> tuple[dict[str, float], Settings]:
    """Return what a sample changes in ``kept_formulation``, by path, and its settings.

    Args:
        study: The study.
        formulation: The problem's.
        axes: The parameters.
        values: The sample's, in SI, shape (parameters,).
        base: The settings of the team's answer.

    Raises:
        ProblemError: If the settings that follow cannot be.
    """
    named = {axis.name: float(value) for axis, value in zip(axes, values, strict=True)}
    changes = {path: named[axis.name] for axis in axes for path in axis.places}
    given = {} if study.settings is None else study.settings.model_dump(exclude_none=True)
    settings: dict[str, Any] = {**base.model_dump(), **given}
    for path, expression in study.set.items():
        value = value_of(expression, named)
        if path.startswith(SETTINGS):
            name = path.removeprefix(SETTINGS)
            settings[name] = value if name == "mesh_size" else round(value)
        else:
            changes[path] = value
    moved = {kept_path(study, formulation, path): value for path, value in changes.items()}
    kept = {path: value for path, value in moved.items() if path is not None}
    try:
        return kept, Settings.model_validate(settings)
    except ValidationError as error:
        told = f"{error.errors()[0]['msg']} at {named}"
        raise ProblemError(told, where="set.settings") from error
