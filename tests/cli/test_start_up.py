"""Starting is cheap: nothing heavy is loaded before it is used."""

from __future__ import annotations

import json
import subprocess
import sys

HEAVY = ("litellm", "scipy", "matplotlib", "skfem", "netgen", "ngsolve", "meshio", "numpy",
         "shapely", "pint", "rich", "jinja2", "starlette", "uvicorn")  # fmt: skip


def loaded(code: str) -> set[str]:
    """Return the heavy modules in a fresh interpreter after some code."""
    told = f"{code}\nimport json, sys\nprint(json.dumps([m for m in {HEAVY} if m in sys.modules]))"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_importing_the_package_loads_nothing_heavy() -> None:
    assert loaded("import mechagents") == set()


def test_naming_a_message_or_a_role_loads_nothing_heavy() -> None:
    assert loaded("from mechagents import Problem, Role, Answer, Budget, UsageError") == set()


def test_making_a_team_loads_no_model_library_and_no_finite_elements() -> None:
    found = loaded("from mechagents import full_team\nfull_team()")
    assert not found & {"litellm", "scipy", "matplotlib", "skfem", "netgen", "rich", "pint"}


def test_the_help_loads_nothing_heavy() -> None:
    code = "from mechagents.cli import cli\ntry: cli(['--help'])\nexcept SystemExit: pass"
    assert loaded(code) == set()


def test_the_public_names_are_complete_sorted_and_found() -> None:
    import mechagents

    assert mechagents.__all__ == sorted(mechagents.__all__)
    for name in mechagents.__all__:
        assert getattr(mechagents, name).__name__ == name
    assert dir(mechagents) == mechagents.__all__
