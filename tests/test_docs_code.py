"""The programs and commands of the docs do what the pages say, from top to end."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from docs_code import Command, File, Script, steps

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
SCRIPTS = [p for p in [ROOT / "README.md", *sorted(DOCS.glob("*.md"))]
           if p.stem != "tutorial" and any(isinstance(s, Script) for s in steps(p))]  # fmt: skip
NAMES_A_MODEL = re.compile(r"provider/name|openai/|ollama/")
ENDS = {"--approve": 4, "bracket.yaml": 3, "doctor": None}
"""Exit codes by what is in the command: who is asked to approve is not there; the bracket's stress
at its corner has no limit; a machine may lack what doctor looks for."""
FEW = {"LatinHypercube(samples=20)": "LatinHypercube(samples=2)"}
"""What would take minutes, made short."""


def _environment() -> dict[str, str]:
    kept = {"PATH", "HOME", "SYSTEMROOT", "TEMP", "TMPDIR", "USERPROFILE"}
    return {
        **{key: value for key, value in os.environ.items() if key in kept},
        "PYTHONPATH": os.pathsep.join((str(ROOT), ".")),
        "HTTP_PROXY": "http://127.0.0.1:9",
        "HTTPS_PROXY": "http://127.0.0.1:9",
    }


def _run(words: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *words], cwd=folder, env=_environment(), stdin=subprocess.DEVNULL,
        capture_output=True, text=True, encoding="utf-8", check=False,
    )  # fmt: skip


def _script(text: str, folder: Path, name: str) -> None:
    for whole, part in FEW.items():
        text = text.replace(whole, part)
    (folder / name).write_text(text, encoding="utf-8")
    done = _run([name], folder)
    assert done.returncode == 0, done.stderr


def _command(command: Command, folder: Path) -> None:
    line = command.line[command.line.index("mechagents ") :].split(" < ")[0]
    done = _run(["-m", *shlex.split(line)], folder)
    refused = command.prints.startswith("mechagents: ")
    expected = 2 if refused else next((ENDS[word] for word in ENDS if word in line), 0)
    assert done.returncode == expected or expected is None, f"{line}\n{done.stdout}\n{done.stderr}"
    if refused:
        assert command.prints.strip() in " ".join(done.stderr.split())


def _save(file: File, folder: Path) -> None:
    path = folder / file.name
    path.parent.mkdir(exist_ok=True)
    path.write_text(file.text, encoding="utf-8")


def test_the_tutorial_can_be_followed_from_its_first_command_to_its_last(tmp_path: Path) -> None:
    done = 0
    for number, step in enumerate(steps(DOCS / "tutorial.md")):
        if isinstance(step, File):
            _save(step, tmp_path)
        elif isinstance(step, Script):
            _script(step.text, tmp_path, f"script_{number}.py")
        elif not NAMES_A_MODEL.search(step.line):
            _command(step, tmp_path)
            done += 1
    assert done >= 10


@pytest.mark.parametrize("page", SCRIPTS, ids=lambda page: page.stem)
def test_every_complete_program_of_a_page_runs(page: Path, tmp_path: Path) -> None:
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    texts = [step.text for step in steps(page) if isinstance(step, Script)]
    for number, text in enumerate(texts):
        _script(text, tmp_path, f"script_{number}.py")
