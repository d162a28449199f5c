"""``mechagents knowledge``: a user's own notes, which the roles are shown where they fit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from mechagents.knowledge import Index

shelf_option = click.option(
    "--knowledge", "shelf", envvar="MECHAGENTS_KNOWLEDGE",
    type=click.Path(path_type=Path, file_okay=False), metavar="FOLDER",
    help="Where your notes and lessons are kept.  [default: the user's data folder]",
)  # fmt: skip


def shelf_folder(given: Path | None) -> Path:
    """Return the folder of the user's notes and lessons: the one given, or the usual one."""
    return given or Path(click.get_app_dir("mechagents")) / "knowledge"


@click.group("knowledge")
def knowledge_command() -> None:
    """Your own notes: add folders of Markdown, text and PDF; find what a role would be shown."""


@knowledge_command.command("add")
@click.argument("folder", type=click.Path(path_type=Path))
@shelf_option
def add_command(folder: Path, shelf: Path | None) -> None:
    """Keep the notes in FOLDER (or one file): a note for each heading, in place of earlier ones."""
    from mechagents.knowledge import index_folder

    kept = index_folder(_index(shelf), folder)
    click.echo(f"{kept} notes of {folder} are kept in {shelf_folder(shelf)}")


@knowledge_command.command("remove")
@click.argument("folder", type=click.Path(path_type=Path))
@shelf_option
def remove_command(folder: Path, shelf: Path | None) -> None:
    """Forget the notes that came from FOLDER or a file."""
    from mechagents.errors import UsageError

    gone = _index(shelf).remove(str(folder.absolute()))
    if not gone:
        raise UsageError(
            "no notes came from there; see mechagents knowledge list", where=str(folder)
        )
    click.echo(f"{gone} notes of {folder} are forgotten")


@knowledge_command.command("list")
@shelf_option
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def list_command(shelf: Path | None, as_json: bool) -> None:
    """List the files that notes came from, and how many came from each."""
    sources = _index(shelf).sources()
    if as_json:
        click.echo(json.dumps(sources, indent=2))
        return
    for source, notes in sources.items():
        click.echo(f"{notes:5d}  {source}")
    if not sources:
        click.echo("No notes of your own; add a folder: mechagents knowledge add FOLDER")


@knowledge_command.command("find")
@click.argument("words")
@click.option("--role", help="Whom the notes must concern, such as coder.")
@shelf_option
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def find_command(words: str, role: str | None, shelf: Path | None, as_json: bool) -> None:
    """Print the notes that fit WORDS, as a role would be shown them."""
    from dataclasses import asdict

    from mechagents.knowledge import Shelf

    notes = Shelf(shelf_folder(shelf)).find(words, role=role)
    if as_json:
        click.echo(json.dumps([asdict(note) for note in notes], indent=2))
        return
    for note in notes:
        click.echo(f"{note.title}  [{note.source}]\n{note.text}\n")
    if not notes:
        click.echo("Nothing fits.")


def _index(shelf: Path | None) -> Index:
    from mechagents.knowledge import Index
    from mechagents.knowledge.shelf import NOTES

    return Index(shelf_folder(shelf) / NOTES)
