"""Reads study files; every fault is named with its line and field."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from mechagents.errors import ProblemError
from mechagents.problems.loading import invalid_file, read_text
from mechagents.problems.source import parse
from mechagents.study.spec import Study


def load_study(path: Path) -> Study:
    """Return the study that a YAML file holds; its name, unless it says one, is the file's.

    Raises:
        ProblemError: If the file cannot be read or does not hold a study.
    """
    if not path.exists():
        raise ProblemError("there is no such file", where=str(path))
    source = parse(read_text(path), str(path))
    name = path.stem.lower().replace("_", "-").replace(" ", "-")
    try:
        return Study.model_validate({"name": name, **source.data})
    except ValidationError as error:
        raise invalid_file(source, error) from error
