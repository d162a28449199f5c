"""A reader who types what a page shows into a terminal, in a folder of her own."""

from __future__ import annotations

import contextlib
import io
import os
import re
import runpy
import shlex
import shutil
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
_PLAIN = re.compile(r"(?:PYTHONPATH=\. |uv run )?mechagents (?P<words>[^|<>;&]*?)(?: < /dev/null)?")
SHIM = f'#!/bin/sh\nexec "{sys.executable}" -m mechagents "$@"\n'


@dataclass(frozen=True)
class Printed:
    """How a command or a program ended."""

    code: int
    out: str
    err: str

    @property
    def all(self) -> str:
        """Both streams, the errors first, as a terminal shows them."""
        return f"{self.err}\n{self.out}"


class _Terminal(io.StringIO):
    """What a person types, line by line."""

    def isatty(self) -> bool:
        return True


class Reader:
    """Types commands and runs programs; nothing but this process's own endpoint is reached.

    A line that only calls ``mechagents`` is run in this process, by what the installed command
    calls; any other by a shell, in which ``mechagents`` is this package too.

    Args:
        folder: Where everything happens.
        endpoint: An endpoint that speaks for every language model.
    """

    def __init__(self, folder: Path, endpoint: str = "") -> None:
        self.folder = folder
        self.endpoint = endpoint
        self._bin = folder / ".bin"
        self._bin.mkdir()
        (self._bin / "mechagents").write_text(SHIM)
        (self._bin / "mechagents").chmod(0o755)

    @property
    def environment(self) -> dict[str, str]:
        """The variables that commands get: none of the user's settings and keys."""
        kept = {"HOME", "SYSTEMROOT", "TEMP", "TMPDIR", "USERPROFILE"}
        return {
            **{key: value for key, value in os.environ.items() if key in kept},
            "PATH": os.pathsep.join((str(self._bin), os.environ["PATH"])),
            "PYTHONPATH": os.pathsep.join((str(ROOT), ".")),
            "MECHAGENTS_KNOWLEDGE": str(self.folder / ".knowledge"),
            "MECHAGENTS_API_BASE": self.endpoint,
            "HTTP_PROXY": "http://127.0.0.1:9",
            "HTTPS_PROXY": "http://127.0.0.1:9",
            "NO_PROXY": "127.0.0.1",
        }

    def type(self, line: str, answers: str | None = None) -> Printed:
        """Return how a line of the shell ended.

        Args:
            line: A call of ``mechagents``, or anything that a shell runs.
            answers: What is typed at the terminal when asked; None where there is no terminal.
        """
        if line.startswith("mechagents view"):
            return self._looked_at(line)
        plain = _PLAIN.fullmatch(line)
        if plain:
            return self._here(["mechagents", *shlex.split(plain["words"])], answers)
        if " jq " in line and not shutil.which("jq"):
            line = line.split(" | jq ")[0]
        done = subprocess.run(
            ["bash", "-c", line], cwd=self.folder, env=self.environment, check=False,
            stdin=subprocess.DEVNULL, capture_output=True, text=True, encoding="utf-8",
        )  # fmt: skip
        return Printed(done.returncode, done.stdout, done.stderr)

    def _looked_at(self, line: str) -> Printed:
        """Return how the viewer ended, by Ctrl-C, after its first page was opened."""
        words = [sys.executable, "-m", *shlex.split(line)]
        with subprocess.Popen(
            words, cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8",
        ) as viewer:  # fmt: skip
            assert viewer.stdout is not None
            address = viewer.stdout.readline()
            with urllib.request.urlopen(address.split()[-1]) as page:
                assert page.status == 200
            viewer.send_signal(signal.SIGINT)
            out, err = viewer.communicate()
        return Printed(viewer.returncode, address + out, err)

    def run(self, name: str) -> Printed:
        """Return how a program in the folder ended."""
        return self._here([name])

    def _here(self, words: list[str], answers: str | None = None) -> Printed:
        out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
        with self._at_the_terminal(words):
            sys.stdin = io.StringIO() if answers is None else _Terminal(answers)
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                code = _ended(words)
        return Printed(code, _text(out), _text(err))

    @contextlib.contextmanager
    def _at_the_terminal(self, words: list[str]) -> Iterator[None]:
        """Let this process be where the reader is, and put everything back."""
        before = (sys.argv, sys.path, sys.stdin, dict(os.environ))
        handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
        given = self.environment
        os.environ.clear()
        os.environ.update(given)
        sys.argv, sys.path = words, [*sys.path, str(self.folder)]
        try:
            with contextlib.chdir(self.folder):
                yield
        finally:
            sys.argv, sys.path, sys.stdin, environment = before
            os.environ.clear()
            os.environ.update(environment)
            for number, handler in handlers.items():
                signal.signal(number, handler)
            for name, module in list(sys.modules.items()):
                file = getattr(module, "__file__", None) or ""
                if file.startswith(f"{self.folder}{os.sep}"):
                    del sys.modules[name]


def _ended(words: list[str]) -> int:
    from mechagents.cli import main

    try:
        if words[0] == "mechagents":
            main()
        runpy.run_path(words[0], run_name="__main__")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    return 0


def _text(stream: io.TextIOWrapper) -> str:
    stream.flush()
    return stream.buffer.getvalue().decode()  # type: ignore[attr-defined]
