"""``log`` and ``report``: what a run said, and the page that keeps it."""

from __future__ import annotations

import click


@click.command("log")
@click.argument("run", required=False)
@click.option("--json", "as_json", is_flag=True, help="One envelope a line, as it was logged.")
@click.option("--full", is_flag=True, help="Programs, streams and model replies whole.")
def log_command(run: str | None, as_json: bool, full: bool) -> None:
    """Print the conversation of RUN (default: the newest)."""
    from mechagents.cli.runs import read_run
    from mechagents.log import line_of
    from mechagents.report import print_conversation
    from mechagents.report.text import visible_json

    _, log = read_run(run)
    if as_json:
        for envelope in log:
            click.echo(visible_json(line_of(envelope)))
    else:
        print_conversation(log, full=full)


@click.command("report")
@click.argument("run", required=False)
@click.option("--pdf", is_flag=True, help="Write report.pdf too; needs mechagents[pdf].")
@click.option("--json", "as_json", is_flag=True, help="Print what was written as JSON.")
def report_command(run: str | None, pdf: bool, as_json: bool) -> None:
    """Write the report of RUN (default: the newest) anew and print where it is.

    Its figures are drawn from the fields that were checked. Exit codes: 0 written, 2 bad input.
    """
    import json

    from mechagents.cli.runs import read_run
    from mechagents.files.report import write_full_report

    folder, log = read_run(run)
    paths = write_full_report(folder, log, pdf=pdf)
    if as_json:
        told = {path.suffix[1:]: str(path) for path in paths}
        click.echo(json.dumps({"report": str(paths[0]), **told}))
    else:
        click.echo("\n".join(map(str, paths)))
