"""Text that others wrote, made fit to be shown: nothing hidden, nothing that steers a terminal."""

from __future__ import annotations

import json
import unicodedata

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode categories that show nothing themselves but change how the rest is shown."""


def visible(text: str) -> str:
    """Return text in which every control, bidi or invisible character can be seen.

    Newlines stay, tabs become spaces. A control character becomes its picture (``␛`` for
    escape), any other its code point (``⟨U+202E⟩``). The result cannot move a cursor, change
    a colour, ring a bell or turn the reading direction.
    """
    text = text.replace("\r\n", "\n").expandtabs(4)
    if text.isascii() and text.replace("\n", "").isprintable():
        return text
    return "".join(_shown(character) for character in text)


def _shown(character: str) -> str:
    if character == "\n" or unicodedata.category(character) not in _HIDDEN:
        return character
    code = ord(character)
    if code < 0x20:
        return chr(0x2400 + code)
    return "␡" if code == 0x7F else f"⟨U+{code:04X}⟩"


def visible_json(text: str) -> str:
    """Return JSON in which every hidden character is written as an escape; it means the same.

    JSON escapes the control characters below a blank itself, and lets the others pass: those
    of 8 bits, which some terminals obey, and those that turn the reading direction.

    Args:
        text: JSON, on one line or several.
    """
    if text.isascii() and "\x7f" not in text:
        return text
    return "".join(_escaped(character) for character in text)


def _escaped(character: str) -> str:
    if character == "\n" or unicodedata.category(character) not in _HIDDEN:
        return character
    return json.dumps(character)[1:-1] if ord(character) > 0x7F else f"\\u{ord(character):04x}"


def one_line(text: str, limit: int = 200) -> str:
    """Return text on one line, safe to show, cut to ``limit`` characters with an ellipsis."""
    line = " ".join(visible(text[: 20 * limit]).split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def block(text: str, limit: int = 4000) -> str:
    """Return text of several lines, safe to show; what is beyond ``limit`` is counted."""
    shown = visible(text[:limit]).strip("\n")
    left = len(text) - limit
    return shown if left <= 0 else f"{shown}\n… {left} more characters"


def tail(text: str, lines: int = 8, limit: int = 2000) -> str:
    """Return the last lines of a stream, safe to show, where an error message ends."""
    kept = text.rstrip()[-limit:].splitlines()[-lines:]
    return visible("\n".join(kept))


def duration(seconds: float) -> str:
    """Return a time as people write it: ``0.3 s``, ``12.4 s``, ``3 min 05 s``, ``2 h 07 min``."""
    if seconds < 59.95:
        return f"{max(seconds, 0.0):.1f} s"
    whole = round(seconds)
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def count(number: int, noun: str) -> str:
    """Return a number with its noun: ``1 check``, ``3 checks``, ``2 retries``."""
    if number == 1:
        return f"1 {noun}"
    if noun.endswith("y"):
        return f"{number:,} {noun[:-1]}ies"
    return f"{number:,} {noun}s"


def joined(parts: tuple[str, ...] | list[str], limit: int = 12) -> str:
    """Return names as a list in words, the ones beyond ``limit`` counted."""
    shown = [one_line(part, 80) for part in parts[:limit]]
    if len(parts) > limit:
        shown.append(f"{len(parts) - limit} more")
    return ", ".join(shown)
