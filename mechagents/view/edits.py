"""A message as fields that a person edits in the page, and the message made of them again.

A field that holds text is edited as it is, every other as JSON.
"""

from __future__ import annotations

import json
from typing import Any, cast

from starlette.exceptions import HTTPException

from mechagents.edited import LARGEST, check_editable, edited_from, fixed_fields
from mechagents.errors import UsageError
from mechagents.messages import Message, parse_message
from mechagents.view.respond import Json

WIDTH = 76
"""Characters of a line of JSON that hold more than one value [-]."""


def fields_of(original: Message) -> list[dict[str, Json]]:
    """Return what can be edited of a message, as ``name``, ``text`` and whether that is JSON.

    Raises:
        UsageError: If it is none that can be edited.
    """
    check_editable(original)
    return [
        {"name": name, "text": value if isinstance(value, str) else pretty(value),
         "json": not isinstance(value, str)}
        for name, value in _values(original).items()
    ]  # fmt: skip


def edited_message(told: object, original: Message) -> Message:
    """Return the message that a person made of another.

    Args:
        told: The texts of its fields by name, as ``fields_of`` gives them.
        original: The message in whose place it stands.

    Raises:
        HTTPException: 400 if it is none, or the same; names the field.
    """
    check_editable(original)
    texts = _texts(told)
    values = _values(original)
    data = {
        name: text if isinstance(values.get(name), str) else _read(name, text)
        for name, text in texts.items()
    }
    try:
        instead = edited_from(data, original)
    except UsageError as error:
        raise HTTPException(400, str(error)) from None
    if instead == original:
        told_so = "nothing is changed; change a field, or go on without editing it"
        raise HTTPException(400, told_so)
    return instead


def pretty(value: object, indent: str = "") -> str:
    """Return a value as JSON with what is short on one line."""
    flat = json.dumps(value, ensure_ascii=False)
    if len(indent) + len(flat) <= WIDTH or not value or not isinstance(value, (dict, list)):
        return flat
    deeper = indent + "  "
    if isinstance(value, dict):
        known = cast("dict[str, object]", value)
        parts = [f"{json.dumps(key)}: {pretty(part, deeper)}" for key, part in known.items()]
    else:
        parts = [pretty(part, deeper) for part in cast("list[object]", value)]
    begin, end = ("{", "}") if isinstance(value, dict) else ("[", "]")
    lines = ",\n".join(deeper + part for part in parts)
    return f"{begin}\n{lines}\n{indent}{end}"


def _values(original: Message) -> dict[str, Any]:
    """Return the fields that may be changed, with what is left empty below them left out."""
    whole = original.model_dump(mode="json")
    short = original.model_dump(mode="json", exclude_none=True)
    if parse_message(short) != original:
        short = whole
    left_out = {"kind", *fixed_fields(original)}
    return {name: short.get(name) for name in whole if name not in left_out}


def _texts(told: object) -> dict[str, str]:
    texts = cast("dict[str, object]", told) if isinstance(told, dict) else {}
    if not texts or not all(isinstance(text, str) for text in texts.values()):
        raise HTTPException(400, "edited: give the text of each field by its name")
    known = cast("dict[str, str]", texts)
    if sum(map(len, known.values())) > LARGEST:
        raise HTTPException(400, f"edited: is larger than {LARGEST} characters")
    return known


def _read(name: str, text: str) -> object:
    """Return the value that a field's JSON holds."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        told = f"{name}: is no JSON in line {error.lineno}, column {error.colno}: {error.msg}"
        raise HTTPException(400, told) from None
    except (ValueError, RecursionError) as error:
        raise HTTPException(400, f"{name}: is no JSON: {error}") from None
