"""Runs that a scripted engineer began, and that a viewer's own processes go on with.

The model of such a run has the name of a recording, which holds what is still to be said.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

from engineer import FORMULATION, PLATE, PROGRAM, code

from mechagents.messages import Problem
from mechagents.models.base import ModelRequest
from mechagents.models.recorded import FORMAT
from mechagents.testing import ScriptedModel

SPEAKERS = {
    "plan": "planner",
    "formulation": "formulator",
    "program": "coder",
    "critique": "critic",
}
PLAN = '{"steps": ["solve"], "method": "bilinear quads"}'
FORMULATED = f'{{"formulation": {FORMULATION.model_dump_json()}}}'
ACCEPT = '{"verdict": "accept"}'
WORDS = Problem(statement="What force stretches the plate by 0.1 m?", level="computed")
"""A question in words, which the formulator states."""
STATED = PLATE.model_copy(update={"level": "computed"})
"""The same with its formulation."""
WAITING = f"""import time
from pathlib import Path

while not Path("go").exists():
    time.sleep(0.05)
{PROGRAM}"""
"""A program that goes on once there is a file ``go`` beside it."""
USUAL = {
    "plan": (PLAN,),
    "formulation": (FORMULATED,),
    "program": (code(),),
    "critique": (ACCEPT,),
}


def recording(file: Path, **said: Sequence[str]) -> Path:
    """Write a recording with what each role says, in order, and return its path.

    Args:
        file: Where.
        said: The replies by the kind of message; what is not named is the usual.
    """
    entries: list[dict[str, object]] = [{"format": FORMAT, "model": "scripted"}]
    for want, texts in {**USUAL, **said}.items():
        for text in texts:
            reply = {"text": text, "finish_reason": "stop", "cost": 0.0}
            counts = {"prompt_tokens": 1, "completion_tokens": 1}
            entry = {"role": SPEAKERS[want], "want": want, "reply": {**reply, **counts}}
            entries.append({**entry, "fingerprint": ""})
    file.write_text("".join(json.dumps(entry) + "\n" for entry in entries), encoding="utf-8")
    return file


def begun_by(file: Path, **rules: Callable[[ModelRequest], str]) -> ScriptedModel:
    """Return a model that speaks first; the recording, whose name it has, speaks later."""

    def say(request: ModelRequest) -> str:
        rule = rules.get(request.want)
        return rule(request) if rule is not None else USUAL[request.want][0]

    return ScriptedModel(say, name=f"recorded:{file}")
