"""Roles as data: who hears what, who says what, and the prompt.

A role is a Markdown file with YAML front matter, a Python class (an ``Agent`` with a ``role``),
or an entry point in the group ``mechagents.roles``.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import EntryPoint, entry_points
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mechagents.errors import RoleError
from mechagents.frontmatter import FrontMatterError, read_front_matter
from mechagents.messages import Message, RoleName
from mechagents.sandbox.base import Limits

ENTRY_POINTS = "mechagents.roles"
Kind = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
"""A kind of message."""
Behaviour = Literal["language", "critic", "executor", "verification", "human", "manager"]
"""What acts for a role: a language model, with or without a verdict to guard, or a program."""


class RoleBudget(BaseModel):
    """What one role may spend in a run; None means only the team's budget counts."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model_calls: Annotated[int, Field(gt=0)] | None = None
    tokens: Annotated[int, Field(gt=0)] | None = None


class Role(BaseModel):
    """The definition of one member of a team."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: RoleName
    description: Annotated[str, Field(min_length=1)]
    behaviour: Behaviour = "language"
    receives: Annotated[tuple[Kind, ...], Field(min_length=1)]
    sends: tuple[Kind, ...] = ()
    model: str | None = None
    """A model of this role's own, in litellm's form ``provider/name``; None: the team's."""
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    max_tokens: Annotated[int, Field(gt=0)] | None = None
    tools: tuple[str, ...] = ()
    budget: RoleBudget = Field(default_factory=RoleBudget)
    limits: Limits = Limits()
    """What a program may use that this role has run; what is not given here is the team's."""
    prompt: str = ""

    @property
    def reviews(self) -> bool:
        """Whether this role passes verdicts on what it receives."""
        return "critique" in self.sends


def load_role(path: Path) -> Role:
    """Return the role that a Markdown file defines.

    Raises:
        RoleError: If the file is no role; the error names file, line and field.
    """
    try:
        parts = read_front_matter(path)
    except FrontMatterError as error:
        raise RoleError(error.message, where=f"{path}:{error.line}") from error
    fields: dict[str, object] = {"name": path.stem, **parts.fields, "prompt": parts.body}
    try:
        return Role.model_validate(fields)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        line = parts.lines.get(str(first["loc"][0]), 1)
        known = ", ".join(_fields(first["loc"]))
        told = first["msg"].replace("Input should", "should")
        if first["type"] == "extra_forbidden":
            told = f"there is no such field; fields: {known}"
        raise RoleError(f"{field}: {told}", where=f"{path}:{line}") from error


def _fields(place: tuple[int | str, ...]) -> list[str]:
    """Return the fields there are beside a field of a role file."""
    within: dict[str, type[BaseModel]] = {"limits": Limits, "budget": RoleBudget}
    part = within.get(str(place[0]), Role) if len(place) > 1 else Role
    return sorted(set(part.model_fields) - {"prompt"})


def check_role(path: Path) -> Role:
    """Return the role that a Markdown file defines, once every kind that it names is known.

    Raises:
        RoleError: If the file is no role, or names a kind of message that is not defined.
    """
    role = load_role(path)
    for field, kinds in (("receives", role.receives), ("sends", role.sends)):
        for kind in kinds:
            if kind not in Message.kinds:
                line = read_front_matter(path).lines.get(field, 1)
                known = ", ".join(sorted(Message.kinds))
                told = f"{field}: no kind of message {kind!r}; known: {known}"
                raise RoleError(told, where=f"{path}:{line}")
    return role


def roles_folder() -> Path:
    """Return the folder of the packaged role files, in a wheel as in a clone.

    Raises:
        RoleError: If the installation has lost it.
    """
    package = Path(str(files("mechagents")))
    for folder in (package / "_roles", package.parent / "roles"):
        if (folder / "planner.md").is_file():
            return folder
    raise RoleError("the packaged roles are missing; install mechagents again")


@cache
def packaged_roles() -> dict[str, Role]:
    """Return the packaged roles by name."""
    roles = [load_role(path) for path in sorted(roles_folder().glob("*.md"))]
    return {role.name: role for role in roles}


def installed_roles() -> dict[str, EntryPoint]:
    """Return what other distributions offer as roles, by name; nothing is loaded yet.

    Raises:
        RoleError: If two of them offer the same name.
    """
    found: dict[str, EntryPoint] = {}
    for point in entry_points(group=ENTRY_POINTS):
        other = found.setdefault(point.name, point)
        if other.value != point.value:
            told = f"{_offers(other)} and {_offers(point)} both offer this role; uninstall one"
            raise RoleError(told, where=point.name)
    return found


def load_installed(point: EntryPoint) -> object:
    """Return what an entry point offers: a ``Role``, an ``Agent`` class, or a role file's path.

    Raises:
        RoleError: If it cannot be loaded.
    """
    try:
        return point.load()
    except Exception as error:  # foreign code: whatever it raises is told with its source
        raise RoleError(
            f"this role of {_offers(point)} cannot be loaded ({type(error).__name__}: {error}); "
            "mend or uninstall that distribution",
            where=point.name,
        ) from error


def _offers(point: EntryPoint) -> str:
    return f"{point.dist.name if point.dist else 'a distribution'} ({point.value})"
