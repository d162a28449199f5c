"""The Report button: the fields are drawn, once for each state of the log, whatever they hold."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from struct import pack

import anyio
import anyio.to_thread
import meshio
import numpy as np
import pytest
from playwright.sync_api import Page
from starlette.testclient import TestClient
from viewing import Serve, make_client

from mechagents.errors import RunError
from mechagents.files.report import figures_of, write_full_report
from mechagents.files.report_process import page_apart
from mechagents.log import FILE_NAME, read_log
from mechagents.report.sheet import Undrawn
from mechagents.view.report import written_page

REPORT = "/api/runs/plate/report"
PICTURE = "data:image/png;base64,"


def attempt(runs: Path) -> Path:
    """Return the folder of the attempt that the plate's answer is from."""
    return runs / "plate" / "attempts" / "2"


def test_the_page_has_the_drawn_fields(client: TestClient) -> None:
    told = client.get(REPORT)
    assert told.status_code == 200
    assert told.headers["content-type"].startswith("text/html")
    assert told.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    assert told.text.count(PICTURE) == 3
    assert "Von Mises stress: what the material" in told.text
    assert "Drawn by the program" not in told.text


def test_a_second_click_takes_what_was_made_until_the_log_grows(
    client: TestClient, runs: Path
) -> None:
    first = client.get(REPORT)
    for file in (runs / "plate" / "attempts").glob("*/fields.vtu"):
        file.unlink()
    assert client.get(REPORT).text == first.text
    log = runs / "plate" / FILE_NAME
    lines = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(b"".join(lines[:-1]))
    later = client.get(REPORT).text
    assert "The run has not ended." in later
    assert "The fields are not drawn: fields.vtu is missing." in later


def test_a_page_in_the_folder_is_shown_while_it_is_of_the_log(runs: Path) -> None:
    run = runs / "plate"
    assert written_page(run) is None, "what solve_sync writes is without fields"
    (path,) = write_full_report(run, read_log(run))
    page = path.read_bytes()
    assert written_page(run) == page
    path.write_bytes(page.replace(b"</main>", b"a mark</main>"))
    with make_client(runs) as client:
        assert "a mark</main>" in client.get(REPORT).text
    lines = (run / FILE_NAME).read_bytes().splitlines(keepends=True)
    (run / FILE_NAME).write_bytes(b"".join(lines[:-1]))
    assert written_page(run) is None
    (run / FILE_NAME).write_bytes(b"".join(lines)[:-5])
    assert written_page(run) is None, "a torn line is not the last one"


def test_a_link_in_place_of_the_page_is_not_followed(runs: Path) -> None:
    run = runs / "plate"
    (path,) = write_full_report(run, read_log(run))
    path.rename(runs / "elsewhere.html")
    path.symlink_to(runs / "elsewhere.html")
    assert written_page(run) is None


def damaged(file: Path, change: Callable[[meshio.Mesh], None]) -> None:
    """Write the fields of a file anew with something changed."""
    mesh = meshio.read(file)
    change(mesh)
    mesh.write(file)


def not_finite(mesh: meshio.Mesh) -> None:
    mesh.point_data["displacement"][0] = np.nan


def far_away(mesh: meshio.Mesh) -> None:
    mesh.points[0] = (1e120, -1e120, 0.0)


def far_moved(mesh: meshio.Mesh) -> None:
    mesh.point_data["displacement"][0] = 1e308


def in_one_place(mesh: meshio.Mesh) -> None:
    mesh.points[:] = 0.0


def on_a_line(mesh: meshio.Mesh) -> None:
    mesh.points[:, 1] = 0.0


def tiny(mesh: meshio.Mesh) -> None:
    mesh.points[:] *= 1e-300
    mesh.point_data["displacement"][:] *= 1e-300


def no_such_node(mesh: meshio.Mesh) -> None:
    mesh.cells[0].data[0, 0] = 10**9


def crumpled(mesh: meshio.Mesh) -> None:
    np.random.default_rng(0).shuffle(mesh.cells[0].data.ravel())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (not_finite, "displacement is not finite (nan or inf) in 1 of"),
        (far_away, "reaches too far"),
        (far_moved, "reaches too far"),
        (in_one_place, "a mesh without a size"),
        (no_such_node, "a cell names a point that does not exist"),
        (tiny, "a mesh without a size"),
        (on_a_line, ""),
        (crumpled, ""),
    ],
)
def test_fields_of_any_kind_are_drawn_or_said_not_to_be(
    runs: Path, change: Callable[[meshio.Mesh], None], words: str
) -> None:
    damaged(attempt(runs) / "fields.vtu", change)
    figures = figures_of(runs / "plate", read_log(runs / "plate"))
    if words:
        assert isinstance(figures, Undrawn)
        assert words in figures.reason
    else:
        assert not isinstance(figures, Undrawn)
        assert len(figures) == 3


def announced(count: int) -> str:
    """Return a file whose points and cells are said to be so many, in a few bytes."""
    array = (
        '<DataArray type="Float64" Name="{}" NumberOfComponents="3" format="binary">{}</DataArray>'
    )
    text = b64encode(pack("<Q", count) + bytes(80)).decode()
    return (
        f'<VTKFile type="UnstructuredGrid" header_type="UInt64" byte_order="LittleEndian">'
        f'<UnstructuredGrid><Piece NumberOfPoints="{count}" NumberOfCells="{count}"><Points>'
        f"{array.format('p', text)}</Points></Piece></UnstructuredGrid></VTKFile>"
    )


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "no readable VTU file"),
        (announced(2**40), "a data array ends early"),
        (announced(2**63), "a data array ends early"),
        ('<!DOCTYPE x [<!ENTITY a "b">]><VTKFile/>', "no document type"),
    ],
)
def test_a_file_that_cannot_be_read_is_said_to_be(
    client: TestClient, runs: Path, content: str, words: str
) -> None:
    (attempt(runs) / "fields.vtu").write_text(content)
    told = client.get(REPORT).text
    assert re.search(f"The fields are not drawn: [^<]*{words}", told)
    assert "Drawn by the program" in told


def test_a_truncated_file_is_said_to_be(client: TestClient, runs: Path) -> None:
    file = attempt(runs) / "fields.vtu"
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    assert "The fields are not drawn: no readable VTU file" in client.get(REPORT).text


def test_what_takes_too_long_is_ended_and_said_to_be(runs: Path) -> None:
    page = anyio.run(lambda: page_apart(runs / "plate", seconds=0.2)).decode()
    assert "The fields are not drawn: drawing them took more than 0.2 s." in page
    assert "1.849 GN/m" in page


async def test_a_server_that_ends_ends_the_process_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It cancels a task once, in asyncio's own way; a process that then was waited for stays."""
    waits = tmp_path / "pipe"
    os.mkfifo(waits)
    (tmp_path / "sitecustomize.py").write_text(f"open({str(waits)!r}).read()")
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
    task = asyncio.create_task(page_apart(tmp_path))
    with anyio.fail_after(60):
        pipe = await anyio.to_thread.run_sync(os.open, waits, os.O_WRONLY)  # until it is read
    task.cancel()
    with anyio.fail_after(30), contextlib.suppress(asyncio.CancelledError):
        await task
    with pytest.raises(BrokenPipeError):
        os.write(pipe, b"nobody reads any more")
    os.close(pipe)


def test_a_log_that_was_changed_has_no_report(client: TestClient, runs: Path) -> None:
    log = runs / "plate" / FILE_NAME
    log.write_bytes(log.read_bytes().replace(b"copper", b"silver", 1))
    with pytest.raises(RunError, match="was changed after it was written"):
        anyio.run(page_apart, runs / "plate")
    told = client.get(REPORT)
    assert told.status_code == 409
    assert "was changed after it was written" in told.json()["error"]


def test_the_button_leads_to_the_pictures(runs: Path, serve: Serve, browser_page: Page) -> None:
    served, page = serve(runs), browser_page
    page.goto(served.at("/runs/plate"))
    with page.expect_popup(timeout=120_000) as opened:
        page.get_by_role("link", name="Report", exact=True).click()
    report = opened.value
    report.locator("figure.field img").first.wait_for(timeout=120_000)
    assert report.evaluate("document.scripts.length") == 0
    sizes = report.locator("figure.field img").evaluate_all("all => all.map(i => i.naturalWidth)")
    assert len(sizes) == 3
    assert min(sizes) > 1000
