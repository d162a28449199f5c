"""Writes a brief as the text that a language model is shown."""

from __future__ import annotations

import json
import re
from importlib.resources import files

from mechagents.brief import Attempt, Brief
from mechagents.mechanics.materials import material_table
from mechagents.messages import Check, Evidence, Execution, Message, Program
from mechagents.models.base import Chat, ModelRequest
from mechagents.role import Role, packaged_roles

STREAM_CHARACTERS = 3000
PROGRAM_CHARACTERS = 20_000
SAID_CHARACTERS = 1500
EARLIER = "The program for the formulation before; where it serves again, send it again as it is"
_FRAME = re.compile(r'^  File "(?P<file>[^"]+)", line \d+')


def render_request(role: Role, brief: Brief, want: str) -> ModelRequest:
    """Return what a role asks of its model.

    Args:
        role: Whose turn it is; its prompt becomes the system text.
        brief: What it is shown.
        want: The kind of message that it should answer with.
    """
    schema = _schema(want)
    works = want != "speaker"
    sections = [
        ("The question", brief.problem.statement),
        ("What is asked for", _asked(brief)),
        ("Questions and replies", _lines(tuple(f"{q} {a}" for q, a in brief.dialogue))),
        ("What is known of the discretisation asked for", _settings(brief)),
        ("The plan (where the formulation differs, the formulation holds)", _plan(brief)),
        ("The formulation", _formulation(brief)),
        ("Earlier attempts", _earlier(brief)),
        (EARLIER, _earlier_program(brief) if want == "program" else ""),
        ("The last program", _last_program(brief) if works else ""),
        ("How it ran", _execution(brief) if works else ""),
        ("What the checks found", _evidence(brief)),
        ("Findings that you are asked to act on", _lines(brief.findings) if works else ""),
        ("The message that you act on", _other(brief)),
        ("What was said last", _said_last(brief)),
        ("Who may speak next", _lines(brief.candidates)),
        ("The kit", _kit() if want == "program" else ""),
        ("Materials known by name", _materials() if want == "formulation" else ""),
        ("The schema of the reply", json.dumps(schema) if schema and want != "program" else ""),
    ]
    told = "\n\n".join(f"## {title}\n{text}" for title, text in sections if text)
    asked = f"{told}\n\nReply now with the {want}."
    return ModelRequest(
        role=role.name,
        want=want,
        messages=(Chat("system", _system(role, want)), Chat("user", asked)),
        brief=brief,
        temperature=role.temperature,
        max_tokens=role.max_tokens,
        json_schema=schema if want != "program" else None,
    )


def render_repair(request: ModelRequest, reply: str, fault: str) -> ModelRequest:
    """Return the same request again, with the unusable reply and what is wrong with it."""
    told = (
        f"Your reply could not be used. What is wrong with it:\n{fault}\n"
        "Send the whole reply again."
    )
    return ModelRequest(
        role=request.role,
        want=request.want,
        messages=(*request.messages, Chat("assistant", reply), Chat("user", told)),
        brief=request.brief,
        temperature=request.temperature,
        max_tokens=request.max_tokens,
        json_schema=request.json_schema,
    )


def cut_traceback(stderr: str) -> str:
    """Return a stream's end, with the frames of libraries left out of its tracebacks."""
    kept: list[str] = []
    skipping = False
    for line in stderr.splitlines():
        frame = _FRAME.match(line)
        if frame:
            skipping = "program.py" not in frame["file"]
        elif not line.startswith("    "):
            skipping = False
        if not skipping:
            kept.append(line)
    return "\n".join(kept)[-STREAM_CHARACTERS:]


def _system(role: Role, want: str) -> str:
    """Return the role's prompt; to state the problem, a role of many kinds gets that role's."""
    if want == "formulation" and len(role.sends) > 1:
        return packaged_roles()["formulator"].prompt
    return role.prompt or role.description


def _asked(brief: Brief) -> str:
    level, bound = brief.problem.level, brief.problem.tolerance
    return f"claim level {level}; an error bound of at most {bound:.3g} of each value"


def _materials() -> str:
    return _lines(
        tuple(
            f"{name}: E = {material.youngs_modulus:.4g} Pa, nu = {material.poisson_ratio:.3g}"
            for name, material in material_table().items()
        )
    )


def _schema(want: str) -> dict[str, object] | None:
    known = Message.kinds.get(want)
    if known is None:
        return None
    schema = known.model_json_schema()
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


def _earlier(brief: Brief) -> str:
    return _lines(tuple(_one_line(attempt) for attempt in brief.attempts[:-1]))


def _one_line(attempt: Attempt) -> str:
    evidence = attempt.evidence
    failed = ", ".join(c.name for c in evidence.failed) if evidence else "not checked"
    return f"{attempt.headline} Failed: {failed or '-'}"


def _earlier_program(brief: Brief) -> str:
    return _program(brief.earlier) if brief.earlier else ""


def _last_program(brief: Brief) -> str:
    return _program(brief.last.program) if brief.last else ""


def _program(program: Program) -> str:
    source = program.source[:PROGRAM_CHARACTERS].rstrip()
    left_out = len(program.source) - PROGRAM_CHARACTERS
    told = f"\n({left_out} more characters are not shown here)" if left_out > 0 else ""
    return f"settings: {program.settings.model_dump_json()}\n```python\n{source}\n```{told}"


def _execution(brief: Brief) -> str:
    execution = brief.last.execution if brief.last else None
    return describe_execution(execution) if execution else ""


def describe_execution(execution: Execution) -> str:
    """Return how a program ran, with the end of both streams."""
    told = f"status {execution.status}, exit code {execution.exit_code}. {execution.message}"
    if execution.stdout:
        told += f"\nstdout:\n{execution.stdout[-STREAM_CHARACTERS:]}"
    if execution.stderr:
        told += f"\nstderr:\n{cut_traceback(execution.stderr)}"
    return told


def _evidence(brief: Brief) -> str:
    evidence = brief.last.evidence if brief.last else None
    return describe_evidence(evidence) if evidence else ""


def describe_evidence(evidence: Evidence) -> str:
    """Return the failed checks whole, the passed ones by name, and the quantities."""
    lines = [f"FAILED {_check(check)}" for check in evidence.failed]
    passed = [check.name for check in evidence.checks if check.passed]
    lines.append(f"passed: {', '.join(passed) or 'none'}")
    for q in evidence.quantities:
        bound = "" if q.error_bound is None else f" +- {q.error_bound:.3g}"
        lines.append(f"{q.name} = {q.value:.6g}{bound} {q.unit} ({q.claim_level}) {q.note}")
    return "\n".join(lines)


def _check(check: Check) -> str:
    value = "" if check.value is None else f" value {check.value:.4g}"
    tolerance = "" if check.tolerance is None else f" tolerance {check.tolerance:.4g}"
    return f"{check.name}:{value}{tolerance} {check.message}"


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
    text = brief.act_on.message.model_dump_json(exclude_defaults=True)
    cut = f" … ({len(text) - SAID_CHARACTERS} more)" if len(text) > SAID_CHARACTERS else ""
    return f"{brief.act_on.sender}, {brief.act_on.message.kind}: {text[:SAID_CHARACTERS]}{cut}"


def _lines(items: tuple[str, ...]) -> str:
    return "\n".join(f"- {item}" for item in items)


def _kit() -> str:
    return files("mechagents.kit").joinpath("summary.md").read_text(encoding="utf-8")
