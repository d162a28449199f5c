"""Only a picture of the run, of a bounded size, becomes part of a page."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
import report_conversations as made

from mechagents.report.files import read_inside
from mechagents.report.pictures import LARGEST_FILE, LARGEST_TOTAL, embed, png_size


def reason(folder: Path, name: str) -> str:
    (picture,) = embed(folder, (name,))
    assert picture.uri == ""
    return picture.problem


def test_a_png_becomes_a_data_uri_with_its_size(tmp_path: Path):
    (tmp_path / "a.png").write_bytes(made.png(3, 2))
    (picture,) = embed(tmp_path, ("a.png", "a.png", "notes.txt"))
    assert (picture.width, picture.height, picture.problem) == (3, 2, "")
    assert base64.b64decode(picture.uri.split(",")[1]) == made.png(3, 2)


def test_a_file_that_only_claims_to_be_a_png_is_refused(tmp_path: Path):
    (tmp_path / "a.png").write_bytes(b"<svg onload='alert(1)'>" + b" " * 40)
    assert reason(tmp_path, "a.png") == "it is not a PNG picture"


@pytest.mark.parametrize("size", [(0, 1), (1, 0), (20_001, 1)])
def test_a_picture_with_sides_out_of_range_is_refused(size: tuple[int, int]):
    data = bytearray(made.png())
    data[16:20], data[20:24] = size[0].to_bytes(4, "big"), size[1].to_bytes(4, "big")
    with pytest.raises(ValueError, match="out of range"):
        png_size(bytes(data))


@pytest.mark.parametrize("name", ["../secret.png", "sub/../../secret.png"])
def test_a_path_out_of_the_folder_is_refused(tmp_path: Path, name: str):
    (tmp_path / "secret.png").write_bytes(made.png())
    folder = tmp_path / "run"
    (folder / "sub").mkdir(parents=True)
    assert reason(folder, name) == "it lies outside the run's folder"
    assert reason(folder, str(tmp_path / "secret.png")) == "it lies outside the run's folder"


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path):
    (tmp_path / "secret.png").write_bytes(made.png())
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "a.png").symlink_to(tmp_path / "secret.png")
    assert reason(folder, "a.png") == "it lies outside the run's folder"


def test_a_folder_or_a_missing_file_is_no_picture(tmp_path: Path):
    (tmp_path / "a.png").mkdir()
    assert reason(tmp_path, "a.png") == "there is no such file"
    assert reason(tmp_path, "b.png") == "there is no such file"
    assert reason(tmp_path, "b\0.png") == "its name is not a file name"


def test_a_name_too_long_for_the_file_system_is_no_error(tmp_path: Path):
    assert reason(tmp_path, "x" * 5000 + ".png") in (
        "the file cannot be read",
        "there is no such file",
    )


def test_a_picture_that_is_too_large_stays_a_file(tmp_path: Path):
    (tmp_path / "a.png").write_bytes(made.png() + b"\0" * LARGEST_FILE)
    assert "too large" in reason(tmp_path, "a.png")


def test_all_pictures_together_are_bounded(tmp_path: Path):
    names = [f"{i}.png" for i in range(LARGEST_TOTAL // LARGEST_FILE + 2)]
    padding = b"\0" * (LARGEST_FILE - len(made.png()))
    for name in names:
        (tmp_path / name).write_bytes(made.png() + padding)
    pictures = embed(tmp_path, tuple(names))
    assert sum(len(picture.uri) for picture in pictures) <= 1.34 * LARGEST_TOTAL
    assert pictures[0].uri
    assert "too large" in pictures[-1].problem


def test_a_file_of_the_very_size_allowed_is_read(tmp_path: Path):
    (tmp_path / "a").write_bytes(b"12345")
    assert read_inside(tmp_path, "a", 5) == b"12345"
    with pytest.raises(ValueError, match="too large"):
        read_inside(tmp_path, "a", 4)
