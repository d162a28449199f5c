"""The profile for macOS names what is allowed; nothing else is. It is not run here."""

from __future__ import annotations

import re
import struct
import sys
from pathlib import Path

import pytest

from mechagents.sandbox.inside import macos
from mechagents.sandbox.inside.seatbelt import profile, quoted
from mechagents.sandbox.selftest import fault


def test_all_is_denied_before_anything_is_allowed():
    lines = profile([], []).splitlines()
    assert lines[:2] == ["(version 1)", "(deny default)"]
    assert "(deny network*)" in lines
    assert not [line for line in lines if re.fullmatch(r"\(allow [a-z*-]*(read|write)\S*\)", line)]


def test_only_the_folders_that_are_named_can_be_written(tmp_path: Path):
    text = profile(["/opt/python"], [str(tmp_path)])
    writing = [line for line in text.splitlines() if line.startswith("(allow") and "write" in line]
    assert len(writing) == 2
    assert '"/dev/null"' in writing[0]
    assert re.findall(r'"([^"]*)"', writing[1]) == [str(tmp_path.resolve())]


def test_nothing_of_a_home_is_read_but_what_is_named():
    text = profile(["/Users/me/venv"], ["/Users/me/run"])
    reading = [x for x in text.splitlines() if "file-read*" in x or "file-read-data" in x]
    found = {p for line in reading for p in re.findall(r'"([^"]*)"', line) if "/Users" in p}
    assert found == {"/Users/me/venv", "/Users/me/run"}
    assert '(literal "/Users/me")' in next(x for x in text.splitlines() if "metadata" in x)


def test_a_link_is_named_by_what_it_leads_to(tmp_path: Path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    text = profile([], [str(tmp_path / "link")])
    assert f'"{tmp_path.resolve()}/real"' in text
    assert "/link" not in text


@pytest.mark.parametrize(
    ("path", "written"),
    [("/a b", '"/a b"'), ('/a"b', '"/a\\"b"'), ("/a\\b", '"/a\\\\b"'), ("/a) (x", '"/a) (x"')],
)
def test_a_path_cannot_leave_its_quotes(path: str, written: str):
    assert quoted(path) == written
    assert written in profile([path], [])


def test_a_path_with_a_control_character_is_refused():
    with pytest.raises(ValueError, match="no profile can hold"):
        profile(["/a\nb"], [])


def test_other_processes_are_not_told_of():
    text = profile([], [])
    assert text.index("(deny process-info*)") < text.index("(allow process-info* (target same")
    assert "kern.proc" not in text
    assert "(allow sysctl-read)" not in text
    assert "(allow signal (target same-sandbox))" in text


def test_what_macos_tells_of_a_process_is_read():
    task = struct.pack("<6Q12i", 1 << 40, 5000, 30, 12, 0, 0, *range(9), 7, 1, 0)
    used = struct.pack("<16s10Q", b"", 0, 0, 0, 0, 0, 0, 6000, 4000, 0, 0)
    assert macos.unpacked(task, used, 0.5) == (21.0, 7, 4000)
    assert macos.unpacked(task, None, 0.5) == (21.0, 7, 5000)


@pytest.mark.skipif(sys.platform == "darwin", reason="there it may hold")
def test_it_is_not_used_elsewhere():
    assert fault("seatbelt").startswith("this is ")
