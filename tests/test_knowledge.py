"""Notes: read, found by who needs them, shown to a model; lessons of what was mended."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from pathlib import Path

import pytest
from conversations import (
    FORMULATED,
    HELD,
    PLAN,
    PROBLEM,
    WRONG,
    call,
    evidence,
    execution,
    more,
    program,
    said,
)
from engineer import code, engineer, run

from mechagents.agents.advice import advice, learn
from mechagents.agents.briefing import all_attempts, make_brief
from mechagents.agents.render import NOTES as HEADING
from mechagents.agents.render import render_request
from mechagents.cli import cli
from mechagents.errors import UsageError
from mechagents.knowledge import Index, Lesson, Lessons, Note, Shelf, index_folder, read_notes
from mechagents.knowledge.documents import LONGEST_NOTE
from mechagents.knowledge.shelf import LESSONS, NOTES
from mechagents.messages import Answer, Formulated, Problem
from mechagents.problems import load_problem
from mechagents.role import packaged_roles
from mechagents.team import full_team
from mechagents.testing import ScriptedModel

STATED = said(("user", PROBLEM, None), ("planner", PLAN, 1), ("formulator", FORMULATED, 2))
RAISED = "Traceback\nAttributeError: module 'numpy' has no attribute 'trapz'"


def own(folder: Path, text: str, name: str = "steel.md") -> Shelf:
    """Return a shelf with one file of a user's."""
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text)
    index_folder(Index(folder / NOTES), folder / name)
    return Shelf(folder)


def test_every_heading_begins_a_note_and_none_is_too_long(tmp_path: Path) -> None:
    long = " ".join(f"word{n}" for n in range(1000))
    (tmp_path / "a.md").write_text(f"Before.\n\n# One\n\nFirst.\n\n## Two\n\n{long}\n")
    (tmp_path / "b.txt").write_text("Plain words.")
    (tmp_path / "c.png").write_bytes(b"no text")
    notes = read_notes(tmp_path)
    assert [note.title for note in notes[:2]] == ["a", "One"]
    assert {note.title for note in notes[2:-1]} == {"Two"}
    assert notes[-1] == Note("b", "Plain words.", str(tmp_path / "b.txt"))
    assert max(len(note.text) for note in notes) <= LONGEST_NOTE
    assert " ".join(note.text for note in notes[2:-1]) == long


def test_a_pdf_is_read_and_one_without_text_is_refused(tmp_path: Path) -> None:
    from pypdf import PdfWriter

    writer = PdfWriter()
    writer.add_blank_page(200, 200)
    writer.write(tmp_path / "scan.pdf")
    with pytest.raises(UsageError, match="holds no text"):
        read_notes(tmp_path / "scan.pdf")
    (tmp_path / "scan.pdf").write_bytes(b"%PDF-1.4 damaged")
    with pytest.raises(UsageError, match=r"scan\.pdf"):
        read_notes(tmp_path / "scan.pdf")
    (tmp_path / "real.pdf").write_bytes(_pdf("Bolts of class 8.8 yield at 640 MPa"))
    (note,) = read_notes(tmp_path / "real.pdf")
    assert note.text == "Bolts of class 8.8 yield at 640 MPa"


def _pdf(words: str) -> bytes:
    """Return a page with a line of words, by the rules of the format."""
    stream = f"BT /F1 12 Tf 20 100 Td ({words}) Tj ET".encode()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 400 200] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    out, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 6\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % o for o in offsets)
    return out + b"trailer << /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % start


def test_a_folder_without_words_or_none_at_all_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file"):
        index_folder(Index(), tmp_path / "none")
    with pytest.raises(UsageError, match="holds no Markdown"):
        index_folder(Index(), tmp_path)
    (tmp_path / "a.md").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="cannot be read"):
        index_folder(Index(), tmp_path)


def test_adding_a_folder_again_takes_the_place_of_what_came_from_it(tmp_path: Path) -> None:
    index = Index(tmp_path / "kept" / "notes.sqlite")
    (tmp_path / "a.md").write_text("Steel S355 yields at 345 MPa.")
    (tmp_path / "b.md").write_text("Steel S235 yields at 225 MPa.")
    assert index_folder(index, tmp_path) == 2
    (tmp_path / "b.md").unlink()
    assert index_folder(index, tmp_path) == 1
    assert list(Index(tmp_path / "kept" / "notes.sqlite").sources()) == [str(tmp_path / "a.md")]
    assert index.remove(str(tmp_path)) == 1


def test_a_file_that_is_no_index_is_told(tmp_path: Path) -> None:
    (tmp_path / NOTES).write_text("no base of data, and long enough to be looked at" * 9)
    with pytest.raises(UsageError, match="cannot be used as an index"):
        Shelf(tmp_path)


@pytest.mark.parametrize(
    ("words", "role", "title"),
    [
        (RAISED, "coder", "numpy 2: names that are gone"),
        ("modal: natural frequencies, eigsh shift of a free body", "coder", "scipy: large sparse"),
        ("A copper plate is stretched and yields", "formulator", "Readings: metals that yield"),
        ("A beam of timber C24, softwood", "formulator", "Material: timber"),
        ("thick cylinder under internal pressure", "critic", "Estimate: pressure vessels"),
        ("'CellBasis' object has no attribute 'find_dofs'", "coder", "scikit-fem: degrees of"),
    ],
)
def test_a_note_of_this_package_is_found_by_who_needs_it(words: str, role: str, title: str) -> None:
    assert Shelf().find(words, role=role)[0].title.startswith(title)
    others = {"coder": "critic", "critic": "coder", "formulator": "coder"}
    titles = [note.title for note in Shelf().find(words, role=others[role])]
    assert not any(found.startswith(title) for found in titles)


def test_a_note_for_some_problems_is_shown_for_no_other(tmp_path: Path) -> None:
    text = """<!-- roles: critic -->
## Holes here
<!-- for: hole, notch; tension -->

Our plates have a factor of 2.6.

## Plates here

Our plates are 5 mm thick.
"""
    kept = own(tmp_path / "k", text)
    notes = read_notes(tmp_path / "k" / "steel.md")
    assert [note.only_with for note in notes] == [(("hole", "notch"), ("tension",)), ()]
    assert "for:" not in notes[0].text

    def titles(words: str, about: str = "") -> list[str]:
        found = kept.find(words, role="critic", about=about)
        return [note.title for note in found if note.source.endswith("steel.md")]

    assert titles("a hole in tension: its factor") == ["Holes here"]
    assert titles("the factor", "a notched bar in tension") == ["Holes here"]
    assert titles("plates with holes in shear, 5 mm thick") == ["Plates here"]
    assert titles("the factor of plates in tension, 5 mm thick") == ["Plates here"]


@pytest.mark.parametrize(
    ("name", "want", "titles"),
    [
        ("plate-shear", "plan", {"Readings: a plate and its edges", "Estimate: shear of a block"}),
        ("plate-shear", "critique", {"Estimate: shear of a block"}),
        ("plate-hole-shear", "critique",
         {"Estimate: holes and notches", "Estimate: shear of a block"}),
        ("plate-tension", "critique", {"Estimate: bars, beams and plates in bending"}),
        ("gravity-wall", "formulation", {"Material: concrete"}),
        ("thick-cylinder", "critique", {"Estimate: pressure vessels and discs"}),
        ("cantilever-3d", "program", {"scipy: large sparse systems and eigenvalues"}),
        ("struck-cantilever", "critique",
         {"Estimate: bars, beams and plates in bending", "Estimate: buckling and vibration"}),
    ],
)  # fmt: skip
def test_a_problem_is_shown_few_notes_and_those_that_are_about_it(
    name: str, want: str, titles: set[str]
) -> None:
    problem = load_problem(name)
    assert problem.formulation is not None
    stated = Formulated(formulation=problem.formulation)
    log = said(("user", problem, None), ("planner", PLAN, 1), ("formulator", stated, 2))
    told = advice(make_brief(log, "anybody", want, log.at(3)), Shelf())
    assert {note.partition(": ")[0] + ": " + note.split(": ")[1] for note in told} == titles


@pytest.mark.parametrize("words", ["", "the of and", "zyxwv", "?!'\"*() AND OR NOT", "12 34"])
def test_words_that_say_nothing_find_nothing(words: str) -> None:
    assert Shelf().find(words) == ()


def test_names_that_the_notes_give_are_those_of_the_libraries() -> None:
    import numpy as np
    import skfem
    import skfem.helpers
    import skfem.models.elasticity as elasticity
    from scipy import integrate

    notes = files("mechagents.knowledge").joinpath("notes/scikit-fem.md").read_text("utf-8")
    there, _, _ = notes.partition("There is no")
    names = re.findall(r"\b(?:Mesh|Element)\w+", there)
    assert len(names) > 15
    for name in names:
        assert hasattr(skfem, name), name
    for name in ("ElementVectorP1", "ElementTri2", "ElementQuadP1", "VectorElement"):
        assert not hasattr(skfem, name)
    for name in ("linear_elasticity", "lame_parameters", "plane_stress"):
        assert hasattr(elasticity, name)
    for name in ("sym_grad", "ddot", "trace", "eye", "grad", "dot", "div"):
        assert hasattr(skfem.helpers, name)
    basis = skfem.Basis(skfem.MeshTri(), skfem.ElementVector(skfem.ElementTriP2()))
    assert not hasattr(basis, "find_dofs")
    assert not hasattr(basis, "boundary_dofs")
    assert len(basis.get_dofs(lambda x: x[0] == 0.0).all("u^1")) == 3
    assert all(hasattr(integrate, name) for name in ("simpson", "trapezoid"))
    assert hasattr(np, "isin")


def test_a_role_is_shown_the_users_notes_first(tmp_path: Path) -> None:
    shelf = own(tmp_path / "k", "## Copper here\n\nOur copper plate has E = 117 GPa in tension.\n")
    asked = Problem(statement="What force stretches a copper plate in tension?")
    brief = make_brief(said(("user", asked, None)), "formulator", "formulation", STATED.at(1))
    told = advice(brief, shelf)
    assert told[0].startswith("Copper here: Our copper plate has E = 117 GPa")
    from dataclasses import replace

    request = render_request(
        packaged_roles()["formulator"], replace(brief, advice=told), "formulation"
    )
    assert f"## {HEADING}\n- Copper here:" in request.messages[1].content


def test_a_failed_program_is_told_with_causes_and_the_note_that_names_them() -> None:
    raised = execution(1, status="error", exit_code=1, stderr=RAISED)
    log = more(STATED, ("coder", program(1), 3), ("executor", raised, 4))
    told = advice(make_brief(log, "coder", "program", log.at(5)), Shelf())
    assert told[0].startswith("Such errors most often come from this: A library is used in a way")
    assert told[1].startswith("numpy 2: names that are gone")
    failed = more(STATED, ("coder", program(1), 3), ("executor", execution(1), 4),
                  ("verification", evidence(1, "none", WRONG, HELD), 5))  # fmt: skip
    told = advice(make_brief(failed, "coder", "program", failed.at(6)), Shelf())
    assert told[0].startswith("Such failures most often come from this: ")


def mended(model: str = "openai/x"):
    """Return a conversation whose first program failed and whose second was right."""
    raised = execution(1, status="error", exit_code=1, stderr=RAISED)
    return more(
        STATED,
        ("coder", call().model_copy(update={"model": model}), 3),
        ("coder", program(1), 3),
        ("executor", raised, 5),
        ("coder", program(2, changed="np.trapezoid in place of np.trapz"), 6),
        ("executor", execution(2), 7),
        ("verification", evidence(2, "verified", HELD), 8),
    )


def test_what_was_mended_is_offered_when_it_fails_again(tmp_path: Path) -> None:
    log = mended()
    learn(log, all_attempts(log), Shelf(tmp_path, learns=True))
    other = RAISED.replace("Traceback", 'Traceback\n  File "/other/program.py", line 77, in f')
    raised = execution(1, status="error", exit_code=1, stderr=other)
    again = more(STATED, ("coder", program(1), 3), ("executor", raised, 4))
    told = advice(make_brief(again, "coder", "program", again.at(5)), Shelf(tmp_path, learns=True))
    assert "The same failure was mended before: np.trapezoid in place of np.trapz" in told
    plain = advice(make_brief(again, "coder", "program", again.at(5)), Shelf(tmp_path))
    assert not any("mended before" in one for one in plain)


def test_nothing_is_learnt_unless_asked_nor_from_the_handbook(tmp_path: Path) -> None:
    log = mended()
    learn(log, all_attempts(log), Shelf(tmp_path))
    assert not (tmp_path / LESSONS).exists()
    log = mended("handbook")
    learn(log, all_attempts(log), Shelf(tmp_path, learns=True))
    assert len(Lessons(tmp_path / LESSONS)) == 0
    with pytest.raises(ValueError, match="folder"):
        Shelf(learns=True)


def test_a_lesson_is_of_the_same_failure_whatever_its_numbers_and_the_newest() -> None:
    lessons = Lessons()
    lessons.learn(Lesson.of("KeyError: 'right' at line 12 of '/a/b.py'", "first"))
    lessons.learn(Lesson.of("KeyError: 'right' at line 7 of '/c/d.py'", "second"))
    found = lessons.recall("KeyError: 'right' at line 99 of '/e.py/f'")
    assert found is not None
    assert found.fix == "second"
    assert len(lessons) == 1
    assert lessons.recall("KeyError: 'left' at line 12 of '/a/b.py'") is None


def mending() -> ScriptedModel:
    """Return an engineer whose first program fails and whose second one is right."""
    rest = [code("np.trapz(1)\n"), code(changed="import numpy, and no trapz")]
    return engineer(program=lambda _: rest.pop(0))


async def test_a_run_keeps_what_mended_its_failures(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "k", learns=True)
    outcome = await run(full_team(model=mending(), knowledge=shelf), tmp_path / "run")
    assert isinstance(outcome, Answer), outcome
    lesson = shelf.recall("error: NameError: name 'np' is not defined")
    assert lesson is not None
    assert lesson.fix == "import numpy, and no trapz"


async def test_an_answer_stands_where_its_lessons_cannot_be_kept(tmp_path: Path) -> None:
    shelf = _Full(tmp_path / "k", learns=True)
    outcome = await run(full_team(model=mending(), knowledge=shelf), tmp_path / "run")
    assert isinstance(outcome, Answer), outcome


class _Full(Shelf):
    """A shelf on a disk that is full."""

    def learn(self, lesson: Lesson) -> None:
        raise UsageError("cannot be used as an index (database or disk is full)")


async def test_a_run_shows_its_roles_notes_and_remembers_the_shelf(tmp_path: Path) -> None:
    shelf = own(
        tmp_path / "k", "# Plates here\n\nA plate pulled right is held left, Young modulus."
    )
    model = engineer()
    await run(full_team(model=model, knowledge=shelf), tmp_path / "run")
    shown = [request.messages[1].content for request in model.requests]
    assert any(HEADING in text for text in shown)
    first = json.loads((tmp_path / "run" / "conversation.jsonl").read_text().splitlines()[0])
    assert first["message"]["knowledge"] == str(tmp_path / "k")


def test_the_command_adds_finds_lists_and_removes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "steel.md").write_text("# S355\n\nOur S355 steel yields at 345 MPa.\n")

    def knowledge(*words: str | Path) -> str:
        cli.main(
            ["knowledge", *map(str, words), "--knowledge", str(tmp_path / "k")],
            standalone_mode=False,
        )
        return capsys.readouterr().out

    assert "No notes of your own" in knowledge("list")
    assert knowledge("add", tmp_path / "steel.md").startswith("1 notes of ")
    assert json.loads(knowledge("list", "--json")) == {str(tmp_path / "steel.md"): 1}
    assert "Our S355 steel yields at 345 MPa." in knowledge("find", "yield of S355 steel")
    assert json.loads(knowledge("find", "yield of S355 steel", "--json"))[0]["title"] == "S355"
    assert "1 notes" in knowledge("remove", tmp_path / "steel.md")
    assert "Nothing fits." in knowledge("find", "qwertz uiop")
    with pytest.raises(UsageError, match="no notes came from there"):
        knowledge("remove", tmp_path / "steel.md")
