"""A folder is measured, searched and removed whatever a program put there."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from mechagents.sandbox import folder as folders
from mechagents.sandbox.folder import DEPTH, Stamp, collect, measure, put, remove, stamps


def _write(folder: Path, name: str, text: str = "x") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def _nest(folder: Path, levels: int) -> None:
    """Nest folders deeper than a path can be long."""
    here = os.open(folder, os.O_RDONLY)
    for _ in range(levels):
        os.mkdir("d" * 20, dir_fd=here)
        below = os.open("d" * 20, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)


NOTHING: dict[str, Stamp] = {}


def test_new_files_are_artifacts_in_order(tmp_path: Path):
    for name in ("b.txt", "a/c.png", "a.txt"):
        _write(tmp_path, name)
    assert collect(tmp_path, NOTHING, 10).artifacts == ("a.txt", "a/c.png", "b.txt")


def test_a_file_that_was_there_is_no_artifact_unless_it_was_changed(tmp_path: Path):
    _write(tmp_path, "kept.txt")
    changed = _write(tmp_path, "changed.txt")
    before = stamps(tmp_path)
    changed.write_text("longer than before")
    assert collect(tmp_path, before, 10).artifacts == ("changed.txt",)


def test_a_link_is_not_followed_and_not_taken(tmp_path: Path):
    outside = tmp_path / "outside"
    _write(outside, "secret.txt")
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "file").symlink_to(outside / "secret.txt")
    (folder / "place").symlink_to(outside)
    found = collect(folder, NOTHING, 10)
    assert found.artifacts == ()
    assert found.skipped == ("file (a link)", "place (a link)")


def test_a_second_name_of_a_file_is_not_taken(tmp_path: Path):
    secret = _write(tmp_path, "secret.txt")
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "mine.txt").hardlink_to(secret)
    assert collect(folder, NOTHING, 10).skipped == ("mine.txt (has a second name)",)


def test_pipes_and_sockets_are_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe")
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind("socket")
    found = collect(tmp_path, NOTHING, 10)
    assert found.skipped == ("pipe (not a regular file)", "socket (not a regular file)")


@pytest.mark.parametrize("name", ["bad\x1bname", "-rf", "a\u202eb", "a;b", "new\nline"])
def test_an_unsafe_name_is_left_and_told_safely(tmp_path: Path, name: str):
    _write(tmp_path, name)
    found = collect(tmp_path, NOTHING, 10)
    assert found.artifacts == ()
    assert "(unsafe name)" in found.skipped[0]
    assert found.skipped[0].isprintable()


@pytest.mark.parametrize("name", ["stress xx (Pa).png", "größe_1.txt", "a+b=c,d@e.csv"])
def test_a_usual_name_is_taken(tmp_path: Path, name: str):
    _write(tmp_path, name)
    assert collect(tmp_path, NOTHING, 10).artifacts == (name,)


def test_hidden_files_are_passed_over_in_silence(tmp_path: Path):
    _write(tmp_path, ".cache/font")
    assert collect(tmp_path, NOTHING, 10) == folders.Found((), ())


def test_no_more_files_are_taken_than_asked_for(tmp_path: Path):
    for number in range(5):
        _write(tmp_path, f"{number}.txt")
    found = collect(tmp_path, NOTHING, 3)
    assert found.artifacts == ("0.txt", "1.txt", "2.txt")
    assert found.skipped == ("3.txt (too many)", "4.txt (too many)")


def test_artifacts_are_bounded_in_size_together(tmp_path: Path):
    for name in ("a", "b"):
        with (tmp_path / name).open("wb") as file:
            file.truncate(int(0.6 * folders.ARTIFACTS_MIB * folders.MIB))
    assert collect(tmp_path, NOTHING, 10) == folders.Found(("a",), ("b (too large)",))


def test_files_too_deep_are_not_looked_for(tmp_path: Path):
    _write(tmp_path, "/".join("d" * (DEPTH - 1)) + "/file")
    _write(tmp_path, "/".join("e" * DEPTH) + "/file")
    assert len(collect(tmp_path, NOTHING, 10).artifacts) == 1


def test_a_folder_is_measured_in_files_folders_and_bytes(tmp_path: Path):
    _write(tmp_path, "a/b.txt", "x" * (1 << 19))
    _write(tmp_path, "c.txt", "x" * (1 << 19))
    assert measure(tmp_path, 10, 10) == folders.Size(mib=1.0, files=3)


def test_measuring_stops_just_past_a_limit(tmp_path: Path):
    for number in range(9):
        _write(tmp_path, f"{number}.txt")
    assert measure(tmp_path, 10, 4).files == 5


def test_folders_nested_beyond_reason_count_as_too_many_files(tmp_path: Path):
    _nest(tmp_path, folders.DEEPEST + 1)
    assert measure(tmp_path, 10, 1000).files > 1000
    remove(tmp_path)


def test_a_folder_deeper_than_a_path_or_a_stack_is_removed(tmp_path: Path):
    folder = tmp_path / "folder"
    folder.mkdir()
    _nest(folder, 1500)
    remove(folder)
    assert not folder.exists()


def test_a_closed_folder_is_removed(tmp_path: Path):
    inner = _write(tmp_path, "folder/closed/deep/file").parent
    for path in (inner, inner.parent):
        path.chmod(0)
    remove(tmp_path / "folder")
    assert not (tmp_path / "folder").exists()


def test_removing_a_link_leaves_what_it_leads_to(tmp_path: Path):
    outside = _write(tmp_path, "outside/kept.txt")
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "link").symlink_to(outside.parent)
    top = tmp_path / "top"
    top.symlink_to(outside.parent)
    for path in (folder, top, tmp_path / "absent"):
        remove(path)
        assert not path.is_symlink()
        assert not path.exists()
    assert outside.exists()


def test_an_input_takes_the_place_of_a_link_or_a_folder(tmp_path: Path):
    outside = _write(tmp_path, "outside.txt", "mine")
    folder = tmp_path / "folder"
    _write(folder, "b.txt/inner")
    (folder / "a.txt").symlink_to(outside)
    for name in ("a.txt", "b.txt"):
        put(folder, name, "told")
        assert (folder / name).read_text() == "told"
    assert outside.read_text() == "mine"


def test_font_lists_are_copied_from_where_matplotlib_keeps_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    _write(tmp_path, "cache/matplotlib/fontlist-v1.json", "fonts")
    (tmp_path / "new").mkdir()
    monkeypatch.delenv("MPLCONFIGDIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folders.seed_font_lists(tmp_path / "new")
    assert (tmp_path / "new/fontlist-v1.json").read_text() == "fonts"
