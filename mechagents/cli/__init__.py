"""The command line. Every command's module is loaded only when it is called or listed."""

from __future__ import annotations

import contextlib
import importlib
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from mechagents.cli.exits import BAD_INPUT, INTERRUPTED, NO_ANSWER
from mechagents.errors import LogError, MechagentsError, UsageError

if TYPE_CHECKING:
    from types import FrameType

COMMANDS = {
    "solve": "mechagents.cli.solve",
    "resume": "mechagents.cli.solve",
    "reply": "mechagents.cli.solve",
    "fork": "mechagents.cli.fork",
    "log": "mechagents.cli.show",
    "report": "mechagents.cli.show",
    "verify": "mechagents.cli.verify",
    "study": "mechagents.cli.study",
    "exec": "mechagents.cli.execute",
    "roles": "mechagents.cli.lists",
    "problems": "mechagents.cli.lists",
    "materials": "mechagents.cli.lists",
    "knowledge": "mechagents.cli.knowledge",
    "files": "mechagents.cli.files",
    "export": "mechagents.cli.export",
    "view": "mechagents.cli.view",
    "doctor": "mechagents.cli.doctor",
}


class _Commands(click.Group):
    """Finds each command in the module that holds it."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(COMMANDS[cmd_name])
        command: click.Command = getattr(module, f"{cmd_name}_command")
        return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="mechagents")
def cli() -> None:
    """Teams of language-model agents that solve mechanics problems, checked by physics."""


def main() -> NoReturn:
    """Run the command line and exit: 2 for bad input, 4 for no answer, 130 when interrupted.

    A request to end (SIGTERM) is an interruption too.
    """
    _look_here_for_modules()
    if callable(signal.getsignal(signal.SIGINT)):  # else a shell has put it in the background
        signal.signal(signal.SIGTERM, _interrupt)
    try:
        code = cli.main(standalone_mode=False)
    except click.exceptions.Abort:
        code = INTERRUPTED
    except click.ClickException as error:
        error.show()
        code = BAD_INPUT
    except KeyboardInterrupt:
        code = INTERRUPTED
    except (UsageError, LogError) as error:
        code = _told(error, BAD_INPUT)
    except MechagentsError as error:
        code = _told(error, NO_ANSWER)
    except BrokenPipeError:
        # Whoever read our output has gone; nothing more can be said there.
        sys.stderr.close()
        code = NO_ANSWER
    sys.exit(code if isinstance(code, int) else 0)


def _interrupt(_: int, frame: FrameType | None) -> None:
    """Do what Ctrl-C does: whoever ends a job so, a scheduler for instance, means the same."""
    handle = signal.getsignal(signal.SIGINT)
    assert callable(handle)
    handle(signal.SIGINT, frame)


def _look_here_for_modules() -> None:
    """Let --team and --role find modules of the user's own in the present folder.

    Last, so that no file there stands in for a library.
    """
    with contextlib.suppress(OSError):  # the present folder may have been deleted
        sys.path.append(str(Path.cwd()))


def _told(error: MechagentsError, code: int) -> int:
    from mechagents.report.text import visible

    # An error may quote a file, a program or a model.
    click.echo(visible(f"mechagents: {error}"), err=True)
    return code
