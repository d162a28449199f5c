"""The README and the pages of docs: what they link to, show and name exists."""

from __future__ import annotations

import ast
import importlib
import json
import re
import tempfile
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import click
import pytest
from docs_code import Shown, steps
from pydantic import TypeAdapter
from ruamel.yaml import YAML

from mechagents.cli import cli
from mechagents.mechanics.formulation import Formulation
from mechagents.mechanics.geometry import Boundary, Shape
from mechagents.messages import Answer, Check, Critique, Forked, Settings, parse_message
from mechagents.problems.loading import load_problem, problem_from_yaml
from mechagents.role import load_role
from mechagents.study import load_study
from mechagents.study.dask_slurm import SlurmFile
from mechagents.study.spec import Optimize
from mechagents.verification.files import read_results

ROOT = Path(__file__).parents[1]
PROBLEMS = ROOT / "docs" / "problems.md"
TUTORIAL = ROOT / "docs" / "tutorial.md"
MADE = ROOT / "docs" / "gallery"
"""Written when the site is built."""
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
PAGES = [page for page in PAGES if MADE not in page.parents]
FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
CALL = re.compile(r"mechagents ([a-z]+)((?:[^\S\n]+[^\s`|]+)*)")
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")
OTHERS = {"--no-dev"}
"""Options of other commands that the pages show."""
READ = {
    "yaml complete", "yaml shapes", "yaml boundaries", "yaml search", "yaml place",
    "yaml study", "markdown role", "json", "toml",
}  # fmt: skip
"""Labels of the blocks that are read here; complete programs are run by test_docs_code."""
pages = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def blocks(page: Path, kind: str) -> Iterator[str]:
    for label, body in FENCE.findall(page.read_text(encoding="utf-8")):
        if label == kind:
            yield body


def code(page: Path) -> list[str]:
    """Return the lines of a page that stand in code: indented, fenced, or between backticks."""
    text = page.read_text(encoding="utf-8")
    fenced = [line for _, body in FENCE.findall(text) for line in body.splitlines()]
    rest = FENCE.sub("", text)
    indented = [line for line in rest.splitlines() if line.startswith("    ")]
    return [*fenced, *indented, *re.findall(r"`([^`\n]+)`", rest)]


def plain(text: str) -> Any:
    """Return what stands in a block of YAML."""
    return YAML(typ="safe", pure=True).load(text)


@cache
def anchors(page: Path) -> frozenset[str]:
    """Return the anchors that a code host makes of a page's headings."""
    titles = re.findall(r"^#+ (.+)$", FENCE.sub("", page.read_text(encoding="utf-8")), re.MULTILINE)
    plain = [re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles]
    return frozenset(plain)


@pages
def test_every_relative_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    for link in LINK.findall(FENCE.sub("", page.read_text(encoding="utf-8"))):
        if link.startswith(("http://", "https://")):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


@pages
def test_every_complete_problem_loads(page: Path) -> None:
    for text in blocks(page, "yaml complete"):
        assert problem_from_yaml(text, f"{page.stem}.yaml").formulation is not None


@pages
def test_every_fragment_of_a_formulation_is_one(page: Path) -> None:
    for text in blocks(page, "yaml shapes"):
        assert TypeAdapter(dict[str, Shape]).validate_python(plain(text))
    for text in blocks(page, "yaml boundaries"):
        assert TypeAdapter(dict[str, Boundary]).validate_python(plain(text))


@pages
def test_every_search_and_place_of_a_study_is_one(page: Path) -> None:
    for text in blocks(page, "yaml search"):
        assert Optimize.model_validate(plain(text)["optimize"])
    for text in blocks(page, "yaml place"):
        assert SlurmFile.model_validate(plain(text))


def test_every_part_of_a_formulation_is_one() -> None:
    parts = [plain(step.text) for step in steps(PROBLEMS) if isinstance(step, Shown)]
    named = {name for part in parts for name in part}
    assert {"geometry", "materials", "springs", "loads", "analysis", "supports"} <= named
    for name, value in ((name, value) for part in parts for name, value in part.items()):
        if name == "geometry":  # read from a file that a packaged problem has
            assert load_problem(Path(value.pop("file")).stem).formulation is not None
            assert TypeAdapter(dict[str, Boundary]).validate_python(value.pop("boundaries"))
            assert not value
        else:
            kind = Formulation.model_fields[name].rebuild_annotation()
            TypeAdapter(kind).validate_python(value)


def _reads_settings(text: str) -> None:
    assert set(json.loads(text)) == set(Settings.model_fields)
    Settings.model_validate_json(text)


def _reads_results(text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (path := Path(folder) / "results.json").write_text(text)
        assert read_results(path)


def _reads_a_line(text: str) -> None:
    line = json.loads(text)
    assert isinstance(parse_message(line.pop("message")), Critique)
    assert set(line) == {"id", "run", "seq", "sender", "to", "cause", "time", "chain"}


def _reads_an_answer(text: str) -> None:
    shown = json.loads(text)
    answer = Answer.model_validate(shown)
    assert set(shown) == set(Answer.model_fields)
    assert set(shown["checks"][0]) == set(Check.model_fields)
    assert answer.usage.executions == 6


def _reads_an_amendment(text: str) -> None:
    problem = load_problem("plate-tension").formulation
    assert problem is not None
    amended = problem.amended(json.loads(text)["amend"])
    assert [wanted.name for wanted in amended.wanted] == ["force"]


JSON = {
    "forks": [Forked.model_validate_json],
    "messages-and-log": [_reads_a_line],
    "programs": [_reads_settings, _reads_results],
    "tutorial": [_reads_an_answer],
}
"""What reads the blocks of JSON of a page, in their order."""


@pages
def test_every_block_of_json_and_toml_is_read(page: Path) -> None:
    found = list(blocks(page, "json"))
    for text, read in zip(found, JSON.get(page.stem, []), strict=True):
        read(text)
    for text in blocks(page, "toml"):
        points = tomllib.loads(text)["project"]["entry-points"]
        assert set(points) <= {"mechagents.roles"}


@pytest.mark.parametrize("name", sorted(JSON))
def test_a_key_that_is_stale_is_found(name: str) -> None:
    found = list(blocks(ROOT / "docs" / f"{name}.md", "json"))
    for text, read in zip(found, JSON[name], strict=True):
        stale = re.sub(r'"(\w+)":', r'"\1_once":', text, count=1)
        with pytest.raises((AssertionError, ValueError)):
            read(stale)


def test_what_a_model_replies_to_amend_amends() -> None:
    shown = [step.text for step in steps(TUTORIAL) if isinstance(step, Shown)]
    (text,) = (text for text in shown if text.startswith('{"amend"'))
    _reads_an_amendment(text)


def test_the_containerfile_has_instructions_that_are_known() -> None:
    (text,) = blocks(ROOT / "docs" / "sandbox.md", "dockerfile")
    lines = text.replace("\\\n", " ").splitlines()
    assert {line.split()[0] for line in lines} == {"FROM", "RUN"}
    assert "mechagents" in lines[-1]


@pages
def test_no_block_of_data_escapes_these_tests(page: Path) -> None:
    found = FENCE.findall(page.read_text(encoding="utf-8"))
    labels = {label for label, _ in found if not label.startswith("{")}  # those are of the site
    assert labels <= READ | {"python complete", "text", "dockerfile", ""}


def test_the_layers_that_a_contributor_reads_are_those_that_are_checked() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    layers = settings["tool"]["importlinter"]["contracts"][0]["layers"]
    lines = code(ROOT / "docs" / "contributing.md")
    first = next(i for i, line in enumerate(lines) if line.startswith("    cli  "))
    told = [re.split(r" {2,}", line.strip())[0] for line in lines[first : first + len(layers)]]
    assert told == layers


def test_every_page_is_in_the_contents_of_the_site() -> None:
    listed = set((ROOT / "docs" / "index.md").read_text(encoding="utf-8").splitlines())
    there = {page.stem for page in (ROOT / "docs").glob("*.md")} - {"README", "index"}
    assert there <= listed


@pages
def test_every_study_loads(page: Path, tmp_path: Path) -> None:
    for text in blocks(page, "yaml study"):
        file = tmp_path / "study.yaml"
        file.write_text(text, encoding="utf-8")
        assert load_study(file).parameters


@pages
def test_every_role_file_loads(page: Path, tmp_path: Path) -> None:
    for text in blocks(page, "markdown role"):
        file = tmp_path / "role.md"
        file.write_text(text, encoding="utf-8")
        assert load_role(file).prompt


@pages
def test_every_complete_program_compiles_and_its_imports_resolve(page: Path) -> None:
    for source in blocks(page, "python complete"):
        compile(source, str(page), "exec")
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Import):
                for name in node.names:
                    importlib.import_module(name.name)
            elif isinstance(node, ast.ImportFrom) and node.module and node.module != "my_team":
                module = importlib.import_module(node.module)
                missing = [n.name for n in node.names if not hasattr(module, n.name)]
                assert not missing, f"{node.module} has no {missing}"


@pages
def test_every_command_and_option_exists(page: Path) -> None:
    known = set(cli.list_commands(click.Context(cli)))
    for line in code(page):
        for name, rest in CALL.findall(line):
            if "/" in name or line.lstrip().startswith(("from ", "import ")):
                continue
            assert name in known, line
            allowed = options(name)
            for option in OPTION.findall(rest.split("  #")[0]):
                assert option in allowed, line


@pages
def test_every_option_named_by_itself_is_one_of_some_command(page: Path) -> None:
    every = set[str]().union(*map(options, cli.list_commands(click.Context(cli)))) | OTHERS
    named = {word for line in code(page) if line.startswith("--") for word in OPTION.findall(line)}
    assert named <= every


def options(name: str) -> set[str]:
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    options = [p for p in command.params if isinstance(p, click.Option)]
    return {"--help"}.union(*((*p.opts, *p.secondary_opts) for p in options))
