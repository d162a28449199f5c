"""litellm: every fault of a provider ends in a retry or in a clear error, never in a hang.

A small server on loopback speaks the OpenAI protocol and says what each test scripts.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from mechagents.brief import Brief
from mechagents.errors import ModelError
from mechagents.messages import Envelope, Problem
from mechagents.models.base import Chat, ModelRequest
from mechagents.models.litellm import LARGEST_REPLY, LiteLLMModel, translated

pytestmark = pytest.mark.filterwarnings("ignore")

Step = tuple[int, dict[str, str], Any]
PROBLEM = Problem(statement="What force?")
ASKED = Envelope("a-run", 1, "user", (), None, datetime.now(UTC), PROBLEM)
REQUEST = ModelRequest(
    role="planner",
    want="plan",
    messages=(Chat("system", "You plan."), Chat("user", "What force?")),
    brief=Brief(role="planner", want="plan", act_on=ASKED, problem=PROBLEM),
    temperature=0.0,
)


def _completion(content: str | None, finish: str = "stop", choices: int = 1) -> dict[str, Any]:
    message = {"role": "assistant", "content": content}
    return {
        "id": "x",
        "object": "chat.completion",
        "created": 0,
        "model": "fake",
        "choices": [{"index": 0, "message": message, "finish_reason": finish}] * choices,
        "usage": {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18},
    }


HANG = "keep the caller waiting"


class _Provider(ThreadingHTTPServer):
    """Answers with one step of a script a request, the last one for ever."""

    daemon_threads = True

    def __init__(self, *steps: Step) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.steps = list(steps)
        self.asked: list[dict[str, Any]] = []
        self.released = threading.Event()

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"


class _Handler(BaseHTTPRequestHandler):
    server: _Provider

    def log_message(self, format: str, *args: object) -> None:
        """Stay silent."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.append(json.loads(body))
        steps = self.server.steps
        status, headers, answer = steps.pop(0) if len(steps) > 1 else steps[0]
        if answer == HANG:
            self.server.released.wait(20)
            return
        raw = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw[: len(raw) // 2] if "X-Dropped" in headers else raw)


@pytest.fixture
def provider() -> Iterator[Any]:
    servers: list[_Provider] = []

    def start(*steps: Step) -> _Provider:
        server = _Provider(*steps)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return server

    yield start
    for server in servers:
        server.released.set()
        server.shutdown()
        server.server_close()


def _model(base: str, **options: Any) -> LiteLLMModel:
    return LiteLLMModel("openai/fake", api_base=base, wait_seconds=0.0, **options)


FAULT = {"error": {"message": "over capacity", "type": "server_error"}}


async def test_a_reply_comes_back_with_its_usage(provider: Any) -> None:
    server = provider((200, {}, _completion("here")))
    reply = await _model(server.base).complete(REQUEST)
    assert (reply.text, reply.finish_reason, reply.model) == ("here", "stop", "openai/fake")
    assert (reply.prompt_tokens, reply.completion_tokens) == (11, 7)
    assert [m["role"] for m in server.asked[0]["messages"]] == ["system", "user"]
    assert server.asked[0]["temperature"] == 0.0


@pytest.mark.parametrize(
    "fault",
    [
        (429, {"Retry-After": "0"}, FAULT),
        (429, {}, FAULT),
        (500, {}, FAULT),
        (503, {}, FAULT),
        (200, {}, _completion(None)),
        (200, {}, _completion("   ")),
        (200, {}, _completion("x", choices=0)),
        (200, {}, b"no JSON"),
    ],
    ids=["429 with a wait", "429", "500", "503", "no text", "blank", "no choices", "no JSON"],
)
async def test_a_fault_that_may_pass_is_tried_again(provider: Any, fault: Step) -> None:
    server = provider(fault, (200, {}, _completion("at last")))
    reply = await _model(server.base).complete(REQUEST)
    assert (reply.text, len(server.asked)) == ("at last", 2)


async def test_a_fault_that_persists_ends_after_the_tries_that_were_asked_for(
    provider: Any,
) -> None:
    server = provider((500, {}, FAULT))
    with pytest.raises(ModelError, match="over capacity"):
        await _model(server.base, retries=2).complete(REQUEST)
    assert len(server.asked) == 3


@pytest.mark.parametrize("status", [400, 401, 404])
async def test_a_refusal_is_not_tried_again(provider: Any, status: int) -> None:
    server = provider((status, {}, FAULT))
    with pytest.raises(ModelError, match="openai/fake"):
        await _model(server.base).complete(REQUEST)
    assert len(server.asked) == 1


async def test_a_reply_cut_at_the_length_limit_says_so(provider: Any) -> None:
    server = provider((200, {}, _completion("half", finish="length")))
    assert (await _model(server.base).complete(REQUEST)).finish_reason == "length"


def _spoken(**message: Any) -> dict[str, Any]:
    """Return a completion whose message has other fields than text."""
    whole = _completion(None)
    whole["choices"] = [{"index": 0, "message": {"role": "assistant", "content": None, **message},
                         "finish_reason": "stop"}]  # fmt: skip
    return whole


CUT_CALL = {"id": "1", "type": "function", "function": {"name": "f", "arguments": '{"a": '}}


@pytest.mark.parametrize(
    "fault",
    [
        (200, {"X-Dropped": "1"}, _completion("half" * 99)),
        (200, {}, _spoken(tool_calls=[CUT_CALL])),
    ],
    ids=["connection dropped in the middle", "a call of a tool, cut off"],
)
async def test_a_reply_that_is_none_is_asked_for_again(provider: Any, fault: Step) -> None:
    server = provider(fault, (200, {}, _completion("at last")))
    assert (await _model(server.base).complete(REQUEST)).text == "at last"
    assert len(server.asked) == 2


@pytest.mark.parametrize(
    "answer",
    [_spoken(refusal="I cannot help with that"), _completion("filtered", finish="content_filter")],
    ids=["refusal", "filter"],
)
async def test_a_refusal_is_told_and_not_tried_again(provider: Any, answer: Any) -> None:
    server = provider((200, {}, answer))
    with pytest.raises(ModelError, match=r"refused to answer: .*another model"):
        await _model(server.base).complete(REQUEST)
    assert len(server.asked) == 1


async def test_a_reply_of_megabytes_is_refused(provider: Any) -> None:
    server = provider((200, {}, _completion("x" * (LARGEST_REPLY + 1))))
    with pytest.raises(ModelError, match="more than is read"):
        await _model(server.base).complete(REQUEST)
    assert len(server.asked) == 1


async def test_a_provider_that_does_not_answer_is_waited_for_no_longer_than_allowed(
    provider: Any,
) -> None:
    server = provider((200, {}, HANG))
    with pytest.raises(ModelError) as caught:
        await _model(server.base, timeout_seconds=0.3, retries=1).complete(REQUEST)
    assert caught.value.retryable
    assert len(server.asked) == 2


async def test_what_a_provider_asks_to_wait_is_waited(provider: Any) -> None:
    server = provider((429, {"Retry-After": "1"}, FAULT), (200, {}, _completion("later")))
    begun = time.monotonic()
    assert (await _model(server.base).complete(REQUEST)).text == "later"
    assert time.monotonic() - begun >= 1.0


async def test_a_refused_connection_is_a_clear_error(provider: Any) -> None:
    server = provider((200, {}, _completion("x")))
    base = server.base
    server.shutdown()
    server.server_close()
    with pytest.raises(ModelError, match=r"APIConnectionError: .*--api-base") as caught:
        await _model(base, retries=0).complete(REQUEST)
    assert caught.value.retryable
    assert "500" not in str(caught.value)


def test_a_missing_key_is_named_and_not_tried_again() -> None:
    class InternalServerError(Exception):
        status_code = 500

    error = translated("openai/x", InternalServerError("The api_key client option must be set"))
    assert not error.retryable
    assert str(error).startswith("openai/x: AuthenticationError: ")
    assert "API key" in str(error)


@pytest.mark.parametrize(
    "told",
    ["Incorrect API key: {}", "Authorization: Bearer {}", "https://user:{}@host/v1 refused"],
)
@pytest.mark.parametrize("key", ["a-key-of-the-environment", "sk-live-0123456789"])
def test_a_key_that_a_provider_repeats_is_not_passed_on(
    told: str, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOME_API_KEY", "a-key-of-the-environment")
    error = translated("openai/x", RuntimeError(told.format(key)))
    assert key not in str(error)


@pytest.mark.parametrize(("name", "key"), [("openai/x", "none"), ("anthropic/x", None)])
def test_only_a_local_server_is_given_a_key_that_is_none(
    name: str, key: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    model = LiteLLMModel(name, api_base="http://127.0.0.1:1")
    assert model._arguments(REQUEST).get("api_key") == key


def test_importing_the_module_does_not_import_litellm() -> None:
    code = (
        "import sys, mechagents.models.litellm, mechagents.models.select;"
        "sys.exit('litellm' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
