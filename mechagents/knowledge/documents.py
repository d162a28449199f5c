"""Reads notes out of Markdown, text and PDF files: one for each heading, none too long to show."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from mechagents.errors import UsageError

SUFFIXES = (".md", ".markdown", ".txt", ".pdf")
"""Of the files that are read."""
LONGEST_NOTE = 1500
"""Characters; what is longer becomes several notes."""
LARGEST_FILE = 32 << 20
_HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*\s*$", re.MULTILINE)
_FOR = re.compile(r"\A<!--\s*for:\s*([^<>]+?)\s*-->\s*")
_ROLES = re.compile(r"\A<!--\s*roles:\s*([a-z_, ]+?)\s*-->\s*")


@dataclass(frozen=True, slots=True)
class Note:
    """A piece of knowledge, short enough to be shown whole."""

    title: str
    text: str
    source: str
    """The file it comes from."""
    roles: tuple[str, ...] = ()
    """Whom it concerns; nobody named means everybody."""
    only_with: tuple[tuple[str, ...], ...] = ()
    """Beginnings of words: a problem or a failure must have one of each group; none is for all."""

    def fits(self, words: Iterable[str]) -> bool:
        """Return whether it may be shown for a problem or a failure of these words."""
        told = tuple(words)
        return all(any(word.startswith(group) for word in told) for group in self.only_with)


def read_notes(folder: Path) -> list[Note]:
    """Return the notes in a file, or in all files of a folder and those below it.

    A file may begin with ``<!-- roles: coder, critic -->``, which says whom its notes concern, and
    what stands below a heading with ``<!-- for: hole, notch; tension -->``: the note is for
    problems or failures with a word that begins so, one of each group.

    Raises:
        UsageError: If there is no such folder, or a file cannot be read.
    """
    if not folder.exists():
        raise UsageError("there is no such file or folder", where=str(folder))
    files = [folder] if folder.is_file() else sorted(folder.rglob("*"))
    found: list[Note] = []
    for path in files:
        if path.is_file() and path.suffix.lower() in SUFFIXES:
            found += _notes(path)
    return found


def notes_in(text: str, title: str, source: str) -> list[Note]:
    """Return the notes of a text, one for each heading or, where it is long, for each part."""
    marked = _ROLES.match(text)
    roles = tuple(re.split(r"[,\s]+", marked[1])) if marked else ()
    rest = text[marked.end() :] if marked else text
    parts = _HEADING.split(rest)
    headed = [(title, parts[0]), *zip(parts[1::2], parts[2::2], strict=True)]
    return [
        Note(title=head, text=piece, source=source, roles=roles, only_with=_groups(body.strip()))
        for head, body in headed
        for piece in _pieces(_FOR.sub("", body.strip()))
    ]


def _groups(body: str) -> tuple[tuple[str, ...], ...]:
    marked = _FOR.match(body)
    groups = marked[1].lower().split(";") if marked else ()
    return tuple(words for group in groups if (words := tuple(re.findall(r"[^\s,]+", group))))


def _notes(path: Path) -> list[Note]:
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise UsageError(f"is larger than {LARGEST_FILE >> 20} MB; divide it", where=str(path))
        text = _pdf(path) if path.suffix.lower() == ".pdf" else path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot be read ({error})", where=str(path)) from error
    return notes_in(text, path.stem, str(path))


def _pdf(path: Path) -> str:
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    try:
        pages = [page.extract_text() for page in PdfReader(path).pages]
    # What a damaged file makes the reader raise is not all of its own kind.
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UsageError(f"cannot be read as PDF ({error})", where=str(path)) from error
    text = "\n\n".join(pages)
    if not text.strip():
        raise UsageError("holds no text, only pictures of it", where=str(path))
    return text


def _pieces(text: str) -> Iterator[str]:
    """Divide a text between paragraphs, or within one that is too long, into notes."""
    piece = ""
    for paragraph in _paragraphs(text):
        if piece and len(piece) + len(paragraph) + 2 > LONGEST_NOTE:
            yield piece
            piece = ""
        piece = f"{piece}\n\n{paragraph}" if piece else paragraph
    if piece:
        yield piece


def _paragraphs(text: str) -> Iterator[str]:
    for paragraph in re.split(r"\n\s*\n", text):
        whole = paragraph.strip()
        while len(whole) > LONGEST_NOTE:
            end = max(whole.rfind(mark, 1, LONGEST_NOTE) for mark in (". ", "\n", " "))
            end = end + 1 if end > 0 else LONGEST_NOTE
            yield whole[:end].strip()
            whole = whole[end:].strip()
        if whole:
            yield whole
