"""A run's files, as what no browser runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from mimetypes import guess_type
from os import fstat
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from mechagents.log import FILE_NAME
from mechagents.sandbox.folder import is_regular, walk
from mechagents.view.guard import SANDBOX, open_inside
from mechagents.view.place import Place
from mechagents.view.respond import Json, as_json

PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")
"""Types that are shown as they are."""
TEXTS = (".json", ".jsonl", ".py", ".txt", ".csv", ".md", ".log", ".yaml", ".yml", ".inp", ".geo")
"""Files that are shown as plain text, whatever is in them."""
DRAWING = "image/svg+xml"
"""Shown in a picture, where nothing in it runs, and offered for download otherwise."""
STEP = 1 << 18
"""Bytes sent at a time."""
DEPTH = 6
"""Levels of folders whose files are listed."""
MOST_FILES = 5000


def routes(place: Place) -> list[BaseRoute]:
    """Return the routes of a run's files."""

    def listing(request: Request) -> Response:
        """Answer with the path and the size of each file of a run."""
        folder = place.run(request.path_params["run"])
        return as_json({"files": list_files(folder)})

    def file(request: Request) -> Response:
        """Answer with a file; ``?download`` offers to keep it."""
        folder, path = place.run(request.path_params["run"]), request.path_params["path"]
        if any(part.startswith(".") for part in path.split("/")):
            raise HTTPException(404, "there is no such file")
        return file_response(folder, path, download="download" in request.query_params)

    return [
        Route("/api/runs/{run}/files", listing),
        Route("/api/runs/{run}/files/{path:path}", file),
    ]


def list_files(folder: Path) -> list[dict[str, Json]]:
    """Return the path and size of each regular file of a run, without hidden ones and links."""
    found: list[dict[str, Json]] = []
    for path, status in walk(folder, DEPTH):
        hidden = any(part.startswith(".") for part in path.split("/"))
        if is_regular(status) and not hidden and path.isprintable() and path != FILE_NAME:
            found.append({"path": path, "size": status.st_size})
        if len(found) >= MOST_FILES:
            break
    return found


def file_response(folder: Path, path: str, *, download: bool = False) -> Response:
    """Return a file of a folder as something that a browser shows or keeps, and never runs.

    Args:
        folder: The folder.
        path: The way from there, with ``/`` between its parts.
        download: Whether the browser is told to keep it.

    Raises:
        HTTPException: 404 if there is none, or the way leads up or through a link.
    """
    try:
        opened = open_inside(folder, path)
    except (OSError, ValueError):
        raise HTTPException(404, f"there is no file {path!r}") from None
    kind, shown = safe_type(path)
    name = quote(path.rsplit("/", 1)[-1], safe="")
    placing = "inline" if shown and not download else "attachment"
    headers = {
        "content-security-policy": SANDBOX,
        "content-disposition": f"{placing}; filename*=UTF-8''{name}",
        "content-length": str(fstat(opened.fileno()).st_size),
    }
    return StreamingResponse(_content(opened), media_type=kind, headers=headers)


def pictures_of(folder: str, artifacts: Sequence[str]) -> list[dict[str, Json]]:
    """Return the pictures among the files that a program left, by their paths in the run.

    Args:
        folder: Where the program ran, relative to the run's folder.
        artifacts: What it left, relative to ``folder``.
    """
    drawn = (*PICTURES, DRAWING)
    return [
        {"path": f"{folder}/{name}", "name": name}
        for name in artifacts
        if guess_type(name)[0] in drawn
    ]


def safe_type(path: str) -> tuple[str, bool]:
    """Return the type that a file is served as, and whether it may be shown in place."""
    guessed = guess_type(path)[0]
    if guessed in PICTURES:
        return guessed, True
    if guessed == DRAWING:
        return DRAWING, False
    if path.lower().endswith(TEXTS):
        return "text/plain; charset=utf-8", True
    return "application/octet-stream", False


def _content(opened: BinaryIO) -> Iterator[bytes]:
    with opened:
        while data := opened.read(STEP):
            yield data
