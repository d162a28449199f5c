"""Output is bounded while it comes in and harmless when it is shown."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from mechagents.sandbox.output import Stream, escaped, safe_text

CHUNKS = st.lists(st.binary(max_size=50), max_size=30)


def _filled(limit: int, chunks: list[bytes]) -> Stream:
    stream = Stream(limit)
    for chunk in chunks:
        stream.add(chunk)
    return stream


@given(CHUNKS, st.integers(min_value=2, max_value=100))
def test_a_stream_counts_every_byte(chunks: list[bytes], limit: int):
    assert _filled(limit, chunks).total == sum(map(len, chunks))


@given(st.lists(st.text("ab\n", max_size=20), max_size=30))
def test_what_fits_is_kept_whole(chunks: list[str]):
    stream = _filled(2000, [chunk.encode() for chunk in chunks])
    assert stream.text == "".join(chunks)


@given(st.text("abc", min_size=11, max_size=300), st.integers(min_value=1, max_value=40))
def test_beginning_and_end_are_kept_of_what_does_not_fit(text: str, size: int):
    chunks = [text[i : i + size].encode() for i in range(0, len(text), size)]
    kept = _filled(10, chunks).text
    assert kept == f"{text[:5]}\n[... {len(text) - 10:,} bytes left out ...]\n{text[-5:]}"


def test_a_stream_of_any_length_takes_bounded_memory():
    stream = _filled(100, [b"x" * 1000] * 1000)
    assert len(stream.text) < 200
    assert stream.total == 1_000_000


@given(st.binary(max_size=200))
def test_no_control_format_or_private_character_is_let_through(data: bytes):
    unsafe = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    found = {c for c in safe_text(data) if unicodedata.category(c) in unsafe}
    assert found <= {"\n", "\t"}


@given(st.text(max_size=100))
def test_escaping_twice_is_escaping_once(text: str):
    assert escaped(escaped(text)) == escaped(text)


def test_letters_of_any_script_are_let_through():
    text = "Σ σ₁₂ = 1.5 MPa, größer, 应力 ✓\n\tline"
    assert safe_text(text.encode()) == text


def test_each_kind_of_unsafe_character_is_written_as_its_escape():
    data = "\x1b[2J \u202e \u2028 \u200b \x9b \ue000 \U000e0041".encode()
    assert safe_text(data) == r"\x1b[2J \u202e \u2028 \u200b \x9b \ue000 \U000e0041"


def test_a_carriage_return_begins_a_new_line():
    assert safe_text(b"10 %\r20 %\r\ndone") == "10 %\n20 %\ndone"


def test_what_is_no_utf8_is_replaced():
    assert safe_text(b"a\xff\xfeb") == "a\ufffd\ufffdb"


def test_a_crash_dump_does_not_show_the_launcher():
    dump = (
        b'Current thread:\n  File "program.py", line 1 in solve\n'
        b'  File "/somewhere/sandbox/launcher.py", line 250 in <module>\nend\n'
    )
    assert safe_text(dump) == 'Current thread:\n  File "program.py", line 1 in solve\nend\n'
