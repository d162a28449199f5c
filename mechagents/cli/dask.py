"""The option that runs work on a Dask cluster."""

from __future__ import annotations

import click

dask_option = click.option(
    "--dask",
    metavar="PLACE",
    help="Run on Dask workers: local:N processes of this machine, a scheduler at "
    "tcp://127.0.0.1:PORT or tls://HOST:PORT, or a YAML file with the settings of a SLURM cluster.",
)
