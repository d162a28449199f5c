"""Check 1: what is missing, malformed, not finite or of another dimension is found and named."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from bodies_to_check import plate
from hypothesis import given
from hypothesis import strategies as st
from returned import failed, leave, png, ran, reported, solve_by

from mechagents.errors import ProblemError
from mechagents.verification import judge, read_results, verify_folder

FOUND = solve_by("quad", plate(), 0.25)


@pytest.fixture
def folder(tmp_path) -> Path:
    """What a sound program left."""
    return leave(tmp_path, FOUND)


def names(folder: Path) -> list[str]:
    evidence = verify_folder(folder, formulation=plate())
    assert evidence.claim_level == ("none" if evidence.failed else "consistent")
    return list(failed(evidence))


def rewrite(folder: Path, **changes: object) -> None:
    """Change the entry of the force in results.json."""
    file = folder / "results.json"
    results = json.loads(file.read_text())
    results["quantities"][0] |= changes
    file.write_text(json.dumps(results))


def test_a_sound_folder_keeps_the_contract(folder):
    assert names(folder) == []


@pytest.mark.parametrize(
    ("file", "check"),
    [
        ("results.json", "contract:results"),
        ("fields.vtu", "contract:fields"),
        ("shear.png", "contract:picture:shear.png"),
    ],
)
@pytest.mark.parametrize("how", ["missing", "empty", "cut short", "a folder", "a link", "a pipe"])
def test_a_file_that_cannot_be_used_is_found(file, check, how, folder):
    path = folder / file
    content = path.read_bytes()
    path.unlink()
    if how == "empty":
        path.write_bytes(b"")
    elif how == "cut short":
        path.write_bytes(content[: len(content) // 2])
    elif how == "a folder":
        path.mkdir()
    elif how == "a link":
        (folder / "elsewhere").write_bytes(content)
        path.symlink_to("elsewhere")
    elif how == "a pipe":
        os.mkfifo(path)
    assert names(folder) == [check]


def test_a_missing_quantity_is_found_and_what_is_there_is_listed(folder):
    rewrite(folder, name="Force")
    assert names(folder) == ["contract:quantity:force"]
    message = failed(verify_folder(folder))["contract:quantity:force"].message
    assert "Force, energy" in message


@pytest.mark.parametrize(
    "name",
    ["\x1b[2J all passed", "\u202egnorw", "\ud800", "x" * 2_000_000],
    ids=["escape", "right to left", "half a character", "long"],
)
def test_a_name_can_neither_act_on_a_terminal_nor_fill_it(name, folder):
    rewrite(folder, name=name)
    message = failed(verify_folder(folder))["contract:quantity:force"].message
    assert message.isprintable()
    assert len(message) < 300


def test_a_quantity_that_is_given_twice_is_found(folder):
    rewrite(folder, name="energy", unit="J/m")
    assert names(folder) == ["contract:quantity:force", "contract:quantity:energy"]
    twice = failed(verify_folder(folder))["contract:quantity:energy"]
    assert "given 2 times" in twice.message


@pytest.mark.parametrize("unit", ["Pa", "m", "J", "", "N/m2", "parsec?", "1e9*N", "N**N", "kg"])
def test_a_unit_of_another_dimension_is_found(unit, folder):
    rewrite(folder, unit=unit)
    assert names(folder) == ["contract:quantity:force"]


def test_a_number_in_a_unit_of_another_size_is_another_number(folder):
    rewrite(folder, unit="kN/m")
    assert list(failed(verify_folder(folder))) == ["quantities:force"]


@pytest.mark.parametrize(
    "value", ["NaN", "Infinity", "-Infinity", "null", "true", '"12"', "1e999", "1" * 400]
)
def test_a_value_that_is_no_finite_number_is_found(value, folder):
    file = folder / "results.json"
    file.write_text(file.read_text().replace(f"{reported(FOUND)['force']!r}", value))
    assert names(folder) == ["contract:results"]


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "{}",
        '{"quantities": {}}',
        '{"quantities": [1]}',
        '{"quantities": [], "quantities": []}',
        '{"quantities": [{"name": "force", "value": 1}]}',
        '{"quantities": [{"name": "force", "value": 1, "unit": 3}]}',
        '{"quantities": ' + "[" * 1000 + "]" * 1000 + "}",
        "no json",
        "\udcff",
    ],
)
def test_results_of_another_form_are_found(text, folder):
    (folder / "results.json").write_text(text, errors="surrogateescape")
    assert names(folder) == ["contract:results"]


@pytest.mark.parametrize(
    ("text", "words"),
    [("[" * 30 + "]" * 30, "nested deeper"), (" " * (4 * 2**20 + 1), "larger than 4 MiB")],
    ids=["deep", "large"],
)
def test_results_that_would_take_long_to_read_are_not_read(text, words, folder):
    (folder / "results.json").write_text(text)
    assert words in failed(verify_folder(folder))["contract:results"].message


@given(st.binary(max_size=60))
def test_no_bytes_make_reading_results_crash(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("results") / "results.json"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"results\.json"):
        read_results(path)


@pytest.mark.parametrize(
    "picture",
    [
        png(80, 70, blank=True),
        png(8, 8),
        png(80, 70)[:-20],
        png(80, 70).replace(b"IHDR", b"JHDR"),
        png(80, 70)[:60] + b"\0" + png(80, 70)[61:],
        b"\xff\xd8\xff\xe0 JFIF",
        b"<svg/>",
    ],
    ids=["blank", "tiny", "torn", "headless", "damaged", "JPEG", "SVG"],
)
def test_a_picture_that_shows_nothing_is_found(picture, folder):
    (folder / "shear.png").write_bytes(picture)
    assert names(folder) == ["contract:picture:shear.png"]


def test_a_large_picture_is_looked_at_no_further_than_it_takes(folder):
    (folder / "shear.png").write_bytes(png(9_000, 9_000))
    assert names(folder) == []


def test_a_stress_that_is_asked_for_must_be_there(tmp_path):
    leave(tmp_path, FOUND, stress="none")
    assert names(tmp_path) == ["contract:stress"]


@pytest.mark.parametrize("field", ["u", "stress"])
@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_field_that_is_not_finite_is_found(field, value, tmp_path):
    values = getattr(FOUND, field).copy()
    values[7] = value
    leave(tmp_path, FOUND.changed(**{field: values}), reported(FOUND))
    assert names(tmp_path) == ["contract:fields"]
    assert "1 of 25 rows" in failed(verify_folder(tmp_path))["contract:fields"].message


@pytest.mark.parametrize("status", ["error", "wall_timeout", "memory_limit", "setup_error"])
def test_a_program_that_did_not_end_well_is_told_its_last_words(status, folder):
    execution = ran(folder, status=status, exit_code=1, stderr="Traceback\nNameError: kit")
    evidence = judge(plate(), [(execution, folder)], level="consistent", tolerance=0.1)
    assert list(failed(evidence)) == ["contract:execution"]
    assert "NameError: kit" in evidence.checks[0].message
    assert evidence.claim_level == "none"
    assert evidence.quantities == ()


def test_what_was_missed_is_told_all_at_once(folder):
    (folder / "shear.png").unlink()
    (folder / "fields.vtu").unlink()
    rewrite(folder, unit="Pa")
    assert names(folder) == [
        "contract:fields",
        "contract:quantity:force",
        "contract:picture:shear.png",
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [(None, "missing"), ("{", "JSON"), ('{"idealisation": "3D"}', "idealisation")],
)
def test_a_formulation_that_cannot_be_read_is_an_error_that_names_it(text, words, folder):
    file = folder / "formulation.json"
    file.unlink() if text is None else file.write_text(text)
    with pytest.raises(ProblemError, match=words) as error:
        verify_folder(folder)
    assert "formulation.json" in str(error.value)


def test_a_link_is_refused_where_the_system_cannot_refuse_it_itself(folder, monkeypatch):
    monkeypatch.setattr("mechagents.verification.files._FLAGS", os.O_RDONLY)
    (folder / "elsewhere").write_bytes((folder / "results.json").read_bytes())
    (folder / "results.json").unlink()
    (folder / "results.json").symlink_to("elsewhere")
    assert names(folder) == ["contract:results"]
