"""Every block of the docs does, or is, what its page says, from the page's top to its end."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from docs_code import Command, Data, File, Script, Shown, Step, steps
from docs_pages import PAGES, Page
from docs_provider import endpoint, replies
from docs_reader import Printed, Reader
from docs_shown import missing

from mechagents.problems.loading import packaged_problems

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
FOLLOWED = [page for page in (ROOT / "README.md", *sorted(DOCS.glob("*.md")))
            if any(not isinstance(step, Data) for step in steps(page))]  # fmt: skip
FIRST = "mechagents solve copper-plate"
FEW = {
    "LatinHypercube(samples=20)": "LatinHypercube(samples=2)",
    'load_problem("copper-plate")': 'load_problem("plate-tension")',
}
"""What would take long in programs whose output is not shown, made short."""
CALLS = {
    "def intact(": 'assert intact(Path("runs/copper/conversation.jsonl"))',
    "def story(": 'story(Path("runs/copper"))',
    "def report(": 'report(Path("runs/copper"))',
    "verify_folder(folder)": 'report(Path("runs/copper/attempts/2"))',
    "def in_shear(": 'in_shear(Path("runs/plate"), "openai/gpt-5")',
    "def thicker(": 'print(thicker(Path("runs/plate")).kind)',
}
"""How what a program only defines is called."""
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")


@dataclass(frozen=True)
class Ready:
    """What pages begin with: the tutorial's first run, a short one, and who speaks for models."""

    folder: Path
    first: Printed
    endpoint: str


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ready]:
    folder = tmp_path_factory.mktemp("ready")
    reader = Reader(folder)
    first = reader.type(FIRST)
    (made,) = (folder / "runs").iterdir()
    made.rename(folder / "runs" / "copper")
    short = reader.type("mechagents solve plate-tension --level consistent --folder runs/plate")
    assert (first.code, short.code) == (0, 0), first.all + short.all
    program = (folder / "runs/plate/attempts/1/program.py").read_text(encoding="utf-8")
    with endpoint(replies(folder, program)) as base:
        yield Ready(folder, first, base)


def follow(page: Path, folder: Path, ready: Ready, how: Page) -> None:
    """Do all that a page shows, in its order."""
    shutil.copytree(ready.folder / "runs", folder / "runs")
    (folder / "examples").symlink_to(ROOT / "examples")
    reader = Reader(folder, f"{ready.endpoint}/v1")
    printed = Printed(0, "", "")
    for number, step in enumerate(steps(page)):
        text = _text(step)
        for begins, does in how.before.items():
            if begins in text:
                printed = does(reader) or printed
        if isinstance(step, File):
            _save(step, folder)
        elif isinstance(step, Script):
            printed = _script(step.text, reader, f"script_{number}.py")
        elif isinstance(step, Command) and step.line == "echo $?":
            assert step.prints == str(printed.code)
        elif isinstance(step, Command):
            printed = _command(step, reader, ready, how) or printed
        elif isinstance(step, Shown) and step.text.startswith("runs/"):
            _holds(folder / "runs" / "copper", step.text)
        elif isinstance(step, Shown) and not _is(step.text, how.not_printed):
            _prints(step.text, printed)


def _text(step: Step) -> str:
    return f"{step.line}\n{step.prints}" if isinstance(step, Command) else step.text


def _holds(run: Path, tree: str) -> None:
    """Hold the files that a page shows to be in a run's folder against one."""
    for line in tree.splitlines()[1:]:
        name = line.split()[0].rstrip(",").replace("<n>", "1")
        assert (run / name).exists() or name == "prompts.jsonl", line  # of language models only


def _is(text: str, known: dict[str, str]) -> bool:
    return any(text.startswith(begins) for begins in known)


def _save(file: File, folder: Path) -> None:
    path = folder / file.name
    path.parent.mkdir(exist_ok=True)
    path.write_text(file.text, encoding="utf-8")


def _script(text: str, reader: Reader, name: str) -> Printed:
    for whole, part in FEW.items():
        text = text.replace(whole, part)
    calls = [call for defines, call in CALLS.items() if defines in text]
    text = "\n".join([text, *calls[-1:]])
    (reader.folder / name).write_text(text, encoding="utf-8")
    done = reader.run(name)
    assert done.code == 0, done.all
    return done


def _command(step: Command, reader: Reader, ready: Ready, how: Page) -> Printed | None:
    if any(part in step.line for part in how.not_run):
        return None
    line = _instead(step.line, how.instead)
    if line == FIRST:
        return ready.first
    if line == f"{FIRST} --folder runs/killed" and not step.prints:
        shutil.copytree(ready.folder / "runs" / "copper", reader.folder / "runs" / "killed")
        return ready.first
    answers = next((said for part, said in how.answers.items() if part in line), None)
    done = reader.type(line, answers)
    refused = 2 if step.prints.startswith("mechagents: ") else 0
    code = next((code for part, code in how.ends.items() if part in line), refused)
    assert done.code == code, f"{line}\n{done.all}"
    _prints(step.prints, done)
    return done


def _instead(line: str, known: dict[str, str]) -> str:
    """Return a line with all that is known replaced, the first in the table first, each once."""
    if not known:
        return line
    return re.sub("|".join(map(re.escape, known)), lambda found: known[found[0]], line)


def _prints(shown: str, printed: Printed) -> None:
    other = missing(shown, printed.all) and missing(shown, f"{printed.out}\n{printed.err}")
    assert other is None, f"{other}\n--- shown:\n{shown}\n--- printed:\n{printed.all}"


@pytest.mark.parametrize("page", FOLLOWED, ids=lambda page: page.stem)
def test_a_page_can_be_followed_from_its_top_to_its_end(
    page: Path, tmp_path: Path, ready: Ready
) -> None:
    follow(page, tmp_path, ready, PAGES.get(page.stem, Page()))


@pytest.mark.parametrize("page", FOLLOWED, ids=lambda page: page.stem)
def test_what_is_left_out_of_a_page_is_on_it(page: Path) -> None:
    how = PAGES.get(page.stem, Page())
    texts = [_text(step) for step in steps(page)]
    typed = [step.line for step in steps(page) if isinstance(step, Command)]
    commands = [*typed, *(_instead(line, how.instead) for line in typed)]
    for part in (*how.before, *how.not_printed):
        assert any(part in text for text in texts), part
    for part in (*how.instead, *how.ends, *how.answers, *how.not_run):
        assert any(part in line for line in commands), part


def _commands(page: Path, begins: str) -> list[str]:
    typed = [step.line for step in steps(page) if isinstance(step, Command)]
    return [line for line in typed if line.startswith(begins)]


def test_doctor_looks_at_what_the_tutorial_shows(tmp_path: Path) -> None:
    done = Reader(tmp_path).type("mechagents doctor")
    shown = [step.text for step in steps(DOCS / "tutorial.md") if isinstance(step, Shown)]
    (lines,) = (text.splitlines() for text in shown if text.startswith("ok      python"))
    told = {_looked_at(line) for line in done.out.splitlines()}
    assert done.code in (0, 4)
    assert {_looked_at(line) for line in lines if ":" in line} <= told


def _looked_at(line: str) -> str:
    return line[8:].partition(":")[0]


def test_what_a_contributor_types_is_what_lands_a_change() -> None:
    landing = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    typed = [part for line in _commands(DOCS / "contributing.md", "uv run") for part in
             line.split(" && ")]  # fmt: skip
    assert len(typed) >= 8
    for command in typed:
        tool, *rest = command.removeprefix("uv run ").split()
        assert f"uv run {tool}" in landing
        assert all((ROOT / word).exists() for word in rest if word.startswith("tests/"))


BENCHMARKS = [(page, line) for page in FOLLOWED for line in
              _commands(page, "uv run python benchmarks/")]  # fmt: skip


@pytest.mark.parametrize(("page", "line"), BENCHMARKS, ids=lambda each: str(each)[-30:])
def test_a_benchmark_takes_what_a_page_gives_it(page: Path, line: str, tmp_path: Path) -> None:
    script, *words = line.removeprefix("uv run python ").split(" > ")[0].split()
    text = (ROOT / script).read_text(encoding="utf-8")
    options = [word for word in words if word.startswith("--")]
    assert all(f'"{option}"' in text for option in options)
    names = [word for word in words if re.fullmatch("[a-z-]+", word) and word not in options]
    known = "".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "benchmarks").rglob("*.py")
    )
    packaged = {problem.name for problem in packaged_problems()}
    assert all(f'"{name}"' in known for name in set(names) - packaged)


FAULTS = {
    "an option that is not there": ("programs", "--workdir box", "--folder box"),
    "words that are not printed": ("programs", "hello from box\n", "hello to box\n"),
    "a number that is not printed": (
        "programs",
        "= 1.84941e+09 N/m (sum",
        "= 1.96941e+09 N/m (sum",
    ),
    "another count": ("programs", "189 triangle6", "198 triangle6"),
    "another exit code": ("programs", "    $ echo $?\n    4\n", "    $ echo $?\n    0\n"),
    "a line that is never printed": ("programs", "    Passed:\n", "    Refused:\n"),
    "another line of a file": ("messages-and-log", "jsonl:5: the line", "jsonl:6: the line"),
    "a file that no run has": ("messages-and-log", "answer.json or", "answers.json or"),
    "a command that is refused": ("knowledge", "knowledge find", "knowledge seek"),
    "an argument that is refused": ("files", "--line 0,0.1:0,1", "--line 0,0.1"),
    "an import that fails": ("models", "import RecordingModel", "import Recorder"),
}
"""What is changed in a copy of a page, which then cannot be followed any more."""


@pytest.mark.parametrize(("name", "old", "new"), FAULTS.values(), ids=list(FAULTS))
def test_a_page_with_a_fault_cannot_be_followed(
    name: str, old: str, new: str, tmp_path: Path, ready: Ready
) -> None:
    text = (DOCS / f"{name}.md").read_text(encoding="utf-8")
    assert old in text
    page = tmp_path / f"{name}.md"
    page.write_text(text.replace(old, new), encoding="utf-8")
    folder = tmp_path / "folder"
    folder.mkdir()
    with pytest.raises((AssertionError, ImportError)):
        follow(page, folder, ready, PAGES[name])
