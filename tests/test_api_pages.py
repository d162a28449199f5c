"""The API pages of the docs have every public name, and every one that the other pages import."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from docs_code import File, Script, steps

import mechagents

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "mechagents"
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
API = "\n".join(p.read_text(encoding="utf-8") for p in (ROOT / "docs" / "api").glob("*.md"))
LISTED = set(re.findall(r"^\.\. automodule:: (\S+)$", API, re.MULTILINE))
INNER = {
    "mechagents.report.sheet": "what page and PDF are made of",
    "mechagents.verification.elements": "shape functions, which the checks use",
}
"""Modules that say what they are used for in the package, and are nobody's to import."""


def _modules() -> Iterator[tuple[str, ast.Module]]:
    for path in PACKAGE.rglob("*.py"):
        if "programs" not in path.parts:  # texts that the handbook writes programs from
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            yield name.removesuffix(".__init__"), ast.parse(path.read_text(encoding="utf-8"))


def _says_what_is_public(tree: ast.Module) -> bool:
    assigned = [node for node in tree.body if isinstance(node, ast.Assign)]
    names = [target for node in assigned for target in node.targets]
    return any(isinstance(name, ast.Name) and name.id == "__all__" for name in names)


def test_every_module_that_says_what_is_public_has_its_place() -> None:
    public = {name for name, tree in _modules() if _says_what_is_public(tree)}
    assert public - LISTED == set(INNER)


@pytest.mark.parametrize("name", sorted(LISTED))
def test_every_module_in_the_pages_is_there_and_told(name: str) -> None:
    module = importlib.import_module(name)
    assert module.__doc__
    assert any(getattr(module, each).__doc__ for each in getattr(module, "__all__", dir(module)))


@pytest.mark.parametrize("name", mechagents.__all__)
def test_every_name_of_the_root_is_told_where_it_is_made(name: str) -> None:
    homes = [importlib.import_module(module) for module in LISTED - {"mechagents"}]
    made = getattr(mechagents, name)
    public = {each.__name__ for each in homes if name in getattr(each, "__all__", ())}
    assert getattr(made, "__module__", None) in LISTED or public


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_what_a_page_imports_is_in_the_pages_of_the_api(page: Path) -> None:
    for step in steps(page):
        programs = isinstance(step, Script) or (isinstance(step, File) and step.name[-3:] == ".py")
        for node in ast.walk(ast.parse(step.text)) if programs else ():
            if isinstance(node, ast.ImportFrom) and str(node.module).startswith("mechagents"):
                assert node.module in LISTED
