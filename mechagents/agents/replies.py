"""Reads typed messages out of a language model's text.

Models wrap code and JSON in fences of every shape. What cannot be read is an
``UnusableReply`` whose words go back to the model.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, cast

from pydantic import ValidationError

from mechagents.errors import MechagentsError
from mechagents.mechanics.formulation import Formulation
from mechagents.mechanics.parts import NAME_PATTERN, NAME_RULE
from mechagents.messages import Formulated, Message, Program, Question, Settings
from mechagents.problems.faults import own_errors

_FENCE = re.compile(
    r"^[ \t]*(?P<mark>`{3,}|~{3,})[ \t]*(?P<label>[\w+.-]*)[^\n]*\n"
    r"(?P<body>.*?)(?:\n[ \t]*(?P=mark)[ \t]*$|\Z)",
    re.MULTILINE | re.DOTALL,
)
PYTHON = {"python", "py", "python3"}
JSON = {"json", "json5", "jsonc"}
SAME = "same_program"
"""What a reply says in place of a program that it would repeat."""


class UnusableReply(MechagentsError):  # noqa: N818 (a value on its way back to the model)
    """What is wrong with a reply, in words that its author can act on."""


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block of a reply."""

    label: str
    body: str


def blocks(text: str) -> list[Block]:
    """Return the fenced blocks of a text; one left open runs to the end."""
    return [Block(m["label"].lower(), m["body"]) for m in _FENCE.finditer(text)]


def read_reply(
    text: str,
    want: str,
    *,
    attempt: int = 1,
    present: Formulation | None = None,
    before: Program | None = None,
) -> Message:
    """Return the message of a kind that a reply holds, or the question it asks instead.

    Args:
        text: The whole reply.
        want: The kind of message asked for.
        attempt: The number that a program gets.
        present: The formulation that an amendment changes, where there is one.
        before: The program that ``{"same_program": true}`` stands for, where there is one.

    Raises:
        UnusableReply: If there is none.
    """
    if want == "program":
        return _program(text, attempt, before)
    data = _object(text)
    if set(data) == {"question"} and want != "question":
        return Question(text=str(data["question"]))
    known = Message.kinds.get(want)
    if known is None:
        raise UnusableReply(f"there is no kind of message {want!r}")
    if known is Formulated and "formulation" not in data and "geometry" in data:
        data = {"formulation": data}
    if known is Formulated and "amend" in data:
        return amended(data, present)
    data = {"kind": want, **data}
    try:
        return known.model_validate(data)
    except ValidationError as error:
        raise UnusableReply(describe(error)) from error


def amended(data: dict[str, Any], present: Formulation | None) -> Formulated:
    """Return the formulation that a reply such as ``{"amend": {"supports.1.y": 0.0}}`` makes.

    Args:
        data: The reply: ``amend``, new values by path, and perhaps a ``note``.
        present: The formulation that is amended.

    Raises:
        UnusableReply: If there is none, or the result would be no valid formulation.
    """
    changes, others = data["amend"], set(data) - {"amend", "note", "kind"}
    if present is None:
        raise UnusableReply("amend: there is no formulation yet to amend; send a whole one")
    if others:
        told = f"amend: beside it only a note may stand, not {', '.join(sorted(others))}"
        raise UnusableReply(f"{told}; amend the formulation, or send a whole one")
    if not isinstance(changes, dict) or not changes:
        raise UnusableReply('amend: give new values by path, such as {"supports.1.y": 0.0}')
    try:
        formulation = present.amended(cast(dict[str, Any], changes))
    except ValidationError as error:
        raise UnusableReply(describe(error)) from error
    except ValueError as error:
        raise UnusableReply(f"amend: {error}") from error
    return Formulated(formulation=formulation, note=str(data.get("note", "")))


def describe(error: ValidationError) -> str:
    """Return a validation error as lines of ``field: what is wrong``."""
    lines: dict[str, None] = {}
    for fault in own_errors(error.errors(include_url=False)):
        field = ".".join(str(part) for part in fault["loc"] if part != "[key]")
        told = fault["msg"].removeprefix("Value error, ")
        if fault["type"] == "too_short":
            told = f"at least {fault.get('ctx', {})['min_length']} needed"
        if fault.get("ctx", {}).get("pattern") == NAME_PATTERN:
            told = f"is no name: {NAME_RULE}"
        given = "" if "\n" in told or fault["type"] == "missing" else _given(fault["input"])
        lines[f"{field}: {told}{given}" if field else told] = None
    return "\n".join(lines)


def _given(value: object) -> str:
    return f" (given {value!r})" if isinstance(value, (str, int, float, bool)) else ""


def _program(text: str, attempt: int, before: Program | None) -> Program:
    found = blocks(text)
    notes = _notes(text, found)
    if notes.get(SAME) is True:
        if any(block.label in PYTHON for block in found):
            raise UnusableReply(f"{SAME}: send either a program or {SAME}, not both")
        if before is None:
            raise UnusableReply(f"{SAME}: there is no program yet; send one in a ```python block")
        return _noted(before.source, attempt, notes, before.settings)
    code = [b.body for b in found if b.label in PYTHON or (not b.label and _compiles(b.body))]
    if not code and not found and "import" in text and _compiles(text):
        code = [text]
    if not code:
        raise UnusableReply("the reply holds no program: put all of it in one ```python block")
    # A whole script may stand beside fragments that explain it; the longest is the script.
    source = max(code, key=len).strip() + "\n"
    fault = _syntax_fault(source)
    if fault:
        raise UnusableReply(f"the program is not valid Python: {fault}")
    return _noted(source, attempt, notes, Settings())


def _noted(source: str, attempt: int, notes: dict[str, Any], usual: Settings) -> Program:
    """Return a program with what is told of it; settings not told are the usual ones."""
    told: object = notes.get("settings") or {}
    if not isinstance(told, dict):
        raise UnusableReply('settings: give an object such as {"mesh_size": 0.02}')
    given = {key: value for key, value in cast(dict[str, Any], told).items() if value is not None}
    try:
        settings = Settings.model_validate(usual.model_dump(exclude_defaults=True) | given)
    except ValidationError as error:
        raise UnusableReply(f"settings: {describe(error)}") from error
    return Program(
        source=source,
        attempt=attempt,
        settings=settings,
        changed=str(notes.get("changed", "")),
        why=str(notes.get("why", "")),
    )


def _notes(text: str, found: list[Block]) -> dict[str, Any]:
    """Return what is told of a program, in a block of JSON or outside of all blocks."""
    outside = _FENCE.sub("", text)
    bare = Block("json", outside[outside.find("{") : outside.rfind("}") + 1])
    for block in (*reversed(found), bare):
        if block.label in PYTHON:
            continue
        data = _load(block.body)
        if data is not None and ({"settings", "changed", "why", SAME} & set(data)):
            return data
    return {}


def _compiles(source: str) -> bool:
    return bool(source.strip()) and not _syntax_fault(source)


def _syntax_fault(source: str) -> str:
    try:
        compile(source, "program.py", "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        return str(error)
    return ""


def _object(text: str) -> dict[str, Any]:
    candidates = [b.body for b in blocks(text) if b.label in JSON or not b.label]
    candidates += [text, text[text.find("{") : text.rfind("}") + 1]]
    for candidate in candidates:
        data = _load(candidate)
        if data is not None:
            return data
    raise UnusableReply(f"the reply is not one JSON object: {_json_fault(candidates[-1])}")


def _load(text: str) -> dict[str, Any] | None:
    try:
        data: object = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return cast(dict[str, Any], data) if isinstance(data, dict) else None


def _json_fault(text: str) -> str:
    try:
        json.loads(text)
    except (ValueError, RecursionError) as error:
        return str(error)
    return "it must start with { and end with }"
