"""The page says what the run said, needs nothing from outside, and runs no script."""

from __future__ import annotations

import json
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
import report_conversations as made

from mechagents.messages import (
    Answer,
    Check,
    Critique,
    Envelope,
    Failure,
    Finding,
    Formulated,
    Plan,
    Problem,
    Program,
    Quantity,
    Question,
)
from mechagents.report import write_report
from mechagents.report.html import render
from mechagents.report.sheet import gather

EVIL = (
    "</pre></title><script>alert(1)</script><img src=x onerror='alert(1)'>\"'{{ 7*7 }}\x1b[2J\u202e"
)
VOID = {"meta", "img", "br"}


class Page(HTMLParser):
    """A page taken apart: its tags with attributes, its words, and what was left open."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.open: list[str] = []
        self.words = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.words += data


def page_of(folder: Path, envelopes: list[Envelope]) -> Page:
    path = write_report(folder, envelopes)
    assert path == folder / "report.html"
    page = Page(path.read_text(encoding="utf-8"))
    assert page.open == [], "every element is closed"
    return page


def hostile() -> list[Envelope]:
    """Return a run in which every text that a model or user may write is an attack."""
    f = made.plate(
        title=EVIL,
        materials={
            "plate": {"name": EVIL, "source": EVIL, "youngs_modulus": 1e9, "poisson_ratio": 0.3}
        },
        assumptions=[
            {"about": "idealisation", "value": EVIL, "source": "inferred", "why": EVIL,
             "alternatives": [{"value": EVIL}]}
        ],
    )  # fmt: skip
    bad = Check(name=EVIL, passed=False, value=1.0, tolerance=0.5, message=EVIL)
    execution = made.run_of(1, 0.1, status="error", stderr=EVIL, folder=EVIL)
    execution = execution.model_copy(update={"message": EVIL, "isolation": EVIL})
    evidence = made.evidence_of(1, (bad,), 1.0)
    answer = made.answer(
        run=EVIL, problem=EVIL, model=EVIL, note=EVIL, isolation=EVIL, checks=(bad,),
        artifacts=(EVIL, f"{EVIL}.png", "../../etc/passwd.png"),
        quantities=(Quantity(name="reaction_right", value=1.0, unit=EVIL, note=EVIL),),
        assumptions=(f.assumptions[0].model_dump(exclude={"alternatives"}),),
    )  # fmt: skip
    plan = Plan(steps=(EVIL,), method=EVIL, checks=(EVIL,))
    revise = Critique(verdict="revise", findings=(Finding(to="coder", text=EVIL),), summary=EVIL)
    call = made.ModelCall(role="coder", model=EVIL, text=EVIL)
    said = made.said_in_order(
        [
            (EVIL, (EVIL,), None, Problem(statement=EVIL, name=EVIL, follows=EVIL)),
            (EVIL, (EVIL,), None, plan),
            (EVIL, (EVIL,), None, Formulated(formulation=f, note=EVIL)),
            (EVIL, (EVIL,), None, Question(text=EVIL, options=(EVIL,))),
            (EVIL, (EVIL,), None, Program(source=EVIL, changed=EVIL, why=EVIL)),
            (EVIL, (EVIL,), None, execution),
            (EVIL, (EVIL,), 6, evidence),
            (EVIL, (EVIL,), 7, revise),
            (EVIL, (), None, call),
            (EVIL, (), None, answer),
        ]
    )
    return [replace(envelope, run=EVIL) for envelope in said]


def test_a_page_tells_the_whole_run(tmp_path: Path):
    words = page_of(made.with_picture(tmp_path), made.success()).words
    for expected in (
        "Copper plate with a hole in tension",
        "A copper plate with a hole is stretched by 20 mm: what force?",
        "Claim level: converged",
        "no second, independent solution was compared",
        "1.8421 GN/m",
        "± 0.0085 GN/m (0.46 %)",
        "force on right in x",
        "plane strain",
        "reaction_right 2.010 GN/m, +9.1%",
        "Linear elastic, static, plane stress, per metre of thickness.",
        "E = 129.8 GPa, ν = 0.343",
        "Kaye and Laby",
        "u_x = 20 mm, u_y free",
        "The largest residual inside the body",
        "1.84210 GN/m",
        "1.85560 GN/m (+0.73 %)",
        "Attempt 1 rejected by the checks",
        "For coder: Refine the mesh.",
        "Changed: mesh size 100 mm to 40 mm",
        "Attempt 2 gave the answer",
        "problem = json.load(file)",
        "4 model calls, 6 executions, 14.2 s",
        "handbook",
        "numpy",
    ):
        assert expected in words


def test_the_claim_level_stands_before_the_numbers(tmp_path: Path):
    words = page_of(tmp_path, made.success()).words
    assert words.index("Claim level") < words.index("1.8421 GN/m")


def test_an_answer_below_the_level_asked_for_says_so(tmp_path: Path):
    below = made.answer(claim_level="consistent")
    envelopes = made.success()
    words = page_of(tmp_path, [*envelopes[:-1], replace(envelopes[-1], message=below)]).words
    assert "below the level that was asked for (converged)" in words
    assert "below the level" not in page_of(tmp_path, made.success()).words


def test_a_failure_gets_a_page_with_what_was_tried(tmp_path: Path):
    words = page_of(tmp_path, made.failure()).words
    for expected in (
        "The run ended without an answer: budget",
        "the budget of 1 executions is spent",
        "attempt 1: ValueError: matrix is singular",
        "Attempt 1 did not run to its end",
        'File "program.py", line 3',
        "May I use quadratic elements?",
        "Regions",
    ):
        assert expected in words
    assert "Claim level" not in words


def test_a_run_that_has_not_ended_gets_a_page(tmp_path: Path):
    assert "The run has not ended." in page_of(tmp_path, made.success()[:8]).words


@pytest.mark.parametrize("length", range(23))
def test_every_beginning_of_a_conversation_gets_a_page(tmp_path: Path, length: int):
    page_of(tmp_path, made.success()[:length])


def test_a_failure_before_any_formulation_gets_a_page(tmp_path: Path):
    said = [
        ("user", ("planner",), None, Problem(statement="How strong is it?")),
        ("team", (), 1, Failure(reason="model", message="no model is configured")),
    ]
    words = page_of(tmp_path, made.said_in_order(said)).words
    assert "no model is configured" in words
    assert "Formulation" not in words


def test_a_message_of_a_users_own_kind_does_not_break_the_page(tmp_path: Path):
    envelopes = made.success()
    own = replace(envelopes[1], message=made.Estimate(force=1.0))
    page_of(tmp_path, [envelopes[0], own, *envelopes[2:]])


@pytest.mark.parametrize("make", [made.success, made.failure, hostile])
def test_a_page_fetches_nothing_and_runs_nothing(tmp_path: Path, make):
    page = page_of(made.with_picture(tmp_path), make())
    for tag, attributes in page.tags:
        assert tag not in {"script", "iframe", "object", "embed", "link", "base", "form", "a"}
        assert not [name for name in attributes if name.startswith("on") or name == "style"]
        for name in ("src", "href", "action", "data", "srcset", "xlink:href"):
            assert attributes.get(name, "data:image/png;base64,").startswith(
                "data:image/png;base64,"
            )
    policies = [a["content"] for _, a in page.tags if a.get("http-equiv")]
    assert policies == [
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; "
        "form-action 'none'"
    ]


def test_hostile_text_is_shown_as_text(tmp_path: Path):
    page = page_of(tmp_path, hostile())
    assert "<script>alert(1)</script>" in page.words
    assert "{{ 7*7 }}" in page.words
    assert not set(page.words) & {"\x1b", "\u202e"}
    assert "⟨U+202E⟩" in page.words
    images = [attributes for tag, attributes in page.tags if tag == "img"]
    assert images == []


def test_the_styles_of_a_page_cannot_be_closed_by_what_it_shows(tmp_path: Path):
    text = write_report(tmp_path, hostile()).read_text(encoding="utf-8")
    assert text.count("<style>") == text.count("</style>") == 1
    assert "url(" not in text.split("</style>")[0]
    assert "@import" not in text.split("</style>")[0]


def test_only_listed_pictures_are_embedded(tmp_path: Path):
    folder = made.with_picture(tmp_path)
    (folder / "other.png").write_bytes(made.png())
    page = page_of(folder, made.success())
    images = [attributes for tag, attributes in page.tags if tag == "img"]
    assert len(images) == 1
    assert images[0]["alt"] == "displacement"


def test_a_picture_that_is_gone_is_named_with_the_reason(tmp_path: Path):
    words = page_of(tmp_path, made.success()).words
    assert "attempts/2/displacement.png is not shown: there is no such file" in words


def test_values_by_mesh_come_from_the_results_where_the_evidence_repeats_the_finest(
    tmp_path: Path,
):
    envelopes: list[Envelope] = []
    for envelope in made.success():
        message = envelope.message
        if message.kind == "evidence":
            message = message.model_copy(update={"quantities": made.quantities(made.FORCE)})
        envelopes.append(replace(envelope, message=message))
    assert "bracket" not in page_of(tmp_path, envelopes).words
    folders = {"attempts/2": 1.8421e9, "attempts/2/coarser-1": 1.8470e9}
    for name, force in folders.items():
        place = tmp_path / name
        place.mkdir(parents=True, exist_ok=True)
        quantity = {"name": "reaction_right", "value": force, "unit": "N/m", "method": "sum"}
        (place / "results.json").write_text(json.dumps({"quantities": [quantity]}))
    words = page_of(tmp_path, envelopes).words
    assert "1.84210 GN/m" in words
    assert "1.84700 GN/m (+0.27 %)" in words


@pytest.mark.parametrize("text", ["", "{", '{"quantities": 1}', '{"quantities": [{"name": 1}]}'])
def test_a_results_file_that_cannot_be_read_leaves_the_table_out(tmp_path: Path, text: str):
    for place in (tmp_path / "attempts/2", tmp_path / "attempts/2/coarser-1"):
        place.mkdir(parents=True)
        (place / "results.json").write_text(text)
    assert "1.84700 GN/m (+0.27 %)" in page_of(tmp_path, made.success()).words


def test_a_report_replaces_the_one_before_and_leaves_nothing_else(tmp_path: Path):
    write_report(tmp_path, made.failure())
    write_report(tmp_path, made.success())
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]
    assert "Claim level" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_a_lone_surrogate_from_a_program_does_not_stop_the_page(tmp_path: Path):
    broken = Answer.model_construct(**{**dict(made.answer()), "note": "bad \udc80 byte"})
    envelopes = made.success()
    words = page_of(tmp_path, [*envelopes[:-1], replace(envelopes[-1], message=broken)]).words
    assert "bad ⟨U+DC80⟩ byte" in words


def test_a_run_that_waits_has_no_answer_yet_and_shows_what_it_may_be(tmp_path: Path) -> None:
    waits = Failure(reason="waiting", message="Approve the answer?")
    ended = made.success()
    *before, last = ended
    page = page_of(tmp_path, [*before, replace(last, message=waits)])
    assert "No answer yet" in page.words
    assert "The run waits for a person." in page.words
    assert "without an answer" not in page.words
    assert "Prepared" not in page.words


def test_what_names_the_run_cannot_leave_the_style_it_stands_in(tmp_path: Path) -> None:
    sheet = replace(gather(tmp_path, made.success()), identity='x"; } </style><script>y')
    text = render(sheet)
    assert "</style><script>" not in text
    assert text.count("</style>") == 1
    assert 'content: "\\78 \\22 \\3b ' in text
