"""Lessons: how a failure was mended, kept as pattern and fix, for when it comes again."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from mechagents.knowledge.documents import Note
from mechagents.knowledge.index import Index

_NUMBER = re.compile(r"[-+]?\d+(?:\.\d*)?(?:e[-+]?\d+)?", re.IGNORECASE)
_QUOTED = re.compile(r"'[^']*/[^']*'|\"[^\"]*/[^\"]*\"")
LONGEST = 600


@dataclass(frozen=True, slots=True)
class Lesson:
    """A failure and what mended it."""

    pattern: str
    """What failed, without numbers and paths, so that it is the same the next time."""
    fix: str
    """What was changed, and why."""

    @classmethod
    def of(cls, failure: str, fix: str) -> Lesson:
        """Return the lesson of a failure as it was told, and of what mended it."""
        return cls(pattern=pattern_of(failure), fix=fix.strip()[:LONGEST])


def pattern_of(failure: str) -> str:
    """Return what is the same whenever a failure recurs: no numbers, no paths, one line."""
    plain = _NUMBER.sub("#", _QUOTED.sub("'…'", failure))
    return " ".join(plain.split())[:LONGEST]


class Lessons:
    """Lessons in a file of the user's.

    Args:
        path: The file that keeps them; None keeps them in memory.

    Raises:
        UsageError: If the file cannot be used.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._index = Index(path)

    def learn(self, lesson: Lesson) -> None:
        """Keep a lesson; the same failure keeps its newest fix."""
        if lesson.pattern and lesson.fix:
            source = f"lesson: {lesson.pattern}"
            self._index.add([Note(title=lesson.pattern, text=lesson.fix, source=source)])

    def recall(self, failure: str) -> Lesson | None:
        """Return the lesson of the same failure, if it came before."""
        pattern = pattern_of(failure)
        for note in self._index.find(pattern, most=40):
            if note.title == pattern:
                return Lesson(pattern, note.text)
        return None

    def __len__(self) -> int:
        """Return how many lessons there are."""
        return sum(self._index.sources().values())
