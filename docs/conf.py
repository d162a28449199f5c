"""How the pages of this folder become a site: ``sphinx-build -W docs site``."""

from __future__ import annotations

import sys
from itertools import zip_longest
from pathlib import Path
from typing import Annotated, get_origin

from sphinx.application import Sphinx

sys.path.insert(0, str(Path(__file__).parent))

project = "mechagents"
author = "The mechagents developers"
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "gallery"]
root_doc = "index"
exclude_patterns = ["README.md"]
suppress_warnings = ["ref.python"]
# The root's names are those of other modules, so a type of that name is found twice.

myst_heading_anchors = 4
highlight_language = "none"

autodoc_typehints = "signature"
autodoc_member_order = "bysource"
autodoc_default_options = {"members": True, "show-inheritance": True}
maximum_signature_line_length = 88
python_display_short_literal_types = True

html_theme = "furo"
html_title = "mechagents"
html_show_sphinx = False
html_copy_source = False

SECTIONS = ("Args:", "Returns:", "Raises:", "References:")
DECISIONS = "\n```{toctree}\n:hidden:\n:glob:\n\n0*\n```\n"


KEPT: dict[str, list[str]] = {}
"""Docstrings of values, by name, while sections are looked for in those of others."""


def as_markup(
    app: Sphinx, what: str, name: str, of: object, options: object, lines: list[str]
) -> None:
    """Turn what docstrings take for granted into markup: indented code, and bars around a value.

    The docstring of a value is kept from who looks for sections: a colon in its first line would
    be taken for the end of a type.
    """
    told: list[str] = []
    for line, after, second in zip_longest(lines, lines[1:], lines[2:], fillvalue=""):
        if line.startswith(" "):
            told.append(line)
            continue
        told.append(line.replace("|", "\\|"))
        if line and not after and second.startswith("    "):
            told += ["", "::"]
    plain = not any(line in SECTIONS for line in lines)
    if what in ("attribute", "data", "property") and plain:
        KEPT[name], told = told, []
    lines[:] = told


def as_it_was(
    app: Sphinx, what: str, name: str, of: object, options: object, lines: list[str]
) -> None:
    """Put back the docstring of a value."""
    lines[:] = KEPT.pop(name, lines)


def with_pages(app: Sphinx, name: str, source: list[str]) -> None:
    """List the decisions below their index."""
    if name == "decisions/README":
        source[0] += DECISIONS


def is_pattern(
    app: Sphinx, what: str, name: str, of: object, skip: bool, options: object
) -> bool | None:
    """Leave out names that only say which words are allowed: their patterns are no markup."""
    return True if get_origin(of) is Annotated else None


def setup(app: Sphinx) -> None:
    """Connect what is said above."""
    app.connect("autodoc-process-docstring", as_markup, priority=400)  # before the sections
    app.connect("autodoc-process-docstring", as_it_was, priority=600)  # and after
    app.connect("autodoc-skip-member", is_pattern)
    app.connect("source-read", with_pages)
