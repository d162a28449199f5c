"""Turns a pydantic error into faults that name the line and the field of a file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from typing import TYPE_CHECKING, cast

from pydantic import BaseModel, ValidationError

from mechagents.mechanics.parts import NAME_PATTERN, NAME_RULE, Part
from mechagents.messages import Problem
from mechagents.problems.source import Source

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

FIELD_FIRST = re.compile(r"((?:\d+\.)?[a-z_]+(?:\.[^:\n]+)?): (.+)")
"""A sentence of the formulation's own checks: the field, then the reason."""

QUOTES = ("unit_dimension", "unit_syntax", "unknown_material")
"""Kinds of error whose sentence already repeats what was given."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one field of a file."""

    line: int
    field: str
    """Dotted path from the file's root."""
    reason: str

    @property
    def place(self) -> str:
        """Line and field, as an error shows them."""
        return f"{self.line}: {self.field}"


def located_faults(source: Source, error: ValidationError) -> list[Fault]:
    """Return every fault of an invalid problem in the order of the file's lines.

    Args:
        source: The file that was validated.
        error: What pydantic found; a check of a whole formulation may hold several sentences.
    """
    found: dict[Fault, None] = {}
    for details in own_errors(error.errors(include_url=False)):
        path = list(_path(source.data, details["loc"]))
        for inner, reason in _sentences(details):
            whole = [*path, *inner]
            found[Fault(source.line(whole), ".".join(whole), reason)] = None
    return sorted(found, key=lambda fault: fault.line)


def own_errors(errors: list[ErrorDetails]) -> list[ErrorDetails]:
    """Leave out lists that are too short only because items of theirs are at fault."""
    places = [details["loc"] for details in errors]
    return [
        details
        for details in errors
        if details["type"] != "too_short"
        or not any(_lies_in(place, details["loc"]) for place in places)
    ]


def _lies_in(place: tuple[int | str, ...], whole: tuple[int | str, ...]) -> bool:
    return len(place) > len(whole) and place[: len(whole)] == whole


def _path(data: object, loc: tuple[int | str, ...]) -> Iterator[str]:
    """Leave out of a pydantic location what is no key of the file: the tags of unions.

    A material without a kind is isotropic.
    """
    for step in loc:
        inside = _items(data)
        tags = inside.get("kind", "isotropic"), inside.get("method")
        tag = step in tags or (_is_list(data) and isinstance(step, str))
        if step == "[key]" or (step not in inside and tag):
            continue
        yield str(step)
        data = inside.get(step)


def _is_list(data: object) -> bool:
    return isinstance(data, list)


def _items(data: object) -> dict[object, object]:
    if isinstance(data, dict):
        return cast("dict[object, object]", data)
    if isinstance(data, list):
        return dict(enumerate(cast("list[object]", data)))
    return {}


def _sentences(details: ErrorDetails) -> Iterator[tuple[list[str], str]]:
    """Split an error into faults: the path below its location, and the reason."""
    if details["type"] != "value_error":
        yield [], _reason(details)
        return
    for sentence in details["msg"].removeprefix("Value error, ").split("\n"):
        match = FIELD_FIRST.fullmatch(sentence)
        if match:
            yield match[1].split("."), match[2]
        else:
            yield [], sentence


def _reason(details: ErrorDetails) -> str:
    kind, given = details["type"], details["input"]
    if kind == "missing":
        return "is missing"
    if kind == "extra_forbidden":
        close = get_close_matches(str(details["loc"][-1]), _field_names(), n=1, cutoff=0.7)
        return "there is no such field" + (f"; did you mean {close[0]}?" if close else "")
    context = details.get("ctx", {})
    if kind == "too_short":
        least, actual = int(context["min_length"]), int(context["actual_length"])
        return f"at least {_counted(least)} needed" + (f", not {actual}" if actual else "")
    if kind == "string_pattern_mismatch" and context.get("pattern") == NAME_PATTERN:
        return f"{details['input']!r} is no name: {NAME_RULE}"
    if kind == "union_tag_not_found":
        return "needs a kind, which says what it is"
    if kind == "union_tag_invalid":
        return f"kind is {context['tag']!r}; it must be one of {context['expected_tags']}"
    reason = details["msg"].replace("Input should", "should")
    return f"{reason}, not {given!r}" if kind not in QUOTES and _short(given) else reason


def _counted(least: int) -> str:
    words = {1: "one is", 2: "two are", 3: "three are"}
    return words.get(least, f"{least} are")


def _short(given: object) -> bool:
    return isinstance(given, int | float | str) and len(repr(given)) < 60


@cache
def _field_names() -> list[str]:
    """Return the names of all fields that a problem file may hold."""
    names: set[str] = set(Problem.model_fields)
    waiting: list[type[BaseModel]] = [Part]
    while waiting:
        model = waiting.pop()
        names.update(model.model_fields)
        waiting.extend(model.__subclasses__())
    return sorted(names)
