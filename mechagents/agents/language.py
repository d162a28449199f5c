"""Roles that a language model acts for."""

from __future__ import annotations

from dataclasses import replace

from mechagents.agents.base import Agent, Context
from mechagents.agents.opinions import reconciled
from mechagents.agents.render import render_repair, render_request
from mechagents.agents.replies import UnusableReply, read_reply
from mechagents.brief import Brief
from mechagents.errors import ModelError
from mechagents.messages import (
    Critique,
    Evidence,
    Finding,
    Formulated,
    Message,
    Program,
    Settings,
    Speaker,
)
from mechagents.models.base import ModelRequest
from mechagents.role import Role

OTHERWISE = 0.7
"""The temperature of a second reading, so that it is no copy of the first."""
TRIES = 3
"""A reply that cannot be used goes back with what is wrong, so often in all."""


class LanguageAgent(Agent):
    """Shows a model the role's brief and reads the message out of its reply."""

    def __init__(self, role: Role) -> None:
        self.role = role

    async def handle(self, context: Context) -> Message | None:
        """Return the message that the model wrote.

        Raises:
            ModelError: If no reply could be used, or the model cannot answer.
            BudgetError: If no further call is allowed.
        """
        if context.want is None:
            return None
        given = _given_formulation(context) or _only_speaker(context)
        if given is not None:
            return given
        request = render_request(context.role, context.brief, context.want, context=context.window)
        if context.lane is not None and context.lane.temperature is not None:
            request = replace(request, temperature=context.lane.temperature)
        first = await self._answered(request, context)
        reads = isinstance(first, Formulated) and context.brief.amendable is None
        if not (reads and context.second_opinion):
            return first
        second = await self._answered(replace(request, temperature=OTHERWISE), context)
        if not (isinstance(first, Formulated) and isinstance(second, Formulated)):
            return second
        return reconciled(first, second)

    async def _answered(self, request: ModelRequest, context: Context) -> Message:
        """Return the message of a model's reply; what cannot be used goes back with its fault."""
        fault = ""
        for _ in range(TRIES):
            reply = await context.complete(request)
            try:
                if reply.finish_reason == "length":
                    raise UnusableReply("it was cut off at the length limit; make it shorter")
                return self._read(reply.text, context)
            except UnusableReply as error:
                fault = str(error)
                request = render_repair(
                    context.role, request, reply.text, fault, context=context.window
                )
        raise ModelError(
            f"{context.role.name}: {TRIES} replies in a row could not be used; the last: {fault}"
        )

    def _read(self, text: str, context: Context) -> Message:
        brief = context.brief
        message = read_reply(
            text,
            context.want or "",
            attempt=brief.attempts_in_all + 1,
            present=brief.amendable,
            before=brief.last.program if brief.last else brief.earlier,
        )
        if isinstance(message, Formulated):
            return with_dropped(message, brief)
        return _with_settings(message, context) if isinstance(message, Program) else message


class CriticAgent(LanguageAgent):
    """Reads a critique, and does not let it accept over a failed check."""

    def _read(self, text: str, context: Context) -> Message:
        message = super()._read(text, context)
        evidence = context.act_on.message
        if not isinstance(message, Critique) or not isinstance(evidence, Evidence):
            return message
        if message.verdict == "revise" or evidence.passed:
            return message
        return overruled(message, evidence)


def overruled(critique: Critique, evidence: Evidence) -> Critique:
    """Return the revision that takes the place of an acceptance over failed checks."""
    findings = tuple(
        Finding(to="coder", text=check.message, check=check.name) for check in evidence.failed
    )
    summary = f"Acceptance overruled by {len(findings)} failed checks. {critique.summary}"
    return Critique(verdict="revise", findings=findings, summary=summary)


def _given_formulation(context: Context) -> Formulated | None:
    """Return the user's own formulation the first time one is asked for; it is not rewritten."""
    given = context.brief.problem.formulation
    if context.want != "formulation" or given is None or context.brief.formulation is not None:
        return None
    return Formulated(formulation=given, note="Given with the problem, taken as it is.")


def with_dropped(stated: Formulated, brief: Brief) -> Formulated:
    """Return the formulation of a follow-up, noted with what it no longer asks for."""
    if brief.follows is None or brief.formulation is not None:
        return stated
    before, now = brief.follows.formulation, stated.formulation
    kept = {wanted.name for wanted in now.wanted} | {picture.file for picture in now.pictures}
    asked = [wanted.name for wanted in before.wanted]
    asked += [picture.file for picture in before.pictures]
    dropped = ", ".join(name for name in asked if name not in kept)
    if not dropped:
        return stated
    note = f"{stated.note} Of the run before, no longer asked for: {dropped}.".strip()
    return stated.model_copy(update={"note": note})


def _only_speaker(context: Context) -> Speaker | None:
    """Return the one role that may speak next, where there is no choice to make."""
    if context.want != "speaker" or len(context.brief.candidates) != 1:
        return None
    return Speaker(name=context.brief.candidates[0], why="Nobody else may speak now.")


def _with_settings(program: Program, context: Context) -> Program:
    """Fill settings that a program left open with those that the problem asks for."""
    asked, own = context.brief.problem.settings, program.settings
    settings = Settings(
        mesh_size=own.mesh_size or asked.mesh_size,
        element_order=own.element_order or asked.element_order,
        load_steps=own.load_steps or asked.load_steps,
        time_steps=own.time_steps or asked.time_steps,
        options={**asked.options, **own.options},
    )
    return program.model_copy(update={"settings": settings})
