"""Showing a run costs nothing until it is shown."""

from __future__ import annotations

import subprocess
import sys


def test_importing_the_report_loads_nothing_heavy():
    code = (
        "import sys, mechagents.report; "
        "print(*{'rich', 'jinja2', 'markupsafe', 'shapely', 'numpy', 'pint'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
