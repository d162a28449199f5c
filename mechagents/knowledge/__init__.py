"""Notes that a role may need, found by words: those of this package, a user's own, and lessons."""

from mechagents.knowledge.documents import Note, read_notes
from mechagents.knowledge.index import Index, index_folder, packaged_notes
from mechagents.knowledge.lessons import Lesson, Lessons
from mechagents.knowledge.shelf import Shelf

__all__ = [
    "Index",
    "Lesson",
    "Lessons",
    "Note",
    "Shelf",
    "index_folder",
    "packaged_notes",
    "read_notes",
]
