"""What the pages of the docs leave to the reader, and what can not be run where tests are run.

Everything that a page shows is run as it stands, unless it is named here with the reason.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field

from docs_reader import ROOT, Printed, Reader

Does = Callable[[Reader], Printed | None]
INSTALLS = "installs something"
CLUSTER = "needs a SLURM cluster"
ITSELF = "is a part of this test run"
MEASURES = "takes minutes, on a quiet machine"
PLATE = ROOT / "mechagents/problems/plate-tension.yaml"


@dataclass(frozen=True)
class Page:
    """How a page is followed.

    Attributes:
        before: By what a step begins with or has in it: what the words above it tell the reader to
            do, and where this prints what the step shows.
        instead: In commands: what is not there, or takes long, and what is typed in its place.
        ends: By a part of a command: its exit code, where that is not 0.
        answers: By a part of a command: what is typed at the terminal.
        not_run: By a part of a command: why only its options are checked.
        not_printed: By the beginning of a block: why it is no output.
    """

    before: dict[str, Does] = field(default_factory=dict)
    instead: dict[str, str] = field(default_factory=dict)
    ends: dict[str, int] = field(default_factory=dict)
    answers: dict[str, str] = field(default_factory=dict)
    not_run: dict[str, str] = field(default_factory=dict)
    not_printed: dict[str, str] = field(default_factory=dict)


def _edit(reader: Reader, name: str, old: str, new: str) -> None:
    path = reader.folder / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def stress_above_the_hole(reader: Reader) -> Printed:
    asked = "- {name: von_mises_top, kind: stress, component: von_mises, at: [100 mm, 60 mm]}"
    path = reader.folder / "bracket.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub(r"- \{name: von_mises_max.*", asked, text), encoding="utf-8")
    return reader.type("mechagents solve bracket.yaml --quiet")


def unknown_reading(reader: Reader) -> Printed:
    return reader.type("mechagents solve copper-plate --reading idealization=plane_strain")


def kill(reader: Reader) -> None:
    """Leave what a run that was killed half-way leaves."""
    run = reader.folder / "runs" / "killed"
    log = run / "conversation.jsonl"
    log.write_bytes(b"".join(log.read_bytes().splitlines(keepends=True)[:17]))
    (run / "answer.json").unlink()


def slip(reader: Reader) -> Printed:
    _edit(reader, "my_roles/beam_theorist.md", "temperature:", "temperatur:")
    return reader.type("mechagents roles my_roles/beam_theorist.md")


def standards(reader: Reader) -> None:
    (reader.folder / "standards").mkdir()
    note = "## S355\n\nThe yield of S355 steel is 345 MPa above 16 mm.\n"
    (reader.folder / "standards" / "steels.md").write_text(note)


def damaged(reader: Reader) -> None:
    shutil.copytree(reader.folder / "runs" / "copper", reader.folder / "runs" / "bad")
    log = reader.folder / "runs" / "bad" / "conversation.jsonl"
    lines = log.read_text(encoding="utf-8").splitlines(keepends=True)
    lines[4] = lines[4].replace('"sender":"', '"sender":"another ', 1)
    log.write_text("".join(lines), encoding="utf-8")


def thrown_away(reader: Reader) -> None:
    shutil.rmtree(reader.folder / "runs" / "bad")


def forged(reader: Reader) -> None:
    shutil.copytree(reader.folder / "work", reader.folder / "forged")
    path = reader.folder / "forged" / "results.json"
    raised = re.sub(r'("value": )([\d.e+]+)', lambda m: f"{m[1]}{float(m[2]) * 1.01}",
                    path.read_text(encoding="utf-8"), count=1)  # fmt: skip
    path.write_text(raised, encoding="utf-8")


def problem(reader: Reader) -> None:
    """Save the tutorial's plate as a problem file of one's own."""
    text = PLATE.read_text(encoding="utf-8")
    (reader.folder / "my_problem.yaml").write_text(f"{text}\nlevel: consistent\n")


def program(reader: Reader) -> None:
    shutil.copy(reader.folder / "runs/plate/attempts/1/program.py", reader.folder / "program.py")


def plain_program(reader: Reader) -> None:
    (reader.folder / "program.py").write_text("import numpy\n\nprint(numpy.pi)\n")


def formulation(reader: Reader) -> None:
    lines = (reader.folder / "runs/plate/conversation.jsonl").read_text().splitlines()
    message = json.loads(lines[4])["message"]
    (reader.folder / "formulation.json").write_text(json.dumps(message))


def unusable(reader: Reader) -> Printed:
    reader.endpoint = reader.endpoint.replace("/v1", "/silent/v1")
    return reader.type("mechagents solve plate-tension --model openai/my-model")


def asked(reader: Reader) -> Printed:
    reader.endpoint = reader.endpoint.replace("/v1", "/asks/v1")
    return reader.type('mechagents solve "Stretch a plate." --model openai/gpt-5 --folder words')


def study(reader: Reader) -> None:
    (reader.folder / "study.yaml").write_text(
        "problem: runs/plate\nparameters:\n"
        "  modulus: {path: materials.plate.youngs_modulus, low: 1 GPa, high: 2 GPa, count: 2}\n"
        "sampling: {method: grid}\nfull: 0\n"
    )


def hello(reader: Reader) -> None:
    text = 'from pathlib import Path\nprint("hello from", Path.cwd().name)\n'
    (reader.folder / "hello.py").write_text(text + 'Path("out.txt").write_text("42\\n")\n')


OF_A_MODEL = " --model openai/gpt-5"
"""The page's run was one with a language model, who reads words."""
SHORT = {"copper-plate": "plate-tension --level consistent"}
NO_PIP = {"pip install uv && uv run mechagents": "mechagents"}
"""What is solved on pages that show no answer."""
PAGES: dict[str, Page] = {
    "README": Page(
        before={
            "my_problem.yaml": problem,
            "exec program.py": plain_program,
            "knowledge add FOLDER": standards,
        },
        instead={
            **NO_PIP,
            "solve copper-plate --": "solve plate-tension --level consistent --",
            "solve plate-hole-shear": "solve plate-tension --level consistent",
            '"A steel plate …"': '"A steel plate …" --level consistent',
            "verify FOLDER": "verify runs/plate/attempts/1 --no-reference",
            "knowledge add FOLDER": "knowledge add standards",
            "RUN": "runs/plate",
            'plane strain"': f'plane strain"{OF_A_MODEL}',
        },
        ends={"--approve": 4},
        not_run={
            "uv run pytest": ITSELF,
            "verify --suite": "is run by the page of benchmarks",
            "mechagents study": "is run by the page of studies",
            "mechagents view": "is run by the page of the viewer",
            "mechagents doctor": "is run by the tutorial",
        },
    ),
    "benchmarks": Page(
        instead={
            "--suite kirsch lame-sphere": "--suite patch-plane-stress patch-axisymmetric",
            "--suite": "--suite patch-plane-stress",
            "--dask local:4": "--dask local:1",
            "benchmark:kirsch": "benchmark:patch-plane-stress",
        },
        not_run={"benchmarks/": MEASURES},
    ),
    "contributing": Page(
        not_run={"pip install": INSTALLS, "uv sync": INSTALLS, "uv run": ITSELF},
        not_printed={"cli  ": "the layers, which another test reads"},
    ),
    "files": Page(instead={"RUN": "runs/copper"}),
    "forks": Page(
        before={"--with formulation.json": formulation, "--with program.py": program},
        instead={"RUN": "runs/plate", 'plane strain"': f'plane strain"{OF_A_MODEL}'},
        not_printed={"plane_stress ": "is printed by an example, which test_examples runs"},
    ),
    "index": Page(instead=NO_PIP),
    "knowledge": Page(
        before={"knowledge add standards/": standards},
        not_printed={"geometry:outline": "was printed with a live model"},
    ),
    "messages-and-log": Page(
        before={"log runs/bad": damaged, "runs --out verified.jsonl": thrown_away},
        instead={**SHORT, "RUN": "runs/copper"},
    ),
    "models": Page(
        before={"No answer: model": unusable},
        instead={
            "bracket.yaml": "plate-tension --level consistent",
            "anthropic/": "openai/",
            " --api-base http://127.0.0.1:8000/v1": "",
        },
    ),
    "paper": Page(not_run={"benchmarks/": "needs a language model"}),
    "planted-faults": Page(not_run={"benchmarks/": MEASURES}),
    "problems": Page(
        not_printed=dict.fromkeys(
            ("geometry:", "materials:", "springs:", "loads:", "analysis:", "supports:"),
            "a part of a formulation, which another test reads",
        )
    ),
    "programs": Page(
        before={"cat hello.py": hello, "verify forged": forged},
        instead={"runs/killed": "runs/copper"},
        ends={"loop.py --timeout": 4, "verify forged": 4},
    ),
    "reports": Page(instead={"RUN": "runs/copper"}),
    "roles-and-teams": Page(
        before={"No answer: waiting": asked}, instead=SHORT, ends={"--approve": 4}
    ),
    "sandbox": Page(not_run={"podman build": INSTALLS}),
    "studies": Page(
        before={"mechagents study": study},
        instead={
            "examples/studies/stress-concentration.yaml": "study.yaml",
            "my_study.yaml": "study.yaml",
            "local:4": "local:1",
        },
        not_run={"pip install": INSTALLS, "slurm.yaml": CLUSTER},
        not_printed={"bare loop": MEASURES},
    ),
    "tutorial": Page(
        before={
            "von_mises_top  19.74": stress_above_the_hole,
            "mechagents: --reading: no assumption": unknown_reading,
            "wc -l runs/killed": kill,
            "temperatur: there is no such field": slip,
        },
        instead={
            "bracket.yaml --model ollama/": "plate-tension --level consistent --model openai/",
            "--model provider/name": "--model openai/gpt-5",
        },
        answers={"--approve formulation,answer": "\n\n"},
        ends={"--approve plan": 4, "bracket.yaml": 3},
        not_run={"pip install": INSTALLS, "uv run mechagents doctor": "another test looks at it"},
        not_printed={
            "ok      python": "differs from one machine to the next; another test looks at it",
            "attempt 2: 21 passed": "goes away when the run ends",
            "- {name: von_mises_top": "is put into bracket.yaml, and solved",
            '{"amend"': "what a model replies, which another test reads",
        },
    ),
    "verification": Page(
        not_printed=dict.fromkeys(("r = ∫", "K φ", "(h₃ᵖ", "f₀ ≈", "2 μ"), "a formula")
    ),
    "viewer": Page(instead={"--port 8765": "--port 0", "RUN": "runs/plate"}),
}
