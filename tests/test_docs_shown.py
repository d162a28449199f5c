"""What a page shows to be printed is held against what is printed."""

from __future__ import annotations

import pytest
from docs_shown import missing

PRINTED = """\
Answer to plate: verified
force  101.34 MN/m  ± 0.13 MN/m
residual 2.1e-16
All 24 checks passed.
1 attempt, 3.2 s, 161 MiB; isolation namespaces (user, net; seccomp)
Everything is in runs/20261127-115524-plate-ef8d
"""


@pytest.mark.parametrize(
    "shown",
    [
        PRINTED,
        "Answer to plate: verified\n........\nAll 24 checks passed.",
        "Answer to …\nAll 24 checks passed.",
        "force 101.4 MN/m",
        "residual 7e-14",
        "1 attempt, 1 min 15 s, 90 MiB; isolation namespaces (user)",
        "1 attempt, 8.0 s, 90 MiB; isolation landlock (Landlock ABI 7)",
        "Everything is in runs/20250101-000000-plate-0000",
    ],
)
def test_what_is_printed_is_found(shown: str) -> None:
    assert missing(shown, PRINTED) is None


@pytest.mark.parametrize(
    "shown",
    [
        "Answer to plate: converged",
        "Answer to plate: verified\nAll 24 checks passed.",
        "All 24 checks passed.\n........\nAnswer to plate: verified",
        "force 104 MN/m",
        "force -101.34 MN/m",
        "force 101.34 kN/m",
        "residual 2.1e-6",
        "All 25 checks passed.",
        "Everything is in runs/20250101-000000-beam-0000",
        "Everything is in runs/20261127-115524-plate-ef8d and more",
    ],
)
def test_what_is_not_printed_is_told(shown: str) -> None:
    assert missing(shown, PRINTED) is not None
