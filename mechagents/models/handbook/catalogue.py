"""The catalogue of causes: what a failed check or an error most likely comes from."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

from pydantic import BaseModel, ConfigDict

from mechagents.messages import Check


class CheckCause(BaseModel):
    """What fails a kind of check."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    check: str
    """A pattern that the check's name starts with."""
    message: str = ""
    """A pattern that its message holds."""
    to: str
    """The role that can mend it."""
    cause: str
    remedy: str


class ErrorCause(BaseModel):
    """What makes a program end with an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    error: str
    """A pattern that the error output holds."""
    cause: str
    remedy: str


class Catalogue(BaseModel):
    """Causes, most particular first."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    checks: tuple[CheckCause, ...]
    errors: tuple[ErrorCause, ...]


@cache
def catalogue() -> Catalogue:
    """Return the packaged catalogue."""
    text = files("mechagents.models.handbook").joinpath("catalogue.json").read_text("utf-8")
    return Catalogue.model_validate_json(text)


def explain_check(check: Check) -> CheckCause:
    """Return the most likely cause of a failed check; the last entry fits any."""
    return next(
        entry
        for entry in catalogue().checks
        if re.match(entry.check, check.name) and re.search(entry.message, check.message, re.I)
    )


def explain_error(stderr: str) -> str:
    """Return the cause of and remedy for a program's error, empty where none is known."""
    for entry in catalogue().errors:
        if re.search(entry.error, stderr):
            return f"{entry.cause} {entry.remedy}"
    return ""
