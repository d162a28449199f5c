"""Finds a problem by name or path and reads it."""

from __future__ import annotations

from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from pydantic import ValidationError

from mechagents.errors import ProblemError
from mechagents.messages import Problem
from mechagents.problems.faults import located_faults
from mechagents.problems.geometry_file import with_regions
from mechagents.problems.source import Source, parse

SUFFIXES = (".yaml", ".yml")
LARGEST_FILE = 1_000_000
"""Bytes; a problem of a thousand polygon points takes about a twentieth."""

BENCHMARK = "benchmark:"
"""Stands before the name of a benchmark's problem, to tell it from a packaged one."""
LONGEST_NAME = 80
"""Characters of an unknown name that an error repeats."""


@dataclass(frozen=True, slots=True)
class PackagedProblem:
    """A problem that comes with the package."""

    name: str
    description: str
    """One line."""
    text: str
    """The YAML file, as it is."""
    folder: Traversable | None = field(default=None, repr=False, compare=False)
    """Where it lies, with the files that it names."""


@cache
def packaged_problems() -> tuple[PackagedProblem, ...]:
    """Return the problems that come with the package, by name."""
    return _problems_in(files("mechagents.problems"))


@cache
def benchmark_problems() -> tuple[PackagedProblem, ...]:
    """Return the problems with published targets, by name; the targets are not in them."""
    return _problems_in(files("mechagents.problems").joinpath("benchmarks"))


def _problems_in(folder: Traversable) -> tuple[PackagedProblem, ...]:
    found: list[PackagedProblem] = []
    for entry in folder.iterdir():
        if entry.name.endswith(SUFFIXES):
            text = entry.read_text(encoding="utf-8")
            description = text.split("\n", 1)[0].removeprefix("#").strip()
            name = entry.name.rsplit(".", 1)[0]
            found.append(PackagedProblem(name, description, text, folder))
    return tuple(sorted(found, key=lambda problem: problem.name))


def load_problem(name_or_path: str) -> Problem:
    """Return a packaged problem by its name, or the problem that a YAML file holds.

    ``benchmark:kirsch`` is the problem of that name among the benchmarks.

    A file holds a mapping: ``statement`` and, where known, ``name`` (else the file's stem),
    ``formulation``, ``settings``, ``tolerance`` and ``level``. It is YAML 1.2, so ``210e9`` is
    a number; a quantity with a unit is a string such as ``20 mm``.

    Args:
        name_or_path: A name as ``packaged_problems`` gives it, or a path.

    Raises:
        ProblemError: If there is no such problem, or the file cannot be read or does not hold
            a problem. Every fault found is named with its file, line and field.
    """
    known = packaged_problems()
    if name_or_path.startswith(BENCHMARK):
        known = benchmark_problems()
    for problem in known:
        if problem.name == name_or_path.removeprefix(BENCHMARK):
            return problem_from_yaml(problem.text, f"{problem.name}.yaml", problem.folder)
    path = Path(name_or_path)
    if not _exists(path):
        raise _unknown(name_or_path)
    return problem_from_yaml(read_text(path), name_or_path, path.parent)


def problem_from_yaml(text: str, file: str, folder: Traversable | None = None) -> Problem:
    """Return the problem that a YAML text holds.

    Args:
        text: The file's contents.
        file: The file's name, for errors and for the problem's default name.
        folder: Where it lies; a file of its geometry is found there.

    Raises:
        ProblemError: If the text is not YAML, or not that of a problem.
    """
    source = with_regions(parse(text, file), folder)
    data = {"name": Path(file).stem, **source.data}
    try:
        return Problem.model_validate(data)
    except ValidationError as error:
        raise invalid_file(source, error) from error


def looks_like_words(text: str) -> bool:
    """Return whether a command's argument is a question in words, not a name or a path."""
    words = text.split()
    return len(words) > 1 and not words[-1].endswith(SUFFIXES) and not _exists(Path(text))


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # a name too long for the file system, or a NUL in it
        return False


def _unknown(name: str) -> ProblemError:
    known = [problem.name for problem in packaged_problems()]
    if name.startswith(BENCHMARK):
        known = [BENCHMARK + problem.name for problem in benchmark_problems()]
    elif name.endswith(SUFFIXES) or "/" in name:
        return ProblemError("there is no such file", where=name)
    close = get_close_matches(name, known, n=3)
    hint = f"did you mean {' or '.join(close)}? " if close else ""
    return ProblemError(
        f"there is no such problem; {hint}packaged problems: {', '.join(known)}; "
        "or give the path of a YAML file",
        where=name if len(name) <= LONGEST_NAME else f"{name[:LONGEST_NAME]}...",
    )


def read_text(path: Path) -> str:
    """Return what a file of at most a megabyte holds.

    Raises:
        ProblemError: If it cannot be read as text.
    """
    where = str(path)
    if path.is_dir():
        raise ProblemError("is a folder; give the path of a YAML file", where=where)
    if not path.is_file():
        raise ProblemError("is not a regular file", where=where)
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise ProblemError(f"cannot be read: {error.strerror}", where=where) from error
    if len(content) > LARGEST_FILE:
        raise ProblemError(f"is larger than {LARGEST_FILE:,} bytes", where=where)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ProblemError(
            "is not UTF-8 text; save it as UTF-8", where=f"{where}:{line}"
        ) from error


def invalid_file(source: Source, error: ValidationError) -> ProblemError:
    """Return an error that names every fault of a file with its line and field.

    Args:
        source: The file that was validated.
        error: What pydantic found.
    """
    found = located_faults(source, error)
    if len(found) == 1:
        return ProblemError(found[0].reason, where=f"{source.file}:{found[0].place}")
    lines = [f"{source.file}:{fault.place}: {fault.reason}" for fault in found]
    return ProblemError(f"{len(found)} faults\n" + "\n".join(lines), where=source.file)
