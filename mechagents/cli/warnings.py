"""What a person should know before programs run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from mechagents.sandbox.base import Sandbox


def warn_if_open(sandbox: Sandbox) -> None:
    """Say on standard error, in a line, that a sandbox does not isolate."""
    if sandbox.name == "none":
        click.echo(
            "Warning: without isolation a program can read your files and use the network.",
            err=True,
        )
