"""Recording a model's exchanges, and replaying them without the model.

A recording is a JSON Lines file: a header line, then one exchange a line. In a replay every
program is really executed again; only the model's words are taken from the file.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mechagents.errors import ModelError, UsageError
from mechagents.models.base import Model, ModelReply, ModelRequest, PricedModel
from mechagents.models.shown import fingerprint

FORMAT = "mechagents-recording-1"


class RecordingModel:
    """Passes requests on to a model and keeps every exchange in a file.

    Args:
        model: Who answers.
        path: The recording; a file that is there already is continued, by another model too.
        note: A line for the header: who answered, and how.
    """

    def __init__(self, model: Model, path: Path, *, note: str = "") -> None:
        self._model = model
        self._path = path
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            made = datetime.now(UTC).isoformat(timespec="seconds")
            self._add({"format": FORMAT, "model": model.name, "made": made, "note": note})

    @property
    def name(self) -> str:
        """The name of the model that answers."""
        return self._model.name

    async def price(self, asked: int, answered: int) -> float:
        """Return the price of a call by the model that answers [US dollars], 0 where unknown.

        Args:
            asked: Tokens of the request.
            answered: Tokens of the reply.
        """
        if isinstance(self._model, PricedModel):
            return await self._model.price(asked, answered)
        return 0.0

    async def complete(self, request: ModelRequest) -> ModelReply:
        """Return the model's reply, once it is kept.

        Raises:
            ModelError: If the model cannot answer.
        """
        reply = await self._model.complete(request)
        self._add(
            {
                "role": request.role,
                "want": request.want,
                "model": reply.model,
                "fingerprint": fingerprint(request.messages),
                "messages": [{"role": c.role, "content": c.content} for c in request.messages],
                "reply": {
                    "text": reply.text,
                    "finish_reason": reply.finish_reason,
                    "prompt_tokens": reply.prompt_tokens,
                    "completion_tokens": reply.completion_tokens,
                    "cost": reply.cost,
                },
            }
        )
        return reply

    def _add(self, entry: dict[str, object]) -> None:
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry, ensure_ascii=False) + "\n")


class RecordedModel:
    """Answers from a recording: for each role and kind of message, the replies in their order.

    Args:
        path: The recording.
        strict: Whether a request must be the recorded one to the letter. Otherwise prompts may
            have been reworded since.

    Raises:
        UsageError: If the file is no recording; the error names file and line.
    """

    def __init__(self, path: Path, *, strict: bool = False) -> None:
        self._strict = strict
        self._path = path
        header, *self._exchanges = _read(path)
        if header.get("format") != FORMAT:
            raise UsageError(
                f"is no recording: its first line must have format {FORMAT}", where=f"{path}:1"
            )
        self._model = str(header.get("model", "unknown"))
        self._used: set[int] = set()

    @property
    def name(self) -> str:
        """``recorded:`` and the file, by which ``open_model`` knows it."""
        return f"recorded:{self._path}"

    async def complete(self, request: ModelRequest) -> ModelReply:
        """Return the next recorded reply to this role for this kind of message.

        A reply whose request is the same to the letter comes before one that is next in order.

        Raises:
            ModelError: If the recording has none left, or a strict one has another request.
        """
        open_ = [
            (index, exchange)
            for index, exchange in enumerate(self._exchanges)
            if index not in self._used
            and (exchange["role"], exchange["want"]) == (request.role, request.want)
        ]
        exact = [
            found for found in open_ if found[1]["fingerprint"] == fingerprint(request.messages)
        ]
        if self._strict:
            open_ = exact
        if not open_:
            raise ModelError(f"{self._path} has no further {request.want} of the {request.role}")
        index, exchange = (exact or open_)[0]
        self._used.add(index)
        model = exchange.get("model", self._model)
        return ModelReply(model=f"recorded:{model}", **exchange["reply"])


def _read(path: Path) -> list[dict[str, Any]]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot be read ({error})", where=str(path)) from error
    entries: list[dict[str, Any]] = []
    for number, line in enumerate(lines, 1):
        try:
            entries.append(dict(json.loads(line)))
        except (ValueError, TypeError) as error:
            raise UsageError(f"is not a JSON object ({error})", where=f"{path}:{number}") from error
    return entries or [{}]
