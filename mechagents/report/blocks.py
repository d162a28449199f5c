"""What each message says, as short lines and rows that a terminal or a log can print."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Literal

from mechagents.mechanics.formulation import Formulation
from mechagents.messages import (
    Answer,
    Candidate,
    Candidates,
    Check,
    Critique,
    Earlier,
    Evidence,
    Execution,
    Failure,
    Forked,
    Formulated,
    Message,
    ModelCall,
    Opaque,
    Plan,
    Problem,
    Program,
    Question,
    Reply,
    Selection,
    Setup,
)
from mechagents.report.laws import motion_words
from mechagents.report.numbers import format_quantity, ratio
from mechagents.report.text import block, count, duration, joined, one_line, tail
from mechagents.report.words import (
    boundary_words,
    load_place,
    load_words,
    material_words,
    settings_words,
    shape_words,
    spaced,
    spring_words,
    support_words,
    usage_words,
    wanted_words,
)

LONGEST = 200_000
"""Characters of a program or stream that are printed where all is asked for."""
Style = Literal["plain", "dim", "good", "bad", "note"]
"""How a line is coloured where colours can be shown; its words say the same without."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line or paragraph."""

    text: str
    style: Style = "plain"
    indent: int = 0


@dataclass(frozen=True, slots=True)
class Rows:
    """A small table."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    style: Style = "plain"
    sentences: bool = False
    """Whether the last column holds sentences, which go below the others where it is narrow."""


Block = Line | Rows


@dataclass(frozen=True, slots=True)
class Said:
    """A message in brief: a headline, and blocks below it."""

    head: str
    style: Style = "plain"
    blocks: tuple[Block, ...] = ()


def said(message: Message, *, full: bool = False) -> Said:
    """Return what a message says.

    Args:
        message: Any message; one of an unknown kind gives its kind and short JSON.
        full: Whether to give programs, output streams and model replies whole.
    """
    match message:
        case Problem():
            return _problem(message)
        case Earlier():
            return _earlier(message)
        case Forked():
            edited = f", with another message {message.seq}" if message.edited else ""
            return Said(one_line(f"forked at message {message.seq} of {message.run}{edited}", 300))
        case Plan():
            return _plan(message)
        case Formulated():
            note = (Line(block(message.note), "note"),) if message.note else ()
            return Said("formulation", blocks=(*formulation_blocks(message.formulation), *note))
        case Program():
            return _program(message, full)
        case Execution():
            return _execution(message, full)
        case Evidence():
            return _evidence(message)
        case Critique():
            return _critique(message)
        case ModelCall():
            return _model_call(message, full)
        case Candidates():
            ways = [
                Line(f"candidate {one.number}: {spaced(one.approach)}") for one in message.lanes
            ]
            return Said(f"{len(ways)} programs asked for at the same time", "note", tuple(ways))
        case Selection():
            return _selection(message)
        case Setup():
            told = f"team {message.team}, flow {message.flow}, sandbox {message.sandbox}"
            return Said(one_line(f"{told}, model {message.model}"), "dim")
        case _:
            return _spoken(message)


def _problem(problem: Problem) -> Said:
    asked = f"asked for: {problem.level}, error bound at most {100 * problem.tolerance:.3g} %"
    return Said(
        f"problem {problem.name}",
        blocks=(Line(block(problem.statement)), Line(asked, "dim")),
    )


def _earlier(earlier: Earlier) -> Said:
    asked = [Line(one_line(statement, 400), "dim") for statement in earlier.statements]
    unsolved = () if earlier.accepted else (Line("That run has no accepted answer.", "note"),)
    return Said(f"follows {one_line(earlier.run, 200)}", blocks=(*asked, *unsolved))


def _plan(plan: Plan) -> Said:
    steps = [Line(f"{i}. {block(step, 400)}") for i, step in enumerate(plan.steps, start=1)]
    planned = joined([check.rstrip(" .") for check in plan.checks])
    checks = [Line(f"checks: {planned}", "dim")] if planned else []
    method = [Line(f"method: {block(plan.method, 400)}")] if plan.method else []
    return Said("plan", blocks=(*steps, *method, *checks))


def formulation_blocks(formulation: Formulation) -> tuple[Block, ...]:
    """Return a formulation as rows: what is assumed of the body, and what is wanted."""
    f = formulation
    rows: list[tuple[str, str]] = [("idealisation", spaced(f.idealisation))]
    if f.analysis != "static_linear":
        rows.insert(0, ("analysis", f.analysis))
    if f.analysis == "transient":
        rows.append(("motion", motion_words(f)))
    if f.thickness is not None:
        rows.append(("thickness", f"{f.thickness:.6g} m"))
    for name, shape in f.geometry.regions.items():
        rows.append((f"region {name}", shape_words(shape)))
    for name, material in f.materials.items():
        known = f"{material.name}: " if material.name else ""
        rows.append((f"material of {name}", known + material_words(material)))
    for support in f.supports:
        where = boundary_words(f.geometry.boundaries[support.boundary])
        held = support_words(support, f.axes)
        rows.append((f"support {support.boundary}", f"{held} on {where}"))
    for spring in f.springs:
        where = boundary_words(f.geometry.boundaries[spring.boundary])
        rows.append((f"spring {spring.boundary}", f"{spring_words(spring)} on {where}"))
    rows += [(f"{spaced(load.kind)} on {load_place(load)}", load_words(load)) for load in f.loads]
    rows += [(f"wanted {wanted.name}", wanted_words(wanted)) for wanted in f.wanted]
    for assumption in f.assumptions:
        others = joined([other.value for other in assumption.alternatives])
        also = f"; also: {others}" if others else ""
        chosen = f"{assumption.value} ({assumption.source}){also}"
        rows.append((f"assumed {assumption.about}", chosen))
    return (Rows((), tuple((one_line(a, 80), one_line(b, 400)) for a, b in rows)),)


def _program(program: Program, full: bool) -> Said:
    size = count(len(program.source.splitlines()), "line")
    blocks: list[Block] = [Line(settings_words(program.settings), "dim")]
    if program.changed:
        blocks.insert(0, Line(f"changed: {block(program.changed, 600)}"))
    if program.why:
        blocks.insert(1 if program.changed else 0, Line(f"because: {block(program.why, 600)}"))
    if full:
        blocks.append(Line(block(program.source, LONGEST), "dim"))
    return Said(
        f"program, attempt {program.attempt}{_of_candidate(program.lane)}, {size}",
        blocks=tuple(blocks),
    )


def _selection(selection: Selection) -> Said:
    passed = any(one.ended == "passed" for one in selection.candidates)
    went = "passed first" if passed else "is the best of those that failed"
    blocks: list[Block] = []
    for one in selection.candidates:
        number = "no program" if one.attempt is None else f"attempt {one.attempt}"
        told = f"candidate {one.lane} ({spaced(one.approach)}), {number}: {_ended(one)}"
        blocks.append(Line(one_line(told, 400), "plain" if one.ended == "passed" else "dim"))
    return Said(f"attempt {selection.attempt} {went}", "good" if passed else "note", tuple(blocks))


def _ended(candidate: Candidate) -> str:
    words = {
        "model": "left by its model",
        "budget": "left for want of budget",
        "failed": "failed",
        "cancelled": "cancelled",
        "passed": "passed",
    }
    between = " " if candidate.ended == "cancelled" else ": "
    return words[candidate.ended] + (between + candidate.message if candidate.message else "")


def _of_candidate(lane: int) -> str:
    return f", candidate {lane}" if lane else ""


def _execution(execution: Execution, full: bool) -> Said:
    used = execution.usage
    took = f"{duration(used.wall_seconds)}, {used.peak_memory_mib:.0f} MiB"
    failed = execution.status != "ok"
    status = f"failed: {spaced(execution.status)}" if failed else "ran"
    blocks: list[Block] = [Line(settings_words(execution.settings), "dim")]
    if failed and execution.message:
        blocks.append(Line(block(execution.message, 600), "bad"))
    if full:
        streams = (("stdout", execution.stdout), ("stderr", execution.stderr))
        shown = [f"{name}:\n{block(text, LONGEST)}" for name, text in streams if text]
    else:
        shown = [tail(execution.stderr or execution.stdout)] if failed else []
    blocks += [Line(text, "dim") for text in shown if text]
    head = f"execution of attempt {execution.attempt}: {status} in {took}"
    return Said(head, "bad" if failed else "plain", tuple(blocks))


def check_rows(checks: tuple[Check, ...], style: Style = "plain") -> Rows:
    """Return checks as rows of name, value, tolerance and meaning."""
    rows = [
        (one_line(c.name, 60), ratio(c.value), ratio(c.tolerance), one_line(c.message, 400))
        for c in checks
    ]
    return Rows(("check", "value", "tolerance", "meaning"), tuple(rows), style, sentences=True)


def _evidence(evidence: Evidence) -> Said:
    failed, passed = evidence.failed, [check.name for check in evidence.checks if check.passed]
    head = f"evidence on attempt {evidence.attempt}: "
    head += f"{count(len(failed), 'check')} failed, " if failed else ""
    head += f"{count(len(passed), 'check')} passed"
    over = evidence.run_next is None
    head += f", claim level {evidence.claim_level}" if over else " so far"
    blocks: list[Block] = [check_rows(failed, "bad")] if failed else []
    if passed and over:
        blocks.append(Line(f"passed: {joined(passed, 20)}", "dim"))
    for quantity in evidence.quantities:
        shown = format_quantity(quantity.value, quantity.unit, quantity.error_bound)
        blocks.append(Line(f"{quantity.name} = {shown}"))
    if evidence.run_next is not None:
        blocks.append(Line(f"running again at {settings_words(evidence.run_next)}", "note"))
    return Said(head, "bad" if failed else "good" if over else "plain", tuple(blocks))


def _critique(critique: Critique) -> Said:
    blocks: list[Block] = [Line(block(critique.summary, 600))] if critique.summary else []
    for finding in critique.findings:
        rests = f" [{one_line(finding.check, 60)}]" if finding.check else ""
        blocks.append(Line(f"for {finding.to}: {block(finding.text, 600)}{rests}"))
    style: Style = "good" if critique.verdict == "accept" else "note"
    return Said(f"critique: {critique.verdict}", style, tuple(blocks))


def _model_call(call: ModelCall, full: bool) -> Said:
    tokens = call.prompt_tokens + call.completion_tokens
    use = usage_words(1, tokens, call.cost).removeprefix("1 model call").lstrip(", ")
    asked = f"{call.role}{_of_candidate(call.lane)}"
    parts = [f"model {one_line(call.model, 60)} for {asked}", use, duration(call.seconds)]
    text = (Line(block(call.text, LONGEST), "dim"),) if full and call.text else ()
    return Said(", ".join(part for part in parts if part), "dim", text)


def _spoken(message: Message) -> Said:
    match message:
        case Question():
            choices = [Line(f"choices: {joined(message.options)}")] if message.options else []
            head = "question" if message.approves is None else "approval asked for"
            return Said(head, "note", (Line(block(message.text)), *choices))
        case Reply() if message.approves is not None and not message.text.strip():
            return Said("reply", blocks=(Line("(Enter: approved)", "dim"),))
        case Reply():
            return Said("reply", blocks=(Line(block(message.text)),))
        case Answer():
            rows = [Line(f"{q.name} = {format_quantity(q.value, q.unit, q.error_bound)}")
                    for q in message.quantities]  # fmt: skip
            return Said(f"answer, claim level {message.claim_level}", "good", tuple(rows))
        case Failure():
            head = f"no answer: {spaced(message.reason)}"
            return Said(head, "bad", (Line(block(message.message, 2000)),))
        case _:
            return Said(one_line(message.kind, 60), blocks=(Line(short_json(message)),))


def short_json(message: Message, limit: int = 240) -> str:
    """Return the content of a message of any kind as one line of JSON."""
    content = (
        message.content
        if isinstance(message, Opaque)
        else message.model_dump(mode="json", exclude={"kind"})
    )
    return one_line(json.dumps(content, ensure_ascii=False, default=str), limit)
