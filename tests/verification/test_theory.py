"""Each check that the code can make has its theory and a source in the docs, and no other has."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "verification.md").read_text(encoding="utf-8")
SECTION = "## Where each check comes from"
MAKERS = {"measured", "found"}
"""What makes checks."""
NAME = re.compile(r"[a-z_]+:[a-z{}-]*[a-z}](?::\{\})?")
NAMED_LATER = {"reference:{}", "closed_form:{}"}
"""Names that ``compare`` makes of its argument."""
TOLD = re.compile(r"`((?:[a-z_]+):[A-Za-z0-9-]+(?::[A-Z]+)?)`")


def _name(node: ast.expr) -> str:
    """Return a string as the code has it, with ``{}`` for what is put in."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if not isinstance(node, ast.JoinedStr):
        return ""
    return "".join(p.value if isinstance(p, ast.Constant) else "{}" for p in node.values)  # type: ignore[misc]


def _made() -> set[str]:
    """Return the names of all checks that the modules with a maker of checks write."""
    names = set(NAMED_LATER)
    for path in (ROOT / "mechagents" / "verification").rglob("*.py"):
        nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
        if MAKERS & {node.id for node in nodes if isinstance(node, ast.Name)}:
            written = {_name(node) for node in nodes if isinstance(node, ast.expr)}
            names |= set(filter(NAME.fullmatch, written))
    return {re.sub("^region:", "geometry:region:", name) for name in names - {"{}:{}"}}


MADE = _made()


def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(re.escape(name).replace(r"\{\}", ".+"))


def _theory() -> set[str]:
    theory, _, _ = PAGE.partition(SECTION)
    return set(TOLD.findall(theory))


def _sources() -> Iterator[tuple[str, str]]:
    """Return each name in the table of sources, ``…`` for any, with its sources."""
    _, _, table = PAGE.partition(SECTION)
    for line in table.partition("\n## ")[0].splitlines():
        if line.startswith("| `"):
            names, _, source = line.strip("| ").split(" | ")
            for name in re.findall(r"`([^`]+)`", names):
                yield name, source


def test_the_code_makes_checks_of_every_kind() -> None:
    assert {"contract:execution", "supports:{}", "modes:count", "convergence:{}"} <= MADE
    assert len(MADE) > 35


@pytest.mark.parametrize("name", sorted(MADE))
def test_a_check_has_its_theory(name: str) -> None:
    assert any(map(_pattern(name).fullmatch, _theory())), f"verification.md has nothing on {name}"


@pytest.mark.parametrize("name", sorted(_theory()))
def test_a_check_in_the_docs_is_one_that_is_made(name: str) -> None:
    assert any(_pattern(made).fullmatch(name) for made in MADE), f"no check is called {name}"


@pytest.mark.parametrize("name", sorted(MADE))
def test_a_check_has_a_source_among_the_references(name: str) -> None:
    family = name.split(":")[0] + ":…"
    (source, *_) = [s for told, s in _sources() if told in (name, family)]
    references = PAGE.partition("\n## References")[2]
    for each in source.split("; "):
        who = re.split(r" and |,| et al| \(|$", each)[0]
        assert who in references, f"{name}: no reference to {who}"
