"""Text that others wrote is shown whole and steers nothing."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mechagents.report.text import (
    block,
    count,
    duration,
    joined,
    one_line,
    tail,
    visible,
    visible_json,
)

HIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}


@given(st.text())
def test_nothing_hidden_is_left_in_visible_text(text: str):
    assert all(c == "\n" or unicodedata.category(c) not in HIDDEN for c in visible(text))


@given(st.text(alphabet=st.characters(categories=["L", "N", "P", "S"])))
def test_text_without_hidden_characters_is_not_changed(text: str):
    assert visible(text) == text


@given(st.text())
def test_visible_text_stays_as_it_is_when_made_visible_again(text: str):
    assert visible(visible(text)) == visible(text)


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "␛[31mred␛[0m"),
        ("a\x07b\x7fc", "a␇b␡c"),
        ("pay \u202eevil\u202c", "pay ⟨U+202E⟩evil⟨U+202C⟩"),
        ("zero\u200bwidth", "zero⟨U+200B⟩width"),
        ("\x9b31m", "⟨U+009B⟩31m"),
        ("over\rwrite", "over␍write"),
    ],
)
def test_a_hostile_character_is_shown_by_name(hostile: str, shown: str):
    assert visible(hostile) == shown


@given(st.text(), st.sampled_from([None, 2]))
def test_json_to_be_seen_means_the_same_and_holds_nothing_hidden(text: str, indent: int | None):
    written = json.dumps({text: [text]}, ensure_ascii=False, indent=indent)
    shown = visible_json(written)
    assert json.loads(shown) == {text: [text]}
    assert all(c == "\n" or unicodedata.category(c) not in HIDDEN for c in shown)
    assert visible_json(shown) == shown


@given(st.text(), st.integers(min_value=2, max_value=50))
def test_one_line_is_one_line_within_its_limit(text: str, limit: int):
    line = one_line(text, limit)
    assert "\n" not in line
    assert len(line) <= limit


def test_text_beyond_the_limit_is_counted_not_dropped_in_silence():
    assert block("x" * 15, limit=10) == "x" * 10 + "\n… 5 more characters"


def test_the_tail_keeps_the_end_where_the_error_is():
    stream = "\n".join(f"line {i}" for i in range(100)) + "\nValueError: bad\n\n"
    assert tail(stream, lines=2) == "line 99\nValueError: bad"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (-1.0, "0.0 s"),
        (0.26, "0.3 s"),
        (59.94, "59.9 s"),
        (59.96, "1 min 00 s"),
        (185.0, "3 min 05 s"),
        (7620.0, "2 h 07 min"),
    ],
)
def test_a_duration_reads_as_people_write_it(seconds: float, shown: str):
    assert duration(seconds) == shown


def test_a_noun_agrees_with_its_number():
    assert (count(1, "check"), count(0, "check"), count(2, "entry")) == (
        "1 check",
        "0 checks",
        "2 entries",
    )


def test_names_beyond_the_limit_are_counted():
    assert joined(["a", "b", "c", "d"], limit=2) == "a, b, 2 more"
