"""Who may ask the viewer, and for what.

- A request needs the token that the server made when it started. It comes in the address once
  (``?token=…``); a cookie that no script can read holds it from then on.
- The host it names must be this machine, whatever name it was reached by, so that no foreign
  name can be made to point here; where it comes from a page, that page must be ours.
- Every response forbids the page to run or load anything that this server does not serve.
- A file is opened along its path below a folder, no step of which may be a link.
"""

from __future__ import annotations

import hmac
import os
import stat
from pathlib import Path
from typing import BinaryIO
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HOSTS = ("127.0.0.1", "localhost", "::1")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""What a page of the viewer may load: nothing that this server does not serve."""
SANDBOX = "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'"
"""For files that models made: nothing in them runs, and they belong to no page of ours."""
SAFETY = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
_Refusal = tuple[int, str]


class Guard:
    """Lets requests through to an application that may be answered.

    Args:
        app: The application.
        token: What a request has to show.
    """

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":  # there are no web sockets here
            await send({"type": "websocket.close", "code": 1008})
            return

        async def safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SAFETY.items():
                    headers.setdefault(name, value)
                if self._is_right(_given(scope)):
                    headers["set-cookie"] = self._cookie(scope)
            await send(message)

        refused = self._refusal(scope)
        if refused is None:
            await self._app(scope, receive, safely)
        else:
            await PlainTextResponse(refused[1], refused[0])(scope, receive, safely)

    def _refusal(self, scope: Scope) -> _Refusal | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if _name(host) not in HOSTS:
            return 400, "This viewer answers on this machine alone: use the address it printed.\n"
        origin = headers.get("origin")
        changes = scope["method"] not in ("GET", "HEAD")
        if (origin is not None or changes) and origin != f"http://{host}":
            return 403, "The request comes from a page that is not this viewer's.\n"
        if _is_foreign(headers):
            return 403, "The request comes from a page that is not this viewer's.\n"
        if not (self._is_right(_given(scope)) or self._is_right(_kept(scope, headers))):
            told = "Open the address that mechagents view printed; it holds a token.\n"
            return 401, told
        return None

    def _is_right(self, token: str) -> bool:
        return hmac.compare_digest(token.encode(), self._token.encode())

    def _cookie(self, scope: Scope) -> str:
        return f"{_cookie_name(scope)}={self._token}; Path=/; HttpOnly; SameSite=Strict"


def _name(host: str) -> str | None:
    """Return the name in a Host header, without its port."""
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None


def _is_foreign(headers: Headers) -> bool:
    """Return whether another page asks, other than by leading the person here."""
    site = headers.get("sec-fetch-site", "none")
    return site not in ("none", "same-origin") and headers.get("sec-fetch-mode") != "navigate"


def _given(scope: Scope) -> str:
    """Return the token in the address, empty where there is none or it may not be there."""
    if scope["method"] != "GET" or scope["path"].startswith(("/api/", "/static/")):
        return ""
    query: bytes = scope["query_string"]
    return parse_qs(query.decode("latin-1")).get("token", [""])[0]


def _kept(scope: Scope, headers: Headers) -> str:
    name = f"{_cookie_name(scope)}="
    cookies = (part.strip() for part in headers.get("cookie", "").split(";"))
    return next((cookie.removeprefix(name) for cookie in cookies if cookie.startswith(name)), "")


def _cookie_name(scope: Scope) -> str:
    """Return a name of this server's own: a browser sends a cookie to every port."""
    server = scope.get("server") or ("", 0)
    return f"mechagents-view-{server[1]}"


def open_inside(folder: Path, path: str) -> BinaryIO:
    """Open a regular file below a folder for reading.

    Args:
        folder: The folder.
        path: The way from there, with ``/`` between its parts.

    Raises:
        OSError: If there is none, or the way leads up or through a link.
    """
    parts = path.split("/")
    if any(part in ("", ".", "..") or set(part) & {"\\", "\0"} for part in parts):
        raise FileNotFoundError(path)
    if os.open in os.supports_dir_fd:
        return _opened_below(folder, parts)
    meant = folder.resolve().joinpath(*parts)
    if meant.resolve(strict=True) != meant:
        raise FileNotFoundError(path)
    return _regular(os.open(meant, os.O_RDONLY | getattr(os, "O_BINARY", 0)))


def _opened_below(folder: Path, parts: list[str]) -> BinaryIO:
    """Open a file step by step, so that no step can become a link meanwhile."""
    no_link = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
    at = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    for part in parts[:-1]:
        try:
            below = os.open(part, no_link | os.O_DIRECTORY, dir_fd=at)
        finally:
            os.close(at)
        at = below
    try:
        # A pipe without a writer would keep us waiting.
        return _regular(os.open(parts[-1], no_link | os.O_NONBLOCK, dir_fd=at))
    finally:
        os.close(at)


def _regular(file: int) -> BinaryIO:
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise FileNotFoundError("this is no regular file")
    return os.fdopen(file, "rb")
