"""A run's report, its fields drawn: the page in its folder, or one that is made now.

A page is made by a process that ends in time (``mechagents.files.report_process``), once for
each state of the log; the last few are kept.
"""

from __future__ import annotations

import os
import re
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path

import anyio
from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from mechagents.files.report_process import PAGE_BYTES, page_apart
from mechagents.log import FILE_NAME
from mechagents.report.html import FILE
from mechagents.view.guard import SANDBOX, open_inside
from mechagents.view.place import Place

KEPT_BYTES = 128 * 2**20
"""Of pages that are kept."""
AT_ONCE = 2
"""How many pages are made at the same time."""
_HEAD_BYTES = 1000
_CHAIN = re.compile(rb'"chain":"([0-9a-f]{64})"\}\n\Z')
_STATE = b'<meta name="mechagents" content="log %s, whole">'
Stamp = tuple[int, int, int]


def routes(place: Place) -> list[BaseRoute]:
    """Return the route of a run's report."""
    pages = Pages()

    async def report(request: Request) -> Response:
        """Answer with a run's report as its log stands."""
        folder = await run_sync(place.run, request.path_params["run"])
        page = await pages.page(folder)
        return Response(page, media_type="text/html", headers={"content-security-policy": SANDBOX})

    return [Route("/api/runs/{run}/report", report)]


@dataclass(slots=True)
class Pages:
    """The reports that were asked for last."""

    _held: OrderedDict[Path, tuple[Stamp, bytes]] = field(
        default_factory=OrderedDict[Path, tuple[Stamp, bytes]]
    )
    _turns: dict[Path, anyio.Lock] = field(default_factory=dict[Path, anyio.Lock])
    _few: anyio.Semaphore = field(default_factory=lambda: anyio.Semaphore(AT_ONCE))

    async def page(self, folder: Path) -> bytes:
        """Return the report of a run as its log stands, with its fields drawn.

        Raises:
            RunError: If it cannot be made.
        """
        # Whoever asks for the same run meanwhile waits for the same page.
        async with self._turns.setdefault(folder, anyio.Lock()):
            stamp = await run_sync(_stamp, folder)
            held = self._held.get(folder)
            if held is not None and held[0] == stamp:
                self._held.move_to_end(folder)
                return held[1]
            page = await run_sync(written_page, folder)
            if page is not None:
                return page
            async with self._few:
                page = await page_apart(folder)
            self._keep(folder, stamp, page)
            return page

    def _keep(self, folder: Path, stamp: Stamp, page: bytes) -> None:
        self._held.pop(folder, None)
        self._held[folder] = (stamp, page)
        while sum(len(kept) for _, kept in self._held.values()) > KEPT_BYTES:
            self._held.popitem(last=False)


def _stamp(folder: Path) -> Stamp:
    """Return what changes with a run's log."""
    status = os.lstat(folder / FILE_NAME)
    return status.st_size, status.st_mtime_ns, status.st_ino


def written_page(folder: Path) -> bytes | None:
    """Return the page in a run's folder, if it has the fields and is of the log as it stands."""
    chain = _last_chain(folder)
    if not chain:
        return None
    try:
        with open_inside(folder, FILE) as file:
            head = file.read(_HEAD_BYTES)
            if _STATE % chain not in head:
                return None
            rest = file.read(PAGE_BYTES)
    except OSError:
        return None
    return head + rest if len(rest) < PAGE_BYTES else None


def _last_chain(folder: Path) -> bytes:
    """Return the last hash of a log's chain; nothing where its last line is torn."""
    with open_inside(folder, FILE_NAME) as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - 100))
        found = _CHAIN.search(file.read())
    return found.group(1) if found else b""
