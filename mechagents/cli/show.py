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
@click.option("--json", "as_json", is_flag=True, help="Print the report's path as JSON.")
def report_command(run: str | None, as_json: bool) -> None:
    """Write the report of RUN (default: the newest) anew and print where it is."""
    import json

    from mechagents.cli.runs import read_run
    from mechagents.report import write_report

    folder, log = read_run(run)
    path = write_report(folder, list(log))
    click.echo(json.dumps({"report": str(path)}) if as_json else str(path))
