"""``--limit NAME=VALUE``: what one execution may use, on every command that runs programs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from mechagents.errors import UsageError

if TYPE_CHECKING:
    from mechagents.sandbox.base import Limits

limit_option: Callable[[Callable[..., None]], Callable[..., None]] = click.option(
    "--limit", "limits", multiple=True, metavar="NAME=VALUE",
    help="What one execution may use, such as wall_seconds=600 or memory_mib=8192; repeatable.",
)  # fmt: skip


def chosen_limits(words: tuple[str, ...]) -> Limits:
    """Return limits of which those are given that words such as ``wall_seconds=600`` give.

    Raises:
        UsageError: If there is no such limit, or it cannot have that value.
    """
    from pydantic import ValidationError

    from mechagents.sandbox.base import Limits

    given: dict[str, str] = {}
    for word in words:
        name, _, value = word.partition("=")
        if name not in Limits.model_fields:
            known = ", ".join(Limits.model_fields)
            told = f"there is no limit {name!r}; NAME=VALUE with one of: {known}"
            raise UsageError(told, where="--limit")
        given[name] = value
    try:
        return Limits.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        told = first["msg"].replace("Input should", "should")
        where = f"--limit {first['loc'][0]}"
        raise UsageError(f"{told}, not {first['input']!r}", where=where) from error
