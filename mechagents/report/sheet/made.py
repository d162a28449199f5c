"""By what it was made: the program, the machine and the versions, and what names the run."""

from __future__ import annotations

import hashlib
import os
import platform
from collections.abc import Sequence
from functools import cache
from importlib import metadata
from pathlib import Path

from mechagents.messages import Answer, Envelope, Setup
from mechagents.report.digest import Digest
from mechagents.report.files import read_inside
from mechagents.report.sheet.parts import Listing, Pairs, Section, Words
from mechagents.report.summary import usage_line
from mechagents.report.text import duration
from mechagents.report.words import settings_words, usage_words

PACKAGES = (
    "mechagents", "numpy", "scipy", "scikit-fem", "ngsolve", "netgen-mesher", "pyamg", "meshio",
    "shapely",
)  # fmt: skip
"""Packages whose versions are told: those that make or check the numbers."""
LONGEST_LISTING = 200_000
"""Characters of a program that are shown."""
LARGEST_FIELDS = 512 * 2**20
Rows = tuple[tuple[str, str], ...]


def program(state: Digest) -> Section | None:
    """Return the program that gave the answer."""
    by = state.answered_by
    if by is None:
        return None
    one = by.program
    told = f"Attempt {one.attempt}, {one.language}; {settings_words(one.settings)}."
    source = one.source
    cut = (Words("Only its beginning; the run's folder has all of it.", "bad"),)
    lines = tuple(source[:LONGEST_LISTING].expandtabs(4).splitlines())
    whole = len(source) <= LONGEST_LISTING
    return Section("Program", (Words(told), *(() if whole else cut), Listing(lines, "program")))


def making(state: Digest, envelopes: Sequence[Envelope]) -> Section:
    """Return what the run took, and where and with what it was made."""
    rows: list[tuple[str, str]] = []
    if envelopes:
        rows.append(("Began", f"{envelopes[0].time:%Y-%m-%d %H:%M:%S %Z}".strip()))
    rows += [row for e in envelopes if isinstance(e.message, Setup) for row in _setup(e.message)]
    if state.end is not None:
        rows.append(("Took", usage_line(state.end.usage)))
        rows.append(("Model", state.end.model or "none"))
    for use in state.models.values():
        words = f"{usage_words(use.calls, use.tokens, use.cost)}, {duration(use.seconds)}"
        rows.append((f"Calls of {use.model}", words))
    tiers = {trial.execution.isolation for tried in state.tried for trial in tried.trials}
    if isinstance(state.end, Answer):
        tiers.add(state.end.isolation)
    rows.append(("Isolation of programs", ", ".join(sorted(tiers)) or "no program ran"))
    rows += [(f"Report: {name}", told) for name, told in environment().items()]
    if isinstance(state.end, Answer) and state.end.artifacts:
        rows.append(("Files in the run's folder", ", ".join(state.end.artifacts)))
    return Section("How it was made", (Pairs(tuple(rows)),))


def _setup(setup: Setup) -> Rows:
    told = f"team {setup.team}, flow {setup.flow}, sandbox {setup.sandbox}"
    made = setup.environment or {"packages": f"mechagents {setup.version}"}
    return (("Team", told), *((f"Run: {name}", words) for name, words in made.items()))


@cache
def _environment() -> Rows:
    versions: list[str] = []
    for name in PACKAGES:
        try:
            versions.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            continue
    machine = f"{platform.platform()}, {os.cpu_count()} processors"
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return ("machine", machine), ("Python", python), ("packages", ", ".join(versions))


def environment() -> dict[str, str]:
    """Return this machine and the versions that are installed on it, by what they are."""
    return dict(_environment())


def identity(state: Digest, envelopes: Sequence[Envelope], folder: Path, chain: str) -> Rows:
    """Return what names exactly one run: its log, its program, and the fields that were checked.

    Args:
        state: What came of the run.
        envelopes: Its conversation.
        folder: Its folder.
        chain: The last hash of its log; empty where that is not known.
    """
    rows: list[tuple[str, str]] = []
    if envelopes:
        rows.append(("Run", f"{run_name(state, envelopes)}, {envelopes[0].time:%d %B %Y}"))
    if chain:
        rows.append((f"Log, {len(envelopes)} messages, last hash of its chain", chain))
    by = state.answered_by
    if by is not None:
        told = hashlib.sha256(by.program.source.encode("utf-8", "surrogatepass")).hexdigest()
        rows.append((f"Program of attempt {by.program.attempt}, SHA-256", told))
        fields = _fields_hash(folder, by.trials[0].execution.folder) if by.trials else ""
        rows += [(f"Fields of attempt {by.program.attempt}, SHA-256", fields)] if fields else []
    return tuple(rows)


def run_name(state: Digest, envelopes: Sequence[Envelope]) -> str:
    """Return the name of a run."""
    named = state.end.run if isinstance(state.end, Answer) else ""
    return named or (envelopes[0].run if envelopes else "")


def _fields_hash(folder: Path, attempt: str) -> str:
    try:
        return hashlib.sha256(
            read_inside(folder, f"{attempt}/fields.vtu", LARGEST_FIELDS)
        ).hexdigest()
    except (OSError, ValueError):
        return ""
