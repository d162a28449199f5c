"""Reads STEP files through netgen's OpenCascade."""

from __future__ import annotations

import math
import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from mechagents.errors import ProblemError
from mechagents.problems.step_faces import METRES, plane_regions
from mechagents.problems.step_solids import solid_regions

if TYPE_CHECKING:
    from netgen.occ import TopoDS_Shape

    from mechagents.mechanics.geometry import Geometry


def read_step(content: bytes, *, solid: bool) -> Geometry:
    """Return the regions of a STEP file [m]: its plane faces, or its solids.

    Args:
        content: The bytes of the file.
        solid: Whether the body is a solid.

    Raises:
        ProblemError: If it is no STEP file, or holds something else.
    """
    _check_text(content)
    shape = _loaded(content)
    _check_kind(shape, solid=solid)
    low, high = shape.bounding_box
    size = METRES * math.dist((low.x, low.y, low.z), (high.x, high.y, high.z))
    return solid_regions(shape, size) if solid else plane_regions(shape, size)


def _check_text(content: bytes) -> None:
    text = content.decode("latin-1")
    if not text.lstrip().startswith("ISO-10303-21"):
        raise ProblemError("is not a STEP file: it does not begin with ISO-10303-21")
    if "END-ISO-10303-21" not in text[-1000:]:
        raise ProblemError("ends too early: END-ISO-10303-21 is missing; export it again")
    if not re.search(r"\bLENGTH_UNIT\b", text):
        raise ProblemError("states no unit of length; export it with its units")


def _loaded(content: bytes) -> TopoDS_Shape:
    from netgen.occ import OCCGeometry

    from mechagents.mechanics.occ import quiet_and_repeatable

    with TemporaryDirectory() as folder, quiet_and_repeatable():
        path = Path(folder) / "shape.step"
        path.write_bytes(content)
        try:
            return OCCGeometry(str(path)).shape
        except Exception as error:  # netgen raises several kinds of its own
            raise ProblemError(f"OpenCascade cannot read it: {error}") from error


def _check_kind(shape: TopoDS_Shape, *, solid: bool) -> None:
    solids, faces, edges = len(shape.solids), len(shape.faces), len(shape.edges)
    if not edges:
        raise ProblemError("holds no edges that can be read; export it again")
    if solid and not solids:
        raise ProblemError(
            f"holds no solids, but {faces} faces and {edges} edges; join them to a closed solid "
            "and export that, or state the problem in the plane"
        )
    if solid:
        return
    if solids:
        raise ProblemError(
            f"holds {solids} solid{'s' * (solids > 1)}, and a body of the plane needs plane faces; "
            "export its cross section as a face, or state idealisation: solid"
        )
    if not faces:
        raise ProblemError(
            f"holds no faces, but {edges} edges; make a plane face of its outline and export that"
        )
