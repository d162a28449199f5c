"""``view``: runs and studies in the browser."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import click

from mechagents.errors import UsageError

TOKEN_VARIABLE = "MECHAGENTS_VIEW_TOKEN"


@click.command("view")
@click.argument("folder", required=False, type=click.Path(path_type=Path), default=Path())
@click.option("--port", type=click.IntRange(0, 65535), default=0, show_default="a free one",
              help="Where to listen.")  # fmt: skip
@click.option("--no-browser", is_flag=True, help="Only print the address.")
@click.option("--json", "as_json", is_flag=True, help="Print the address as JSON.")
def view_command(folder: Path, port: int, no_browser: bool, as_json: bool) -> None:
    """Show the runs and studies in FOLDER (default: this one) in the browser, until Ctrl-C.

    The viewer answers on this machine alone, and only requests that hold the token in the address
    it prints. The token is new each time, unless MECHAGENTS_VIEW_TOKEN gives one.
    """
    if not folder.is_dir():
        raise UsageError("there is no such folder", where=f"FOLDER {folder}")
    from mechagents.view.server import serve

    def ready(address: str) -> None:
        told = {"address": address, "folder": str(folder.resolve())}
        shown = f"The viewer is at {address}\nCtrl-C ends it."
        click.echo(json.dumps(told) if as_json else shown)
        sys.stdout.flush()
        if not (no_browser or as_json):
            _open(address)

    def ending(runs: list[Path]) -> None:
        if runs:
            many = "1 run is at work and stops" if len(runs) == 1 else f"{len(runs)} runs stop"
            click.echo(f"{many} with the viewer; what was logged is kept.", err=True)

    token = os.environ.get(TOKEN_VARIABLE) or None
    for run in serve(folder, port=port, token=token, ready=ready, ending=ending):
        click.echo(f"Stopped with the viewer. Go on with: mechagents resume {run}", err=True)


def _open(address: str) -> None:
    """Open the address in a browser, where there is a screen for one."""
    import webbrowser

    screens = ("DISPLAY", "WAYLAND_DISPLAY")
    if sys.platform in ("win32", "darwin") or any(map(os.environ.get, screens)):
        webbrowser.open(address)
