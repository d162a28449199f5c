"""``--limit`` and ``--budget``: what one execution may use, and what a run may spend."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import click

from mechagents.errors import UsageError

if TYPE_CHECKING:
    from pydantic import BaseModel

    from mechagents.budget import Budget
    from mechagents.sandbox.base import Limits

Option = Callable[[Callable[..., None]], Callable[..., None]]
Kept = TypeVar("Kept", bound="BaseModel")

limit_option: Option = click.option(
    "--limit", "limits", multiple=True, metavar="NAME=VALUE",
    help="What one execution may use, such as wall_seconds=600 or memory_mib=8192; repeatable.",
)  # fmt: skip
budget_option: Option = click.option(
    "--budget", "budget", multiple=True, metavar="NAME=VALUE",
    help="What the run may spend, such as tokens=200000, cost=0.50 or model_calls=40; repeatable.",
)  # fmt: skip


def chosen_limits(words: tuple[str, ...]) -> Limits:
    """Return limits of which those are given that words such as ``wall_seconds=600`` give.

    Raises:
        UsageError: If there is no such limit, or it cannot have that value.
    """
    from mechagents.sandbox.base import Limits

    return _with(Limits(), _given(words, tuple(Limits.model_fields), "--limit"), "--limit")


def chosen_budget(budget: Budget, words: tuple[str, ...]) -> Budget:
    """Return a budget with the limits that words such as ``tokens=200000`` give.

    Raises:
        UsageError: If there is no such limit, or it cannot have that value.
    """
    given = _given(words, tuple(type(budget).model_fields), "--budget")
    return _with(budget, given, "--budget")


def _given(words: tuple[str, ...], known: tuple[str, ...], option: str) -> dict[str, str]:
    given: dict[str, str] = {}
    for word in words:
        name, _, value = word.partition("=")
        if name not in known:
            told = f"there is no limit {name!r}; NAME=VALUE with one of: {', '.join(known)}"
            raise UsageError(told, where=option)
        given[name] = value
    return given


def _with(limits: Kept, given: dict[str, str], option: str) -> Kept:
    from pydantic import ValidationError

    own = {name: getattr(limits, name) for name in limits.model_fields_set}
    try:
        return type(limits).model_validate({**own, **given})
    except ValidationError as error:
        first = error.errors()[0]
        told = first["msg"].replace("Input should", "should")
        where = f"{option} {first['loc'][0]}"
        raise UsageError(f"{told}, not {first['input']!r}", where=where) from error
