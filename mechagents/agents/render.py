"""Writes a brief as the text that a language model is shown."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from typing import Any

from mechagents.agents.describe import (
    STREAM_CHARACTERS,
    describe_evidence,
    describe_execution,
    describe_message,
    one_line,
)
from mechagents.agents.followed import asked_before, formulation_before, may_amend
from mechagents.agents.kit_summary import example_program, kit_summary
from mechagents.agents.notation import notation
from mechagents.agents.view import Section, fitted, tokens
from mechagents.brief import Attempt, Brief
from mechagents.errors import ModelError
from mechagents.mechanics.materials import material_table
from mechagents.messages import Message, Program
from mechagents.models.base import Chat, ModelRequest
from mechagents.role import Role, packaged_roles

PROGRAM_CHARACTERS = 20_000
SAID_CHARACTERS = 1500
REPLY_CHARACTERS = 6000
SHORTEST_REPLY = 400
"""Of an unusable reply so many characters at least are shown again, however short the context."""
FAULT_CHARACTERS = 2000
REPLY_SHARE = 4
"""Of a context, one part in so many is kept for the reply, where a role has no ``max_tokens``."""
NOT_ABOUT_PROGRAMS = ("plan", "formulation")
"""Who is asked for these is not shown the last program and how it ran."""
NOTES = "Notes that may help (what does not fit the question does not count)"
PLAN = "The plan (where the formulation differs, the formulation holds)"
OPTIONAL = (
    " (? after what may be left out, # before a note; a name, also as the key of a mapping, has "
    "letters, digits, _ . - and no spaces"
)
UNITS = '; a number is in SI, or a string with its unit such as "210 GPa"'
EARLIER = (
    "The program for the formulation before; it reads the problem from its files, so where it "
    'serves again reply {"same_program": true}'
)


def render_request(
    role: Role, brief: Brief, want: str, *, context: int | None = None, beside: int = 0
) -> ModelRequest:
    """Return what a role asks of its model.

    Args:
        role: Whose turn it is; its prompt becomes the system text.
        brief: What it is shown.
        want: The kind of message that it should answer with.
        context: The tokens that the model takes, its reply included; None for any number.
        beside: Tokens of that which is shown besides.

    Raises:
        ModelError: If the shortest view is longer than the context leaves.
    """
    system, schema = _system(role, want), _schema(want)
    asked = f"\n\nReply now with the {want}."
    room = None
    if context is not None:
        reply = role.max_tokens or context // REPLY_SHARE
        room = context - reply - tokens(system) - tokens(asked) - beside
    told = fitted([*_shown(brief, want), may_amend(brief, want), _reply_schema(want, schema)], room)
    return ModelRequest(
        role=role.name,
        want=want,
        messages=(Chat("system", system), Chat("user", told + asked)),
        brief=brief,
        temperature=role.temperature,
        max_tokens=role.max_tokens,
        json_schema=schema if want != "program" else None,
    )


def render_repair(
    role: Role, request: ModelRequest, reply: str, fault: str, *, context: int | None = None
) -> ModelRequest:
    """Return the same request again, with the unusable reply and what is wrong with it.

    Args:
        role: Whose turn it is.
        request: What was asked.
        reply: What came; of a long one both ends are shown.
        fault: What is wrong with it.
        context: The tokens that the model takes, its reply included; None for any number.

    Raises:
        ModelError: If the shortest view is longer than the context leaves.
    """
    told = (
        f"Your reply could not be used. What is wrong with it:\n{fault[:FAULT_CHARACTERS]}\n"
        "Send the whole reply again."
    )
    most = REPLY_CHARACTERS
    while True:
        said = both_ends(reply, most)
        beside = tokens(said) + tokens(told)
        try:
            again = render_request(
                role, request.brief, request.want, context=context, beside=beside
            )
        except ModelError:
            if most < SHORTEST_REPLY:
                raise
            most //= 2
            continue
        turns = (*again.messages, Chat("assistant", said), Chat("user", told))
        return replace(again, messages=turns)


def both_ends(text: str, most: int) -> str:
    """Return a text, and of a long one the beginning and the end."""
    if len(text) <= most:
        return text
    half = most // 2
    return f"{text[:half]}\n… ({len(text) - 2 * half} characters left out) …\n{text[-half:]}"


def _shown(brief: Brief, want: str) -> list[Section]:
    """Return what a role is shown for a turn, in order, with shorter forms where there are any."""
    if want == "speaker":
        return _shown_to_manager(brief)
    plan, attempt = _plan(brief), brief.last
    if want in NOT_ABOUT_PROGRAMS:
        attempt = None
    return [
        asked_before(brief),
        Section("The question", (brief.problem.statement,)),
        Section("What is asked for", (_asked(brief),)),
        Section("Questions and replies", (_dialogue(brief), _dialogue(brief, 3)), 3),
        Section("What is known of the discretisation asked for", (_settings(brief),)),
        Section(PLAN, (plan, ""), 9),
        Section("The formulation", (_formulation(brief),)),
        formulation_before(brief),
        Section("Earlier attempts", (_earlier(brief), _earlier(brief, 2), ""), 8),
        Section(EARLIER, _sources(brief.earlier if want == "program" else None, ""), 6),
        Section("The last program", _sources(attempt.program if attempt else None), 2),
        Section(
            "How it ran", (_execution(attempt), _execution(attempt, STREAM_CHARACTERS // 6)), 7
        ),
        Section("What the checks found", (_evidence(brief, want), _evidence(brief)), 5),
        Section("Findings that you are asked to act on", (_lines(brief.findings),)),
        Section("The message that you act on", (_other(brief),)),
        Section(NOTES, (_lines(brief.advice), _lines(brief.advice[:1]), ""), 8),
        Section("The kit", (kit_summary(brief.formulation) if want == "program" else "",)),
        Section("An example", (_example(brief, want), ""), 7),
        *_materials(want),
    ]


def _shown_to_manager(brief: Brief) -> list[Section]:
    said = _said_last(brief)
    return [
        asked_before(brief),
        Section("The question", (brief.problem.statement,)),
        Section("Questions and replies", (_dialogue(brief, 3),)),
        Section("The plan", (_plan(brief), ""), 9),
        Section("What is formulated", (_headline(brief),)),
        Section("Attempts so far", (_lines(tuple(map(one_line, brief.attempts))),)),
        Section("What was said last", (said, said[: SAID_CHARACTERS // 4]), 5),
        Section("Who may speak next", (_candidates(brief),)),
    ]


def _system(role: Role, want: str) -> str:
    """Return the role's prompt; to state the problem, a role of many kinds gets that role's."""
    if want == "formulation" and len(role.sends) > 1:
        return packaged_roles()["formulator"].prompt
    return role.prompt or role.description


def _asked(brief: Brief) -> str:
    level, bound = brief.problem.level, brief.problem.tolerance
    return f"claim level {level}; an error bound of at most {100 * bound:.3g} % of each value"


def _materials(want: str) -> list[Section]:
    if want != "formulation":
        return []
    table = material_table()
    whole = tuple(
        f"{name}: E = {material.youngs_modulus:.4g} Pa, nu = {material.poisson_ratio:.3g}"
        for name, material in table.items()
    )
    return [Section("Materials known by name", (_lines(whole), ", ".join(table)), 6)]


def _reply_schema(want: str, schema: dict[str, Any] | None) -> Section:
    if schema is None or want == "program":
        return Section("", ("",))
    forms = (notation(schema), notation(schema, notes=False))
    told = f"{OPTIONAL}{UNITS if want == 'formulation' else ''})"
    return Section(f"The form of the reply, one JSON object{told}", forms, 1)


def _schema(want: str) -> dict[str, Any] | None:
    known = Message.kinds.get(want)
    return None if known is None else _schema_of(known)


@cache
def _schema_of(kind: type[Message]) -> dict[str, Any]:
    """Return the schema of a message without its kind, made once: it takes milliseconds."""
    schema = kind.model_json_schema()
    schema.get("properties", {}).pop("kind", None)
    return schema


def _settings(brief: Brief) -> str:
    given = brief.problem.settings.model_dump(exclude_defaults=True)
    return json.dumps(given) if given else ""


def _plan(brief: Brief) -> str:
    if brief.plan is None:
        return ""
    return _lines((*brief.plan.steps, f"Method: {brief.plan.method}", *brief.plan.checks))


def _formulation(brief: Brief) -> str:
    formulation = brief.formulation or brief.problem.formulation
    return formulation.model_dump_json(exclude_none=True) if formulation else ""


def _headline(brief: Brief) -> str:
    formulation = brief.formulation or brief.problem.formulation
    if formulation is None:
        before = brief.follows and brief.follows.formulation
        return f"nothing yet; in the run before: {before.title}" if before else "nothing yet"
    wanted = ", ".join(wanted.name for wanted in formulation.wanted)
    return f"{formulation.title}: {formulation.analysis}, {formulation.idealisation}; {wanted}"


def _earlier(brief: Brief, newest: int = 0) -> str:
    earlier = brief.attempts[:-1]
    return _lines(tuple(one_line(attempt) for attempt in earlier[-newest:]))


def _sources(program: Program | None, *shortest: str) -> tuple[str, ...]:
    if program is None:
        return ("",)
    lengths = (PROGRAM_CHARACTERS, PROGRAM_CHARACTERS // 3, PROGRAM_CHARACTERS // 8)
    return (*(_program(program, length) for length in lengths), *shortest)


def _program(program: Program, most: int) -> str:
    source = program.source[:most].rstrip()
    left_out = len(program.source) - most
    told = f"\n({left_out} more characters are not shown here)" if left_out > 0 else ""
    return f"settings: {program.settings.model_dump_json()}\n```python\n{source}\n```{told}"


def _execution(attempt: Attempt | None, most: int = STREAM_CHARACTERS) -> str:
    execution = attempt.execution if attempt else None
    return describe_execution(execution, most) if execution else ""


def _example(brief: Brief, want: str) -> str:
    """Return a program to go by, for who writes one and is shown none."""
    seen = brief.last is not None or brief.earlier is not None
    return example_program(brief.formulation) if want == "program" and not seen else ""


def _evidence(brief: Brief, want: str = "") -> str:
    evidence = brief.last.evidence if brief.last else None
    return describe_evidence(evidence, whole=want == "critique") if evidence else ""


def _other(brief: Brief) -> str:
    """Return a message of a kind that no other section shows, as JSON."""
    message = brief.act_on.message
    shown = {
        "problem",
        "plan",
        "formulation",
        "program",
        "execution",
        "evidence",
        "critique",
        "reply",
    }
    return "" if message.kind in shown else message.to_json()


def _said_last(brief: Brief) -> str:
    if not brief.candidates:
        return ""
    message = brief.act_on.message
    text = describe_message(message)
    cut = f" … ({len(text) - SAID_CHARACTERS} more)" if len(text) > SAID_CHARACTERS else ""
    return f"{brief.act_on.sender}, {message.kind}: {text[:SAID_CHARACTERS]}{cut}"


def _lines(items: tuple[str, ...]) -> str:
    return "\n".join(f"- {item}" for item in items)


def _dialogue(brief: Brief, newest: int = 0) -> str:
    return _lines(tuple(f"{q} {a}" for q, a in brief.dialogue[-newest:]))


def _candidates(brief: Brief) -> str:
    told = brief.descriptions
    return _lines(tuple(f"{n}: {told[n]}" if told.get(n) else n for n in brief.candidates))
