"""``--approve``: what waits until the person at the terminal has approved it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from mechagents.agents.base import Approval, Approver


def kinds_of(words: str | None) -> tuple[str, ...]:
    """Return the kinds that an option such as ``plan,answer`` names.

    Args:
        words: Names with commas between them.
    """
    return tuple(word.strip() for word in (words or "").split(",") if word.strip())


def approver() -> Approver | None:
    """Return who asks the person at the terminal, None where there is no terminal."""
    if not sys.stdin.isatty():
        return None
    import anyio.to_thread

    from mechagents.report.text import visible

    async def approve(asked: Approval) -> str:
        def prompt() -> str:
            text, question = visible(asked.text), visible(asked.question)
            click.echo(f"\n{text}\n", err=True)
            try:
                return str(click.prompt(question, default="", show_default=False, err=True,
                                        prompt_suffix="\n> "))  # fmt: skip
            except click.Abort:  # the end of the input, which is no approval
                return "exit"

        return await anyio.to_thread.run_sync(prompt, abandon_on_cancel=True)

    return approve
