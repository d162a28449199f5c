"""The index of notes: SQLite's full-text search, in memory or in a file of the user's."""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

from mechagents.errors import UsageError
from mechagents.knowledge.documents import Note, notes_in, read_notes

FEWEST_WORDS = 2
"""A note has at least so many of the words that are looked for, or all of them."""
OF_THE_BEST = 0.4
"""A note whose rank is a smaller part of the best one's is left out."""
SECONDS = 10.0
"""How long a write waits for another one to end."""
_WORD = re.compile(r"[^\W_](?:[\w.]*[^\W_])?")
_MARKED = re.compile("\x01(.*?)\x02", re.DOTALL)
_STEM = 5
"""Words that share so many letters count as one."""
_COMMON = frozenset({
    "a", "an", "and", "are", "as", "at", "be", "by", "can", "case", "does", "edge", "for",
    "from", "has", "have", "how", "in", "into", "is", "it", "its", "let", "mesh", "no", "not",
    "of", "on", "or", "our", "out", "plate", "problem", "program", "result", "same", "save",
    "solve", "that", "the", "then", "this", "to", "use", "using", "was", "we", "what",
    "which", "with",
})  # fmt: skip
"""Words that every question has, and that tell notes apart no better than none."""
_TABLE = (
    "CREATE VIRTUAL TABLE IF NOT EXISTS notes USING fts5("
    "title, text, source UNINDEXED, roles UNINDEXED, tokenize = 'porter unicode61')"
)
_FIND = (
    "SELECT title, text, source, roles, bm25(notes, 3.0, 1.0) AS rank, "
    "highlight(notes, 0, char(1), char(2)) || highlight(notes, 1, char(1), char(2)) "
    "FROM notes WHERE notes MATCH ? ORDER BY rank LIMIT 40"
)


class Index:
    """Notes that can be found by words.

    Args:
        path: The file that keeps them; None keeps them in memory.

    Raises:
        UsageError: If the file cannot be used.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._memory = sqlite3.connect(":memory:", check_same_thread=False) if not path else None
        with self._base() as base:
            base.execute(_TABLE)

    @contextmanager
    def _base(self) -> Generator[sqlite3.Connection]:
        """Open the file for one piece of work, all of which is kept or none."""
        base = self._memory
        try:
            if base is None:
                assert self._path is not None
                self._path.parent.mkdir(parents=True, exist_ok=True)
                base = sqlite3.connect(self._path, timeout=SECONDS)
            with base:
                yield base
        except (OSError, sqlite3.Error) as error:
            raise UsageError(
                f"cannot be used as an index ({error})", where=str(self._path)
            ) from error
        finally:
            if base is not None and base is not self._memory:
                base.close()

    def add(self, notes: Iterable[Note]) -> int:
        """Keep notes, in place of those that come from the same files, and return how many."""
        rows = [(n.title, n.text, n.source, _concerns(n)) for n in notes]
        with self._base() as base:
            base.executemany("DELETE FROM notes WHERE source = ?", {(row[2],) for row in rows})
            base.executemany("INSERT INTO notes VALUES (?, ?, ?, ?)", rows)
        return len(rows)

    def remove(self, source: str) -> int:
        """Forget the notes of a file, or of all files in a folder, and return how many."""
        below = source.rstrip("/\\") + os.sep
        with self._base() as base:
            found = base.execute(
                "DELETE FROM notes WHERE source = ? OR substr(source, 1, ?) = ?",
                (source, len(below), below),
            )
            return found.rowcount

    def sources(self) -> dict[str, int]:
        """Return the files that notes come from, and how many come from each."""
        with self._base() as base:
            rows = base.execute(
                "SELECT source, count(*) FROM notes GROUP BY source ORDER BY source"
            )
            return dict(rows.fetchall())

    def find(
        self, words: str, *, role: str | None = None, about: str = "", most: int = 3
    ) -> tuple[Note, ...]:
        """Return the notes that have most of what is looked for, the best first.

        Args:
            words: Any text.
            role: Whom they must concern; None for anybody.
            about: More words by which a note may fit that is for some problems only.
            most: How many at most.
        """
        wanted = looked_for(words)
        if not wanted:
            return ()
        with self._base() as base:
            rows = base.execute(_FIND, (" OR ".join(f'"{word}"' for word in wanted),)).fetchall()
        least = min(FEWEST_WORDS, len({word[:_STEM] for word in wanted}))
        told = _parts(f"{words} {about}")
        found: list[tuple[float, Note]] = []
        for title, text, source, concerns, rank, marked in rows:
            hits = {word.lower() for word in _MARKED.findall(marked)}
            stems = {word[:_STEM] for word in hits}
            # A name out of a program says as much as two words.
            stems |= {word for word in hits if "_" in word or "." in word}
            note = _note(title, text, source, concerns)
            # What is said to be for such a problem fits by one word more.
            enough = len(stems) >= (1 if note.only_with else least)
            named = role is None or not note.roles or role in note.roles
            if enough and named and note.fits(told):
                found.append((rank, note))
        # Ranks are negative, the best one the lowest.
        return tuple(note for rank, note in found[:most] if rank <= OF_THE_BEST * found[0][0])


def _concerns(note: Note) -> str:
    """Return whom and what a note is for, as the index keeps it."""
    return " ".join((*note.roles, *(f"for:{'|'.join(group)}" for group in note.only_with)))


def _note(title: str, text: str, source: str, concerns: str) -> Note:
    roles = tuple(one for one in concerns.split() if not one.startswith("for:"))
    groups = (one.removeprefix("for:") for one in concerns.split() if one.startswith("for:"))
    return Note(title, text, source, roles, tuple(tuple(group.split("|")) for group in groups))


def _parts(words: str) -> set[str]:
    """Return the words of a text, and the parts of names such as ``plt.get_cmap``."""
    whole = {word.lower() for word in _WORD.findall(words)}
    return whole | {part for word in whole for part in re.split(r"[._]", word)}


def looked_for(words: str) -> list[str]:
    """Return the words of a text that notes are looked for by, each once."""
    found = dict.fromkeys(word.lower() for word in _WORD.findall(words))
    return [word for word in found if word not in _COMMON and not word.isdigit()][:200]


def packaged_notes() -> Index:
    """Return an index of the notes that come with this package."""
    index = Index()
    for path in files("mechagents.knowledge").joinpath("notes").iterdir():
        if path.name.endswith(".md"):
            title = path.name.removesuffix(".md")
            index.add(notes_in(path.read_text("utf-8"), title, f"mechagents: {title}"))
    return index


def index_folder(index: Index, folder: Path) -> int:
    """Keep all notes of a file or folder, and return how many; what is gone there is forgotten.

    Raises:
        UsageError: If there is no such folder, nothing in it can be read, or a file is damaged.
    """
    notes = read_notes(folder.absolute())
    if not notes:
        raise UsageError("holds no Markdown, text or PDF with words in it", where=str(folder))
    index.remove(str(folder.absolute()))
    return index.add(notes)
