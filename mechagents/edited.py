"""Messages that a person puts in the place of others: read from a file, and what may be edited."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

from pydantic import ValidationError

from mechagents.agents.replies import describe
from mechagents.errors import UsageError
from mechagents.messages import Message, Opaque, Problem, Program, parse_message
from mechagents.team import RESERVED

COMPUTED = frozenset({"execution", *RESERVED})
"""Kinds that say what was computed, found or paid for, and not what anybody thinks."""
LARGEST = 10_000_000
"""Bytes of a file that holds a message."""


def read_edited(file: Path, original: Message) -> Message:
    """Return the message that a file holds, to stand in place of another.

    Args:
        file: JSON as ``mechagents log --json`` prints it under ``message``, where ``kind`` and
            what ``fixed_fields`` names may be left out; for a program also its source, in
            a file that ends in ``.py``.
        original: The message in whose place it stands.

    Raises:
        UsageError: If it cannot be read, or is not valid; names the field.
    """
    check_editable(original)
    text = _read(file)
    if file.suffix == ".py" and isinstance(original, Program):
        data: dict[str, Any] = {**original.model_dump(mode="json"), "source": text}
    else:
        data = _object(text, file)
    try:
        return edited_from(data, original)
    except UsageError as error:
        raise UsageError(str(error), where=str(file)) from error


def edited_from(data: dict[str, Any], original: Message) -> Message:
    """Return the message that stands in place of another.

    Args:
        data: Its fields; the kind and what ``fixed_fields`` names may be left out.
        original: The message in whose place it stands.

    Raises:
        UsageError: If it is not valid; names the field.
    """
    check_editable(original)
    kept = {name: getattr(original, name) for name in ("kind", *fixed_fields(original))}
    try:
        instead = parse_message({**kept, **data})
    except ValidationError as error:
        raise UsageError(describe(error)) from error
    check_edited(instead, original)
    return instead


def fixed_fields(original: Message) -> tuple[str, ...]:
    """Return the fields, beside the kind, that stay as they were when a message is edited."""
    if isinstance(original, Program):
        return ("attempt", "lane")
    return ("follows",) if isinstance(original, Problem) else ()


def check_edited(instead: Message, original: Message) -> None:
    """Make sure that a message may take the place of another.

    Raises:
        UsageError: If that is nothing to be edited, or what it belongs to would be another.
    """
    check_editable(original)
    if instead.kind != original.kind:
        told = f"a {instead.kind} cannot take the place of a {original.kind}"
        raise UsageError(told, where="kind")
    for name in fixed_fields(original):
        was = getattr(original, name)
        if getattr(instead, name) != was:
            raise UsageError(f"has to stay as it was, {was!r}", where=name)


def check_editable(original: Message) -> None:
    """Make sure that a message is one that somebody might have put otherwise.

    Raises:
        UsageError: If it says what was computed or found, or its class is not loaded.
    """
    if original.kind in COMPUTED:
        told = f"a message of the kind {original.kind} is what was computed, found or paid for"
        raise UsageError(f"{told}; edit the program or the formulation before it", where="kind")
    if isinstance(original, Opaque):
        told = f"the class of {original.kind} messages is not loaded here; import it first"
        raise UsageError(told, where="kind")


def _read(file: Path) -> str:
    try:
        if file.stat().st_size > LARGEST:
            raise UsageError(f"is larger than {LARGEST} bytes", where=str(file))
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot be read ({error.strerror})", where=str(file)) from error
    except UnicodeDecodeError as error:
        raise UsageError("is not UTF-8 text", where=str(file)) from error


def _object(text: str, file: Path) -> dict[str, Any]:
    try:
        data: object = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"is no JSON: {error}", where=str(file)) from error
    if not isinstance(data, dict):
        raise UsageError("give the message as a JSON object", where=str(file))
    return cast(dict[str, Any], data)
