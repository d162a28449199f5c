"""A run's log as a stream of server-sent events, each envelope with its number as the event's id.

A browser that lost the stream asks for it again from the last number that it has, so that no
envelope is lost or comes twice, whatever became of the server meanwhile.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import anyio
from anyio import to_thread
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from mechagents.view.place import Place
from mechagents.view.respond import Json, as_json, json_text
from mechagents.view.runlog import RunLog
from mechagents.view.told import told

LOOK_SECONDS = 0.25
"""How often a log that is being written is looked at [s]."""
KEEP_ALIVE = 60
"""Looks without news after which a comment keeps the connection open [-]."""
BATCH_BYTES = 1 << 20
"""How much of a log is read, and sent, at a time."""
MOST_MESSAGES = 1000
"""How many envelopes one page of messages has at most."""


def routes(place: Place) -> list[BaseRoute]:
    """Return the routes of a run's messages, as pages and as a stream.

    With ``?told`` they come in words, as ``told`` has them, else as they were logged.
    """

    async def events(request: Request) -> Response:
        """Stream the envelopes after ``Last-Event-ID`` or ``?after=``."""
        log = await to_thread.run_sync(place.log, request.path_params["run"])
        after = _number(request.headers.get("last-event-id") or request.query_params.get("after"))
        stream = _follow(place, log, after, "told" in request.query_params)
        return StreamingResponse(stream, media_type="text/event-stream")

    def messages(request: Request) -> Response:
        """Answer with up to ``?limit=`` envelopes after ``?after=``, and how many there are."""
        log, asked = place.log(request.path_params["run"]), request.query_params
        total, after = log.read_new(), _number(asked.get("after"))
        limit = min(_number(asked.get("limit", "200")), MOST_MESSAGES)
        found = log.envelopes(after + 1, after + limit, 8 * BATCH_BYTES)
        shown = [told(envelope) for envelope in found] if "told" in asked else found
        return as_json({"total": total, "messages": shown})

    def message(request: Request) -> Response:
        """Answer with one whole envelope."""
        found = place.envelope(request.path_params["run"], request.path_params["seq"])
        return as_json(told(found, full=True) if "told" in request.query_params else found)

    def heads(request: Request) -> Response:
        """Answer with who said what kind of message to whom, for all messages after ``?after=``."""
        log = place.log(request.path_params["run"])
        log.read_new()
        return as_json(_heads(log, _number(request.query_params.get("after"))))

    return [
        Route("/api/runs/{run}/events", events),
        Route("/api/runs/{run}/heads", heads),
        Route("/api/runs/{run}/messages", messages),
        Route("/api/runs/{run}/messages/{seq:int}", message),
    ]


async def _follow(place: Place, log: RunLog, after: int, in_words: bool) -> AsyncIterator[str]:
    """Yield a log's envelopes as they come, until its run is no longer at work."""
    quiet = 0
    yield "retry: 1000\n\n"
    while not place.closing:
        # Asked before the log is read: what was written until then is in it.
        at_work = await to_thread.run_sync(place.is_at_work, log.folder)
        total = await to_thread.run_sync(log.read_new)
        while after < total and not place.closing:
            text, after = await to_thread.run_sync(_batch, log, after, in_words)
            yield text
            quiet = 0
        if at_work is False:
            yield f"event: end\ndata: {json_text({'total': total})}\n\n"
            return
        quiet += 1
        if quiet % KEEP_ALIVE == 0:
            yield ": still here\n\n"
        await anyio.sleep(LOOK_SECONDS)


def _batch(log: RunLog, after: int, in_words: bool) -> tuple[str, int]:
    """Return some envelopes as events, and the number of the last."""
    found = log.envelopes(after + 1, after + MOST_MESSAGES, BATCH_BYTES)
    shown = [told(envelope) for envelope in found] if in_words else found
    numbered = enumerate(shown, after + 1)
    text = "".join(f"id: {seq}\ndata: {json_text(envelope)}\n\n" for seq, envelope in numbered)
    return text, after + len(found)


def _heads(log: RunLog, after: int) -> dict[str, Json]:
    """Return the heads of messages by column, each name once: a long log has many."""
    names: dict[str, int] = {}
    kinds: dict[str, int] = {}
    lines = log.lines[after:]
    return {
        "after": after,
        "sender": [names.setdefault(line.sender, len(names)) for line in lines],
        "to": [[names.setdefault(name, len(names)) for name in line.to] for line in lines],
        "kind": [kinds.setdefault(line.kind, len(kinds)) for line in lines],
        "cause": [line.cause for line in lines],
        "names": list(names),
        "kinds": list(kinds),
    }


def _number(text: str | None) -> int:
    try:
        return max(int(text or "0"), 0)
    except ValueError:
        raise HTTPException(400, "after, limit: give a whole number") from None
