"""Solves the example problems and writes the gallery of them, before the site is built.

A problem is solved again only when its file has changed since; ``docs/gallery`` holds what came
of each.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.util import logging

from mechagents import Answer, Problem, full_team, load_problem, solve_sync
from mechagents.report import format_quantity

DOCS = Path(__file__).parent
EXAMPLES = DOCS.parent / "examples" / "problems"
MADE = DOCS / "gallery"
HEAD = """# Gallery

The problems of `examples/problems`, solved by the handbook when these pages were made. Each of
them runs with `mechagents solve FILE`, offline and without a key; its report is the page that the
run leaves in its folder.
"""


def make(app: Sphinx) -> None:
    """Solve what is new, write the page, and let the site hold the reports.

    Raises:
        RuntimeError: If an example is not answered as verified.
    """
    MADE.mkdir(exist_ok=True)
    entries = [_entry(path) for path in sorted(EXAMPLES.glob("*.yaml"))]
    (MADE / "index.md").write_text("\n".join([HEAD, *entries]), encoding="utf-8")


def _entry(path: Path) -> str:
    folder = MADE / path.stem
    mark = folder / hashlib.sha256(path.read_bytes()).hexdigest()
    problem = load_problem(str(path))
    if not mark.exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        logging.getLogger(__name__).info("solving %s", path.name)
        _solve(problem, folder)
        mark.touch()
    answer = Answer.model_validate_json((folder / "answer.json").read_text(encoding="utf-8"))
    return "\n".join(_told(problem, answer, folder, path))


def _solve(problem: Problem, folder: Path) -> None:
    """Keep the answer, the report and the pictures of a problem in a folder."""
    with tempfile.TemporaryDirectory() as temporary:
        run = Path(temporary) / "run"
        answer = solve_sync(problem, full_team(), folder=run)
        if not isinstance(answer, Answer) or answer.claim_level != "verified":
            raise RuntimeError(f"the example {folder.name} ended so: {answer!r}")
        pictures = [run / name for name in answer.artifacts if name.endswith(".png")]
        for file in (run / "answer.json", run / "report.html", *pictures):
            shutil.copy(file, folder)


def _told(problem: Problem, answer: Answer, folder: Path, path: Path) -> list[str]:
    assert problem.formulation is not None
    rows = [
        f"| `{q.name}` | {format_quantity(q.value, q.unit, q.error_bound)} | {q.claim_level} |"
        for q in answer.quantities
    ]
    pictures = [
        f"![{picture.stem.replace('_', ' ')}]({folder.name}/{picture.name})"
        for picture in sorted(folder.glob("*.png"))
    ]
    return [
        f"## {problem.formulation.title}",
        "",
        f"> {' '.join(problem.statement.split())}",
        "",
        *pictures,
        "",
        "| quantity | value | claim level |",
        "|---|---|---|",
        *rows,
        "",
        f"{{download}}`The report <{folder.name}/report.html>` of this run, and its file:",
        "",
        f"```{{literalinclude}} ../../examples/problems/{path.name}",
        ":language: yaml",
        f":caption: examples/problems/{path.name}",
        "```",
        "",
    ]


def setup(app: Sphinx) -> dict[str, bool]:
    """Have the gallery made before the pages are read."""
    app.connect("builder-inited", make)
    return {"parallel_read_safe": True}
