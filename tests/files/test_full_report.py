"""The report of a real run has the numbers of answer.json, and figures of the checked fields."""

from __future__ import annotations

import hashlib
import io
import json
import re
import shutil
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from pypdf import PdfReader

from mechagents.cli import cli
from mechagents.files import read_solved
from mechagents.files.report import DPI, figures_of, full_page, full_sheet, write_full_report
from mechagents.files.views import views
from mechagents.log import LogReader, read_log
from mechagents.messages import Answer
from mechagents.problems import load_problem
from mechagents.report.html import render
from mechagents.report.sheet import Sheet, Undrawn
from mechagents.report.sheet.parts import Section, Words
from mechagents.run import solve_sync
from mechagents.team import full_team
from mechagents.verification import read_formulation

UNITS = {"": 1.0, "k": 1e3, "M": 1e6, "G": 1e9, "m": 1e-3, "µ": 1e-6}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a solved copper plate, its report written as a page and a PDF."""
    folder = tmp_path_factory.mktemp("copper") / "run"
    end = solve_sync(load_problem("copper-plate"), full_team(), folder=folder)
    assert isinstance(end, Answer)
    written = write_full_report(folder, read_log(folder), pdf=True)
    assert written == [folder / "report.html", folder / "report.pdf"]
    return folder


def told(run: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((run / "answer.json").read_text(encoding="utf-8"))
    return found


def squeezed(text: str) -> str:
    return re.sub(r"[\s\u200b]+", "", text)


def paper(run: Path, name: str = "report.pdf") -> list[str]:
    reader = PdfReader(io.BytesIO((run / name).read_bytes()))
    # Typst lets a line end behind a slash, which comes out as a blank of no width.
    return [page.extract_text().replace("\u200b", "") for page in reader.pages]


def words(run: Path) -> str:
    text = (run / "report.html").read_text(encoding="utf-8")
    return re.sub(r"<[^>]*>", " ", text.split("<main>")[1])


def numbers(text: str, unit: str) -> list[tuple[float, float]]:
    """Return every value with a unit in a text [unit], and what its last digit stands for."""
    found: list[tuple[float, float]] = []
    for digits, prefix in re.findall(rf"(-?\d+\.?\d*) ([kMGmµ]?){re.escape(unit)}", text):
        factor = UNITS[prefix]
        found.append((float(digits) * factor, factor * 10.0 ** -len(digits.partition(".")[2])))
    return found


def is_there(value: float, text: str, unit: str) -> bool:
    """Return whether a value stands in a text, rounded at its last digit shown."""
    return any(abs(shown - value) <= 0.5001 * place for shown, place in numbers(text, unit))


def both(run: Path) -> list[str]:
    return [words(run), "\n".join(paper(run))]


def test_every_quantity_is_that_of_the_answer_to_the_last_digit(run: Path) -> None:
    for text in both(run):
        for quantity in told(run)["quantities"]:
            assert repr(quantity["value"]) in text
            assert repr(quantity["error_bound"]) in text
            assert is_there(quantity["value"], text, quantity["unit"])


def test_a_number_that_is_not_the_answers_is_not_there(run: Path) -> None:
    for text in both(run):
        assert not is_there(1.7e9, text, "N/m")


def test_every_reading_is_that_of_the_answer(run: Path) -> None:
    others = [a for one in told(run)["assumptions"] for a in one["alternatives"]]
    assert len(others) >= 3
    for text in both(run):
        for other in others:
            for name, value in other["changes"].items():
                assert is_there(value, text, "N/m")
                assert f"{other['relative'][name]:+.1%}" in text


def test_every_check_stands_with_value_and_tolerance(run: Path) -> None:
    checks = told(run)["checks"]
    assert len(checks) > 20
    rows = {
        squeezed("".join(line for cell in row for line in cell))
        for section in full_sheet(run, read_log(run)).sections
        if section.title == "Checks"
        for part in section.parts
        if part.kind == "table"
        for row in part.rows
    }
    pages = [squeezed(text) for text in both(run)]
    for check in checks:
        numbers = ["" if check[n] is None else f"{check[n]:.3g}" for n in ("value", "tolerance")]
        row = squeezed("".join([check["name"], "passed", *numbers, check["message"]]))
        assert row in rows
        for page in pages:
            assert squeezed(check["name"]) in page
            assert squeezed(check["message"]) in page
            assert all(number in page for number in numbers)


@pytest.fixture(scope="module")
def printed(run: Path) -> str:
    """Return the name of the page as a browser prints it, in the run's folder."""
    print_page(run / "report.html", run / "printed.pdf")
    return "printed.pdf"


def print_page(page: Path, file: Path) -> None:
    """Print a page as Debian's chromium does; where there is none, the test is skipped."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("there is no chromium here")
    # Nothing that a model wrote is run in it, and root has no other choice.
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer"]
    command = [chromium, *flags, f"--print-to-pdf={file}", page.resolve().as_uri()]
    subprocess.run(command, check=True, capture_output=True, timeout=120)


@pytest.mark.parametrize("way", ["typeset", "printed"])
def test_the_first_page_says_what_a_reviewer_signs_for(
    run: Path, way: str, request: pytest.FixtureRequest
) -> None:
    name = "report.pdf" if way == "typeset" else str(request.getfixturevalue("printed"))
    answer, first = told(run), paper(run, name)[0]
    force = answer["quantities"][0]
    assert is_there(force["value"], first, "N/m")
    bounds = [shown for shown, _ in numbers(first, "N/m")]
    assert any(0 <= shown - force["error_bound"] < 0.1 * force["error_bound"] for shown in bounds)
    assert squeezed(f"Claim level: {answer['claim_level']}") in squeezed(first)
    (ideal,) = [one for one in answer["assumptions"] if one["about"] == "idealisation"]
    assert ideal["value"] == "plane_stress"
    assert "planestress" in squeezed(first)
    for other in ideal["alternatives"]:
        assert other["value"].replace("_", "") in squeezed(first)
        assert is_there(other["changes"]["reaction_right"], first, "N/m")
    for role in ("Prepared", "Checked", "Approved"):
        assert role in first


def test_a_printed_page_names_the_run_and_no_table_is_torn_from_its_words(
    run: Path, printed: str
) -> None:
    every = paper(run, printed)
    assert len(every) > 5
    for number, text in enumerate(every, start=1):
        assert f"log {read_log(run).chain[:16]}" in text
        assert f"{number} / {len(every)}" in text
        above, _, below = text.partition("without rounding:")
        assert not above or not below or "recorded value" in below


def test_what_is_copied_from_a_printed_page_is_what_was_printed(tmp_path: Path) -> None:
    """Browsers join f and f, or f and i, to one letter, and a hash may have either."""
    words = "verified, last hash ff00ffae"
    sheet = Sheet("Title", "", "run, log ff00fffi", (Section("Words", (Words(words),)),))
    (tmp_path / "report.html").write_text(render(sheet), encoding="utf-8")
    print_page(tmp_path / "report.html", tmp_path / "printed.pdf")
    text = "".join(paper(tmp_path, "printed.pdf"))
    assert words in text
    assert "run, log ff00fffi" in text


def test_a_signed_page_names_exactly_one_run(run: Path) -> None:
    log = read_log(run)
    last = (run / "conversation.jsonl").read_text(encoding="utf-8").splitlines()[-1]
    assert json.loads(last)["chain"] == log.chain
    attempt = run / "attempts" / str(told(run)["attempts"])
    hashes = [hashlib.sha256((attempt / name).read_bytes()).hexdigest()
              for name in ("program.py", "fields.vtu")]  # fmt: skip
    for text in (words(run), paper(run)[0]):
        for one in (log.chain, *hashes):
            assert one in text
    for text in paper(run):
        assert log.chain[:16] in text


def test_the_versions_are_those_that_the_run_was_made_with(run: Path) -> None:
    (setup,) = read_log(run).envelopes_of("setup")
    made = setup.message.environment  # type: ignore[attr-defined]
    assert "numpy" in made["packages"]
    for text in both(run):
        assert squeezed(made["packages"]) in squeezed(text)


def test_the_history_says_what_was_wrong_and_what_was_mended(run: Path) -> None:
    for text in both(run):
        assert "rejected by the checks" in text
        assert "Settings: mesh size 100 mm, order 1 → mesh size 100 mm, order 2." in text


def test_the_figures_are_of_the_checked_fields(run: Path) -> None:
    figures = figures_of(run, read_log(run))
    assert not isinstance(figures, Undrawn)
    assert [figure.name for figure in figures] == ["mesh.png", "displacement.png", "von_mises.png"]
    assert "6-node triangles" in figures[0].caption
    for figure in figures:
        assert dots_per_metre(figure.data) == pytest.approx(DPI / 0.0254, abs=1)
    page = (run / "report.html").read_text(encoding="utf-8")
    assert page.count("data:image/png;base64,") == 3
    assert "<script" not in page


def test_a_run_whose_fields_are_gone_shows_what_the_program_drew(run: Path, tmp_path: Path) -> None:
    (tmp_path / "conversation.jsonl").write_bytes((run / "conversation.jsonl").read_bytes())
    attempt = tmp_path / "attempts" / "2"
    attempt.mkdir(parents=True)
    picture = (run / "attempts" / "2" / "displacement.png").read_bytes()
    (attempt / "displacement.png").write_bytes(picture)
    log = read_log(tmp_path)
    assert figures_of(tmp_path, log) == Undrawn("fields.vtu is missing")
    page = full_page(tmp_path, log)
    assert "The fields are not drawn: fields.vtu is missing." in page
    assert "Drawn by the program" in page


def dots_per_metre(png: bytes) -> int:
    """Return what a PNG says of its resolution: the pHYs chunk, in points a metre."""
    at = png.index(b"pHYs")
    across, down, unit = struct.unpack(">IIB", png[at + 4 : at + 13])
    assert across == down
    assert unit == 1, "a metre"
    return int(across)


def call(*words: str | Path) -> tuple[object, str]:
    done = CliRunner().invoke(cli, list(map(str, words)))
    return done.exception, done.stdout


def test_pictures_for_print_have_the_width_and_the_resolution_asked_for(
    run: Path, tmp_path: Path
) -> None:
    error, shown = call("files", run, "--to", "png", "--width", "80", "--out", tmp_path, "--json")
    assert error is None
    paths = [Path(name) for name in json.loads(shown)["files"]]
    names = ["drawing.png", "mesh.png", "displacement.png", "von_mises.png"]
    assert [path.name for path in paths] == names
    for path in paths:
        data = path.read_bytes()
        (width,) = struct.unpack(">I", data[16:20])
        assert dots_per_metre(data) == 11811, "300 dpi"
        assert width / 300 * 25.4 == pytest.approx(80, abs=0.1)
    error, _ = call("files", run, "--to", "png", "--out", tmp_path)
    assert "is there already" in str(error)
    error, _ = call("files", run, "--to", "vtu", "--dpi", "600")
    assert "--dpi: has no meaning without --to png" in str(error)


def test_the_wanted_stress_is_drawn(run: Path, tmp_path: Path) -> None:
    attempt = run / "attempts" / "2"
    stated = json.loads((attempt / "formulation.json").read_text(encoding="utf-8"))
    stated["wanted"].append(
        {"name": "shear", "kind": "stress", "component": "xy", "at": [0.5, 0.85]}
    )
    file = tmp_path / "formulation.json"
    file.write_text(json.dumps(stated), encoding="utf-8")
    shown = views(read_solved(read_formulation(file), attempt))
    assert [view.name for view in shown] == ["mesh", "displacement", "stress_xy", "von_mises"]
    assert shown[2].caption.startswith("Shear stress τ_xy:")
    assert shown[2].unit == "Pa"


def test_the_command_names_what_it_wrote(run: Path) -> None:
    error, shown = call("report", run, "--pdf", "--json")
    assert error is None
    page, pdf = str(run / "report.html"), str(run / "report.pdf")
    assert json.loads(shown) == {"report": page, "html": page, "pdf": pdf}


def test_without_typst_the_command_ends_with_2_and_names_the_extra(run: Path) -> None:
    code = (
        "import sys, importlib.machinery as m\n"
        "find = m.PathFinder.find_spec\n"
        "m.PathFinder.find_spec = classmethod(\n"
        "    lambda cls, name, *rest: None if name == 'typst' else find(name, *rest))\n"
        "from mechagents.cli import main\n"
        f"sys.argv = ['mechagents', 'report', {str(run)!r}, '--pdf']\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "mechagents[pdf]" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_log_that_is_still_written_has_a_chain(tmp_path: Path) -> None:
    assert LogReader(tmp_path).chain == ""
