"""Answers for every role from the typed brief, in text as a language model would."""

from __future__ import annotations

import json
from collections.abc import Callable

from mechagents.brief import Brief
from mechagents.errors import ModelError
from mechagents.models.base import ModelReply, ModelRequest
from mechagents.models.handbook.coder import next_program
from mechagents.models.handbook.critic import critique
from mechagents.models.handbook.planner import plan, the_formulation
from mechagents.models.handbook.wording import sentence


class Handbook:
    """A rule-based engineer for problems whose formulation is given.

    It plans, writes a finite-element program for bodies of the plane and solids, mends it
    from the evidence, and judges evidence by a catalogue of causes. It is no language model: it
    reads the brief, not the messages, cannot read plain words, and never invents a number.
    It costs nothing, and the same request always gets the same reply.
    """

    name = "handbook"

    async def complete(self, request: ModelRequest) -> ModelReply:
        """Return the reply for a role.

        Raises:
            ModelError: If the handbook has no rule for what is asked; the message says what
                to do instead.
        """
        rule = _RULES.get(request.want)
        if rule is None:
            raise ModelError(
                f"the handbook has no rule for writing a {request.want!r} as {request.role}: it "
                f"writes {', '.join(sorted(_RULES))}. Give this role a model "
                "(--model provider/name, or model in its definition)"
            )
        return ModelReply(text=rule(request.brief), model=self.name)


def _plan(brief: Brief) -> str:
    return _json_block(plan(brief))


def _formulation(brief: Brief) -> str:
    given = the_formulation(brief)
    if brief.formulation is not None and brief.findings:
        raise ModelError(
            "the handbook cannot change what was asked. The formulation was found at fault: "
            + " ".join(map(sentence, brief.findings))
            + " Mend the problem file, or configure a model (--model provider/name)."
        )
    note = "As the problem gives it; every name, constant and support was checked."
    return _json_block({"formulation": given.model_dump(mode="json"), "note": note})


def _program(brief: Brief) -> str:
    draft = next_program(brief)
    notes = {
        "settings": draft.settings.model_dump(mode="json"),
        "changed": draft.changed,
        "why": draft.why,
    }
    return f"{draft.changed}\n\n```python\n{draft.source.rstrip()}\n```\n\n{_json_block(notes)}"


def _critique(brief: Brief) -> str:
    return _json_block(critique(brief))


def _speaker(brief: Brief) -> str:
    """The first candidate is whom the kinds of messages alone would choose."""
    return _json_block({"name": brief.candidates[0], "why": "Next by the kind of what was said."})


def _json_block(data: object) -> str:
    return f"```json\n{json.dumps(data, indent=1, ensure_ascii=False)}\n```\n"


_RULES: dict[str, Callable[[Brief], str]] = {
    "plan": _plan,
    "formulation": _formulation,
    "program": _program,
    "critique": _critique,
    "speaker": _speaker,
}
