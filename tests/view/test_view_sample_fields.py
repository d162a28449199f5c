"""The fields of a study's sample: the same answers as of a run, and the same refusals."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from fields_seen import WITHIN, bent, in_file, middle, reading, squeezed
from meshes import block_of
from playwright.sync_api import Page, expect
from test_field_answers import bomb
from viewed_studies import ended, keep_fields
from viewing import Serve, make_client

from mechagents.study import StudyState
from mechagents.view.returned import Returned
from mechagents.view.wire import unpacked

expect.set_options(timeout=20_000)  # the first look at a dataset loads numerical libraries

BASE = "/api/studies/plates/samples/1/fields"
KIND = "hexahedron27"


@pytest.fixture
def state(tmp_path: Path) -> StudyState:
    return ended(tmp_path / "studies" / "plates")


@pytest.fixture
def kept(state: StudyState) -> Returned:
    """Return the fields that are kept of sample 1; sample 2 has twice its stress."""
    x, _ = block_of(KIND, 4)
    keep_fields(state, 2, KIND, displacement=bent(x), stress=2 * squeezed(x))
    return keep_fields(state, 1, KIND, displacement=bent(x), stress=squeezed(x))


def test_the_fields_of_a_sample_have_the_names_and_units_of_its_study(
    state: StudyState, kept: Returned
) -> None:
    client = make_client(state.folder.path.parent)
    told = client.get(BASE).json()
    units = {(c["field"], c["name"]): c["unit"] for c in told["components"]}
    assert units["stress", "von_mises"] == "Pa"
    assert told["regions"] == ["plate"]
    at = "where=points&field=stress&component=xx"
    header, found = unpacked(client.get(f"{BASE}/values?{at}").content)
    largest = kept.steps[0].points["stress"][:, 0].max()
    assert header["high"] == largest
    assert found["values"].max() == np.float32(largest)
    other, _ = unpacked(client.get(f"/api/studies/plates/samples/2/fields/values?{at}").content)
    assert other["high"] == 2 * largest
    for part in ("surface", f"section?normal=1,0,0&offset=0.5&{at}", "extremes", "probe?node=3"):
        assert client.get(f"{BASE}/{part}").status_code == 200


def test_what_is_not_there_or_leads_elsewhere_is_refused(
    state: StudyState, kept: Returned, tmp_path: Path
) -> None:
    client = make_client(state.folder.path.parent)
    assert client.get("/api/studies/plates/samples/3/fields").status_code == 404
    assert client.get("/api/studies/plates/samples/-1/fields").status_code == 404
    assert client.get(f"/api/studies/plates/samples/{10**400}/fields").status_code == 404
    assert client.get("/api/studies/..:plates/samples/1/fields").status_code == 404
    thousand = state.folder.fields(1).parent
    thousand.rename(tmp_path / "elsewhere")
    thousand.symlink_to(tmp_path / "elsewhere")
    assert client.get(BASE).status_code == 404
    thousand.unlink()
    thousand.mkdir()
    state.folder.fields(1).symlink_to(tmp_path / "elsewhere" / "000001.vtu")
    assert client.get(f"{BASE}/surface").status_code == 404
    state.folder.fields(1).unlink()
    os.mkfifo(state.folder.fields(1))
    assert client.get(f"{BASE}/surface").status_code == 404


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("<VTKFile/>", "unstructured grid is needed"),
        ('<!DOCTYPE x [<!ENTITY a "b">]><VTKFile/>', "no document type"),
        (bomb(600 * 2**20), "unpack to more than 512 MiB"),
    ],
)
def test_a_hostile_file_of_a_sample_is_refused_in_words(
    state: StudyState, content: str, words: str
) -> None:
    state.folder.keep_fields(1, content.encode())
    answer = make_client(state.folder.path.parent).get(BASE)
    assert answer.status_code == 422
    assert words in answer.json()["error"]


def test_a_sample_is_opened_and_its_field_read_within_a_thousandth_of_its_file(
    state: StudyState, kept: Returned, serve: Serve, browser_page: Page
) -> None:
    page = browser_page
    page.goto(serve(state.folder.path.parent).at("/studies/plates"))
    page.locator("#row-1").click()
    page.get_by_role("button", name="See its fields").click()
    expect(page.get_by_role("heading", name="Fields of sample 1")).to_be_visible()
    expect(page.locator(".field[data-state=ready]")).to_be_visible()
    page.get_by_label("Field", exact=True).select_option(label="stress von Mises")
    page.mouse.click(*middle(page))
    value, x = reading(page)
    assert value == pytest.approx(in_file(kept, "von_mises", x), rel=WITHIN)
    # The next sample's field comes in its place, and is its own.
    page.locator(".samples").press("ArrowDown")
    expect(page.get_by_role("heading", name="Fields of sample 2")).to_be_visible()
    expect(page.locator(".field[data-state=ready]")).to_be_visible()
    page.mouse.click(*middle(page))
    expect(page.locator(".field-value")).to_contain_text("von Mises")
    value, x = reading(page)
    assert value == pytest.approx(2 * in_file(kept, "von_mises", x), rel=WITHIN)
    # A sample whose fields were not kept closes them.
    page.locator(".samples").press("ArrowDown")
    expect(page.locator(".sample-field")).to_be_hidden()
