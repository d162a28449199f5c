"""``roles``, ``problems`` and ``materials``: what there is to use."""

from __future__ import annotations

import json
from pathlib import Path

import click


@click.command("roles")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def roles_command(file: Path | None, as_json: bool) -> None:
    """List the roles, packaged and installed, or check the role FILE of your own."""
    from mechagents.role import check_role
    from mechagents.team import known_roles

    roles = [check_role(file)] if file is not None else known_roles()
    if as_json:
        click.echo(json.dumps([role.model_dump(mode="json") for role in roles], indent=2))
        return
    width = max(len(role.name) for role in roles) + 2
    for role in roles:
        click.echo(f"{role.name:{width}}{role.description}")
        heard, said = ", ".join(role.receives), ", ".join(role.sends) or "nothing"
        click.echo(f"{'':{width}}receives {heard}; sends {said}; acts: {role.behaviour}")


@click.command("problems")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def problems_command(as_json: bool) -> None:
    """List the packaged problems."""
    from mechagents.problems import packaged_problems

    problems = packaged_problems()
    if as_json:
        told = [{"name": p.name, "description": p.description} for p in problems]
        click.echo(json.dumps(told, indent=2))
        return
    width = max(len(problem.name) for problem in problems) + 2
    for problem in problems:
        click.echo(f"{problem.name:{width}}{problem.description}")


@click.command("materials")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def materials_command(as_json: bool) -> None:
    """List the materials that a problem can name, with their constants and sources."""
    from mechagents.mechanics.materials import material_table

    table = material_table()
    if as_json:
        told = {name: law.model_dump(mode="json") for name, law in table.items()}
        click.echo(json.dumps(told, indent=2))
        return
    for name, law in table.items():
        modulus = law.youngs_modulus / 1e9
        click.echo(f"{name:22}E = {modulus:6.1f} GPa  nu = {law.poisson_ratio:.3f}  {law.source}")
