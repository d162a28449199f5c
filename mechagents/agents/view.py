"""Fits what a role is shown into the context of its model, by rule.

A view is made of sections, each in one or more forms, the whole first. Where it is too long,
sections take their next shorter form, in a fixed order, until it fits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mechagents.errors import ModelError

TOKEN_CHARACTERS = 3.2
"""Characters of a token. Programs, JSON and English have 3.4 to 3.6 in the encoding cl100k, the
densest of them many numbers; a smaller figure errs towards a view that fits."""


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with what stands under it."""

    title: str
    forms: tuple[str, ...]
    """Whole first, then shorter ones; an empty form leaves the section out."""
    rank: int = 0
    """What has a higher rank is shortened earlier; 0 is never."""

    @property
    def text(self) -> str:
        """The section as it is shown."""
        return f"## {self.title}\n{self.forms[0]}" if self.forms[0] else ""

    @property
    def shorter(self) -> Section:
        """The section in its next form."""
        return Section(self.title, self.forms[1:], self.rank)


def tokens(text: str) -> int:
    """Return about how many tokens a text has, rather more than fewer."""
    return int(len(text) / TOKEN_CHARACTERS) + 1


def joined(sections: Sequence[Section]) -> str:
    """Return sections as one text."""
    return "\n\n".join(section.text for section in sections if section.text)


def fitted(sections: Sequence[Section], room: int | None) -> str:
    """Return sections as one text of at most so many tokens.

    Args:
        sections: In the order in which they are shown.
        room: Tokens; None for any number.

    Raises:
        ModelError: If it is longer in the shortest forms.
    """
    shown = list(sections)
    while room is not None and tokens(joined(shown)) > room:
        open_ = [s for s in shown if s.rank and len(s.forms) > 1 and s.text]
        if not open_:
            raise ModelError(
                f"a view of {tokens(joined(shown))} tokens is the shortest, and the model's "
                f"context leaves {room}; use a model with a longer one (--context)"
            )
        next_ = max(open_, key=lambda section: section.rank)
        shown[shown.index(next_)] = next_.shorter
    return joined(shown)
