"""What a team looks up: the notes of this package, a user's own, and lessons of earlier runs."""

from __future__ import annotations

from functools import cache, lru_cache
from pathlib import Path

from mechagents.knowledge.documents import Note
from mechagents.knowledge.index import Index, packaged_notes
from mechagents.knowledge.lessons import Lesson, Lessons

NOTES, LESSONS = "notes.sqlite", "lessons.sqlite"


class Shelf:
    """Notes and lessons that are shown to the roles that need them.

    Args:
        folder: Holds a user's own notes and lessons; None is for those of this package alone.
        learns: Whether failures that were mended are kept in the folder, and offered again.

    Raises:
        UsageError: If a file of the folder cannot be used.
        ValueError: If lessons are to be kept, and no folder is given.
    """

    def __init__(self, folder: Path | None = None, *, learns: bool = False) -> None:
        if learns and folder is None:
            raise ValueError("folder: lessons are kept in a folder; give one")
        self.folder = folder
        self.learns = learns
        kept = folder / NOTES if folder is not None else None
        self._own = Index(kept) if kept is not None and kept.is_file() else None
        self._lessons = Lessons(folder / LESSONS) if folder is not None and learns else None

    def find(
        self, words: str, *, role: str | None = None, about: str = "", most: int = 3
    ) -> tuple[Note, ...]:
        """Return the notes that fit words best, a user's own before those of this package.

        Args:
            words: Any text.
            role: Whom they must concern; None for anybody.
            about: More words by which a note may fit that is for some problems only.
            most: How many at most.
        """
        own: tuple[Note, ...] = ()
        if self._own is not None:
            own = self._own.find(words, role=role, about=about, most=most)
        rest = _packaged_that_fit(words, role, about, most - len(own))
        return (*own, *rest)[:most]

    def recall(self, failure: str) -> Lesson | None:
        """Return how the same failure was mended before, if it was."""
        return self._lessons.recall(failure) if self._lessons is not None else None

    def learn(self, lesson: Lesson) -> None:
        """Keep a lesson, where lessons are kept."""
        if self._lessons is not None:
            self._lessons.learn(lesson)


@cache
def _packaged() -> Index:
    return packaged_notes()


@lru_cache(maxsize=256)
def _packaged_that_fit(words: str, role: str | None, about: str, most: int) -> tuple[Note, ...]:
    """Find packaged notes; roles and turns of one problem look for the same again and again."""
    return _packaged().find(words, role=role, about=about, most=most)
