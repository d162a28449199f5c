"""Whether what a page shows to be printed is what is printed."""

from __future__ import annotations

import re

_LEFT_OUT = re.compile(r"^\s*(?:\.{5,}|…)$|…$", re.MULTILINE)
_NUMBER = re.compile(r"(?<![\w.#])[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?")
_FREE = [
    (re.compile(r"(?:\d+ h )?(?:\d+ min )?\d+(?:\.\d+)? s\b|\d+ h \d+ min\b"), "SECONDS"),
    (re.compile(r"\d+ MiB"), "MEMORY"),
    (re.compile(r"\d+ lines"), "LENGTH"),
    (re.compile(r"\d{8}-\d{6}-([\w-]+?)-[0-9a-f]{4}\b"), r"RUN-\1"),
    (re.compile(r"\S*/mechagents-\w+"), "TEMPORARY"),
    (re.compile(r"\b(?:namespaces|landlock|bubblewrap|container|none) \([^()]*\)"), "WALLS"),
    (re.compile(r"(?<=sandbox )(?:namespaces|landlock|bubblewrap|container|none)(?=,)"), "WALLS"),
    (re.compile(r"\b\d+(?:\.\d+){2,}[\w.+-]*"), "VERSION"),
]
"""What differs from one time or machine to the next, and what stands for it."""
NEAR = 0.01
"""How far a number may be from the shown one, relatively: another version, another mesh."""
ROUNDING = 1e-9
"""Numbers below this are rounding."""


def missing(shown: str, printed: str) -> str | None:
    """Return where what is shown is not what is printed, or None.

    Between the parts of what is shown (a line of dots, a line that ends in an ellipsis) anything
    may be printed.
    """
    words = _words(printed)
    at = 0
    for part in _LEFT_OUT.split(shown):
        wanted = _words(part)
        alike = [_alike(wanted, words[start:]) for start in range(at, len(words) + 1)]
        best = max(range(len(alike)), key=alike.__getitem__)
        here, known = at + best, alike[best]
        if known < len(wanted):
            told = " ".join(words[here + max(known - 5, 0) : here + known + 8])
            return f"shown: {' '.join(wanted[max(known - 5, 0) : known + 8])}\nprinted: {told}"
        at = here + len(wanted)
    return None


def _words(text: str) -> list[str]:
    text = " ".join(text.split())
    for pattern, stands in _FREE:
        text = pattern.sub(stands, text)
    return text.split()


def _alike(wanted: list[str], words: list[str]) -> int:
    """Return how many words are the same before the first that is another."""
    pairs = zip(wanted, words, strict=False)
    whole = min(len(wanted), len(words))
    return next((i for i, pair in enumerate(pairs) if not _same(*pair)), whole)


def _same(shown: str, printed: str) -> bool:
    if shown == printed:
        return True
    if _NUMBER.sub("#", shown) != _NUMBER.sub("#", printed):
        return False
    pairs = zip(_NUMBER.findall(shown), _NUMBER.findall(printed), strict=True)
    return all(_near(float(one), float(other)) for one, other in pairs)


def _near(one: float, other: float) -> bool:
    small = max(abs(one), abs(other)) < ROUNDING
    return small or abs(one - other) <= NEAR * abs(one)
