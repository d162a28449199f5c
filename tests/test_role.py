"""Roles as data: read from Markdown, faults told by file, line and field."""

from __future__ import annotations

from pathlib import Path

import pytest

from mechagents.errors import RoleError
from mechagents.role import Role, load_role, packaged_roles

GOOD = """---
name: unit_clerk
description: Looks at units.
receives: [formulation]
sends: [critique]
temperature: 0.5
budget: {model_calls: 3}
---
You look at units.
"""


def _write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "unit_clerk.md"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_packaged_roles_are_the_seven_of_a_team() -> None:
    names = set(packaged_roles())
    assert names == {"planner", "formulator", "coder", "executor", "critic", "admin", "manager"}


def test_a_role_is_a_markdown_file_with_front_matter(tmp_path: Path) -> None:
    role = load_role(_write(tmp_path, GOOD))
    assert (role.name, role.receives, role.sends) == ("unit_clerk", ("formulation",), ("critique",))
    assert (role.temperature, role.budget.model_calls) == (0.5, 3)
    assert role.prompt == "You look at units."
    assert role.reviews


def test_the_name_defaults_to_the_files(tmp_path: Path) -> None:
    role = load_role(_write(tmp_path, GOOD.replace("name: unit_clerk\n", "")))
    assert role.name == "unit_clerk"


def test_yaml_is_version_1_2_where_an_exponent_makes_a_number(tmp_path: Path) -> None:
    role = load_role(_write(tmp_path, GOOD.replace("temperature: 0.5", "max_tokens: 2e3")))
    assert role.max_tokens == 2000


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        (GOOD.replace("0.5", "hot"), 6, "temperature: "),
        (GOOD.replace("temperature", "warmth"), 6, "warmth: .*fields: .*temperature"),
        (GOOD.replace("[formulation]", "[formulation"), 5, "not valid YAML: expected ',' or ']'"),
        (GOOD.replace("sends:", "receives:"), 5, "not valid YAML: found duplicate key"),
        (GOOD.replace("[formulation]", "[]"), 4, "receives: "),
        (GOOD.replace("temperature: 0.5", "limits: {memory: 9}"), 6, "limits.memory: .*memory_mib"),
        (GOOD.replace("temperature: 0.5", "limits: {threads: 0}"), 6, "limits.threads: .*1"),
        (GOOD.replace("---\nYou", "You"), 1, "not closed"),
        ("You look at units.", 1, "must start with a line of ---"),
        ("---\n- one\n---\n", 2, "must be fields"),
    ],
)
def test_a_fault_names_file_line_and_field(tmp_path: Path, text: str, line: int, told: str) -> None:
    path = _write(tmp_path, text)
    with pytest.raises(RoleError, match=told) as caught:
        load_role(path)
    assert caught.value.where == f"{path}:{line}"


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(RoleError, match="cannot be read"):
        load_role(tmp_path / "nobody.md")


def test_a_file_that_is_not_text_is_told(tmp_path: Path) -> None:
    path = tmp_path / "binary.md"
    path.write_bytes(b"---\n\xff\xfe\n---")
    with pytest.raises(RoleError, match="UTF-8"):
        load_role(path)


def test_every_packaged_role_that_speaks_through_a_model_has_a_prompt() -> None:
    for role in packaged_roles().values():
        assert role.description.endswith(".")
        assert len(role.prompt) > 40


def test_a_role_that_sends_no_critique_reviews_nothing() -> None:
    assert not Role(name="x", description="d", receives=("plan",), sends=("program",)).reviews
