"""Run the attacks in a sandbox: ``python tests/sandbox/attacks/run.py [NAME] [--json] [--only X]``.

Prints a line for each attack and, at the end, how many of each group were held. NAME is what
``open_sandbox`` knows a sandbox by.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import anyio

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from attacks.corpus import CORPUS
from attacks.perform import Verdict, perform
from attacks.reader import Reader
from mechagents.sandbox import open_sandbox


async def verdicts(name: str | None, only: str) -> AsyncIterator[Verdict]:
    """Yield the verdict on each attack.

    Args:
        name: The sandbox's name; None takes the default.
        only: Words that the group and name of an attack must contain.
    """
    with Reader() as reader:
        async with open_sandbox(name) as sandbox:
            for group, attacks in CORPUS.items():
                for attack in attacks:
                    if only in f"{group}/{attack.name}":
                        yield await perform(attack, group, sandbox, reader)


def line(verdict: Verdict) -> str:
    """Return a verdict in one line."""
    word = "held" if verdict.held else "MISS"
    name = f"{verdict.group}/{verdict.attack}"
    return f"{word} {verdict.seconds:5.2f} s  {name:58} {verdict.cause:.300}".rstrip()


def summary(found: list[Verdict]) -> str:
    """Return how many of each group were held."""
    lines: list[str] = []
    for group in dict.fromkeys(verdict.group for verdict in found):
        mine = [verdict.held for verdict in found if verdict.group == group]
        lines.append(f"{group:12} {sum(mine):3} of {len(mine):3}")
    held = sum(verdict.held for verdict in found)
    return "\n".join([*lines, f"{'all':12} {held:3} of {len(found):3}"])


async def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", nargs="?", help="the sandbox; by default the default one")
    parser.add_argument("--json", action="store_true", help="print a line of JSON for each attack")
    parser.add_argument("--only", default="", help="run attacks with this in their group or name")
    asked = parser.parse_args()
    found: list[Verdict] = []
    async for verdict in verdicts(asked.name, asked.only):
        found.append(verdict)
        fields = dataclasses.asdict(verdict) | {"held": verdict.held}
        print(json.dumps(fields) if asked.json else line(verdict), flush=True)
    if not asked.json:
        print(f"\n{next((v.isolation for v in found if v.isolation), '')}\n{summary(found)}")


if __name__ == "__main__":
    anyio.run(main)
